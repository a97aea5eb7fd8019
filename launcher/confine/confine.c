/* SPDX-License-Identifier: MIT */
/*
 * The confinement from beginning to end: what it will be, and the order in which it is entered.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include "confine_int.h"
#include "descriptor.h"
#include "msg.h"
#include "net/unixto.h"

#define NOBODY		65534U		/* the kernel's overflow uid: owns nothing */
#define FILES_MAX	(CONFINE_FD_EVENTS + 1 + MVM_HANDLES_MAX)

static struct confinement the_confinement;
static struct rule the_rules[RULES_MAX];

/* ---- Who to be ------------------------------------------------------------------------------ */

/* The directory whose owner mvm becomes: the first that is writable, else the first. */
static const struct handle *owning_dir(const struct handles *t)
{
	const struct handle *found = NULL;

	for (uint32_t i = 0; i < t->used; i++) {
		const struct handle *h = &t->h[i];

		if (h->fd < 0 || h->kind != MVM_KIND_DIR)
			continue;
		if (!h->read_only)
			return h;
		if (!found)
			found = h;
	}
	return found;
}

/*
 * Root becomes the owner of what was granted, so that files are made with the owner a user
 * expects and stay accessible; where that is root itself, root without any capability.  With
 * no directory it becomes nobody.
 */
void confine_identity(const struct handles *t, unsigned int *uid, unsigned int *gid)
{
	const struct handle *dir;
	struct stat st;

	*uid = getuid();
	*gid = getgid();
	if (geteuid() != 0)
		return;
	*uid = *gid = NOBODY;
	dir = owning_dir(t);
	if (dir && !fstat(dir->fd, &st)) {
		*uid = st.st_uid;
		*gid = st.st_gid;
	}
}

static const char *identity_reason(const struct confinement *c)
{
	if (!c->root)
		return "the user who started mvm";
	if (!c->any_dir)
		return "nobody: no directory is granted";
	return c->any_dir_rw ? "the owner of the first writable --dir" :
			       "the owner of the first --dir";
}

/* ---- The plan ------------------------------------------------------------------------------- */

static bool kernel_has_filters(void)
{
	uint32_t action = SECCOMP_RET_KILL_PROCESS;

	return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

static unsigned int files_limit(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) || l.rlim_max > FILES_MAX)
		return FILES_MAX;
	return (unsigned int)l.rlim_max;
}

struct confinement *confine_plan(const struct plan *plan, const struct grants *g,
				 const struct handles *t, bool mem_exec)
{
	struct confinement *c = &the_confinement;

	if (!kernel_has_filters()) {
		fail(EXIT_MVM, "confinement: this kernel has no seccomp filters (%s); mvm runs no "
		     "guest unconfined: use a kernel with CONFIG_SECCOMP_FILTER, 4.14 or newer",
		     strerror(errno));
		return NULL;
	}
	*c = (struct confinement) {
		.plan = plan, .grants = g, .handles = (struct handles *)t,
		.rules = the_rules, .root = geteuid() == 0,
		.mem_exec = mem_exec,
		.files_max = files_limit(), .landlock = confine_landlock_version(),
	};
	confine_identity(t, &c->uid, &c->gid);
	for (uint32_t i = 0; i < t->used; i++)
		if (t->h[i].fd >= 0 && t->h[i].kind == MVM_KIND_DIR) {
			c->any_dir = true;
			c->any_dir_rw |= !t->h[i].read_only;
		}
	c->uid_why = identity_reason(c);
	confine_rules(c);
	if (c->overflow) {
		fail(EXIT_MVM, "confinement: more grants than the system call filter can name; "
		     "grant fewer things");
		return NULL;
	}
	return c;
}

/* ---- Entering it ---------------------------------------------------------------------------- */

static int drop_capabilities(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { { 0, 0, 0 } };

	/* Before Linux 4.3 there are no ambient capabilities to clear. */
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	return syscall(SYS_capset, &head, none) ? -errno : 0;
}

static int limit(int resource, rlim_t value)
{
	struct rlimit l = { value, value };

	return setrlimit((unsigned int)resource, &l) ? -errno : 0;
}

int confine_privileges(struct confinement *c)
{
	int err = 0;

	confine_catch();
	if (c->root && confine_root(c))
		return -1;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		err = -errno;
	if (!err)
		err = drop_capabilities();
	if (!err && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
		err = -errno;
	if (!err && IS_ENABLED(CONFIG_CONNECT))
		err = unix_to_seal();
	if (!err)
		err = limit(RLIMIT_CORE, 0);
	if (!err)
		err = limit(RLIMIT_NOFILE, c->files_max);
	if (!err)
		err = limit(RLIMIT_MEMLOCK, 0);
	if (err) {
		fail(EXIT_MVM, "confinement: privileges cannot be dropped: %s; please report it",
		     strerror(-err));
		return -1;
	}
	if (confine_landlock(c))
		return -1;
	verbose("confined: user %u, group %u (%s), %zu rules for system calls, Landlock %d",
		c->uid, c->gid, c->uid_why, c->nrules, c->landlock);
	return 0;
}

/* ---- Descriptors that are no grants --------------------------------------------------------- */

static void keep(uint64_t map[2], int fd)
{
	if (fd >= 0 && fd < 128)
		map[fd / 64] |= 1ULL << (fd % 64);
}

/* Grants and the VM lie below 128 (grants.h, CONFINE_FD_*). */
void confine_close_others(const struct confinement *c)
{
	bool serves = IS_ENABLED(CONFIG_SERVE) && c->plan->command == PLAN_SERVE;
	uint64_t map[2] = { 7, 0 };
	unsigned int first = 3;

	keep(map, c->grants->stats_fd);
	keep(map, c->grants->record_fd);
	for (size_t i = 0; i < OUTPUT_COUNT; i++)
		keep(map, c->grants->output[i]);
	keep(map, CONFINE_FD_VM);
	keep(map, CONFINE_FD_VCPU);
	keep(map, CONFINE_FD_EVENTS);
	for (int fd = CONFINE_FD_CONTROL; serves && fd <= CONFINE_FD_SMAPS; fd++)
		keep(map, fd);
	if (c->plan->snap_out)
		keep(map, CONFINE_FD_SNAP);
	if (c->plan->trial)
		keep(map, CONFINE_FD_ORDER);
	if (c->plan->record)
		keep(map, CONFINE_FD_REMOVER);
	if (c->plan->record || c->plan->snap_out || c->plan->trial ||
	    (c->plan->resets && !c->plan->clones))
		keep(map, CONFINE_FD_PAGEMAP);
	if (c->plan->gdb.text) {
		keep(map, CONFINE_FD_GDB);
		keep(map, CONFINE_FD_GDB_CONN);
	}
	if (c->plan->core) {
		keep(map, CONFINE_FD_CORE);
		keep(map, CONFINE_FD_NAMER);
	}
	for (uint32_t i = 0; i < c->handles->used; i++)
		keep(map, c->handles->h[i].fd);
	for (unsigned int fd = first; fd < 128; fd++) {
		if (!(map[fd / 64] >> (fd % 64) & 1))
			continue;
		if (fd > first)
			fd_close_range(first, fd - 1);
		first = fd + 1;
	}
	fd_close_range(first, UINT_MAX);
}
