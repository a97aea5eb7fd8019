/* SPDX-License-Identifier: MIT */
/*
 * Structures behind system calls' pointers, in the layouts of x86-64 Linux.  They were captured by
 * the guest: any bytes, but no fewer than the sizes that are asked for here.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <linux/limits.h>
#include "trace_int.h"
#include "signame.h"

typedef unsigned long long ull;
typedef long long sll;

static uint64_t u64_at(const void *p, size_t off)
{
	uint64_t v;

	memcpy(&v, (const char *)p + off, sizeof(v));
	return v;
}

static uint32_t u32_at(const void *p, size_t off)
{
	uint32_t v;

	memcpy(&v, (const char *)p + off, sizeof(v));
	return v;
}

static void put_address(struct text *t, uint64_t v)
{
	if (v)
		text_put(t, "%#llx", (ull)v);
	else
		text_add(t, "NULL");
}

const void *call_struct(struct text *t, const struct call *c, unsigned int i, size_t size)
{
	size_t there = 0;
	const void *p = call_data(c, i, 0, &there);

	if (p && there >= size)
		return p;
	put_address(t, call_arg(c, i));
	return NULL;
}

/* ---- Files --------------------------------------------------------------------------------- */

static void put_mode(struct text *t, uint32_t mode)
{
	text_flags(t, mode & S_IFMT, names_ftype);
	text_put(t, "|0%03o", mode & 07777);
}

void print_stat(struct text *t, const struct call *c, unsigned int i)
{
	const void *p = call_struct(t, c, i, sizeof(struct stat));
	struct stat st;

	if (!p)
		return;
	memcpy(&st, p, sizeof(st));
	text_add(t, "{st_mode=");
	put_mode(t, st.st_mode);
	if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode))
		text_put(t, ", st_rdev=makedev(%#x, %#x)", major(st.st_rdev), minor(st.st_rdev));
	else
		text_put(t, ", st_size=%lld", (sll)st.st_size);
	text_add(t, ", ...}");
}

/* struct statx: stx_mask at 0, stx_mode at 28, stx_size at 40. */
void print_statx(struct text *t, const struct call *c, unsigned int i)
{
	const void *p = call_struct(t, c, i, 256);

	if (!p)
		return;
	text_add(t, "{stx_mask=");
	text_flags(t, u32_at(p, 0), names_statx);
	text_add(t, ", stx_mode=");
	put_mode(t, u32_at(p, 28) & 0xffff);
	text_put(t, ", stx_size=%llu, ...}", (ull)u64_at(p, 40));
}

void print_statfs(struct text *t, const struct call *c, unsigned int i)
{
	const void *p = call_struct(t, c, i, 120);

	if (p)
		text_put(t, "{f_type=%#llx, f_bsize=%llu, f_blocks=%llu, f_bfree=%llu, ...}",
			 (ull)u64_at(p, 0), (ull)u64_at(p, 8), (ull)u64_at(p, 16),
			 (ull)u64_at(p, 24));
}

/* ---- Time ---------------------------------------------------------------------------------- */

static void put_spec(struct text *t, const void *p, const char *fraction)
{
	text_put(t, "{tv_sec=%lld, %s=%lld}", (sll)u64_at(p, 0), fraction, (sll)u64_at(p, 8));
}

static void put_pair(struct text *t, const void *p, const char *fraction)
{
	text_add(t, "{it_interval=");
	put_spec(t, p, fraction);
	text_add(t, ", it_value=");
	put_spec(t, (const char *)p + 16, fraction);
	text_add(t, "}");
}

void print_timespec(struct text *t, const struct call *c, unsigned int i)
{
	const void *p = call_struct(t, c, i, 16);

	if (p)
		put_spec(t, p, "tv_nsec");
}

static void put_utime(struct text *t, const char *p)
{
	if (u64_at(p, 8) == 0x3fffffff)
		text_add(t, "UTIME_NOW");
	else if (u64_at(p, 8) == 0x3ffffffe)
		text_add(t, "UTIME_OMIT");
	else
		put_spec(t, p, "tv_nsec");
}

void print_timespecs(struct text *t, const struct call *c, unsigned int i)
{
	const char *p = call_struct(t, c, i, 32);

	if (!p)
		return;
	text_add(t, "[");
	put_utime(t, p);
	text_add(t, ", ");
	put_utime(t, p + 16);
	text_add(t, "]");
}

void print_timeval(struct text *t, const struct call *c, unsigned int i)
{
	const void *p = call_struct(t, c, i, 16);

	if (p)
		put_spec(t, p, "tv_usec");
}

void print_itimerspec(struct text *t, const struct call *c, unsigned int i)
{
	const void *p = call_struct(t, c, i, 32);

	if (p)
		put_pair(t, p, "tv_nsec");
}

void print_itimerval(struct text *t, const struct call *c, unsigned int i)
{
	const void *p = call_struct(t, c, i, 32);

	if (p)
		put_pair(t, p, "tv_usec");
}

