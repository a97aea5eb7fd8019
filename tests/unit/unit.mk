# SPDX-License-Identifier: MIT
# The unit tests, each with the sources it is linked with:
#   unit-y += test_x
#   unit-src-test_x := launcher/x.c        what is tested, and what that needs
#   unit-cflags-test_x, unit-ldflags-test_x    optional

unit-y += test_value test_options
unit-src-test_value := launcher/value.c
unit-src-test_options := launcher/options.c launcher/value.c launcher/msg.c
unit-y += test_grants
unit-src-test_grants := launcher/grants.c launcher/handle.c launcher/msg.c
unit-y += test_stats test_crash
unit-src-test_stats := launcher/stats.c launcher/signame.c launcher/sysname.c launcher/msg.c
unit-src-test_crash := launcher/crash.c launcher/signame.c launcher/msg.c
$(O)/tests/unit/test_stats.plain $(O)/tests/unit/test_stats.asan: $(O)/include/generated/syscall-names.h
