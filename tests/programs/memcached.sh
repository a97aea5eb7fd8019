#!/bin/sh
# SPDX-License-Identifier: MIT
# memcached as Debian has it, with four threads in a VM, asked by memcached.py from the host; and haproxy
# in a second VM in front of it.
. "$(dirname "$0")/common.sh"

debs memcached memcached
memcached=$dir
memcached_version=$version
debs haproxy haproxy
haproxy=$dir
haproxy_version=$version
how_built="Debian's dynamic binary, --root"

program memcached "$memcached_version" "$how_built" \
	"values up to a megabyte, counters from 20 connections at once, expiry, cas, what is evicted; over TCP and UDP"
start_memcached() {
	root=$memcached
	serve 11211 "--listen udp:127.0.0.1:0:11211" /usr/bin/memcached -u root -m 64 -t 4 -U 11211
	udp_port=$(listens_at udp 11211)
}
start_memcached
for part in values counters times; do
	if limited 60 python3 "$tests/programs/memcached.py" "$port" "$udp_port" $part >"$scratch/out" 2>&1; then
		ok programs/memcached/$part
	else
		bad programs/memcached/$part "not what was to come" "$scratch/out" "$scratch/server.err"
	fi
done
stops_well programs/memcached/stop

program haproxy "$haproxy_version" "$how_built" \
	"four threads: HTTP between two servers, rules, compression, statistics; TCP to a server in another VM"
start_memcached
behind=$server
behind_port=$port
root=$haproxy
mkdir "$scratch/conf"
cat >"$scratch/conf/haproxy.cfg" <<END
global
	nbthread 4
	maxconn 200
defaults
	timeout connect 5s
	timeout client 20s
	timeout server 20s
frontend cache
	mode tcp
	bind 127.0.0.1:11211
	default_backend caches
backend caches
	mode tcp
	server outside 127.0.0.1:$behind_port check inter 500
frontend web
	mode http
	bind 127.0.0.1:8080
	http-request deny deny_status 403 if { path_beg /secret }
	compression algo gzip
	compression type text/plain
	use_backend stats if { path_beg /stats }
	default_backend servers
backend servers
	mode http
	balance roundrobin
	server one 127.0.0.1:8001
	server two 127.0.0.1:8002
backend stats
	mode http
	stats enable
	stats uri /stats
frontend one
	mode http
	bind 127.0.0.1:8001
	http-request return status 200 content-type text/plain lf-string "one %[path] %[req.body_size]\n"
frontend two
	mode http
	bind 127.0.0.1:8002
	http-request return status 200 content-type text/plain lf-string "two %[path] %[req.body_size]\n"
END
serve 11211 "--dir $scratch/conf:/conf:ro --listen tcp:127.0.0.1:0:8080 --connect 127.0.0.1:$behind_port" \
	/usr/sbin/haproxy -db -f /conf/haproxy.cfg
web=$(listens_at tcp 8080)
if limited 60 python3 "$tests/programs/memcached.py" "$port" "$udp_port" counters >"$scratch/out" 2>&1; then
	ok programs/haproxy/tcp
else
	bad programs/haproxy/tcp "not what was to come" "$scratch/out" "$scratch/server.err"
fi
if command -v curl >/dev/null; then
	ask() {
		limited 60 curl -sS "$@" 2>>"$scratch/err"
	}
	for i in $(seq 20); do
		ask "http://127.0.0.1:$web/n" || echo "no $i"
	done | sort | uniq -c | sed 's/^ *//' >"$scratch/out"
	{
		ask --compressed -D "$scratch/head" "http://127.0.0.1:$web/z" | sed 's/^[a-z]*/which/'
		grep -ci '^content-encoding: gzip' "$scratch/head"
		ask -o /dev/null -w '%{http_code}\n' "http://127.0.0.1:$web/secret/x"
		ask "http://127.0.0.1:$web/stats;csv" | grep -c '^servers,\(one\|two\),'
	} >>"$scratch/out"
	printf '%s\n' '10 one /n 0' '10 two /n 0' 'which /z 0' 1 403 2 >"$scratch/wanted"
	if cmp -s "$scratch/wanted" "$scratch/out"; then
		ok programs/haproxy/http
	else
		bad programs/haproxy/http "other answers" "$scratch/out" "$scratch/err" "$scratch/server.err"
	fi
else
	skip programs/haproxy/http "no curl to ask it with"
fi
kill -USR1 $server
if wait $server; then
	ok programs/haproxy/stop
else
	bad programs/haproxy/stop "SIGUSR1, which lets it end softly, gave another status" "$scratch/server.err"
fi
server=$behind
stop
