# SPDX-License-Identifier: MIT
# The runtime's objects, relative to runtime/. Options choose whole files: runtime-$(CONFIG_X).
# Flags of one file: cflags-runtime/dir/file.o += ...

# lib/
runtime-y += lib/string.o lib/printf.o
cflags-runtime/lib/string.o += -fno-tree-loop-distribute-patterns
