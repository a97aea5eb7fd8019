# SPDX-License-Identifier: MIT
# The manual pages, $(O)/man/PAGE, from docs/PAGE.in: gendocs (launcher/gendocs/) puts the lists of
# commands and options there, from the launcher's own tables.  And the completion of shells, from
# scripts/completion/ and the same tables.

man-y			:= mvm.1 mvm-run.1 mvm-cc.1 mvm.4
man-$(CONFIG_DOCTOR)	+= mvm-doctor.1
man-$(CONFIG_SERVE)	+= mvm-serve.1
man-$(CONFIG_SNAPSHOT)	+= mvm-snapshot.1
man-$(CONFIG_PACK)	+= mvm-pack.1 mvm-inspect.1 mvm-unpack.1 mvm.conf.5

manuals		:= $(addprefix $(O)/man/,$(man-y))
completions	:= $(addprefix $(O)/completion/,bash zsh fish)

.PHONY: docs
docs: $(manuals) $(completions)

# All objects of the launcher but main(): the tables name functions of most of them.
gendocs-objs	:= $(addprefix $(O)/launcher/,$(addprefix gendocs/,gendocs.o man.o value.o bash.o zsh.o fish.o) \
		   $(filter-out main.o,$(sort $(launcher-y))))
what-gendocs	:= LD
cmd-gendocs	= $(LAUNCHER_CC) $(launcher-ldflags) -o $@ $(gendocs-objs) $(launcher-libs)
$(O)/launcher/gendocs/gendocs: $(gendocs-objs) FORCE
	$(call if-changed,gendocs)
$(filter $(O)/launcher/gendocs/%,$(gendocs-objs)): | $(host-include) $(O)/include/generated/version.h

what-man	:= MAN
cmd-man		= $(O)/launcher/gendocs/gendocs man $< $(DATE) >$@.tmp && mv $@.tmp $@
$(manuals): $(O)/man/%: docs/%.in $(O)/launcher/gendocs/gendocs FORCE
	$(call if-changed,man)

what-completion	:= GEN
cmd-completion	= $(O)/launcher/gendocs/gendocs $(@F) $< >$@.tmp && mv $@.tmp $@
$(completions): $(O)/completion/%: scripts/completion/mvm.% $(O)/launcher/gendocs/gendocs FORCE
	$(call if-changed,completion)

made += $(filter $(O)/launcher/gendocs/%,$(gendocs-objs)) $(O)/launcher/gendocs/gendocs $(manuals) $(completions)