/* ---- Sockets ------------------------------------------------------------------------------- */

static void put_inet(struct text *t, const void *addr)
{
	struct sockaddr_in a;
	char ip[INET_ADDRSTRLEN];

	memcpy(&a, addr, sizeof(a));
	inet_ntop(AF_INET, &a.sin_addr, ip, sizeof(ip));
	text_put(t, "{sa_family=AF_INET, sin_port=htons(%u), sin_addr=inet_addr(\"%s\")}",
		 ntohs(a.sin_port), ip);
}

static void put_inet6(struct text *t, const void *addr)
{
	struct sockaddr_in6 a;
	char ip[INET6_ADDRSTRLEN];

	memcpy(&a, addr, sizeof(a));
	inet_ntop(AF_INET6, &a.sin6_addr, ip, sizeof(ip));
	text_put(t, "{sa_family=AF_INET6, sin6_port=htons(%u), "
		 "inet_pton(AF_INET6, \"%s\", &sin6_addr)}", ntohs(a.sin6_port), ip);
}

/* An abstract name begins with a NUL, a path ends with one. */
static void put_unix(struct text *t, const char *path, size_t len)
{
	text_add(t, "{sa_family=AF_UNIX");
	if (len) {
		bool abstract = !*path;

		text_add(t, abstract ? ", sun_path=@" : ", sun_path=");
		text_quoted(t, path + abstract, abstract ? len - 1 : strnlen(path, len), false);
	}
	text_add(t, "}");
}

void put_sockaddr(struct text *t, const void *addr, size_t size)
{
	uint16_t family;

	if (size < sizeof(family)) {
		text_add(t, "{}");
		return;
	}
	memcpy(&family, addr, sizeof(family));
	if (family == AF_INET && size >= sizeof(struct sockaddr_in))
		put_inet(t, addr);
	else if (family == AF_INET6 && size >= sizeof(struct sockaddr_in6))
		put_inet6(t, addr);
	else if (family == AF_UNIX)
		put_unix(t, (const char *)addr + sizeof(family), size - sizeof(family));
	else {
		text_add(t, "{sa_family=");
		text_enum(t, family, names_af);
		text_add(t, ", ...}");
	}
}

void print_sockaddr(struct text *t, const struct call *c, unsigned int i)
{
	size_t size;
	const void *p = call_data(c, i, 0, &size);

	if (p)
		put_sockaddr(t, p, size);
	else
		put_address(t, call_arg(c, i));
}

/* The n entries of an iovec array, whose contents were captured as pieces. */
static void put_iov(struct text *t, const struct call *c, unsigned int i, unsigned int array,
		    uint64_t n)
{
	size_t there = 0, size;
	const char *v = call_data(c, i, array, &there);

	text_add(t, "[");
	for (unsigned int k = 0; k < n; k++) {
		const void *bytes = call_data(c, i, k + 1, &size);

		text_add(t, k ? ", " : "");
		if (!v || (k + 1) * 16 > there) {
			text_add(t, "...");
			break;
		}
		text_add(t, "{iov_base=");
		if (bytes)
			text_quoted(t, bytes, size < TRACE_BYTES ? size : TRACE_BYTES,
				    size > TRACE_BYTES);
		else
			put_address(t, u64_at(v, k * 16));
		text_put(t, ", iov_len=%llu}", (ull)u64_at(v, k * 16 + 8));
	}
	text_add(t, "]");
}

void print_iov(struct text *t, const struct call *c, unsigned int i)
{
	if (call_struct(t, c, i, 0))
		put_iov(t, c, i, 0, call_arg(c, i + 1));
}

void print_msg(struct text *t, const struct call *c, unsigned int i)
{
	const void *p = call_struct(t, c, i, 56), *name;
	size_t size;

	if (!p)
		return;
	text_add(t, "{");
	name = call_data(c, i, MVM_TRACE_NAME, &size);
	if (name && size) {
		text_add(t, "msg_name=");
		put_sockaddr(t, name, size);
		text_add(t, ", ");
	}
	text_add(t, "msg_iov=");
	put_iov(t, c, i, MVM_TRACE_IOV, u64_at(p, 24));
	text_put(t, ", msg_controllen=%llu, msg_flags=", (ull)u64_at(p, 40));
	text_flags(t, u32_at(p, 48), names_msg);
	text_add(t, "}");
}

/* ---- Signals ------------------------------------------------------------------------------- */

static void put_sigset(struct text *t, uint64_t set)
{
	bool inverted = __builtin_popcountll(set) > 32, any = false;

	text_add(t, inverted ? "~[" : "[");
	for (int n = 1; n <= 64; n++) {
		const char *name = signal_name(n);

		if ((set >> (n - 1) & 1) == inverted)
			continue;
		text_put(t, "%s%s", any ? " " : "", !strncmp(name, "SIG", 3) ? name + 3 : name);
		any = true;
	}
	text_add(t, "]");
}

