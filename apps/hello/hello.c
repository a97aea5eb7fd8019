/* SPDX-License-Identifier: MIT */
/*
 * hello: greets, and says where it runs.  The smallest program worth booting; the benchmarks
 * measure a start with it.
 */
#include <stdio.h>
#include <sys/auxv.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

/*
 * Only mvm's runtime gives a 64-bit program AT_SYSINFO, the address of its system call entry;
 * Linux gives it to 32-bit ones only.
 */
static int in_microvm(void)
{
	return getauxval(AT_SYSINFO) != 0;
}

int main(int argc, char **argv)
{
	static char out[BUFSIZ];
	struct utsname uts;
	struct sysinfo info;
	int i;

	/* One system call for all of it: what is measured with this program is the start. */
	setvbuf(stdout, out, _IOFBF, sizeof(out));

	printf("Hello from %s!\n", in_microvm() ? "an mvm microVM" : "a native process");
	if (uname(&uts) == 0)
		printf("  system   %s %s (%s), host name %s\n", uts.sysname, uts.release,
		       uts.machine, uts.nodename);
	printf("  process  %d, user %u\n", (int)getpid(), (unsigned int)getuid());
	if (sysinfo(&info) == 0)
		printf("  memory   %llu MiB, %llu MiB free\n",
		       (unsigned long long)info.totalram * info.mem_unit >> 20,
		       (unsigned long long)info.freeram * info.mem_unit >> 20);
	if (argc > 1) {
		printf("  said     ");
		for (i = 1; i < argc; i++)
			printf("%s%c", argv[i], i + 1 < argc ? ' ' : '\n');
	}
	return 0;
}
