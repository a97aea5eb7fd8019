/* SPDX-License-Identifier: MIT */
/*
 * The part of /proc and /sys that programs and their libraries read: about the process itself,
 * memory, processors.  Each text is made when its file is opened.  Source: proc(5).
 */
#include "fs/vfs.h"
#include "fs/proc.h"
#include "lib/printf.h"
#include "sys/process.h"
#include "sys/sys.h"
#include <linux/time.h>

#define TEXT_OF_(x)	#x
#define TEXT_OF(x)	TEXT_OF_(x)
#define SELF_NAME	TEXT_OF(PROCESS_ID)
#define SELF		"/proc/" SELF_NAME

static const char *boot_string(u32 off)
{
	return off ? (const char *)boot + off : "";
}

/* ---- text files ---- */

static long text_open_size(struct file *f, char **text)
{
	if (!f->priv) {
		long n = f->node->ops->text(f->node, text);

		if (n < 0)
			return n;
		f->priv = *text;
		f->ino = n;		/* its length: the node has the inode number */
	}
	*text = f->priv;
	return f->ino;
}

static long text_read(struct file *f, struct io *io, u64 *pos)
{
	char *text;
	long n = text_open_size(f, &text), got;

	if (n < 0)
		return n;
	if (*pos >= (u64)n)
		return 0;
	got = io_put(io, text + *pos, n - *pos);
	if (got > 0)
		*pos += got;
	return got;
}

static long text_seek(struct file *f, s64 off, int whence)
{
	return seek_generic(f, off, whence, 0);
}

static void text_release(struct file *f)
{
	kfree(f->priv);
}

const struct file_ops text_file_ops = {
	.flags = FO_SEEK, .read = text_read, .seek = text_seek, .poll = poll_always,
	.ioctl = ioctl_enotty, .stat = node_file_stat, .setattr = node_file_setattr,
	.statfs = node_file_statfs, .release = text_release,
};

long proc_printf(char **text, size_t max, const char *fmt, ...)
{
	va_list ap;
	int n;

	*text = kmalloc(max);
	if (!*text)
		return -ENOMEM;
	va_start(ap, fmt);
	n = rt_vsnprintf(*text, max, fmt, ap);
	va_end(ap);
	return MIN((size_t)n, max - 1);
}

static long constant(struct node *n, char **text)
{
	const char *s = (const char *)n->data;

	*text = kstrndup(s, strlen(s));
	return *text ? (long)strlen(s) : -ENOMEM;
}

static const struct node_ops constant_ops = { .text = constant };

/* ---- about the process ---- */

/* count strings that lie one after another from s: their bytes. */
static u32 strings_len(const char *s, u32 count)
{
	const char *p = s;

	while (count--)
		p += strlen(p) + 1;
	return p - s;
}

static long cmdline(struct node *n, char **text)
{
	const char *args = boot_string(boot->args_off);
	u32 len = strings_len(args, boot->argc);

	(void)n;
	*text = kstrndup(args, len);
	return *text ? (long)len : -ENOMEM;
}

static long environment(struct node *n, char **text)
{
	const char *args = boot_string(boot->args_off);
	u32 skip = strings_len(args, boot->argc), len = strings_len(args + skip, boot->envc);

	(void)n;
	*text = kstrndup(args + skip, len);
	return *text ? (long)len : -ENOMEM;
}

static long comm(struct node *n, char **text)
{
	(void)n;
	return proc_printf(text, 32, "%s\n", process_comm);
}

static long stat_text(struct node *n, char **text)
{
	struct mm_usage mem;

	(void)n;
	mm_usage(&mem);
	return proc_printf(text, 512, "%d (%s) R 0 1 1 0 -1 4194304 0 0 0 0 0 0 0 0 20 0 1 0 1 "
			   "%lu %lu 18446744073709551615 0 0 0 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0 "
			   "0 0 0 0 0 0 0 0\n", PROCESS_ID, process_comm, mem.mapped,
			   (mem.total - mem.free) / MVM_PAGE_SIZE);
}

static long statm(struct node *n, char **text)
{
	struct mm_usage mem;

	(void)n;
	mm_usage(&mem);
	return proc_printf(text, 128, "%lu %lu 0 0 0 %lu 0\n", mem.mapped / MVM_PAGE_SIZE,
			   (mem.total - mem.free) / MVM_PAGE_SIZE, mem.mapped / MVM_PAGE_SIZE);
}

