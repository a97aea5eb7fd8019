#!/bin/sh
# SPDX-License-Identifier: MIT
# docs/compatibility.md from what the scripts of tests/programs printed: compatibility.sh DIR, where
# tests/programs.sh left DEVICE-NAME.log.  With --check FILE it only says which of the programs in DIR
# FILE does not list.
set -eu

check=
if [ "$1" = --check ]; then
	check=$2
	shift 2
fi
dir=$1

# One line for each program and device: PROGRAM | VERSION | HOW | WHAT | DEVICE | RESULT, sorted.
rows() {
	for log in "$dir"/*.log; do
		device=${log##*/}
		awk -v device="${device%%-*}" '
			function flush() {
				if (row == "")
					return
				result = passed " of " passed + failed
				if (failed)
					result = result ", not: " bad
				else if (!passed)
					result = "not run: " skipped
				print row " | " device " | " result
			}
			/^-- / { flush(); row = substr($0, 4); passed = failed = 0; bad = skipped = "" }
			/^ok / { passed++ }
			/^FAIL / { bad = bad (failed++ ? ", " : "") $2; sub("programs/", "", bad) }
			/^SKIP / { sub(/^SKIP [^ ]* — /, ""); skipped = $0 }
			END { flush() }' "$log"
	done | sort -f
}

if [ -n "$check" ]; then
	rows | awk -F ' \\| ' -v file="$check" '
		BEGIN {
			while ((getline line <file) > 0) {
				split(line, part, / \| /)
				sub(/^\| /, "", part[1])
				known[part[1] "|" part[3] "|" part[4]]
			}
		}
		!(($1 "|" $3 "|" $4) in known) { print $1 ", " $3 ": " $4; missing = 1 }
		END { exit missing }'
	exit
fi

cat <<'END'
# Programs that run

Made by `make compatibility` from what `tests/programs` printed; not to be edited. Each program comes from
Debian when the tests run, as a binary package (unpacked, not installed, not changed) or as source
package built by `mvm-cc`. Each line of the table is a number of checks: outputs, files and sums, mostly
against what the same program does natively.

*host* is the development machine's `/dev/kvm`. The others are emulated processors (`tests/lab`), which are slow: *svm* is
Debian's kernel with kvm_amd in QEMU; *mvm.ko* is our own module, with EPT, in Bochs, where only programs run whose
checks need nothing of the host but busybox.

What compiles while it runs needs `--allow-wx`: Java, Node.js, PyPy, SBCL, Guile, the regular expressions of PHP
and git. What starts a second process gets `ENOSYS` there: a shell's pipes, `git clone`, Erlang's virtual
machine, the server of PostgreSQL, of which one process alone (`--single`) works.

| program | version | how it was built | what ran | host | svm | mvm.ko |
| --- | --- | --- | --- | --- | --- | --- |
END
rows | awk -F ' \\| ' '
	function ran(device) {
		return device in result ? result[device] : "-"
	}
	function flush() {
		if (row != "")
			print "| " row " | " ran("host") " | " ran("svm") " | " ran("vmx") " |"
		delete result
	}
	{
		this = $1 " | " $2 " | " $3 " | " $4
		if (this != row)
			flush()
		row = this
		result[$5] = $6
	}
	END { flush() }'
