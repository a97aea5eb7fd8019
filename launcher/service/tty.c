/* SPDX-License-Identifier: MIT */
/*
 * TTY: modes and size of a granted terminal, and putting back what a guest has changed.
 *
 * The requests are the kernel's own ioctls, by an exact list: nothing that could type into the
 * terminal (TIOCSTI), steal it or hang it up.
 *
 * Needs (system calls), with a TTY grant, on its descriptors:
 *	ioctl(fd, TCGETS | TCSETS | TCSETSW | TCSETSF | TIOCGWINSZ | TCFLSH, *)
 */
#include <asm/termbits.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "gate.h"
#include "svc.h"

#ifndef TCGETS
#include <asm/ioctls.h>
#endif

/* struct winsize of asm/termios.h, which cannot be included beside the C library's headers. */
struct window {
	uint16_t rows, cols, xpixel, ypixel;
};

_Static_assert(sizeof(struct termios) == 36, "the kernel's struct termios is in the ABI");

/*
 * The terminal as it was before the guest's first change, and its descriptor.  One is enough:
 * handles 0 to 2 are the only terminals, and normally the same one; the first that is changed
 * is the one put back.  fd is published after the modes, as a signal handler reads them.
 */
static struct {
	struct termios modes;
	volatile sig_atomic_t changed;
	int fd;
	bool final;			/* put back: the run is over */
} before;

static int64_t tty_ioctl(int fd, unsigned long request, void *arg)
{
	return result(syscall(SYS_ioctl, fd, request, arg));
}

void tty_restore(void)
{
	int saved = errno;

	__atomic_store_n(&before.final, true, __ATOMIC_SEQ_CST);
	if (before.changed)
		syscall(SYS_ioctl, before.fd, (unsigned long)TCSETS, &before.modes);
	errno = saved;
}

static int64_t remember(int fd)
{
	int64_t r;

	if (before.changed)
		return 0;
	r = tty_ioctl(fd, TCGETS, &before.modes);
	if (r < 0)
		return r;
	before.fd = fd;
	__atomic_signal_fence(__ATOMIC_RELEASE);
	before.changed = 1;
	return 0;
}

static int64_t set_modes(struct service *s, const struct mvm_sqe *e, int fd, unsigned long request)
{
	struct termios t;
	int64_t r;

	if (e->len < sizeof(t))
		return -EINVAL;
	if (gate_copy_in(s->ram, &t, e->addr, sizeof(t)))
		return -EFAULT;
	r = remember(fd);
	if (r < 0)
		return r;
	r = tty_ioctl(fd, request, &t);
	/* The other thread may have ended the run meanwhile, and put back what was changed here. */
	if (__atomic_load_n(&before.final, __ATOMIC_SEQ_CST))
		tty_restore();
	return r;
}

int64_t svc_tty(struct service *s, const struct mvm_sqe *e, uint64_t out[2])
{
	struct handle *h = handle_get(&s->handles, e->handle);
	uint32_t request = (uint32_t)e->arg, queue = (uint32_t)(e->arg >> 32);
	struct termios t;
	struct window w;
	int64_t r;

	(void)out;
	if (!h)
		return -EBADF;
	if (h->kind != MVM_KIND_TTY || !(h->rights & MVM_RIGHT_TTY))
		return -ENOTTY;
	if (queue > (request == TCFLSH ? TCIOFLUSH : 0))
		return -EINVAL;
	switch (request) {
	case TCGETS:
		r = tty_ioctl(h->fd, TCGETS, &t);
		return r < 0 ? r : gate_copy_out(s->ram, e->addr, e->len, &t, sizeof(t));
	case TCSETS:
	case TCSETSW:
	case TCSETSF:
		return set_modes(s, e, h->fd, request);
	case TIOCGWINSZ:
		r = tty_ioctl(h->fd, TIOCGWINSZ, &w);
		return r < 0 ? r : gate_copy_out(s->ram, e->addr, e->len, &w, sizeof(w));
	case TCFLSH:
		return tty_ioctl(h->fd, TCFLSH, (void *)(uintptr_t)queue);
	}
	return -ENOTTY;
}
