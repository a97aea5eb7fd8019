# SPDX-License-Identifier: MIT
# The fuzzers, each with the sources it is linked with:
#   fuzz-y += fuzz_x
#   fuzz-src-fuzz_x := launcher/x.c
