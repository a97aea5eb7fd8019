/* SPDX-License-Identifier: MIT */
/*
 * Shared memory of System V: shmget(2), shmat(2), shmdt(2), shmctl(2).  A segment is a file in
 * memory without a name, an attachment a shared mapping of it; what mappings of one file have in
 * common is mm/'s.  There is one process, so nothing outlives it, and none other can be attached.
 */
#include "fs/syscalls.h"
#include "fs/vfs.h"
#include "sys/creds.h"
#include "sys/process.h"
#include <linux/mman.h>
#include <linux/shm.h>

#define PAGE		MVM_PAGE_SIZE
#define SEGMENTS_MAX	4096U		/* SHMMNI */
#define SEQ_SHIFT	15		/* identifier: how often its slot was used, then the slot */
#define SEQ_MAX		(INT32_MAX >> SEQ_SHIFT)
#define SEGMENT_MAX	(UINT64_MAX - (1UL << 24))	/* SHMMAX of Linux */
#define CAP_IPC_LOCK_NR		14
#define CAP_IPC_OWNER_NR	15
#define CAP_SYS_ADMIN_NR	21
/* shm_perm.mode: the nine bits, and what Linux shows beside them. */
#define ACCESS_ALL	0777U
#define SHM_DEST	01000U		/* goes with the last attachment */
#define SHM_LOCKED	02000U

struct segment {
	struct shmid64_ds ds;		/* shm_nattch is counted when somebody asks */
	struct node *node;		/* its bytes: a reference */
	u32 open;			/* files of attachments */
	u32 slot;
	s32 id;
};

static struct segment **segments;	/* SEGMENTS_MAX slots, made with the first segment */
static u32 seqs[SEGMENTS_MAX];
static u32 used;			/* slots with a segment */
/* Its own limit: what is attached has memory elsewhere, and must have room to return. */
static struct ramfs shm_fs = { .path = "", .pages_max = RAM_PAGES_MAX, .dev = 1 };
static u64 pages_total;			/* of all segments, whether touched or not */

static u64 pages_of(u64 size)
{
	return ALIGN_UP(size, PAGE) / PAGE;
}

static s64 now(void)
{
	return fs_now().sec;
}

/* ---- segments ------------------------------------------------------------------------------- */

static void destroy(struct segment *s)
{
	segments[s->slot] = NULL;
	used--;
	pages_total -= pages_of(s->ds.shm_segsz);
	node_put(s->node);
	kfree(s);
}

static struct segment *by_key(s32 key)
{
	for (u32 i = 0; segments && i < SEGMENTS_MAX; i++)
		if (segments[i] && segments[i]->ds.shm_perm.key == key)
			return segments[i];
	return NULL;
}

static struct segment *by_id(s32 id)
{
	struct segment *s = id >= 0 && segments ? segments[id & (SEGMENTS_MAX - 1)] : NULL;

	return s && s->id == id ? s : NULL;
}

/* Its slot is taken when it is in the table. */
static s32 take_slot(struct segment *s)
{
	if (!segments)
		segments = kzalloc(SEGMENTS_MAX * sizeof(struct segment *));
	if (!segments)
		return -ENOMEM;
	for (u32 i = 0; i < SEGMENTS_MAX; i++) {
		if (segments[i])
			continue;
		segments[i] = s;
		used++;
		s->slot = i;
		s->id = (s32)(seqs[i] << SEQ_SHIFT | i);
		seqs[i] = (seqs[i] + 1) & SEQ_MAX;
		return s->id;
	}
	return -ENOSPC;
}

static struct node *segment_node(u64 size)
{
	struct node *n = node_new(S_IFREG | ACCESS_ALL);

	if (!n)
		return NULL;
	n->fs->nodes--;
	n->fs = &shm_fs;
	n->fs->nodes++;
	/* All of the last page may be used, as on Linux. */
	n->size = ALIGN_UP(size, PAGE);
	return n;
}

