/* SPDX-License-Identifier: MIT */
/*
 * The common ground of fs/: nodes, open files, mounts, and the end of a path walk.  No other
 * room includes it (they have fs.h and syscalls.h).
 *
 * Two kinds of file live side by side.  A *node* is an inode of the runtime's own tree (ramfs
 * with its devices and /proc).  Below a *mount* (a --dir grant) there are no nodes: a name is a
 * path that goes to the host in one request, and an open file is a host handle.
 *
 * Errors: functions return 0 or a value, or a negative errno.  References: whoever gets a
 * node or file from a function that says "reference" drops it with node_put() or file_put().
 */
#ifndef MVM_RT_FS_VFS_H
#define MVM_RT_FS_VFS_H

#include "rt.h"
#include "mm/mm.h"
#include "fs/fs.h"
#include "sched/waitq.h"
#include <linux/fcntl.h>
#include <linux/stat.h>

#define FS_PATH_MAX	4096UL		/* with the NUL */
#define FS_NAME_MAX	255U
#define FS_LINKS_MAX	40		/* symbolic links followed in one walk, then ELOOP */

/* ---- bytes on their way between a file and the caller (io.c) ---- */

struct io_vec { u64 base, len; };	/* the layout of struct iovec */

struct io {
	const struct io_vec *vec;	/* what follows the current segment */
	u32 nvec;
	bool kernel;			/* addresses are the runtime's own, not the program's */
	u64 base, len;			/* rest of the current segment */
	u64 left;			/* bytes left in all */
};

void io_user(struct io *io, u64 buf, u64 len);
void io_kernel(struct io *io, const void *buf, u64 len);
void io_vector(struct io *io, const struct io_vec *vec, u32 n, u64 total);
/* The program's struct iovec[cnt], copied; cnt is within IOV_MAX. */
#define IOV_MAX		1024U
#define IOV_FAST	8U
struct io_import { struct io_vec fast[IOV_FAST], *vec; };
/* Sum of its lengths, MVM_IO_MAX at most; -EINVAL for a sum beyond SSIZE_MAX, -EFAULT, -ENOMEM. */
long io_import(struct io_import *im, u64 uiov, u64 cnt);
void io_import_done(struct io_import *im);	/* after success */
/* Copy and advance.  Bytes moved, less than n only after a bad address; -EFAULT for none. */
long io_put(struct io *io, const void *src, u64 n);
long io_get(struct io *io, void *dst, u64 n);
long io_zero(struct io *io, u64 n);
void io_advance(struct io *io, u64 n);
/*
 * The guest-physical pieces of what is left, without advancing.  write: the host will write
 * to them.  Number of pieces (at most max), *covered: their bytes; -EFAULT for none.
 */
int io_pieces(const struct io *io, bool write, struct mvm_iov *out, int max, u64 *covered);

/* ---- nodes (node.c, ramdir.c, pagemap.c, ramfile.c) ---- */

/* A file's pages by index: a radix tree of 512-entry tables. */
struct pagemap {
	void *root;
	u32 height;			/* 0: root is the page with index 0 */
	u64 pages;			/* data pages in it */
};

void *pagemap_get(const struct pagemap *m, u64 index);
/* The slot for a page, made if necessary; NULL when out of memory. */
void **pagemap_slot(struct pagemap *m, u64 index);
/* Frees the pages with an index in [first, last]; the number freed. */
u64 pagemap_free(struct pagemap *m, u64 first, u64 last);
/* The first index >= from that has a page (present) or has none; UINT64_MAX: no more pages. */
u64 pagemap_next(const struct pagemap *m, u64 from, bool present);

struct fs_time { s64 sec; u32 nsec; };

struct dir;
struct dent;
struct pipe;
struct sock;
struct mount;
struct node;
struct file;
struct sink;

