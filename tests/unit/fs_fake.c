/* SPDX-License-Identifier: MIT */
/* See fs_fake.h. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <linux/utsname.h>

#include "fs_fake.h"
#include "fs/fs.h"
#include "mm/mm.h"
#include "net/fs.h"
#include "sched/hostfd.h"
#include "sched/sched.h"
#include "sched/tick.h"
#include "sys/about.h"
#include "sys/process.h"
#include "sys/sys.h"

struct fake_boot fake_boot;
const struct mvm_boot *const boot = &fake_boot.boot;
struct rt_cpu rt_cpu;
const char *process_name(void) { return "test"; }
bool process_rename(s32 tid, const char *name, size_t len)
{
	(void)name, (void)len;
	return !tid || tid == PROCESS_ID;
}

s64 (*fake_host)(struct mvm_sqe *e, u64 out[2]);
int fake_signal;
bool fake_pending;
u64 fake_clock, fake_pages, fake_bad, fake_bad_len;

struct user_area about_args, about_env, about_auxv;

static struct thread main_thread = { .tid = PROCESS_ID };

void fake_start(void)
{
	current = &main_thread;
	fs_init();
}

void rt_refuse(int status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fprintf(stderr, "status %d: ", status);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	abort();
}

void rt_panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	abort();
}

void rt_log(const char *fmt, ...)
{
	(void)fmt;
}

u64 hyper_heard;
static u32 asked;

s64 hyper(struct mvm_sqe *e, u64 out[2])
{
	u64 none[2];

	hyper_heard++;
	asked++;
	return fake_host ? fake_host(e, out ? out : none) : -ENOSYS;
}

s64 hyper_kick(struct mvm_sqe *e, u64 out[2])
{
	return hyper(e, out);
}

void hyper_later(struct mvm_sqe *e)
{
	hyper(e, NULL);
}

u32 hyper_mark(void)
{
	return asked;
}

/* ---- sys/ ---- */

void about_who(struct about_who *w)
{
	memset(w, 0, sizeof(*w));
}

u64 about_limit(u32 which, u64 *hard)
{
	if (hard)
		*hard = which;
	return which;
}

u64 about_cpu_ns(void) { return fake_clock; }
u64 about_started(void) { return 0; }
u32 about_threads(void) { return 1; }

bool about_thread(s32 tid, struct about_thread *t)
{
	*t = (struct about_thread){ PROCESS_ID, 'R', "test", fake_clock };
	return !tid || tid == PROCESS_ID;
}

s32 about_next_thread(s32 from)
{
	return from <= PROCESS_ID ? PROCESS_ID : 0;
}

const char *about_exe(void) { return "/test"; }

void about_system(struct new_utsname *u)
{
	memset(u, 0, sizeof(*u));
}

/* ---- mm/ ---- */

void *pages_alloc(size_t npages, bool zero)
{
	void *p = aligned_alloc(MVM_PAGE_SIZE, npages * MVM_PAGE_SIZE);

	if (p)
		memset(p, zero ? 0 : 0xa5, npages * MVM_PAGE_SIZE);
	fake_pages += npages;
	return p;
}

void pages_free(void *p, size_t npages)
{
	fake_pages -= npages;
	free(p);
}

void *kmalloc(size_t n) { return malloc(n); }
void *kzalloc(size_t n) { return calloc(1, n); }
void *krealloc(void *p, size_t n) { return realloc(p, n); }
void kfree(void *p) { free(p); }

static bool bad(u64 addr, size_t n)
{
	if (!n)
		return false;
	return addr < MVM_PAGE_SIZE || addr + n < addr ||
	       (fake_bad_len && addr < fake_bad + fake_bad_len && addr + n > fake_bad);
}

/* As mm/space.h says; this process's own memory is the application's. */
bool space_user(u64 start, u64 len)
{
	return start + len >= start && start + len < 1UL << 47;
}

int copy_from_user(void *dst, u64 src, size_t n)
{
	if (bad(src, n))
		return -EFAULT;
	memcpy(dst, (void *)src, n);
	return 0;
}

