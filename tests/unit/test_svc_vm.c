/* SPDX-License-Identifier: MIT */
/*
 * Requests about the VM itself, WAIT, and the terminal.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

#include "service_fixture.h"
#include "signals.h"
#include "tick.h"

static void exit_status(void **state)
{
	struct fixture *f = *state;
	struct mvm_crash crash = { .rip = 0x1234, .signo = 11 };
	struct mvm_sqe e = { .op = MVM_OP_EXIT, .arg = 128 + 11, .len2 = 11, .len = sizeof(crash) };
	struct mvm_ring *r = f->s.ring;
	bool left;

	e.addr = put(f, &crash, sizeof(crash));
	r->sq[0] = e;
	r->sq_tail = 1;
	assert_int_equal(ring_drain(&f->s, DRAIN_VCPU, &left), 0);
	assert_true(f->s.ending.ended);
	assert_int_equal(f->s.ending.status, 139);
	assert_int_equal(f->s.ending.signo, 11);
	assert_true(f->s.ending.has_crash);
	assert_int_equal(f->s.ending.crash.rip, 0x1234);
}

static void exit_nonsense(void **state)
{
	struct fixture *f = *state;
	struct mvm_ring *r = f->s.ring;
	bool left;

	r->sq[0] = (struct mvm_sqe){ .op = MVM_OP_EXIT, .arg = UINT64_MAX, .len2 = UINT64_MAX,
				     .addr = { UINT64_MAX }, .len = UINT64_MAX };
	r->sq_tail = 1;
	ring_drain(&f->s, DRAIN_VCPU, &left);
	assert_true(f->s.ending.ended);
	assert_int_equal(f->s.ending.status, 255);
	assert_int_equal(f->s.ending.signo, 0);
	assert_false(f->s.ending.has_crash);
}

/* The last WRITE came short: the program's last words are not all said. */
static void exit_behind(void **state)
{
	struct fixture *f = *state;
	struct handle *h = &f->s.handles.h[1];
	struct handle before = *h;
	struct mvm_sqe e = { .op = MVM_OP_EXIT, .handle = 1, .arg = 7 | MVM_EXIT_BEHIND };

	h->fd = STDOUT_FILENO;
	h->came_short = true;
	if (f->s.handles.used < 2)
		f->s.handles.used = 2;
	assert_int_equal(call(f, e), -EAGAIN);
	assert_false(f->s.ending.ended);
	h->came_short = false;
	f->s.ring->sq[f->s.sq_head % MVM_RING_ENTRIES] = e;
	f->s.ring->sq_tail = f->s.sq_head + 1;
	ring_drain(&f->s, DRAIN_VCPU, &(bool){ false });
	assert_true(f->s.ending.ended);
	assert_int_equal(f->s.ending.status, 7);
	*h = before;
}

static void log_lines(void **state)
{
	struct fixture *f = *state;
	int pair[2], saved = dup(2);
	char line[600];
	ssize_t n;
	struct mvm_sqe e = { .op = MVM_OP_LOG, .arg = 1, .len = 10 };

	assert_int_equal(pipe(pair), 0);
	dup2(pair[1], 2);
	e.addr = put(f, "a\33[31mb\nc\n", 10);
	assert_int_equal(call(f, e), 0);
	n = read(pair[0], line, sizeof(line) - 1);
	e.arg = 0;
	assert_int_equal(call(f, e), 0);	/* not verbose: nothing is said */
	e.arg = 2;
	assert_int_equal(call(f, e), -EINVAL);
	e.arg = 1;
	e.addr.v = UINT64_MAX;
	assert_int_equal(call(f, e), -EFAULT);
	fcntl(pair[0], F_SETFL, O_NONBLOCK);
	assert_int_equal(read(pair[0], line + 300, 1), -1);
	dup2(saved, 2);
	close(saved);
	assert_true(n > 0);
	line[n] = '\0';
	assert_string_equal(line, "mvm: guest: a?[31mb?c\n");
	close(pair[0]);
	close(pair[1]);
}