/* A node whose contents are made when asked for (devices, /proc). */
struct node_ops {
	/* CHR, BLK: sets up *f (ops at least).  0 or -errno. */
	int (*open)(struct node *n, struct file *f);
	/* REG: the text; *text is kmalloc'ed.  Length or -errno. */
	long (*text)(struct node *n, char **text);
	/* REG: takes what is written; text ends with a NUL.  0 or -errno.  NULL: -EIO. */
	long (*store)(struct node *n, const char *text, u32 len);
	/* DIR: makes the entries, when first looked into. */
	void (*fill)(struct node *dir);
	/* DIR: an entry that is made for this look-up; a reference, or NULL. */
	struct node *(*lookup)(struct node *dir, const char *name, u32 len);
	/* DIR: entries from position *pos on, after "." and "..". */
	int (*list)(struct node *dir, u64 *pos, struct sink *s);
	/* LNK: its text into buf (FS_PATH_MAX).  Length or -errno. */
	long (*link)(struct node *n, char *buf);
	/* LNK: the open file that it stands for; a reference, or NULL. */
	struct file *(*jump)(struct node *n);
};

/* A file system in memory: the tree's own, or a --tmpfs within it. */
struct ramfs {
	struct ramfs *next;
	const char *path;		/* where it is mounted */
	u64 pages, pages_max;		/* of data: in use, and at most */
	u64 nodes;
	u64 dev;			/* st_dev */
};

struct node {
	u32 refs;
	u32 nlink;
	u32 mode, uid, gid;
	u32 seals;			/* memfd: F_SEAL_* */
	bool nameless;			/* O_TMPFILE with O_EXCL: never to be linked */
	u64 ino, size, rdev;
	struct fs_time atime, mtime, ctime;
	union {
		struct pagemap map;	/* REG */
		struct dir *dir;	/* DIR */
		char *target;		/* LNK, size bytes and a NUL */
		struct pipe *pipe;	/* FIFO, while open */
		struct sock *sock;	/* SOCK, while bound: net/ */
	};
	struct ramfs *fs;
	u64 archive_off, archive_len;	/* REG: bytes that are still outside (archive.h) */
	struct lower *lower;		/* what the host has of it, or NULL (lower.h) */
	const struct node_ops *ops;	/* NULL: plain */
	u64 data;			/* for ops */
	struct dent *dent;		/* the entry made last for it; NULL: removed, or the root */
	/* Where dent stands.  DIR: where ".." leads, a reference that stays; the root: itself. */
	struct node *parent;
	struct mount *mounted;		/* DIR: a grant covers it */
	struct mount *cover;		/* DIR: it covers a place in a grant, to which ".." leads */
};

/* NULL until the tree is made; root_dir() makes it. */
extern struct node *fs_root;
struct node *root_dir(void);
extern u64 ram_pages_used;		/* data pages of all regular files (ramfile.c) */
extern struct ramfs ram_root;		/* the tree's own; the first of all (ramfs.c) */

/* A node of the tree's own file system; of the one that dir is in. */
struct node *node_new(u32 mode);
struct node *node_new_in(const struct node *dir, u32 mode);
/* Is n, a directory, the root of a --tmpfs? */
static inline bool is_ramfs_root(const struct node *n)
{
	return n->parent && n->parent->fs != n->fs;
}
static inline struct node *node_get(struct node *n) { n->refs++; return n; }
void node_put(struct node *n);		/* NULL is allowed */
/* which: MVM_SET_ATIME, MVM_SET_MTIME; and ctime always with it. */
void node_now(struct node *n, u32 which);
void node_atime(struct node *n);	/* after a read: as relatime does it */
struct fs_time fs_now(void);
void node_stat(struct node *n, struct mvm_stat *st);
int node_setattr(struct node *n, const struct mvm_setattr *a);
void ram_statfs(const struct ramfs *fs, struct mvm_statfs *s);
#define RAM_PAGES_MAX	((u64)CONFIG_RAMFS_MAX_MIB << (20 - 12))
#define FS_TTY_INO	1U		/* of /dev/tty, which a terminal on 0, 1 or 2 says it is */
#define FS_TTY_RDEV	0x500U		/* 5:0 */
#define FS_RAM_DEV	0x15U		/* st_dev of the tree: 0:21; those of --tmpfs follow */

