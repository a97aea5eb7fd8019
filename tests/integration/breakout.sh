#!/bin/sh
# SPDX-License-Identifier: MIT
# Tries to break out of the confinement: a test build of mvm that, once it is confined, attempts
# what a hijacked launcher would (tests/breakout/breakout.c).  As the user who runs the tests and,
# when that is root, as an ordinary one too.
. "$(dirname "$0")/../lib.sh"

breakout=$O/tests/mvm-breakout
guest=$O/tests/guest/io_many.elf
reason=$(no_vm)
[ -z "$reason" ] || {
	skip breakout "$reason"
	exit 0
}
[ -x "$breakout" ] || {
	bad breakout "$breakout is not built"
	exit 0
}

# A directory to grant, with things beside it that must stay out of reach.
chmod 755 "$scratch"
cp "$breakout" "$guest" "$scratch"
breakout=$scratch/mvm-breakout
guest=$scratch/io_many.elf
MVM_BREAKOUT=list "$breakout" >"$scratch/list" || bad breakout/list "cannot be printed"

as_user=
device=
fresh_dir() {
	rm -rf "$scratch/area"
	mkdir -p "$scratch/area/granted"
	echo secret >"$scratch/area/secret"
	echo inside >"$scratch/area/granted/inside"
	ln -s /etc/passwd "$scratch/area/granted/link_to_passwd"
	ln -s ../secret "$scratch/area/granted/link_up"
	[ -z "$as_user" ] || chown -R 65533:65533 "$scratch/area"
}

# attempt NAME[@poller] ARGUMENT...: its exit status in $got, output in $scratch/err
attempt() {
	what=$1
	shift
	MVM_BREAKOUT=$what limited 10 $as_user "$breakout" run $device "$@" "$guest" \
		</dev/null >"$scratch/out" 2>"$scratch/err"
	got=$?
}

# expected EXPECTATION CALL: is that what happened?
expected() {
	case $1 in
	named)
		[ "$got" -eq 159 ] && [ "$(wc -l <"$scratch/err")" -le 2 ] &&
			grep -Eq "^mvm: confinement: forbidden system call (of unknown name \($2\)|$2 \([0-9]+\))" \
				"$scratch/err"
		;;
	dies)
		[ "$got" -eq 159 ]
		;;
	kept)
		[ "$got" -eq 77 ]
		;;
	*)
		[ "$got" -eq 77 ] && grep -q "^breakout: .*: $1, " "$scratch/err"
		;;
	esac
}

# try LABEL ARGUMENT...: everything on the list; what needs a --dir only where there is one.
# Prints one line for all that went as it should, and one for each that did not.
try() {
	label=$1
	shift
	count=0
	wrong=0
	while read -r name want call; do
		# With a --dir only what has to do with files; the rest is no different.
		case $label/$name in
		*/dir/dir_* | */dir-ro/dir_*) ;;
		*/none/dir_*) continue ;;
		*/dir*/*at | */dir*/*at2* | */dir*/*_cwd | */dir*/write_* | */dir*/fcntl_*) ;;
		*/dir*) continue ;;
		esac
		case $label/$name in
		*/dir-ro/dir_write) want=denied ;;
		*/dir-ro/dir_rename_out | */dir-ro/dir_*_up | */dir-ro/dir_link_in) want=ro ;;
		# one range of descriptors, for files that come and go
		*/dir/write_input) want=denied ;;
		esac
		[ "$want" != ro ] || case $call in openat2) want=denied ;; *) want=named ;; esac
		fresh_dir
		attempt "$name" "$@"
		count=$((count + 1))
		expected "$want" "$call" || {
			bad "breakout/$label/$name" \
				"exit status $got, expected: $want ($call)" "$scratch/err"
			wrong=1
		}
		[ "$(cat "$scratch/area/secret")" = secret ] && [ ! -e "$scratch/area/outside" ] || {
			bad "breakout/$label/$name" "something outside of the grant was changed"
			wrong=1
		}
	done <"$scratch/list"
	[ "$count" -gt 20 ] && [ $wrong -eq 0 ] && ok "breakout/$label"
	echo "  | $count attempts"
}

poller() {
	for name in ioctl_set_regs clone execve socket mmap_exec openat; do
		call=$(awk -v n="$name" '$1 == n { print $3 }' "$scratch/list")
		# Which thread serves a request is a race that the poller loses now and then.
		for again in 1 2 3 4 5 6 7 8; do
			attempt "$name@poller" --poll=always
			[ "$got" -eq 42 ] || break
		done
		if expected named "$call"; then
			ok "breakout/$user/poller/$name"
		else
			bad "breakout/$user/poller/$name" "exit status $got after $again tries, \
expected a forbidden $call" "$scratch/err"
		fi
	done
}

# Without an attempt the same binary runs the guest: the test build is otherwise mvm.
harmless() {
	attempt none "$@"
	[ "$got" -eq 42 ] && ok "breakout/$user/harmless$1" ||
		bad "breakout/$user/harmless$1" "exit status $got, expected 42" "$scratch/err"
}

everything() {
	user=$1
	fresh_dir
	harmless
	harmless --dir "$scratch/area/granted:/data"
	try "$user/none"
	try "$user/dir" --dir "$scratch/area/granted:/data"
	try "$user/dir-ro" --dir "$scratch/area/granted:/data:ro"
	poller
}

everything "$(id -un)"
if [ "$(id -u)" -eq 0 ]; then
	if command -v setpriv >/dev/null && mknod "$scratch/kvm" c 10 232 2>/dev/null &&
		chmod 666 "$scratch/kvm" && sh -c ": <$scratch/kvm" 2>/dev/null; then
		as_user="setpriv --reuid 65533 --regid 65533 --clear-groups"
		device="--device $scratch/kvm"
		everything user
	else
		skip breakout/user "needs setpriv and a file system that allows device nodes"
	fi
fi
