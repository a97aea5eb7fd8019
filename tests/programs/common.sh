# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# What the scripts of tests/programs share: fetching or building a program, saying what it is, and
# comparing what it does in a VM with what it does natively.  Sourced.
. "$(dirname "$0")/../lib.sh"

top=$(cd "$tests/.." && pwd)
P=$O/programs			# what was unpacked and built
mkdir -p "$P"
export MVM_DL="${MVM_CACHE:-$O/dl}"
export PATIENCE=$patience
limit=120
how=auto
tag=
root=
environment=
native_environment=		# only there: what must be told where / is another

# program NAME VERSION HOW WHAT: the results that follow are this program's; one row of
# docs/compatibility.md.  HOW: where it comes from and how it is linked; WHAT: what it does here.
program() {
	[ "${PROGRAMS:-}" != prepare ] || exit 0
	echo "-- $1 | $2 | $3 | $4"
}

# full: true in `make test-programs-full`.
full() {
	[ "${PROGRAMS:-}" = full ]
}

# debs NAME [--only] PACKAGE...: $dir is $P/NAME with these Debian packages unpacked, and what they
# depend on (--only: without that); $version the first one's.  When they cannot be had the script ends,
# with a SKIP.
debs() {
	name=$1
	dir=$P/$name
	shift
	only=
	if [ "$1" = --only ]; then
		only=--only
		shift
	fi
	if ! "$tests/tools/debroot.sh" $only "$dir" "$@" >"$scratch/fetch" 2>&1; then
		skip "programs/$name" "$(tail -n 1 "$scratch/fetch")"
		exit 0
	fi
	version=$(sed -n "s/^$1_\(.*\)_[a-z0-9]*\.deb\$/\1/p" "$dir.packages" | sed 's/%3a/:/')
}

# sources NAME: $dir is the unpacked source package NAME.  $version, and what happens without a mirror, as
# in debs.
sources() {
	dir=$P/$1-src
	if [ ! -d "$dir" ] &&
		! "$top/scripts/fetch-source.sh" "$1" - - "$dir" >"$scratch/fetch" 2>&1; then
		rm -rf "$dir"
		skip "programs/$1" "$(tail -n 1 "$scratch/fetch")"
		exit 0
	fi
	version=$(dpkg-parsechangelog -l "$dir/debian/changelog" -S Version)
}

# from_source NAME OUTPUT FUNCTION: $built is OUTPUT below $dir, the sources NAME, made
# there by FUNCTION with mvm-cc when it is not there or older than the C library.
from_source() {
	sources "$1"
	built=$dir/$2
	[ ! "$built" -nt "$O/sysroot/lib/libc.a" ] || return 0
	rm -f "$built"
	(cd "$dir" && PATH=$O/bin:$PATH && $3) >"$dir/.log" 2>&1
	[ -x "$built" ] && return 0
	bad "programs/$1" "cannot be built by mvm-cc" "$dir/.log"
	exit 0
}

# redis_source: from_source for redis.
redis_source() {
	from_source redis src/redis-server build_redis
}
build_redis() {
	make -j"$(nproc)" CC=mvm-cc MALLOC=libc BUILD_TLS=no USE_SYSTEMD=no OPTIMIZATION=-O2 redis-server
}

# native PROGRAM ARGS..., vm OPTIONS PROGRAM ARGS...: with PATH and $environment (NAME=VALUE...) and no other
# variables.  With $root set the program is one of the packages there, dynamically linked: natively by
# their own dynamic linker and libraries, in the VM with --root.
native() {
	if [ -z "$root" ]; then
		# shellcheck disable=SC2086 # a list of words
		limited "$limit" env -i ${root:+HOME=/root} PATH=/usr/bin:/bin $environment $native_environment "$@"
		return
	fi
	native_program=$root$1
	shift
	# shellcheck disable=SC2086
	limited "$limit" env -i ${root:+HOME=/root} PATH=/usr/bin:/bin $environment $native_environment "$root/lib64/ld-linux-x86-64.so.2" --library-path \
		"$root/usr/lib/x86_64-linux-gnu:$root/lib/x86_64-linux-gnu" "$native_program" "$@"
}

# The first argument is words of options.
vm() {
	vm_options=$1
	shift
	for word in $environment; do
		vm_options="--env $word $vm_options"
	done
	# shellcheck disable=SC2086 # a list of words
	limited "$limit" "$mvm" run --poll="$how" ${root:+--root "$root:ro"} --env PATH=/usr/bin:/bin $vm_options "$@"
}

# same NAME INPUT COMMAND...: runs `COMMAND <INPUT` natively in a copy of $scratch/files and in a VM
# with another as --dir /data; output, status and the directory afterwards must be the same.
# $vm_args: more options of `mvm run`.
same() {
	name=$1
	input=$2
	shift 2
	rm -rf "$scratch/n" "$scratch/v"
	cp -a "$scratch/files" "$scratch/n"
	cp -a "$scratch/files" "$scratch/v"
	(cd "$scratch/n" && native "$@" <"$input") >"$scratch/n.out" 2>"$scratch/n.err"
	wanted=$?
	vm "--dir $scratch/v:/data --cwd /data ${vm_args:-}" "$@" <"$input" >"$scratch/v.out" \
		2>"$scratch/v.err"
	got=$?
	if [ $got -ne $wanted ]; then
		bad "$name" "exit status $got, natively $wanted" "$scratch/v.err" "$scratch/v.out"
	elif ! diff -a "$scratch/n.out" "$scratch/v.out" >"$scratch/diff"; then
		bad "$name" "output differs (< native, > VM)" "$scratch/diff" "$scratch/v.err"
	elif ! diff -r "$scratch/n" "$scratch/v" >"$scratch/diff"; then
		bad "$name" "files differ (< native, > VM)" "$scratch/diff" "$scratch/v.err"
	else
		ok "$name"
	fi
}

