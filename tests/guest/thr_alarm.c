/* SPDX-License-Identifier: MIT */
// trap: yes
// poll: never always
/* A timer interrupts a program that makes no system call. */
#include <signal.h>
#include <sys/time.h>
#include "t.h"

static volatile sig_atomic_t alarms, profs;

static void on_alarm(int sig)
{
	if (sig == SIGALRM)
		alarms++;
	else
		profs++;
}

int main(void)
{
	struct itimerval every = { { 0, 5000 }, { 0, 5000 } };
	struct sigaction sa = { .sa_handler = on_alarm };

	sigaction(SIGALRM, &sa, NULL);
	sigaction(SIGPROF, &sa, NULL);
	setitimer(ITIMER_REAL, &every, NULL);
	while (alarms < 5)
		;
	setitimer(ITIMER_REAL, &(struct itimerval){ 0 }, NULL);
	printf("alarms %d\n", alarms >= 5);
	setitimer(ITIMER_PROF, &every, NULL);
	while (profs < 3)
		;
	printf("profs %d\n", profs >= 3);
	return 0;
}
