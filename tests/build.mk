# SPDX-License-Identifier: MIT
# How the tests are built and run; tests/README.md says how to add one.  The top Makefile calls
# tests-run and bench-run after it has made sure of the packages.

test-groups	:= unit vmmu guest integration programs config deb fuzz module lab

# ---- Unit tests: unit-y names tests/unit/X.c; unit-src-X the sources it is linked with ------------

include tests/unit/unit.mk

test-headers	:= $(wildcard include/mvm/*.h launcher/*.h launcher/*/*.h runtime/*.h runtime/*/*.h tests/*/*.h)
test-cflags	= -std=gnu11 -g -O1 -D_GNU_SOURCE -Wall -Wextra $(config-flags) \
		  -Iinclude -I$(O)/include -Ilauncher -iquote runtime -Itests/unit
san-flags	:= -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
unit-programs	:= $(foreach t,$(unit-y),$(O)/tests/unit/$(t).plain $(O)/tests/unit/$(t).asan)

what-unit	:= CC [T]
cmd-unit	= $(HOSTCC) $(test-cflags) $(unit-flags) -o $@ $(filter %.c %.S,$^) \
		  $(unit-libs) -lcmocka
# $(1): the test's name
define unit-rules
$(O)/tests/unit/$(1).plain $(O)/tests/unit/$(1).asan: private unit-libs = $(unit-ldflags-$(1))
$(O)/tests/unit/$(1).plain: private unit-flags = $(unit-cflags-$(1))
$(O)/tests/unit/$(1).asan: private unit-flags = $(san-flags) $(unit-cflags-$(1))
$(O)/tests/unit/$(1).plain $(O)/tests/unit/$(1).asan: tests/unit/$(1).c $(unit-src-$(1)) \
		$(test-headers) $(O)/include/generated/version.h FORCE
	$$(call if-changed,unit)
endef
$(foreach t,$(unit-y),$(eval $(call unit-rules,$(t))))
made += $(unit-programs)

# ---- Fuzzers: fuzz-y names tests/fuzz/X.c; fuzz-src-X the sources it is linked with ----------------

include tests/fuzz/fuzz.mk

FUZZ_CC		?= clang
fuzz-programs	:= $(addprefix $(O)/tests/fuzz/,$(fuzz-y))
what-fuzz	:= CLANG [F]
cmd-fuzz	= $(FUZZ_CC) $(test-cflags) -fsanitize=fuzzer,address,undefined \
		  -fno-sanitize-recover=all $(fuzz-flags) -o $@ $(filter %.c %.S,$^) $(fuzz-libs)
define fuzz-rules
$(O)/tests/fuzz/$(1): private fuzz-flags = $(fuzz-cflags-$(1))
$(O)/tests/fuzz/$(1): private fuzz-libs = $$(fuzz-libs-$(1))
$(O)/tests/fuzz/$(1): tests/fuzz/$(1).c $(fuzz-src-$(1)) $(test-headers) \
		$(O)/include/generated/version.h FORCE
	$$(call if-changed,fuzz)
endef
$(foreach t,$(fuzz-y),$(eval $(call fuzz-rules,$(t))))
made += $(fuzz-programs)

include tests/vmmu/vmmu.mk

# ---- Guest programs -----------------------------------------------------------------------------------

# Options stand in the first lines of each program: `// cc: bare`, `// trap: yes`, `// cflags: ...`.
guest-src	:= $(wildcard tests/guest/*.c)
guest-bare	:= $(if $(guest-src),$(shell grep -l '^// cc: bare' $(guest-src)))
guest-trap	:= $(if $(guest-src),$(shell grep -l '^// trap: yes' $(guest-src)))
guest-elf	= $(patsubst tests/guest/%.c,$(O)/tests/guest/%.$(2),$(1))
guest-programs	:= $(call guest-elf,$(guest-src),elf) $(call guest-elf,$(guest-trap),static)
guest-cflags	= -std=gnu11 -O2 -g -D_GNU_SOURCE -Wall -Wextra -Itests/guest -Iinclude \
		  $(shell sed -n 's|^// cflags: ||p' $<)
guest-cc	:= $(O)/bin/mvm-cc

what-guest	:= MVM-CC
cmd-guest	= $(guest-cc) $(guest-cflags) -o $@ $<
what-guest-glibc := CC [glibc]
cmd-guest-glibc	= $(HOSTCC) -static $(guest-cflags) -o $@ $<
what-guest-bare	:= CC [bare]
cmd-guest-bare	= $(HOSTCC) -static -nostdlib -ffreestanding -fno-stack-protector -fno-pie -no-pie \
		  -fcf-protection=none -fno-asynchronous-unwind-tables -Wl,--build-id=none \
		  $(guest-cflags) -o $@ $<

guest-headers	:= $(wildcard tests/guest/*.h)
$(call guest-elf,$(filter-out $(guest-bare),$(guest-src)),elf): $(O)/tests/guest/%.elf: \
		tests/guest/%.c $(guest-headers) $(toolchain) FORCE
	$(call if-changed,guest)
$(call guest-elf,$(guest-bare),elf): $(O)/tests/guest/%.elf: tests/guest/%.c $(guest-headers) FORCE
	$(call if-changed,guest-bare)
$(call guest-elf,$(guest-trap),static): $(O)/tests/guest/%.static: tests/guest/%.c \
		$(guest-headers) FORCE
	$(call if-changed,guest-glibc)
made += $(guest-programs)
$(O)/tests/integration/%.elf: tests/integration/%.c $(toolchain) FORCE
	$(call if-changed,guest)
integration-programs := $(O)/tests/integration/clones.elf
made += $(integration-programs)

# ---- Tools of the tests --------------------------------------------------------------------------------

test-tools	:= $(patsubst tests/tools/%.c,$(O)/tests/tools/%,$(wildcard tests/tools/*.c))
what-tool	:= CC [T]
cmd-tool	= $(HOSTCC) -static -std=gnu11 -O2 -g -D_GNU_SOURCE -Wall -Wextra -Iinclude -o $@ $<
$(O)/tests/tools/%: tests/tools/%.c $(wildcard tests/tools/*.h) $(wildcard include/mvm/*.h) FORCE
	$(call if-changed,tool)
made += $(test-tools)

# ---- The launcher, taken over --------------------------------------------------------------------------

what-breakout-cc := CC [T]
cmd-breakout-cc	= $(LAUNCHER_CC) $(launcher-cflags) -c -o $@ $<
$(O)/tests/breakout.o: tests/breakout/breakout.c $(test-headers) FORCE | $(O)/launcher/mvm.debug
	$(call if-changed,breakout-cc)
what-breakout-ld := LD
cmd-breakout-ld	= $(LAUNCHER_CC) $(launcher-ldflags) -Wl,--wrap=kvm_run,--wrap=ring_drain -o $@ \
		  $(O)/tests/breakout.o $(launcher-linked)
$(O)/tests/mvm-breakout: $(O)/launcher/mvm.debug $(O)/tests/breakout.o FORCE
	$(call if-changed,breakout-ld)
made += $(O)/tests/breakout.o $(O)/tests/mvm-breakout

# ---- The tests of a KVM device ---------------------------------------------------------------------------

include tests/kmod/tests.mk

# ---- Goals ----------------------------------------------------------------------------------------------

.PHONY: tests-build tests-run $(addprefix test-,$(test-groups)) lab-svm fuzz
tests-build: $(unit-programs) $(vmmu-programs) $(fuzz-programs) $(guest-programs) $(test-tools) \
	     $(integration-programs) $(O)/tests/mvm-breakout $(kmod-tests) all

tests-run: tests-build vmx-build
	@O='$(O)' KDIR='$(KDIR)' tests/run.sh

test-lab lab-svm: tests-build
	@O='$(O)' tests/run.sh lab
$(addprefix test-,$(filter-out unit vmmu deb fuzz module lab,$(test-groups))): tests-build
	@O='$(O)' tests/run.sh $(@:test-%=%)
# Also the long slices of other projects' own tests; and the table of what ran where, from the results.
.PHONY: test-programs-full compatibility
test-programs-full: tests-build
	@O='$(O)' PROGRAMS=full PROGRAM_LIMIT=7200 GROUP_LIMIT=14400 tests/run.sh programs
compatibility: test-programs-full vmx-build
	@O='$(O)' tests/lab.sh programs
	@O='$(O)' KDIR='$(KDIR)' tests/vmx-programs.sh
	@tests/tools/compatibility.sh '$(O)/tests/programs' >docs/compatibility.md.new
	@mv docs/compatibility.md.new docs/compatibility.md
test-module: module
	@O='$(O)' tests/run.sh module
test-deb:
	@O='$(O)' KDIR='$(KDIR)' tests/run.sh deb
test-unit: $(unit-programs)
	@O='$(O)' tests/run.sh unit
test-vmmu: $(vmmu-programs)
	@O='$(O)' tests/run.sh vmmu
test-fuzz: $(fuzz-programs)
	@O='$(O)' tests/run.sh fuzz
# Long: FUZZ_SECONDS for each fuzzer.
fuzz: $(fuzz-programs)
	@O='$(O)' FUZZ_SECONDS=$(or $(FUZZ_SECONDS),1800) tests/run.sh fuzz

# ---- Measurements ------------------------------------------------------------------------------------------

# The references are static, as mvm is: a dynamic one would lose a third to its loader.  bare_kvm.cc
# shows how much.
bench-programs	:= $(addprefix $(O)/tests/bench/,bare_kvm bare_out ring_threads interleave exitmem timed load border)
what-bench	:= CC [B]
cmd-bench	= $(LAUNCHER_CC) -static -std=gnu11 -O2 -D_GNU_SOURCE -Wall -Wextra -Iinclude \
		  -idirafter $(O)/host-include -o $@ $<
$(bench-programs): $(O)/tests/bench/%: tests/bench/%.c $(wildcard include/mvm/*.h) FORCE | $(host-include)
	$(call if-changed,bench)
what-bench-cc	:= CC [B]
cmd-bench-cc	= $(HOSTCC) -O2 -o $@ $<
$(O)/tests/bench/bare_kvm.cc: tests/bench/bare_kvm.c FORCE
	$(call if-changed,bench-cc)
$(O)/tests/bench/guest.elf: tests/bench/guest.c $(toolchain) FORCE
	$(call if-changed,guest)
$(O)/tests/bench/guest.static: tests/bench/guest.c FORCE
	$(call if-changed,guest-glibc)
bench-programs	+= $(O)/tests/bench/bare_kvm.cc $(O)/tests/bench/guest.elf $(O)/tests/bench/guest.static
# The same program as in the VM, and the same C library: httpfn, whose main() has another name here.
what-forkserver	:= MVM-CC
cmd-forkserver	= $(O)/bin/mvm-cc -O2 -Wall -Dmain=function_main -I$(O)/apps/httpfn/src -c -o $@.o apps/httpfn/httpfn.c && \
		  $(O)/bin/mvm-cc -O2 -Wall -o $@ $< $@.o $(O)/apps/httpfn/http_parser.o
$(O)/tests/bench/forkserver: tests/bench/forkserver.c apps/httpfn/httpfn.c $(O)/apps/httpfn.elf $(toolchain) FORCE
	$(call if-changed,forkserver)
$(O)/tests/bench/dirty.elf: tests/bench/dirty.c $(toolchain) FORCE
	$(call if-changed,guest)
bench-programs	+= $(O)/tests/bench/forkserver $(O)/tests/bench/dirty.elf
# For a file system in memory that a kernel is started with: without holes for large pages.
what-peer-small	:= MVM-CC
cmd-peer-small	= $(O)/bin/mvm-cc -O2 -s -Wl,-z,max-page-size=4096 -o $@ $<
$(O)/tests/bench/peer.elf: tests/bench/peer.c $(toolchain) FORCE
	$(call if-changed,guest)
$(O)/tests/bench/peer.small: tests/bench/peer.c $(toolchain) FORCE
	$(call if-changed,peer-small)
$(O)/tests/bench/peer_fn.static: tests/bench/peer_fn.c FORCE
	$(call if-changed,guest-glibc)
peer-programs	:= $(addprefix $(O)/tests/bench/,peer.elf peer.small peer_fn.static)
made += $(bench-programs) $(peer-programs)

.PHONY: bench-run bench-svm bench-servers bench-serve bench-peers-run bench-peers-svm
bench-run: $(bench-programs) all
	@O='$(O)' tests/bench/bench.sh
	@O='$(O)' tests/bench/servers.sh
	@O='$(O)' tests/bench/serve.sh
bench-servers: all
	@O='$(O)' tests/bench/servers.sh
bench-serve: $(bench-programs) all
	@O='$(O)' tests/bench/serve.sh
bench-peers-run: $(bench-programs) $(peer-programs) all
	@O='$(O)' tests/bench/peers.sh
bench-peers-svm: $(bench-programs) $(peer-programs) all
	@O='$(O)' LAB_ENV="O='$(abspath $(O))' SOLO5='$(SOLO5)' TINYKVM='$(TINYKVM)' LKVM='$(LKVM)' FIRECRACKER='$(FIRECRACKER)' PEERS='$(PEERS)'" \
		tests/lab/svm.sh run -- sh tests/bench/peers.sh </dev/null
bench-svm: $(bench-programs) all
	@O='$(O)' LAB_ENV="O='$(abspath $(O))'" tests/lab/svm.sh run -- sh tests/bench/bench.sh </dev/null

# ---- The vmx lab --------------------------------------------------------------------------------------------

include tests/lab/lab.mk
