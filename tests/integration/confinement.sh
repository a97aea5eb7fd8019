#!/bin/sh
# SPDX-License-Identifier: MIT
# The confinement as it is shown, and as the kernel reports it of a running mvm.
. "$(dirname "$0")/../lib.sh"

guest=$O/tests/guest/exit_42.elf
mkdir "$scratch/dir" "$scratch/other"
head -c 65536 /dev/zero >"$scratch/disk"

# ---- --show-confinement: rules come from grants ------------------------------------------------

# shown NAME ARGUMENT... : prints it, and runs nothing
shown() {
	name=$1
	shift
	check "confinement/show/$name" 0 "$mvm" run --show-confinement "$@" "$guest" </dev/null &&
		! grep -q before "$scratch/out"
}

# lacks NAME ERE: no line of the last output matches
lacks() {
	grep -Eq "$2" "$scratch/out" || return 0
	bad "$1" "a line matches '$2'" "$scratch/out"
	return 1
}

n=confinement/show/none
shown none && says $n '^  exit_group ' && says $n 'arg1 = KVM_RUN|^  lseek +arg0 = the vCPU' &&
	lacks $n '^  (open|openat|openat2|creat|socket|connect|execve|execveat|clone|clone3|fork) ' &&
	lacks $n '^  (mmap|mprotect|kill|ptrace|prctl|close|getdents64|pread64 .*-disk) ' &&
	says $n '^  rt_sigaction +arg0 < 16, arg1 in SIG_DFL' &&
	lacks $n '^  (write|pwrite64) +arg0 = 0' && says $n 'capabilities +none; no_new_privs' && ok $n

n=confinement/show/dir
shown dir --dir "$scratch/dir:/data" && says $n '^  openat2 +arg0 < [0-9]+, arg3 = sizeof' &&
	says $n '^  mkdirat .*--dir' && says $n '^  pwrite64 +arg0 < ' && says $n 'as /data, read and write' &&
	lacks $n '^  (openat|socket) ' && ok $n

n=confinement/show/dir-ro
shown dir-ro --dir "$scratch/dir:/data:ro" && says $n '^  openat2 ' && says $n 'as /data, read only' &&
	lacks $n '^  (mkdirat|unlinkat|renameat2|linkat|symlinkat|fchmod|fchownat|utimensat) ' &&
	lacks $n '^  (pwrite64|ftruncate|fallocate) +arg0 < ' && ok $n

n=confinement/show/disk
shown disk --disk "$scratch/disk" && says $n '^  pwrite64 +arg0 = [0-9]+ +--disk /dev/disk0' &&
	lacks $n '^  openat2 ' && ok $n
n=confinement/show/disk-ro
shown disk-ro --disk "$scratch/disk:ro" && says $n '^  pread64 +arg0 = [0-9]+ +--disk' &&
	lacks $n '^  pwrite64 .*--disk' && ok $n

n=confinement/show/stats
shown stats --stats "$scratch/stats" && says $n '^  write +arg0 = [0-9]+ +--stats' && ok $n

if [ -x "$O/tests/tools/pty" ]; then
	n=confinement/show/terminal
	check $n 0 "$O/tests/tools/pty" "$mvm" run --show-confinement "$guest" </dev/null &&
		says $n '^  ioctl .*arg1 = TCGETS +standard input' && lacks $n 'TIOCSTI' && ok $n
fi

# ---- A kernel without seccomp --------------------------------------------------------------------

check confinement/no-seccomp 125 "$O/tests/tools/no_seccomp" "$mvm" run "$guest" &&
	one_line confinement/no-seccomp 'no seccomp filters.*runs no guest unconfined' &&
	ok confinement/no-seccomp

# ---- A container, whose runtime forbids what is for administrators -----------------------------

if [ -z "$(no_vm)" ]; then
	check confinement/container 42 "$O/tests/tools/container" "$mvm" run \
		--dir "$scratch/dir:/data" --dir "$scratch/other:/other:ro" "$guest" &&
		ok confinement/container
fi

# ---- A running mvm, as the kernel sees it --------------------------------------------------------

reason=$(no_vm)
[ -z "$reason" ] || {
	skip confinement/running "$reason"
	exit 0
}

