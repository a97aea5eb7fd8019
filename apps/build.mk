# SPDX-License-Identifier: MIT
# The example applications: $(O)/apps/NAME.elf, linked by mvm-cc.  hello, httpfn and httpd are our own;
# Lua, SQLite and the parser of the last two are upstream's, from Debian's source packages.

LUA_VERSION	:= 5.4.4-3+deb12u1
SQLITE_VERSION	:= 3.40.1-2+deb12u2
HTTP_PARSER_VERSION := 2.9.4-5
app-elfs	:= $(addprefix $(O)/apps/,hello.elf httpfn.elf httpd.elf lua.elf sqlite3.elf)
toolchain	:= $(O)/bin/mvm-cc $(O)/lib/mvm/mvm.specs $(O)/sysroot/lib/libmvmcxx.a

.PHONY: apps
apps: $(app-elfs)

what-app-cc	:= APP
cmd-app-cc	= $(O)/bin/mvm-cc -O2 -Wall -Wextra -s -o $@ $<
$(O)/apps/hello.elf: apps/hello/hello.c $(toolchain) FORCE
	$(call if-changed,app-cc)

what-httpfn	:= APP
cmd-httpfn	= MVM_DL='$(dl)' HTTP_PARSER_VERSION=$(HTTP_PARSER_VERSION) \
		  apps/httpfn/build.sh $(O)/bin/mvm-cc $(O)/apps/httpfn $@
$(O)/apps/httpfn.elf: apps/httpfn/build.sh apps/httpfn/httpfn.c apps/build-common.sh \
		apps/httpfn/http-parser.sha256 $(toolchain) FORCE
	$(call if-changed,httpfn)

what-httpd	:= APP
cmd-httpd	= MVM_DL='$(dl)' HTTP_PARSER_VERSION=$(HTTP_PARSER_VERSION) \
		  apps/httpd/build.sh $(O)/bin/mvm-cc $(O)/apps/httpd $@
$(O)/apps/httpd.elf: apps/httpd/build.sh $(wildcard apps/httpd/*.[ch]) apps/build-common.sh \
		apps/httpd/http-parser.sha256 $(toolchain) FORCE
	$(call if-changed,httpd)

what-lua	:= APP
cmd-lua		= MVM_DL='$(dl)' LUA_VERSION=$(LUA_VERSION) \
		  apps/lua/build.sh $(O)/bin/mvm-cc $(O)/apps/lua $@
$(O)/apps/lua.elf: apps/lua/build.sh apps/build-common.sh apps/lua/lua5.4.sha256 $(toolchain) FORCE
	$(call if-changed,lua)

what-sqlite	:= APP
cmd-sqlite	= MVM_DL='$(dl)' SQLITE_VERSION=$(SQLITE_VERSION) HOSTCC='$(HOSTCC)' MAKE='$(MAKE)' \
		  apps/sqlite/build.sh $(O)/bin/mvm-cc $(O)/apps/sqlite $@
$(O)/apps/sqlite3.elf: apps/sqlite/build.sh apps/build-common.sh apps/sqlite/sqlite3.sha256 $(toolchain) FORCE
	+$(call if-changed,sqlite)

made += $(app-elfs)

# ---- Appliances ------------------------------------------------------------------------------------
#
#   make appliance APP=apps/NAME [CONFIG=configs/X_defconfig]
#
# $(O)/NAME.appliance: the launcher of a configuration of its own, in $(O)/launchers/X, with NAME.elf,
# APP/NAME.conf and the tree APP/files, as far as there are such.

APP		?= apps/hello
appliance-name	:= $(notdir $(patsubst %/,%,$(APP)))
CONFIG		?= $(firstword $(wildcard configs/$(appliance-name)_defconfig) configs/smallest_defconfig)
appliance-O	:= $(O)/launchers/$(patsubst %_defconfig,%,$(notdir $(CONFIG)))
appliance-conf	:= $(wildcard $(APP)/$(appliance-name).conf)
appliance-files	:= $(wildcard $(APP)/files)

ifneq ($(filter appliance,$(MAKECMDGOALS)),)
ifeq ($(filter $(O)/apps/$(appliance-name).elf,$(app-elfs) $(wildcard $(O)/apps/*.elf)),)
$(error APP=$(APP): there is no such program; APP is one of $(patsubst $(O)/apps/%.elf,apps/%,$(app-elfs)))
endif
ifeq ($(filter $(CONFIG),$(wildcard configs/*_defconfig)),)
$(error CONFIG=$(CONFIG): there is no such one; CONFIG is one of $(wildcard configs/*_defconfig))
endif
endif

# Also when Kconfig has changed: an option that is new there would be on by its default, where all
# else is off.
.PHONY: appliance
appliance: mvm $(O)/apps/$(appliance-name).elf
	@[ -e $(appliance-O)/.config ] && \
		[ -z "$$(find $(CONFIG) $(kconfig-files) -newer $(appliance-O)/.config)" ] || \
		$(MAKE) O=$(appliance-O) $(notdir $(CONFIG))
	@$(MAKE) O=$(appliance-O) mvm
	@printf '  %-7s %s\n' PACK $(appliance-name).appliance
	$(Q)$(O)/bin/mvm pack $(O)/apps/$(appliance-name).elf --launcher $(appliance-O)/bin/mvm \
		$(addprefix --config ,$(appliance-conf)) $(addprefix --root ,$(appliance-files)) \
		-o $(O)/$(appliance-name).appliance
