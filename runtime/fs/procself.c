/* SPDX-License-Identifier: MIT */
/* /proc/self: what a program reads about itself.  Source: proc(5). */
#include "fs/proc.h"
#include "lib/printf.h"
#include "sys/about.h"
#include "sys/sys.h"
#include <linux/resource.h>
#include <linux/time.h>

#define TICK_NS		10000000UL	/* 100 ticks a second: AT_CLKTCK */
#define OOM_ADJ_MIN	(-1000)
#define OOM_ADJ_MAX	1000

/* ---- arguments, environment, auxiliary vector ---- */

/* Out of the program's own memory, where it may have changed them (setproctitle). */
static long area_text(const struct user_area *a, char **text)
{
	*text = kmalloc(a->len + 1);
	if (!*text)
		return -ENOMEM;
	if (!copy_from_user(*text, a->at, a->len))
		return (long)a->len;
	kfree(*text);
	return 0;			/* unmapped: nothing, as on Linux */
}

static long cmdline(struct node *n, char **text)
{
	(void)n;
	return area_text(&about_args, text);
}

static long environment(struct node *n, char **text)
{
	(void)n;
	return area_text(&about_env, text);
}

static long auxv(struct node *n, char **text)
{
	(void)n;
	return area_text(&about_auxv, text);
}

/* ---- names and numbers ---- */

static long comm(struct node *n, char **text)
{
	struct about_thread t;

	return about_thread((s32)n->data, &t) ? proc_printf(text, 32, "%s\n", t.name) : -ESRCH;
}

static long store_comm(struct node *n, const char *text, u32 len)
{
	len = MIN(len, THREAD_NAME_LEN - 1U);
	if (len && text[len - 1] == '\n')
		len--;
	return process_rename((s32)n->data, text, len) ? 0 : -ESRCH;
}

static s64 oom_adj;

static long oom_score_adj(struct node *n, char **text)
{
	(void)n;
	return proc_printf(text, 16, "%ld\n", oom_adj);
}

static long store_oom_score_adj(struct node *n, const char *text, u32 len)
{
	s64 v;

	(void)n;
	if (!proc_number(text, len, &v) || v < OOM_ADJ_MIN || v > OOM_ADJ_MAX)
		return -EINVAL;
	oom_adj = v;
	return 0;
}

static u64 resident_pages(const struct mm_usage *mem)
{
	return (mem->total - mem->free) / MVM_PAGE_SIZE;
}

static long stat_text(struct node *n, char **text)
{
	struct about_thread t;
	struct mm_usage mem;

	if (!about_thread((s32)n->data, &t))
		return -ESRCH;
	mm_usage(&mem);
	return proc_printf(text, 1024, "%d (%s) %c 0 %d %d 0 -1 4194304 0 0 0 0 %lu 0 0 0 20 0 "
			   "%u 0 %lu %lu %lu %lu 0 0 %lu 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0 "
			   "0 0 0 %lu %lu %lu %lu 0\n", t.tid, t.name, t.state, PROCESS_ID,
			   PROCESS_ID, t.cpu_ns / TICK_NS, about_threads(),
			   about_started() / TICK_NS, mem.mapped, resident_pages(&mem),
			   about_limit(RLIMIT_RSS, NULL), boot->stack_top, about_args.at,
			   about_args.at + about_args.len, about_env.at,
			   about_env.at + about_env.len);
}

static long statm(struct node *n, char **text)
{
	struct mm_usage mem;

	(void)n;
	mm_usage(&mem);
	return proc_printf(text, 128, "%lu %lu 0 0 0 %lu 0\n", mem.mapped / MVM_PAGE_SIZE,
			   resident_pages(&mem), mem.mapped / MVM_PAGE_SIZE);
}

/* The processors as a mask and as a list, both with a name before them. */
static u32 print_cpus(char *at, u32 max)
{
	u64 mask = boot->ncpus >= 64 ? ~0UL : (1UL << boot->ncpus) - 1;

	return (u32)rt_snprintf(at, max, boot->ncpus > 1 ? "Cpus_allowed:\t%lx\n"
				"Cpus_allowed_list:\t0-%u\n" : "Cpus_allowed:\t%lx\n"
				"Cpus_allowed_list:\t%u\n", mask, boot->ncpus - 1);
}

static long status(struct node *n, char **text)
{
	struct about_thread t;
	struct about_who w;
	struct mm_usage mem;
	char cpus[128];
	u64 rss;

	if (!about_thread((s32)n->data, &t))
		return -ESRCH;
	mm_usage(&mem);
	about_who(&w);
	print_cpus(cpus, sizeof(cpus));
	rss = resident_pages(&mem) * (MVM_PAGE_SIZE / 1024);
	return proc_printf(text, 2048, "Name:\t%s\nUmask:\t%04o\nState:\t%s\nTgid:\t%d\n"
			   "Ngid:\t0\nPid:\t%d\nPPid:\t0\nTracerPid:\t0\nUid:\t%u\t%u\t%u\t%u\n"
			   "Gid:\t%u\t%u\t%u\t%u\nFDSize:\t%u\nGroups:\t \nVmPeak:\t%8lu kB\n"
			   "VmSize:\t%8lu kB\nVmLck:\t%8u kB\nVmHWM:\t%8lu kB\nVmRSS:\t%8lu kB\n"
			   "VmSwap:\t%8u kB\nThreads:\t%u\nCapInh:\t%016lx\nCapPrm:\t%016lx\n"
			   "CapEff:\t%016lx\nSeccomp:\t0\n%sMems_allowed_list:\t0\n", t.name,
			   fs_umask, t.state == 'R' ? "R (running)" : "S (sleeping)", PROCESS_ID,
			   t.tid, w.uid[0], w.uid[1], w.uid[2], w.uid[3],
			   w.gid[0], w.gid[1], w.gid[2], w.gid[3], fd_table_size(),
			   mem.mapped / 1024, mem.mapped / 1024, 0, rss, rss, 0, about_threads(),
			   w.caps_inheritable, w.caps_permitted, w.caps_effective, cpus);
}