static long new_segment(s32 key, u64 size, u32 flags)
{
	struct mm_usage mem;
	struct segment *s;
	s32 id;

	if (!size || size > SEGMENT_MAX)
		return -EINVAL;
	if (pages_of(size) > RAM_PAGES_MAX - pages_total)
		return -ENOSPC;
	/* As with an empty pool of huge pages. */
	if (flags & SHM_HUGETLB)
		return capable(CAP_IPC_LOCK_NR) ? -ENOMEM : -EPERM;
	mm_usage(&mem);
	if (!(flags & SHM_NORESERVE) && size > mem.total)
		return -ENOMEM;
	s = kzalloc(sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->node = segment_node(size);
	id = s->node ? take_slot(s) : -ENOMEM;
	if (id < 0) {
		node_put(s->node);
		kfree(s);
		return id;
	}
	s->ds.shm_perm = (struct ipc64_perm){
		.key = key, .uid = creds.uid.e, .gid = creds.gid.e, .cuid = creds.uid.e,
		.cgid = creds.gid.e, .mode = flags & ACCESS_ALL, .seq = (u16)(id >> SEQ_SHIFT),
	};
	s->ds.shm_segsz = size;
	s->ds.shm_ctime = now();
	s->ds.shm_cpid = PROCESS_ID;
	pages_total += pages_of(size);
	return id;
}

/* ---- who may --------------------------------------------------------------------------------- */

static bool in_group(u32 gid)
{
	if (creds.gid.e == gid)
		return true;
	for (u32 i = 0; i < creds.ngroups; i++)
		if (creds.groups[i] == gid)
			return true;
	return false;
}

static bool owns(const struct ipc64_perm *p)
{
	return creds.uid.e == p->uid || creds.uid.e == p->cuid;
}

/* May the program do with it what wanted says, in the form of a mode?  0 or -EACCES. */
static int may(const struct ipc64_perm *p, u32 wanted)
{
	u32 granted = p->mode;

	wanted = (wanted >> 6 | wanted >> 3 | wanted) & 7;
	if (owns(p))
		granted >>= 6;
	else if (in_group(p->gid) || in_group(p->cgid))
		granted >>= 3;
	return wanted & ~granted && !capable(CAP_IPC_OWNER_NR) ? -EACCES : 0;
}

long sys_shmget(u64 ukey, u64 size, u64 uflags)
{
	u32 flags = (u32)uflags;
	s32 key = (s32)ukey;
	struct segment *s = key == IPC_PRIVATE ? NULL : by_key(key);
	int err;

	if (!s)
		return key == IPC_PRIVATE || flags & IPC_CREAT ? new_segment(key, size, flags) :
		       -ENOENT;
	if (flags & IPC_CREAT && flags & IPC_EXCL)
		return -EEXIST;
	if (s->ds.shm_segsz < size)
		return -EINVAL;
	err = may(&s->ds.shm_perm, flags);
	return err ? err : s->id;
}

/* ---- attachments ----------------------------------------------------------------------------- */

static long shm_read(struct file *f, struct io *io, u64 *pos)
{
	return ram_read(f->node, io, *pos);
}

static long shm_write(struct file *f, struct io *io, u64 *pos)
{
	return ram_write(f->node, io, *pos);
}

/* The last mapping of an attachment is gone. */
static void shm_release(struct file *f)
{
	struct segment *s = f->priv;

	s->ds.shm_dtime = now();
	s->ds.shm_lpid = PROCESS_ID;
	if (!--s->open && s->ds.shm_perm.mode & SHM_DEST)
		destroy(s);
}

static const struct file_ops shm_ops = {
	.flags = FO_SEEK | FO_MAP, .read = shm_read, .write = shm_write, .stat = node_file_stat,
	.fsync = fsync_nothing, .poll = poll_always, .release = shm_release,
};

/* Is [addr, addr + size) free?  What is not an address of the program's is mmap's to refuse. */
static bool is_free(u64 addr, u64 size)
{
	struct mm_map m;

	return !mm_map_next(addr, &m) || m.start >= addr + size;
}

/* By the rules of shmat(2): 0 is anywhere.  0 or -EINVAL. */
static int align(u64 *addr, u32 flags)
{
	if (*addr % PAGE && !(flags & SHM_RND))
		return -EINVAL;
	*addr = ALIGN_DOWN(*addr, PAGE);
	return !*addr && flags & SHM_REMAP ? -EINVAL : 0;
}

static long attach(struct segment *s, u64 addr, u32 flags)
{
	u64 size = s->node->size;
	u32 prot = PROT_READ | (flags & SHM_RDONLY ? 0 : PROT_WRITE) |
		   (flags & SHM_EXEC ? PROT_EXEC : 0);
	struct file *f;
	long at;

	if (addr && !(flags & SHM_REMAP) && (addr + size < addr || !is_free(addr, size)))
		return -EINVAL;
	f = file_new(flags & SHM_RDONLY ? O_RDONLY : O_RDWR);
	if (!f)
		return -ENOMEM;
	f->ops = &shm_ops;
	f->node = node_get(s->node);
	f->priv = s;
	s->open++;
	s->ds.shm_atime = now();
	s->ds.shm_lpid = PROCESS_ID;
	at = mm_map(addr, size, prot, MAP_SHARED | (addr ? MAP_FIXED : 0), f, 0);
	file_put(f);
	return at;
}

long sys_shmat(u64 id, u64 addr, u64 uflags)
{
	u32 flags = (u32)uflags, mode = 0444;
	struct segment *s = by_id((s32)id);
	int err = align(&addr, flags);

	if (err || !s)
		return -EINVAL;
	if (!(flags & SHM_RDONLY))
		mode |= 0222;
	if (flags & SHM_EXEC)
		mode |= 0111;
	err = may(&s->ds.shm_perm, mode);
	return err ? err : attach(s, addr, flags);
}

/* All that is left of the attachment that began at addr, whatever became of its parts. */
long sys_shmdt(u64 addr)
{
	struct file *f = NULL;
	struct mm_map m;
	u64 size = 0;

	if (addr % PAGE)
		return -EINVAL;
	for (u64 at = addr; mm_map_next(at, &m) && (!f || m.start - addr < size); at = m.end) {
		if (!m.file || m.file->ops != &shm_ops || m.start - addr != m.off ||
		    (f && m.file != f))
			continue;
		if (!f) {
			f = m.file;
			size = f->node->size;
			file_ref(f);
		}
		sys_munmap(m.start, m.end - m.start);
	}
	if (!f)
		return -EINVAL;
	file_put(f);
	return 0;
}

/* ---- control --------------------------------------------------------------------------------- */

/* As Linux counts: each mapping, and an attachment may have become several. */
static u64 attached(const struct segment *s)
{
	struct mm_map m;
	u64 n = 0;

	for (u64 at = 0; mm_map_next(at, &m); at = m.end)
		n += m.file && m.file->ops == &shm_ops && m.file->priv == s;
	return n;
}

static long control_stat(struct segment *s, u64 buf)
{
	struct shmid64_ds ds = s->ds;

	ds.shm_nattch = attached(s);
	return copy_to_user(buf, &ds, sizeof(ds));
}

/* The slot in use with the highest number: what the information calls return. */
static long last_slot(void)
{
	for (u32 i = SEGMENTS_MAX; used && i--; )
		if (segments[i])
			return i;
	return 0;
}

static long control_info(u32 cmd, u64 buf)
{
	struct shminfo64 limits = {
		.shmmax = SEGMENT_MAX, .shmmin = 1, .shmmni = SEGMENTS_MAX, .shmseg = SEGMENTS_MAX,
		.shmall = RAM_PAGES_MAX,
	};
	struct shm_info use = {
		.used_ids = (int)used, .shm_tot = pages_total, .shm_rss = shm_fs.pages,
	};
	int err = cmd == IPC_INFO ? copy_to_user(buf, &limits, sizeof(limits)) :
		  copy_to_user(buf, &use, sizeof(use));

	return err ? err : last_slot();
}

static long control_set(struct segment *s, u64 buf)
{
	struct ipc64_perm *p;
	struct shmid64_ds ds;

	/* Looked at even when there is no such segment. */
	if (copy_from_user(&ds, buf, sizeof(ds)))
		return -EFAULT;
	if (!s)
		return -EINVAL;
	p = &s->ds.shm_perm;
	if (!owns(p) && !capable(CAP_SYS_ADMIN_NR))
		return -EPERM;
	if (ds.shm_perm.uid == UINT32_MAX || ds.shm_perm.gid == UINT32_MAX)
		return -EINVAL;
	p->uid = ds.shm_perm.uid;
	p->gid = ds.shm_perm.gid;
	p->mode = (p->mode & ~ACCESS_ALL) | (ds.shm_perm.mode & ACCESS_ALL);
	s->ds.shm_ctime = now();
	return 0;
}

static long control_remove(struct segment *s)
{
	if (!owns(&s->ds.shm_perm) && !capable(CAP_SYS_ADMIN_NR))
		return -EPERM;
	if (!s->open) {
		destroy(s);
		return 0;
	}
	/* It stays for who is attached and for who knows its identifier; the key is free. */
	s->ds.shm_perm.mode |= SHM_DEST;
	s->ds.shm_perm.key = IPC_PRIVATE;
	return 0;
}

/* Nothing is swapped here: it is only remembered. */
static long control_lock(struct segment *s, bool lock)
{
	if (!owns(&s->ds.shm_perm) && !capable(CAP_IPC_LOCK_NR))
		return -EPERM;
	if (lock)
		s->ds.shm_perm.mode |= SHM_LOCKED;
	else
		s->ds.shm_perm.mode &= ~SHM_LOCKED;
	return 0;
}

/* With SHM_STAT and SHM_STAT_ANY the number is a slot's, and the answer its identifier. */
static long control_slot(u32 slot, u32 cmd, u64 buf)
{
	struct segment *s = segments && slot < SEGMENTS_MAX ? segments[slot] : NULL;
	long err;

	if (!s)
		return -EINVAL;
	err = cmd == SHM_STAT ? may(&s->ds.shm_perm, 0444) : 0;
	if (!err)
		err = control_stat(s, buf);
	return err ? err : s->id;
}

long sys_shmctl(u64 uid, u64 ucmd, u64 buf)
{
	struct segment *s;
	u32 cmd = (u32)ucmd;
	long err;

	if ((s32)uid < 0)
		return -EINVAL;
	if (cmd == IPC_INFO || cmd == SHM_INFO)
		return control_info(cmd, buf);
	if (cmd == SHM_STAT || cmd == SHM_STAT_ANY)
		return control_slot((u32)uid, cmd, buf);
	s = by_id((s32)uid);
	if (cmd == IPC_SET)
		return control_set(s, buf);
	if (!s)
		return -EINVAL;
	switch (cmd) {
	case IPC_STAT:
		err = may(&s->ds.shm_perm, 0444);
		return err ? err : control_stat(s, buf);
	case IPC_RMID:
		return control_remove(s);
	case SHM_LOCK:
	case SHM_UNLOCK:
		return control_lock(s, cmd == SHM_LOCK);
	}
	return -EINVAL;
}
