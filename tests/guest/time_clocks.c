/* SPDX-License-Identifier: MIT */
// trap: yes
/* Clocks: never backwards, near each other, and sleeping takes the time it should. */
#include <sys/time.h>
#include <time.h>
#include "t.h"

static long long now(clockid_t c)
{
	struct timespec ts;

	if (clock_gettime(c, &ts) == -1)
		return -1;
	if (ts.tv_nsec < 0 || ts.tv_nsec > 999999999)
		return -2;
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

int main(void)
{
	struct timespec ts = { 0, 50000000 }, rem, sys;
	struct timeval tv;
	long long a, b, back = 0;
	time_t t;

	a = now(CLOCK_MONOTONIC);
	for (int i = 0; i < 200000; i++) {
		b = now(CLOCK_MONOTONIC);
		back += b < a;
		a = b;
	}
	printf("backwards: %lld\n", back);
	a = now(CLOCK_REALTIME);
	FACT(a > 1600000000LL * 1000000000LL && a < 4000000000LL * 1000000000LL);
	SHOW(gettimeofday(&tv, NULL));
	FACT(tv.tv_sec * 1000000LL + tv.tv_usec - a / 1000 >= 0);
	FACT(tv.tv_sec * 1000000LL + tv.tv_usec - a / 1000 < 5000000);
	t = time(NULL);
	FACT(t - a / 1000000000 >= 0 && t - a / 1000000000 < 5);
	/* The vDSO and the system call agree. */
	syscall(SYS_clock_gettime, CLOCK_REALTIME, &sys);
	b = now(CLOCK_REALTIME);
	FACT(b - (sys.tv_sec * 1000000000LL + sys.tv_nsec) >= 0);
	FACT(b - (sys.tv_sec * 1000000000LL + sys.tv_nsec) < 2000000000LL);
	a = now(CLOCK_MONOTONIC);
	SHOW(nanosleep(&ts, &rem));
	b = now(CLOCK_MONOTONIC);
	FACT(b - a >= 50000000);
	FACT(b - a < 10000000000LL);
	a = now(CLOCK_MONOTONIC);
	SHOW(clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, NULL));
	FACT(now(CLOCK_MONOTONIC) - a >= 50000000);
	a += 120000000;
	ts = (struct timespec){ a / 1000000000, a % 1000000000 };
	SHOW(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL));
	FACT(now(CLOCK_MONOTONIC) >= a);
	SHOW(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL));
	ts = (struct timespec){ 0, 1000000000 };
	SHOW(nanosleep(&ts, NULL));
	ts = (struct timespec){ -1, 0 };
	SHOW(nanosleep(&ts, NULL));
	SHOW(clock_getres(CLOCK_MONOTONIC, &ts));
	printf("%ld.%09ld\n", (long)ts.tv_sec, ts.tv_nsec);
	FACT(now(CLOCK_BOOTTIME) > 0);
	FACT(now(CLOCK_MONOTONIC_RAW) > 0);
	FACT(now(CLOCK_MONOTONIC_COARSE) > 0 && now(CLOCK_REALTIME_COARSE) > 0);
	FACT(now(CLOCK_PROCESS_CPUTIME_ID) > 0);
	FACT(now(CLOCK_THREAD_CPUTIME_ID) > 0);
	SHOW(clock_gettime(1234, &ts));
	return 0;
}
