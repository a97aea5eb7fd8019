/* SPDX-License-Identifier: MIT */
/*
 * What the device makes the workers' VMs from (snapshot/device.c).  A process of its own makes it,
 * as little privileged as a worker is then, and hands over the descriptor; its memory goes with it,
 * and what is left is the kernel's copy.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "descriptor.h"
#include "msg.h"
#include "template.h"

union control {
	struct cmsghdr head;
	char room[CMSG_SPACE(sizeof(int))];
};

static struct msghdr message(struct iovec *v, union control *c)
{
	return (struct msghdr){ .msg_iov = v, .msg_iovlen = 1, .msg_control = c,
				.msg_controllen = sizeof(*c) };
}

static int hand_over(int to, int fd)
{
	union control c = { .head = { .cmsg_len = CMSG_LEN(sizeof(int)),
				      .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS } };
	struct iovec v = { "", 1 };
	struct msghdr m = message(&v, &c);

	memcpy(CMSG_DATA(&c.head), &fd, sizeof(fd));
	return sendmsg(to, &m, MSG_NOSIGNAL) == 1 ? 0 : -errno;
}

/* The descriptor, or -1: it has ended without. */
static int take_over(int from)
{
	union control c;
	char byte;
	struct iovec v = { &byte, 1 };
	struct msghdr m = message(&v, &c);
	int fd = -1;
	ssize_t n;

	do
		n = recvmsg(from, &m, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n == 1 && m.msg_controllen >= CMSG_LEN(sizeof(int)) && c.head.cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(&c.head), sizeof(fd));
	return fd;
}

static int make(const struct supervisor *s, const struct snap_image *img, int to)
{
	static struct vm vm;
	struct plan plan = s->plan;
	int status, err;

	plan.huge = HUGE_NEVER;		/* pages are copied one by one */
	if (vm_open(&vm, &plan) < 0 || confine_privileges(s->confinement) < 0)
		return EXIT_MVM;
	status = snap_freeze(img, &plan, &vm);
	err = status ? 0 : hand_over(to, vm.vm_fd);
	return err ? fail(EXIT_MVM, "serve: cannot hand over the template: %s", strerror(-err)) :
		     status;
}

int template_make(const struct supervisor *s, const struct snap_image *img)
{
	int pair[2], fd, status = EXIT_MVM;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return fail(EXIT_MVM, "serve: cannot make a template: %s; raise the limit of open "
			    "files (ulimit -n)", strerror(errno));
	pid = fork();
	if (!pid)
		_exit(make(s, img, pair[1]));
	close(pair[1]);
	if (pid < 0)
		fail(EXIT_MVM, "serve: cannot make a process: %s", strerror(errno));
	fd = pid < 0 ? -1 : take_over(pair[0]);
	close(pair[0]);
	if (pid > 0 && waitpid(pid, &status, 0) == pid)
		status = WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_MVM;
	if (fd >= 0 && !status)
		return fd_move(fd, CONFINE_FD_TEMPLATE) < 0 ? EXIT_MVM : 0;
	if (fd >= 0)
		close(fd);
	return status ? status : EXIT_MVM;
}
