#!/bin/sh
# SPDX-License-Identifier: MIT
# make bench: each figure against its reference, both measured in this run, in turn, as medians.
# Prints a table; passes or fails nothing.  ROUNDS changes how often (default 5; start-up 40 times that).
. "$(dirname "$0")/../lib.sh"
. "$tests/bench/table.sh"

b=$O/tests/bench
rounds=${ROUNDS:-5}
lab=${MVM_LAB:-}
runs=$((rounds * 40))
count() {
	# Everything is slower in the lab by a large factor.
	if [ -n "$lab" ]; then echo $(($1 / 20)); else echo "$1"; fi
}
[ -z "$lab" ] || runs=$((rounds * 6))

# turns NAME=COMMAND...: runs each command $rounds times in turn; medians go to $scratch/m.NAME.
turns() {
	for pair; do
		: >"$scratch/t.${pair%%=*}"
	done
	i=0
	while [ $i -lt "$rounds" ]; do
		for pair; do
			sh -c "${pair#*=}" >>"$scratch/t.${pair%%=*}" 2>"$scratch/err.${pair%%=*}"
		done
		i=$((i + 1))
	done
	for pair; do
		median <"$scratch/t.${pair%%=*}" >"$scratch/m.${pair%%=*}"
	done
}

why=$(no_vm)
if [ -n "$why" ]; then
	echo "bench: $why; 'make bench-svm' measures in the svm lab"
	exit 1
fi

# ---- Start ----------------------------------------------------------------------------------------

hello=$O/apps/hello.elf
set -- -- "$mvm" run "$hello" -- "$b/bare_kvm" -- "$b/bare_kvm.cc" -- "$hello"
if bwrap --unshare-all --ro-bind "$O/apps" /apps /apps/hello.elf >/dev/null 2>"$scratch/bwrap.err"; then
	have_bwrap=1
	set -- "$@" -- bwrap --unshare-all --ro-bind "$O/apps" /apps /apps/hello.elf
fi
if command -v runc >/dev/null; then
	bundle=$scratch/bundle
	mkdir -p "$bundle/rootfs"
	cp "$hello" "$bundle/rootfs/hello"
	(cd "$bundle" && runc spec && jq '.process.args = ["/hello"] | .process.terminal = false' \
		config.json >c && mv c config.json) 2>"$scratch/runc.err"
	if (cd "$bundle" && runc run "mvm-bench-$$" >/dev/null 2>>"$scratch/runc.err"); then
		have_runc=1
		set -- "$@" -- runc run --bundle "$bundle" "mvm-bench-$$"
	fi
fi
"$b/interleave" "$runs" "$@" >"$scratch/walls" 2>"$scratch/walls.err" || cat "$scratch/walls.err"
wall() {
	sed -n "${1}p" "$scratch/walls"
}
# mvm is static and of musl; the program that it is compared with, once as mvm is, once as cc makes it.
row "whole process, hello.elf" "$(wall 1)" "bare KVM program, musl" "$(wall 2)" us 1.5
row "the same" "$(wall 1)" "bare KVM program, cc" "$(wall 3)" us 1.5
n=5
if [ -n "${have_bwrap:-}" ]; then
	row "the same" "$(wall 1)" "bwrap --unshare-all" "$(wall $n)" us 1 faster
	n=$((n + 1))
else
	missing "the same" "bwrap --unshare-all" \
		"not here: $(head -n 1 "$scratch/bwrap.err" | cut -c 1-60)"
fi
if [ -n "${have_runc:-}" ]; then
	row "the same" "$(wall 1)" "runc run" "$(wall $n)" us 1 faster
else
	missing "the same" "runc run" \
		"not here: $(tail -n 1 "$scratch/runc.err" 2>/dev/null | cut -c 1-60)"
fi

# ---- Hypercalls -------------------------------------------------------------------------------------

guest=$b/guest.elf
turns polled="'$mvm' run --poll=always '$guest' nop $(count 500000)" \
	threads="'$b/ring_threads' $(count 500000)" \
	kicked="'$mvm' run --poll=never '$guest' nop $(count 20000)" \
	out="'$b/bare_out' $(count 20000)"
row "hypercall, polled" "$(m polled)" "two host threads, same ring" "$(m threads)" ns 2
row "hypercall, kicked" "$(m kicked)" "one 'out' of a bare KVM program" "$(m out)" ns 1.2

# ---- Memory -----------------------------------------------------------------------------------------

turns mem="'$b/exitmem' '$mvm' run --huge=never '$hello'" mem_ref="'$b/exitmem' '$b/bare_kvm'"
row "private memory at exit" "$(m mem)" "bare KVM program" "$(m mem_ref)" KiB 1024 more

# ---- System calls -------------------------------------------------------------------------------------

