#!/bin/sh
# SPDX-License-Identifier: MIT
# A guest that truncates the file it was loaded from, which the launcher has mapped: only the VM
# ends, with one line, whichever thread of the launcher meets the lost memory.  Likewise when somebody
# truncates it while it is loaded.
. "$(dirname "$0")/../lib.sh"

reason=$(no_vm)
if [ -n "$reason" ]; then
	skip truncate "$reason"
	exit 0
fi

mkdir "$scratch/data"
for poll in always never; do
	name=truncate/poll_$poll
	cp "$O/tests/guest/hostile_truncate.elf" "$scratch/data/self"
	check "$name" 126 "$mvm" run --poll=$poll --dir "$scratch/data:/data" "$scratch/data/self" &&
		one_line "$name" 'truncated' && ok "$name"
done

meddle=$O/tests/tools/meddle
if "$meddle" nothread 9 true 2>/dev/null; then
	cp "$O/tests/guest/exit_0.elf" "$scratch/program.elf"
	check truncate/loading 126 "$meddle" truncate "$scratch/program.elf" "$mvm" run \
		"$scratch/program.elf" && one_line truncate/loading 'truncated' && ok truncate/loading
	# The polling thread is the only one.
	check truncate/no-thread 0 "$meddle" nothread 1 "$mvm" run -v --poll=auto \
		"$O/tests/guest/exit_0.elf" && says truncate/no-thread 'going on without' "$scratch/err" &&
		ok truncate/no-thread
else
	skip truncate/meddled "no ptrace here"
fi
exit 0
