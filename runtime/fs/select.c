/* SPDX-License-Identifier: MIT */
/* select and pselect6, by way of poll_core(). */
#include "fs/vfs.h"
#include "fs/syscalls.h"
#include "fs/poll.h"
#include "sys/sys.h"

#define IN_SET	(POLLRDNORM | POLLRDBAND | POLLIN | POLLHUP | POLLERR)
#define OUT_SET	(POLLWRBAND | POLLWRNORM | POLLOUT | POLLERR)
#define EX_SET	POLLPRI

struct sets {
	u64 u[3];			/* the program's: in, out, exceptional; 0: none */
	u64 *bits[3];			/* copies of them, each of words words */
	u32 words;
};

static const u32 set_mask[3] = { IN_SET, OUT_SET, EX_SET };

static bool asked(const struct sets *s, int set, u32 fd)
{
	return s->bits[set][fd / 64] >> (fd % 64) & 1;
}

/* The bits as pollfds: how many, -EBADF, -ENOMEM. */
static long gather(const struct sets *s, u32 n, struct pollfd **out)
{
	struct pollfd *p = NULL;
	u32 count = 0, max = 0;

	for (u32 fd = 0; fd < n; fd++) {
		u32 events = 0;

		for (int i = 0; i < 3; i++)
			if (asked(s, i, fd))
				events |= set_mask[i];
		if (!events)
			continue;
		if (!fd_file(fd)) {
			kfree(p);
			return -EBADF;
		}
		if (count == max) {
			struct pollfd *bigger;

			max = max ? max * 2 : 8;
			bigger = krealloc(p, max * sizeof(*p));
			if (!bigger) {
				kfree(p);
				return -ENOMEM;
			}
			p = bigger;
		}
		p[count++] = (struct pollfd){ .fd = fd, .events = events };
	}
	*out = p;
	return count;
}

/* Leaves in the bits what is ready; how many bits that are. */
static long scatter(struct sets *s, const struct pollfd *p, u32 count)
{
	long bits = 0;
	u32 next = 0;

	for (u32 fd = 0; fd < s->words * 64; fd++) {
		u32 revents = next < count && p[next].fd == (int)fd ? p[next++].revents : 0;

		for (int i = 0; i < 3; i++) {
			if (!asked(s, i, fd))
				continue;
			if (revents & set_mask[i])
				bits++;
			else
				s->bits[i][fd / 64] &= ~(1UL << (fd % 64));
		}
	}
	return bits;
}

static long do_select(u32 n, struct sets *s, u64 deadline)
{
	struct pollfd *p = NULL;
	u32 bytes = s->words * 8;
	long count, res;

	for (int i = 0; i < 3; i++)
		if (s->u[i] && copy_from_user(s->bits[i], s->u[i], bytes))
			return -EFAULT;
	count = gather(s, n, &p);
	if (count < 0)
		return count;
	res = poll_core(p, count, deadline);
	if (res >= 0)
		res = scatter(s, p, count);
	kfree(p);
	for (int i = 0; res >= 0 && i < 3; i++)
		if (s->u[i] && copy_to_user(s->u[i], s->bits[i], bytes))
			res = -EFAULT;
	return res;
}

static long select_until(u64 n64, u64 in, u64 out, u64 ex, u64 deadline)
{
	struct sets s = { .u = { in, out, ex } };
	int n = n64;
	u64 *bits;
	long res;

	if (n < 0)
		return -EINVAL;
	n = MIN((u32)n, fd_table_size());
	s.words = ALIGN_UP((u32)n, 64U) / 64;
	bits = kzalloc(3 * MAX(s.words, 1U) * sizeof(*bits));
	if (!bits)
		return -ENOMEM;
	for (int i = 0; i < 3; i++)
		s.bits[i] = bits + i * s.words;
	res = do_select(n, &s, deadline);
	kfree(bits);
	return res;
}

long sys_select(u64 n, u64 in, u64 out, u64 ex, u64 utv)
{
	u64 deadline;
	long res = deadline_in(utv, true, &deadline);

	if (res)
		return res;
	res = select_until(n, in, out, ex, deadline);
	deadline_out(utv, true, deadline);
	return res;
}

long sys_pselect6(u64 n, u64 in, u64 out, u64 ex, u64 uts, u64 usig)
{
	struct { u64 set, size; } sig = { 0 };
	u64 deadline;
	long res;

	if (usig && copy_from_user(&sig, usig, sizeof(sig)))
		return -EFAULT;
	res = deadline_in(uts, false, &deadline);
	if (!res)
		res = signal_mask_temp(sig.set, sig.size);
	if (res)
		return res;
	res = signal_mask_over(select_until(n, in, out, ex, deadline));
	deadline_out(uts, false, deadline);
	return res;
}
