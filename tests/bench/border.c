/* SPDX-License-Identifier: MIT */
/*
 * What a running process may still ask of the kernel: border PID reads the seccomp filters of all
 * its threads (ptrace(2), PTRACE_SECCOMP_GET_FILTER: needs CAP_SYS_ADMIN) and walks them once for
 * each system call with unknown arguments.  A call that some thread may make with some arguments
 * counts as allowed, one that no argument can spoil as allowed with any.  Prints
 *
 *	filters allowed any-argument open exec socket
 *
 * the most filters on a thread, two counts, and for three kinds of calls yes or no; all "-" where
 * filters cannot be read.  With -v also the numbers of the calls, one a line.
 */
#include <dirent.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* The numbers that Linux 6.1 gives on x86-64: 0 to 334, 424 to 450. */
#define FIRST_RANGE	335
#define SECOND_RANGE	424
#define NUMBERS		451

#define FILTER_MAX	4096	/* BPF_MAXINSNS */

enum { MAY_PASS = 1, MAY_FAIL = 2 };	/* what a walk may end with */
enum { SOME = 1, ANY = 2 };		/* with some arguments; with any */

static struct sock_filter code[FILTER_MAX];
static int code_len;

/* The accumulator on the way through a filter; X and the scratch memory count as unknown. */
struct state {
	int pc, known;
	uint32_t a;
};

/* Where a walk has been already, else arguments would double its length at each comparison. */
static struct state been[16 * FILTER_MAX];
static int been_n;

static int seen(struct state s)
{
	for (int i = been_n - 1; i >= 0; i--)
		if (been[i].pc == s.pc && been[i].known == s.known &&
		    (!s.known || been[i].a == s.a))
			return 1;
	if (been_n < (int)(sizeof(been) / sizeof(been[0])))
		been[been_n++] = s;
	return 0;
}

static int verdict(uint32_t action)
{
	action &= SECCOMP_RET_ACTION_FULL;
	return action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG ? MAY_PASS : MAY_FAIL;
}

static uint32_t calculate(uint16_t op, uint32_t a, uint32_t k)
{
	switch (op) {
	case BPF_ADD: return a + k;
	case BPF_SUB: return a - k;
	case BPF_AND: return a & k;
	case BPF_OR: return a | k;
	case BPF_LSH: return k < 32 ? a << k : 0;
	case BPF_RSH: return k < 32 ? a >> k : 0;
	case BPF_XOR: return a ^ k;
	default: return a;
	}
}

static int compare(uint16_t op, uint32_t a, uint32_t k)
{
	switch (op) {
	case BPF_JEQ: return a == k;
	case BPF_JGT: return a > k;
	case BPF_JGE: return a >= k;
	default: return (a & k) != 0;		/* BPF_JSET */
	}
}

static void load(struct state *s, const struct sock_filter *i, uint32_t nr)
{
	s->known = 1;
	if (BPF_MODE(i->code) == BPF_IMM)
		s->a = i->k;
	else if (BPF_MODE(i->code) == BPF_ABS && i->k == offsetof(struct seccomp_data, nr))
		s->a = nr;
	else if (BPF_MODE(i->code) == BPF_ABS && i->k == offsetof(struct seccomp_data, arch))
		s->a = AUDIT_ARCH_X86_64;
	else
		s->known = 0;
}

/* The verdicts that the filter in code[] can reach from S for system call NR. */
static int walk(struct state s, uint32_t nr)
{
	while (s.pc < code_len && !seen(s)) {
		struct sock_filter *i = &code[s.pc++];

		switch (BPF_CLASS(i->code)) {
		case BPF_LD:
			load(&s, i, nr);
			break;
		case BPF_ALU:
			s.known = s.known && BPF_SRC(i->code) == BPF_K;
			s.a = calculate(BPF_OP(i->code), s.a, i->k);
			break;
		case BPF_JMP:
			if (BPF_OP(i->code) == BPF_JA) {
				s.pc += i->k;
			} else if (s.known && BPF_SRC(i->code) == BPF_K) {
				s.pc += compare(BPF_OP(i->code), s.a, i->k) ? i->jt : i->jf;
			} else {
				struct state other = { s.pc + i->jf, s.known, s.a };

				s.pc += i->jt;
				return walk(s, nr) | walk(other, nr);
			}
			break;
		case BPF_RET:
			return BPF_RVAL(i->code) == BPF_K ? verdict(i->k) : MAY_PASS | MAY_FAIL;
		case BPF_MISC:
			s.known = s.known && BPF_MISCOP(i->code) == BPF_TAX;
			break;
		default:			/* LDX, ST, STX leave the accumulator alone */
			break;
		}
	}
	return 0;				/* been here: that walk has the verdicts */
}

