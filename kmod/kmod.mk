# SPDX-License-Identifier: GPL-2.0-only
# make kmod: $(O)/kmod/mvm.ko, built by the kernel's own makefiles (KDIR) in a directory of links to
# the sources, so that nothing is written into kmod/.

# The kernel that linux-headers-amd64 stands for, because the lab boots that one; else the
# running one.
KDIR		?= $(or $(wildcard $(addprefix /usr/src/,$(shell dpkg-query -W -f '$${Depends}\n' \
		   linux-headers-amd64 2>/dev/null | grep -o 'linux-headers-[^ ,]*-amd64'))),\
		   /lib/modules/$(shell uname -r)/build)
kmod-dir	:= $(O)/kmod
kmod-sources	:= $(filter-out kmod/kmod.mk kmod/Kconfig kmod/dkms.conf.in kmod/60-mvm.rules,\
		   $(wildcard kmod/*))
kmod-links	= $(patsubst kmod/%,$(kmod-dir)/%,$(kmod-sources))

# The module's options alone: the others of mvm share names with the kernel's.
what-kmod-h	:= GEN
cmd-kmod-h	= sed -n '/CONFIG_KMOD_/p' $(O)/include/generated/autoconf.h >$@
$(kmod-dir)/autoconf.h: $(O)/include/config/auto.conf FORCE
	$(call if-changed,kmod-h)
what-kmod-conf	:= GEN
cmd-kmod-conf	= sed -n '/^CONFIG_KMOD_/p' $(O)/include/config/auto.conf >$@
$(kmod-dir)/auto.conf: $(O)/include/config/auto.conf FORCE
	$(call if-changed,kmod-conf)
kmod-config	:= $(kmod-dir)/autoconf.h $(kmod-dir)/auto.conf
$(call read-saved,$(kmod-config))

$(kmod-links): $(kmod-dir)/%:
	@mkdir -p $(@D)
	@ln -sfn $(abspath kmod/$*) $@

# Links to sources that are gone would be compiled by nobody, but included.
.PHONY: module kmod-prune
kmod-prune:
	@find $(kmod-dir) -xtype l -delete 2>/dev/null || true
module: $(kmod-config) $(kmod-links) | kmod-prune
	@[ -f '$(KDIR)/Makefile' ] || { echo "make: no kernel headers in '$(KDIR)';" \
		"run 'make kmod', which installs them, or give KDIR=" >&2; exit 1; }
	+$(Q)$(kmod-make) modules

kmod-make	= $(MAKE) -C '$(KDIR)' O= M='$(abspath $(kmod-dir))' \
		  KCFLAGS='$(if $(CONFIG_WERROR),-Werror) $(map-flags)'

# sparse on every file of the module.
.PHONY: kmod-lint
kmod-lint: module
	+@$(kmod-make) C=2 modules >$(kmod-dir)/sparse.log 2>&1 || { cat $(kmod-dir)/sparse.log; exit 1; }
	@! grep -E '(warning|error):' $(kmod-dir)/sparse.log

# ---- For DKMS: install-dkms in scripts/install.mk takes the sources, their configuration and this ----

what-dkms-conf	:= GEN
cmd-dkms-conf	= sed 's/@VERSION@/$(VERSION)/' $< >$@
$(kmod-dir)/dkms.conf: kmod/dkms.conf.in FORCE
	$(call if-changed,dkms-conf)
made += $(kmod-dir)/dkms.conf
