/* SPDX-License-Identifier: MIT */
/*
 * Opens what the plan names and enters it into the handle table.  Owns how each kind of grant is
 * opened, checked and described; what may be done with a handle later is the service's.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/capability.h>
#include <linux/fs.h>
#include "confine/confine.h"
#include "descriptor.h"
#include "net/grant.h"
#include "net/inherited.h"
#include "grants.h"
#include "msg.h"

#define HAS_TREES	(IS_ENABLED(CONFIG_DIR) || IS_ENABLED(CONFIG_ARCHIVE))

/* ---- Descriptors that were there before ----------------------------------------------------- */

/* 0, 1 and 2 must exist, or the first files opened here would take their places. */
static int fill_std(void)
{
	for (int fd = 0; fd < 3; fd++) {
		if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF)
			continue;
		if (open("/dev/null", O_RDWR) != fd)
			return fail(EXIT_MVM, "descriptor %d is closed and /dev/null cannot stand "
				    "in: %s; start mvm with its standard streams open", fd,
				    strerror(errno));
	}
	return 0;
}

/* The VM's descriptors have fixed numbers (confine/confine.h), so these must be possible. */
static int make_room(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) || l.rlim_cur > CONFINE_FD_LAST)
		return 0;
	l.rlim_cur = l.rlim_max;
	if (l.rlim_max <= CONFINE_FD_LAST || setrlimit(RLIMIT_NOFILE, &l))
		return fail(EXIT_MVM, "open files: the limit of %llu is too low; raise it: "
			    "ulimit -n 1024", (unsigned long long)l.rlim_max);
	return 0;
}

/* All but those that the plan brings with it, in ascending order. */
static void close_from(const struct plan *plan, unsigned int first)
{
	if (plan->snap_out || plan->trial) {
		fd_close_range(first, (plan->trial ? CONFINE_FD_ORDER : CONFINE_FD_SNAP) - 1);
		first = CONFINE_FD_SNAP + 1;
	}
	for (size_t i = 0; i < plan->nlistens; i++)
		if (plan->listens[i].fd) {
			fd_close_range(first, (unsigned int)plan->listens[i].fd - 1);
			first = (unsigned int)plan->listens[i].fd + 1;
		}
	fd_close_range(first, UINT_MAX);
}

#define WRITTEN	(OUTPUT_COUNT + 1)

/* What mvm itself writes. */
struct written {
	bool built;
	const char *option, *spec;
	int *fd;
};

static void list_outputs(const struct plan *plan, struct grants *g, struct written list[WRITTEN])
{
	list[0] = (struct written){ IS_ENABLED(CONFIG_STATS), "stats", plan->stats, &g->stats_fd };
	list[1] = (struct written){ IS_ENABLED(CONFIG_TRACE), "trace", plan->trace,
				    &g->output[OUTPUT_TRACE] };
	list[2] = (struct written){ IS_ENABLED(CONFIG_PROFILE), "profile", plan->profile,
				    &g->output[OUTPUT_PROFILE] };
	list[3] = (struct written){ IS_ENABLED(CONFIG_TIMELINE), "timeline", plan->timeline,
				    &g->output[OUTPUT_TIMELINE] };
}

/* All that was inherited above them is closed. */
static int open_outputs(const struct plan *plan, struct grants *g)
{
	struct written outputs[WRITTEN];
	int *fds[WRITTEN];

	list_outputs(plan, g, outputs);
	for (size_t i = 0; i < WRITTEN; i++) {
		fds[i] = outputs[i].fd;
		*outputs[i].fd = -1;
		if (!outputs[i].built || !outputs[i].spec)
			continue;
		*outputs[i].fd = output_open(outputs[i].option, outputs[i].spec,
					     plan->show_confinement);
		if (*outputs[i].fd < 0)
			return EXIT_MVM;
	}
	close_from(plan, (unsigned int)output_gather(fds, WRITTEN));
	return 0;
}

void grants_empty_outputs(const struct plan *plan, struct grants *g)
{
	struct written outputs[WRITTEN];

	list_outputs(plan, g, outputs);
	for (size_t i = 0; i < WRITTEN; i++)
		output_empty(outputs[i].spec, *outputs[i].fd);
}

/* ---- The program ---------------------------------------------------------------------------- */

