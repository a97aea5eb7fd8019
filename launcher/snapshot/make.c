/* SPDX-License-Identifier: MIT */
/*
 * mvm snapshot, seen from outside: a child runs the program, confined as ever, and writes the VM to
 * a file without a name; here the program's output is added and the checksums, and the file gets
 * its name when it is whole.
 *
 * The program finds a standard input that never has anything, and what it writes to standard output
 * is kept: every clone writes it again, as the program would have done when started afresh.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "command.h"
#include "confine/confine.h"
#include "grants.h"
#include "msg.h"
#include "nameless.h"
#include "output.h"
#include "procfs.h"
#include "snap_int.h"
#include "sum.h"
#include "start.h"

static char output[SNAP_OUTPUT_MAX];
static size_t output_len;

static int cannot_make(const struct plan *plan, const char *what)
{
	return fail(EXIT_MVM, "-o %s: %s: %s; name a file %s", plan->snap_out, what,
		    strerror(errno), errno == ENOSPC || errno == EFBIG || errno == EDQUOT ?
		    "where there is room" : "in a directory where you may write");
}

/* Writes len bytes at *off, which moves on.  False: errno says why. */
static bool put(int fd, const void *data, size_t len, uint64_t *off)
{
	const uint8_t *p = data;

	while (len) {
		ssize_t n = pwrite(fd, p, len, (off_t)*off);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		p += n;
		len -= (size_t)n;
		*off += (uint64_t)n;
	}
	return true;
}

/* ---- The child ------------------------------------------------------------------------------ */

/* Descriptor 0: a pipe whose writing end is itself, so that it neither has anything nor ends. */
static bool make_stdin(void)
{
	int ends[2], fd;
	char self[40];

	if (pipe2(ends, O_CLOEXEC))
		return false;
	snprintf(self, sizeof(self), "/proc/self/fd/%d", ends[0]);
	fd = open(self, O_RDWR);
	close(ends[0]);
	close(ends[1]);
	if (fd < 0 || dup2(fd, STDIN_FILENO) < 0)
		return false;
	if (fd != STDIN_FILENO)
		close(fd);
	return true;
}

static _Noreturn void child(const struct plan *plan, struct stats *stats, int file, int out)
{
	if (!make_stdin() || dup2(out, STDOUT_FILENO) < 0 ||
	    dup3(file, CONFINE_FD_SNAP, O_CLOEXEC) < 0)
		_exit(fail(EXIT_MVM, "cannot prepare the program's streams: %s", strerror(errno)));
	close(file);
	close(out);
	_exit(start(plan, stats));
}

/* ---- Beside it ------------------------------------------------------------------------------ */

/* All that the program writes, until it ends or is ready. */
static int collect_output(const struct plan *plan, int in)
{
	char beyond;

	for (;;) {
		bool full = output_len == sizeof(output);
		ssize_t n = full ? read(in, &beyond, 1) :
				   read(in, output + output_len, sizeof(output) - output_len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return 0;
		if (full)
			return fail(EXIT_CANNOT_RUN, "%s: writes more than %u KiB before it is "
				    "ready, more than a snapshot keeps", plan->program,
				    SNAP_OUTPUT_MAX >> 10);
		output_len += (size_t)n;
	}
}

static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return EXIT_MVM;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* What the child has written becomes a snapshot. */
static int complete(const struct plan *plan, int fd)
{
	static uint8_t part[64 << 10];
	struct snap_head h;
	uint64_t off = SNAP_HEAD, head = 0;
	ssize_t n;

	if (pread(fd, &h, sizeof(h), 0) != sizeof(h))
		return fail(EXIT_MVM, "%s: the snapshot was not written", plan->program);
	if (!put(fd, output, output_len, &h.file_size))
		return cannot_make(plan, "cannot be written");
	h.output_len = (uint32_t)output_len;
	snap_sum_begin();
	while ((n = pread(fd, part, sizeof(part), (off_t)off)) > 0) {
		snap_sum_add(part, (size_t)n);
		off += (uint64_t)n;
	}
	h.body_sum = snap_sum_end();
	h.head_sum = snap_sum(&h, offsetof(struct snap_head, head_sum));
	if (n < 0 || !put(fd, &h, sizeof(h), &head) || fsync(fd))
		return cannot_make(plan, "cannot be written");
	return 0;
}

static const char *ready_text(uint32_t ready)
{
	return ready == MVM_READY_STDIN ? "it waits for standard input" :
	       ready == MVM_READY_LISTENER ? "it waits for a connection" : "it called mvm_ready()";
}

/* Reads it as mvm run would, which also proves that it can be. */
static int check(const struct plan *plan, int fd)
{
	static struct snap_image img;
	const struct snap_head *h = &img.head;
	int status = snap_open(plan->snap_out, fd, &img);

	if (!status)
		verbose("%s: %llu pages (%llu KiB) in %u pieces, %u touched at once, %u handles, "
			"%u bytes of output; ready: %s", plan->snap_out,
			(unsigned long long)h->npages, (unsigned long long)h->npages * 4,
			h->nextents, h->nfirst, h->nhandles, h->output_len,
			ready_text(h->ready));
	return status;
}

/* ---- The order ------------------------------------------------------------------------------ */

#define TRIAL_NS	1000000000UL

static _Noreturn void trial(const struct plan *plan, struct stats *stats, int file, int out)
{
	struct plan own = *plan;
	int null = open("/dev/null", O_RDWR);

	own.command = PLAN_RUN;
	own.snapshot = plan->snap_out;
	own.snap_out = NULL;
	own.trial = true;
	own.timeout_ns = TRIAL_NS;
	own.root = NULL;
	own.ndirs = own.ndisks = own.nlistens = own.nconnects = own.nunixes = 0;
	msg_verbose = own.verbose = false;
	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0 ||
	    dup3(out, CONFINE_FD_ORDER, O_CLOEXEC) < 0 ||
	    dup3(file, CONFINE_FD_SNAP, O_CLOEXEC) < 0)
		_exit(EXIT_MVM);
	_exit(start(&own, stats));
}

