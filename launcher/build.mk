# SPDX-License-Identifier: MIT
# The launcher's objects, relative to launcher/. Options choose whole files: launcher-$(CONFIG_X).
# Flags of one file: cflags-launcher/file.o += ...

launcher-y += image.o
launcher-y += arena.o $(if $(CONFIG_LIBSECCOMP)$(CONFIG_SIGN),compat.o)
launcher-y += elf64.o
launcher-y += pagetable.o
launcher-y += tables.o
launcher-y += place.o
launcher-y += boot.o
launcher-y += load.o embed.o
launcher-y += main.o start.o descriptor.o vm.o wx.o kvm.o cpu.o run.o finish.o signals.o
launcher-y += $(if $(CONFIG_POLL),poller.o,nopoller.o)
launcher-y += msg.o output.o cmdline.o command.o value.o usage.o grants.o sysname.o signame.o crash.o
launcher-y += $(addprefix options/,options.o grant.o serve.o record.o observe.o snap.o debug.o pack.o)
launcher-y += $(if $(CONFIG_STATS),stats.o,nostats.o)
launcher-y += $(if $(CONFIG_STATS)$(CONFIG_SERVE),json.o)
launcher-y += $(addprefix record/,$(if $(CONFIG_RECORD),record.o stream.o span.o ram.o cpu.o replay_ram.o \
	      replay.o replay_state.o,norecord.o))
launcher-y += $(if $(CONFIG_RECORD)$(CONFIG_SNAPSHOT),snapshot/pagemap.o)
launcher-y += $(if $(CONFIG_RECORD)$(CONFIG_CORE),errand.o)
launcher-y += $(if $(CONFIG_TRACE)$(CONFIG_PROFILE)$(CONFIG_TIMELINE),observe/observe.o observe/beat.o,observe/noobserve.o)
launcher-$(CONFIG_TRACE) += $(addprefix observe/,trace.o record.o line.o text.o calls.o args.o flags.o structs.o \
			    requests.o filter.o)
launcher-$(CONFIG_PROFILE) += guest_mem.o $(addprefix observe/,profile.o stacks.o symbols.o)
launcher-$(CONFIG_TIMELINE) += $(addprefix observe/,timeline.o draw.o svg.o)

# The runtime's functions, for names of --profile: offsets in its text and names, ascending.
what-runtime-symbols := GEN
cmd-runtime-symbols = nm -n $< | $(AWK) '$$2 ~ /^[tT]$$/ && $$1 ~ /^00006f00000/ && $$3 !~ /^__rt_/ \
		  { printf "SYMBOL(0x%s, \"%s\")\n", substr($$1, 11), $$3 }' >$@
$(O)/include/generated/runtime-symbols.h: $(O)/runtime/runtime.elf FORCE
	$(call if-changed,runtime-symbols)
$(O)/launcher/observe/symbols.o: $(O)/include/generated/runtime-symbols.h
$(call read-saved,$(O)/include/generated/runtime-symbols.h)

launcher-y += tick.o $(addprefix service/,handle.o gate.o ring.o vm.o wait.o watch.o io.o close.o file.o stat.o)
launcher-$(CONFIG_DIR) += $(addprefix service/,path.o dir.o name.o attr.o)
launcher-y += $(if $(CONFIG_TTY),service/tty.o,service/notty.o)
launcher-$(CONFIG_SNAPSHOT) += nameless.o procfs.o
launcher-y += $(addprefix snapshot/,$(if $(CONFIG_SNAPSHOT),make.o take.o open.o fit.o vm.o sum.o state.o \
	      reset.o tables.o device.o order.o,nosnap.o))
launcher-net	:= $(addprefix net/,addr.o netvalue.o listener.o grant.o sockopt.o) options/net.o confine/net.o \
		   $(addprefix service/,socket.o dgram.o sendfile.o sockopt.o)
launcher-$(CONFIG_LISTEN) += $(launcher-net) net/inherited.o service/accept.o
launcher-$(CONFIG_CONNECT) += $(launcher-net) net/unixto.o net/grantunix.o net/mounts.o service/connect.o
launcher-y += $(if $(CONFIG_LISTEN)$(CONFIG_CONNECT),,net/nonet.o)

