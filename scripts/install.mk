# SPDX-License-Identifier: MIT
# make install, make uninstall: DESTDIR and PREFIX as usual.  Three parts, which Debian's packages are
# made of: mvm; the compiler wrappers with their musl (which they find by their own place, so the
# tree may be moved); the module's sources for DKMS and who may use its device.
#
# Each part is a list of words MODE|SOURCE|PLACE below PREFIX.  `uninstall` removes what is in the
# lists, and directories that are mvm's alone.

ZSHDIR		?= share/zsh/site-functions
docdir		?= share/doc/mvm
prefix-dir	= $(DESTDIR)$(PREFIX)
own-dirs	= lib/mvm $(docdir)/docs $(docdir) src/mvm-$(VERSION)/uapi src/mvm-$(VERSION)

# $(call put,MODE,PLACE,FILES)
put		= $(foreach f,$(3),$(1)|$(f)|$(2)/$(notdir $(f)))
put-man		= $(foreach m,$(1),644|$(O)/man/$(m)|share/man/man$(lastword $(subst ., ,$(m)))/$(m))

dev-man		:= mvm-cc.1
dkms-man	:= mvm.4
files-mvm	= $(call put,755,bin,$(O)/bin/mvm) $(call put-man,$(filter-out $(dev-man) $(dkms-man),$(man-y))) \
		  644|$(O)/completion/bash|share/bash-completion/completions/mvm \
		  644|$(O)/completion/zsh|$(ZSHDIR)/_mvm \
		  644|$(O)/completion/fish|share/fish/vendor_completions.d/mvm.fish \
		  $(call put,644,$(docdir),README.md LICENSE) $(call put,644,$(docdir)/docs,$(wildcard docs/*.md))
files-dev	= $(call put,755,bin,$(O)/bin/mvm-cc $(O)/bin/mvm-c++) \
		  $(call put,644,lib/mvm,$(O)/lib/mvm/mvm.specs) $(call put-man,$(dev-man))
# Its configuration goes with the module: DKMS compiles what was chosen here.
files-dkms	= $(call put,644,src/mvm-$(VERSION),$(wildcard kmod/*.[chS]) kmod/Kbuild $(kmod-config) $(O)/kmod/dkms.conf) \
		  $(call put,644,src/mvm-$(VERSION)/uapi,$(wildcard kmod/uapi/*.h)) \
		  $(call put,644,lib/udev/rules.d,kmod/60-mvm.rules) $(call put-man,$(dkms-man))

# What is said of the files: a loop of the shell over such a list.
each-file	= @for f in $(foreach w,$(1),'$(w)'); do \
		  mode=$${f%%|*}; place=$${f\#\#*|}; source=$${f\#*|}; source=$${source%|*}; \
		  $(2) || exit 1; done
install-list	= $(call each-file,$(1),install -D -m "$$mode" "$$source" '$(prefix-dir)'/"$$place")

.PHONY: install install-mvm install-dev install-dkms uninstall
install: install-mvm install-dev install-dkms
install-mvm: mvm docs
	$(call install-list,$(files-mvm))
install-dev: mvm-cc docs
	$(call install-list,$(files-dev))
	ln -sf mvm-cc.1 $(prefix-dir)/share/man/man1/mvm-c++.1
	rm -rf $(prefix-dir)/lib/mvm/sysroot
	install -d $(prefix-dir)/lib/mvm/sysroot
	cp -rP $(O)/sysroot/include $(O)/sysroot/lib $(O)/sysroot/cxx $(prefix-dir)/lib/mvm/sysroot
	find $(prefix-dir)/lib/mvm/sysroot -name '*.cmd' -delete
install-dkms: $(kmod-config) $(O)/kmod/dkms.conf docs
	$(call install-list,$(files-dkms))
	@[ -n '$(DESTDIR)' ] || echo "next: dkms add $(PREFIX)/src/mvm-$(VERSION) &&" \
		"dkms install mvm/$(VERSION) && modprobe mvm"

# Also pages of what is left out now, and was perhaps not when it was installed.
uninstall:
	$(call each-file,$(files-mvm) $(call put-man,$(man-)) $(files-dev) $(files-dkms),rm -f '$(prefix-dir)'/"$$place")
	rm -f $(prefix-dir)/share/man/man1/mvm-c++.1
	rm -rf $(prefix-dir)/lib/mvm/sysroot
	@for d in $(own-dirs); do rmdir '$(prefix-dir)'/$$d 2>/dev/null || :; done

# ---- Debian's packages: $(O)/deb/*.deb; `make deb` installs the tools ----------------------------

.PHONY: deb-build
deb-build:
	@MVM_DL='$(dl)' MUSL_SRC='$(MUSL_SRC)' scripts/deb.sh '$(O)/deb'
