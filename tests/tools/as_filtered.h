/* SPDX-License-Identifier: MIT */
/* For tools that run a command with some system calls failing, by a seccomp filter. */
#ifndef MVM_TESTS_AS_FILTERED_H
#define MVM_TESTS_AS_FILTERED_H

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A filter begins with LOAD_NR and ends with ALLOW_REST; between them system calls that fail. */
#define LOAD_NR		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))
#define DENY(nr, err)	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1), \
			BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (err))
#define ALLOW_REST	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

/* Becomes the command argv[1]...; returns main()'s status when it cannot. */
static int exec_filtered(char **argv, struct sock_filter *f, unsigned short len)
{
	struct sock_fprog prog = { .len = len, .filter = f };

	if (!argv[0] || !argv[1])
		return 2;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog)) {
		perror(argv[0]);
		return 2;
	}
	execvp(argv[1], argv + 1);
	perror(argv[1]);
	return 2;
}

#endif
