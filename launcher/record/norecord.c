/* SPDX-License-Identifier: MIT */
/* record.h without CONFIG_RECORD: there is neither --record nor --replay. */
#include "msg.h"
#include "record.h"

int record_open_file(const struct plan *plan, int *fd)
{
	(void)plan;
	*fd = -1;
	return 0;
}

void record_model(const struct plan *plan, struct cpu_model *m)
{
	(void)plan;
	cpu_model_init(m);
}

int replay_load(struct plan *plan, int fd, struct vm *vm, struct cpu_model *m, struct loaded *out)
{
	(void)plan;
	(void)fd;
	(void)vm;
	(void)m;
	(void)out;
	return EXIT_MVM;
}

int record_start(struct run *r, int fd, const struct cpu_model *m, const struct loaded *loaded)
{
	(void)r;
	(void)fd;
	(void)m;
	(void)loaded;
	return 0;
}

void record_stop(int status, bool by_time)
{
	(void)status;
	(void)by_time;
}

uint32_t *record_signals(struct mvm_ring *ring)
{
	return &ring->signals;
}