static inline bool is_dir(const struct node *n) { return S_ISDIR(n->mode); }

/* Directories.  Names are not NUL-terminated. */
struct dir *dir_new(void);
void dir_free(struct dir *d);
bool dir_empty(struct node *dir);
struct node *dir_lookup(struct node *dir, const char *name, u32 len);	/* a reference, or NULL */
/* Adds an entry and takes a link to n. -ENOMEM; -ENOENT in a removed directory. */
int dir_add(struct node *dir, const char *name, u32 len, struct node *n);
void dir_remove(struct node *dir, const char *name, u32 len);	/* and drops the link */
/* The entry names n from now on (rename over it); what it named loses the link. */
void dir_replace(struct node *dir, const char *name, u32 len, struct node *n);
/* Two entries change their nodes. */
void dir_exchange(struct node *dir1, const char *name1, u32 len1,
		  struct node *dir2, const char *name2, u32 len2);
int dir_list(struct node *dir, u64 *pos, struct sink *s);
/* The name under which a node stands in its parent; NULL for the root or when removed. */
const char *node_name(const struct node *n, u32 *len);

/* Regular files of the tree. */
long ram_read(struct node *n, struct io *io, u64 pos);
long ram_write(struct node *n, struct io *io, u64 pos);
int ram_truncate(struct node *n, u64 size);
long ram_fallocate(struct node *n, u32 mode, u64 off, u64 len);
extern const struct file_ops ram_file_ops, ram_dir_ops, text_file_ops;

/* ---- getdents' destination (dirent.c) ---- */

struct sink {
	u64 buf;			/* the program's */
	u64 size, used;
	bool old;			/* struct linux_dirent, not linux_dirent64 */
};

/* One record; off is the position after it.  0; 1: no room; -EFAULT; -EINVAL: will never fit. */
int sink_put(struct sink *s, const char *name, u32 len, u64 ino, u64 off, u8 type);

/* ---- open files (file.c) ---- */

#define FO_SEEK		1U		/* has an offset; pread and pwrite work */
#define FO_MAP		4U		/* may be mapped */
#define FO_STREAM	2U		/* no offset, and moves may come short */

struct file_ops {
	u32 flags;			/* FO_* */
	/* *pos is advanced by what was moved.  Streams ignore it. */
	long (*read)(struct file *f, struct io *io, u64 *pos);
	long (*write)(struct file *f, struct io *io, u64 *pos);
	/*
	 * Sends n bytes of in, a file of the host's, from *pos on, which is advanced, without
	 * fetching them.  Bytes or -errno as write; -EINVAL: not here, or not with this file.
	 */
	long (*send)(struct file *f, struct file *in, u64 *pos, u64 n);
	long (*seek)(struct file *f, s64 off, int whence);
	/*
	 * What is ready of POLLIN, POLLOUT, POLLHUP, POLLERR, POLLRDHUP ...  *q, NULL before: what
	 * is woken whenever that may have changed; a file that is always ready leaves it alone.
	 */
	u32 (*poll)(struct file *f, struct waitq **q);
	long (*ioctl)(struct file *f, u32 cmd, u64 arg);	/* -ENOTTY */
	long (*stat)(struct file *f, struct mvm_stat *st);
	long (*setattr)(struct file *f, const struct mvm_setattr *a);
	long (*statfs)(struct file *f, struct mvm_statfs *s);
	long (*truncate)(struct file *f, u64 size);
	long (*fallocate)(struct file *f, u32 mode, u64 off, u64 len);
	long (*fsync)(struct file *f, bool data);
	long (*list)(struct file *f, struct sink *s);
	void (*release)(struct file *f);
	const char *anon;		/* of a file without a name: what its link in /proc says */
};