static int open_program(const struct plan *plan, int *out)
{
	const char *path = plan->program_part.len ? "/proc/self/exe" : plan->program;
	struct stat st;
	/* O_NONBLOCK: a FIFO without a writer must not stop us here */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return fail(EXIT_NOT_FOUND, "%s: cannot open the program: %s; check its path (mvm "
			    "does not search $PATH%s)", path, strerror(errno),
			    IS_ENABLED(CONFIG_TRACE) && plan->trace ?
			    "; a file for --trace is --trace=FILE" : "");
	if (fd < 0)
		return fail(EXIT_CANNOT_RUN, "%s: cannot open the program: %s; it must be a file "
			    "that can be read", path, strerror(errno));
	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		const char *what = S_ISDIR(st.st_mode) ? "is a directory" : "is not a regular file";

		close(fd);
		return fail(EXIT_CANNOT_RUN, "%s: cannot run it: it %s; name an ELF file", path,
			    what);
	}
	*out = fd;
	return OUTPUT_FILES ? output_claim(NULL, path, fd) : 0;
}

/* ---- The standard streams ------------------------------------------------------------------- */

static uint32_t access_rights(int flags)
{
	switch (flags & O_ACCMODE) {
	case O_RDONLY:
		return MVM_RIGHT_READ;
	case O_WRONLY:
		return MVM_RIGHT_WRITE;
	default:
		return MVM_RIGHT_READ | MVM_RIGHT_WRITE;
	}
}

/*
 * The same pipe or terminal through an open file description of its own: O_NONBLOCK set on the
 * inherited one would be seen by every process that shares it, the user's shell first.
 */
static int open_again(int fd, int flags)
{
	char path[32];
	int again;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, (flags & O_ACCMODE) | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	return again < 0 ? fd : again;
}

static int grant_std(struct handles *t, int fd)
{
	uint32_t kind = MVM_KIND_STREAM, rights;
	int flags = fcntl(fd, F_GETFL), own = fd;
	struct stat st;
	bool tty;

	if (flags < 0 || fstat(fd, &st))
		return fail(EXIT_MVM, "standard stream %d: cannot be examined: %s; start mvm with "
			    "its standard streams open", fd, strerror(errno));
	tty = S_ISCHR(st.st_mode) && isatty(fd);
	rights = access_rights(flags) | MVM_RIGHT_WAIT;
	if (S_ISREG(st.st_mode) || S_ISBLK(st.st_mode)) {
		kind = MVM_KIND_FILE;
		rights |= MVM_RIGHT_SEEK | MVM_RIGHT_OFFSET;
	} else if (S_ISDIR(st.st_mode)) {
		return fail(EXIT_MVM, "standard stream %d: it is a directory; redirect it from a "
			    "file, a pipe or a terminal", fd);
	} else if (IS_ENABLED(CONFIG_TTY) && tty) {
		kind = MVM_KIND_TTY;
		rights |= MVM_RIGHT_TTY;
	}
	if (S_ISFIFO(st.st_mode) || tty)
		own = open_again(fd, flags);
	if (handle_add(t, own, kind, rights) != fd)
		return fail(EXIT_MVM, "standard stream %d: no handle is left", fd);
	t->h[fd].grant = true;
	t->h[fd].nonblock = own != fd;
	return 0;
}

/* ---- Directories and disks ------------------------------------------------------------------ */

int grant_enter(struct handles *t, struct grants *g, int fd, uint32_t kind, uint32_t rights,
		 const char *path)
{
	int32_t n = handle_add(t, fd, kind, rights);

	if (n < 0 || n >= GRANTS_MAX) {
		close(fd);
		fail(EXIT_MVM, "%s: no handle is left for it; grant fewer things", path);
		return -1;
	}
	t->h[n].grant = true;
	g->paths[n] = path;
	return n;
}

