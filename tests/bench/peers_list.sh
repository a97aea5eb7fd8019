# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# Which other systems make bench-peers knows, how each runs the program, and how to get what is missing.
# Sourced by peers.sh.  A peer NAME has files $scratch/peer.NAME.MODE, each a command in the shell's words,
# and peer.NAME.parts, the files that it consists of.  Modes: hello (prints Hello, ends), wait (prints it,
# sleeps), getpid, out (print nanoseconds last: a system call, an exit to the monitor).

order=
offer() {
	name=$1
	order="$order $1"
}

# runs MODE WORD...
runs() {
	mode=$1
	shift
	quote "$@" >"$scratch/peer.$name.$mode"
}

parts() {
	printf '%s\n' "$@" >"$scratch/peer.$name.parts"
}

# lacks NAME WHY HOW-TO-GET-IT
lacks() {
	echo "skipped: $1: $2; $3"
}

# ---- The program natively, and in mvm ------------------------------------------------------------------

list_mvm() {
	offer native
	runs hello "$peer" hello
	runs wait "$peer" wait
	runs getpid "$peer" getpid "$(count 1000000)"
	parts "$peer"

	offer mvm
	runs hello "$mvm" run "$peer" hello
	runs wait "$mvm" run "$peer" wait
	runs getpid "$mvm" run "$peer" getpid "$(count 10000000)"
	runs out "$mvm" run --poll=never "$O/tests/bench/guest.elf" nop "$(count 20000)"
	parts "$mvm" "$peer"

	offer mvm-polled
	runs out "$mvm" run --poll=always "$O/tests/bench/guest.elf" nop "$(count 500000)"

	if "$mvm" pack "$peer" -o "$scratch/packed" >"$scratch/pack.log" 2>&1; then
		offer mvm-packed
		runs hello "$scratch/packed"
		parts "$scratch/packed"
	fi

	# Configured for nothing but a program that prints, as make size builds it; building in the lab takes long.
	[ -n "${MVM_LAB:-}" ] || make -s -C "$tests/.." O="$O" appliance APP=apps/hello \
		CONFIG=configs/smallest_defconfig >"$scratch/smallest.log" 2>&1 || return 0
	[ -x "$O/hello.appliance" ] || return 0
	offer mvm-smallest
	runs hello "$O/hello.appliance"
	parts "$O/hello.appliance"
}

# ---- Unikernel monitors, and monitors of single programs ------------------------------------------------

# solo5_guest ABI: our guest, with the tree's own toolchain.
solo5_guest() {
	echo '{"type":"solo5.manifest","version":1,"devices":[]}' >"$scratch/manifest.json"
	"$SOLO5/elftool/solo5-elftool" gen-manifest "$scratch/manifest.json" "$scratch/manifest.c" &&
		"$SOLO5/toolchain/bin/x86_64-solo5-none-static-cc" -O2 -z "solo5-abi=$1" \
			-o "$scratch/solo5.$1" "$tests/bench/peer_solo5.c" "$scratch/manifest.c"
}

list_solo5() {
	get="build it as its documentation says and name the tree: SOLO5=DIR (https://github.com/Solo5/solo5)"
	for abi in hvt spt; do
		tender=${SOLO5:-}/tenders/$abi/solo5-$abi
		if [ -z "${SOLO5:-}" ]; then
			lacks "solo5-$abi" "not part of Debian 12" "$get"
		elif [ ! -x "$tender" ]; then
			lacks "solo5-$abi" "no $tender" "$get"
		elif solo5_guest $abi >"$scratch/solo5.log" 2>&1; then
			offer "solo5-$abi"
			for mode in hello wait out; do
				runs $mode "$tender" "$scratch/solo5.$abi" --solo5:quiet $mode
			done
			parts "$tender" "$scratch/solo5.$abi"
		else
			lacks "solo5-$abi" "a guest cannot be compiled: $(tail -n 1 "$scratch/solo5.log")" "$get"
		fi
	done
}

list_tinykvm() {
	get="build it with cmake and name the build directory: TINYKVM=DIR (https://github.com/varnish/tinykvm)"
	if [ -z "${TINYKVM:-}" ]; then
		lacks tinykvm "not part of Debian 12" "$get"
	elif [ ! -x "$TINYKVM/simplekvm" ]; then
		lacks tinykvm "no $TINYKVM/simplekvm" "$get"
	else
		offer tinykvm
		runs hello "$TINYKVM/simplekvm" "$peer" hello
		runs wait "$TINYKVM/simplekvm" "$peer" wait
		runs getpid "$TINYKVM/simplekvm" "$peer" getpid "$(count 100000)"
		parts "$TINYKVM/simplekvm" "$peer"
	fi
}

# binary VARIABLE COMMAND: prints the path that the variable or PATH gives.
binary() {
	eval "given=\${$1:-}"
	if [ -n "$given" ]; then
		[ ! -x "$given" ] || echo "$given"
	else
		command -v "$2"
	fi
}

