# SPDX-License-Identifier: MIT
# The unit tests, each with the sources it is linked with:
#   unit-y += test_x
#   unit-src-test_x := launcher/x.c        what is tested, and what that needs
#   unit-cflags-test_x, unit-ldflags-test_x    optional
