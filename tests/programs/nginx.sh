#!/bin/sh
# SPDX-License-Identifier: MIT
# nginx as Debian has it, dynamically linked, in one process: serves a tree to the host.
. "$(dirname "$0")/common.sh"

debs nginx nginx
root=$dir
nginx_version=$version
nginx=$dir
debs wrk wrk
wrk=$dir
sample_files
program nginx "$nginx_version" "Debian's dynamic binary, --root, master_process off" \
	"a tree with files of many sizes, ranges, compression, errors; sums compared; wrk"
if ! command -v curl >/dev/null; then
	skip programs/nginx "no curl to ask it with"
	exit 0
fi

mkdir "$scratch/web" "$scratch/web/deep" "$scratch/conf"
for size in 0 1 100 4095 4096 65536 1000000 20000000; do
	head -c $size /dev/urandom >"$scratch/web/deep/f$size"
done
cp "$scratch/files/numbers" "$scratch/web/numbers.txt"
cat >"$scratch/conf/nginx.conf" <<'END'
daemon off;
master_process off;
user root;
pid /tmp/nginx.pid;
error_log stderr notice;
events { worker_connections 512; }
http {
	access_log off;
	default_type application/octet-stream;
	types { text/plain txt; }
	sendfile on;
	gzip on;
	gzip_types text/plain;
	client_body_temp_path /tmp/body; proxy_temp_path /tmp/proxy; fastcgi_temp_path /tmp/fastcgi;
	uwsgi_temp_path /tmp/uwsgi; scgi_temp_path /tmp/scgi;
	server {
		listen 127.0.0.1:8080;
		root /web;
		location /hello { return 200 "hello\n"; }
		location /list/ { alias /web/deep/; autoindex on; }
	}
}
END
root=$nginx
serve 8080 "--dir $scratch/web:/web:ro --dir $scratch/conf:/conf:ro" /usr/sbin/nginx -c /conf/nginx.conf
at=http://127.0.0.1:$port
get() {
	limited 60 curl -sS "$@" 2>"$scratch/err"
}
wrong() {
	bad "programs/nginx/$1" "$2" "$scratch/err" "$scratch/server.err" "$scratch/server.out"
}

if [ "$(get "$at/hello")" = hello ]; then
	ok programs/nginx/hello
else
	wrong hello "no answer"
	stop
	exit 0
fi
(cd "$scratch/web/deep" && sha256sum f*) >"$scratch/sums"
mkdir "$scratch/got"
(
	cd "$scratch/got" && get --remote-name-all "$at/deep/f{0,1,100,4095,4096,65536,1000000,20000000}" &&
		sha256sum -c --quiet ../sums
) >"$scratch/out" 2>&1
# shellcheck disable=SC2181 # of the whole
if [ $? -eq 0 ]; then
	ok programs/nginx/sums
else
	wrong sums "$(tail -n 1 "$scratch/out")"
fi
for _ in 1 2 3 4 5 6; do
	get "$at/deep/f20000000" | sha256sum | cut -d' ' -f1 >>"$scratch/parallel" &
	fetchers="${fetchers:-} $!"
done
# shellcheck disable=SC2086 # a list of words
wait $fetchers
if [ "$(sort -u "$scratch/parallel" | wc -l)" -eq 1 ] && grep -q "$(head -n 1 "$scratch/parallel")" "$scratch/sums"; then
	ok programs/nginx/parallel
else
	wrong parallel "six at a time did not all get the file"
fi
tail -c +5001 "$scratch/web/deep/f1000000" | head -c 65000 >"$scratch/range"
if get -r 5000-69999 "$at/deep/f1000000" | cmp -s - "$scratch/range"; then
	ok programs/nginx/range
else
	wrong range "not the bytes that were asked for"
fi
get --compressed -D "$scratch/headers" "$at/numbers.txt" >"$scratch/numbers"
if cmp -s "$scratch/numbers" "$scratch/web/numbers.txt" && grep -qi 'content-encoding: gzip' "$scratch/headers"; then
	ok programs/nginx/gzip
else
	wrong gzip "not compressed, or not the same"
fi
if [ "$(get -o /dev/null -w '%{http_code}' "$at/none")" = 404 ] && get "$at/list/" | grep -q f65536 &&
	[ "$(get -o /dev/null -w '%{http_code}' -X DELETE "$at/numbers.txt")" = 405 ]; then
	ok programs/nginx/errors
else
	wrong errors "not the statuses that were to come"
fi
root=$wrk native /usr/bin/wrk -t 1 -c 32 -d 4 --timeout $((2 * patience))s "$at/deep/f4096" >"$scratch/out" 2>&1
requests=$(sed -n 's/^ *\([0-9]*\) requests in.*/\1/p' "$scratch/out")
if [ "${requests:-0}" -gt 100 ] && ! grep -Eq 'Non-2xx|Socket errors' "$scratch/out"; then
	ok programs/nginx/load
else
	bad programs/nginx/load "${requests:-no} requests" "$scratch/out" "$scratch/server.err"
fi
stop
# SIGTERM is a fast, orderly end: nginx says so, and its status is 0.
if [ "$stopped" -eq 0 ] && grep -q 'signal 15 (SIGTERM) received' "$scratch/server.err" &&
	grep -q 'exiting' "$scratch/server.err"; then
	ok programs/nginx/stop
else
	wrong stop "exit status $stopped"
fi

# ---- Each connection in a VM of its own -------------------------------------------------------------

command=serve
serve 8080 "--contract=server --dir $scratch/web:/web:ro --dir $scratch/conf:/conf:ro" \
	/usr/sbin/nginx -c /conf/nginx.conf
at=http://127.0.0.1:$port
rm -rf "$scratch/got"
mkdir "$scratch/got"
if (
	cd "$scratch/got" && get --remote-name-all "$at/deep/f{0,1,100,4095,4096,65536,1000000,20000000}" &&
		sha256sum -c --quiet ../sums
) >"$scratch/sum.err" 2>&1 && [ "$(get "$at/hello")" = hello ] &&
	[ "$(get -o /dev/null -w '%{http_code}' "$at/none")" = 404 ]; then
	ok programs/nginx/serve
else
	bad programs/nginx/serve "not what was to come" "$scratch/err" "$scratch/sum.err" "$scratch/server.err"
fi
stop
