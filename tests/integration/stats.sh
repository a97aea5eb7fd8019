#!/bin/sh
# SPDX-License-Identifier: MIT
# --stats: JSON on a file and on a descriptor, for every way in which a run can end.
. "$(dirname "$0")/../lib.sh"

reason=$(no_vm)
if [ -n "$reason" ]; then
	skip stats "$reason"
	exit 0
fi
if ! command -v python3 >/dev/null; then
	skip stats "no python3 to judge the JSON"
	exit 0
fi
guest=$O/tests/guest

# judge NAME FILE EXPRESSION: FILE is one JSON object on one line, s, and the expression is true.
judge() {
	python3 - "$2" "$3" >"$scratch/verdict" 2>&1 <<'END' && return 0
import json, sys
text = open(sys.argv[1]).read()
s = json.loads(text)
assert isinstance(s, dict) and text.count('\n') == 1 and text.endswith('\n')
assert eval("(" + sys.argv[2] + ")"), text
END
	bad "$1" "the statistics are not as expected: $3" "$scratch/verdict" "$2"
	return 1
}

json=$scratch/stats.json
stages='["options", "grants", "load", "vm", "setup", "confine", "run"]'

check stats/file 42 "$mvm" run --stats "$json" "$guest/exit_42.elf" &&
	judge stats/file "$json" "s['exit_status'] == 42 and s['ended_by'] == 'exit' and
		s['signal'] is None and s['requests']['exit'] == 1 and s['device'][:5] == '/dev/'" &&
	judge stats/file "$json" "sorted(s['stages_us']) == sorted($stages)" &&
	judge stats/file "$json" "all(0 < t for t in s['stages_us'].values()) and
		max(s['stages_us'].values()) == s['stages_us']['run']" &&
	judge stats/file "$json" "0 < s['memory_touched_bytes'] <= s['memory_present_bytes'] and
		s['memory_limit_bytes'] == 512 << 20" && ok stats/file

check stats/descriptor 0 sh -c '"$0" run --stats fd:5 "$1" 5>"$2"' "$mvm" "$guest/exit_0.elf" "$json" &&
	judge stats/descriptor "$json" "s['exit_status'] == 0" && ok stats/descriptor

check stats/kicked 0 "$mvm" run --poll=never --env DATA=/tmp --stats "$json" "$guest/fs_rw.elf" &&
	judge stats/kicked "$json" "s['poll'] == 'never' and s['requests_polled'] == 0 and
		s['requests_kicked'] == sum(s['requests'].values()) and
		s['exits']['io'] >= s['requests_kicked'] / 64" && ok stats/kicked

check stats/signal 139 "$mvm" run --stats "$json" "$guest/sig_die_segv.elf" &&
	judge stats/signal "$json" "s['ended_by'] == 'signal' and s['signal'] == 'SIGSEGV' and
		s['exit_status'] == 139" && ok stats/signal

check stats/timeout 124 "$mvm" run --timeout 1 --stats "$json" "$guest/hostile_spin.elf" &&
	judge stats/timeout "$json" "s['ended_by'] == 'timeout' and s['exit_status'] == 124" &&
	ok stats/timeout

check stats/vm-death 126 "$mvm" run --stats "$json" "$guest/hostile_triple_fault.elf" &&
	judge stats/vm-death "$json" "s['ended_by'] == 'mvm' and s['exit_status'] == 126" &&
	ok stats/vm-death

# An early failure still leaves an object, with the stages that were reached.
echo 'not an ELF' >"$scratch/text"
check stats/early 126 "$mvm" run --stats "$json" "$scratch/text" &&
	judge stats/early "$json" "s['ended_by'] == 'mvm' and s['exit_status'] == 126 and
		'run' not in s['stages_us'] and 'grants' in s['stages_us']" && ok stats/early

# Calls that no guest will ever have, one with a name and one without.
cat >"$scratch/missing.c" <<'END'
#include <sys/syscall.h>
#include <unistd.h>
int main(void)
{
	for (int i = 0; i < 3; i++)
		syscall(SYS_add_key, 0, 0, 0, 0, 0);
	syscall(500);
	return 0;
}
END
check stats/missing-calls 0 "$O/bin/mvm-cc" -D_GNU_SOURCE -o "$scratch/missing.elf" "$scratch/missing.c" &&
	check stats/missing-calls 0 "$mvm" run --stats "$json" "$scratch/missing.elf" &&
	judge stats/missing-calls "$json" "s['missing_system_calls'] == {'add_key': 3, '500': 1}" &&
	ok stats/missing-calls

# A name of any bytes.
name=$scratch/$(printf 'a"b\\c\t\377\303\251')
cp "$guest/exit_0.elf" "$name"
check stats/strange-name 0 "$mvm" run --stats "$json" "$name" &&
	judge stats/strange-name "$json" 's["program"].endswith("a\"b\\c\t\ufffd\u00e9")' &&
	ok stats/strange-name

check stats/full 0 "$mvm" run --stats /dev/full "$guest/exit_0.elf" &&
	one_line stats/full '--stats /dev/full: cannot write all of it: No space left on device; ' &&
	ok stats/full