static void randomness(void **state)
{
	static const uint8_t zero[256];
	struct fixture *f = *state;
	struct mvm_sqe e = { .op = MVM_OP_RANDOM, .len = 256 };

	e.addr = put(f, zero, 256);
	assert_int_equal(call(f, e), 256);
	assert_memory_not_equal(at(f, e.addr), zero, 256);
	e.len = 257;
	assert_int_equal(call(f, e), -EINVAL);
	e.len = 16;
	e.addr.v = RAM_BYTES - 15;
	assert_int_equal(call(f, e), -EFAULT);
}

static void time_of_host(void **state)
{
	struct fixture *f = *state;
	struct mvm_sqe e = { .op = MVM_OP_TIME, .len = sizeof(struct mvm_time) };

	e.addr = room(f, e.len);
	assert_int_equal(call(f, e), 0);
	assert_int_equal(((struct mvm_time *)at(f, e.addr))->mult, 2);
	e.addr.v = RAM_BYTES;
	assert_int_equal(call(f, e), -EFAULT);
}

static void grow(void **state)
{
	struct fixture *f = *state;
	struct mvm_sqe e = { .op = MVM_OP_MEM_GROW, .arg = 1 };

	assert_int_equal(call(f, e), -EINVAL);
	e.arg = 0;
	assert_int_equal(call(f, e), -EINVAL);
	e.arg = RAM_BYTES + MVM_LARGE_SIZE;
	assert_int_equal(call(f, e), -ENOMEM);
	e.arg = -MVM_LARGE_SIZE;
	assert_int_equal(call(f, e), -ENOMEM);
	e.arg = MVM_LARGE_SIZE;
	assert_int_equal(call(f, e), 0);
	assert_int_equal(f->out[0], RAM_BYTES + MVM_LARGE_SIZE);
	assert_int_equal(f->stats.grown_bytes, MVM_LARGE_SIZE);
}

/* The fixture's device enforces nothing; what comes before that answer is the gate. */
static void mem_exec(void **state)
{
	struct fixture *f = *state;
	struct mvm_sqe e = { .op = MVM_OP_MEM_EXEC, .arg = MVM_FRAMES_RX };

	e.len = MVM_PAGE_SIZE;
	assert_int_equal(call(f, e), -EPERM);		/* boot information, tables, runtime */
	e.addr.v = MVM_GPA_RT_TEXT;
	assert_int_equal(call(f, e), -EPERM);
	e.addr.v = RAM_BYTES;
	assert_int_equal(call(f, e), -EFAULT);
	e.addr.v = UINT64_MAX - MVM_PAGE_SIZE + 1;
	assert_int_equal(call(f, e), -EFAULT);
	e.addr.v = 1;
	assert_int_equal(call(f, e), -EINVAL);
	e.addr.v = 0;
	e.len = 1;
	assert_int_equal(call(f, e), -EINVAL);
	e.len = 0;
	assert_int_equal(call(f, e), -EINVAL);
	e.len = MVM_PAGE_SIZE;
	e.arg = 3;
	assert_int_equal(call(f, e), -EINVAL);
	if (RAM_BYTES > MVM_GPA_APP) {
		e.arg = MVM_FRAMES_RWX;
		e.addr.v = MVM_GPA_APP;
		assert_int_equal(call(f, e), -ENOSYS);
	}
}

