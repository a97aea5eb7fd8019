#!/bin/sh
# SPDX-License-Identifier: MIT
# A guest that truncates the file it was loaded from, which the launcher has mapped: only the VM
# ends, with one line, whichever thread of the launcher meets the lost memory.
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
exit 0