/* The order that a trial finds.  0, or -errno: there is none. */
static int find_order(const struct plan *plan, struct stats *stats, const struct snap_image *img,
		      int fd, struct snap_order *order)
{
	int ends[2], err;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	pid = fork();
	if (!pid)
		trial(plan, stats, fd, ends[1]);
	close(ends[1]);
	err = pid < 0 ? -errno : snap_order_read(img, ends[0], order);
	close(ends[0]);
	if (pid > 0)
		wait_for(pid);
	return err;
}

/* The snapshot in img once more, in that order; its output is that of before. */
static int write_in_order(const struct plan *plan, const struct snap_image *img,
			  const struct snap_order *order, int fd)
{
	struct snap_head h = img->head;
	uint64_t off = SNAP_HEAD;
	bool fine;

	h.nextents = order->nextents;
	h.nfirst = (uint32_t)order->first;
	fine = put(fd, order->extents, h.nextents * sizeof(order->extents[0]), &off) &&
	       put(fd, img->handles, h.nhandles * sizeof(img->handles[0]), &off) &&
	       put(fd, img->strings, h.strings_len, &off);
	off = (off + MVM_PAGE_SIZE - 1) & ~(MVM_PAGE_SIZE - 1);
	for (uint32_t i = 0; i < h.nextents && fine; i++)
		fine = put(fd, img->ram + order->extents[i].page * MVM_PAGE_SIZE,
			   order->extents[i].count * MVM_PAGE_SIZE, &off);
	h.file_size = off;
	off = 0;
	if (!fine || !put(fd, &h, sizeof(h), &off))
		return cannot_make(plan, "cannot be written");
	return complete(plan, fd);
}

static int run_child(const struct plan *plan, struct stats *stats, int fd)
{
	int ends[2], status, early;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC))
		return fail(EXIT_MVM, "cannot make a pipe: %s", strerror(errno));
	pid = fork();
	if (pid < 0)
		return fail(EXIT_MVM, "cannot make a process: %s", strerror(errno));
	if (!pid)
		child(plan, stats, fd, ends[1]);
	close(ends[1]);
	early = collect_output(plan, ends[0]);
	/* Too much was told; that its pipe was closed it must not see, or it tells of that, too. */
	if (early)
		kill(pid, SIGKILL);
	close(ends[0]);
	status = wait_for(pid);
	return early ? early : status;
}

int snap_write(const struct plan *plan, struct stats *stats, int fd)
{
	int status = procfs_needed(command_of(plan->command)->word);

	if (!status)
		status = run_child(plan, stats, fd);
	return status ? status : complete(plan, fd);
}

/* Writes it to a file without a name, and what a trial of that has shown to fd. */
static int write_ordered(const struct plan *plan, struct stats *stats, int fd)
{
	static struct snap_image img;
	struct snap_order order;
	int draft = memfd_create("mvm-snapshot", MFD_CLOEXEC), status;

	if (draft < 0)
		return fail(EXIT_MVM, "cannot make a file in memory: %s", strerror(errno));
	status = snap_write(plan, stats, draft);
	if (!status)
		status = snap_open(plan->snap_out, draft, &img);
	if (status)
		return status;
	if (find_order(plan, stats, &img, draft, &order))
		order = (struct snap_order){ img.extents, img.head.nextents, 0 };
	status = write_in_order(plan, &img, &order, fd);
	snap_close(&img);
	close(draft);
	return status;
}

int snap_make(const struct plan *plan, struct stats *stats)
{
	const char *why = output_replace_check(plan->snap_out);
	char temporary[PATH_MAX];
	struct grants none;
	int fd, status;

	if (plan->show_confinement)
		return start(plan, stats);
	/* Before a file of this process takes the place of a standard stream. */
	status = grants_check(&none);
	if (status)
		return status;
	if (why)
		return fail(EXIT_MVM, "-o %s: %s", plan->snap_out, why);
	fd = nameless_open(plan->snap_out, 0666, temporary);
	if (fd < 0)
		return cannot_make(plan, "cannot be made");
	status = write_ordered(plan, stats, fd);
	if (!status)
		status = check(plan, fd);
	if (!status && !nameless_name(fd, plan->snap_out, temporary))
		return 0;
	if (!status)
		status = cannot_make(plan, "cannot be named so");
	if (*temporary)
		unlink(temporary);
	return status;
}
