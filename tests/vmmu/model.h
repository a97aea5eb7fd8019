/* SPDX-License-Identifier: MIT */
/*
 * The test of kmod/vmmu*.c: a model of what lies on both sides of it.
 *
 *   guest.c  the guest's tables with their history, the architecture's walk of them, and the
 *            oracle: whether any translation that a processor may still have permits an access
 *   hw.c     the processor that runs on the shadow tables: a TLB and paging-structure caches that
 *            forget nothing until they are flushed
 *   host.c   guest frames and where they lie on the host: what the module asks the kernel
 *   tables.c what a guest's tables look like
 *   main.c   random steps, and the judgement of each access
 */
#ifndef VMMU_MODEL_H
#define VMMU_MODEL_H

#include "vmmu_int.h"

#define NCPUS		2
#define NTABLES		40		/* frames 0..39 hold tables */
#define NLOW		64		/* the frames below 512 that the guest uses */
#define HIGH		512		/* and from here on data only */
#define READONLY	1024		/* frames 1024 and 1025: a read-only slot */
#define HOLE		1026		/* frames 1026 and 1027: a slot that comes and goes */
#define NFRAMES		1028

/* Linear addresses: four indices, of which few values are used; VAS of them, numbered. */
#define N4		3
#define N3		2
#define N2		2
#define N1		64
#define VAS		(N4 * N3 * N2 * N1)
#define PHYSMAP		(2 * N3 * N2 * N1)	/* of frame 0, in the guest's map of its frames */

struct va { int id, i4, i3, i2, i1; };	/* compact indices */

/* An access: MVM_FAULT_W, U and I; implicit: SMAP forbids it whatever AC is. */
struct access { u32 code; bool implicit; };

struct cpu {
	struct mvm_vcpu vcpu;
	/* What the architecture lets its TLB hold: since when, of all, and of some addresses. */
	u64 window;
	u64 epoch[64];			/* when paging-structure caches were flushed, ascending */
	int nepochs;
	u64 inv1[VAS], inv2[VAS / N1], inv3[VAS / N1 / N2];
	/* hw.c */
	const u64 *root;
	bool flush;			/* before the next instruction */
	u32 gen;
	struct hw *hw;
};

extern struct mvm_vm vm;
extern struct cpu cpus[NCPUS];
extern u64 now;				/* the clock: each event has a time of its own */
extern u64 rng_state;
extern bool hw_hostile;			/* a page fault does not invalidate what caused it */
extern bool huge_host;			/* the host has 2 MiB pages */
extern u64 n_stale, n_unknown, n_fault, n_grant, n_nomem, n_tries;

static inline u32 rnd(u32 n)
{
	rng_state ^= rng_state << 13;
	rng_state ^= rng_state >> 7;
	rng_state ^= rng_state << 17;
	return (u64)(u32)(rng_state >> 16) * n >> 32;
}

static inline struct cpu *cpu_of(struct mvm_vcpu *vcpu)
{
	return container_of(vcpu, struct cpu, vcpu);
}

static inline struct vmmu_page *root_of(struct cpu *c)
{
	return ((struct vmmu_cpu *)c->vcpu.mmu)->root;
}

static inline bool guest_ac(const struct cpu *c) { return c->vcpu.regs.rflags & X86_EFLAGS_AC; }

/* One in n. */
static inline bool one_in(u32 n) { return rnd(n) == 0; }

__attribute__((noreturn, format(printf, 1, 2))) void fail(const char *fmt, ...);

/* guest.c */
struct va va_of(int id);
u64 va_addr(int id);
u64 mem_read(u64 gpa);
void mem_write(u64 gpa, u64 val);
bool is_table(u64 gfn);
/* The walk as the architecture has it now: 0 and *gfn, or -1 and *error, or -2: no memory. */
int arch_walk(struct cpu *c, int id, struct access a, u64 *gfn, u32 *error, u32 *rights);
/* Where the entries of the path are, by level: the level of the last one, 0: no table there. */
int arch_path(struct cpu *c, int id, u64 gpa[5]);
/* Whether a translation that may still be cached gives this access, at this frame. */
bool oracle(struct cpu *c, int id, struct access a, u64 gfn);
void guest_reset(void);

/* hw.c: the frame of the host, or -1 and *code for the #PF exit. */
void hw_init(void);
int hw_access(struct cpu *c, int id, struct access a, u64 *pfn, u32 *code);
void hw_flush(struct cpu *c);
void hw_speculate(struct cpu *c, int id);
void hw_check_free(const u64 *table);

/* host.c */
void host_reset(void);
u64 host_gfn(u64 pfn);			/* -1: not a frame of the guest any more */
bool host_has(u64 gfn);
bool host_writable(u64 gfn);
void host_event(void);
bool host_write_ok(u64 gfn);
void host_replace(u64 gfn);		/* other contents are about to come: zap, flush */

/* tables.c.  Frames 32 to 34 are the guest's map of its low frames, at PHYSMAP. */
#define FIX3	32			/* a PDPT, */
#define FIX2	33			/* a PD, */
#define FIX1	34			/* and a PT */
extern bool mapped_large;		/* the map is one 2 MiB page */
int natural_level(u64 gfn);
u64 random_entry(int level);
int random_index(int level);
void build_map(void);
void build_tables(void);
void rewrite_table(u64 gfn);		/* other random entries */

/* main.c: what other processors may do while one is in the module; locked: in the guest only. */
void meanwhile(bool locked);

#endif