static int grant_dir(const struct plan_dir *d, struct handles *t, struct grants *g)
{
	uint32_t rights = MVM_RIGHT_READ | MVM_RIGHT_LOOKUP;
	bool root = !strcmp(d->guest, "/");
	int fd = open(d->host, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int n;

	if (fd < 0)
		return fail(EXIT_MVM, "--%s %s%s%s: cannot open %s: %s; name a directory that "
			    "exists and that you may enter", root ? "root" : "dir", d->host,
			    root ? "" : ":", root ? "" : d->guest, d->host, strerror(errno));
	if (d->overlay)
		rights |= MVM_RIGHT_COPY;
	else if (!d->read_only)
		rights |= MVM_RIGHT_WRITE | MVM_RIGHT_CREATE;
	n = grant_enter(t, g, fd, MVM_KIND_DIR, rights, d->guest);
	if (n < 0)
		return EXIT_MVM;
	t->h[n].read_only = d->read_only;
	return 0;
}

/* --root FILE.tar: unpacked by the guest, and never changed.  part: where in the file it is. */
static int enter_archive(const struct plan_dir *d, int fd, struct plan_part part, struct handles *t,
			 struct grants *g)
{
	int n = grant_enter(t, g, fd, MVM_KIND_FILE, MVM_RIGHT_READ | MVM_RIGHT_SEEK, d->guest);

	if (n < 0)
		return EXIT_MVM;
	t->h[n].read_only = true;
	t->h[n].base = part.off;
	t->h[n].size = part.len;
	return 0;
}

static int grant_archive(const struct plan_dir *d, int fd, struct handles *t, struct grants *g)
{
	struct stat st;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		close(fd);
		return fail(EXIT_MVM, "--root %s: is neither a directory nor a file; name a "
			    "directory tree or a tar archive", d->host);
	}
	if (d->read_only) {
		close(fd);
		return fail(EXIT_MVM, "--root %s:%s: an archive is not changed in any case, its "
			    "files are unpacked in memory; leave that word away", d->host,
			    d->overlay ? "overlay" : "ro");
	}
	return enter_archive(d, fd, (struct plan_part){ 0, (uint64_t)st.st_size }, t, g);
}