void print_sigset(struct text *t, const struct call *c, unsigned int i)
{
	const void *p = call_struct(t, c, i, 8);

	if (p)
		put_sigset(t, u64_at(p, 0));
}

/* The kernel's struct sigaction: handler, flags, restorer, mask. */
void print_sigaction(struct text *t, const struct call *c, unsigned int i)
{
	const void *p = call_struct(t, c, i, 32);

	if (!p)
		return;
	text_add(t, "{sa_handler=");
	if (u64_at(p, 0) < 2)
		text_add(t, u64_at(p, 0) ? "SIG_IGN" : "SIG_DFL");
	else
		text_put(t, "%#llx", (ull)u64_at(p, 0));
	text_add(t, ", sa_mask=");
	put_sigset(t, u64_at(p, 24));
	text_add(t, ", sa_flags=");
	text_flags(t, u64_at(p, 8), names_sa);
	text_add(t, "}");
}

/* ---- Waiting ------------------------------------------------------------------------------- */

/* struct epoll_event is packed: events, data. */
static void put_epoll(struct text *t, const void *p)
{
	text_add(t, "{events=");
	text_flags(t, u32_at(p, 0), names_epoll);
	text_put(t, ", data=%#llx}", (ull)u64_at(p, 4));
}

void print_epoll(struct text *t, const struct call *c, unsigned int i)
{
	const void *p = call_struct(t, c, i, 12);

	if (p)
		put_epoll(t, p);
}

void print_epolls(struct text *t, const struct call *c, unsigned int i)
{
	size_t size;
	const char *p = call_data(c, i, 0, &size);
	uint64_t n = call_succeeded(c) ? c->leave->r.result : 0;

	if (!p) {
		text_add(t, n ? "..." : "[]");
		return;
	}
	text_add(t, "[");
	for (uint64_t k = 0; k < n; k++) {
		text_add(t, k ? ", " : "");
		if ((k + 1) * 12 > size) {
			text_add(t, "...");
			break;
		}
		put_epoll(t, p + k * 12);
	}
	text_add(t, "]");
}

void print_pollfds(struct text *t, const struct call *c, unsigned int i)
{
	size_t size;
	const char *p = call_data(c, i, 0, &size);

	if (!p) {
		put_address(t, call_arg(c, i));
		return;
	}
	text_add(t, "[");
	for (uint64_t k = 0; k < call_arg(c, i + 1); k++) {
		struct pollfd f;

		text_add(t, k ? ", " : "");
		if ((k + 1) * sizeof(f) > size) {
			text_add(t, "...");
			break;
		}
		memcpy(&f, p + k * sizeof(f), sizeof(f));
		text_put(t, "{fd=%d, events=", f.fd);
		text_flags(t, (uint16_t)f.events, names_poll);
		if (f.revents) {
			text_add(t, ", revents=");
			text_flags(t, (uint16_t)f.revents, names_poll);
		}
		text_add(t, "}");
	}
	text_add(t, "]");
}

/* ---- The rest ------------------------------------------------------------------------------ */

static void put_limit(struct text *t, uint64_t v)
{
	if (v == UINT64_MAX)
		text_add(t, "RLIM64_INFINITY");
	else
		text_put(t, "%llu", (ull)v);
}

void print_rlimit(struct text *t, const struct call *c, unsigned int i)
{
	const void *p = call_struct(t, c, i, 16);

	if (!p)
		return;
	text_add(t, "{rlim_cur=");
	put_limit(t, u64_at(p, 0));
	text_add(t, ", rlim_max=");
	put_limit(t, u64_at(p, 8));
	text_add(t, "}");
}

/* struct new_utsname: strings of 65 bytes. */
void print_utsname(struct text *t, const struct call *c, unsigned int i)
{
	const char *p = call_struct(t, c, i, 390);

	if (!p)
		return;
	text_add(t, "{sysname=");
	text_quoted(t, p, strnlen(p, 65), false);
	text_add(t, ", nodename=");
	text_quoted(t, p + 65, strnlen(p + 65, 65), false);
	text_add(t, ", ...}");
}

void print_fdpair(struct text *t, const struct call *c, unsigned int i)
{
	const void *p = call_struct(t, c, i, 8);

	if (p)
		text_put(t, "[%d, %d]", (int)u32_at(p, 0), (int)u32_at(p, 4));
}

void print_intp(struct text *t, const struct call *c, unsigned int i)
{
	const void *p = call_struct(t, c, i, 4);

	if (p)
		text_put(t, "[%d]", (int)u32_at(p, 0));
}

void print_longp(struct text *t, const struct call *c, unsigned int i)
{
	const void *p = call_struct(t, c, i, 8);

	if (p)
		text_put(t, "[%lld]", (sll)u64_at(p, 0));
}
