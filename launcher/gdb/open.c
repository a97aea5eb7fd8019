/* SPDX-License-Identifier: MIT */
/* Where the debugger is waited for: opened before anything is given up. */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "confine/confine.h"
#include "gdb_int.h"
#include "net/listener.h"
#include "net/addr.h"

static char where[sizeof(((struct sockaddr_un *)NULL)->sun_path)];

/* As `target remote` takes it. */
static void note_address(const struct plan_listen *l)
{
	struct sockaddr_storage a;
	socklen_t len = sizeof(a);
	struct mvm_inet in = { .port = l->port };

	if (l->proto == MVM_PROTO_UNIX) {
		snprintf(where, sizeof(where), "%s", l->path);
		return;
	}
	if (!getsockname(CONFINE_FD_GDB, (struct sockaddr *)&a, &len))
		net_addr_in(&a, &in);
	snprintf(where, sizeof(where), "localhost:%u", in.port);
}

const char *gdb_where(void)
{
	return where;
}

int gdb_open(const struct plan *plan)
{
	int fd;

	if (!plan->gdb.text)
		return 0;
	fd = listener_open(&plan->gdb);
	if (fd < 0)
		return listener_failed(&plan->gdb, "gdb", errno);
	/* The connection's number is not free meanwhile, or a guest's file could get it. */
	if (dup3(fd, CONFINE_FD_GDB, O_CLOEXEC) < 0 || dup3(fd, CONFINE_FD_GDB_CONN, O_CLOEXEC) < 0)
		return listener_failed(&plan->gdb, "gdb", errno);
	close(fd);
	note_address(&plan->gdb);
	gdb_exec_file_find(plan);
	return 0;
}