# sample_files: something to work on, in $scratch/files, as old natively as in the VM.
sample_files() {
	mkdir "$scratch/files" "$scratch/files/sub"
	awk 'BEGIN { for (i = 0; i < 300; i++)
		printf "%d,name %d,%d\n", i, i * 7919 % 100, i * 31 % 17 }' >"$scratch/files/table.csv"
	seq 1 5000 >"$scratch/files/numbers"
	printf 'one\ntwo\nthree\n' >"$scratch/files/sub/words"
	ln -s words "$scratch/files/sub/link"
	find "$scratch/files" -exec touch -h -d '2024-01-02 03:04:05' {} +
}

# ---- For programs that pack: each side unpacks what the other has packed ----------------------------

# packed_inputs: $scratch/packed with files that pack well, badly and not at all.
packed_inputs() {
	mkdir "$scratch/packed"
	seq 1 150000 | awk '{ print $1 * 7919 % 10007, "line", $1 }' >"$scratch/packed/text"
	cat "$O/apps/sqlite3.elf" "$O/apps/lua.elf" >"$scratch/packed/code"
	head -c 1000000 /dev/urandom >"$scratch/packed/noise"
	: >"$scratch/packed/empty"
	(cd "$scratch/packed" && sha256sum text code noise empty) >"$scratch/sums"
}

# packer vm|native PROGRAM ARGS...: in the directory of these files; what it says is in $scratch/err.
packer() {
	where=$1
	shift
	if [ "$where" = vm ]; then
		vm "--dir $scratch/packed:/data --cwd /data" "$@" 2>"$scratch/err"
	else
		(cd "$scratch/packed" && native "$@") 2>"$scratch/err"
	fi
}

# round_trip NAME SUFFIX PROGRAM PACK-OPTIONS UNPACK-OPTIONS: files, packed in the VM and unpacked
# natively, then the other way round; the sums must be the same as before.
round_trip() {
	name=programs/$1
	for way in vm,native native,vm; do
		rm -f "$scratch"/packed/*."$2"
		# shellcheck disable=SC2086 # lists of words
		packer ${way%,*} "$3" $4 -q -k text code noise empty || {
			bad "$name" "cannot pack (${way%,*})" "$scratch/err"
			return
		}
		rm -f "$scratch/packed/text" "$scratch/packed/code" "$scratch/packed/noise" \
			"$scratch/packed/empty"
		# shellcheck disable=SC2086
		packer ${way#*,} "$3" $5 -q -k "text.$2" "code.$2" "noise.$2" "empty.$2" || {
			bad "$name" "cannot unpack (${way#*,})" "$scratch/err"
			return
		}
		(cd "$scratch/packed" && sha256sum --quiet -c ../sums) >"$scratch/out" 2>&1 || {
			bad "$name" "the sums differ ($way)" "$scratch/out"
			return
		}
	done
	ok "$name"
}

# stream_trip NAME PROGRAM PACK-OPTIONS UNPACK-OPTIONS: the same through standard streams, one VM
# packing, one unpacking, at once.
stream_trip() {
	name=programs/$1
	sum=$(sed -n 's/ .*code$//p' "$scratch/sums")
	# shellcheck disable=SC2086
	got=$(packer vm "$2" $3 <"$scratch/packed/code" | packer vm "$2" $4 | sha256sum)
	if [ "${got%% *}" = "$sum" ]; then
		ok "$name"
	else
		bad "$name" "the sum differs" "$scratch/err"
	fi
}

# ---- For servers -----------------------------------------------------------------------------------

# serve GUESTPORT OPTIONS PROGRAM ARGS...: a server in a VM, in the background, which the host reaches
# at 127.0.0.1, $port, from now on: connections wait until it listens.  command=serve: each connection
# has a VM of its own, from where the server waits for its first.
command=run
serve() {
	guest_port=$1
	shift
	: >"$scratch/server.err"
	vm_options="-v --listen tcp:127.0.0.1:0:$guest_port $1"
	shift
	for word in $environment; do
		vm_options="--env $word $vm_options"
	done
	# shellcheck disable=SC2086 # a list of words
	"$mvm" $command ${root:+--root "$root:ro"} --env PATH=/usr/bin:/bin $vm_options "$@" \
		>"$scratch/server.out" 2>"$scratch/server.err" &
	server=$!
	port=
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		port=$(listens_at tcp "$guest_port")
		[ -z "$port" ] || return 0
		sleep 0.2
	done
}

# listens_at PROTOCOL GUESTPORT: the host's port of that grant of the server.
listens_at() {
	sed -n "s/^mvm: listening: $1:.*, port \([0-9]*\), which is $2 in the guest\$/\1/p" \
		"$scratch/server.err"
}

# stop: ends the server as its user would; $stopped is its exit status, 143 without a handler.
stop() {
	kill -TERM $server
	wait $server 2>/dev/null
	stopped=$?
}

# stops_well NAME: the server ends as its user would end it, and says that all is well.
stops_well() {
	stop
	if [ $stopped -eq 0 ]; then
		ok "$1"
	else
		bad "$1" "its status is $stopped" "$scratch/server.err"
	fi
}
