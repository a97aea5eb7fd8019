/* SPDX-License-Identifier: MIT */
/*
 * Core dumps (--core): an ELF file with memory and registers of a program that has crashed, as a
 * kernel writes one (core(5), elf(5)).  nocore.c stands in without CONFIG_CORE.
 */
#ifndef MVM_CORE_H
#define MVM_CORE_H

#include "plan.h"
#include "run.h"

/*
 * Makes the file, which has no name yet, with the descriptor CONFINE_FD_CORE.  While files can be
 * opened and before there is a second thread; nothing without --core.  0, or EXIT_MVM with the
 * message printed.
 */
int core_open(const struct plan *plan);
/*
 * The run is over: writes the file if this is a death that leaves a core, and gives it its name.
 * One line says what became of it.  signo: what the program died of, -1: the VM cannot go on.
 */
void core_write(const struct run *r, int signo);

#endif
