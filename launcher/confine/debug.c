/* SPDX-License-Identifier: MIT */
/* The system calls that a debugger and core dumps add to the rules. */
#include <fcntl.h>
#include <linux/kvm.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "confine_int.h"

static struct rule *allow_gdb(struct confinement *c, int nr, int fd)
{
	struct rule *r = allow(c, nr, "--gdb", c->plan->gdb.text);

	pin_fd(c, r, 0, fd);
	return r;
}

/* gdb/conn.c: the connection gets a number that is known beforehand. */
static void gdb_rules(struct confinement *c)
{
	struct rule *r;

	arg_is(allow_gdb(c, SYS_accept4, CONFINE_FD_GDB), 3, SOCK_NONBLOCK | SOCK_CLOEXEC,
	       "SOCK_NONBLOCK|SOCK_CLOEXEC");
	r = allow_gdb(c, SYS_dup3, -1);
	arg_is(r, 1, CONFINE_FD_GDB_CONN, "the debugger");
	arg_is(r, 2, O_CLOEXEC, "O_CLOEXEC");
	allow_gdb(c, SYS_close, -1);
	r = allow_gdb(c, SYS_fcntl, CONFINE_FD_GDB_CONN);
	arg_is(r, 1, F_SETOWN, "F_SETOWN");
	arg_is(r, 2, (uint64_t)getpid(), "this process");
	r = allow_gdb(c, SYS_fcntl, CONFINE_FD_GDB_CONN);
	arg_is(r, 1, F_SETFL, "F_SETFL");
	/* musl adds O_LARGEFILE, which means nothing here. */
	arg(r, 2, ARG_MASKED, O_RDWR | O_NONBLOCK | O_ASYNC, UINT32_MAX & ~(uint64_t)O_LARGEFILE,
	    "O_RDWR|O_NONBLOCK|O_ASYNC");
	allow_gdb(c, SYS_read, CONFINE_FD_GDB_CONN);
	allow_gdb(c, SYS_write, CONFINE_FD_GDB_CONN);
	allow_ioctl(c, CONFINE_FD_VCPU, KVM_GET_DEBUGREGS, "KVM_GET_DEBUGREGS");
	allow_ioctl(c, CONFINE_FD_VCPU, KVM_SET_DEBUGREGS, "KVM_SET_DEBUGREGS");
}

/* core/file.c */
static void core_rules(struct confinement *c)
{
	static const struct { uint16_t nr, fd; } calls[] = {
		{ SYS_pwrite64, CONFINE_FD_CORE }, { SYS_ftruncate, CONFINE_FD_CORE },
		{ SYS_write, CONFINE_FD_NAMER }, { SYS_read, CONFINE_FD_NAMER },
	};

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		pin_fd(c, allow(c, calls[i].nr, "--core", c->plan->core), 0, calls[i].fd);
}

void confine_debug(struct confinement *c)
{
	if (IS_ENABLED(CONFIG_CORE) && c->plan->core)
		core_rules(c);
	if (IS_ENABLED(CONFIG_GDB) && c->plan->gdb.text)
		gdb_rules(c);
}
