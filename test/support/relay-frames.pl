#!/usr/bin/perl
# Forwards frames between two devices: relay-frames.pl DEVICE OTHER CORRUPT LOSE. Of those that come from the first, it flips a
# bit in CORRUPT percent of the frames of 1,000 bytes and more, and loses LOSE percent of all.
use strict;
use warnings;
use Socket qw(SOCK_RAW SOL_SOCKET);

my $AF_PACKET      = 17;
my $ETH_P_ALL      = 3;
my $SO_RCVBUFFORCE = 33;
my ($device, $other, $corrupt, $lose) = @ARGV;

sub open_device {
    my ($name) = @_;
    open my $file, '<', "/sys/class/net/$name/ifindex" or die "no device $name: $!\n";
    my $index = <$file> + 0;
    socket my $socket, $AF_PACKET, SOCK_RAW, unpack('S', pack 'n', $ETH_P_ALL) or die "socket: $!\n";
    # Larger than all that is on the way at once, so that nothing is lost but on purpose.
    setsockopt $socket, SOL_SOCKET, $SO_RCVBUFFORCE, 16 * 1024 * 1024 or die "buffer: $!\n";
    bind $socket, pack 'S n i S C C a8', $AF_PACKET, $ETH_P_ALL, $index, 0, 0, 0, '' or die "bind: $!\n";
    return $socket;
}

my ($from, $to) = (open_device($device), open_device($other));
$| = 1;
print "ready\n";
my ($from_bit, $to_bit) = (fileno $from, fileno $to);
while (1) {
    my $readable = '';
    vec($readable, $from_bit, 1) = 1;
    vec($readable, $to_bit, 1)   = 1;
    select($readable, undef, undef, undef) > 0 or next;
    if (vec $readable, $from_bit, 1) {
        recv $from, my $frame, 65536, 0;
        next if rand(100) < $lose;
        if (length $frame >= 1000 && rand(100) < $corrupt) {
            my $at = length($frame) - 100 - int rand 500;
            substr($frame, $at, 1) = chr(ord(substr $frame, $at, 1) ^ 1 << int rand 8);
        }
        send $to, $frame, 0;
    }
    if (vec $readable, $to_bit, 1) {
        recv $to, my $frame, 65536, 0;
        send $from, $frame, 0;
    }
}
