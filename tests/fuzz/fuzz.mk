# SPDX-License-Identifier: MIT
# The fuzzers, each with the sources it is linked with:
#   fuzz-y += fuzz_x
#   fuzz-src-fuzz_x := launcher/x.c
# and, where they are needed, fuzz-cflags-fuzz_x and fuzz-libs-fuzz_x.

# The hypercall service; WAIT must not.
fuzz-y += fuzz_hypercall
fuzz-src-fuzz_hypercall := tests/fuzz/fuzz_request.c $(filter-out launcher/msg.c tests/unit/%,$(service-src)) \
	launcher/record/span.c launcher/record/stream.c
fuzz-cflags-fuzz_hypercall := -Wl,--wrap=ppoll,--wrap=connect,--wrap=sendmsg

# The ELF loader: its checks, and the placement of what they accept.
fuzz-y += fuzz_elf
fuzz-src-fuzz_elf := launcher/elf64.c launcher/place.c

# A replay: recordings that are damaged or made to harm, and guests that do something else.
fuzz-y += fuzz_replay
fuzz-src-fuzz_replay := tests/fuzz/fuzz_request.c $(filter-out launcher/msg.c tests/unit/%,$(service-src)) \
	$(addprefix launcher/record/,span.c stream.c cpu.c replay.c replay_state.c replay_ram.c) \
	$(addprefix launcher/,cpu.c nopoller.c output.c)
fuzz-cflags-fuzz_replay := -Wl,--wrap=write,--wrap=mmap

# A launcher that begins and ends with each input.
fuzz-launcher	:= tests/fuzz/fuzz_launcher.c
fuzz-forgets	:= -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=aligned_alloc,--wrap=free

# The text of mvm.conf(5), and the files that a person passes on: appliances, snapshots, keys.
fuzz-y += fuzz_conf
fuzz-src-fuzz_conf := $(fuzz-launcher) launcher/pack/conf.c launcher/pack/settings.c \
	$(filter-out launcher/msg.c,$(unit-src-test_options))
fuzz-cflags-fuzz_conf := $(fuzz-forgets)

fuzz-y += fuzz_appliance
fuzz-src-fuzz_appliance := $(fuzz-launcher) $(addprefix launcher/pack/,file.c format.c sha256.c)
fuzz-cflags-fuzz_appliance := $(fuzz-forgets)

fuzz-$(CONFIG_SNAPSHOT) += fuzz_snapshot
fuzz-src-fuzz_snapshot := $(fuzz-launcher) $(filter-out launcher/msg.c,$(unit-src-test_snap))
fuzz-cflags-fuzz_snapshot := $(fuzz-forgets)

fuzz-$(CONFIG_SIGN) += fuzz_sign
fuzz-src-fuzz_sign := $(fuzz-launcher) $(addprefix launcher/pack/,sign.c file.c format.c sha256.c)
fuzz-cflags-fuzz_sign := $(fuzz-forgets) -Wl,--wrap=open \
	-Wl,--wrap=crypto_pwhash_scryptsalsa208sha256
fuzz-libs-fuzz_sign = $(libsodium)

# What a debugger says.
fuzz-y += fuzz_gdb
fuzz-src-fuzz_gdb := $(fuzz-launcher) $(filter-out %/nogdb.c %/conn.c %/open.c,$(wildcard launcher/gdb/*.c)) \
	$(addprefix launcher/,guest_mem.c guest_info.c program_path.c service/gate.c)
fuzz-cflags-fuzz_gdb := $(fuzz-forgets)

# The archive of --root FILE.tar, which the runtime unpacks.
fuzz-y += fuzz_tar
fuzz-src-fuzz_tar := $(fuzz-launcher) $(fs-src)
fuzz-cflags-fuzz_tar := $(fs-cflags) $(fuzz-forgets),--wrap=rt_panic
