/* SPDX-License-Identifier: MIT */
/* doctor.h for a launcher without CONFIG_DOCTOR: options/options.c refuses the command before. */
#include "doctor.h"
#include "msg.h"

int doctor(const struct plan *plan)
{
	(void)plan;
	return EXIT_MVM;
}
