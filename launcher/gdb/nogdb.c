/* SPDX-License-Identifier: MIT */
/* Without CONFIG_GDB: no debugger, no port for it. */
#include "finish.h"
#include "gdb.h"

int gdb_open(const struct plan *plan)
{
	(void)plan;
	return 0;
}

void gdb_begin(struct run *r)
{
	(void)r;
}

void gdb_stop(struct run *r)
{
	(void)r;
	finish_vm("accessed an I/O port that does not exist, port", MVM_PORT_DEBUG);
}

void gdb_interrupted(struct run *r)
{
	(void)r;
}

void gdb_end(int status, int signo)
{
	(void)status;
	(void)signo;
}

void gdb_restored(void)
{
}
