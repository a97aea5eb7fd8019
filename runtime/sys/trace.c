/* SPDX-License-Identifier: MIT */
/*
 * The dispatch of a traced run: a record before and after each system call that the host wants to
 * know of, with what the host wants of the application's memory.  Which run it is was decided when
 * it began, by the entries that lead here (AT_SYSINFO, LSTAR), so that the other one does not ask.
 *
 * A record becomes visible when it is complete.  Copying may fault and ask the host for memory,
 * but nobody else makes records meanwhile: the runtime is not preempted and copying does not sleep.
 */
#include "sys/trace.h"

#include <linux/limits.h>
#include <linux/socket.h>

#include "mm/mm.h"
#include "sys/dispatch.h"
#include "sys/sys.h"
#include "sys/vvar.h"

#define PIECES_MAX	8U		/* of an iovec array: its contents that are copied */

struct iovec {
	u64 base, len;
};

struct msghdr {
	u64 name;
	u32 namelen, pad;
	u64 iov, iovlen;
	u64 control, controllen;
	u32 flags, pad2;
};

static struct mvm_trace *const area = (struct mvm_trace *)(MVM_VA_RT_LOW + MVM_GPA_TRACE);
static u64 flushed;			/* the host has read up to here */

/* The record that is being made, at area->tail. */
static struct mvm_trace_record *record;

static void flush(void)
{
	struct mvm_sqe e = { .op = MVM_OP_TRACE };

	hyper(&e, NULL);
	flushed = area->tail;
}

static void begin(u16 kind, u64 nr)
{
	u32 at = area->tail % MVM_TRACE_RING;

	if (MVM_TRACE_RING - at < MVM_TRACE_RECORD_MAX) {
		*(u64 *)&area->ring[at] = 0;
		area->tail += MVM_TRACE_RING - at;
	}
	if (area->tail + MVM_TRACE_RECORD_MAX - flushed > MVM_TRACE_RING)
		flush();
	record = (struct mvm_trace_record *)&area->ring[area->tail % MVM_TRACE_RING];
	*record = (struct mvm_trace_record){
		.size = sizeof(*record), .kind = kind, .tid = current->tid, .nr = nr,
	};
}

static void end(void)
{
	__atomic_store_n(&area->tail, area->tail + record->size, __ATOMIC_RELEASE);
}

/* Where size more bytes of data would go; size is clipped to what has room. */
static u8 *room(u32 *size)
{
	u32 left = MVM_TRACE_RECORD_MAX - record->size;

	if (left < sizeof(struct mvm_trace_data) + 8)
		return NULL;
	*size = MIN(*size, left - (u32)sizeof(struct mvm_trace_data));
	return (u8 *)record + record->size + sizeof(struct mvm_trace_data);
}

static void add(u32 arg, u32 piece, u32 size)
{
	struct mvm_trace_data *d = (void *)((u8 *)record + record->size);

	*d = (struct mvm_trace_data){ .arg = (u8)arg, .piece = (u8)piece, .size = (u16)size };
	record->size += (u16)(sizeof(*d) + ALIGN_UP(size, 8U));
}

/* What cannot be read is left out. */
static void add_bytes(u32 arg, u32 piece, u64 from, u64 size, u32 limit)
{
	u32 n = (u32)MIN(size, (u64)limit);
	u8 *to = from ? room(&n) : NULL;

	if (to && !copy_from_user(to, from, n))
		add(arg, piece, n);
}

static void add_string(u32 arg, u64 from)
{
	u32 n = PATH_MAX;
	u8 *to = from ? room(&n) : NULL;
	long len;

	if (!to)
		return;
	len = strncpy_from_user((char *)to, from, n);
	if (len == -ENAMETOOLONG)
		len = n;
	if (len >= 0)
		add(arg, 0, (u32)len);
}