/* Released memory reads as zero, also where the program's file lies below (fixture: < 2 MiB). */
static void release(void **state)
{
	struct fixture *f = *state;
	uint64_t limit = RAM_BYTES / 2;
	uint8_t *ram = f->vm.ram.hva;
	struct mvm_sqe e = { .op = MVM_OP_MEM_RELEASE };
	int fd = open("/proc/self/exe", O_RDONLY);

	assert_int_equal(f->s.anon_from, limit);
	assert_ptr_not_equal(mmap(ram + limit - 8192, 8192, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_FIXED, fd, 0), MAP_FAILED);
	close(fd);
	memset(ram + limit, 0xee, 16384);
	assert_int_equal(ram[limit - 8192], 0x7f);
	e.addr.v = limit - 4096;
	e.len = 8192;
	assert_int_equal(call(f, e), 0);
	assert_int_equal(ram[limit - 8192], 0x7f);
	for (uint64_t i = limit - 4096; i < limit + 4096; i++)
		assert_int_equal(ram[i], 0);
	assert_int_equal(ram[limit + 4096], 0xee);
	e.addr.v = limit + 4096;
	assert_int_equal(call(f, e), 0);
	assert_int_equal(ram[limit + 4096], 0);
	e.addr.v = limit - 8192;
	assert_int_equal(call(f, e), 0);
	assert_int_equal(ram[limit - 8192], 0);
	e.len = 0;
	assert_int_equal(call(f, e), 0);
	e.len = 1;
	assert_int_equal(call(f, e), -EINVAL);
	e.len = 4096;
	e.addr.v = RAM_BYTES;
	assert_int_equal(call(f, e), -EFAULT);
	e.addr.v = UINT64_MAX - 4095;
	assert_int_equal(call(f, e), -EFAULT);
}

static void missing(void **state)
{
	struct fixture *f = *state;

	call(f, (struct mvm_sqe){ .op = MVM_OP_MISSING, .arg = 300 });
	call(f, (struct mvm_sqe){ .op = MVM_OP_MISSING, .arg = UINT64_MAX });
	assert_int_equal(f->stats.missing[300], 1);
	call(f, (struct mvm_sqe){ .op = MVM_OP_MISSING, .arg = 300, .len = 5 });
	assert_int_equal(f->stats.missing[300], 6);
	assert_int_equal(f->stats.missing[511], 1);
}

static void ready(void **state)
{
	struct fixture *f = *state;
	struct mvm_wait w[2] = { { H_IN, MVM_WAIT_IN, 0xffff }, { H_OUT, MVM_WAIT_OUT, 0xffff } };
	struct mvm_sqe e = { .op = MVM_OP_READY, .len = 1 };
	struct mvm_wait *got;

	e.addr = put(f, w, sizeof(w));
	got = at(f, e.addr);
	assert_int_equal(call(f, e), 0);
	assert_int_equal(got[0].revents, 0);
	e.len = 2;
	assert_int_equal(call(f, e), 1);
	assert_int_equal(got[0].revents, 0);
	assert_int_equal(got[1].revents, MVM_WAIT_OUT);
	close(f->in_pipe[1]);
	f->in_pipe[1] = -1;
	e.len = 1;
	assert_int_equal(call(f, e), 1);
	assert_int_equal(got[0].revents, MVM_WAIT_HUP);
}

static void ready_errors(void **state)
{
	struct fixture *f = *state;
	int32_t file = (int32_t)open_path(f, H_RW, "file", MVM_O_READ, 0);
	struct mvm_wait w = { file, MVM_WAIT_IN, 0 };
	struct mvm_sqe e = { .op = MVM_OP_READY, .len = 1 };
	struct mvm_wait *got;

	e.addr = put(f, &w, sizeof(w));
	got = at(f, e.addr);
	assert_int_equal(call(f, e), 1);
	assert_int_equal(got->revents, MVM_WAIT_IN);
	got->handle = 77;
	assert_int_equal(call(f, e), -EBADF);
	got->handle = H_IN;
	f->s.handles.h[H_IN].rights &= ~MVM_RIGHT_WAIT;
	assert_int_equal(call(f, e), -EACCES);
	e.len = MVM_WAIT_MAX + 1;
	assert_int_equal(call(f, e), -EINVAL);
	e.len = MVM_WAIT_MAX;
	e.addr.v = RAM_BYTES - 8;
	assert_int_equal(call(f, e), -EFAULT);
}

static struct mvm_sqe watch(int32_t handle, uint64_t events)
{
	return (struct mvm_sqe){ .op = MVM_OP_WATCH, .handle = handle, .arg = events };
}

