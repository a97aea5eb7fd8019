/* SPDX-License-Identifier: MIT */
/*
 * Without CONFIG_HOSTFS nothing is ever mounted, so that no path leads here; the functions are
 * what the callers link with.
 */
#include "fs/vfs.h"
#include "fs/host.h"
#include "fs/walk.h"

struct mount *fs_mounts;

void host_mount(const struct mvm_grant *g)
{
	(void)g;
}

void host_cover(const char *path)
{
	(void)path;
}

int walk_host(struct walker *w, struct name *r)
{
	(void)w, (void)r;
	return -ENOSYS;
}

int walk_out(struct walker *w, const struct mount *cover)
{
	(void)w, (void)cover;
	return -ENOSYS;
}

int walk_canon(struct file *f)
{
	(void)f;
	return -ENOSYS;
}

int host_open(struct name *r, u32 flags, u32 mode, struct file *f)
{
	(void)r, (void)flags, (void)mode, (void)f;
	return -ENOSYS;
}

int host_reopen(struct file *old, u32 flags, struct file *f)
{
	(void)old, (void)flags, (void)f;
	return -ENOSYS;
}

long host_readlink(s32 handle, const char *rel, u32 len, char *buf, u32 size)
{
	(void)handle, (void)rel, (void)len, (void)buf, (void)size;
	return -ENOSYS;
}

long host_mkdir(struct name *r, u32 mode)
{
	(void)r, (void)mode;
	return -ENOSYS;
}

long host_mknod(struct name *r, u32 mode)
{
	(void)r, (void)mode;
	return -ENOSYS;
}

long host_unlink(struct name *r, bool dir)
{
	(void)r, (void)dir;
	return -ENOSYS;
}

long host_symlink(struct name *r, const char *target, u32 len)
{
	(void)r, (void)target, (void)len;
	return -ENOSYS;
}

long host_rename(struct name *a, struct name *b, u32 flags)
{
	(void)a, (void)b, (void)flags;
	return -ENOSYS;
}

long host_link(struct name *a, struct name *b)
{
	(void)a, (void)b;
	return -ENOSYS;
}