static long status(struct node *n, char **text)
{
	struct mm_usage mem;

	(void)n;
	mm_usage(&mem);
	return proc_printf(text, 1024, "Name:\t%s\nUmask:\t%04o\nState:\tR (running)\nTgid:\t%d\n"
			   "Pid:\t%d\nPPid:\t0\nTracerPid:\t0\nUid:\t%u\t%u\t%u\t%u\n"
			   "Gid:\t%u\t%u\t%u\t%u\nFDSize:\t64\nVmPeak:\t%8lu kB\n"
			   "VmSize:\t%8lu kB\nVmRSS:\t%8lu kB\nThreads:\t1\n"
			   "Cpus_allowed:\t1\nCpus_allowed_list:\t0\n", process_comm, fs_umask,
			   PROCESS_ID, PROCESS_ID, boot->uid, boot->uid, boot->uid, boot->uid,
			   boot->gid, boot->gid, boot->gid, boot->gid, mem.mapped / 1024,
			   mem.mapped / 1024, (mem.total - mem.free) / 1024);
}

/* ---- about the machine ---- */

static long meminfo(struct node *n, char **text)
{
	struct mm_usage mem;

	(void)n;
	mm_usage(&mem);
	return proc_printf(text, 512, "MemTotal:       %8lu kB\nMemFree:        %8lu kB\n"
			   "MemAvailable:   %8lu kB\nBuffers:               0 kB\n"
			   "Cached:                0 kB\nSwapTotal:             0 kB\n"
			   "SwapFree:              0 kB\nHugepagesize:       2048 kB\n",
			   mem.total / 1024, mem.free / 1024, mem.free / 1024);
}

static long uptime(struct node *n, char **text)
{
	u64 cs = time_now(CLOCK_MONOTONIC) / 10000000;

	(void)n;
	return proc_printf(text, 64, "%lu.%02lu 0.00\n", cs / 100, cs % 100);
}

static long mounts(struct node *n, char **text)
{
	u32 max = 256;
	int len;

	(void)n;
	for (struct mount *m = fs_mounts; m; m = m->next)
		max += strlen(m->path) + 32;
	*text = kmalloc(max);
	if (!*text)
		return -ENOMEM;
	len = rt_snprintf(*text, max, "tmpfs / tmpfs rw 0 0\nproc /proc proc rw 0 0\n%s", "");
	for (struct mount *m = fs_mounts; m; m = m->next)
		len += rt_snprintf(*text + len, max - len, "grant %s mvm %s 0 0\n", m->path,
				   m->rights & (MVM_RIGHT_WRITE | MVM_RIGHT_CREATE) ? "rw" : "ro");
	return len;
}

/* ---- links ---- */

/*
 * Always absolute: glibc's start-up insists on it.  With a root it is free of links, for libraries
 * are looked for beside it ($ORIGIN); without one it is a path of the host's, perhaps relative.
 */
static long exe_link(struct node *n, char *buf)
{
	const char *path = boot_string(boot->exe_off);
	struct file *f = NULL;
	long len = -1;

	(void)n;
	if (root_dir()->mounted)
		f = open_kpath(path, O_PATH, 0, &len);
	if (f && f->mnt && !walk_canon(f))
		len = path_of(f, buf, FS_PATH_MAX);
	file_put(f);
	if (len >= 0)
		return len;
	return rt_snprintf(buf, FS_PATH_MAX, "%s%s", path[0] == '/' ? "" : "/", path);
}

static long cwd_link(struct node *n, char *buf)
{
	(void)n;
	if (cwd_file()->mnt && walk_canon(fs_cwd))
		return -ENOENT;
	return path_of(fs_cwd, buf, FS_PATH_MAX);
}

static struct file *cwd_jump(struct node *n)
{
	(void)n;
	file_ref(fs_cwd);
	return fs_cwd;
}

/* ---- /proc/self/fd ---- */

/* What readlink says of an open file. */
long proc_file_text(struct file *f, char *buf)
{
	static const char *const std[] = { "pipe:[1]", "pipe:[2]", "pipe:[3]" };
	long n;

	if (f->mnt || (f->node && f->node->dent) || (f->node && f->node == fs_root)) {
		n = path_of(f, buf, FS_PATH_MAX);
		if (n >= 0)
			return n;
	}
	if (f->kind == MVM_KIND_TTY)
		return str_copy(buf, "/dev/tty", FS_PATH_MAX);
	if (f->handle >= 0 && f->handle < 3)
		return str_copy(buf, std[f->handle], FS_PATH_MAX);
	if (f->node && S_ISFIFO(f->node->mode))
		return rt_snprintf(buf, FS_PATH_MAX, "pipe:[%lu]", f->node->ino);
	if (f->node)
		return rt_snprintf(buf, FS_PATH_MAX, "anon_inode:[%lu]", f->node->ino);
	return str_copy(buf, "anon_inode:[unknown]", FS_PATH_MAX);
}

static long fd_link(struct node *n, char *buf)
{
	struct file *f = fd_peek(n->data);

	return f ? proc_file_text(f, buf) : -ENOENT;
}

static struct file *fd_jump(struct node *n)
{
	return file_get(n->data);
}

static const struct node_ops fd_link_ops = { .link = fd_link, .jump = fd_jump };

