#!/bin/sh
# SPDX-License-Identifier: MIT
# perl as Debian has it, dynamically linked, with modules in Perl and in C.
. "$(dirname "$0")/common.sh"

debs perl perl
root=$dir
lib=$root/usr/lib/x86_64-linux-gnu
# Natively its modules are not where it was built for.
native_environment=PERL5LIB=$lib/perl-base:$root/usr/share/perl/5.36:$lib/perl/5.36:$root/usr/share/perl-base
environment="PERL_HASH_SEED=0"
sample_files
program perl "$version" "Debian's dynamic binary, --root" \
	"a report, regular expressions, sorting, pack; modules in C: digests, Storable, zlib, Encode; alarm"

cat >"$scratch/files/report.pl" <<'END'
use strict; use warnings; use utf8;
use List::Util qw(sum max first shuffle reduce); use POSIX qw(floor strftime); use Data::Dumper;
my (%sum, %count);
open my $in, '<', 'table.csv' or die $!;
while (<$in>) {
	chomp;
	my ($id, $name, $n) = split /,/;
	$sum{$name} += $n; $count{$name}++;
}
open my $out, '>', 'report' or die $!;
printf $out "%-10s %4d %3d\n", $_, $sum{$_}, $count{$_} for sort { $sum{$b} <=> $sum{$a} || $a cmp $b } keys %sum;
close $out;
print "total ", sum(values %sum), " max ", max(values %sum), " size ", -s 'report', "\n";
rename 'report', 'sub/report' or die;
print join(' ', sort glob('sub/*')), "\n";
print strftime("%Y-%m-%d %H:%M:%S\n", gmtime(86400 * 365));
my $text = "The year 1999, the year 2024, and 12345";
print join('|', $text =~ /\b(\d{4})\b/g), ' ', ($text =~ s/(\w+) (?<y>\d+)/$+{y} $1/gr), "\n";
print unpack('H*', pack('nNvVQ>d', 1, 2, 3, 4, 5, 1.5)), "\n";
local $Data::Dumper::Sortkeys = 1; local $Data::Dumper::Indent = 1;
print Dumper({ list => [1 .. 3], h => { a => undef } });
my @sorted = sort { $a <=> $b } map { $_ * 7919 % 10007 } 1 .. 20000;
print "$sorted[0] $sorted[9999] $sorted[-1]\n";
eval { die { code => 7 } }; print "caught $@->{code}\n";
binmode STDOUT, ':utf8'; print lc("ÄÖÜ"), length("äöü"), "\n";
END
same programs/perl/report /dev/null /usr/bin/perl report.pl

cat >"$scratch/files/modules.pl" <<'END'
use strict; use warnings;
use Digest::SHA qw(sha256_hex); use Digest::MD5 qw(md5_hex); use MIME::Base64;
use Storable qw(freeze thaw nstore retrieve); use Compress::Zlib; use JSON::PP; use Encode;
use Math::BigInt; use Math::BigFloat; use Time::HiRes qw(sleep time); use File::Temp qw(tempfile);
use File::Find; use Scalar::Util qw(blessed weaken); use Tie::File; use IO::Compress::Bzip2 qw(bzip2);
use IO::Uncompress::Bunzip2 qw(bunzip2);
local $/; open my $in, '<', 'numbers' or die $!; my $all = <$in>; close $in;
print sha256_hex($all), " ", md5_hex($all), "\n";
my $packed = Compress::Zlib::memGzip($all);
print Compress::Zlib::memGunzip($packed) eq $all ? "gzip ok\n" : "gzip differs\n";
bzip2(\$all => \my $bz) or die; bunzip2(\$bz => \my $back) or die; print $back eq $all ? "bzip2 ok\n" : "no\n";
print decode_base64(encode_base64($all)) eq $all ? "base64 ok\n" : "base64 differs\n";
my $data = { list => [1 .. 100], text => "x" x 1000, nested => { a => [{ b => 1 }] } };
nstore($data, 'store'); my $json = JSON::PP->new->canonical;
print $json->encode(retrieve('store')) eq $json->encode(thaw(freeze($data))) ? "store ok\n" : "no\n";
print Math::BigInt->new(2)->bpow(521)->bsub(1), "\n", Math::BigFloat->new(2)->bsqrt(60), "\n";
print length(encode('UTF-16LE', decode('UTF-8', "\xc3\xa4\xe2\x82\xac"))), "\n";
my $before = time; sleep(0.01); print time - $before >= 0.01 ? "slept\n" : "did not sleep\n";
my ($handle, $name) = tempfile(DIR => '.', UNLINK => 1); print $handle "x" x 99; close $handle; print -s $name, "\n";
my @found; find(sub { push @found, $File::Find::name if -f }, 'sub'); print join(' ', sort @found), "\n";
{ local $/ = "\n"; tie my @lines, 'Tie::File', 'table.csv' or die; splice @lines, 10, 280; $lines[1] = 'changed'; untie @lines; }
local $SIG{ALRM} = sub { die "alarm\n" }; eval { alarm 1; select undef, undef, undef, 30; }; print $@;
unlink 'store';
END
same programs/perl/modules /dev/null /usr/bin/perl modules.pl
