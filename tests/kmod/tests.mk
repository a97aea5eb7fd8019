# SPDX-License-Identifier: MIT
# The tests of a KVM device: static programs that run on /dev/kvm and /dev/mvm alike, here and in
# the labs.  One program a file; kt*.c are what they share.

kmod-test-src	:= $(filter-out tests/kmod/kt%.c,$(wildcard tests/kmod/*.c))
kmod-tests	:= $(patsubst tests/%.c,$(O)/tests/%,$(kmod-test-src))

what-kmod-test	:= CC [T]
cmd-kmod-test	= $(LAUNCHER_CC) -static -s -std=gnu11 -O2 -D_GNU_SOURCE -Wall -Wextra -Iinclude \
		  -idirafter $(O)/host-include -o $@ $(filter %.c,$^) -lpthread
$(kmod-tests): $(O)/tests/kmod/%: tests/kmod/%.c tests/kmod/kt.c tests/kmod/kt_guest.c \
		tests/kmod/kt_clone.c \
		tests/kmod/kt.h kmod/uapi/mvm.h FORCE | $(addprefix $(O)/host-include/,linux asm asm-generic)
	$(call if-changed,kmod-test)
made += $(kmod-tests)

.PHONY: kmod-tests
kmod-tests: $(kmod-tests)