list_uhyve() {
	get="UHYVE=FILE and UHYVE_APP=FILE, a Hermit application that prints Hello (https://github.com/hermit-os/uhyve)"
	uhyve=$(binary UHYVE uhyve)
	if [ -z "$uhyve" ]; then
		lacks uhyve "not part of Debian 12 (Rust, crates from crates.io)" "$get"
	elif [ ! -f "${UHYVE_APP:-}" ]; then
		lacks uhyve "nothing for it to run" "$get"
	else
		offer uhyve
		runs hello "$uhyve" "$UHYVE_APP"
		parts "$uhyve" "$UHYVE_APP"
	fi
}

list_hyperlight() {
	get="build its examples and name the tree: HYPERLIGHT=DIR (https://github.com/hyperlight-dev/hyperlight)"
	example=target/release/examples/hello-world
	if [ -z "${HYPERLIGHT:-}" ]; then
		lacks hyperlight "not part of Debian 12 (Rust, crates from crates.io)" "$get"
	elif [ ! -x "$HYPERLIGHT/$example" ]; then
		lacks hyperlight "no $HYPERLIGHT/$example" "$get"
	else
		offer hyperlight
		runs hello env -C "$HYPERLIGHT" "$example"
		parts "$HYPERLIGHT/$example"
	fi
}

# ---- Monitors that boot Linux, all the same kernel --------------------------------------------------------

# The kernel of Debian's package, unpacked and not installed, as bzImage and as the ELF file within; an
# initramfs with the program as its only file.
linux_images() {
	for tool in cpio xz; do
		if ! command -v $tool >/dev/null; then
			echo "no $tool to make its images with" >"$scratch/kernel.log"
			return 1
		fi
	done
	kernel=${PEERS_KERNEL:-$lab/vmlinuz}
	if [ ! -s "$kernel" ]; then
		mkdir -p "$lab"
		(kernel_package && unpack_kernel "$lab") >"$scratch/kernel.log" 2>&1 || return 1
	fi
	mkdir -p "$scratch/initramfs"
	cp "$peer_small" "$scratch/initramfs/init"
	initrd=$scratch/initrd
	(cd "$scratch/initramfs" && find . | cpio -o -H newc --quiet) >"$initrd" 2>"$scratch/kernel.log" ||
		return 1
	vmlinux=$scratch/vmlinux
	# Linux's boot protocol: sectors of the set-up at 0x1f1, the compressed kernel's place at 0x248.
	set -- "$(od -An -tu1 -j 497 -N 1 "$kernel")" "$(od -An -tu4 -j 584 -N 4 "$kernel")" \
		"$(od -An -tu4 -j 588 -N 4 "$kernel")"
	tail -c "+$((($1 + 1) * 512 + $2 + 1))" "$kernel" | head -c "$3" |
		xz -dc --single-stream >"$vmlinux" 2>"$scratch/kernel.log"
	[ "$(head -c 4 "$vmlinux" | tail -c 3)" = ELF ] || rm -f "$vmlinux"
}

boot='quiet panic=-1 reboot=t'

list_linux() {
	if ! linux_images; then
		for name in lkvm qemu-microvm firecracker; do
			lacks $name "$(tail -n 1 "$scratch/kernel.log")" "apt-get install cpio xz-utils, or a bzImage: PEERS_KERNEL=FILE"
		done
		return
	fi
	list_lkvm
	list_qemu
	list_firecracker
}

list_lkvm() {
	lkvm=$(binary LKVM lkvm)
	if [ -z "$lkvm" ]; then
		lacks lkvm "not part of Debian 12" \
			"build kvmtool and put lkvm on PATH or name it: LKVM=FILE (https://github.com/kvmtool/kvmtool)"
		return
	fi
	offer lkvm
	for mode in hello wait "getpid $(count 1000000)" "out $(count 20000)"; do
		set -- run -k "$kernel" -i "$initrd" -m 512 -c 1 --console serial --network mode=none \
			--params "$boot -- init $mode"
		# Its sockets are below HOME.
		runs "${mode%% *}" env HOME="$scratch" "$lkvm" "$@"
	done
	parts "$lkvm" "$kernel" "$initrd"
}

list_qemu() {
	qemu=$(command -v qemu-system-x86_64)
	if [ -z "$qemu" ] || [ ! -f "$vmlinux" ]; then
		lacks qemu-microvm "no qemu-system-x86_64, or this kernel is not packed by xz" \
			"apt-get install qemu-system-x86 xz-utils"
		return
	fi
	offer qemu-microvm
	for mode in hello wait "getpid $(count 1000000)" "out $(count 20000)"; do
		set -- -M microvm,x-option-roms=off -enable-kvm -cpu host -m 512 -nodefaults \
			-no-user-config -display none -no-reboot -serial stdio \
			-sandbox on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny \
			-kernel "$vmlinux" -initrd "$initrd" -append "console=ttyS0 $boot -- init $mode"
		runs "${mode%% *}" "$qemu" "$@"
	done
	# The kernel as it is shipped, compressed.
	parts "$qemu" "$kernel" "$initrd"
}

