/* SPDX-License-Identifier: MIT */
// trap: yes
// env: SEEN=yes
// args: one two
/* The files of /proc and /sys that runtimes read say what the calls say. */
#include <elf.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include "t.h"

static char text[1 << 16];

/* Bytes of the file, with a NUL behind them; -1 with errno. */
static long slurp(const char *path)
{
	int fd = open(path, O_RDONLY);
	long n, len = 0;

	if (fd < 0)
		return -1;
	while ((n = read(fd, text + len, sizeof(text) - 1 - (size_t)len)) > 0)
		len += n;
	close(fd);
	text[len] = 0;
	return len;
}

static int spill(const char *path, const char *what)
{
	int fd = open(path, O_WRONLY);
	long n = fd < 0 ? -1 : write(fd, what, strlen(what));
	int e = errno;

	close(fd);
	errno = e;
	return n < 0 ? -1 : 0;
}

/* The number behind a name at the beginning of a line, or -1. */
static long after(const char *name)
{
	const char *p = text;

	while (p && strncmp(p, name, strlen(name)))
		p = strchr(p, '\n') ? strchr(p, '\n') + 1 : NULL;
	return p ? strtol(p + strlen(name), NULL, 10) : -1;
}

static bool has(const char *path, const char *what)
{
	return slurp(path) > 0 && strstr(text, what);
}

static long number(const char *path)
{
	return slurp(path) > 0 ? strtol(text, NULL, 10) : -1;
}

static void process(void)
{
	struct rlimit lim;
	char *p, name[16];
	long pid = getpid(), n, fields = 0;
	Elf64_auxv_t *a;

	slurp("/proc/self/stat");
	FACT(strtol(text, &p, 10) == pid && !strncmp(p, " (", 2));
	p = strrchr(text, ')') + 2;
	for (char *save, *w = strtok_r(p, " \n", &save); w; w = strtok_r(NULL, " \n", &save))
		fields++;
	printf("%ld fields\n", fields);
	FACT(slurp("/proc/self/status") > 0 && after("Pid:\t") == pid && after("Threads:\t") == 1);
	FACT(after("Uid:\t") == (long)getuid() && after("VmRSS:\t") > 0);
	FACT(slurp("/proc/self/statm") > 0 && strtol(text, &p, 10) > 0 && strtol(p, NULL, 10) > 0);
	getrlimit(RLIMIT_NOFILE, &lim);
	FACT(slurp("/proc/self/limits") > 0 && after("Max open files") == (long)lim.rlim_cur);
	n = slurp("/proc/self/cmdline");
	FACT(n > 8 && !memcmp(text + n - 9, "\0one\0two", 9));
	FACT(slurp("/proc/self/environ") > 0 && memmem(text, sizeof(text), "SEEN=yes", 9));
	n = slurp("/proc/self/auxv");
	a = (Elf64_auxv_t *)(void *)text;
	for (n /= (long)sizeof(*a); n > 1 && a->a_type != AT_PAGESZ; n--)
		a++;
	FACT(n > 1 && a->a_un.a_val == getauxval(AT_PAGESZ));
	SHOW(spill("/proc/self/comm", "a-very-long-name-indeed\n"));
	prctl(PR_GET_NAME, name);
	puts(name);
	FACT(has("/proc/self/comm", "a-very-long-nam\n"));
	SHOW(spill("/proc/self/oom_score_adj", "500"));
	printf("%ld\n", number("/proc/self/oom_score_adj"));
	SHOW(spill("/proc/self/oom_score_adj", "junk"));
	SHOW(spill("/proc/self/oom_score_adj", "1001"));
	FACT(has("/proc/self/cgroup", ":"));
	FACT(has("/proc/self/mountinfo", " / / ") || has("/proc/self/mountinfo", " / r"));
	FACT(has("/proc/self/mounts", " / ") && has("/proc/mounts", " /proc proc "));
	snprintf(text, sizeof(text), "/proc/%ld/statm", pid);
	FACT(access(text, R_OK) == 0);
}

static void machine(void)
{
	char uuid[64], id[64];
	struct utsname u;

	uname(&u);
	FACT(has("/proc/sys/kernel/osrelease", u.release));
	FACT(has("/proc/sys/kernel/hostname", u.nodename));
	FACT(has("/proc/version", "Linux version ") && strstr(text, u.release));
	FACT(has("/proc/cpuinfo", "processor\t: 0\n") && strstr(text, "\nflags\t\t: fpu"));
	FACT(slurp("/proc/stat") > 0 && !strncmp(text, "cpu  ", 5) && after("btime ") > 1500000000);
	FACT(slurp("/proc/meminfo") > 0 && after("MemTotal:") >= after("MemFree:"));
	FACT(after("MemAvailable:") > 0 && after("SwapTotal:") >= 0);
	FACT(number("/proc/uptime") >= 0 && strchr(text, '.'));
	FACT(has("/proc/loadavg", "/"));
	FACT(has("/proc/filesystems", "tmpfs"));
	slurp("/proc/sys/kernel/random/uuid");
	snprintf(uuid, sizeof(uuid), "%.63s", text);
	FACT(strlen(uuid) == 37 && uuid[14] == '4');
	slurp("/proc/sys/kernel/random/uuid");
	FACT(strcmp(uuid, text));
	slurp("/proc/sys/kernel/random/boot_id");
	snprintf(id, sizeof(id), "%.63s", text);
	slurp("/proc/sys/kernel/random/boot_id");
	FACT(!strcmp(id, text) && strlen(id) == 37);
	FACT(number("/proc/sys/kernel/pid_max") > 0);
	FACT(number("/proc/sys/net/core/somaxconn") > 0);
	FACT(number("/proc/sys/vm/max_map_count") > 0);
	FACT(number("/proc/sys/vm/overcommit_memory") >= 0);
	FACT(number("/sys/devices/system/cpu/online") == 0);
	FACT(number("/sys/devices/system/cpu/possible") == 0);
	FACT(sysconf(_SC_NPROCESSORS_CONF) >= 1);
}

/* A descriptor that stays open sees what is new when it is read from the beginning again. */
static void read_again(void)
{
	int fd = open("/proc/self/comm", O_RDONLY);
	char a[32] = "", b[32] = "";

	prctl(PR_SET_NAME, "first");
	pread(fd, a, sizeof(a) - 1, 0);
	prctl(PR_SET_NAME, "second");
	pread(fd, b, sizeof(b) - 1, 0);
	printf("%s%s", a, b);
	close(fd);
}

int main(void)
{
	process();
	machine();
	read_again();
	return 0;
}
