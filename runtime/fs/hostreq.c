/* SPDX-License-Identifier: MIT */
/* Requests about an open handle of the host, or a name below it, that every build has. */
#include "fs/vfs.h"
#include "fs/host.h"

long host_stat(s32 handle, const char *rel, u32 len, bool nofollow, struct mvm_stat *st)
{
	struct mvm_sqe e = { .op = MVM_OP_STAT, .handle = handle, .arg = nofollow,
			     .addr2.v = va_to_gpa(st), .len2 = sizeof(*st) };

	e.addr.v = len ? va_to_gpa(rel) : 0;
	e.len = len;
	return hyper(&e, NULL);
}

long host_setattr(s32 handle, const char *rel, u32 len, bool nofollow,
		  const struct mvm_setattr *a)
{
	struct mvm_setattr bare = *a;
	struct mvm_sqe e = { .op = MVM_OP_SETATTR, .handle = handle, .arg = nofollow,
			     .addr2.v = va_to_gpa(&bare), .len2 = sizeof(bare) };

	/*
	 * The host refuses to make files that change their user's identity.  The bits are dropped
	 * without an error, as chmod(2) drops S_ISGID, so that archives can be unpacked.
	 */
	bare.mode &= ~(u32)(S_ISUID | S_ISGID);
	e.addr.v = len ? va_to_gpa(rel) : 0;
	e.len = len;
	return hyper(&e, NULL);
}

long host_statfs(s32 handle, struct mvm_statfs *s)
{
	struct mvm_sqe e = { .op = MVM_OP_STATFS, .handle = handle,
			     .addr2.v = va_to_gpa(s), .len2 = sizeof(*s) };

	return hyper(&e, NULL);
}

void host_close(s32 handle)
{
	struct mvm_sqe e = { .op = MVM_OP_CLOSE, .handle = handle };

	hyper(&e, NULL);
}

void host_close_later(s32 handle)
{
	struct mvm_sqe e = { .op = MVM_OP_CLOSE, .handle = handle };

	hyper_later(&e);
}

long host_lock(s32 handle, int type, u64 off, u64 len, bool test, int *found)
{
	struct mvm_sqe e = { .op = MVM_OP_LOCK, .handle = handle, .off = off, .len2 = len,
			     .arg = (u32)type | (test ? MVM_LOCK_TEST : 0) };
	u64 out[2];
	long res = hyper(&e, out);

	if (!res && test)
		*found = out[0];
	return res;
}
