#!/bin/sh
# SPDX-License-Identifier: MIT
# redis-server in a VM, used from the host by redis-cli, redis-benchmark and redis's own tests: built by
# mvm-cc, and Debian's binary.
. "$(dirname "$0")/common.sh"

redis_source
source=$dir
debs redis redis-server redis-tools
tools=$dir

# cli, benchmark: Debian's, on the host.
cli() {
	root=$tools native /usr/bin/redis-cli -p "$port" "$@"
}
benchmark() {
	root=$tools native /usr/bin/redis-benchmark -p "$port" -q "$@"
}


# work NAME PROGRAM: one server, started twice over the same data.
work() {
	name=programs/redis/$1
	rm -rf "$scratch/data"
	mkdir "$scratch/data"
	start() {
		# shellcheck disable=SC2086 # a list of words
		serve 6379 "--dir $scratch/data:/data" "$1" --port 6379 --dir /data --save '' \
			--appendonly no --protected-mode no
		# Until it has loaded its data it answers everything with an error.
		for _ in 1 2 3 4 5 6 7 8 9 10; do
			[ "$(cli ping 2>&1)" != PONG ] || return 0
			sleep 0.5
		done
	}
	# The server ends by a command, and well.
	finish() {
		cli shutdown nosave
		wait $server
		ended=$?
		if [ $ended -eq 0 ]; then
			ok "$1"
		else
			bad "$1" "its status is $ended" "$scratch/server.err" "$scratch/server.out"
		fi
	}
	start "$2"
	if [ "$(cli ping)" != PONG ]; then
		bad "$name/ping" "no answer" "$scratch/server.err" "$scratch/server.out"
		stop
		return
	fi
	ok "$name/ping"

	# A value larger than any buffer, in and out.
	head -c 5000000 /dev/urandom >"$scratch/value"
	cli -x set big <"$scratch/value" >"$scratch/out" 2>&1
	cli --raw get big | head -c 5000000 >"$scratch/back"
	if cmp -s "$scratch/value" "$scratch/back"; then
		ok "$name/large"
	else
		bad "$name/large" "the value came back changed" "$scratch/out"
	fi

	# Ten thousand commands in one go, and what they have made.
	awk 'BEGIN { for (i = 0; i < 10000; i++) {
		k = "key" i; v = i * i
		printf "*3\r\n$3\r\nSET\r\n$%d\r\n%s\r\n$%d\r\n%s\r\n", length(k), k, length(v), v } }' |
		cli --pipe >"$scratch/out" 2>&1
	sum=$(cli eval 'local s = 0 for i = 0, 9999 do s = s + redis.call("get", "key" .. i) end return s' 0)
	if grep -q 'errors: 0, replies: 10000' "$scratch/out" && [ "$sum" = 333283335000 ]; then
		ok "$name/pipe"
	else
		bad "$name/pipe" "the sum of the values is '$sum'" "$scratch/out"
	fi

	if benchmark -n "${requests:-5000}" -c 20 -t set,get,incr,lpush,rpush,sadd,hset,zadd,mset \
		>"$scratch/out" 2>&1 && ! grep -qi 'error' "$scratch/out" &&
		benchmark -n 4000 -c 40 -P 16 incr counter >>"$scratch/out" 2>&1 &&
		[ "$(cli get counter)" = 4000 ]; then
		ok "$name/benchmark"
	else
		bad "$name/benchmark" "the counter is '$(cli get counter)'" "$scratch/out"
	fi

	# What was saved is there again in the next VM.
	before=$(cli dbsize)
	[ "$(cli save)" = OK ] || bad "$name/save" "cannot save" "$scratch/server.out"
	finish "$name/stop"
	start "$2"
	if [ "$(cli dbsize)" = "$before" ] && [ "$(cli get key77)" = 5929 ] &&
		cli --raw get big | head -c 5000000 | cmp -s - "$scratch/value"; then
		ok "$name/saved"
	else
		bad "$name/saved" "$before keys, afterwards '$(cli dbsize)'" "$scratch/server.out"
	fi

	# redis's own tests, of what a server that they did not start allows.
	units='unit/type/string unit/type/incr'
	! full || units="$units unit/type/list unit/type/hash unit/type/set unit/type/zset unit/expire
		unit/multi unit/pubsub unit/bitops unit/hyperloglog unit/geo unit/sort"
	for unit in $units; do
		if (cd "$source" && limited 300 tclsh tests/test_helper.tcl --host 127.0.0.1 --port "$port" \
			--single "$unit" --tags '-needs:repl -needs:debug -slow -large-memory') \
			>"$scratch/out" 2>&1; then
			ok "$name/$unit"
		else
			grep -A6 '\[err\]\|\[exception\]' "$scratch/out" >"$scratch/errors"
			bad "$name/$unit" "redis's own test fails" "$scratch/errors" "$scratch/out"
		fi
	done
	finish "$name/end"
}

what="redis-benchmark and redis-cli from the host: 5 MB values, 10,000 piped commands, saved and loaded; its own tests"
program redis "$version" "mvm-cc from Debian's source" "$what"
work mvm-cc "$source/src/redis-server"
program redis "$version" "Debian's dynamic binary, --root" "$what"
root=$tools
work debian /usr/bin/redis-server