list_unikernels() {
	get="build a helloworld for KVM and name its kernel: UNIKRAFT=FILE (https://github.com/unikraft/unikraft)"
	if [ ! -f "${UNIKRAFT:-}" ]; then
		lacks unikraft "not part of Debian 12" "$get"
	elif ! command -v qemu-system-x86_64 >/dev/null; then
		lacks unikraft "no qemu-system-x86_64" "apt-get install qemu-system-x86"
	else
		offer unikraft
		runs hello "$(command -v qemu-system-x86_64)" -enable-kvm -cpu host -m 512 -nodefaults \
			-no-user-config -display none -no-reboot -serial stdio -kernel "$UNIKRAFT"
		parts "$(command -v qemu-system-x86_64)" "$UNIKRAFT"
	fi
	lacks nanos "not part of Debian 12, and its images are made by a tool that downloads its kernel" \
		"measure it as its documentation says (https://nanos.org)"
}

list_firecracker() {
	firecracker=$(binary FIRECRACKER firecracker)
	if [ -z "$firecracker" ]; then
		lacks firecracker "not part of Debian 12" \
			"name its binary: FIRECRACKER=FILE (https://github.com/firecracker-microvm/firecracker/releases)"
		return
	fi
	if [ ! -f "$vmlinux" ]; then
		lacks firecracker "this kernel is not packed by xz" "name another bzImage: PEERS_KERNEL=FILE"
		return
	fi
	offer firecracker
	for mode in hello wait "getpid $(count 1000000)" "out $(count 20000)"; do
		config=$scratch/firecracker.${mode%% *}
		cat >"$config" <<-END
		{ "boot-source": { "kernel_image_path": "$vmlinux", "initrd_path": "$initrd",
		    "boot_args": "console=ttyS0 pci=off quiet panic=-1 reboot=k -- init $mode" },
		  "drives": [],
		  "machine-config": { "vcpu_count": 1, "mem_size_mib": 512 } }
		END
		runs "${mode%% *}" "$firecracker" --no-api --config-file "$config"
	done
	parts "$firecracker" "$kernel" "$initrd"
}

# ---- Containers -------------------------------------------------------------------------------------------

# list_runtime NAME WORD...: a runtime of OCI bundles, which share a root directory.
list_runtime() {
	offer "$1"
	shift
	for mode in hello wait "getpid $(count 100000)"; do
		bundle=$scratch/bundle.${mode%% *}
		runs "${mode%% *}" "$@" run --bundle "$bundle" "mvm-peers-$$-${mode%% *}"
	done
	parts "$(command -v "$1")" "$peer"
}

bundles() {
	mkdir -p "$scratch/bundle.hello/rootfs"
	cp "$peer" "$scratch/bundle.hello/rootfs/peer"
	for mode in hello wait "getpid $(count 100000)"; do
		bundle=$scratch/bundle.${mode%% *}
		mkdir -p "$bundle"
		rm -f "$bundle/config.json"
		(cd "$bundle" && runc spec && jq --arg words "/peer $mode" --arg root "$scratch/bundle.hello/rootfs" \
			'.process.args = ($words | split(" ")) | .process.terminal = false | .root.path = $root' \
			config.json >c && mv c config.json) || return 1
	done
}

list_containers() {
	if command -v bwrap >/dev/null; then
		offer bwrap
		for mode in hello wait "getpid $(count 1000000)"; do
			# shellcheck disable=SC2086 # a mode and its count
			runs "${mode%% *}" "$(command -v bwrap)" --unshare-all --ro-bind "$peer" /peer /peer $mode
		done
		parts "$(command -v bwrap)" "$peer"
	else
		lacks bwrap "not installed" "apt-get install bubblewrap"
	fi
	have_bundles=
	if command -v runc >/dev/null && command -v jq >/dev/null; then
		bundles >"$scratch/bundles.log" 2>&1 && have_bundles=1
	fi
	if [ -z "$have_bundles" ]; then
		lacks "runc, crun, runsc, krun" "no bundle for them" "apt-get install runc jq"
		return
	fi
	list_runtime runc runc
	if command -v crun >/dev/null; then
		list_runtime crun crun
	else
		lacks crun "not installed" "apt-get install crun"
	fi
	if command -v runsc >/dev/null; then
		list_runtime runsc runsc --network=none --ignore-cgroups
	else
		lacks runsc "not installed" "apt-get install runsc"
	fi
	if command -v krun >/dev/null; then
		list_runtime krun krun
	else
		lacks krun "libkrun is not part of Debian 12, and its crun is built without it" \
			"a crun with libkrun, as krun on PATH (https://github.com/containers/libkrun)"
	fi
}
