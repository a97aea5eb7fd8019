#!/bin/sh
# SPDX-License-Identifier: MIT
# What a clone of a snapshot is, however it is made and reset: nothing of one request is there for the
# next, what may be executed is what it was, memory that is given back is zero.  Needs no more than a
# busybox, so that it runs in every lab.  clones.sh [RESET...]: of these alone, what the device offers.
. "$(dirname "$0")/../lib.sh"

reason=$(no_serve)
if [ -z "$reason" ] && ! busybox nc --help 2>&1 | grep -q IPADDR; then
	reason="no busybox with nc"
fi
if [ -n "$reason" ]; then
	skip clones "$reason"
	exit 0
fi
program=$O/tests/integration/clones.elf
port=$((10000 + $$ % 20000))
"$mvm" doctor >"$scratch/doctor" 2>&1
walls=$(grep -c 'W^X of frames' "$scratch/doctor")
offered='copy process'
! grep -q ', clones' "$scratch/doctor" || offered='device copy process'
cd "$scratch" || exit 1

# up RESET MEM ARGUMENT...: one clone waits.
up() {
	port=$((port + 1))
	rm -f ready log
	how=$1
	mem=$2
	shift 2
	"$mvm" serve --listen "tcp:127.0.0.1:$port" --mem "$mem" --pool 1 --concurrency 1 --reset="$how" \
		--access-log log --ready-fd 3 "$program" "$@" 3>ready 2>err &
	server=$!
	waits ready '^$' && return 0
	bad "clones/$how" "mvm serve does not become ready" err
	kill $server 2>/dev/null
	return 1
}
down() {
	kill $server
	wait $server || bad "clones/$how" "exit status $?" err
}
ask() {
	echo "$1" | limited 30 busybox nc 127.0.0.1 "$port"
}
# gives NAME REQUEST ANSWER
gives() {
	ask "$2" >got 2>>err
	echo "${3:-}" | sed '/^$/d' >wanted
	if cmp -s got wanted; then
		ok "clones/$how/$1"
	else
		bad "clones/$how/$1" "not what was to come (wanted, got)" wanted got err
	fi
}

all() {
	gives plant 'plant 1234567890abcdef' 'planted 1'
	gives nothing-left 'search edcba9876f543210' 'memory 0 registers 0 file 0'
	gives release release 'release 0'
	gives release-again release 'release 0'
	# What one request was allowed, the next is not.
	gives code code 'code 42'
	if [ "$walls" -ne 0 ]; then
		gives walls walls ''
	else
		gives walls walls 'walls 42'
	fi
	gives code-again code 'code 42'
}

# The snapshot is made anew, and of a device's clones the template; who asks meanwhile is answered.
reload() {
	kill -HUP $server
	for _ in $(seq 100); do
		gives reloading release 'release 0' >said
		! grep -v '^ok' said || return
		! grep -q '"generation": 2' log || break
		sleep 0.1
	done
	if grep -q '"generation": 2' log; then
		ok "clones/$how/reload"
	else
		bad "clones/$how/reload" "no request was served by a clone of the second snapshot" log err
	fi
}

for how in $offered; do
	case " ${*:-$offered} " in *" $how "*) ;; *) continue ;; esac
	up $how 48M || continue
	all
	down
	# The clone that planted was reset, and went on; the one that ran into a wall did not.
	workers=$(sed -n '/"pages": [1-9]/s/.*"worker": \([0-9]*\).*/\1/p' log | head -n 5 | sort -u | wc -l)
	if [ "$workers" -eq $([ $how = process ] && echo 0 || echo 1) ]; then
		ok "clones/$how/resets"
	else
		bad "clones/$how/resets" "it is not one clone that was reset" log
	fi
	# A KVM that shadows page tables must not go on with those of a request that ended in the middle.
	if [ $how = copy ] && up $how 42M; then
		gives no-memory 'plant 1234567890abcdef' ''
		gives other-tables release 'release 0'
		down
	fi
	# What was executable when the snapshot was made is so for ever.
	up $how 160M code || continue
	gives before before 'before 42'
	gives before-again before 'before 42'
	gives grow 'grow 80' 'grow 0'
	gives grow-again 'grow 80' 'grow 0'
	reload
	gives reloaded before 'before 42'
	down
done

# The filter has what is used.
how=confinement
rules() {
	check "clones/$how" 0 "$mvm" serve --listen "tcp:127.0.0.1:$port" --show-confinement --reset="$1" "$program"
}
if rules copy && says "clones/$how" 'KVM_SET_MSRS' && ! grep -q 'MVM_RESET' out; then
	ok "clones/$how-copy"
fi
case $offered in
device*)
	if rules device && says "clones/$how" 'MVM_RESET' && ! grep -Eq 'KVM_SET_|PAGEMAP' out; then
		ok "clones/$how-device"
	else
		bad "clones/$how-device" "not the rules of a device's clone" out
	fi
	;;
*)
	refused clones/no-device 125 "--reset=device: the device makes no clones" \
		"$mvm" serve --listen "tcp:127.0.0.1:$port" --reset=device "$program"
	;;
esac

# mvm run has the same walls.
how=run
if check "clones/$how" 0 "$mvm" snapshot --mem 40M -o c.snap "$program" code </dev/null; then
	for request in before code release; do
		case $request in release) wanted='release 0' ;; *) wanted="$request 42" ;; esac
		check "clones/$how/$request" 0 sh -c "echo $request | '$mvm' run --snapshot c.snap" &&
			says "clones/$how/$request" "^$wanted\$" && ok "clones/$how/$request"
	done
fi
if check "clones/$how" 0 "$mvm" snapshot --mem 40M -o c.snap "$program" </dev/null; then
	echo walls | limited 20 "$mvm" run --snapshot c.snap >out 2>err
	if [ "$(grep -c 'walls 42' out)" -eq $((walls == 0)) ]; then
		ok "clones/$how/walls"
	else
		bad "clones/$how/walls" "W^X is not as the device has it" out err
	fi
fi
exit 0
