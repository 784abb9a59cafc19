#!/usr/bin/perl
# Print the lines of a log that took longer than a second.
use strict;
use warnings;

my $limit = shift @ARGV // 1.0;
while (my $line = <>) {
    my ($seconds) = $line =~ / took=([0-9.]+)s/ or next;
    print $line if $seconds > $limit;
}
