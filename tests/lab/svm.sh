#!/bin/sh
# SPDX-License-Identifier: MIT
# The svm lab: Debian's own kernel with kvm_amd, inside QEMU's TCG emulation of a processor with
# SVM.  It is a hardware-style stock KVM that any machine can run, /dev/kvm or not.
#
#   svm.sh run [--] COMMAND...   runs a command there, in this directory, with the files of this
#                                machine; standard streams and exit status as if it ran here
#   svm.sh prepare               only downloads and builds what is needed
#
# The root file system there is this machine's own, through 9p, so nothing is copied: the
# kernel's package is downloaded and unpacked below $O/lab, never installed.
#
# Environment: O (build directory), MVM_CACHE (where downloads are kept), LAB_MEM (MiB, 2048),
# LAB_TIMEOUT (seconds, 1800), LAB_CPUS (2), LAB_POLL (idle=poll, say: further kernel arguments).
set -eu

here=$(cd "$(dirname "$0")" && pwd)
O=${O:-build}
mkdir -p "$O/lab"
lab=$(cd "$O/lab" && pwd)
lab_name=svm
. "$here/common.sh"
modules='kernel/virt/lib/irqbypass.ko kernel/drivers/crypto/ccp/ccp.ko
	kernel/arch/x86/kvm/kvm.ko kernel/arch/x86/kvm/kvm-amd.ko
	kernel/drivers/virtio/virtio_ring.ko kernel/drivers/virtio/virtio.ko
	kernel/drivers/virtio/virtio_pci_legacy_dev.ko
	kernel/drivers/virtio/virtio_pci_modern_dev.ko kernel/drivers/virtio/virtio_pci.ko
	kernel/drivers/char/virtio_console.ko
	kernel/fs/netfs/netfs.ko kernel/fs/fscache/fscache.ko
	kernel/net/9p/9pnet.ko kernel/net/9p/9pnet_virtio.ko kernel/fs/9p/9p.ko'

# ---- The initial file system: busybox, the modules, /init ----------------------------------------

build_initrd() {
	initrd=$lab/initrd.gz
	[ -s "$initrd" ] && [ "$initrd" -nt "$here/init" ] &&
		[ "$initrd" -nt "$here/rest" ] && [ "$initrd" -nt "$lab/modules/done" ] &&
		return
	busybox=$(command -v busybox) || die "busybox not found; run 'make deps'"
	rm -rf "$lab/initramfs"
	mkdir -p "$lab/initramfs/bin" "$lab/initramfs/proc" "$lab/initramfs/sys" \
		"$lab/initramfs/dev" "$lab/initramfs/host"
	cp "$busybox" "$lab/initramfs/bin/busybox"
	cp -r "$lab/modules" "$lab/initramfs/"
	cp "$here/init" "$here/rest" "$lab/initramfs/"
	chmod +x "$lab/initramfs/init"
	(cd "$lab/initramfs" && find . | cpio -o -H newc --quiet | gzip -1) >"$initrd.new"
	mv "$initrd.new" "$initrd"
	rm -rf "$lab/initramfs"
}

prepare() {
	command -v qemu-system-x86_64 >/dev/null ||
		die "qemu-system-x86_64 not found; run 'make deps'"
	if [ ! -s "$lab/vmlinuz" ] || [ ! "$lab/modules/done" -nt "$here/svm.sh" ]; then
		kernel_package
		# shellcheck disable=SC2086 # a list of words
		unpack_kernel "$lab" $modules
	fi
	build_initrd
}

# ---- Running --------------------------------------------------------------------------------------

# The job as a script: same directory, same words, no environment but what matters.
write_job() {
	{
		printf 'cd %s\n' "$(quote "$PWD")"
		printf 'export PATH=%s HOME=%s TERM=%s\n' "$(quote "$PATH")" "$(quote "${HOME:-/}")" \
			"$(quote "${TERM:-linux}")"
		[ ! -t 0 ] || stty size | sed -n 's/\([1-9].*\) \(.*\)/stty rows \1 cols \2/p'
		[ -z "${LAB_ENV:-}" ] || printf 'export %s\n' "$LAB_ENV"
		quote "$@"
		echo
	} >"$job/script"
}

# A terminal becomes the guest's console; anything else a pair of byte streams.
run() {
	[ $# -gt 0 ] || die "usage: svm.sh run [--] COMMAND..."
	prepare
	job=$(mktemp -d "$lab/job.XXXXXX")
	trap 'rm -rf "$job"' EXIT
	write_job "$@"
	security=none
	[ "$(id -u)" -ne 0 ] || security=passthrough
	if [ -t 0 ] && [ -t 1 ]; then
		console=tty
		set -- -chardev stdio,id=out,signal=off -device virtconsole,chardev=out
	else
		console=streams
		[ -t 0 ] || cat >"$job/stdin"
		exec </dev/null
		mkfifo "$job/out.fifo" "$job/err.fifo"
		cat "$job/out.fifo" &
		cat "$job/err.fifo" >&2 &
		set -- -chardev "file,id=out,path=$job/out.fifo" \
			-device virtserialport,chardev=out,name=out \
			-chardev "file,id=err,path=$job/err.fifo" \
			-device virtserialport,chardev=err,name=err
	fi
	timeout --foreground "${LAB_TIMEOUT:-1800}" \
		qemu-system-x86_64 -M q35 -accel tcg,thread=single -cpu EPYC,+svm,-monitor \
		-smp "${LAB_CPUS:-2}" -m "${LAB_MEM:-2048}" -display none -nodefaults -no-reboot \
		-kernel "$lab/vmlinuz" -initrd "$lab/initrd.gz" \
		-append "console=ttyS0 quiet panic=-1 mitigations=off nokaslr lab.job=$job lab.io=$console ${LAB_APPEND:-}" \
		-chardev "file,id=log,path=$job/console" -serial chardev:log \
		-virtfs "local,path=/,mount_tag=root,security_model=$security,multidevs=remap" \
		-device virtio-serial "$@" 2>"$job/qemu.log" || ended=$?
	wait
	if [ ! -s "$job/status" ]; then
		[ "${ended:-0}" -ne 124 ] || die "stopped after ${LAB_TIMEOUT:-1800} s (LAB_TIMEOUT)"
		tail -n 20 "$job/console" "$job/qemu.log" >&2
		die "the machine ended without a result; its console is above"
	fi
	return "$(cat "$job/status")"
}

case ${1:-} in
prepare)
	prepare
	;;
run)
	shift
	[ "${1:-}" != -- ] || shift
	run "$@"
	;;
*)
	die "usage: svm.sh run [--] COMMAND... | prepare"
	;;
esac
