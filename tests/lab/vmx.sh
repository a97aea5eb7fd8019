#!/bin/sh
# SPDX-License-Identifier: MIT
# The vmx lab: Debian's own kernel inside Debian's Bochs, whose processor has VMX, EPT and VPID and
# whose TSC counts instructions.
#
#   vmx.sh run SCRIPT [FILE...]  boots, runs SCRIPT there as root with sh, powers off.  Output as
#                                if it ran here; exit status that of the script, or 1 when the
#                                kernel complained (oops, warning, hung task)
#   vmx.sh prepare               only downloads and builds what is needed
#
# Nothing of this machine's file system is there.  The script starts in /lab, which has
#   bin/mvm, hello.elf           of $O, where they have been built
#   modules/{irqbypass,kvm,kvm-intel,mvm}.ko; mvm.ko of $O, the others of the kernel's package
#   bin/hv                       loads and unloads them: hv kvm, hv off, hv mvm ept=0
#   each FILE, by its last name (directories with what they contain); PATH has busybox and /lab
#
# Environment: O (build directory), KDIR (kernel headers that mvm.ko was built against), MVM_CACHE
# (where downloads are kept), LAB_MEM (MiB, 512), LAB_TIMEOUT (seconds, 600), LAB_APPEND (further
# kernel arguments).
set -eu

here=$(cd "$(dirname "$0")" && pwd)
O=${O:-build}
mkdir -p "$O/lab"
lab=$(cd "$O/lab" && pwd)
lab_name=vmx
. "$here/common.sh"

modules='kernel/virt/lib/irqbypass.ko kernel/arch/x86/kvm/kvm.ko kernel/arch/x86/kvm/kvm-intel.ko'

# ---- What is booted -------------------------------------------------------------------------------

# The kernel that the headers are of: its modules and ours must load there.
prepare() {
	command -v bochs >/dev/null || die "bochs not found; run 'make deps'"
	command -v genisoimage >/dev/null || die "genisoimage not found; run 'make deps'"
	release=$(sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' \
		"${KDIR:-}/include/generated/utsrelease.h" 2>/dev/null || true)
	if [ ! "$lab/vmx/modules/done" -nt "$here/vmx.sh" ] ||
		[ "$(cat "$lab/vmx/release")" != "$release" ]; then
		kernel_package $release
		mkdir -p "$lab/vmx"
		# shellcheck disable=SC2086 # a list of words
		unpack_kernel "$lab/vmx" $modules
		echo "$release" >"$lab/vmx/release"
	fi
}

# lab_tree SCRIPT FILE...: the root file system of a job.
lab_tree() {
	busybox=$(command -v busybox) || die "busybox not found; run 'make deps'"
	root=$job/root
	mkdir -p "$root/bin" "$root/lab/bin" "$root/lab/modules"
	cp "$busybox" "$root/bin/busybox"
	cp "$here/vmx-init" "$root/init"
	cp "$here/vmx-hv" "$root/lab/bin/hv"
	chmod +x "$root/init" "$root/lab/bin/hv"
	for module in "$lab"/vmx/modules/*.ko; do
		name=${module##*/}
		cp "$module" "$root/lab/modules/${name#*-}"
	done
	[ ! -f "$O/kmod/mvm.ko" ] || strip -g -o "$root/lab/modules/mvm.ko" "$O/kmod/mvm.ko"
	[ ! -f "$O/bin/mvm" ] || cp "$O/bin/mvm" "$root/lab/bin/mvm"
	[ ! -f "$O/apps/hello.elf" ] || cp "$O/apps/hello.elf" "$root/lab/hello.elf"
	cp "$1" "$root/lab/run"
	shift
	for file; do
		cp -r "$file" "$root/lab/" || die "cannot copy $file"
	done
}

boot_image() {
	disk=$job/disk
	mkdir -p "$disk/isolinux"
	(cd "$job/root" && find . | cpio -o -H newc --quiet | gzip -1) >"$disk/initrd.gz"
	cp "$lab/vmx/vmlinuz" "$disk/vmlinuz"
	cp /usr/lib/ISOLINUX/isolinux.bin /usr/lib/syslinux/modules/bios/ldlinux.c32 \
		"$disk/isolinux/" || die "isolinux not found; run 'make deps'"
	cat >"$disk/isolinux/isolinux.cfg" <<-END
		DEFAULT lab
		LABEL lab
		KERNEL /vmlinuz
		APPEND initrd=/initrd.gz console=ttyS0 nokaslr mitigations=off tsc=reliable nosmp panic=-1 quiet random.trust_cpu=on ${LAB_APPEND:-}
	END
	genisoimage -quiet -o "$job/boot.iso" -b isolinux/isolinux.bin -c isolinux/boot.cat \
		-no-emul-boot -boot-load-size 4 -boot-info-table "$disk" ||
		die "cannot make the boot image"
}