/* An fd's number as its name: no sign, no leading zeros; -1: none. */
static int fd_number(const char *name, u32 len)
{
	int n = 0;

	if (!len || len > 7 || (len > 1 && *name == '0'))
		return -1;
	while (len--) {
		if (*name < '0' || *name > '9')
			return -1;
		n = n * 10 + *name++ - '0';
	}
	return n;
}

static struct node *fd_lookup(struct node *dir, const char *name, u32 len)
{
	int fd = fd_number(name, len);
	struct node *n;

	(void)dir;
	if (fd < 0 || !fd_peek(fd))
		return NULL;
	n = node_new(S_IFLNK | 0700);
	if (n) {
		n->ops = &fd_link_ops;
		n->data = fd;
		n->nlink = 1;
		n->size = 64;
	}
	return n;
}

static int fd_list(struct node *dir, u64 *pos, struct sink *s)
{
	char name[16];
	int fd, len, err;

	for (;;) {
		fd = fd_next(*pos - 2);
		if (fd < 0)
			return 0;
		len = rt_snprintf(name, sizeof(name), "%d", fd);
		err = sink_put(s, name, len, dir->ino + 1 + fd, (u64)fd + 3, S_IFLNK >> 12);
		if (err)
			return err;
		*pos = (u64)fd + 3;
	}
}

static const struct node_ops fd_dir_ops = { .lookup = fd_lookup, .list = fd_list };

/* ---- the tree ---- */

static void add_text(const char *path, const struct node_ops *ops)
{
	tree_add(path, S_IFREG | 0444, NULL)->ops = ops;
}

static void add_constant(const char *path, const char *text)
{
	struct node *n = tree_add(path, S_IFREG | 0444, NULL);

	n->ops = &constant_ops;
	n->data = (u64)text;
}

static void not_lazy(const char *path)
{
	struct node *n = tree_mkdirs(path);

	n->ops = NULL;
	node_put(n);
}

/* Both at once: they are small, and who looks into one does so for the other's kind of facts. */
static void fill_proc(struct node *dir)
{
	static const struct { const char *path; struct node_ops ops; } texts[] = {
		{ SELF "/cmdline", { .text = cmdline } }, { SELF "/comm", { .text = comm } },
		{ SELF "/environ", { .text = environment } },
		{ SELF "/maps", { .text = proc_maps } },
		{ SELF "/stat", { .text = stat_text } },
		{ SELF "/statm", { .text = statm } }, { SELF "/status", { .text = status } },
		{ "/proc/meminfo", { .text = meminfo } }, { "/proc/mounts", { .text = mounts } },
		{ "/proc/uptime", { .text = uptime } },
	};
	static const struct { const char *path; struct node_ops ops; } links[] = {
		{ SELF "/exe", { .link = exe_link } },
		{ SELF "/cwd", { .link = cwd_link, .jump = cwd_jump } },
	};
	static const struct { const char *path, *text; } constants[] = {
		{ "/proc/filesystems", "nodev\ttmpfs\nnodev\tproc\n" },
		{ "/proc/loadavg", "0.00 0.00 0.00 1/1 1\n" },
		{ "/proc/sys/fs/pipe-max-size", "1048576\n" },
		{ "/proc/sys/kernel/ngroups_max", "65536\n" },
		{ "/proc/sys/kernel/ostype", "Linux\n" },
		{ "/proc/sys/kernel/pid_max", "32768\n" },
		{ "/proc/sys/vm/max_map_count", "65530\n" },
		{ "/proc/sys/vm/overcommit_memory", "1\n" },
		{ "/sys/devices/system/cpu/online", "0\n" },
		{ "/sys/devices/system/cpu/possible", "0\n" },
		{ "/sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n" },
		{ "/sys/kernel/mm/transparent_hugepage/hpage_pmd_size", "2097152\n" },
	};
	struct node *n;

	(void)dir;
	not_lazy("/proc");
	not_lazy("/sys");
	for (u32 i = 0; i < ARRAY_SIZE(texts); i++)
		add_text(texts[i].path, &texts[i].ops);
	for (u32 i = 0; i < ARRAY_SIZE(constants); i++)
		add_constant(constants[i].path, constants[i].text);
	for (u32 i = 0; i < ARRAY_SIZE(links); i++)
		tree_add(links[i].path, S_IFLNK | 0777, NULL)->ops = &links[i].ops;
	tree_add(SELF "/root", S_IFLNK | 0777, "/");
	tree_add("/proc/self", S_IFLNK | 0777, SELF_NAME);
	tree_add("/proc/thread-self", S_IFLNK | 0777, "self");
	n = tree_mkdirs(SELF "/fd");
	n->ops = &fd_dir_ops;
	n->mode = S_IFDIR | 0500;
	node_put(n);
}

void proc_init(void)
{
	static const struct node_ops lazy = { .fill = fill_proc };

	tree_lazy("/proc", 0555, &lazy);
	tree_lazy("/sys", 0555, &lazy);
}
