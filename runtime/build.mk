# SPDX-License-Identifier: MIT
# The runtime's objects, relative to runtime/. Options choose whole files: runtime-$(CONFIG_X).
# Flags of one file: cflags-runtime/dir/file.o += ...

# lib/
runtime-y += lib/string.o lib/printf.o
cflags-runtime/lib/string.o += -fno-tree-loop-distribute-patterns

# The core: nucleus, ring-3 doors, hypercalls.
runtime-y += nucleus.o entry.o hyper.o upcall.o start.o
runtime-$(CONFIG_TRAP) += trap.o
