#!/bin/sh
# SPDX-License-Identifier: MIT
# The functions of apps/ behind mvm serve: in C, in Lua, as SQL; and a server of Debian's that knows
# nothing of it.
. "$(dirname "$0")/../lib.sh"

top=$(cd "$tests/.." && pwd)
reason=$(no_serve)
if [ -z "$reason" ] && ! command -v curl >/dev/null; then
	reason="needs curl"
fi
if [ -n "$reason" ]; then
	skip functions "$reason"
	exit 0
fi
cd "$scratch" || exit 1

# up OPTIONS... PROGRAM ARGS...: serves at the socket s.
up() {
	rm -f ready
	"$mvm" serve --listen "unix:$scratch/s" --pool 2 --ready-fd 3 "$@" 3>ready 2>err &
	server=$!
	for _ in $(seq $((100 * patience))); do
		[ ! -s ready ] || return 0
		kill -0 $server 2>/dev/null || break
		sleep 0.1
	done
	bad "functions/$name" "mvm serve does not become ready" err
	return 1
}
# gives NAME WANTED COMMAND...: its output.
gives() {
	g_name=functions/$1
	printf '%s\n' "$2" >wanted
	shift 2
	"$@" >got 2>>err
	if cmp -s got wanted; then
		ok "$g_name"
	else
		bad "$g_name" "not what was to come" got wanted err
	fi
}
down() {
	kill $server
	wait $server || bad "functions/$name" "exit status $?" err
}
ask() {
	limited 20 curl -sS --unix-socket "$scratch/s" "$@"
}
# For what speaks no HTTP.
tell() {
	limited 20 python3 -c 'import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.sendall(sys.argv[2].encode())
s.shutdown(socket.SHUT_WR)
while data := s.recv(65536):
	sys.stdout.buffer.write(data)' "$scratch/s" "$1"
}

name=httpfn
if up "$O/apps/httpfn.elf"; then
	gives httpfn-hello 'Hello, you!' ask 'http://x/hello?name=you'
	gives httpfn-count '{"bytes": 11, "lines": 0, "words": 4}' ask --data-binary 'one two 3 x' http://x/count
	head -c 300000 /dev/zero | tr '\0' 'x' >body
	gives httpfn-large '{"bytes": 300000, "lines": 0, "words": 1}' ask -H 'Expect:' --data-binary @body \
		http://x/count
	gives httpfn-chunked '{"bytes": 300000, "lines": 0, "words": 1}' ask -H 'Expect:' \
		-H 'Transfer-Encoding: chunked' --data-binary @body http://x/count
	gives httpfn-none '404 Not Found' ask http://x/none
	gives httpfn-method '405 Method Not Allowed' ask -X PUT http://x/count
	gives httpfn-nonsense "$(printf 'HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 16\r\nConnection: close\r\n\r\n400 Bad Request')" \
		tell 'what is this'
	down
fi

name=lua
if up --dir "$top/apps/luafn:/fn:ro" "$O/apps/lua.elf" /fn/fn.lua /fn; then
	gives lua "$(printf 'nail            100 x     0.02 =       2.00\nsaw               1 x    22.50 =      22.50\ntotal                                 24.50')" \
		tell 'nail 100
saw 1
'
	gives lua-error 'error: not an article and a number: nothing' tell 'nothing
'
	down
fi

name=sqlite
if up --dir "$top/apps/sqlite/warehouse:/data:ro" "$O/apps/sqlite3.elf" -json -init /data/load.sql :memory:; then
	count="$(tail -n +2 "$top/apps/sqlite/warehouse/shipments.csv" | wc -l)"
	gives sqlite "[{\"n\":$count}]" tell 'SELECT count(*) AS n FROM shipments;'
	gives sqlite-own '[{"n":0}]' tell 'DELETE FROM shipments; SELECT count(*) AS n FROM shipments;'
	gives sqlite-again "[{\"n\":$count}]" tell 'SELECT count(*) AS n FROM shipments;'
	down
fi

name=busybox
busybox=/usr/bin/busybox
if [ ! -x $busybox ] || [ "$(od -An -tx1 -N4 $busybox | tr -d ' ')" != 7f454c46 ] ||
	! $busybox httpd --help 2>&1 | grep -q -- -i; then
	skip functions/busybox "no busybox-static with httpd"
elif mkdir www && head -c 100000 /dev/urandom | base64 -w 76 >www/file.txt &&
	up --dir "$scratch/www:/www:ro" $busybox httpd -i -h /www; then
	gives busybox "$(cat www/file.txt)" ask http://x/file.txt
	gives busybox-none 404 ask -o /dev/null -w '%{http_code}\n' http://x/none
	down
fi