# ---- Running --------------------------------------------------------------------------------------

write_bochsrc() {
	cat >"$job/bochsrc" <<-END
		cpu: model=corei7_skylake_x, count=1, ips=100000000, reset_on_triple_fault=0, ignore_bad_msrs=1
		memory: guest=${LAB_MEM:-512}, host=${LAB_MEM:-512}
		romimage: file=/usr/share/bochs/BIOS-bochs-latest
		vgaromimage: file=/usr/share/vgabios/vgabios.bin
		ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14
		ata0-master: type=cdrom, path=$job/boot.iso, status=inserted
		boot: cdrom
		com1: enabled=1, mode=file, dev=$job/console
		com2: enabled=1, mode=file, dev=$job/output
		log: $job/bochs.log
		clock: sync=none, time0=utc
		panic: action=fatal
		error: action=report
		info: action=ignore
		debug: action=ignore
		display_library: term
	END
	# The debugger built into Debian's Bochs waits for this word.
	echo c >"$job/rc"
}

# What a kernel says when something in it is wrong.
complaints='BUG:|Oops|WARNING:|general protection|Call Trace|INFO: task|stall|Kernel panic|refcount_t|unchecked MSR|bad: scheduling|leaked|lock held when returning|Bad page|list_(add|del) corruption|memory leak'

run() {
	[ $# -gt 0 ] || die "usage: vmx.sh run SCRIPT [FILE...]"
	prepare
	job=$(mktemp -d "$lab/vmx.XXXXXX")
	bochs=
	trap 'finish' EXIT
	trap 'exit 130' INT TERM HUP
	lab_tree "$@"
	boot_image
	write_bochsrc
	: >"$job/output"
	tail -n +1 -f "$job/output" &
	tail=$!
	(cd "$job" && exec env -i PATH="$PATH" TERM=xterm BXSHARE=/usr/share/bochs \
		LTDL_LIBRARY_PATH=/usr/lib/x86_64-linux-gnu/bochs/plugins \
		setsid bochs -q -f bochsrc -rc rc </dev/null >bochs.out 2>&1) &
	bochs=$!
	seconds=0
	while kill -0 "$bochs" 2>/dev/null; do
		sleep 0.5
		seconds=$((seconds + 1))
		[ "$seconds" -lt $((2 * ${LAB_TIMEOUT:-600})) ] || break
	done
	# Its debugger makes no difference between being interrupted and being asked to end.
	kill -9 "$bochs" 2>/dev/null || bochs=
	sleep 0.2
	kill "$tail" 2>/dev/null || true
	wait "$tail" 2>/dev/null || true
	cp "$job/console" "$job/output" "$lab/vmx/" 2>/dev/null || true
	verdict
}

# The exit status, from what the machine wrote before it was switched off.
verdict() {
	if grep -aE "$complaints" "$job/console" >"$job/complaints"; then
		echo "vmx lab: the kernel complained (its console: $lab/vmx/console):" >&2
		sed 's/^/  | /' "$job/complaints" >&2
		return 1
	fi
	status=$(sed -n 's/^lab: ended with status //p' "$job/output" | tail -n 1)
	if [ -z "$status" ]; then
		[ -z "$bochs" ] || echo "vmx lab: stopped after ${LAB_TIMEOUT:-600} s (LAB_TIMEOUT)" >&2
		tail -n 20 "$job/console" "$job/bochs.log" >&2
		echo "vmx lab: the machine ended without a result; its console is above" >&2
		return 125
	fi
	return "$status"
}

finish() {
	for process in ${bochs:-} ${tail:-}; do
		kill -9 "$process" 2>/dev/null || true
	done
	rm -rf "$job"
}

case ${1:-} in
prepare)
	prepare
	;;
run)
	shift
	run "$@"
	;;
*)
	die "usage: vmx.sh run SCRIPT [FILE...] | prepare"
	;;
esac
