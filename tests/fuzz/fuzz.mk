# SPDX-License-Identifier: MIT
# The fuzzers, each with the sources it is linked with:
#   fuzz-y += fuzz_x
#   fuzz-src-fuzz_x := launcher/x.c

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
	$(addprefix launcher/,cpu.c nopoller.c)
fuzz-cflags-fuzz_replay := -Wl,--wrap=write,--wrap=mmap
