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
# The kernel is put on the disk as it lies in memory and is entered by a boot sector of our own.
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

# Bochs counts 100 million instructions as a second (ips), so the time stamp counter has 100 MHz,
# whatever CPUID says; believing that, an idle second takes one and not 35.  The self-tests of the
# cryptography and the certificates cost 15 seconds of a processor and have no user here.
kernel_arguments='console=ttyS0 nokaslr mitigations=off tsc=reliable tsc_early_khz=100000 nosmp
	panic=-1 quiet random.trust_cpu=on cryptomgr.notests=1
	initcall_blacklist=load_system_certificate_list,init_blk_tracer,cubictcp_register'

# ---- What is booted -------------------------------------------------------------------------------

# The kernel that the headers are of: its modules and ours must load there.
prepare() {
	command -v bochs >/dev/null || die "bochs not found; run 'make deps'"
	release=$(sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' \
		"${KDIR:-}/include/generated/utsrelease.h" 2>/dev/null || true)
	if [ ! -s "$lab/vmx/kernel.img" ] || [ ! "$lab/vmx/modules/done" -nt "$here/vmx.sh" ] ||
		[ "$(cat "$lab/vmx/release")" != "$release" ]; then
		kernel_package $release
		mkdir -p "$lab/vmx"
		# shellcheck disable=SC2086 # a list of words
		unpack_kernel "$lab/vmx" $modules
		flat_kernel
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
	[ ! -f "$O/kmod/mvm.ko" ] || cp "$O/kmod/mvm.ko" "$root/lab/modules/"
	# Type information and signatures take longer to load than the module.
	for module in "$root"/lab/modules/*.ko; do
		objcopy --strip-debug --remove-section=.BTF "$module"
	done
	[ ! -f "$O/bin/mvm" ] || cp "$O/bin/mvm" "$root/lab/bin/mvm"
	[ ! -f "$O/apps/hello.elf" ] || cp "$O/apps/hello.elf" "$root/lab/hello.elf"
	cp "$1" "$root/lab/run"
	shift
	for file; do
		cp -r "$file" "$root/lab/" || die "cannot copy $file"
	done
}

# ---- The disk -------------------------------------------------------------------------------------

kernel_address=16777216
initrd_address=134217728
initrd_limit=268435456

# number OFFSET SIZE: little-endian, from the kernel's setup header.
number() {
	od -An -tu"$2" -j"$1" -N"$2" "$lab/vmx/vmlinuz" | tr -d ' '
}

# The kernel as it lies in memory, once for all jobs: the emulator would unpack it for a minute.
# Offsets are those of Documentation/x86/boot.rst; what follows .bss is zero.
flat_kernel() {
	start=$((($(number 497 1) + 1) * 512 + $(number 584 4)))
	tail -c +$((start + 1)) "$lab/vmx/vmlinuz" | head -c "$(number 588 4)" |
		xz -dc >"$lab/vmx/vmlinux" 2>/dev/null || true
	entry=$(readelf -h "$lab/vmx/vmlinux" | sed -n 's/.*Entry point address: *//p')
	[ "$((entry))" -eq $kernel_address ] || die "the kernel's image is not as expected"
	objcopy -O binary "$lab/vmx/vmlinux" "$lab/vmx/kernel.img"
	# Mapped at -2 GiB; its place there is that in memory.
	bss=$(readelf -SW "$lab/vmx/vmlinux" |
		sed -n 's/.* \.bss *NOBITS *f\{8\}\([0-9a-f]\{8\}\) .*/\1/p')
	[ -n "$bss" ] || die "the kernel's image is not as expected: no .bss"
	truncate -s $((0x$bss - 0x80000000 - kernel_address)) "$lab/vmx/kernel.img"
	truncate -s %512 "$lab/vmx/kernel.img"
	rm "$lab/vmx/vmlinux"
}

# put32 FILE OFFSET NUMBER
put32() {
	for shift in 0 8 16 24; do
		# shellcheck disable=SC2059 # the format is the byte
		printf "\\$(printf %03o $((($3 >> shift) & 255)))"
	done | dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}

boot_disk() {
	(cd "$job/root" && find . | cpio -o -H newc --quiet) >"$job/initrd"
	initrd_size=$(stat -c %s "$job/initrd")
	[ "$initrd_size" -lt $initrd_limit ] || die "too many files for the machine's memory"
	truncate -s %512 "$job/initrd"

	# boot_params: the kernel's own setup header, and where its data is; the command line.
	truncate -s 8192 "$job/params"
	dd if="$lab/vmx/vmlinuz" of="$job/params" bs=1 skip=497 seek=497 \
		count=$((0x202 - 497 + $(number 513 1))) conv=notrunc 2>/dev/null
	put32 "$job/params" $((0x210)) $((0xff | $(number $((0x210)) 4) & 0xffffff00))
	put32 "$job/params" $((0x218)) $initrd_address
	put32 "$job/params" $((0x21c)) "$initrd_size"
	put32 "$job/params" $((0x228)) $((0x91000))
	printf '%s ' $kernel_arguments ${LAB_APPEND:-} |
		dd of="$job/params" bs=4096 seek=1 conv=notrunc 2>/dev/null

	gcc -c -o "$job/boot.o" -DKERNEL_SECTORS=$(($(stat -c %s "$lab/vmx/kernel.img") / 512)) \
		-DINITRD_SECTORS=$(($(stat -c %s "$job/initrd") / 512)) "$here/vmx-boot.S" &&
		ld -Ttext=0x7c00 --oformat binary -o "$job/boot" "$job/boot.o" ||
		die "cannot assemble the boot sector"
	cat "$job/boot" "$job/params" "$lab/vmx/kernel.img" "$job/initrd" >"$job/disk"
	# Whole cylinders of 16 heads and 63 sectors, which is what the emulator counts in.
	truncate -s %516096 "$job/disk"
}

# ---- Running --------------------------------------------------------------------------------------

write_bochsrc() {
	cat >"$job/bochsrc" <<-END
		cpu: model=corei7_skylake_x, count=1, ips=100000000, reset_on_triple_fault=0, ignore_bad_msrs=1
		memory: guest=${LAB_MEM:-512}, host=${LAB_MEM:-512}
		romimage: file=/usr/share/bochs/BIOS-bochs-latest, options=fastboot
		vgaromimage: file=/usr/share/vgabios/vgabios.bin
		ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14
		ata0-master: type=disk, path=$job/disk, mode=flat, cylinders=0
		boot: disk
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

# Bochs draws its screen on a pseudo-terminal that it opens.  With 64 KiB there that nobody has read
# it waits for ever, and the machine with it: hiding and showing the cursor gets that far in minutes.
read_screen() {
	tty=$(sed -n 's/^Bochs connected to screen "\(.*\)"$/\1/p' "$job/bochs.out")
	[ -n "$tty" ] || return 0
	stty -F "$tty" raw -echo		# an echo would be the machine's keyboard
	cat "$tty" >/dev/null 2>&1 &
	screen=$!
}

# What a kernel says when something in it is wrong.
complaints='BUG:|Oops|WARNING:|general protection|Call Trace|INFO: task|stall|Kernel panic|refcount_t|unchecked MSR|bad: scheduling|leaked|lock held when returning|Bad page|list_(add|del) corruption|memory leak'

run() {
	[ $# -gt 0 ] || die "usage: vmx.sh run SCRIPT [FILE...]"
	prepare
	job=$(mktemp -d "$lab/vmx.XXXXXX")
	bochs=
	screen=
	trap 'finish' EXIT
	trap 'exit 130' INT TERM HUP
	: >"$job/console"
	lab_tree "$@"
	boot_disk
	write_bochsrc
	: >"$job/output"
	: >"$job/bochs.out"
	tail -n +1 -f "$job/output" &
	tail=$!
	(cd "$job" && exec env -i PATH="$PATH" TERM=xterm BXSHARE=/usr/share/bochs \
		LTDL_LIBRARY_PATH=/usr/lib/x86_64-linux-gnu/bochs/plugins \
		setsid bochs -q -f bochsrc -rc rc </dev/null >bochs.out 2>&1) &
	bochs=$!
	seconds=0
	while kill -0 "$bochs" 2>/dev/null; do
		[ -n "$screen" ] || read_screen
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
	status=$(sed -n 's/.*lab: ended with status //p' "$job/output" | tail -n 1)
	if [ -z "$status" ]; then
		[ -z "$bochs" ] || echo "vmx lab: stopped after ${LAB_TIMEOUT:-600} s (LAB_TIMEOUT)" >&2
		tail -n 20 "$job/console" "$job/bochs.log" >&2
		echo "vmx lab: the machine ended without a result; its console is above" >&2
		return 125
	fi
	return "$status"
}

finish() {
	for process in ${bochs:-} ${tail:-} ${screen:-}; do
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
