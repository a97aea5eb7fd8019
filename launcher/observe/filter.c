/* SPDX-License-Identifier: MIT */
/*
 * --trace-filter: which calls are wanted.  LIST is names of system calls, hyper:NAME, %GROUP, one
 * after another with commas; ! in front takes away.  What begins with ! begins with all.
 */
#include <stdio.h>
#include <string.h>
#include <asm/unistd.h>
#include "msg.h"
#include "observe.h"
#include "trace_int.h"
#include "service/service.h"
#include "sysname.h"
#include "value.h"

#define WORD_MAX	40

/* What an item is about. */
struct set {
	uint64_t calls[8], requests;
};

static const uint16_t network[] = {
	__NR_socket, __NR_socketpair, __NR_bind, __NR_connect, __NR_listen, __NR_accept,
	__NR_accept4, __NR_getsockname, __NR_getpeername, __NR_sendto, __NR_recvfrom, __NR_sendmsg,
	__NR_recvmsg, __NR_sendmmsg, __NR_recvmmsg, __NR_shutdown, __NR_setsockopt,
	__NR_getsockopt,
};

static const uint16_t memory[] = {
	__NR_brk, __NR_mmap, __NR_munmap, __NR_mprotect, __NR_mremap, __NR_madvise, __NR_msync,
	__NR_shmget, __NR_shmat, __NR_shmdt, __NR_shmctl,
	__NR_mincore, __NR_mlock, __NR_mlock2, __NR_munlock, __NR_mlockall, __NR_munlockall,
	__NR_membarrier, __NR_mbind, __NR_get_mempolicy, __NR_set_mempolicy,
};

static const uint16_t process[] = {
	__NR_clone, __NR_clone3, __NR_fork, __NR_vfork, __NR_execve, __NR_execveat, __NR_exit,
	__NR_exit_group, __NR_wait4, __NR_waitid, __NR_kill, __NR_tkill, __NR_tgkill,
	__NR_pidfd_open, __NR_pidfd_send_signal, __NR_rt_sigqueueinfo, __NR_rt_tgsigqueueinfo,
};

static const uint16_t signals[] = {
	__NR_rt_sigaction, __NR_rt_sigprocmask, __NR_rt_sigreturn, __NR_rt_sigsuspend,
	__NR_rt_sigpending, __NR_rt_sigtimedwait, __NR_rt_sigqueueinfo, __NR_rt_tgsigqueueinfo,
	__NR_sigaltstack, __NR_kill, __NR_tkill, __NR_tgkill, __NR_pause, __NR_signalfd,
	__NR_signalfd4, __NR_pidfd_send_signal,
};

static const uint16_t times[] = {
	__NR_nanosleep, __NR_clock_nanosleep, __NR_clock_gettime, __NR_clock_getres,
	__NR_clock_settime, __NR_gettimeofday, __NR_time, __NR_alarm, __NR_getitimer,
	__NR_setitimer, __NR_timer_create, __NR_timer_settime, __NR_timer_gettime,
	__NR_timer_getoverrun, __NR_timer_delete, __NR_timerfd_create, __NR_timerfd_settime,
	__NR_timerfd_gettime, __NR_times, __NR_adjtimex, __NR_clock_adjtime,
};

#define GROUP(list)	list, sizeof(list) / sizeof(list[0])

static const struct {
	const char *name;
	const uint16_t *calls;
	size_t n;
} groups[] = {
	{ "network", GROUP(network) }, { "memory", GROUP(memory) }, { "process", GROUP(process) },
	{ "signal", GROUP(signals) }, { "time", GROUP(times) },
};

static void add_call(struct set *s, unsigned int nr)
{
	s->calls[nr / 64] |= 1ULL << nr % 64;
}

static bool takes(unsigned int nr, uint8_t kind)
{
	const uint8_t *kinds = call_args(nr);

	for (unsigned int i = 0; kinds && i < 6 && kinds[i]; i++)
		if (kinds[i] == kind)
			return true;
	return false;
}

/* Those that take a path, or a descriptor. */
static void add_taking(struct set *s, uint8_t kind, uint8_t or)
{
	for (unsigned int nr = 0; nr < MVM_TRACE_CALLS; nr++)
		if (takes(nr, kind) || takes(nr, or))
			add_call(s, nr);
}

