/* SPDX-License-Identifier: MIT */
// trap: yes
/*
 * NUMA policies on a machine with one node.  What is expected stands in a file: the host may have
 * more nodes, or a kernel without them.
 */
#include <linux/mempolicy.h>
#include "t.h"

int main(void)
{
	unsigned long mask[16] = { 0 };
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int mode = -1;

	*page = 1;
	SHOW(syscall(SYS_get_mempolicy, &mode, mask, 1024, 0, 0));
	printf("%d %lx\n", mode, mask[0]);
	SHOW(syscall(SYS_get_mempolicy, &mode, mask, 1024, 0, MPOL_F_MEMS_ALLOWED));
	printf("%d %lx\n", mode, mask[0]);
	SHOW(syscall(SYS_get_mempolicy, &mode, NULL, 0, page, MPOL_F_NODE | MPOL_F_ADDR));
	printf("%d\n", mode);
	SHOW(syscall(SYS_get_mempolicy, &mode, NULL, 0, page, 0));
	SHOW(syscall(SYS_get_mempolicy, &mode, NULL, 0, 0, MPOL_F_NODE));
	SHOW(syscall(SYS_get_mempolicy, &mode, NULL, 0, 8, MPOL_F_ADDR));
	SHOW(syscall(SYS_get_mempolicy, &mode, mask, 0, 0, 0));
	SHOW(syscall(SYS_get_mempolicy, &mode, mask, 1024, 0, 64));
	SHOW(syscall(SYS_get_mempolicy, 8, NULL, 0, 0, 0));
	mask[0] = 1;
	SHOW(syscall(SYS_set_mempolicy, MPOL_BIND, mask, 64));
	SHOW(syscall(SYS_get_mempolicy, &mode, mask, 1024, 0, 0));
	printf("%d %lx\n", mode, mask[0]);
	SHOW(syscall(SYS_set_mempolicy, MPOL_INTERLEAVE, mask, 1024));
	SHOW(syscall(SYS_get_mempolicy, &mode, NULL, 0, 0, MPOL_F_NODE));
	printf("%d\n", mode);
	SHOW(syscall(SYS_set_mempolicy, MPOL_PREFERRED, NULL, 0));
	SHOW(syscall(SYS_set_mempolicy, MPOL_BIND, NULL, 0));
	SHOW(syscall(SYS_set_mempolicy, MPOL_DEFAULT, mask, 64));
	SHOW(syscall(SYS_set_mempolicy, 99, mask, 64));
	SHOW(syscall(SYS_set_mempolicy, MPOL_BIND, 8, 64));
	SHOW(syscall(SYS_set_mempolicy, MPOL_BIND, mask, 1 << 20));
	mask[0] = 2;
	SHOW(syscall(SYS_set_mempolicy, MPOL_BIND, mask, 64));
	mask[0] = 1;
	SHOW(syscall(SYS_mbind, page, 8192, MPOL_BIND, mask, 64, 0));
	SHOW(syscall(SYS_mbind, page + 1, 8192, MPOL_BIND, mask, 64, 0));
	SHOW(syscall(SYS_mbind, page, 8192, MPOL_BIND, mask, 64, 128));
	munmap(page, 8192);
	SHOW(syscall(SYS_mbind, page, 8192, MPOL_BIND, mask, 64, 0));
	SHOW(syscall(SYS_set_mempolicy, MPOL_DEFAULT, NULL, 0));
	return 0;
}
