/* SPDX-License-Identifier: MIT */
/*
 * /proc and /sys: the machine and the settings of the kernel, as far as programs look at them to
 * size themselves.  Source: proc(5), the kernel's Documentation/admin-guide/sysctl.
 */
#include "fs/proc.h"
#include "lib/printf.h"
#include "sys/about.h"
#include "sys/sys.h"
#include <linux/time.h>
#include <linux/utsname.h>

#define TICK_NS		10000000UL
#define NS_PER_SEC	1000000000UL

/* ---- memory, time ---- */

static long meminfo(struct node *n, char **text)
{
	struct mm_usage mem;

	(void)n;
	mm_usage(&mem);
	return proc_printf(text, 1024, "MemTotal:       %8lu kB\nMemFree:        %8lu kB\n"
			   "MemAvailable:   %8lu kB\nBuffers:               0 kB\n"
			   "Cached:                0 kB\nSwapCached:            0 kB\n"
			   "Active:                0 kB\nInactive:              0 kB\n"
			   "SwapTotal:             0 kB\nSwapFree:              0 kB\n"
			   "Dirty:                 0 kB\nShmem:          %8lu kB\n"
			   "SReclaimable:          0 kB\nCommitLimit:    %8lu kB\n"
			   "Committed_AS:   %8lu kB\nHugePages_Total:       0\n"
			   "HugePages_Free:        0\nHugepagesize:       2048 kB\n",
			   mem.total / 1024, mem.free / 1024, mem.free / 1024,
			   ram_pages_used * (MVM_PAGE_SIZE / 1024), mem.total / 1024,
			   (mem.total - mem.free) / 1024);
}

/* Time that the processors had nothing to do since the program began. */
static u64 idle_ns(void)
{
	u64 all = (time_now(CLOCK_BOOTTIME) - about_started()) * boot->ncpus;
	u64 used = about_cpu_ns();

	return all > used ? all - used : 0;
}

static long uptime(struct node *n, char **text)
{
	u64 cs = time_now(CLOCK_BOOTTIME) / TICK_NS, idle = idle_ns() / TICK_NS;

	(void)n;
	return proc_printf(text, 64, "%lu.%02lu %lu.%02lu\n", cs / 100, cs % 100, idle / 100,
			   idle % 100);
}

static long loadavg(struct node *n, char **text)
{
	(void)n;
	return proc_printf(text, 64, "0.00 0.00 0.00 1/%u %d\n", about_threads(), PROCESS_ID);
}

/* The first processor has done all: threads take turns on it. */
static long stat_text(struct node *n, char **text)
{
	u64 user = about_cpu_ns() / TICK_NS, idle = idle_ns() / TICK_NS;
	u64 started = (time_now(CLOCK_REALTIME) - time_now(CLOCK_BOOTTIME)) / NS_PER_SEC;
	u32 max = 512 + 64 * boot->ncpus, at;

	(void)n;
	*text = kmalloc(max);
	if (!*text)
		return -ENOMEM;
	at = (u32)rt_snprintf(*text, max, "cpu  %lu 0 0 %lu 0 0 0 0 0 0\n", user, idle);
	for (u32 i = 0; i < boot->ncpus; i++)
		at += (u32)rt_snprintf(*text + at, max - at, "cpu%u %lu 0 0 %lu 0 0 0 0 0 0\n", i,
				       i ? 0 : user, idle / boot->ncpus);
	return at + (u32)rt_snprintf(*text + at, max - at, "intr 0\nctxt 0\nbtime %lu\n"
				     "processes 1\nprocs_running 1\nprocs_blocked 0\n", started);
}

/* ---- names ---- */

static long version(struct node *n, char **text)
{
	struct new_utsname u;

	(void)n;
	about_system(&u);
	return proc_printf(text, 256, "%s version %s (mvm@mvm) (gcc) %s\n", u.sysname, u.release,
			   u.version);
}

/* A string of struct new_utsname, whose offset the node holds. */
static long uts_text(struct node *n, char **text)
{
	struct new_utsname u;

	about_system(&u);
	return proc_printf(text, sizeof(u.nodename) + 2, "%s\n", (const char *)&u + n->data);
}

static void add_names(void)
{
	static const struct proc_entry names[] = {
		{ "/proc/sys/kernel/domainname", 0, { .text = uts_text } },
		{ "/proc/sys/kernel/hostname", 0, { .text = uts_text } },
		{ "/proc/sys/kernel/osrelease", 0, { .text = uts_text } },
		{ "/proc/sys/kernel/ostype", 0, { .text = uts_text } },
		{ "/proc/sys/kernel/version", 0, { .text = uts_text } },
	};
	static const u32 offsets[] = {
		offsetof(struct new_utsname, domainname), offsetof(struct new_utsname, nodename),
		offsetof(struct new_utsname, release), offsetof(struct new_utsname, sysname),
		offsetof(struct new_utsname, version),
	};

	for (u32 i = 0; i < ARRAY_SIZE(names); i++) {
		struct node *n = tree_add(names[i].path, S_IFREG | 0444, NULL);

		n->ops = &names[i].ops;
		n->data = offsets[i];
	}
}

