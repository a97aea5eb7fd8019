/* SPDX-License-Identifier: MIT */
/* The working directory: getcwd, chdir, fchdir, chroot. */
#include "fs/vfs.h"
#include "fs/syscalls.h"

long sys_getcwd(u64 ubuf, u64 size)
{
	struct file *cwd = cwd_file();
	char buf[FS_PATH_MAX];
	struct mvm_stat st;
	long len;

	if (cwd->mnt) {
		len = host_stat(cwd->handle, "", 0, false, &st);
		if (!len && !st.nlink)
			len = -ENOENT;		/* removed */
		if (!len)
			len = walk_canon(cwd);
		if (len)
			return len;
	}
	len = path_of(cwd, buf, sizeof(buf));
	if (len < 0)
		return len;
	if (size < (u64)len + 1)
		return -ERANGE;
	return copy_to_user(ubuf, buf, len + 1) ? -EFAULT : len + 1;
}

long sys_chdir(u64 upath)
{
	char path[FS_PATH_MAX];
	struct file *f;
	long err = strncpy_from_user(path, upath, sizeof(path));

	if (err <= 0)
		return err ? err : -ENOENT;
	f = open_kpath(path, O_PATH | O_DIRECTORY, 0, &err);
	if (!f)
		return err;
	file_put(fs_cwd);
	fs_cwd = f;
	return 0;
}

long sys_fchdir(u64 fd)
{
	struct file *f = fd_peek(fd);

	if (!f)
		return -EBADF;
	if (f->node ? !is_dir(f->node) : f->kind != MVM_KIND_DIR)
		return -ENOTDIR;
	file_ref(f);
	file_put(cwd_file());
	fs_cwd = f;
	return 0;
}

static long do_check_dir(struct name *r, void *arg)
{
	(void)arg;
	if (r->mnt || r->file)
		return -EPERM;
	return is_dir(r->node) ? -EPERM : -ENOTDIR;
}

/* There is nothing outside the root to be shut out of: refused, as without CAP_SYS_CHROOT. */
long sys_chroot(u64 path)
{
	return at_path(AT_FDCWD, path, W_FOLLOW, do_check_dir, NULL);
}
