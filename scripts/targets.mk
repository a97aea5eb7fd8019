# SPDX-License-Identifier: MIT
# What is linked from the lists of the build.mk files: the runtime's image and the launcher.

# What every start runs comes first, with what it needs of the libraries: it lies together, so that
# fewer pages are looked up and zeroed.  What only some runs need has rooms of its own.
launcher-rooms	:= $(addsuffix /%,core gdb net observe pack record serve snapshot)
launcher-first	:= $(addprefix $(O)/launcher/,$(sort $(filter-out $(launcher-rooms),$(launcher-y))))
launcher-rest	:= $(addprefix $(O)/launcher/,$(sort $(filter $(launcher-rooms),$(launcher-y))))
launcher-objs	:= $(launcher-first) $(launcher-rest)
runtime-objs	:= $(addprefix $(O)/runtime/,$(sort $(runtime-y)))
made		+= $(launcher-objs) $(runtime-objs)

.PHONY: mvm size
mvm: $(O)/bin/mvm

# ---- The configuration as C and assembly see it ------------------------------------------------

# Prints the numeric macros of abi.h without the suffixes that the assembler does not know.
what-abi-asm	:= GEN
cmd-abi-asm	= $(RUNTIME_CC) -E -dM -Iinclude -o $@.all -x c include/mvm/abi.h && \
		  sed -n 's/\b\(0x[0-9a-fA-F]*\|[0-9][0-9]*\)U\?L\?L\?\b/\1/g; /define MVM_/p' $@.all >$@
$(O)/include/generated/abi-asm.h: $(wildcard include/mvm/*.h) FORCE
	$(call if-changed,abi-asm)
made += $(O)/include/generated/abi-asm.h

what-version-h	:= GEN
cmd-version-h	= echo '$(pound)define MVM_VERSION "$(VERSION)"' >$@
$(O)/include/generated/version.h: FORCE
	$(call if-changed,version-h)
made += $(O)/include/generated/version.h

# ---- The runtime --------------------------------------------------------------------------------

what-runtime-lds := LDS
cmd-runtime-lds	= $(RUNTIME_CC) -E -P -undef -x assembler-with-cpp \
		  -imacros $(O)/include/generated/abi-asm.h -o $@ $<
$(O)/runtime/runtime.lds: runtime/runtime.lds runtime/text-order.lds \
		$(O)/include/generated/abi-asm.h FORCE
	$(call if-changed,runtime-lds)

# libgcc: gcc calls it even from freestanding code, for __builtin_popcount say.
what-runtime-ld	:= LD [R]
cmd-runtime-ld	= $(RUNTIME_CC) $(runtime-ldflags) -T $(O)/runtime/runtime.lds \
		  -Wl,-Map,$(@:.elf=.map) -o $@ $(runtime-objs) -lgcc
$(O)/runtime/runtime.elf: $(runtime-objs) $(O)/runtime/runtime.lds FORCE
	$(call if-changed,runtime-ld)

# Text, then data, each padded to a page, with no gap between them.
what-runtime-img := IMG
cmd-runtime-img	= $(OBJCOPY) -O binary -j .text -j .rodata $< $@.text && \
		  $(OBJCOPY) -O binary -j .data $< $@.data && \
		  truncate -s %4096 $@.text $@.data && \
		  cat $@.text $@.data >$@ && rm -f $@.text $@.data
$(O)/runtime/runtime.img: $(O)/runtime/runtime.elf FORCE
	$(call if-changed,runtime-img)
made += $(O)/runtime/runtime.lds $(O)/runtime/runtime.elf $(O)/runtime/runtime.img

# ---- The launcher -------------------------------------------------------------------------------

# musl-gcc leaves /usr/include out; this gives it the kernel's headers and the libraries', only.
host-headers	:= linux asm-generic asm seccomp.h seccomp-syscalls.h xxhash.h \
		   $(if $(CONFIG_SIGN),sodium.h sodium)
host-include	:= $(addprefix $(O)/host-include/,$(host-headers))
$(O)/host-include/asm:
	@mkdir -p $(@D); ln -sfn /usr/include/x86_64-linux-gnu/asm $@
$(filter-out %/asm,$(host-include)):
	@mkdir -p $(@D); ln -sfn /usr/include/$(@F) $@
$(launcher-objs): | $(host-include) $(O)/include/generated/version.h

$(O)/launcher/image.o: $(O)/runtime/runtime.img
cflags-launcher/image.o := -DRUNTIME_IMG='"$(O)/runtime/runtime.img"'

libsodium	?= $(firstword $(wildcard /usr/lib/x86_64-linux-gnu/libsodium.a) -lsodium)

libseccomp	?= $(firstword $(wildcard /usr/lib/x86_64-linux-gnu/libseccomp.a) -lseccomp)

launcher-seccomp = $(if $(CONFIG_LIBSECCOMP),$(libseccomp))
launcher-sodium	= $(if $(CONFIG_SIGN),$(libsodium))
launcher-libs	= $(launcher-seccomp) $(launcher-sodium)
# What musl does before main() comes first of all, with the stack protector that libseccomp wants: its
# variables then are in no 2 MiB block that a kernel could make a huge page before main.c forbids it.
launcher-linked	= $(if $(CONFIG_LIBSECCOMP),-Wl$(comma)-u$(comma)__stack_chk_fail) -lc \
		  $(launcher-first) $(launcher-seccomp) -lc $(launcher-rest) $(launcher-sodium)

what-launcher-ld := LD
cmd-launcher-ld	= $(LAUNCHER_CC) $(launcher-ldflags) -Wl,-Map,$@.map -o $@ $(launcher-linked)
$(O)/launcher/mvm.debug: $(launcher-objs) FORCE
	$(call if-changed,launcher-ld)

what-launcher-strip := STRIP
cmd-launcher-strip = $(STRIP) -s -o $@ $<
$(O)/bin/mvm: $(O)/launcher/mvm.debug FORCE
	$(call if-changed,launcher-strip)
made += $(O)/launcher/mvm.debug $(O)/bin/mvm

# Launcher and runtime together, the image is inside the launcher; and the appliances of configs/budget.
size: $(O)/bin/mvm $(O)/runtime/runtime.img
	@printf 'launcher + runtime %d bytes (%d KiB), of them the runtime image %d\n' \
		$$(stat -c %s $(O)/bin/mvm) $$(($$(stat -c %s $(O)/bin/mvm) / 1024)) \
		$$(stat -c %s $(O)/runtime/runtime.img)
	@O='$(O)' MAKE='$(MAKE)' scripts/size.sh configs/budget

$(call read-saved,$(made))
