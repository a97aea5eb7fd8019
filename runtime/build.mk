# SPDX-License-Identifier: MIT
# The runtime's objects, relative to runtime/. Options choose whole files: runtime-$(CONFIG_X).
# Flags of one file: cflags-runtime/dir/file.o += ...

# lib/
runtime-y += lib/string.o lib/printf.o
cflags-runtime/lib/string.o += -fno-tree-loop-distribute-patterns

# The core: nucleus, ring-3 doors, hypercalls.
runtime-y += nucleus.o entry.o hyper.o upcall.o start.o
debug-$(CONFIG_GDB) += debug.o debug_stop.o
debug-$(CONFIG_CORE) += debug.o debug_core.o
runtime-y += $(sort $(debug-y))
runtime-$(CONFIG_TRAP) += trap.o sys/site.o
runtime-$(if $(CONFIG_TRAP),n,y) += notrap.o

# sys/: the dispatch table and what is neither memory nor files.
runtime-y += sys/table.o sys/dispatch.o sys/init.o sys/process.o sys/prctl.o sys/creds.o sys/system.o
runtime-y += sys/limits.o sys/sched.o sys/futex.o sys/robust.o sys/exec.o sys/death.o sys/fpe.o
runtime-$(CONFIG_ROOT) += sys/load.o sys/script.o
runtime-$(CONFIG_ARCHIVE) += fs/tar.o fs/archive.o
runtime-$(CONFIG_ROOT) += fs/lower.o
runtime-y += sys/chacha.o sys/random.o sys/clock.o sys/clockadj.o sys/timers.o
runtime-$(CONFIG_THREADS) += sys/clone.o
runtime-$(CONFIG_SIGNALS) += sys/signal.o sys/sigqueue.o sys/rseq.o sys/sigcalls.o sys/sigframe.o sys/hostsig.o
runtime-$(if $(CONFIG_SIGNALS),n,y) += sys/signal_none.o
runtime-$(CONFIG_TRACE) += sys/trace.o
runtime-$(CONFIG_PROFILE) += mm/mapped.o
runtime-$(CONFIG_ITIMER) += sys/itimer.o
runtime-$(CONFIG_POSIX_TIMERS) += sys/ptimer.o
runtime-y += sys/clocktimer.o sys/adjtime.o sys/mempolicy.o
runtime-$(CONFIG_VDSO) += sys/vdso.o
runtime-$(if $(CONFIG_VDSO),n,y) += sys/vdso_none.o

# The vDSO is a shared object of its own, embedded by sys/vdso.S.  vdso-links: where in it the
# addresses of the runtime are put; behind the ELF headers.
vdso-links	:= 0x100
vdso		:= $(O)/runtime/sys/vdso/vdso.so
cflags-runtime/sys/vdso/vdso.o := -fpic
what-vdso-ld	:= LD [V]
cmd-vdso-ld	= $(RUNTIME_CC) -nostdlib -shared -Wl,-soname,linux-vdso.so.1 \
		  -Wl,--hash-style=both -Wl,-Bsymbolic -Wl,-z,max-page-size=4096 \
		  -Wl,-z,noexecstack -Wl,--build-id=none -Wl,--no-undefined \
		  -Wl,--defsym,VDSO_LINKS=$(vdso-links) -T runtime/sys/vdso/vdso.lds -Wl,-s \
		  -o $@ $(@:.so=.o)
$(vdso): $(O)/runtime/sys/vdso/vdso.o runtime/sys/vdso/vdso.lds FORCE
	$(call if-changed,vdso-ld)
$(O)/runtime/sys/vdso.o: $(vdso)
cflags-runtime/sys/vdso.o := -DVDSO_IMAGE='"$(vdso)"' -DVDSO_LINKS=$(vdso-links)
made += $(vdso) $(vdso:.so=.o)

# sched/: who runs when.
runtime-y += sched/sched.o sched/waitq.o sched/thread.o sched/switch.o sched/fpu.o
runtime-y += $(if $(CONFIG_SNAPSHOT),sched/ready.o,sched/noready.o)
runtime-y += sched/tick.o sched/hostfd.o sched/ktimer.o
runtime-$(CONFIG_RECORD) += sched/record.o

