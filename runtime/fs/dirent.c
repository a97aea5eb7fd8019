/* SPDX-License-Identifier: MIT */
/* getdents and getdents64: their records, written into the program's buffer one by one. */
#include "fs/notify.h"
#include "fs/syscalls.h"

struct dirent64_head { u64 ino; s64 off; u16 reclen; u8 type; } __attribute__((packed));
struct dirent_head { u64 ino; u64 off; u16 reclen; } __attribute__((packed));

int sink_put(struct sink *s, const char *name, u32 len, u64 ino, u64 off, u8 type)
{
	/* Both forms have the head, the name and its NUL; the old one keeps the type at the end. */
	u32 head = s->old ? sizeof(struct dirent_head) : sizeof(struct dirent64_head);
	u32 reclen = ALIGN_UP(head + len + 1 + (s->old ? 1 : 0), 8U);
	union {
		struct dirent64_head now;
		struct dirent_head old;
		char bytes[sizeof(struct dirent64_head) + FS_NAME_MAX + 16];
	} rec;

	if (len > FS_NAME_MAX)
		return 0;		/* a host file system with longer names: not shown */
	if (s->used + reclen > s->size || s->size > INT32_MAX)
		return s->used ? 1 : -EINVAL;
	memset(&rec, 0, reclen);
	if (s->old) {
		rec.old = (struct dirent_head){ .ino = ino, .off = off, .reclen = reclen };
		rec.bytes[reclen - 1] = type;
	} else {
		rec.now = (struct dirent64_head){ .ino = ino, .off = off, .reclen = reclen,
						  .type = type };
	}
	memcpy(rec.bytes + head, name, len);
	if (copy_to_user(s->buf + s->used, &rec, reclen))
		return -EFAULT;
	s->used += reclen;
	return 0;
}

static long list(u64 fd, struct sink *s)
{
	struct file *f = fd_file(fd);
	long err;

	if (!f)
		return -EBADF;
	if (!f->ops->list)
		return -ENOTDIR;
	err = f->ops->list(f, s);
	notify_file(f, IN_ACCESS);
	return err ? err : (long)s->used;
}

long sys_getdents64(u64 fd, u64 buf, u64 n)
{
	struct sink s = { .buf = buf, .size = (u32)n };

	return list(fd, &s);
}

long sys_getdents(u64 fd, u64 buf, u64 n)
{
	struct sink s = { .buf = buf, .size = (u32)n, .old = true };

	return list(fd, &s);
}
