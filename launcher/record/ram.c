/* SPDX-License-Identifier: MIT */
/*
 * What is written of guest RAM and vCPU: see ram.h.
 *
 * Needs (system calls), on the vCPU: ioctl(KVM_GET_REGS, KVM_GET_SREGS, KVM_GET_XSAVE, KVM_GET_FPU)
 *	ioctl(CONFINE_FD_PAGEMAP, PAGEMAP_SCAN) pread64(CONFINE_FD_PAGEMAP)
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "confine/confine.h"
#include "kvm.h"
#include "ram.h"
#include "snapshot/pagemap.h"

/* Of each page as it was written last: its sum, less that of a page of zeros. */
static uint64_t *sums, zero_sum;

int record_ram_init(uint64_t max)
{
	static const uint8_t zero[MVM_PAGE_SIZE];

	sums = mmap(NULL, max / MVM_PAGE_SIZE * sizeof(*sums), PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	zero_sum = record_sum(0, zero, sizeof(zero));
	return sums == MAP_FAILED ? -errno : 0;
}

/* Has the page changed since it was written?  Notes that it is written now. */
static bool changed(const struct guest_ram *ram, uint64_t gpa)
{
	uint64_t sum = record_sum(0, ram->hva + gpa, MVM_PAGE_SIZE) - zero_sum;
	uint64_t *last = &sums[gpa / MVM_PAGE_SIZE];

	if (sum == *last)
		return false;
	*last = sum;
	return true;
}

/* What is being written: PAGES of [from, next) are not yet, when run; all before is done. */
struct put {
	struct record_writer *w;
	const struct guest_ram *ram;
	uint64_t from, next;
	bool run;
};

static void put_run(struct record_writer *w, const struct guest_ram *ram, uint64_t from,
		    uint64_t len)
{
	struct record_event e = {
		.type = RECORD_PAGES, .len = (uint32_t)(sizeof(from) + len),
	};

	record_put(w, &e, sizeof(e));
	record_put(w, &from, sizeof(from));
	record_put(w, ram->hva + from, len);
}

static void end_run(struct put *p)
{
	if (p->run)
		put_run(p->w, p->ram, p->from, p->next - p->from);
	p->run = false;
}

/* Up to there.  Pages that nobody has touched are zero, and those never written were so before. */
static void put_pages(struct put *p, uint64_t to, bool touched)
{
	for (; p->next < to && !p->w->err; p->next += MVM_PAGE_SIZE) {
		bool wanted = (touched || sums[p->next / MVM_PAGE_SIZE]) &&
			      changed(p->ram, p->next);

		if (!wanted || p->next - p->from == RECORD_RUN_MAX)
			end_run(p);
		if (wanted && !p->run)
			p->from = p->next;
		p->run = wanted;
	}
}

void record_ram_put_all(struct record_writer *w, const struct guest_ram *ram, uint64_t from,
			uint64_t end)
{
	struct put p = { .w = w, .ram = ram, .next = from };

	put_pages(&p, end, true);
	end_run(&p);
}

static int put_touched(void *ctx, uint64_t start, uint64_t end)
{
	struct put *p = ctx;
	uint64_t hva = (uintptr_t)p->ram->hva;

	put_pages(p, start - hva, false);
	put_pages(p, end - hva, true);
	return 0;
}

void record_ram_put(struct record_writer *w, const struct guest_ram *ram, uint64_t end)
{
	struct put p = { .w = w, .ram = ram };
	uint64_t hva = (uintptr_t)ram->hva;
	/* Where the host does not say which, all are looked at. */
	bool told = !pagemap_present(CONFINE_FD_PAGEMAP, hva, hva + end, put_touched, &p);

	put_pages(&p, end, !told);
	end_run(&p);
}

int record_vcpu_get(const struct vm *vm, struct record_vcpu *v)
{
	struct kvm_sregs s;
	int err = kvm_get_regs(vm->vcpu_fd, &v->regs);

	if (!err)
		err = kvm_get_sregs(vm->vcpu_fd, &s);
	if (err)
		return err;
	v->ds = s.ds;
	v->es = s.es;
	v->fs = s.fs;
	v->gs = s.gs;
	v->cr2 = s.cr2;
	v->has_xsave = !kvm_get(vm->vcpu_fd, KVM_GET_XSAVE, &v->fpu.xsave);
	return v->has_xsave ? 0 : kvm_get(vm->vcpu_fd, KVM_GET_FPU, &v->fpu.fpu);
}