int copy_to_user(u64 dst, const void *src, size_t n)
{
	if (bad(dst, n))
		return -EFAULT;
	memcpy((void *)dst, src, n);
	return 0;
}

int clear_user(u64 dst, size_t n)
{
	if (bad(dst, n))
		return -EFAULT;
	memset((void *)dst, 0, n);
	return 0;
}

long strncpy_from_user(char *dst, u64 src, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (bad(src + i, 1))
			return -EFAULT;
		dst[i] = ((char *)src)[i];
		if (!dst[i])
			return i;
	}
	return -ENAMETOOLONG;
}

/* Page by page, as if no two pages of the program lay next to each other. */
int user_pieces(u64 uaddr, size_t len, bool write, struct mvm_iov *out, int max, size_t *covered)
{
	int n = 0;

	(void)write;
	*covered = 0;
	while (len && n < max) {
		size_t part = MIN(len, MVM_PAGE_SIZE - uaddr % MVM_PAGE_SIZE);

		if (bad(uaddr, part))
			break;
		out[n].addr.v = va_to_gpa((void *)uaddr);
		out[n++].len = part;
		*covered += part;
		uaddr += part;
		len -= part;
	}
	return n || !len ? n : -EFAULT;
}

bool mm_map_next(u64 addr, struct mm_map *m)
{
	*m = (struct mm_map){ .start = 0x400000, .end = 0x401000, .prot = MVM_PROT_READ };
	return addr < m->end;
}

void mm_file_sync(struct file *file, u64 off, u64 n)
{
	(void)file, (void)off, (void)n;
}

void mm_file_changed(struct file *file, u64 off, u64 n)
{
	(void)file, (void)off, (void)n;
}

void mm_usage(struct mm_usage *u)
{
	*u = (struct mm_usage){ .total = 1 << 26, .free = 1 << 25, .mapped = 1 << 24 };
}

/* ---- sys/ ---- */

void signal_send(int signo, int code)
{
	(void)code;
	fake_signal = signo;
}

bool signal_pending(void) { return fake_pending; }

long signal_mask_temp(u64 uset, u64 size)
{
	return uset && size != 8 ? -EINVAL : 0;
}

long signal_mask_over(long res)
{
	return res;
}

u64 clock_deadline(u64 ns)
{
	return time_now(CLOCK_MONOTONIC) + ns;
}

void clock_idle_end(u64 began) { (void)began; }

/* ---- sched/: one thread ---- */

u32 threads_alive = 1;
static bool woken;

void sched_wake(struct thread *t)
{
	(void)t;
	woken = true;
}

void tick_forget(void) { }
void hostsig_collect(void) { }
void tick_armed(u64 ns) { (void)ns; }
bool hyper_polled(void) { return true; }
void hyper_drain(void) { }
struct hyper_gatherer *hyper_gatherer;

void hyper_begin(struct mvm_sqe *e, struct hyper_async *a)
{
	a->done(a, hyper(e, NULL));
}

int sched_sleep(u64 deadline)
{
	for (woken = false; !woken; ) {
		if (signal_pending())
			return -EINTR;
		if (time_now(CLOCK_MONOTONIC) >= deadline)
			return -ETIMEDOUT;
		hostfd_idle(deadline);
	}
	return 0;
}

void random_bytes(void *buf, size_t n)
{
	for (size_t i = 0; i < n; i++)
		((u8 *)buf)[i] = random();
}

/* Not a run that is recorded. */
struct mvm_ring *const hyper_ring;

bool record_stale(void)
{
	return false;
}

u64 time_lately(int clock)
{
	return time_now(clock);
}

u64 time_now(int clock)
{
	struct timespec t;

	if (fake_clock)
		return fake_clock;
	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000UL + t.tv_nsec;
}

/* No socket of the host is granted here. */
void net_mount(const char *path, s32 handle)
{
	(void)path, (void)handle;
}

/* ---- lib/: the runtime's own string.c would replace the C library's ---- */

size_t str_copy(char *dst, const char *src, size_t size)
{
	size_t n = strlen(src);

	if (size) {
		size_t part = MIN(n, size - 1);

		memcpy(dst, src, part);
		dst[part] = 0;
	}
	return n;
}
