# SPDX-License-Identifier: MIT
# The launcher's objects, relative to launcher/. Options choose whole files: launcher-$(CONFIG_X).
# Flags of one file: cflags-launcher/file.o += ...

launcher-y += image.o
launcher-y += compat.o