struct file {
	const struct file_ops *ops;
	u32 refs;
	u32 flags;			/* O_ACCMODE and the status flags, O_PATH, O_DIRECTORY */
	u64 off;
	struct node *node;		/* in the tree; a reference, or NULL */
	struct mount *mnt;		/* below a grant */
	s32 handle;			/* the host's; -1: none */
	u16 kind;			/* enum mvm_kind of the handle */
	bool canon;			/* rel has no symbolic links in it */
	bool locked;			/* holds locks: release lets go of them */
	bool moved;			/* hostmove.c's mark */
	u32 rights;			/* MVM_RIGHT_* of the handle */
	char *rel;			/* below the mount: path from its root (kmalloc'ed) */
	u64 dev, ino;			/* of a host file, from its opening */
	void *priv;			/* pipe, directory buffer, text ... */
	struct epitem *watched;		/* by epoll sets: epitem.c */
};

static inline bool can_read(const struct file *f) { return (f->flags & O_ACCMODE) != O_WRONLY; }
static inline bool can_write(const struct file *f) { return (f->flags & O_ACCMODE) != O_RDONLY; }

/* A file with one reference and no ops yet; NULL when out of memory. */
struct file *file_new(u32 flags);
/*
 * A new file without a name, on a descriptor: an eventfd and its like.  flags: O_RDWR ...,
 * O_NONBLOCK, O_CLOEXEC.  priv: kmalloc'ed, NULL for "out of memory"; freed when this fails.
 */
long anon_fd(const struct file_ops *ops, void *priv, u32 flags);
/*
 * Moves bytes at *pos, which is advanced, with shared mappings in step (rw.c).  -EBADF: not open
 * for that; -EINVAL: a kind of file that does not.  It may sleep: hold a reference.
 */
long file_read_at(struct file *f, struct io *io, u64 *pos);
long file_write_at(struct file *f, struct io *io, u64 *pos);
/* The usual answers for what a kind of file does not do. */
long seek_espipe(struct file *f, s64 off, int whence);
long seek_nowhere(struct file *f, s64 off, int whence);		/* anonymous files: always at 0 */
long seek_generic(struct file *f, s64 off, int whence, u64 size);
long ioctl_enotty(struct file *f, u32 cmd, u64 arg);
u32 poll_always(struct file *f, struct waitq **q);
long node_file_stat(struct file *f, struct mvm_stat *st);
long node_file_setattr(struct file *f, const struct mvm_setattr *a);
long node_file_statfs(struct file *f, struct mvm_statfs *s);
long fsync_nothing(struct file *f, bool data);

/* ---- descriptors (fdtable.c) ---- */

/* fcntl's F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD. */
long fd_fcntl(u32 fd, u32 cmd, u64 arg);
/* Puts f (taking over the reference) at the lowest free descriptor >= min.  fd or -EMFILE. */
long fd_install(struct file *f, u32 min, bool cloexec);
/* No reference: for calls that do not wait.  NULL: EBADF. */
struct file *fd_peek(u64 fd);
/* The same, but an O_PATH descriptor is no file either. */
struct file *fd_file(u64 fd);
u32 fd_table_size(void);		/* descriptors from here on were never open */
int fd_next(int fd);			/* the first open descriptor >= fd, or -1 */

/* ---- grants (host*.c, or nohost.c without CONFIG_HOSTFS) ---- */

struct mount {
	struct mount *next;
	struct node *point;		/* what it covers; NULL: that lies below another grant */
	struct mount *parent;		/* that grant */
	char *rel;			/* and where in it */
	u32 children;			/* grants below this one */
	const char *path;		/* where it was granted, in the boot information */
	s32 handle;
	u32 rights;
	bool cover;			/* no grant: the tree shows in this place of parent */
	bool unless;			/* but not if parent has something: not asked yet */
	bool asking;			/* just now */
};

extern struct mount *fs_mounts;

/* ---- path walk (walk.c) ---- */

