/* SPDX-License-Identifier: MIT */
/* The running of tests: a process each, its reason in shared memory, one line.  See kt.h. */
#include "kt.h"

#include <cpuid.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../../kmod/uapi/mvm.h"

#define STATUS_FAIL	101
#define STATUS_SKIP	102

const char *kt_device;
static struct { int taken; char text[400]; } *reason;

static void give_reason(const char *prefix, const char *fmt, va_list ap)
{
	int n;

	if (__atomic_exchange_n(&reason->taken, 1, __ATOMIC_SEQ_CST))
		return;
	n = snprintf(reason->text, sizeof(reason->text), "%s", prefix);
	vsnprintf(reason->text + n, sizeof(reason->text) - (size_t)n, fmt, ap);
}

void kt_fail(const char *file, int line, const char *fmt, ...)
{
	const char *base = strrchr(file, '/');
	char where[64];
	va_list ap;

	snprintf(where, sizeof(where), "%s:%d: ", base ? base + 1 : file, line);
	va_start(ap, fmt);
	give_reason(where, fmt, ap);
	va_end(ap);
	_exit(STATUS_FAIL);
}

void kt_skip(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	give_reason("", fmt, ap);
	va_end(ap);
	_exit(STATUS_SKIP);
}

bool kt_in_lab(void)
{
	return getenv("MVM_LAB") != NULL;
}

/* Where a second of the guest is many of ours. */
static bool in_bochs(void)
{
	const char *lab = getenv("MVM_LAB");

	return lab && !strcmp(lab, "vmx");
}

int kt_cap(int fd, long cap)
{
	return (int)IOCTL(fd, KVM_CHECK_EXTENSION, cap);
}

bool kt_is_mvm(int dev)
{
	return kt_cap(dev, MVM_CAP_ENGINE) > 0;
}

bool kt_vmx(int dev)
{
	unsigned int a, b, c = 0, d;

	__get_cpuid(1, &a, &b, &c, &d);
	return kt_is_mvm(dev) || (c & 1U << 5);
}

bool kt_hardware(int dev)
{
	unsigned int a, b, c = 0, d;

	__get_cpuid(0x80000001, &a, &b, &c, &d);
	return kt_vmx(dev) || (c & 1U << 2);
}

int kt_open(void)
{
	int fd = open(kt_device, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		FAIL("%s: %s", kt_device, strerror(errno));
	return fd;
}

uint64_t kt_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dULL;
}

void kt_pause(unsigned int us)
{
	usleep(kt_in_lab() ? us / 20 + 1 : us);
}

void *kt_edge(size_t size)
{
	size_t pages = (size + 4095) & ~4095UL;
	uint8_t *p = mmap(NULL, pages + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);

	if (p == MAP_FAILED || mprotect(p + pages, 4096, PROT_NONE))
		FAIL("mmap: %s", strerror(errno));
	return p + pages - size;
}

/* The test and all that it started: a process group of their own. */
static bool one(const char *group, const struct kt_test *t)
{
	unsigned int factor = in_bochs() ? 600 : kt_in_lab() ? 4000 : 1000;
	unsigned int ms = (t->seconds ? t->seconds : 20) * factor;
	const struct itimerval limit = { { 0, 0 }, { ms / 1000, ms % 1000 * 1000 } };
	int status = 0;
	pid_t pid;

	memset(reason, 0, sizeof(*reason));
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		setpgid(0, 0);
		setitimer(ITIMER_REAL, &limit, NULL);
		t->run();
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid) {
		printf("FAIL %s/%s — fork: %s\n", group, t->name, strerror(errno));
		return false;
	}
	kill(-pid, SIGKILL);
	if (WIFSIGNALED(status))
		printf("FAIL %s/%s — %s\n", group, t->name, WTERMSIG(status) == SIGALRM ?
		       "did not end in time" : strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status) == STATUS_SKIP)
		printf("SKIP %s/%s — %s\n", group, t->name, reason->text);
	else if (WEXITSTATUS(status) || reason->taken)
		printf("FAIL %s/%s — %s\n", group, t->name, reason->taken ? reason->text :
		       "ended without a reason");
	else
		printf("ok %s/%s\n", group, t->name);
	return !WIFSIGNALED(status) && (!WEXITSTATUS(status) || WEXITSTATUS(status) == STATUS_SKIP);
}

static bool chosen(const char *name, int argc, char **argv)
{
	for (int i = 2; i < argc; i++)
		if (!strcmp(argv[i], name))
			return true;
	return argc <= 2;
}

int kt_main(int argc, char **argv, const char *group, const struct kt_test *tests, unsigned int n)
{
	bool good = true;

	kt_device = argc > 1 ? argv[1] : getenv("MVM_DEVICE");
	if (!kt_device)
		kt_device = access("/dev/mvm", F_OK) ? "/dev/kvm" : "/dev/mvm";
	reason = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (reason == MAP_FAILED)
		return 1;
	for (unsigned int i = 0; i < n; i++)
		if (chosen(tests[i].name, argc, argv))
			good &= one(group, &tests[i]);
	fflush(stdout);
	return good ? 0 : 1;
}
