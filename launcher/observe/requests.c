/* SPDX-License-Identifier: MIT */
/*
 * Hypercalls as lines: which fields each has that say something, and how these look.  Buffers are
 * read when the request is over, for show: what the guest has changed meanwhile is its own affair.
 */
#include <string.h>
#include "service/gate.h"
#include "trace_int.h"
#include "service/service.h"
#include "signame.h"

typedef unsigned long long ull;

/*
 * A letter for each argument:
 *   h handle                    H handle in off            p path (addr, len)
 *   q path (addr2, len2)        i bytes, which go out      r bytes, as many as res
 *   a arg, a number             x arg, hexadecimal         c arg, a system call
 *   F arg, MVM_O_*              w arg, MVM_WAIT_*          t arg, nanoseconds
 *   s len2, a signal            d addr                     l len
 *   m len2                      o off                      S struct mvm_inet at addr
 *   f handle in arg
 */
static const char *const forms[MVM_OP_MAX] = {
	[MVM_OP_EXIT] = "as", [MVM_OP_LOG] = "i", [MVM_OP_WAIT] = "lt", [MVM_OP_RANDOM] = "l",
	[MVM_OP_MEM_GROW] = "x", [MVM_OP_MEM_RELEASE] = "dl", [MVM_OP_MISSING] = "c",
	[MVM_OP_MEM_EXEC] = "dla", [MVM_OP_WATCH] = "hw", [MVM_OP_EVENTS] = "l",
	[MVM_OP_READY] = "l", [MVM_OP_TICK] = "t", [MVM_OP_READ] = "hrlo", [MVM_OP_WRITE] = "hilo",
	[MVM_OP_FSYNC] = "ha", [MVM_OP_FTRUNCATE] = "ho", [MVM_OP_FALLOCATE] = "hxom",
	[MVM_OP_SEEK] = "hoa", [MVM_OP_LOCK] = "homa", [MVM_OP_OPEN] = "hpF", [MVM_OP_CLOSE] = "h",
	[MVM_OP_STAT] = "hp", [MVM_OP_GETDENTS] = "hlo", [MVM_OP_MKDIR] = "hpx",
	[MVM_OP_UNLINK] = "hpa", [MVM_OP_RENAME] = "hpHqa", [MVM_OP_LINK] = "hpHq",
	[MVM_OP_SYMLINK] = "hpq", [MVM_OP_READLINK] = "hp", [MVM_OP_SETATTR] = "hp",
	[MVM_OP_STATFS] = "h", [MVM_OP_TTY] = "hx", [MVM_OP_ACCEPT] = "h", [MVM_OP_CONNECT] = "S",
	[MVM_OP_SHUTDOWN] = "ha", [MVM_OP_SEND] = "hil", [MVM_OP_RECV] = "hrl",
	[MVM_OP_GETSOCKOPT] = "ha", [MVM_OP_SETSOCKOPT] = "hao", [MVM_OP_GETNAME] = "ha",
	[MVM_OP_SENDFILE] = "hflo", [MVM_OP_MAPPED] = "ho",
};

static const struct name open_flags[] = {
	{ MVM_O_READ, 0, "READ" }, { MVM_O_WRITE, 0, "WRITE" }, { MVM_O_CREATE, 0, "CREATE" },
	{ MVM_O_EXCL, 0, "EXCL" }, { MVM_O_TRUNC, 0, "TRUNC" }, { MVM_O_APPEND, 0, "APPEND" },
	{ MVM_O_DIRECTORY, 0, "DIRECTORY" }, { MVM_O_NOFOLLOW, 0, "NOFOLLOW" },
	{ MVM_O_TMPFILE, 0, "TMPFILE" }, { MVM_O_PATH, 0, "PATH" }, { MVM_O_SYNC, 0, "SYNC" },
	{ MVM_O_DSYNC, 0, "DSYNC" }, { 0, 0, NULL }
};

static const struct name wait_flags[] = {
	{ MVM_WAIT_IN, 0, "IN" }, { MVM_WAIT_OUT, 0, "OUT" }, { MVM_WAIT_RDHUP, 0, "RDHUP" },
	{ 0, 0, NULL }
};

/* len bytes at addr, show of them at most. */
static void put_bytes(struct text *t, const struct guest_ram *ram, mvm_gpa_t addr, uint64_t len,
		      uint64_t show)
{
	char copy[MVM_PATH_MAX];
	uint64_t n = len < show ? len : show;

	if (n > sizeof(copy) || gate_copy_in(ram, copy, addr, n))
		text_put(t, "gpa %#llx", (ull)addr.v);
	else
		text_quoted(t, copy, n, n < len);
}

