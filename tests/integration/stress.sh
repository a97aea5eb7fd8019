#!/bin/sh
# SPDX-License-Identifier: MIT
# Many runs: 200 in a row, eight at a time, and runs that are ended from outside.
. "$(dirname "$0")/../lib.sh"

why=$(no_vm)
if [ -n "$why" ]; then
	skip stress "$why"
	exit 0
fi
hello=$O/apps/hello.elf
"$mvm" run "$hello" >"$scratch/first" 2>&1

# in_a_row COUNT POLL: the number of runs that differ from the first.
in_a_row() {
	wrong=0
	i=0
	while [ $i -lt "$1" ]; do
		limited 20 "$mvm" run --poll="$2" "$hello" >"$scratch/one.$2.$3" 2>&1
		status=$?
		if [ $status -ne 0 ] || ! cmp -s "$scratch/first" "$scratch/one.$2.$3"; then
			wrong=$((wrong + 1))
			{ echo "run $i: status $status"; cat "$scratch/one.$2.$3"; } >>"$scratch/wrong"
		fi
		i=$((i + 1))
	done
	echo $wrong >"$scratch/count.$3"
}

for poll in auto never always; do
	: >"$scratch/wrong"
	in_a_row 200 $poll row
	wrong=$(cat "$scratch/count.row")
	if [ "$wrong" -eq 0 ]; then
		ok "stress/200-in-a-row-$poll"
	else
		bad "stress/200-in-a-row-$poll" "$wrong runs differ" "$scratch/wrong"
	fi
done

: >"$scratch/wrong"
for n in 1 2 3 4 5 6 7 8; do
	in_a_row 15 auto $n &
done
wait
if [ "$(cat "$scratch"/count.[1-8] | paste -s -d+ | tr -d ' ')" = 0+0+0+0+0+0+0+0 ]; then
	ok stress/eight-at-a-time
else
	bad stress/eight-at-a-time "some runs differ" "$scratch/wrong"
fi

# Nothing stays behind: no process, no file, no /dev/shm segment of a run that was killed.
before=$(ls /dev/shm /tmp | wc -l)
i=0
while [ $i -lt 10 ]; do
	"$mvm" run "$O/tests/guest/hostile_spin.elf" >/dev/null 2>&1 &
	pid=$!
	sleep 0.05
	kill -KILL $pid
	wait $pid 2>/dev/null
	i=$((i + 1))
done
after=$(ls /dev/shm /tmp | wc -l)
if [ "$after" -le "$((before + 3))" ]; then
	ok stress/killed
else
	bad stress/killed "$((after - before)) files are left behind"
fi
exit 0
