# SPDX-License-Identifier: MIT
# How a file is made, and when it is made again: when a prerequisite is newer, when the command
# differs from the one it was made with (kept in FILE.cmd), or when a Kconfig option that the
# source or one of its headers names has changed.
#
#   target: prerequisites FORCE
#   	$(call if-changed,NAME)      runs cmd-NAME and shows what-NAME, if it must
#   	$(call if-changed-dep,NAME)  the same for a compiler that writes $@.d

.PHONY: FORCE
FORCE:

comma	:= ,
empty	:=
space	:= $(empty) $(empty)
squote	:= '
pound	:= \#
Q	:= $(if $(filter 1,$(V)),,@)

escape-quotes	= $(subst $(squote),'\$(squote)',$(1))
cmd-for-make	= $(call escape-quotes,$(subst $(pound),$$(pound),$(subst $$,$$$$,$(cmd-$(1)))))
as-word		= $(subst $(space),~,$(strip $(1)))
cmd-differs	= $(filter-out $(call as-word,$(cmd-$(1))),$(call as-word,$(saved-$@)))$(if $(saved-$@),,new)
must-run	= $(filter-out FORCE,$?)$(cmd-differs)$(if $(wildcard $@),,missing)
say		= $(if $(Q),printf '  %-7s %s\n' '$(what-$(1))' '$(@:$(O)/%=%)';,)

if-changed = $(if $(must-run),$(Q)set -e; mkdir -p $(@D); $(say) $(cmd-$(1)) || exit 1; \
	printf '%s\n' 'saved-$@ := $(cmd-for-make)' >$@.cmd,@:)

if-changed-dep = $(if $(must-run),$(Q)set -e; mkdir -p $(@D); $(say) $(cmd-$(1)) || exit 1; \
	{ printf '%s\n' 'saved-$@ := $(cmd-for-make)'; \
	$(AWK) -v target=$@ -v config=$(O)/include/config -f scripts/depfile.awk $@.d; } >$@.cmd; \
	rm -f $@.d,@:)

# Call at the end, with every target that if-changed makes: reads what was saved of them.
read-saved = $(foreach f,$(wildcard $(addsuffix .cmd,$(1))),$(eval include $(f)))

# Every target of if-changed is listed here.
made :=

# ---- Flags -------------------------------------------------------------------------------------

warnings	:= -Wall -Wextra -Wmissing-prototypes -Wstrict-prototypes -Wvla -Wno-maybe-uninitialized \
		   $(if $(CONFIG_WERROR),-Werror)
debug-flags	:= $(if $(CONFIG_DEBUG_INFO),-g)
config-flags	:= -include $(O)/include/generated/autoconf.h -include include/mvm/kconfig.h
map-flags	:= -ffile-prefix-map=$(CURDIR)/=

# Small by default; the build.mk files list what is worth -O2 (launcher-fast, runtime-fast).
launcher-cflags	= -std=gnu11 -Os $(debug-flags) $(warnings) -D_GNU_SOURCE \
		  -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables \
		  $(config-flags) $(map-flags) -Iinclude -I$(O)/include -Ilauncher \
		  -idirafter $(O)/host-include
launcher-ldflags = -static -Wl,--gc-sections -Wl,-z,noexecstack -Wl,-z,relro,-z,now

runtime-cflags	= -std=gnu11 -Os $(debug-flags) $(warnings) -ffreestanding -nostdlib \
		  -mgeneral-regs-only -mno-red-zone -fpie -fno-stack-protector \
		  -fno-asynchronous-unwind-tables -fcf-protection=none -fvisibility=hidden \
		  -fno-strict-aliasing -ffunction-sections -fdata-sections -DMVM_RUNTIME \
		  $(config-flags) $(map-flags) -Iinclude -I$(O)/include -Iruntime
runtime-ldflags	= -nostdlib -static -no-pie -Wl,--gc-sections -Wl,--build-id=none \
		  -Wl,--orphan-handling=error -Wl,--no-undefined -Wl,-z,max-page-size=4096 \
		  -Wl,-z,noexecstack -Wl,--no-warn-rwx-segments

# ---- Rules -------------------------------------------------------------------------------------

file-cflags	= $(if $(CONFIG_SMALL),,$(if $(filter $(@:$(O)/%=%),$(fast-objs)),-O2)) $(cflags-$(@:$(O)/%=%))
fast-objs	= $(addprefix launcher/,$(launcher-fast)) $(addprefix runtime/,$(runtime-fast))

what-launcher-cc := CC
cmd-launcher-cc	= $(LAUNCHER_CC) $(launcher-cflags) $(file-cflags) -MMD -MF $@.d -c -o $@ $<
$(O)/launcher/%.o: launcher/%.c FORCE
	$(call if-changed-dep,launcher-cc)
$(O)/launcher/%.o: launcher/%.S FORCE
	$(call if-changed-dep,launcher-cc)

what-runtime-cc	:= CC [R]
cmd-runtime-cc	= $(RUNTIME_CC) $(runtime-cflags) $(file-cflags) -MMD -MF $@.d -c -o $@ $<
$(O)/runtime/%.o: runtime/%.c FORCE
	$(call if-changed-dep,runtime-cc)

# Assembly sees the constants of abi.h without their C suffixes, in <generated/abi-asm.h>.
what-runtime-as	:= AS [R]
cmd-runtime-as	= $(RUNTIME_CC) $(filter-out -std=%,$(runtime-cflags)) $(file-cflags) -D__ASSEMBLY__ \
		  -MMD -MF $@.d -c -o $@ $<
$(O)/runtime/%.o: runtime/%.S $(O)/include/generated/abi-asm.h FORCE
	$(call if-changed-dep,runtime-as)