/* The first bytes of the buffers, all of which hold len. */
static void put_buffers(struct text *t, const struct guest_ram *ram, const struct mvm_sqe *e,
			uint64_t len)
{
	struct gate_iov io;

	if (gate_iov(ram, e, &io) || !io.n) {
		text_put(t, "gpa %#llx", (ull)e->addr.v);
		return;
	}
	for (unsigned int i = 0; i < io.n && len; i++) {
		uint64_t n = io.v[i].iov_len < len ? io.v[i].iov_len : len;
		mvm_gpa_t at = { (uint64_t)((uint8_t *)io.v[i].iov_base - ram->hva) };

		text_add(t, i ? " + " : "");
		put_bytes(t, ram, at, n, TRACE_BYTES);
		len -= n;
		if (i == 3 && len) {
			text_add(t, " + ...");
			return;
		}
	}
	if (!io.total || !io.v[0].iov_len)
		text_add(t, "\"\"");
}

static void put_ns(struct text *t, uint64_t ns)
{
	if (ns == UINT64_MAX)
		text_add(t, "for ever");
	else
		text_put(t, "%llu.%09llu s", (ull)ns / 1000000000, (ull)ns % 1000000000);
}

static void put_off(struct text *t, uint64_t off)
{
	if (off == MVM_OFF_CURRENT)
		text_add(t, "CURRENT");
	else
		text_put(t, "%lld", (long long)off);
}

static void put_peer(struct text *t, const struct guest_ram *ram, const struct mvm_sqe *e)
{
	struct mvm_inet in;

	if (e->len < sizeof(in) || gate_copy_in(ram, &in, e->addr, sizeof(in))) {
		text_put(t, "gpa %#llx", (ull)e->addr.v);
		return;
	}
	text_add(t, in.proto == MVM_PROTO_UDP ? "udp " : "tcp ");
	for (unsigned int i = 0; i < 16; i += 2)
		text_put(t, "%s%x", i ? ":" : "", in.ip[i] << 8 | in.ip[i + 1]);
	text_put(t, " port %u", in.port);
}

static void put_field(struct text *t, char form, const struct guest_ram *ram,
		      const struct request_seen *q)
{
	const struct mvm_sqe *e = q->e;

	switch (form) {
	case 'h':
		text_put(t, "%d", e->handle);
		break;
	case 'H':
		text_put(t, "%d", (int32_t)e->off);
		break;
	case 'p':
		put_bytes(t, ram, e->addr, e->len, MVM_PATH_MAX);
		break;
	case 'q':
		put_bytes(t, ram, e->addr2, e->len2, MVM_PATH_MAX);
		break;
	case 'i':
		put_buffers(t, ram, e, UINT64_MAX);
		break;
	case 'r':
		put_buffers(t, ram, e, q->res > 0 ? (uint64_t)q->res : 0);
		break;
	case 'a':
		text_put(t, "%lld", (long long)e->arg);
		break;
	case 'x':
		text_put(t, "%#llx", (ull)e->arg);
		break;
	case 'c':
		text_put(t, "system call %lld", (long long)e->arg);
		break;
	case 's':
		text_add(t, e->len2 && e->len2 <= 64 ? signal_name((int)e->len2) : "0");
		break;
	case 'd':
		text_put(t, "gpa %#llx", (ull)e->addr.v);
		break;
	case 'F':
		text_flags(t, (uint32_t)e->arg, open_flags);
		if (e->arg & (MVM_O_CREATE | MVM_O_TMPFILE))
			text_put(t, ", 0%03o", (unsigned int)(e->arg >> 32));
		break;
	case 'S':
		put_peer(t, ram, e);
		break;
	case 'w':
		text_flags(t, e->arg, wait_flags);
		break;
	case 't':
		put_ns(t, e->arg);
		break;
	case 'o':
		put_off(t, e->off);
		break;
	case 'l':
		text_put(t, "%llu", (ull)e->len);
		break;
	case 'm':
		text_put(t, "%llu", (ull)e->len2);
		break;
	case 'f':
		text_put(t, "%d", (int32_t)e->arg);
		break;
	}
}

void request_print(struct text *t, const struct guest_ram *ram, const struct request_seen *q)
{
	const char *form = forms[q->e->op] ? forms[q->e->op] : "";

	text_put(t, "hyper:%s(", request_name(q->e->op));
	for (const char *f = form; *f; f++) {
		text_add(t, f == form ? "" : ", ");
		put_field(t, *f, ram, q);
	}
	text_add(t, ") = ");
	if (q->e->op == MVM_OP_EXIT)
		text_add(t, "?");
	else
		text_result(t, q->res, false);
}
