# SPDX-License-Identifier: MIT
# musl with mvm's way to make system calls, in $(O)/sysroot, and the compiler wrappers for it.
# The source is Debian's package, or the unpacked directory MUSL_SRC, plus musl/overlay/
# and musl/added/.

MUSL_VERSION	:= 1.2.3-1
MUSL_SRC	?=
dl		:= $(or $(MVM_CACHE),$(O)/dl)
musl-overlay	:= arch/x86_64/syscall_arch.h src/process/x86_64/vfork.s \
		   src/signal/x86_64/restore.s src/thread/x86_64/clone.s \
		   src/thread/x86_64/syscall_cp.s src/thread/x86_64/__set_thread_area.s
musl-added	:= src/malloc/kept.c

.PHONY: mvm-cc
mvm-cc: $(O)/bin/mvm-cc $(O)/bin/mvm-c++ $(O)/lib/mvm/mvm.specs $(O)/sysroot/lib/libmvmcxx.a \
	$(O)/sysroot/include/mvm.h

what-musl	:= MUSL
cmd-musl	= MVM_DL='$(dl)' MUSL_SRC='$(MUSL_SRC)' MUSL_VERSION=$(MUSL_VERSION) \
		  MAKE='$(MAKE)' musl/build.sh $(O)/musl $(O)/sysroot && touch $@
$(O)/sysroot/.built: musl/build.sh musl/musl.sha256 scripts/fetch-source.sh \
		$(addprefix musl/overlay/,$(musl-overlay)) \
		$(addprefix musl/added/,$(musl-added)) FORCE
	+$(call if-changed,musl)

# For C++: what libstdc++ misses in musl, and headers that come before its own.
cxx-headers	:= musl/cxx/bits/c++config.h musl/cxx/bits/locale_classes.h
what-mvmcxx	:= CC
cmd-mvmcxx	= install -m 644 -D -t $(O)/sysroot/cxx/bits $(cxx-headers) && \
		  $(O)/bin/mvm-cc -std=gnu11 -O2 -Wall -Wextra -c -o $(O)/musl/compat.o $< && \
		  rm -f $@ && ar rcs $@ $(O)/musl/compat.o
$(O)/sysroot/lib/libmvmcxx.a: musl/cxx/compat.c $(cxx-headers) $(O)/sysroot/.built \
		$(O)/bin/mvm-cc $(O)/lib/mvm/mvm.specs FORCE
	$(call if-changed,mvmcxx)
made += $(O)/sysroot/lib/libmvmcxx.a

what-copy	:= COPY
cmd-copy	= install -m $(if $(filter %.specs %.h,$@),644,755) $< $@
$(O)/bin/mvm-cc $(O)/bin/mvm-c++: musl/mvm-cc FORCE
	$(call if-changed,copy)
$(O)/lib/mvm/mvm.specs: musl/mvm.specs FORCE
	$(call if-changed,copy)

# <mvm.h>, for programs that know where they run.
$(O)/sysroot/include/mvm.h: include/mvm.h $(O)/sysroot/.built FORCE
	$(call if-changed,copy)
made += $(O)/sysroot/include/mvm.h

made += $(O)/sysroot/.built $(O)/bin/mvm-cc $(O)/bin/mvm-c++ $(O)/lib/mvm/mvm.specs
