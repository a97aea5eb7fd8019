#!/bin/sh
# SPDX-License-Identifier: MIT
# make bench-serve: mvm serve against a native server that forks for each connection, asked in turn; full
# load, with descriptors and memory watched; the first request after a snapshot; a thousand clones.
# N (default 2000) requests, SECONDS_LOAD (60) of full load, CLONES (1000).
. "$(dirname "$0")/../lib.sh"
. "$tests/bench/table.sh"

n=${N:-2000}
seconds=${SECONDS_LOAD:-60}
clones=${CLONES:-1000}
load=$(cut -d ' ' -f 1 /proc/loadavg)
top=$(cd "$tests/.." && pwd)
why=$(no_vm)
if [ -n "$why" ]; then
	echo "bench-serve: $why"
	exit 1
fi
ask=$O/tests/bench/load
port=$((20000 + $$ % 20000))
cd "$scratch" || exit 1
printf 'GET /hello?name=bench HTTP/1.1\r\nHost: localhost\r\n\r\n' >http
printf 'nail 100\nscrew 250\nhammer 1\n' >order
echo 'SELECT carrier, count(*) AS n FROM shipments GROUP BY carrier;' >query

# forks ARGS...: the reference, at $native; serves OPTIONS... PROGRAM ARGS: mvm serve, at $port.
forks() {
	native=$((port + 1))
	"$O/tests/bench/forkserver" "$native" "$@" &
	reference=$!
}
serves() {
	rm -f ready
	"$mvm" serve --listen "tcp:127.0.0.1:$port" --metrics "unix:$scratch/m" --ready-fd 3 "$@" 3>ready &
	server=$!
	for _ in $(seq 1200); do
		[ ! -s ready ] || return 0
		kill -0 $server 2>/dev/null || break
		sleep 0.1
	done
	return 1
}
end() {
	for pid; do
		kill "$pid" && wait "$pid"
	done 2>/dev/null
	port=$((port + 2))
}
metric() {
	curl -s --unix-socket m http://localhost/metrics | sed -n "s/^mvm_serve_$1 //p"
}

# compare NAME REQUEST REFERENCE: the two that are up.
compare() {
	"$ask" -n "$n" "$2" "$port" "$native" >load.out || echo "bench-serve: $1: requests failed"
	awk '$3 { print "bench-serve: " $3 " answers were wrong" }' load.out
	for p in 5=50 7=99; do
		sed -n 1p load.out | cut -d ' ' -f "${p%=*}" >"$scratch/m.$1.${p#*=}.vm"
		sed -n 2p load.out | cut -d ' ' -f "${p%=*}" >"$scratch/m.$1.${p#*=}.ref"
	done
	row "$1, median" "$(m "$1.50.vm")" "$3" "$(m "$1.50.ref")" us 2
	row "$1, p99" "$(m "$1.99.vm")" "$3" "$(m "$1.99.ref")" us 3
}

# ---- One request -------------------------------------------------------------------------------------------

forks
if serves --pool 8 "$O/apps/httpfn.elf"; then
	compare httpfn "$scratch/http" "fork alone"
else
	missing httpfn "mvm serve did not start"
fi
end $server $reference

forks "$O/apps/lua.elf" "$top/apps/luafn/fn.lua" "$top/apps/luafn"
if serves --pool 8 --dir "$top/apps/luafn:/fn:ro" "$O/apps/lua.elf" /fn/fn.lua /fn; then
	compare lua "$scratch/order" "fork and exec"
else
	missing lua "mvm serve did not start"
fi
end $server $reference

sed "s|/data/|$top/apps/sqlite/warehouse/|" "$top/apps/sqlite/warehouse/load.sql" >load.sql
forks "$O/apps/sqlite3.elf" -json -init "$scratch/load.sql" :memory:
if serves --pool 8 --dir "$top/apps/sqlite/warehouse:/data:ro" "$O/apps/sqlite3.elf" \
	-json -init /data/load.sql :memory:; then
	compare sqlite "$scratch/query" "fork and exec"
else
	missing sqlite "mvm serve did not start"
fi
end $server $reference

# ---- The first request after a start ------------------------------------------------------------------------

