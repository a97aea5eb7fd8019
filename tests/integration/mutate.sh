#!/bin/sh
# SPDX-License-Identifier: MIT
# A program whose ELF header and program headers are changed byte by byte: whatever comes of it,
# mvm neither crashes nor hangs, and says why it refuses what it refuses.
. "$(dirname "$0")/../lib.sh"

why=$(no_vm)
if [ -n "$why" ]; then
	skip mutate "$why"
	exit 0
fi

limit=600
for program in "$O/apps/hello.elf" "$O/tests/guest/exit_raw.static" "$O/tests/guest/hostile_exit.elf"; do
	name=mutate/$(basename "$program")
	cp "$program" "$scratch/program"
	headers=$(od -An -tu2 -j56 -N2 "$program" | tr -d ' ')
	if check "$name" 0 "$O/tests/tools/mutate" "$scratch/program" $((64 + 56 * headers)) \
		"$mvm" run --timeout 1 --mem 64M "$scratch/program"; then
		ok "$name"
		sed 's/^/  | /' "$scratch/out"
	fi
done
exit 0
