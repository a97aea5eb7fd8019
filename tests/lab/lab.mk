# SPDX-License-Identifier: MIT
# The vmx lab: its programs, and make lab-vmx.  LAB_RUN=SCRIPT runs only that script there, as
# root, with LAB_FILES and what has been built.

lab-programs	:= $(addprefix $(O)/tests/lab/,diff-trace bench-kmod holes rsp-watch)
what-lab	:= CC [T]
cmd-lab		= $(LAUNCHER_CC) -static -s -std=gnu11 -O2 -D_GNU_SOURCE -Wall -Wextra -Iinclude \
		  -idirafter $(O)/host-include -o $@ $(filter %.c,$^)
kt-src		:= tests/kmod/kt.c tests/kmod/kt_guest.c
$(O)/tests/lab/diff-trace: tests/lab/diff.c tests/lab/diff_guests.c tests/lab/diff.h $(kt-src)
$(O)/tests/lab/bench-kmod: tests/lab/bench-kmod.c $(kt-src)
$(O)/tests/lab/holes: tests/lab/holes.c
$(O)/tests/lab/rsp-watch: tests/lab/rsp-watch.c tests/lab/watched.h
$(lab-programs): tests/kmod/kt.h kmod/uapi/mvm.h FORCE \
		| $(addprefix $(O)/host-include/,linux asm asm-generic)
	$(call if-changed,lab)
made += $(lab-programs)
$(O)/tests/lab/watched.elf: tests/lab/watched.c tests/lab/watched.h $(toolchain) FORCE
	$(call if-changed,guest)
made += $(O)/tests/lab/watched.elf

.PHONY: lab-vmx-run lab-vmx-script test-vmx
lab-vmx-script: module mvm
	@O='$(O)' KDIR='$(KDIR)' tests/lab/vmx.sh run '$(LAB_RUN)' $(LAB_FILES)
lab-vmx-run: $(if $(LAB_RUN),lab-vmx-script,lab-vmx-all)

# What tests/vmx.sh takes along.
.PHONY: vmx-build lab-vmx-all
vmx-build: mvm module kmod-tests $(lab-programs) $(O)/tests/lab/watched.elf $(guest-programs) $(integration-programs) \
	   $(O)/apps/hello.elf
test-vmx: vmx-build
	@O='$(O)' KDIR='$(KDIR)' tests/run.sh vmx
lab-vmx-all: vmx-build
	@O='$(O)' KDIR='$(KDIR)' VMX_GUESTS=all GROUP_LIMIT=4800 LAB_TIMEOUT=4700 tests/run.sh vmx

# The benchmarks alone.
.PHONY: bench-vmx
bench-vmx: mvm module $(O)/tests/lab/bench-kmod $(integration-programs) $(O)/apps/hello.elf
	@O='$(O)' KDIR='$(KDIR)' tests/lab/vmx.sh run tests/lab/bench-vmx \
		$(O)/tests/lab/bench-kmod tests/lab/bench-table tests/lab/bench-reset \
		$(integration-programs)