# mm/: frames, page tables, mappings, the address-space calls.
mm-hot	:= mm/frames.o mm/heap.o mm/pt.o mm/vma.o mm/block.o mm/block_hist.o mm/block_follow.o \
	   mm/block_fill.o mm/space.o mm/execmem.o mm/mmap.o mm/brk.o mm/fault.o mm/uaccess.o
runtime-y += $(mm-hot) mm/init.o mm/block_sync.o mm/shared.o mm/twin.o mm/mremap.o mm/madvise.o mm/uaccess_asm.o

# fs/: descriptors, the tree, the grants, devices, pipes, waiting.
runtime-y += fs/init.o fs/tree.o fs/io.o fs/pagemap.o fs/node.o fs/ramfs.o fs/ramdir.o fs/ramfile.o
runtime-y += fs/walk.o fs/at.o fs/open.o fs/names.o fs/rename.o fs/stat.o fs/setattr.o fs/cwd.o
runtime-y += fs/fdtable.o fs/file.o fs/rw.o fs/size.o fs/copy.o fs/dirent.o fs/fcntl.o fs/lock.o
runtime-y += fs/poll.o fs/select.o fs/eventfd.o fs/stream.o fs/dev.o
runtime-y += $(if $(CONFIG_PROC),fs/proc.o fs/procself.o fs/procfd.o fs/proctask.o fs/procsys.o fs/cpuinfo.o \
	     fs/mountinfo.o fs/maps.o,fs/noproc.o)
runtime-y += fs/hostreq.o fs/hostfile.o
runtime-$(CONFIG_SERVE) += fs/inetd.o
runtime-$(CONFIG_HOSTFS) += fs/hostfs.o fs/hostdir.o fs/hostmove.o fs/walkhost.o fs/cover.o
runtime-$(if $(CONFIG_HOSTFS),n,y) += fs/nohost.o
runtime-$(CONFIG_DISK) += fs/disk.o
runtime-$(if $(CONFIG_DISK),n,y) += fs/nodisk.o
runtime-$(CONFIG_TTY) += fs/tty.o
runtime-$(if $(CONFIG_TTY),n,y) += fs/notty.o
runtime-$(CONFIG_EPOLL) += fs/epoll.o fs/epitem.o
runtime-$(CONFIG_TIMERFD) += fs/timerfd.o
runtime-$(CONFIG_SIGNALFD) += fs/signalfd.o
runtime-$(CONFIG_INOTIFY) += fs/inotify.o fs/notify.o
runtime-$(CONFIG_PIDFD) += fs/pidfd.o
runtime-$(CONFIG_SYSV_SHM) += fs/sysvshm.o
runtime-$(CONFIG_PIPE) += fs/pipe.o fs/splice.o
runtime-$(if $(CONFIG_PIPE),n,y) += fs/nopipe.o

# net/: sockets.
runtime-$(CONFIG_NET) += net/calls.o net/socket.o net/sockopt.o net/sockget.o net/msg.o net/cmsg.o net/addr.o
runtime-$(CONFIG_NET) += net/stream.o net/dgram.o net/conn.o net/backlog.o
runtime-$(CONFIG_NET) += net/unix.o net/unix_dgram.o net/unix_name.o
runtime-$(CONFIG_NET) += net/inet.o net/port.o net/tcp.o net/urgent.o net/udp.o net/ifconf.o net/netlink.o net/resolv.o
hosted := net/hosted.o net/hosttcp.o net/hostunix.o net/hostbuf.o net/hostsend.o net/hostlisten.o net/hostudp.o
runtime-$(CONFIG_NET) += $(if $(CONFIG_LISTEN)$(CONFIG_CONNECT),$(hosted),net/nohosted.o)

# What a program calls often: memory, time, the way through the dispatch table, reading and writing.
runtime-fast := lib/string.o hyper.o upcall.o sys/dispatch.o sys/clock.o sys/process.o \
	sys/vdso/vdso.o sys/chacha.o sys/signal.o sys/sigframe.o \
	$(mm-hot) \
	fs/io.o fs/rw.o fs/file.o fs/hostfile.o fs/hostreq.o fs/fdtable.o fs/pagemap.o fs/ramfile.o