# Starts a guest that spins; its process in $pid, once all threads are confined.
start() {
	"$mvm" run --timeout 20s --poll=always "$@" "$O/tests/guest/hostile_spin.elf" \
		</dev/null >"$scratch/out" 2>"$scratch/err" &
	pid=$!
	for i in 1 2 3 4 5 6 7 8 9 10; do
		sleep 0.$((3 * patience))
		[ "$(cat /proc/$pid/task/*/status 2>/dev/null | grep -c '^Seccomp:.*2')" -ge 2 ] && return 0
	done
	bad "$1" "mvm was not confined in time" "$scratch/err"
}

stop() {
	kill -9 "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
}

# field NAME FIELD VALUE: of every thread
field() {
	for t in /proc/$pid/task/*; do
		v=$(awk -v f="$2:" '$1 == f { print $2 }' "$t/status")
		[ "$v" = "$3" ] && continue
		cat "$t/status" >"$scratch/status"
		bad "$1" "$2 is '$v' in a thread, expected $3" "$scratch/status"
		return 1
	done
}

n=confinement/running
start
field $n Seccomp 2 && field $n NoNewPrivs 1 && field $n CapEff 0000000000000000 &&
	field $n CapPrm 0000000000000000 && field $n CapInh 0000000000000000 &&
	field $n CapAmb 0000000000000000 && ok $n
if [ "$(id -u)" -eq 0 ]; then
	n=confinement/running-root
	field $n Uid 65534 && field $n Gid 65534 && field $n Groups '' &&
		if [ -n "$(ls -A "/proc/$pid/root" 2>/dev/null)" ] || [ -e "/proc/$pid/cwd/etc" ]; then
			bad $n "its root directory is not empty"
		else
			ok $n
		fi
	n=confinement/descriptors
	ls -l "/proc/$pid/fd" | awk 'NR > 1 { print $9, $11 }' >"$scratch/fds"
	if grep -Ev '^([012] |100 anon_inode:kvm-vm|101 anon_inode:kvm-vcpu|102 anon_inode:\[eventpoll\])' "$scratch/fds" \
		>"$scratch/more"; then
		bad $n "descriptors that nothing needs" "$scratch/more"
	else
		ok $n
	fi
	n=confinement/limits
	if awk '/^Max core file size/ { c = $5 } /^Max locked memory/ { m = $4 } /^Max open files/ { f = $4 }
		END { exit !(c == 0 && m == 0 && f <= 16487) }' "/proc/$pid/limits"; then
		ok $n
	else
		bad $n "limits are not in force" "/proc/$pid/limits"
	fi
fi
n=confinement/stop-and-go-on
kill -STOP "$pid" && sleep 0.2 && kill -CONT "$pid" && sleep 0.2
if kill -0 "$pid" 2>/dev/null && [ "$(grep -c . "$scratch/err")" -eq 0 ]; then
	ok $n
else
	bad $n "SIGSTOP and SIGCONT ended it" "$scratch/err"
fi
stop

# ---- Root and the owners of files -----------------------------------------------------------------

if [ "$(id -u)" -ne 0 ]; then
	skip confinement/owner "only root can become somebody else"
	exit 0
fi
chmod 755 "$scratch"

# owner NAME DIRECTORY UID: a guest makes a file there; whose is it?
owner() {
	check "$1" 0 "$mvm" run --dir "$2:/data" "$O/tests/guest/confine_touch.elf" || return 1
	got=$(stat -c %u "$2/made" 2>&1)
	[ "$got" = "$3" ] && return 0
	bad "$1" "the file belongs to $got, expected $3"
	return 1
}

mkdir -m 700 "$scratch/roots"
echo secret >"$scratch/roots/input" && chmod 600 "$scratch/roots/input"
owner confinement/owner-root "$scratch/roots" 0 && ok confinement/owner-root
mkdir -m 700 "$scratch/users"
echo secret >"$scratch/users/input" && chmod 600 "$scratch/users/input"
chown -R 65531:65531 "$scratch/users"
owner confinement/owner-user "$scratch/users" 65531 && ok confinement/owner-user
exit 0