/* ---- limits ---- */

static u32 print_limit(char *at, u32 max, u64 v)
{
	return (u32)(v == ~0UL ? rt_snprintf(at, max, "%-20s ", "unlimited") :
				 rt_snprintf(at, max, "%-20lu ", v));
}

static long limits(struct node *n, char **text)
{
	static const struct { const char *name, *unit; u32 which; } rows[] = {
		{ "Max cpu time", "seconds", RLIMIT_CPU },
		{ "Max file size", "bytes", RLIMIT_FSIZE },
		{ "Max data size", "bytes", RLIMIT_DATA },
		{ "Max stack size", "bytes", RLIMIT_STACK },
		{ "Max core file size", "bytes", RLIMIT_CORE },
		{ "Max resident set", "bytes", RLIMIT_RSS },
		{ "Max processes", "processes", RLIMIT_NPROC },
		{ "Max open files", "files", RLIMIT_NOFILE },
		{ "Max locked memory", "bytes", RLIMIT_MEMLOCK },
		{ "Max address space", "bytes", RLIMIT_AS },
		{ "Max file locks", "locks", RLIMIT_LOCKS },
		{ "Max pending signals", "signals", RLIMIT_SIGPENDING },
		{ "Max msgqueue size", "bytes", RLIMIT_MSGQUEUE },
		{ "Max nice priority", "", RLIMIT_NICE },
		{ "Max realtime priority", "", RLIMIT_RTPRIO },
		{ "Max realtime timeout", "us", RLIMIT_RTTIME },
	};
	const u32 max = (ARRAY_SIZE(rows) + 1) * 80;
	u32 at;

	(void)n;
	*text = kmalloc(max);
	if (!*text)
		return -ENOMEM;
	at = (u32)rt_snprintf(*text, max, "%-25s %-20s %-20s %-10s\n", "Limit", "Soft Limit",
			      "Hard Limit", "Units");
	for (u32 i = 0; i < ARRAY_SIZE(rows); i++) {
		u64 hard, soft = about_limit(rows[i].which, &hard);

		at += (u32)rt_snprintf(*text + at, max - at, "%-25s ", rows[i].name);
		at += print_limit(*text + at, max - at, soft);
		at += print_limit(*text + at, max - at, hard);
		at += (u32)rt_snprintf(*text + at, max - at, "%-10s\n", rows[i].unit);
	}
	return at;
}

/* ---- links ---- */

/* Always absolute: glibc's start-up insists on it.  A relative path is one of the host's. */
static long exe_link(struct node *n, char *buf)
{
	(void)n;
	return rt_snprintf(buf, FS_PATH_MAX, "%s%s", about_exe()[0] == '/' ? "" : "/", about_exe());
}

static long thread_self_link(struct node *n, char *buf)
{
	(void)n;
	return rt_snprintf(buf, FS_PATH_MAX, "%d/task/%d", PROCESS_ID, current->tid);
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

const struct proc_entry proc_task_files[PROC_TASK_FILES] = {
	{ "comm", 0644, { .text = comm, .store = store_comm } },
	{ "stat", 0, { .text = stat_text } },
	{ "status", 0, { .text = status } },
};

void proc_add_self(void)
{
	static const struct proc_entry texts[] = {
		{ SELF "/auxv", 0400, { .text = auxv } },
		{ SELF "/cmdline", 0, { .text = cmdline } },
		{ SELF "/comm", 0644, { .text = comm, .store = store_comm } },
		{ SELF "/environ", 0400, { .text = environment } },
		{ SELF "/limits", 0, { .text = limits } },
		{ SELF "/maps", 0, { .text = proc_maps } },
		{ SELF "/mountinfo", 0, { .text = proc_mountinfo } },
		{ SELF "/mounts", 0, { .text = proc_mounts } },
		{ SELF "/oom_score_adj", 0644, { .text = oom_score_adj,
						 .store = store_oom_score_adj } },
		{ SELF "/stat", 0, { .text = stat_text } },
		{ SELF "/statm", 0, { .text = statm } },
		{ SELF "/status", 0, { .text = status } },
	};
	static const struct proc_entry links[] = {
		{ SELF "/exe", 0, { .link = exe_link } },
		{ SELF "/cwd", 0, { .link = cwd_link, .jump = cwd_jump } },
	};
	static const struct node_ops thread_self = { .link = thread_self_link };
	static const struct proc_constant constants[] = {
		{ SELF "/cgroup", "0::/\n" },
		{ SELF "/oom_score", "0\n" },
	};

	proc_add(texts, ARRAY_SIZE(texts));
	proc_add_links(links, ARRAY_SIZE(links));
	proc_add_constants(constants, ARRAY_SIZE(constants));
	tree_add(SELF "/root", S_IFLNK | 0777, "/");
	tree_add("/proc/self", S_IFLNK | 0777, SELF_NAME);
	tree_add("/proc/thread-self", S_IFLNK | 0777, NULL)->ops = &thread_self;
	tree_add("/proc/mounts", S_IFLNK | 0777, "self/mounts");
}
