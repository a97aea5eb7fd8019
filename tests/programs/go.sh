#!/bin/sh
# SPDX-License-Identifier: MIT
# A Go program, static, by Debian's compiler (which runs here, natively): goroutines, and an HTTP server
# that the host puts under load.
. "$(dirname "$0")/common.sh"

debs go --only golang-1.19-go golang-1.19-src
go=$P/go.elf
if [ ! "$go" -nt "$tests/programs/server.go" ]; then
	rm -f "$go"
	GOROOT=$dir/usr/lib/go-1.19 GOCACHE=$P/go-cache GO111MODULE=off CGO_ENABLED=0 HOME=$scratch \
		"$dir/usr/lib/go-1.19/bin/go" build -o "$go" "$tests/programs/server.go" \
		>"$scratch/log" 2>&1
fi
if [ ! -x "$go" ]; then
	skip programs/go "its compiler does not run here: $(head -n 1 "$scratch/log")"
	exit 0
fi
go_version=$version
debs wrk wrk
wrk=$dir
sample_files
program Go "go $go_version" "static, by Debian's compiler" \
	"10,000 goroutines, channels, timers, collection, signals; net/http inside the VM, and under load from the host"

# It names a socket there, which not every file system of the svm lab's /tmp takes.
native_environment="TMPDIR=$scratch"
for how in ${POLL:-auto}; do
	tag=
	[ "$how" = auto ] || tag="[$how]"
	same "programs/go/check$tag" /dev/null "$go" check
done
how=auto

cp "$O/apps/sqlite3.elf" "$scratch/files/program"
serve 8080 "--dir $scratch/files:/data:ro" "$go" serve 127.0.0.1:8080 /data
at=http://127.0.0.1:$port

# fetch NAME WANTED-FILE CURL-WORDS...
fetched() {
	name=programs/go/$1
	wanted=$2
	shift 2
	if limited 60 curl -sS -f "$@" >"$scratch/got" 2>"$scratch/err" && cmp -s "$wanted" "$scratch/got"; then
		ok "$name"
	else
		bad "$name" "not what was to come" "$scratch/err" "$scratch/server.err" "$scratch/server.out"
	fi
}

if command -v curl >/dev/null; then
	fetched file "$scratch/files/program" "$at/files/program"
	fetched keep-alive "$scratch/files/numbers" -H 'Connection: close' "$at/files/numbers"
	head -c 3000000 /dev/urandom >"$scratch/body"
	echo "$(sha256sum <"$scratch/body" | cut -d' ' -f1) 3000000 <nil>" >"$scratch/wanted"
	fetched upload "$scratch/wanted" --data-binary "@$scratch/body" "$at/sha256"
	tail -c +1000001 "$scratch/files/program" | head -c 100000 >"$scratch/wanted"
	fetched range "$scratch/wanted" -r 1000000-1099999 "$at/files/program"
else
	skip programs/go/curl "no curl to ask it with"
fi
root=$wrk native /usr/bin/wrk -t 1 -c 16 -d 4 "$at/sum?n=1000" >"$scratch/out" 2>&1
requests=$(sed -n 's/^ *\([0-9]*\) requests in.*/\1/p' "$scratch/out")
if [ "${requests:-0}" -gt 100 ] && ! grep -Eq 'Non-2xx|Socket errors' "$scratch/out"; then
	ok programs/go/load
else
	bad programs/go/load "${requests:-no} requests" "$scratch/out" "$scratch/server.err"
fi
stop

# Each connection in a VM of its own: goroutines and threads that wait, as they were.
if command -v curl >/dev/null; then
	command=serve
	serve 8080 "--contract=server --dir $scratch/files:/data:ro" "$go" serve 127.0.0.1:8080 /data
	at=http://127.0.0.1:$port
	fetched serve "$scratch/files/program" -H 'Connection: close' "$at/files/program"
	fetched serve-again "$scratch/files/numbers" -H 'Connection: close' "$at/files/numbers"
	stop
fi