#define W_FOLLOW	1U		/* a symbolic link at the end is followed */
#define W_MISSING	2U		/* the last component need not exist */
#define W_PARENT	4U		/* the entry itself is changed: never followed */
#define W_NEW		128U		/* with W_PARENT: to be made, so nothing may be there */
#define W_SLOW		8U		/* below grants: component by component */
#define W_OCREAT	16U		/* open(O_CREAT): a trailing slash is EISDIR */
#define W_MAGIC		32U		/* a /proc/self/fd link at the end gives ->file */
#define W_NOLINKS	64U		/* RESOLVE_NO_SYMLINKS */
#define W_LATER		256U		/* a link at the end may be left to the request: ->unsure */

enum last { LAST_NAME, LAST_DOT, LAST_DOTDOT, LAST_ROOT };

/* The end of a walk: in the tree, below a grant, or (W_MAGIC) an open file. */
struct name {
	struct node *dir;		/* tree: where the last component stands (a reference) */
	struct node *node;		/* tree: what is there (a reference), or NULL */
	const char *last;		/* last component; W_PARENT: see name_check() */
	u32 len;
	enum last type;
	bool slash;			/* slashes follow it */
	struct mount *mnt;		/* grant: not NULL */
	s32 handle;			/* grant: the path starts here */
	char *rel;			/* grant: the path, "" for the handle itself */
	u32 rel_len;
	bool slow;			/* the walk was made component by component */
	bool unsure;			/* W_LATER: the last one may be a link, not followed yet */
	bool link;			/* the request has met that link: it is to be walked */
	struct file *file;		/* magic link: a reference */
	struct file *start;		/* grant: the directory that handle is of; NULL: its root */
	struct file *base;		/* storage: keeps start open (a reference), or NULL */
	char *path;			/* storage */
	char *buf;			/* storage */
};

/*
 * Walks path (not empty) from directory base, NULL: the working directory.  After success the
 * caller calls name_done(), and keeps path and base until then.
 * Errors: ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG, ENOMEM, EISDIR (W_OCREAT), EIO.
 */
int walk(struct file *base, const char *path, u32 flags, struct name *r);
void name_done(struct name *r);

/*
 * -ENAMETOOLONG: found late, after what the kernel looks at before it looks the name up.  Below a
 * grant the host finds it.
 */
static inline int name_check(const struct name *r)
{
	return r->len > FS_NAME_MAX && !r->mnt ? -ENAMETOOLONG : 0;
}

/*
 * What a walk in the tree finds out by itself and below a grant is left to the request, for
 * calls that end without one: is the directory there (whole: the name too)?  0 or -errno.
 */
long name_exists(const struct name *r, bool whole);
/* Below a grant: what stands in the way of making this name; 0: nothing that can be seen. */
long name_could_make(const struct name *r);
/* The verdict, unless below a grant the name is not even there: then that. */
long name_verdict(const struct name *r, long verdict);

/* What a path call does with the end of its walk. */
typedef long (*name_fn)(struct name *r, void *arg);
/*
 * The frame of every call that takes a directory descriptor and a path: copies the path in,
 * walks, calls fn, and walks again component by component when the host reports that the
 * path leads out of the grant.
 */
long at_path(u64 dfd, u64 upath, u32 wflags, name_fn fn, void *arg);
/* The same with a path of the runtime's own. */
long at_kpath(struct file *base, const char *path, u32 wflags, name_fn fn, void *arg);
typedef long (*name2_fn)(struct name *a, struct name *b, void *arg);
long at_paths(u64 dfd1, u64 path1, u32 w1, u64 dfd2, u64 path2, u32 w2, name2_fn fn, void *arg);
/* Is this result one that a walk component by component may improve? */
static inline bool walk_again(long res, const struct name *r)
{
	return r->link || ((res == -EXDEV || res == -ELOOP) && r->mnt && !r->slow);
}

/* The directory that *at calls start from.  *base: a reference, or NULL for the working one. */
int base_get(u64 dfd, const char *path, struct file **base);

