# SPDX-License-Identifier: MIT
# The launcher's objects, relative to launcher/. Options choose whole files: launcher-$(CONFIG_X).
# Flags of one file: cflags-launcher/file.o += ...

launcher-y += image.o
launcher-y += compat.o
launcher-y += elf64.o
launcher-y += pagetable.o
launcher-y += tables.o
launcher-y += place.o
launcher-y += boot.o
launcher-y += load.o
