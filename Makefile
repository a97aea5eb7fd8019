# SPDX-License-Identifier: MIT
# mvm: what can be made, and from what.  The mechanics are in scripts/: kconfig.mk (the
# configuration), rules.mk (how a file is compiled), install.mk.  What the parts consist of is in
# their own build.mk.
#
#   make help      lists the goals
#   make O=DIR     builds in another directory, with a configuration of its own

MAKEFLAGS += --no-builtin-rules --no-builtin-variables --no-print-directory
.SUFFIXES:
.DELETE_ON_ERROR:

VERSION		:= 0.1.0
# Of the manual pages.
DATE		:= 2026-11-27

O		?= build
V		?= 0
PREFIX		?= /usr/local
DESTDIR		?=

ifeq ($(abspath $(O)),$(CURDIR))
$(error O=$(O): building in the source directory is not supported; name another directory)
endif
ifneq ($(word 2,[$(O)] [$(CURDIR)]x),[$(CURDIR)]x)
$(error $(if $(word 2,$(O)),O=$(O),$(CURDIR)): make takes no names with blanks; $(if $(word 2,$(O)),name \
	another directory,move the sources to a directory) without blanks in its name)
endif
# One name for one directory: what was built with which command is kept by name.
override O	:= $(patsubst $(CURDIR)/%,%,$(abspath $(O)))

# Tools.  The launcher is linked statically with musl; the runtime is freestanding.
LAUNCHER_CC	?= musl-gcc
RUNTIME_CC	?= gcc
HOSTCC		?= gcc
OBJCOPY		?= objcopy
STRIP		?= strip
AWK		?= awk

.PHONY: all
all: mvm mvm-cc apps docs

# ---- Goals that need no configuration, and may have to install packages first ---------------

setup-goals	:= help deps clean distclean run test bench bench-peers lint kmod lab-vmx syscalls deb
config-goals	:= defconfig oldconfig olddefconfig menuconfig savedefconfig
config-asked	:= $(filter $(config-goals) %_defconfig,$(MAKECMDGOALS))
need-config	:= $(if $(MAKECMDGOALS),$(filter-out $(setup-goals) $(config-goals) %_defconfig,$(MAKECMDGOALS)),all)

ifneq ($(and $(config-asked),$(word 2,$(MAKECMDGOALS))),)

# `make x_defconfig mvm` means one after the other: each goal gets a make of its own, because
# the configuration is read when make starts.
.PHONY: $(MAKECMDGOALS) one-by-one
$(MAKECMDGOALS): one-by-one ;
one-by-one:
	@set -e; for goal in $(MAKECMDGOALS); do $(MAKE) $$goal; done

else

include scripts/kconfig.mk

.PHONY: help deps run test bench bench-peers kmod lab-vmx lint syscalls deb clean distclean
help:
	@cat scripts/help.txt

# What is missing is installed by these goals themselves, so that two commands are the set-up.  They
# use all processors unless -j says otherwise.
make-jobs	= $(MAKE) $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))
make-all	= $(make-jobs) all

deps:
	@scripts/deps.sh build test bench lab deb
run:
	@scripts/deps.sh build run
	@$(make-all)
	@O='$(O)' apps/run.sh
test:
	@scripts/deps.sh build test lab kmod vmx deb
	@$(make-all)
	@$(make-jobs) tests-run
bench:
	@scripts/deps.sh build bench
	@$(make-all)
	@$(make-jobs) bench-run
# Without one of these packages it says what it left out.
bench-peers:
	@scripts/deps.sh build bench
	@scripts/deps.sh peers || true
	@$(make-all)
	@$(make-jobs) bench-peers-run
kmod:
	@scripts/deps.sh build kmod
	@$(make-jobs) module
lab-vmx:
	@scripts/deps.sh build kmod vmx $(if $(LAB_RUN),,test)
	@$(make-jobs) lab-vmx-run
lint:
	@scripts/deps.sh build test kmod
	@scripts/lint.sh
	@$(make-jobs) kmod-lint

deb:
	@scripts/deps.sh build deb
	@$(make-jobs) deb-build

syscalls:
	@scripts/syscalls.sh runtime/sys/calls.h >docs/syscalls.md.new
	@mv docs/syscalls.md.new docs/syscalls.md

clean:
	$(if $(wildcard $(O)),find $(O) -mindepth 1 -maxdepth 1 ! -name .config ! -name dl \
		-exec rm -rf {} +)
distclean:
	rm -rf $(O)

# ---- Everything else -------------------------------------------------------------------------

ifneq ($(need-config),)
include $(O)/include/config/auto.conf
include scripts/rules.mk
include launcher/build.mk
include runtime/build.mk
include musl/build.mk
include apps/build.mk
include docs/build.mk
include kmod/kmod.mk
include tests/build.mk
include scripts/targets.mk
endif
include scripts/install.mk

endif
