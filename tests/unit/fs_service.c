/* SPDX-License-Identifier: MIT */
/* See fs_service.h.  The launcher's side; stands in for vm.c and finish.c. */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "fs_service.h"
#include "service/service.h"
#include "stats.h"

#define LOW_BYTES	0x60000UL	/* boot information and rings */

/* fs_fake.h includes the runtime's headers, which the launcher's do not go with. */
extern int64_t (*fake_host)(struct mvm_sqe *e, uint64_t out[2]);
extern struct fake_boot {
	struct mvm_boot boot;
	struct mvm_grant grant[4];
	char path[256];
} fake_boot;

static struct service service;
static struct vm vm;
static struct stats stats;
static unsigned long requests;

_Noreturn void finish_signal(int sig)
{
	(void)sig;
	abort();
}

int vm_grow(struct vm *v, uint64_t bytes)
{
	(void)v, (void)bytes;
	return -ENOMEM;
}

int vm_set_exec(struct vm *v, uint64_t gpa, uint64_t len, uint32_t mode)
{
	(void)v, (void)gpa, (void)len, (void)mode;
	return -ENOSYS;
}

int vm_time(struct vm *v, struct mvm_time *t)
{
	(void)v, (void)t;
	return -ENOSYS;
}

static int64_t serve(struct mvm_sqe *e, uint64_t out[2])
{
	struct mvm_ring *ring = (struct mvm_ring *)(MVM_VA_LINEAR + MVM_GPA_RING);
	uint32_t at = ring->cq_head;
	struct mvm_cqe *c = &ring->cq[at % MVM_RING_ENTRIES];
	bool left;

	requests++;
	ring->sq[ring->sq_tail % MVM_RING_ENTRIES] = *e;
	ring->sq_tail++;
	ring_drain(&service, DRAIN_VCPU, &left);
	if (ring->cq_tail == at)
		abort();
	ring->cq_head++;
	out[0] = c->out[0];
	out[1] = c->out[1];
	return c->res;
}

unsigned long fs_service_requests(void)
{
	unsigned long n = requests;

	requests = 0;
	return n;
}

int fs_service_start(const char *host_dir, const char *guest_path, uint32_t rights)
{
	void *low = mmap((void *)MVM_VA_LINEAR, LOW_BYTES, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	int fd = open(host_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int32_t handle;

	if (low == MAP_FAILED || fd < 0)
		return -1;
	vm.ram = (struct guest_ram){ .hva = low, .present = 1UL << 47, .max = 1UL << 47 };
	((struct mvm_boot *)low)->magic = MVM_ABI_MAGIC;
	handles_init(&service.handles);
	service_init(&service, &vm, &stats);
	for (handle = 0; handle < 3; handle++)
		handle_add(&service.handles, open("/dev/null", O_RDWR), MVM_KIND_STREAM, 0);
	handle = handle_add(&service.handles, fd, MVM_KIND_DIR, rights);
	strcpy(fake_boot.path, guest_path);
	fake_boot.grant[0] = (struct mvm_grant){
		.handle = handle, .kind = MVM_KIND_DIR, .rights = rights,
		.path_off = offsetof(struct fake_boot, path),
	};
	fake_boot.boot.ngrants = 1;
	fake_boot.boot.grants_off = offsetof(struct fake_boot, grant);
	fake_host = serve;
	return 0;
}
