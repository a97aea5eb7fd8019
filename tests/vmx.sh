#!/bin/sh
# SPDX-License-Identifier: MIT
# mvm.ko against kvm_intel in the vmx lab: one boot of a processor with VMX (tests/lab/vmx-all).
# vmx.sh [GUEST-TEST...], or VMX_GUESTS: these guest programs, `all` of them, or without either a few
# that take each their own way into the hypervisor.
. "$(dirname "$0")/lib.sh"

if ! command -v bochs >/dev/null; then
	skip vmx "bochs is not installed"
	exit 0
fi

few='cpu_float cpu_state exit_42 fs_rw hostile_triple_fault hostile_wx_exec io_stdout mem_mmap mem_wx
	sig_fault sig_timers start_auxv time_vdso'
guests=${*:-${VMX_GUESTS:-$few}}
[ "$guests" != all ] || guests=$(cd "$tests/guest" && echo *.c | sed 's/\.c\>//g')

mkdir -p "$scratch/tests/guest" "$scratch/tests/integration" "$scratch/kmod" "$scratch/bin"
cp "$tests/guest.sh" "$tests/lib.sh" "$scratch/tests/"
cp "$tests/integration/clones.sh" "$O/tests/integration/clones.elf" "$scratch/tests/integration/"

# leave_out TEST REASON
leave_out() {
	echo "SKIP vmx/guest/$1 — $2"
}
for name in $guests; do
	source=$tests/guest/$name.c
	if [ "$name" = cpu_flags ]; then
		leave_out "$name" "Bochs traps on the wrong side of a SYSCALL with TF set"
	elif [ "$name" = fs_big ]; then
		leave_out "$name" "three minutes in Bochs, and nothing in it is the hypervisor's"
	# Bochs loads the guest's flags before it counts itself as in a guest: with IF clear at a VM
	# entry it holds back the host's interrupts, whatever the controls say.
	elif grep -q '^// mvm-args: .*--timeout' "$source"; then
		leave_out "$name" \
			"Bochs: no interrupt leaves a guest that spins with IF clear, not on kvm_intel either"
	else
		cp "$source" "$scratch/tests/guest/"
		[ ! -f "${source%.c}.expect" ] || cp "${source%.c}.expect" "$scratch/tests/guest/"
		for program in "$O/tests/guest/$name.elf" "$O/tests/guest/$name.static"; do
			[ ! -f "$program" ] || echo "$program"
		done >>"$scratch/programs"
	fi
done
# shellcheck disable=SC2046 # a list of words
"$O/tests/lab/holes" pack $(cat "$scratch/programs") >"$scratch/guest.pack"

cp "$O"/tests/lab/diff-trace "$O"/tests/lab/bench-kmod "$O"/tests/lab/holes "$tests/lab/bench-table" \
	"$O"/tests/lab/rsp-watch "$O"/tests/lab/watched.elf \
	"$O/bin/mvm" "$scratch/bin/"
for program in "$O"/tests/kmod/*; do
	case $program in *.cmd) ;; *) cp "$program" "$scratch/kmod/" ;; esac
done
lab_run env LAB_MEM=1024 LAB_TIMEOUT="${LAB_TIMEOUT:-2300}" "$tests/lab/vmx.sh" run "$tests/lab/vmx-all" \
	"$scratch/tests" "$scratch/kmod" "$scratch/bin" "$scratch/guest.pack" "$tests/lab/diff.known" |
	tee "$scratch/out"
lab_ended vmx "$scratch/out" '^ok vmx/' && ok vmx/kernel
exit 0
