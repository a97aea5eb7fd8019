# SPDX-License-Identifier: MIT
# The module's vMMU, the very files of kmod/, against the model in tests/vmmu: plain for many
# steps, and under ASan and UBSan.

vmmu-src	:= $(wildcard tests/vmmu/*.c) $(addprefix kmod/vmmu_,walk.c page.c fill.c)
vmmu-programs	:= $(O)/tests/vmmu/model.plain $(O)/tests/vmmu/model.asan
what-vmmu	:= CC [T]
cmd-vmmu	= $(HOSTCC) -std=gnu11 -g -O2 -D_GNU_SOURCE -Wall -Wextra -Wno-sign-compare \
		  -Wno-unused-parameter -Itests/vmmu -Ikmod $(vmmu-flags) -o $@ $(filter %.c,$^)
$(O)/tests/vmmu/model.plain: private vmmu-flags =
$(O)/tests/vmmu/model.asan: private vmmu-flags = $(san-flags)
$(vmmu-programs): $(vmmu-src) $(wildcard tests/vmmu/*.h) kmod/vmmu_int.h FORCE
	$(call if-changed,vmmu)
made += $(vmmu-programs)