/* The array as a piece of that number, and what it points to; of that, total bytes in all. */
static void add_iov(u32 arg, u32 array, u64 at, u64 n, u64 total)
{
	struct iovec v;

	n = MIN(n, (u64)PIECES_MAX);
	add_bytes(arg, array, at, n * sizeof(v), (u32)(n * sizeof(v)));
	for (u32 i = 0; i < n && total; i++) {
		if (copy_from_user(&v, at + i * sizeof(v), sizeof(v)))
			return;
		add_bytes(arg, i + 1, v.base, MIN(v.len, total), area->limit);
		total -= MIN(v.len, total);
	}
}

static void add_msg(u32 arg, u64 at, u64 total)
{
	struct msghdr m;

	if (copy_from_user(&m, at, sizeof(m)))
		return;
	add_bytes(arg, 0, at, sizeof(m), sizeof(m));
	add_bytes(arg, MVM_TRACE_NAME, m.name, m.namelen, sizeof(struct __kernel_sockaddr_storage));
	add_iov(arg, MVM_TRACE_IOV, m.iov, m.iovlen, total);
}

static void capture(u32 arg, u16 c, u64 result)
{
	u64 at = record->args[arg], next = arg < 5 ? record->args[arg + 1] : 0;
	u64 total = record->kind == MVM_TRACE_ENTER ? ~0UL : result;
	u32 n = MVM_CAPTURE_N(c), limit = area->limit;
	u32 length;

	switch (MVM_CAPTURE_HOW(c)) {
	case MVM_CAPTURE_STRING:
		add_string(arg, at);
		break;
	case MVM_CAPTURE_FIXED:
		add_bytes(arg, 0, at, n, n);
		break;
	case MVM_CAPTURE_COUNT:
		add_bytes(arg, 0, at, next < PATH_MAX ? n * next : PATH_MAX, limit);
		break;
	case MVM_CAPTURE_RESULT:
		add_bytes(arg, 0, at, result < PATH_MAX ? n * result : PATH_MAX, limit);
		break;
	case MVM_CAPTURE_LENGTH:
		if (at && next && !copy_from_user(&length, next, sizeof(length)))
			add_bytes(arg, 0, at, length, limit);
		break;
	case MVM_CAPTURE_IOV:
		add_iov(arg, 0, at, next, total);
		break;
	case MVM_CAPTURE_MSG:
		add_msg(arg, at, total);
		break;
	}
}

static void capture_all(u64 nr, u32 when, u64 result)
{
	if (nr >= MVM_TRACE_CALLS)
		return;
	for (u32 i = 0; i < 6; i++)
		if (MVM_CAPTURE_WHEN(area->capture[nr][i]) & when)
			capture(i, area->capture[nr][i], result);
}

static bool wanted(u64 nr)
{
	return nr >= MVM_TRACE_CALLS || area->wanted[nr / 64] >> (nr % 64) & 1;
}

static void put_args(const u64 args[6])
{
	memcpy(record->args, args, sizeof(record->args));
}

int sys_enter_traced(struct regs *r)
{
	const u64 args[6] = { r->rdi, r->rsi, r->rdx, r->r10, r->r8, r->r9 };
	u64 nr = r->orig_rax;

	if (!wanted(nr))
		return sys_enter(r);
	begin(MVM_TRACE_ENTER, nr);
	put_args(args);
	capture_all(nr, MVM_CAPTURE_IN, 0);
	record->tsc = tsc_read();
	end();
	sys_call(r);
	begin(MVM_TRACE_LEAVE, nr);
	record->tsc = tsc_read();
	record->result = r->rax;
	put_args(args);
	if ((s64)r->rax >= 0)
		capture_all(nr, MVM_CAPTURE_OUT, r->rax);
	end();
	return sys_leave_if(r);
}

void trace_record_signal(int signo, int code, u64 addr)
{
	begin(MVM_TRACE_SIGNAL, (u64)signo);
	record->tsc = tsc_read();
	record->result = (u64)code;
	record->args[0] = addr;
	end();
}