launcher-$(CONFIG_SERVE) += $(addprefix serve/,serve.o image.o template.o pool.o worker.o request.o rehearse.o \
			    record.o hist.o metrics.o scrape.o accesslog.o notify.o sockets.o bench.o confine_serve.o)

# The names of the system calls, by number, from the kernel's header: one string, each name with
# a NUL behind it, so that there are no pointers to them.
what-syscall-names := GEN
cmd-syscall-names = $(AWK) '$$1 == "$(pound)define" && $$2 ~ /^__NR_/ && $$3 ~ /^[0-9]+$$/ \
		  { name[$$3] = substr($$2, 6); if ($$3 > last) last = $$3 } \
		  END { for (i = 0; i <= last; i++) printf "\"%s\\0\"\n", name[i] }' $< >$@
$(O)/include/generated/syscall-names.h: /usr/include/x86_64-linux-gnu/asm/unistd_64.h FORCE
	$(call if-changed,syscall-names)
$(O)/launcher/sysname.o: $(O)/include/generated/syscall-names.h
$(call read-saved,$(O)/include/generated/syscall-names.h)

# The names of errors, by number, in the same way.
errno-headers	:= $(addprefix /usr/include/asm-generic/,errno-base.h errno.h)
what-errno-names := GEN
cmd-errno-names	= $(AWK) '$$1 == "$(pound)define" && $$2 ~ /^E[A-Z0-9]+$$/ && $$3 ~ /^[0-9]+$$/ \
		  { name[$$3] = $$2; if ($$3 > last) last = $$3 } \
		  END { for (i = 0; i <= last; i++) printf "\"%s\\0\"\n", name[i] }' $(errno-headers) >$@
$(O)/include/generated/errno-names.h: $(errno-headers) FORCE
	$(call if-changed,errno-names)
$(O)/launcher/observe/text.o: $(O)/include/generated/errno-names.h
$(call read-saved,$(O)/include/generated/errno-names.h)
launcher-y += $(if $(CONFIG_DOCTOR),doctor.o doctor_vm.o procfs.o,nodoctor.o)

launcher-y += $(addprefix confine/,confine.o rules.o filter.o trap.o root.o)
launcher-y += $(if $(CONFIG_LIBSECCOMP),confine/libseccomp.o,confine/tree.o)
launcher-y += $(if $(CONFIG_LANDLOCK),confine/landlock.o,confine/nolandlock.o)
launcher-y += $(if $(CONFIG_SHOW_CONFINEMENT),confine/show.o,confine/noshow.o)

# What looks into a guest: --gdb, --core.
launcher-y += confine/debug.o guest_mem.o guest_info.o program_path.o net/netvalue.o
launcher-y += $(if $(CONFIG_GDB),net/listener.o net/addr.o)
launcher-y += $(addprefix gdb/,$(if $(CONFIG_GDB),gdb.o open.o conn.o packet.o resume.o mem.o break.o hw.o regs.o \
	      xml.o query.o signal.o,nogdb.o))
launcher-y += $(addprefix core/,$(if $(CONFIG_CORE),core.o file.o maps.o notes.o,nocore.o))
launcher-$(CONFIG_CORE) += procfs.o

# Appliances.
launcher-pack	:= pack/sha256.o pack/format.o pack/file.o pack/conf.o pack/settings.o pack/inspect.o
launcher-$(CONFIG_APPLIANCE) += pack/mark.o pack/appliance.o $(launcher-pack)
launcher-y += $(if $(CONFIG_APPLIANCE),,pack/noappliance.o)
launcher-y += $(if $(CONFIG_PACK),pack/pack.o pack/launcher.o pack/elf.o pack/tar.o pack/out.o nameless.o \
	      procfs.o pack/unpack.o,pack/nopack.o)
launcher-$(CONFIG_PACK) += $(if $(CONFIG_SIGN),pack/sign.o pack/password.o,pack/nosign.o)

# The path of a hypercall, and what reads all of an appliance.
launcher-fast := run.o poller.o pack/sha256.o record/stream.o \
		 $(addprefix service/,ring.o gate.o handle.o io.o vm.o)
