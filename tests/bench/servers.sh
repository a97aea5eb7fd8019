#!/bin/sh
# SPDX-License-Identifier: MIT
# make bench-servers: requests a second of servers in a VM against the same programs natively, both up at
# the same time and asked in turn on the same processors.  Debian's own binaries, from --root, and redis built by mvm-cc: what that gains is
# what trapped system calls cost on this KVM.
# ROUNDS (default 3) of SECONDS_EACH (2); POLL (auto).
. "$(dirname "$0")/../programs/common.sh"
. "$tests/bench/table.sh"

rounds=${ROUNDS:-3}
seconds=${SECONDS_EACH:-2}
how=${POLL:-auto}
load=$(cut -d ' ' -f 1 /proc/loadavg)
why=$(no_vm)
if [ -n "$why" ]; then
	echo "bench-servers: $why"
	exit 1
fi

# both NAME FUNCTION: FUNCTION PORT prints requests a second; medians of each in m.NAME and m.NAME.ref,
# as microseconds a request.
both() {
	: >"$scratch/t.vm"
	: >"$scratch/t.ref"
	for _ in $(seq "$rounds"); do
		$2 "$port" >>"$scratch/t.vm"
		$2 "$native_port" >>"$scratch/t.ref"
	done
	for side in vm ref; do
		median <"$scratch/t.$side" | awk '{ if ($1 > 0) print 1000000 / $1 }' >"$scratch/m.$1.$side"
	done
	row "$1" "$(m "$1.vm")" "natively" "$(m "$1.ref")" us 1.43
}

native_port=$((20000 + $$ % 20000))

# reference PROGRAM ARGS...: the same server natively, in the background; $reference is its process.
reference() {
	program=$1
	shift
	"$root/lib64/ld-linux-x86-64.so.2" --library-path \
		"$root/usr/lib/x86_64-linux-gnu:$root/lib/x86_64-linux-gnu" "$root$program" "$@" \
		>"$scratch/native.out" 2>&1 &
	reference=$!
}
end_reference() {
	kill $reference
	wait $reference 2>/dev/null
}

# ---- redis ------------------------------------------------------------------------------------------------

redis_source
linked=$built
debs redis redis-server redis-tools
redis=$dir
limit=600
ask_redis() {
	root=$redis native /usr/bin/redis-benchmark -p "$1" -n 30000 -c 50 -t "$test" -q |
		tr '\r' '\n' | sed -n 's/.*: \([0-9.]*\) requests per second.*/\1/p'
}
# compare_redis NAME ROOT PROGRAM
compare_redis() {
	root=$redis
	reference /usr/bin/redis-server --port $native_port --bind 127.0.0.1 --save ''
	root=$2
	serve 6379 "--tmpfs /tmp" "$3" --port 6379 --save '' --protected-mode no
	sleep 1
	for test in get set; do
		both "$1-$test" ask_redis
	done
	root=$redis native /usr/bin/redis-cli -p "$port" shutdown nosave >/dev/null 2>&1
	wait $server
	end_reference
	native_port=$((native_port + 1))
}
compare_redis redis-mvm-cc "" "$linked"
compare_redis redis-unmodified "$redis" /usr/bin/redis-server

# ---- nginx ------------------------------------------------------------------------------------------------

debs nginx nginx
root=$dir
nginx=$dir
debs wrk wrk
wrk=$dir
mkdir "$scratch/web" "$scratch/conf"
head -c 1000 /dev/urandom >"$scratch/web/1k"
head -c 100000 /dev/urandom >"$scratch/web/100k"
# conf NAME LISTEN ROOT
conf() {
	cat >"$scratch/conf/$1" <<END
daemon off;
master_process off;
user root;
pid $3/../nginx.pid;
error_log stderr error;
events { worker_connections 512; }
http {
	access_log off;
	sendfile on;
	open_file_cache max=100;
	client_body_temp_path /tmp/b; proxy_temp_path /tmp/p; fastcgi_temp_path /tmp/f;
	uwsgi_temp_path /tmp/u; scgi_temp_path /tmp/s;
	server {
		listen $2;
		root $3;
		location /hello { return 200 "hello\n"; }
	}
}
END
}
native_port=$((native_port + 1))
conf native 127.0.0.1:$native_port "$scratch/web"
conf vm 8080 /tmp/web
root=$nginx
reference /usr/sbin/nginx -p "$scratch" -c "$scratch/conf/native"
serve 8080 "--dir $scratch/web:/tmp/web:ro --dir $scratch/conf:/conf:ro" \
	/usr/sbin/nginx -c /conf/vm
sleep 1
ask_nginx() {
	root=$wrk native /usr/bin/wrk -t1 -c50 -d"$seconds" "http://127.0.0.1:$1/$page" |
		sed -n 's/^Requests\/sec: *//p'
}
for page in hello 1k 100k; do
	both "nginx-$page" ask_nginx
done
stop
end_reference

print_table "time for one request, 50 connections; medians of $rounds rounds in turn, --poll=$how"
exit 0