/* ---- random numbers ---- */

/* RFC 4122, version 4. */
static long print_uuid(char **text, const u8 random[16])
{
	u8 b[16];

	memcpy(b, random, sizeof(b));
	b[6] = (b[6] & 0x0f) | 0x40;
	b[8] = (b[8] & 0x3f) | 0x80;
	return proc_printf(text, 64, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
			   "%02x%02x%02x%02x%02x%02x\n", b[0], b[1], b[2], b[3], b[4], b[5], b[6],
			   b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
}

static long uuid(struct node *n, char **text)
{
	u8 random[16];

	(void)n;
	random_bytes(random, sizeof(random));
	return print_uuid(text, random);
}

/* The same as long as the VM runs. */
static long boot_id(struct node *n, char **text)
{
	static u8 random[16];
	static bool made;

	(void)n;
	if (!made)
		random_bytes(random, sizeof(random));
	made = true;
	return print_uuid(text, random);
}

/* ---- processors ---- */

static long cpu_list(struct node *n, char **text)
{
	(void)n;
	return boot->ncpus > 1 ? proc_printf(text, 16, "0-%u\n", boot->ncpus - 1) :
				 proc_printf(text, 16, "0\n");
}

/* ---- the tree ---- */

static const struct proc_constant constants[] = {
	{ "/proc/cmdline", "\n" },
	{ "/proc/filesystems", "nodev\tsysfs\nnodev\ttmpfs\nnodev\tproc\nnodev\tdevtmpfs\n" },
	{ "/proc/swaps", "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n" },
	{ "/proc/sys/fs/file-max", "9223372036854775807\n" },
	{ "/proc/sys/fs/nr_open", "1048576\n" },
	{ "/proc/sys/fs/pipe-max-size", "1048576\n" },
	{ "/proc/sys/kernel/cap_last_cap", "40\n" },
	{ "/proc/sys/kernel/core_pattern", "core\n" },
	{ "/proc/sys/kernel/ngroups_max", "65536\n" },
	{ "/proc/sys/kernel/pid_max", "32768\n" },
	{ "/proc/sys/kernel/random/entropy_avail", "256\n" },
	{ "/proc/sys/kernel/random/poolsize", "256\n" },
	{ "/proc/sys/kernel/threads-max", "32768\n" },
	{ "/proc/sys/net/core/somaxconn", "4096\n" },
	{ "/proc/sys/vm/max_map_count", "65530\n" },
	{ "/proc/sys/vm/mmap_min_addr", "65536\n" },
	{ "/proc/sys/vm/overcommit_memory", "1\n" },
	{ "/proc/sys/vm/swappiness", "60\n" },
	{ "/sys/devices/system/clocksource/clocksource0/available_clocksource", "tsc\n" },
	{ "/sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc\n" },
	{ "/sys/devices/system/cpu/offline", "\n" },
	{ "/sys/devices/system/node/online", "0\n" },
	{ "/sys/devices/system/node/possible", "0\n" },
	{ "/sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n" },
	{ "/sys/kernel/mm/transparent_hugepage/hpage_pmd_size", "2097152\n" },
};

void proc_add_machine(void)
{
	static const struct proc_entry texts[] = {
		{ "/proc/cpuinfo", 0, { .text = proc_cpuinfo } },
		{ "/proc/loadavg", 0, { .text = loadavg } },
		{ "/proc/meminfo", 0, { .text = meminfo } },
		{ "/proc/stat", 0, { .text = stat_text } },
		{ "/proc/uptime", 0, { .text = uptime } },
		{ "/proc/version", 0, { .text = version } },
		{ "/proc/sys/kernel/random/boot_id", 0, { .text = boot_id } },
		{ "/proc/sys/kernel/random/uuid", 0, { .text = uuid } },
		{ "/sys/devices/system/cpu/online", 0, { .text = cpu_list } },
		{ "/sys/devices/system/cpu/possible", 0, { .text = cpu_list } },
		{ "/sys/devices/system/cpu/present", 0, { .text = cpu_list } },
	};

	proc_add(texts, ARRAY_SIZE(texts));
	proc_add_constants(constants, ARRAY_SIZE(constants));
	add_names();
}
