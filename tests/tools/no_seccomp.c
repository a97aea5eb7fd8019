/* SPDX-License-Identifier: MIT */
/*
 * no_seccomp COMMAND...: runs a command as if the kernel had no seccomp: seccomp(2) is ENOSYS, as
 * in a kernel without CONFIG_SECCOMP_FILTER.
 */
#include "as_filtered.h"

int main(int argc, char **argv)
{
	struct sock_filter f[] = { LOAD_NR, DENY(SYS_seccomp, ENOSYS), ALLOW_REST };

	(void)argc;
	return exec_filtered(argv, f, sizeof(f) / sizeof(f[0]));
}
