#!/usr/bin/perl
# Traffic through a tunnel, until it is ended: `sink` discards what arrives at port 9, and `tcp|udp ADDRESS BYTES PER_SECOND` sends
# there messages of random bytes.
use strict;
use warnings;
use IO::Select;
use IO::Socket::IP;
use Time::HiRes qw(sleep time);

my ($mode, $address, $bytes, $per_second) = @ARGV;
my $port = 9;

if ($mode eq 'sink') {
    my %local = (LocalHost => '::', LocalPort => $port, V6Only => 0);
    # Nobody reads them: beyond its queue, the kernel drops them.
    my $datagrams = IO::Socket::IP->new(%local, Proto => 'udp') or die "udp: $@\n";
    my $listener = IO::Socket::IP->new(%local, Proto => 'tcp', Listen => 64) or die "tcp: $@\n";
    my $select = IO::Select->new($listener);
    $| = 1;
    print "listening\n";
    while (my @ready = $select->can_read) {
        for my $socket (@ready) {
            if ($socket == $listener) {
                $select->add(scalar $listener->accept);
            } elsif (!sysread $socket, my $data, 1 << 18) {
                $select->remove($socket);
            }
        }
    }
}

my $socket = IO::Socket::IP->new(PeerHost => $address, PeerPort => $port, Proto => $mode) or die "$mode $address: $@\n";
my $random = join '', map { pack 'L', rand 2**32 } 1 .. 20_000;
my $started = time;
for (my $sent = 0; ; sleep 0.001) {
    my $due = (time - $started) * $per_second;
    for (; $sent < $due; $sent += 1) {
        defined syswrite $socket, $random, $bytes, $sent % 9973 or die "$mode $address: $!\n";
    }
}