static int is_number(int nr)
{
	return nr < FIRST_RANGE || nr >= SECOND_RANGE;
}

/* What one thread may, in RESULT: MAY_PASS, MAY_FAIL or both.  Its filters; -1: unreadable. */
static int thread_may(pid_t tid, int *result)
{
	int n, status;

	for (int nr = 0; nr < NUMBERS; nr++)
		result[nr] = MAY_PASS;
	if (ptrace(PTRACE_SEIZE, tid, 0, 0))
		return -1;
	ptrace(PTRACE_INTERRUPT, tid, 0, 0);
	if (waitpid(tid, &status, __WALL) != tid || !WIFSTOPPED(status))
		return -1;
	for (n = 0; ; n++) {
		errno = 0;
		code_len = ptrace(PTRACE_SECCOMP_GET_FILTER, tid, n, code);
		if (code_len < 0)
			break;
		for (int nr = 0; nr < NUMBERS; nr++) {
			int may;

			been_n = 0;
			may = walk((struct state){ 0, 0, 0 }, nr);
			if (!(may & MAY_PASS))
				result[nr] = MAY_FAIL;
			else if (result[nr] & MAY_PASS)
				result[nr] |= may;
		}
	}
	/* EINVAL: it has no filter; ENOENT: no further one. */
	if (errno != ENOENT && errno != EINVAL)
		n = -1;
	ptrace(PTRACE_DETACH, tid, 0, 0);
	return n;
}

/* What any thread may, in ALL.  The most filters on one; -1: unreadable, or no such process. */
static int process_may(const char *pid, int *all)
{
	static int result[NUMBERS];
	struct dirent *entry;
	int most = -1;
	char path[64];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", atoi(pid));
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		int n;

		if (!atoi(entry->d_name))
			continue;		/* . and .. */
		n = thread_may(atoi(entry->d_name), result);
		if (n < 0)
			return -1;
		if (n > most)
			most = n;
		for (int nr = 0; nr < NUMBERS; nr++)
			if (result[nr] & MAY_PASS)
				all[nr] |= result[nr] & MAY_FAIL ? SOME : ANY;
	}
	return most;
}

static const char *one_of(const int *all, const int *numbers, int n)
{
	for (int i = 0; i < n; i++)
		if (all[numbers[i]])
			return "yes";
	return "no";
}

int main(int argc, char **argv)
{
	static const int opens[] = { SYS_open, SYS_openat, SYS_openat2, SYS_creat,
				     SYS_open_by_handle_at };
	static const int execs[] = { SYS_execve, SYS_execveat };
	static const int sockets[] = { SYS_socket };
	static int all[NUMBERS];
	int verbose = argc > 2 && !strcmp(argv[1], "-v"), filters, allowed = 0, any = 0;

	if (argc < 2)
		return 2;
	filters = process_may(argv[argc - 1], all);
	if (filters < 0) {
		puts("- - - - - -");
		return 1;
	}
	for (int nr = 0; nr < NUMBERS; nr++) {
		if (!is_number(nr) || !all[nr])
			continue;
		allowed++;
		any += (all[nr] & ANY) != 0;
	}
	printf("%d %d %d %s %s %s\n", filters, allowed, any, one_of(all, opens, 5),
	       one_of(all, execs, 2), one_of(all, sockets, 1));
	for (int nr = 0; verbose && nr < NUMBERS; nr++)
		if (is_number(nr) && all[nr])
			printf("%d%s\n", nr, all[nr] & ANY ? " any" : "");
	return 0;
}
