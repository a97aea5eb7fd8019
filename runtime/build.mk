# SPDX-License-Identifier: MIT
# The runtime's objects, relative to runtime/. Options choose whole files: runtime-$(CONFIG_X).
# Flags of one file: cflags-runtime/dir/file.o += ...

# lib/
runtime-y += lib/string.o lib/printf.o
cflags-runtime/lib/string.o += -fno-tree-loop-distribute-patterns

# The core: nucleus, ring-3 doors, hypercalls.
runtime-y += nucleus.o entry.o hyper.o upcall.o start.o
runtime-$(CONFIG_TRAP) += trap.o

# sys/: the dispatch table and what is neither memory nor files.
runtime-y += sys/table.o sys/dispatch.o sys/init.o sys/process.o sys/creds.o sys/system.o
runtime-y += sys/limits.o sys/sched.o sys/futex.o sys/exec.o sys/death.o
runtime-y += sys/chacha.o sys/random.o sys/clock.o sys/clockadj.o
runtime-$(CONFIG_SIGNALS) += sys/signal.o sys/sigcalls.o sys/sigframe.o
runtime-$(if $(CONFIG_SIGNALS),n,y) += sys/signal_none.o
runtime-$(CONFIG_ITIMER) += sys/itimer.o
runtime-$(if $(CONFIG_ITIMER),n,y) += sys/itimer_none.o
runtime-y += sys/vdso_none.o
