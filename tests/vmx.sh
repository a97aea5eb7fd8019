#!/bin/sh
# SPDX-License-Identifier: MIT
# mvm.ko against kvm_intel in the vmx lab: one boot of a processor with VMX (tests/lab/vmx-all).
# vmx.sh [GUEST-TEST...] runs only these guest tests there.
. "$(dirname "$0")/lib.sh"

if ! command -v bochs >/dev/null; then
	skip vmx "bochs is not installed"
	exit 0
fi

"$O/tests/lab/holes" pack "$O"/tests/guest/*.elf "$O"/tests/guest/*.static >"$scratch/guest.pack"
echo "$*" >"$scratch/guest.list"
mkdir -p "$scratch/tests/guest" "$scratch/kmod" "$scratch/bin"
cp "$tests/guest.sh" "$tests/lib.sh" "$scratch/tests/"
cp "$tests"/guest/*.c "$tests"/guest/*.expect "$scratch/tests/guest/"

# left_out TEST REASON
left_out() {
	rm "$scratch/tests/guest/$1.c"
	echo "SKIP vmx/guest/$1 — $2"
}
left_out cpu_flags "Bochs traps on the wrong side of a SYSCALL with TF set"
left_out fs_big "three minutes in Bochs, and nothing in it is the hypervisor's"
for source in $(grep -l '^// mvm-args: .*--timeout' "$tests"/guest/*.c); do
	name=${source##*/}
	left_out "${name%.c}" \
		"Bochs: no interrupt leaves a guest that spins with IF clear, not on kvm_intel either"
done

cp "$O"/tests/lab/diff-trace "$O"/tests/lab/bench-kmod "$O"/tests/lab/holes "$tests/lab/bench-table" \
	"$O/bin/mvm" "$scratch/bin/"
for program in "$O"/tests/kmod/*; do
	case $program in *.cmd) ;; *) cp "$program" "$scratch/kmod/" ;; esac
done
{
	LAB_MEM=1024 LAB_TIMEOUT="${LAB_TIMEOUT:-2300}" "$tests/lab/vmx.sh" run "$tests/lab/vmx-all" \
		"$scratch/tests" "$scratch/kmod" "$scratch/bin" "$scratch/guest.pack" \
		"$scratch/guest.list" \
		"$tests/lab/diff.known" 2>&1 </dev/null
	echo $? >"$scratch/status"
} | tee "$scratch/out"
if [ "$(cat "$scratch/status")" -ne 0 ]; then
	tail -n 40 "$scratch/out" >"$scratch/tail"
	bad vmx "the lab ended with status $(cat "$scratch/status")" "$scratch/tail"
elif ! grep -q '^ok vmx/' "$scratch/out"; then
	bad vmx "no test ran in the lab"
else
	ok vmx/kernel
fi
exit 0
