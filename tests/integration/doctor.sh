#!/bin/sh
# SPDX-License-Identifier: MIT
# mvm doctor: its verdict agrees with what is here, and each FAIL says what to do.
. "$(dirname "$0")/../lib.sh"

# advised NAME: every line with FAIL is followed by one with "->".
advised() {
	awk '/^FAIL/ { want = 1; next }
	     want && !/->/ { exit 1 }
	     { want = 0 }' "$scratch/out" && return 0
	bad "$1" "a FAIL without advice" "$scratch/out"
	return 1
}

reason=$(no_vm)
if [ -z "$reason" ]; then
	check doctor/here 0 "$mvm" doctor && says doctor/here '^ok +/dev/(kvm|mvm) +opens' &&
		says doctor/here '^ok +guest +starts in ring 3' &&
		says doctor/here '^ok +VM exit +[0-9.]+ us: virtualisation' &&
		says doctor/here '^mvm run works here' && ok doctor/here
else
	check doctor/here 1 "$mvm" doctor && advised doctor/here &&
		says doctor/here '^mvm run will not work here' && ok doctor/here
fi

check doctor/no-device 1 "$mvm" doctor --device /dev/nope &&
	says doctor/no-device '^FAIL +/dev/nope +does not exist' && advised doctor/no-device &&
	says doctor/no-device '^mvm run will not work here' && ok doctor/no-device

check doctor/other-device 1 "$mvm" doctor --device=/dev/null &&
	says doctor/other-device '^FAIL +/dev/null +is not a KVM device' &&
	advised doctor/other-device && ok doctor/other-device

# In the lab setpriv is busybox's, which cannot do this.
nobody='setpriv --reuid 65534 --regid 65534 --clear-groups'
if [ -e /dev/kvm ] && $nobody true 2>/dev/null && ! $nobody test -r /dev/kvm; then
	chmod 755 "$scratch"
	cp "$mvm" "$scratch/mvm"
	check doctor/no-permission 1 $nobody \
		"$scratch/mvm" doctor --device /dev/kvm &&
		says doctor/no-permission '^FAIL +/dev/kvm +cannot be opened: Permission denied' &&
		says doctor/no-permission 'usermod -aG' && advised doctor/no-permission &&
		ok doctor/no-permission
else
	skip doctor/no-permission "needs root, setpriv and a /dev/kvm that others may not open"
fi

mkdir "$scratch/root"
cp "$mvm" "$O/apps/hello.elf" "$scratch/root"
if chroot "$scratch/root" /mvm --version >/dev/null 2>&1; then
	chroot "$scratch/root" /mvm doctor >"$scratch/out" 2>"$scratch/err"
	says doctor/no-proc '^warn +/proc +is not mounted' && ok doctor/no-proc
	refused doctor/no-proc-snapshot 125 'snapshot: needs /proc, .*; mount it' \
		chroot "$scratch/root" /mvm snapshot -o /x /hello.elf
	refused doctor/no-proc-pack 125 'pack: needs /proc, .*; mount it' \
		chroot "$scratch/root" /mvm pack -o /x /hello.elf
	mkdir "$scratch/root/dev"
	cp -a /dev/kvm /dev/mvm "$scratch/root/dev" 2>/dev/null
	if chroot "$scratch/root" /mvm run /hello.elf >/dev/null 2>&1; then
		refused doctor/no-proc-core 125 '--core: needs /proc, .*; mount it' \
			chroot "$scratch/root" /mvm run --core /x /hello.elf
		# Which memory was touched nobody says there: all of it is looked at.
		check doctor/no-proc-record 0 chroot "$scratch/root" /mvm run --record /rec /hello.elf &&
			cp "$scratch/out" "$scratch/recorded" &&
			check doctor/no-proc-record 0 "$mvm" run --replay "$scratch/root/rec" &&
			cmp -s "$scratch/recorded" "$scratch/out" && ok doctor/no-proc-record
	else
		skip doctor/no-proc-core "no device can be used in a chroot here"
	fi
else
	skip doctor/no-proc "needs root"
fi

check doctor/few-descriptors 1 sh -c 'ulimit -n 60; exec "$0" doctor' "$mvm" &&
	says doctor/few-descriptors '^FAIL +descriptors +at most 60 open files' &&
	advised doctor/few-descriptors && ok doctor/few-descriptors
