# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# What the benchmarks share: medians, and the table of figures with their references.  Sourced after
# tests/lib.sh.

median() {
	sort -n | awk '{ a[NR] = $1 } END { if (NR) print a[int((NR + 1) / 2)] }'
}

m() {
	cat "$scratch/m.$1"
}

table=$scratch/table
# row WHAT VALUE REFERENCE-NAME REFERENCE UNIT GOAL [more]: the goal is a number of times, or a word.
row() {
	awk -v what="$1" -v v="$2" -v rn="$3" -v r="$4" -v u="$5" -v goal="$6" -v kind="${7:-most}" '
	function show(x) { return x == "" ? "-" : x >= 1000 ? sprintf("%.0f", x) : sprintf("%.4g", x) }
	BEGIN {
		if (v == "" || r == "") { ratio = "-"; verdict = "not measured" }
		else if (kind == "faster") { ratio = sprintf("%.2f times as fast", r / v)
			verdict = r / v >= goal ? "reached" : "MISSED" }
		else if (kind == "more") { ratio = sprintf("%+.0f %s", v - r, u)
			verdict = v - r <= goal ? "reached" : "MISSED" }
		else if (kind == "size") { ratio = ""; verdict = v <= goal ? "reached" : "MISSED" }
		else { ratio = sprintf("%.2f times", v / r)
			verdict = v / r <= goal ? "reached" : "MISSED" }
		word = kind == "faster" ? (goal == 1 ? "faster" : "at least " goal " times as fast") : \
			kind == "more" ? "at most " goal " " u " more" : \
			kind == "size" ? "at most " goal " " u : "at most " goal " times"
		printf "%s|%s %s|%s|%s %s|%s|%s|%s\n", what, show(v), u, rn, kind == "size" ? "" : show(r), \
			kind == "size" ? "" : u, ratio, word, verdict
	}' >>"$table"
}

missing() {
	printf '%s|-|%s|-|-|-|%s\n' "$1" "$2" "$3" >>"$table"
}

# columns: lines of fields separated by |, the first with their names, as aligned columns.
columns() {
	awk -F '|' '{ for (i = 1; i <= NF; i++) { c[NR, i] = $i; if (length($i) > w[i]) w[i] = length($i) } n = NF > n ? NF : n }
		END { for (r = 1; r <= NR; r++) { line = ""; for (i = 1; i <= n; i++) line = line sprintf("%-" w[i] "s  ", c[r, i]);
			sub(/ +$/, "", line); print line; if (r == 1) { gsub(/./, "-", line); print line } } }'
}

# machine HOW: where and how this was measured.
machine() {
	echo
	echo "machine: $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1), $(nproc) processors," \
		"Linux $(uname -r)${MVM_LAB:+, in the $MVM_LAB lab (everything is emulated)}"
	echo "$*; load before: ${load:-$(cut -d ' ' -f 1 /proc/loadavg)}"
}

# print_table HOW: everything that row() and missing() noted.
print_table() {
	machine "$1"
	echo
	{
		echo "what|mvm|reference|its value|ratio|goal|"
		cat "$table"
	} | columns
}