turns getpid="'$mvm' run '$guest' getpid $(count 10000000)" \
	getpid_ref="'$guest' getpid $(count 2000000)" \
	clock="'$mvm' run '$guest' clock $(count 4000000)" \
	clock_ref="'$guest' clock $(count 4000000)" \
	clock_glibc="'$mvm' run '$b/guest.static' clock $(count 4000000)" \
	clock_glibc_ref="'$b/guest.static' clock $(count 4000000)"
row "getpid, linked" "$(m getpid)" "the same natively" "$(m getpid_ref)" ns 10 faster
row "clock_gettime, linked" "$(m clock)" "native vDSO" "$(m clock_ref)" ns 2
row "clock_gettime, unmodified" "$(m clock_glibc)" "native vDSO" "$(m clock_glibc_ref)" ns 2

# ---- Watching that is not asked for ---------------------------------------------------------------------

# The same configuration without --trace, --profile and --timeline, which must cost nothing when off.
unwatched=$O/tests/bench/unwatched
mkdir -p "$unwatched"
sed 's/^CONFIG_\(TRACE\|PROFILE\|TIMELINE\)=y/# CONFIG_\1 is not set/' "$O/.config" >"$scratch/config"
cmp -s "$scratch/config" "$unwatched/.config" || cp "$scratch/config" "$unwatched/.config"
if make -C "$tests/.." O="$unwatched" mvm >"$scratch/err.unwatched" 2>&1; then
	: >"$scratch/err.unwatched"
	plain=$unwatched/bin/mvm
	turns watched="'$mvm' run '$guest' getpid $(count 10000000)" \
		plain="'$plain' run '$guest' getpid $(count 10000000)"
	"$b/interleave" "$runs" -- "$mvm" run "$hello" -- "$plain" run "$hello" >"$scratch/walls"
	row "getpid, --trace and others off" "$(m watched)" "built without them" "$(m plain)" ns 1.05
	row "whole process, the same" "$(wall 1)" "built without them" "$(wall 2)" us 1.05
else
	missing "getpid, --trace and others off" "built without them" "does not build"
fi

# ---- SQLite -------------------------------------------------------------------------------------------

sqlite=$O/apps/sqlite3.elf
sql=$tests/bench/rows.sql
mkdir "$scratch/native" "$scratch/vm"
# The whole process, start included, as whoever uses it sees it.
cat >"$scratch/sqlite" <<END
#!/bin/sh
# sqlite native|vm|recorded memory|file
case \$2 in
memory) db=:memory: dir= ;;
file) rm -f $scratch/\$1/db*; db=$scratch/native/db; dir="--poll=always --dir $scratch/vm:/db" ;;
esac
[ \$1 != recorded ] || exec '$mvm' run --record $scratch/sqlite.rec '$sqlite' \$db
if [ \$1 = vm ]; then
	[ \$2 = memory ] || db=/db/db
	exec '$mvm' run \$dir '$sqlite' \$db
fi
exec '$sqlite' \$db
END
chmod +x "$scratch/sqlite"
timed() {
	echo "'$b/timed' '$sql' '$scratch/sqlite' $1 $2"
}
turns sql_vm="$(timed vm memory)" sql_ref="$(timed native memory)" \
	file_vm="$(timed vm file)" file_ref="$(timed native file)"
row "SQLite, 100,000 rows in memory" "$(m sql_vm)" "natively" "$(m sql_ref)" ms 1.1
row "SQLite, 100,000 rows in a --dir" "$(m file_vm)" "natively" "$(m file_ref)" ms 1.5

# ---- Recording: a run that asks much of the host, one that computes, and one that is short -----------

if "$mvm" help run | grep -q -- --record; then
	rec="--record $scratch/bench.rec"
	turns nop_rec="'$mvm' run $rec '$guest' nop $(count 20000)" \
		nop_ref="'$mvm' run --poll=never '$guest' nop $(count 20000)" \
		sql_rec="$(timed recorded memory)" sql_plain="$(timed vm memory)"
	"$b/interleave" "$runs" -- "$mvm" run $rec "$hello" -- "$mvm" run "$hello" >"$scratch/recorded"
	row "recorded: hypercall, kicked" "$(m nop_rec)" "not recorded" "$(m nop_ref)" ns 1.2
	row "recorded: SQLite in memory" "$(m sql_rec)" "not recorded" "$(m sql_plain)" ms 1.1
	row "recorded: whole process, hello.elf" "$(sed -n 1p "$scratch/recorded")" "not recorded" \
		"$(sed -n 2p "$scratch/recorded")" us 2
fi

# ---- Size -----------------------------------------------------------------------------------------------

row "launcher + runtime, stripped" "$(($(stat -c %s "$mvm") / 1024))" "" 0 KiB 400 size

print_table "medians of $rounds runs in turn ($runs for whole processes)"
for err in "$scratch"/err.*; do
	[ ! -s "$err" ] || { echo "bench: ${err##*/err.}:"; head -n 3 "$err"; } >&2
done
exit 0
