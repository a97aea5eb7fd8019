/* SPDX-License-Identifier: MIT */
/* What the parts of mvm doctor share: how a finding is printed. */
#ifndef MVM_DOCTOR_REPORT_H
#define MVM_DOCTOR_REPORT_H

#include "plan.h"

/* FAIL: mvm run will not work.  WARN: it will, with less speed, confinement or function. */
enum verdict { VERDICT_OK, VERDICT_WARN, VERDICT_FAIL };

/*
 * One line on standard output: verdict, subject, finding; and, for what is not well, a second
 * line with the advice (NULL: none).
 */
void report(enum verdict v, const char *subject, const char *advice, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* The device: is it there, may it be used, what can it do, what does an exit cost? */
void doctor_device(const struct plan *plan);

#endif
