# SPDX-License-Identifier: MIT
# make install, make uninstall: DESTDIR and PREFIX as usual.  mvm, the compiler wrappers with their
# musl (which they find by their own place, so the tree may be moved), and the manual pages.

.PHONY: install uninstall
bindir	= $(DESTDIR)$(PREFIX)/bin
libdir	= $(DESTDIR)$(PREFIX)/lib/mvm
mandir	= $(DESTDIR)$(PREFIX)/share/man
docdir	= $(DESTDIR)$(PREFIX)/share/doc/mvm
manuals	:= $(wildcard docs/*.[14])
bashdir	= $(DESTDIR)$(PREFIX)/share/bash-completion/completions
docs	:= $(wildcard README.md LICENSE docs/*.md)

install: mvm mvm-cc
	install -d $(bindir) $(libdir)/sysroot $(docdir)
	install -m 755 $(O)/bin/mvm $(O)/bin/mvm-cc $(O)/bin/mvm-c++ $(bindir)
	install -m 644 $(O)/lib/mvm/mvm.specs $(libdir)
	rm -rf $(libdir)/sysroot/*
	cp -rP $(O)/sysroot/include $(O)/sysroot/lib $(O)/sysroot/cxx $(libdir)/sysroot
	find $(libdir)/sysroot -name '*.cmd' -delete
	$(if $(docs),install -m 644 $(docs) $(docdir))
	install -d $(bashdir) && install -m 644 scripts/mvm.bash $(bashdir)/mvm
	for page in $(manuals); do install -D -m 644 $$page $(mandir)/man$${page##*.}/$${page##*/} || exit; done

uninstall:
	rm -f $(addprefix $(bindir)/,mvm mvm-cc mvm-c++)
	rm -f $(bashdir)/mvm
	rm -f $(foreach m,$(manuals),$(mandir)/man$(lastword $(subst ., ,$(m)))/$(notdir $(m)))
	rm -rf $(libdir) $(docdir)
