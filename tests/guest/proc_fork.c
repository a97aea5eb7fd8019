/* SPDX-License-Identifier: MIT */
// native: no
// expect-status: 0
// mvm-args: -v
// expect-stderr: no fork
/* There is one process in a VM: fork and its kin say so, and nothing hangs. */
#include <spawn.h>
#include "t.h"

int main(void)
{
	char *argv[] = { "x", NULL };
	pid_t pid;

	printf("fork refused: %d\n", fork() == -1 && errno == ENOSYS);
	printf("vfork refused: %d\n", vfork() == -1 && errno == ENOSYS);
	printf("spawn refused: %d\n", posix_spawn(&pid, "/x", NULL, NULL, argv, NULL) == ENOSYS);
	return 0;
}