/* Each change is told once, by EVENTS and by WAIT. */
static void watches(void **state)
{
	struct fixture *f = *state;
	struct mvm_sqe e = { .op = MVM_OP_EVENTS, .len = 4 };
	struct mvm_wait *got;

	e.addr = room(f, 4 * sizeof(*got));
	got = at(f, e.addr);
	assert_int_equal(call(f, watch(H_IN, MVM_WAIT_IN | MVM_WAIT_RDHUP)), 0);
	assert_int_equal(call(f, e), 0);
	assert_int_equal(write(f->in_pipe[1], "x", 1), 1);
	assert_int_equal(call(f, e), 1);
	assert_int_equal(got[0].handle, H_IN);
	assert_int_equal(got[0].revents, MVM_WAIT_IN);
	assert_int_equal(call(f, e), 0);
	/* Asked again, it is told again. */
	assert_int_equal(call(f, watch(H_IN, MVM_WAIT_IN)), 0);
	e.op = MVM_OP_WAIT;
	e.arg = UINT64_MAX;
	assert_int_equal(call(f, e), 1);
	assert_int_equal(got[0].handle, H_IN);
	e.arg = 1000;
	assert_int_equal(call(f, e), 0);
	assert_int_equal(call(f, watch(H_IN, 0)), 0);
	assert_int_equal(write(f->in_pipe[1], "x", 1), 1);
	assert_int_equal(call(f, e), 0);
	e.len = 0;
	assert_int_equal(call(f, e), 0);
}

static void watch_errors(void **state)
{
	struct fixture *f = *state;
	int32_t file = (int32_t)open_path(f, H_RW, "file", MVM_O_READ, 0);
	struct mvm_sqe e = { .op = MVM_OP_EVENTS, .len = 1, .addr.v = RAM_BYTES - 4 };

	assert_int_equal(call(f, watch(77, MVM_WAIT_IN)), -EBADF);
	assert_int_equal(call(f, watch(H_IN, MVM_WAIT_IN | 0x100)), -EINVAL);
	assert_int_equal(call(f, watch(H_IN, 1UL << 40)), -EINVAL);
	assert_int_equal(call(f, watch(file, MVM_WAIT_IN)), -EPERM);
	assert_int_equal(call(f, e), -EFAULT);
	e.op = MVM_OP_WAIT;
	assert_int_equal(call(f, e), -EFAULT);
	e.op = MVM_OP_EVENTS;
	e.len = 0;
	assert_int_equal(call(f, e), -EINVAL);
}

static int64_t take(struct fixture *f, uint64_t set)
{
	return call(f, (struct mvm_sqe){ .op = MVM_OP_SIGNALS, .arg = set });
}

/* What is the guest's is in the ring, and in its way; mvm dies of the rest. */
static void signals(void **state)
{
	static struct kvm_run run;
	struct fixture *f = *state;
	struct mvm_ring *ring = f->s.ring;
	struct mvm_sqe e = { .op = MVM_OP_WAIT, .arg = 1000 };

	f->vm.run = &run;
	assert_int_equal(tick_init(&f->vm), 0);
	signal(SIGHUP, SIG_IGN);
	signals_init(&ring->signals);
	assert_int_equal(take(f, MVM_SIGNALS | MVM_SIGNAL(SIGQUIT)), -EINVAL);
	assert_int_equal(take(f, 1UL << 32), -EINVAL);

	assert_int_equal(take(f, MVM_SIGNAL(SIGTERM) | MVM_SIGNAL(SIGWINCH)), 0);
	assert_int_equal(dies_of(SIGTERM), 0);
	assert_int_equal(dies_of(SIGWINCH), 0);
	assert_int_equal(ring->signals, MVM_SIGNAL(SIGTERM) | MVM_SIGNAL(SIGWINCH));
	assert_int_equal(run.immediate_exit, 1);
	assert_int_equal(call(f, e), -EINTR);
	assert_true(signals_passed(SIGTERM));
	assert_false(signals_passed(SIGUSR1) || signals_passed(SIGQUIT));
	/* Nobody dies of a change of the window, whatever the guest says. */
	assert_false(signals_passed(SIGWINCH));
	ring->signals = 0;
	assert_int_equal(call(f, e), 0);

	assert_int_equal(dies_of(SIGUSR1), SIGUSR1);
	assert_int_equal(dies_of(SIGQUIT), SIGQUIT);
	assert_int_equal(dies_of(SIGHUP), 0);	/* ignored from the start */
	assert_int_equal(dies_of(SIGCONT), 0);
	assert_int_equal(ring->signals, 0);
	assert_int_equal(take(f, 0), 0);
	assert_int_equal(dies_of(SIGTERM), SIGTERM);
}