static bool add_group(struct set *s, const char *name)
{
	bool all = !strcmp(name, "all");

	if (all || !strcmp(name, "syscall"))
		memset(s->calls, 0xff, sizeof(s->calls));
	if (all || !strcmp(name, "hypercall"))
		s->requests = UINT64_MAX;
	if (!strcmp(name, "file"))
		add_taking(s, A_PATH, A_CWD_OUT);
	if (!strcmp(name, "desc"))
		add_taking(s, A_FD, A_FDPAIR);
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		if (!strcmp(name, groups[i].name))
			for (size_t k = 0; k < groups[i].n; k++)
				add_call(s, groups[i].calls[k]);
	for (unsigned int i = 0; i < 8; i++)
		if (s->calls[i])
			return true;
	return s->requests;
}

static bool add_request(struct set *s, const char *name)
{
	for (unsigned int op = 0; op < MVM_OP_MAX; op++)
		if (request_name(op) && !strcmp(request_name(op), name))
			s->requests |= 1ULL << op;
	return s->requests;
}

static bool add_name(struct set *s, const char *name)
{
	for (unsigned int nr = 0; nr < MVM_TRACE_CALLS; nr++)
		if (syscall_name(nr) && !strcmp(syscall_name(nr), name)) {
			add_call(s, nr);
			return true;
		}
	return false;
}

/* The system call whose name is nearest, for a message; NULL: none is. */
static const char *nearest(const char *word)
{
	const char *best = NULL;
	int least = 3;

	for (unsigned int nr = 0; nr < MVM_TRACE_CALLS; nr++) {
		const char *name = syscall_name(nr);
		int d = name ? value_distance(word, name) : least;

		if (d < least && (size_t)d < strlen(name)) {
			least = d;
			best = name;
		}
	}
	return best;
}

static int unknown(const struct option_desc *o, const char *word)
{
	const char *near = nearest(word);

	if (*word == '%')
		return fail(EXIT_MVM, "--%s %s: no such group; there are %%all, %%syscall, "
			    "%%hypercall, %%file, %%desc, %%network, %%memory, %%process, %%signal "
			    "and %%time", o->name, word);
	if (!strncmp(word, "hyper:", 6))
		return fail(EXIT_MVM, "--%s %s: no such hypercall; their names are those of "
			    "'requests' in --stats", o->name, word);
	if (near)
		return fail(EXIT_MVM, "--%s %s: no such system call; did you mean %s?", o->name,
			    *word ? word : "''", near);
	return fail(EXIT_MVM, "--%s %s: no such system call; use names, hyper:NAME or %%GROUP, as "
		    "in --%s %s", o->name, *word ? word : "''", o->name, o->example);
}

static void apply(struct plan *p, const struct set *s, bool away)
{
	for (unsigned int i = 0; i < 8; i++)
		p->trace_calls[i] = away ? p->trace_calls[i] & ~s->calls[i] :
					   p->trace_calls[i] | s->calls[i];
	p->trace_requests = away ? p->trace_requests & ~s->requests :
				   p->trace_requests | s->requests;
}

void trace_want_all(struct plan *p)
{
	memset(p->trace_calls, 0xff, sizeof(p->trace_calls));
	p->trace_requests = UINT64_MAX;
}

int trace_filter(struct plan *p, const struct option_desc *o, char *list)
{
	char *next = list;

	memset(p->trace_calls, 0, sizeof(p->trace_calls));
	p->trace_requests = 0;
	p->trace_filtered = true;
	if (*list == '!')
		trace_want_all(p);
	while (next) {
		char *word = next;
		struct set s = { .requests = 0 };
		bool away = *word == '!', known;

		next = strchr(word, ',');
		if (next)
			*next++ = '\0';
		word += away;
		known = *word == '%' ? add_group(&s, word + 1) :
			!strncmp(word, "hyper:", 6) ? add_request(&s, word + 6) :
			add_name(&s, word);
		if (!known)
			return unknown(o, word);
		apply(p, &s, away);
	}
	return 0;
}