/* Makes the path of a directory below a grant free of symbolic links. */
int walk_canon(struct file *f);

/* The working directory; NULL until the tree is made, cwd_file() makes it. */
extern struct file *fs_cwd;
struct file *cwd_file(void);
extern u32 fs_umask;
/* The absolute path of a directory or of what a descriptor has open.  Length or -errno. */
long path_of(struct file *f, char *buf, size_t size);

/* ---- opening (open.c) ---- */

/* Opens what is there.  f: flags set; gets node and ops.  0 or -errno. */
int node_open(struct node *n, struct file *f);
struct file *open_kpath(const char *path, u32 flags, u32 mode, long *err);

int host_reopen(struct file *old, u32 flags, struct file *f);

/* ---- requests to the host for grants (hostfs.c) ---- */

int host_open(struct name *r, u32 flags, u32 mode, struct file *f);
long host_stat(s32 handle, const char *rel, u32 len, bool nofollow, struct mvm_stat *st);
long host_setattr(s32 handle, const char *rel, u32 len, bool nofollow,
		  const struct mvm_setattr *a);
long host_readlink(s32 handle, const char *rel, u32 len, char *buf, u32 size);
long host_mkdir(struct name *r, u32 mode);
long host_mknod(struct name *r, u32 mode);
long host_unlink(struct name *r, bool dir);
long host_symlink(struct name *r, const char *target, u32 len);
long host_rename(struct name *a, struct name *b, u32 flags);
long host_link(struct name *a, struct name *b);
long host_statfs(s32 handle, struct mvm_statfs *s);
/* Record locks on the host: type F_*LCK, len 0 to the end.  *found: with test, who stands. */
long host_lock(s32 handle, int type, u64 off, u64 len, bool test, int *found);
void host_mount(const struct mvm_grant *g);	/* mounts a directory; at start */
/* --tmpfs at path, of size bytes (ramfs.c). */
void ramfs_mount(const char *path, u64 size);
/* What of the tree is at path shows, if path lies in a grant. */
void host_cover(const char *path);
void host_close(s32 handle);
void host_close_later(s32 handle);	/* with the next request */

/* ---- devices, streams, pipes ---- */

int stream_open_std(struct file *f, int handle);	/* stdin, stdout, stderr */
int stream_tty_handle(void);				/* of the terminal, or -1 */
void stream_inetd(void);	/* stdin and stdout have become one connection (inetd.h) */
/* What a device node with this number opens. */
void dev_attach(struct node *n, u64 dev);
void dev_init(void);
void disk_init(void);
void proc_init(void);
/* A directory of the tree that is filled when first looked into. */
void tree_lazy(const char *path, u32 mode, const struct node_ops *fill);
long tty_ioctl(struct file *f, u32 cmd, u64 arg);	/* of a stream that is a terminal */
extern const struct file_ops host_file_ops;
/* Closes one of these whose priv is set, instead of them. */
extern void (*host_file_released)(struct file *f);

struct pipe;
int pipe_open_fifo(struct node *n, struct file *f);
long pipe_size(struct file *f);		/* -EBADF: no pipe */
long pipe_resize(struct file *f, u64 size);
void pipe_release_node(struct pipe *p);

void epoll_file_released(struct file *f);

/* ---- locks (lock.c) ---- */

long lock_fcntl(struct file *f, u32 cmd, u64 arg);
void lock_fd_closed(struct file *f);	/* a descriptor of f was closed */
void lock_file_released(struct file *f);
void file_dev_ino(struct file *f, u64 *dev, u64 *ino);

/* Helpers to build the tree at start. */
struct node *tree_mkdirs(const char *path);	/* a reference; NULL: out of memory */
struct node *tree_add(const char *path, u32 mode, const char *text);
/* Is what stands at this path the runtime's, whatever a root has there? */
bool tree_owns(const char *path);
char *kstrndup(const char *s, size_t n);

#endif