static int32_t grant_tty(struct fixture *f, int *master)
{
	int fd;
	int32_t n;

	*master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_int_equal(grantpt(*master), 0);
	assert_int_equal(unlockpt(*master), 0);
	fd = open(ptsname(*master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(fd >= 0);
	n = handle_add(&f->s.handles, fd, MVM_KIND_TTY, MVM_RIGHT_READ | MVM_RIGHT_WRITE |
		       MVM_RIGHT_WAIT | MVM_RIGHT_TTY);
	return n;
}

static void terminal(void **state)
{
	struct fixture *f = *state;
	struct winsize size = { .ws_row = 33, .ws_col = 77 };
	struct mvm_sqe e = { .op = MVM_OP_TTY, .len = 36 };
	struct termios before, now;
	uint32_t *modes;
	int master;

	e.handle = grant_tty(f, &master);
	tcgetattr(master, &before);
	ioctl(master, TIOCSWINSZ, &size);
	e.addr = room(f, 36);
	modes = at(f, e.addr);
	e.arg = TIOCGWINSZ;
	e.len = 8;
	assert_int_equal(call(f, e), 0);
	assert_int_equal(modes[0], 33 | 77 << 16);
	e.arg = 0x5401;				/* TCGETS */
	e.len = 36;
	assert_int_equal(call(f, e), 0);
	assert_int_equal(modes[3], before.c_lflag);
	modes[3] &= ~(uint32_t)(ICANON | ECHO);
	e.arg = 0x5402;				/* TCSETS */
	assert_int_equal(call(f, e), 0);
	tcgetattr(master, &now);
	assert_int_equal(now.c_lflag, before.c_lflag & ~(tcflag_t)(ICANON | ECHO));
	tty_restore();
	tcgetattr(master, &now);
	assert_int_equal(now.c_lflag, before.c_lflag);
	tty_restore();
	close(master);
}

static void terminal_refuses(void **state)
{
	static const uint32_t forbidden[] = { TIOCSTI, TIOCSCTTY, TIOCNOTTY, TIOCSWINSZ, TIOCSPGRP,
					      FIONBIO, TIOCEXCL, TIOCLINUX, 0, UINT32_MAX };
	struct fixture *f = *state;
	struct mvm_sqe e = { .op = MVM_OP_TTY, .len = 36, .handle = H_OUT, .arg = TIOCGWINSZ };
	int master;

	e.addr = room(f, 36);
	assert_int_equal(call(f, e), -ENOTTY);
	e.handle = grant_tty(f, &master);
	for (size_t i = 0; i < sizeof(forbidden) / sizeof(*forbidden); i++) {
		e.arg = forbidden[i];
		assert_int_equal(call(f, e), -ENOTTY);
	}
	e.arg = 0x5402;
	e.len = 35;
	assert_int_equal(call(f, e), -EINVAL);
	e.len = 36;
	e.addr.v = RAM_BYTES - 35;
	assert_int_equal(call(f, e), -EFAULT);
	e.arg = 0x5401;
	assert_int_equal(call(f, e), -EFAULT);
	e.arg = 0x540B | 3UL << 32;		/* TCFLSH */
	assert_int_equal(call(f, e), -EINVAL);
	e.arg = 0x540B | 2UL << 32;
	assert_int_equal(call(f, e), 0);
	close(master);
}

#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(exit_status), T(exit_nonsense), T(log_lines), T(randomness), T(time_of_host),
		T(exit_behind),
		T(grow), T(mem_exec), T(release), T(missing), T(ready), T(ready_errors),
		T(watches), T(watch_errors), T(signals), T(terminal), T(terminal_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