# The first that a new mvm serve is asked, in the clone that nobody has used yet, from connect(2) to the
# last byte of the answer, against the whole time of mvm run; and the whole time of mvm run --snapshot.
lua="--dir $top/apps/luafn:/fn:ro"
: >first
: >cold
: >snap
# shellcheck disable=SC2086 # words
if "$mvm" snapshot $lua -o lua.snap "$O/apps/lua.elf" /fn/fn.lua /fn </dev/null 2>err; then
	for _ in 1 2 3 4 5 6 7 8 9; do
		serves --pool 2 $lua lua.snap &&
			"$ask" -f -n 1 order "$port" | cut -d ' ' -f 4 >>first
		end $server
		"$O/tests/bench/interleave" 3 -- sh -c "exec '$mvm' run $lua '$O/apps/lua.elf' /fn/fn.lua /fn <order" \
			-- sh -c "exec '$mvm' run $lua --snapshot lua.snap <order" >both
		sed -n 1p both >>cold
		sed -n 2p both >>snap
	done
	echo "lua, whole processes: mvm run $(median <cold) us, mvm run --snapshot $(median <snap) us"
	row "lua, first request" "$(median <first)" "mvm run, cold" "$(median <cold)" us 0.2
else
	missing "lua, first request" "$(head -n 1 err)"
fi

# ---- A reset ------------------------------------------------------------------------------------------------

# resets MEM PAGES...: the cost in us of a reset after so many pages were changed, one after another.
resets() {
	mem=$1
	shift
	serves --pool 1 --concurrency 1 --mem "$mem" --access-log resets.log "$O/tests/bench/dirty.elf" || return
	for pages; do
		rm -f resets.log
		kill -USR1 $server
		sleep 0.2
		echo "$pages" >pages
		"$ask" -f -n 41 pages "$port" >/dev/null
		sleep 0.3
		median=$(jq .reset_us resets.log | median)
		echo "  --mem $mem: $(jq .pages resets.log | median) pages: $median us"
		[ "$mem/$pages" != 128M/38 ] || echo "$median" >"$scratch/m.reset"
	done
	end $server
}
echo "reset, by the pages that a request changed (12 of them are the runtime's):"
resets 128M 0 38 488 4988
resets 2G 0 38 488 4988
"$O/tests/bench/bare_out" 2000 50 | awk '{ print $1 / 1000 }' >"$scratch/m.reset.ref"
row "reset, 50 pages" "$(m reset)" "memcpy and an exit" "$(m reset.ref)" us 3

# ---- A thousand clones --------------------------------------------------------------------------------------

if serves --pool "$clones" --concurrency "$clones" "$O/apps/httpfn.elf"; then
	sleep 6			# as long as a new clone keeps more, and a little
	echo "$clones clones: $(metric 'workers{state="idle"}') wait," \
		"$(($(metric private_memory_bytes) / 1048576)) MiB of private memory together"
	private=$(($(metric private_memory_bytes) / 1024 / clones))
	row "private memory of an idle clone" $private "" 0 KiB 128 size
	# So many at once that all are in use.
	"$ask" -c 200 -n $((clones / 200 * 3 + 1)) http "$port" >load.out ||
		echo "bench-serve: $clones clones: requests failed"
	awk '{ print "  " $2 " requests of 200 clients at once, " $3 " errors, " $9 " a second" }' load.out
else
	missing "$clones clones" "mvm serve did not start"
fi
end $server

# ---- Full load ----------------------------------------------------------------------------------------------

# resources PID...: descriptors and KiB of private memory of these processes and their children.
resources() {
	r_fds=0
	r_kib=0
	for pid in "$@" $(pgrep -P "$1"); do
		r_fds=$((r_fds + $(find "/proc/$pid/fd" -mindepth 1 2>/dev/null | wc -l)))
		r_kib=$((r_kib + $(awk '/^Private_/ { s += $2 } END { print s + 0 }' "/proc/$pid/smaps_rollup" \
			2>/dev/null || echo 0)))
	done
	echo "$r_fds descriptors, $r_kib KiB"
}
# full NAME PORT PID: two clients for each processor.
full() {
	"$ask" -c 4 -s 3 http "$2" >/dev/null
	before=$(resources "$3")
	"$ask" -c 4 -s "$seconds" http "$2" >load.out || echo "bench-serve: $1: requests failed"
	awk -v name="$1" -v s="$seconds" '{ print name ": " $9 " requests a second during " s " s, " $3 " errors; p50 " \
		$5 " us, p99 " $7 " us" }' load.out
	echo "  before: $before; after: $(resources "$3")"
}
forks
if serves --pool 8 --concurrency 8 "$O/apps/httpfn.elf"; then
	full "fork alone" "$native" $reference
	full "mvm serve" "$port" $server
	metric 'requests_total{ended_by="crash"}' | sed 's/^/  crashed: /'
fi
end $server $reference

print_table "one connection a request, $n of each asked in turn"
exit 0
