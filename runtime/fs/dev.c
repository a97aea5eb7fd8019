/* SPDX-License-Identifier: MIT */
/* The devices: null, zero, full, random, urandom, and the terminal. */
#include "fs/vfs.h"
#include "sys/sys.h"

#define DEV(major, minor)	((u64)(major) << 8 | (minor))
#define MEM_NULL	DEV(1, 3)
#define MEM_ZERO	DEV(1, 5)
#define MEM_FULL	DEV(1, 7)
#define MEM_RANDOM	DEV(1, 8)
#define MEM_URANDOM	DEV(1, 9)
#define TTY_OWN		FS_TTY_RDEV
#define TTY_CONSOLE	DEV(5, 1)

static long null_read(struct file *f, struct io *io, u64 *pos)
{
	(void)f, (void)io, (void)pos;
	return 0;
}

static long null_write(struct file *f, struct io *io, u64 *pos)
{
	u64 n = io->left;

	(void)f, (void)pos;
	io_advance(io, n);
	return n;
}

static long null_seek(struct file *f, s64 off, int whence)
{
	(void)off, (void)whence;
	f->off = 0;
	return 0;
}

static long zero_read(struct file *f, struct io *io, u64 *pos)
{
	(void)f, (void)pos;
	return io_zero(io, io->left);
}

static long full_write(struct file *f, struct io *io, u64 *pos)
{
	(void)f, (void)io, (void)pos;
	return -ENOSPC;
}

static long random_read(struct file *f, struct io *io, u64 *pos)
{
	char buf[256];
	u64 done = 0;
	long res = 0;

	(void)f, (void)pos;
	while (io->left) {
		u64 n = MIN(io->left, sizeof(buf));

		random_bytes(buf, n);
		res = io_put(io, buf, n);
		if (res <= 0)
			break;
		done += res;
	}
	memset(buf, 0, sizeof(buf));
	return done ? (long)done : res;
}

#define MEM_OPS(map, r, w) { \
	.flags = FO_SEEK | map, .read = r, .write = w, .seek = null_seek, .poll = poll_always, \
	.ioctl = ioctl_enotty, .stat = node_file_stat, .setattr = node_file_setattr, \
	.statfs = node_file_statfs }

static const struct file_ops null_ops = MEM_OPS(0, null_read, null_write);
static const struct file_ops zero_ops = MEM_OPS(FO_MAP, zero_read, null_write);
static const struct file_ops full_ops = MEM_OPS(0, zero_read, full_write);
static const struct file_ops random_ops = MEM_OPS(0, random_read, null_write);

/* The terminal the program was started on, by whichever of its standard handles leads there. */
static int open_tty(struct file *f)
{
	u32 flags = f->flags;
	int handle = stream_tty_handle(), err;

	if (handle < 0)
		return -ENXIO;
	err = stream_open_std(f, handle);
	f->flags = flags;
	return err;
}

static int mem_open(struct node *n, struct file *f)
{
	static const struct { u64 rdev; const struct file_ops *ops; } kinds[] = {
		{ MEM_NULL, &null_ops }, { MEM_ZERO, &zero_ops }, { MEM_FULL, &full_ops },
		{ MEM_RANDOM, &random_ops }, { MEM_URANDOM, &random_ops },
	};

	if (n->rdev == TTY_OWN || n->rdev == TTY_CONSOLE)
		return open_tty(f);
	for (u32 i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (kinds[i].rdev == n->rdev) {
			f->ops = kinds[i].ops;
			return 0;
		}
	}
	return -ENXIO;
}

static const struct node_ops mem_node = { .open = mem_open };

void dev_attach(struct node *n, u64 dev)
{
	n->rdev = dev;
	if (S_ISCHR(n->mode))
		n->ops = &mem_node;
}

/* ---- the tree ---- */

static void fill_dev(struct node *dir)
{
	static const struct { const char *path; u64 rdev; } devices[] = {
		{ "/dev/null", MEM_NULL }, { "/dev/zero", MEM_ZERO }, { "/dev/full", MEM_FULL },
		{ "/dev/random", MEM_RANDOM }, { "/dev/urandom", MEM_URANDOM },
		{ "/dev/tty", TTY_OWN }, { "/dev/console", TTY_CONSOLE },
	};

	struct node *shm;

	(void)dir;
	shm = tree_mkdirs("/dev/shm");
	shm->mode = S_IFDIR | 01777;
	node_put(shm);
	for (u32 i = 0; i < ARRAY_SIZE(devices); i++) {
		struct node *n = tree_add(devices[i].path, S_IFCHR | 0666, NULL);

		dev_attach(n, devices[i].rdev);
		if (n->rdev == FS_TTY_RDEV)
			n->ino = FS_TTY_INO;
	}
	tree_add("/dev/fd", S_IFLNK | 0777, "/proc/self/fd");
	tree_add("/dev/stdin", S_IFLNK | 0777, "/proc/self/fd/0");
	tree_add("/dev/stdout", S_IFLNK | 0777, "/proc/self/fd/1");
	tree_add("/dev/stderr", S_IFLNK | 0777, "/proc/self/fd/2");
}

void dev_init(void)
{
	static const struct node_ops dev = { .fill = fill_dev };

	tree_lazy("/dev", 0755, &dev);
	disk_init();
}
