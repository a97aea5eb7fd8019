# SPDX-License-Identifier: MIT
# The configuration: $(O)/.config, and what is generated from it:
#   $(O)/include/config/auto.conf      the options, for make
#   $(O)/include/generated/autoconf.h  the options, for the compiler
#   $(O)/include/config/x/y.h          one empty file per option, touched when it changes
# The tools are Debian's kconfig-frontends.  A configs/X_defconfig says what differs from the defaults;
# one with the line "# All else is off.", all that is on.

kconfig-files	:= Kconfig launcher/Kconfig runtime/Kconfig kmod/Kconfig
kconfig		= srctree='$(CURDIR)' CONFIG_=CONFIG_ KCONFIG_CONFIG=.config
kconfig-need	= command -v kconfig-conf >/dev/null || \
	{ echo "make: kconfig-conf is not installed; run 'make deps' first" >&2; exit 1; }

# Runs one of kconfig's programs in the output directory.
define kconfig-run
	@$(kconfig-need)
	@mkdir -p $(O)/include/config $(O)/include/generated
	@cd $(O) && $(kconfig) $(1)
endef

.PHONY: defconfig oldconfig olddefconfig menuconfig savedefconfig

defconfig:
	$(call kconfig-run,kconfig-conf --defconfig='$(CURDIR)/configs/defconfig' Kconfig >/dev/null)
	@echo "$(O)/.config: the defaults"

%_defconfig:
	@[ -f configs/$@ ] || { echo "make: no configs/$@; there are:" \
		$(patsubst configs/%,%,$(wildcard configs/*_defconfig)) >&2; exit 1; }
	$(call kconfig-run,$(if $(shell grep -x '. All else is off[.]' configs/$@),\
		KCONFIG_ALLCONFIG='$(CURDIR)/configs/$@' kconfig-conf --allnoconfig,\
		kconfig-conf --defconfig='$(CURDIR)/configs/$@') Kconfig >/dev/null)
	@echo "$(O)/.config: configs/$@"

oldconfig olddefconfig:
	$(call kconfig-run,kconfig-conf --$@ Kconfig)

menuconfig:
	$(call kconfig-run,kconfig-mconf Kconfig)

savedefconfig:
	$(call kconfig-run,kconfig-conf --savedefconfig=defconfig Kconfig)
	@echo "$(O)/defconfig: what differs from the defaults; copy it to configs/NAME_defconfig"

ifneq ($(need-config),)

$(O)/.config:
	$(call kconfig-run,kconfig-conf --defconfig='$(CURDIR)/configs/defconfig' Kconfig >/dev/null)

# Options that are new since .config was written get their defaults, without questions.
$(O)/include/config/auto.conf: $(O)/.config $(kconfig-files)
	$(call kconfig-run,kconfig-conf --olddefconfig Kconfig >/dev/null)
	@cd $(O) && $(kconfig) kconfig-conf --silentoldconfig Kconfig >/dev/null
	@touch $@

$(kconfig-files): ;

endif
