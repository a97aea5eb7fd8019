#!/bin/sh
# SPDX-License-Identifier: MIT
# gawk as Debian has it, dynamically linked, and its own tests from its source package: each is a
# program, its input and the output that is right.
. "$(dirname "$0")/common.sh"

sources gawk
source=$dir
debs gawk gawk
root=$dir
sample_files
cp -r "$source/test" "$scratch/files/test"
program gawk "$version" "Debian's dynamic binary, --root" \
	"its own tests that need no second process; reports, arrays, printf, getline, regular expressions"

cat >"$scratch/files/report.awk" <<'AWK'
BEGIN { FS = ","; PROCINFO["sorted_in"] = "@ind_str_asc" }
{ sum[$2] += $3; count[$2]++; line[NR % 7] = line[NR % 7] $1 ";" }
END {
	for (name in sum)
		printf "%-8s %4d %.3f\n", name, sum[name], sum[name] / count[name] > "report"
	close("report")
	while ((getline text < "report") > 0)
		if (match(text, /name (1[0-9]) +([0-9]+)/, part))
			print part[1], part[2], toupper(substr(text, 1, 4))
	print length(line[3]), strftime("%Y-%m-%d", 86400, 1), gensub(/(a+)(b+)/, "\\2\\1", "g", "aabbab")
	n = asorti(sum, names)
	print n, names[1], names[n]
	printf "%c%c %x %e %'d\n", 228, "xyz", 48879, 12345.678, 1234567
}
AWK
same programs/gawk/report /dev/null /usr/bin/gawk -f report.awk table.csv

# suite NAME...: gawk's test NAME.awk on NAME.in, which is to print NAME.ok, as in its Makefile.  What
# does not natively either (it wants options, a terminal, a locale) is no test; what would need a second
# process is counted apart.
suite() {
	for name; do
		input=/dev/null
		[ ! -e "$name.in" ] || input=$name.in
		vm "--dir $source/test:/test --cwd /test" /usr/bin/gawk -f "$name.awk" <"$input" >"$scratch/out" 2>&1
		if cmp -s "$scratch/out" "$name.ok"; then
			passed=$((passed + 1))
		elif grep -Eq '(fork|pipe|process).*(not implemented|allocate memory)' "$scratch/out"; then
			processes=$((processes + 1))
		elif native /usr/bin/gawk -f "$name.awk" <"$input" 2>&1 |
			cmp -s - "$name.ok"; then
			failed="$failed $name"
			diff -a "$name.ok" "$scratch/out" >>"$scratch/diff"
		fi
	done
}

passed=0 failed='' processes=0
: >"$scratch/diff"
cd "$source/test" || exit 1
environment='AWKPATH=. LC_ALL=C'
native_environment=AWKLIBPATH=$root/usr/lib/x86_64-linux-gnu/gawk
limit=20
suite $(for ok in *.ok; do
	[ ! -e "${ok%.ok}.awk" ] || echo "${ok%.ok}"
done | if full; then cat; else sed -n '1~6p'; fi)
if [ -n "$failed" ] || [ $passed -lt 40 ]; then
	bad programs/gawk/suite "$passed of its tests passed, not:$failed" "$scratch/diff"
else
	echo "$passed of gawk's tests passed, $processes need a second process"
	ok programs/gawk/suite
fi
