/* SPDX-License-Identifier: MIT */
// trap: yes
/* The alternate stack is used where asked for, and says so. */
#include "t.h"

static char alt[65536];
static stack_t in_handler;
static volatile int on_alt;

static void handler(int sig)
{
	char here;

	(void)sig;
	on_alt = &here >= alt && &here < alt + sizeof(alt);
	sigaltstack(NULL, &in_handler);
}

int main(void)
{
	stack_t ss = { .ss_sp = alt, .ss_size = sizeof(alt) }, old;
	struct sigaction sa = { .sa_handler = handler };

	SHOW(sigaltstack(NULL, &old));
	FACT(old.ss_flags == SS_DISABLE);
	SHOW(sigaltstack(&ss, NULL));
	sigaction(SIGUSR1, &sa, NULL);
	raise(SIGUSR1);
	printf("without SA_ONSTACK: %d, flags %d\n", on_alt, in_handler.ss_flags);
	sa.sa_flags = SA_ONSTACK;
	sigaction(SIGUSR1, &sa, NULL);
	raise(SIGUSR1);
	printf("with SA_ONSTACK: %d, flags %d\n", on_alt, in_handler.ss_flags);
	ss.ss_size = 100;
	SHOW(sigaltstack(&ss, NULL));
	ss.ss_size = sizeof(alt);
	ss.ss_flags = 0x1000;
	SHOW(sigaltstack(&ss, NULL));
	ss = (stack_t){ .ss_flags = SS_DISABLE };
	SHOW(sigaltstack(&ss, &old));
	FACT(old.ss_sp == alt && old.ss_size == sizeof(alt));
	raise(SIGUSR1);
	printf("disabled: %d\n", on_alt);
	return 0;
}
