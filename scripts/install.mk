# SPDX-License-Identifier: MIT
# make install, make uninstall: DESTDIR and PREFIX as usual.
