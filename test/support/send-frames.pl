#!/usr/bin/perl
# Sends raw Ethernet frames, one line of hex each on stdin, through the device named on the command line.
use strict;
use warnings;
use Socket qw(SOCK_RAW);

my $AF_PACKET = 17;
my $ETH_P_IP  = 0x0800;

my ($device) = @ARGV;
open my $file, '<', "/sys/class/net/$device/ifindex" or die "no device $device: $!\n";
my $index = <$file> + 0;

socket my $socket, $AF_PACKET, SOCK_RAW, 0 or die "socket: $!\n";
my $address = pack 'S n i S C C a8', $AF_PACKET, $ETH_P_IP, $index, 0, 0, 0, '';
while (my $line = <STDIN>) {
    chomp $line;
    defined send $socket, pack('H*', $line), 0, $address or die "send: $!\n";
}