static int grant_root(const struct plan *plan, struct handles *t, struct grants *g)
{
	const struct plan_dir *d = plan->root;
	struct stat st;
	int fd;

	if (!plan->root_part.len && (stat(d->host, &st) || S_ISDIR(st.st_mode)))
		return grant_dir(d, t, g);
	fd = open(d->host, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return fail(EXIT_MVM, "--root %s: cannot open it: %s; name a directory tree or a "
			    "tar archive that can be read", d->host, strerror(errno));
	return plan->root_part.len ? enter_archive(d, fd, plan->root_part, t, g) :
				     grant_archive(d, fd, t, g);
}

/* Bytes that fd holds; 0 when it is neither a file nor a block device, or empty. */
static uint64_t disk_size(int fd)
{
	struct stat st;
	uint64_t size;

	if (fstat(fd, &st))
		return 0;
	if (S_ISREG(st.st_mode))
		return (uint64_t)st.st_size;
	if (S_ISBLK(st.st_mode) && !ioctl(fd, BLKGETSIZE64, &size))
		return size;
	return 0;
}

/*
 * Two writers would destroy a disk, and a writer would pull it from under a reader.  flock(2),
 * because it belongs to the open file and is out of the reach of MVM_OP_LOCK.
 */
static int lock_disk(const struct plan_disk *d, int fd)
{
	if (!flock(fd, (d->read_only ? LOCK_SH : LOCK_EX) | LOCK_NB))
		return 0;
	if (errno == EWOULDBLOCK)
		return fail(EXIT_MVM, "--disk %s: in use by another program, perhaps another VM; "
			    "end it, copy the file, or let all of them use it with :ro", d->host);
	return fail(EXIT_MVM, "--disk %s: cannot lock it: %s; put it on a file system with locks",
		    d->host, strerror(errno));
}

static int grant_disk(const struct plan_disk *d, struct handles *t, struct grants *g)
{
	int access = d->read_only ? O_RDONLY : O_RDWR;
	int fd = open(d->host, access | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	uint32_t rights = MVM_RIGHT_READ | MVM_RIGHT_SEEK | (d->read_only ? 0 : MVM_RIGHT_WRITE);
	uint64_t size;
	int n, status;

	if (fd < 0)
		return fail(EXIT_MVM, "--disk %s: cannot open it: %s; name a file or block device "
			    "that can be read%s", d->host, strerror(errno),
			    d->read_only ? "" : " and written (or add :ro)");
	size = disk_size(fd);
	status = size ? lock_disk(d, fd) :
		fail(EXIT_MVM, "--disk %s: it has no size; name a block device or a file that is "
		     "not empty (truncate -s 64M FILE makes one)", d->host);
	if (status) {
		close(fd);
		return status;
	}
	n = (int)t->used;
	if (n < GRANTS_MAX)
		snprintf(g->names[n], sizeof(g->names[n]), "/dev/%s", d->name);
	n = grant_enter(t, g, fd, MVM_KIND_DISK, rights, n < GRANTS_MAX ? g->names[n] : d->name);
	if (n < 0)
		return EXIT_MVM;
	t->h[n].size = size;
	return 0;
}

/* What the rights of a handle let the guest do; sockets are more than reading and writing. */
static const char *rights_text(const struct handle *h)
{
	bool reads = h->rights & MVM_RIGHT_READ, writes = h->rights & MVM_RIGHT_WRITE;

	if (h->kind == MVM_KIND_LISTENER || h->kind == MVM_KIND_DATAGRAM ||
	    h->kind == MVM_KIND_UNIX)
		return "";
	return reads && writes ? ", read and write" : reads ? ", read only" : ", write only";
}

static void tell(const struct handles *t, const struct grants *g)
{
	static const char *const kinds[] = {
		[MVM_KIND_NONE] = "nothing", [MVM_KIND_STREAM] = "stream",
		[MVM_KIND_TTY] = "terminal", [MVM_KIND_FILE] = "file",
		[MVM_KIND_DIR] = "directory", [MVM_KIND_DISK] = "disk",
		[MVM_KIND_LISTENER] = "listener", [MVM_KIND_DATAGRAM] = "datagram socket",
		[MVM_KIND_UNIX] = "connections to a socket",
	};
	static const char *const streams[] = { "standard input", "standard output",
					       "standard error" };

	for (uint32_t i = 0; i < t->used; i++)
		verbose("granted: %s as %s%s", kinds[t->h[i].kind],
			i < 3 ? streams[i] : g->paths[i], rights_text(&t->h[i]));
}

/* Capabilities by the file of mvm; those that a service manager passes on are the caller's own. */
static bool file_capabilities(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct caps[_LINUX_CAPABILITY_U32S_3] = { { 0, 0, 0 } };

	return getauxval(AT_SECURE) && geteuid() && !syscall(SYS_capget, &head, caps) &&
	       (caps[0].permitted || caps[1].permitted);
}

/*
 * What the command line names is opened with the effective user's rights: a set-user-ID mvm, or one
 * with capabilities, would show anybody what those may see.
 */
static int refuse_borrowed_rights(void)
{
	if (getuid() != geteuid() || getgid() != getegid())
		return fail(EXIT_MVM, "mvm is installed set-user-ID or set-group-ID, which would "
			    "open any file to anybody; chmod ug-s it, and let its users join the "
			    "device's group");
	if (file_capabilities())
		return fail(EXIT_MVM,
			    "mvm is installed with file capabilities, which would open to "
			    "anybody what they allow; setcap -r it: it needs none");
	return 0;
}

int grants_check(struct grants *g)
{
	int status;

	memset(g, 0, sizeof(*g));
	g->program_fd = g->stats_fd = g->record_fd = -1;
	for (size_t i = 0; i < OUTPUT_COUNT; i++)
		g->output[i] = -1;
	g->uid = getuid();
	g->gid = getgid();
	status = refuse_borrowed_rights();
	if (!status)
		status = fill_std();
	return status ? status : make_room();
}

int grants_begin(const struct plan *plan, struct grants *g)
{
	int status = grants_check(g);
	unsigned int passed = 0;

	if (!status && IS_ENABLED(CONFIG_LISTEN))
		status = listeners_adopt(plan, &passed);
	if (!status)
		status = open_outputs(plan, g);
	/* Now, because what is typed wrong should be told before what the host lacks. */
	if (status)
		return status;
	/* With a root it is the guest that looks for the program there; a recording has it. */
	return plan_in_root(plan) || plan->replay || plan->snapshot ? 0 :
	       open_program(plan, &g->program_fd);
}

int grants_files(const struct plan *plan, struct handles *t, struct grants *g)
{
	int status = 0;

	for (size_t i = 0; HAS_TREES && i < plan->ndirs && !status; i++)
		status = &plan->dirs[i] == plan->root ? grant_root(plan, t, g) :
							grant_dir(&plan->dirs[i], t, g);
	for (size_t i = 0; IS_ENABLED(CONFIG_DISK) && i < plan->ndisks && !status; i++)
		status = grant_disk(&plan->disks[i], t, g);
	return status || !IS_ENABLED(CONFIG_CONNECT) ? status : grant_unix(plan, t, g);
}

int grants_open(const struct plan *plan, struct handles *t, struct grants *g)
{
	int status = 0;

	handles_init(t);
	if (plan->replay)
		return 0;
	for (int fd = 0; fd < 3 && !status; fd++)
		status = grant_std(t, fd);
	if (!status)
		status = grants_files(plan, t, g);
	if (!status)
		status = grant_net(plan, t, g);
	if (!status && msg_verbose)
		tell(t, g);
	return status;
}
