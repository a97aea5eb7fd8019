/* SPDX-License-Identifier: MIT */
/*
 * Random steps of a guest, its processors and its host, and the judgement of each access: see
 * model.h.  A run is a sequence of episodes, each of which begins with empty caches and is wholly
 * decided by its seed.
 *
 *	vmmu_model [-n STEPS] [-s SEED] [-v]
 *
 * Ends with one line of figures and 0, or with what went wrong, where, and 1.
 */
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>
#include "model.h"

#define EPISODE		20000		/* steps */
#define MAX_TRIES	64		/* faults of one access, before it counts as no progress */

struct mvm_vm vm;
struct cpu cpus[NCPUS];
u64 now, rng_state;
unsigned int vmmu_roots;
bool hw_hostile, huge_host;
u64 n_stale, n_unknown, n_fault, n_grant, n_nomem, n_tries;

static u64 seed, step, n_hit, n_switch;
static const char *doing = "set-up";
static int depth;			/* of steps within steps */
static struct cpu *acting;		/* the processor that is in the module, not in the guest */
static struct cpu *interrupted;	/* the one that was so when meanwhile() began */
static int acting_id = -1;		/* and for which address, in a fault */
static bool disturbed;			/* tables changed under the lock, when all was decided */

void fail(const char *fmt, ...)
{
	va_list ap;

	printf("seed %llu, step %llu (%s): ", (unsigned long long)seed, (unsigned long long)step,
	       doing);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	fflush(stdout);
	_exit(1);
}

/* ---- A processor ---- */

static void window_begins(struct cpu *c)
{
	c->window = ++now;
	c->nepochs = 0;
}

static void address_flushed(struct cpu *c, int id)
{
	now++;
	if (c->nepochs == 64) {
		memmove(c->epoch, c->epoch + 1, 63 * sizeof(c->epoch[0]));
		c->nepochs--;
	}
	c->epoch[c->nepochs++] = now;
	c->inv1[id] = c->inv2[id / N1] = c->inv3[id / N1 / N2] = now;
}

/* As run.c does before an entry. */
static void enter(struct cpu *c)
{
	int tries;

	for (tries = 0; vmmu_load(&c->vcpu); tries++) {
		if (tries > 100)
			fail("no root");
		vmmu_switch(&c->vcpu);
	}
	if (c->flush)
		hw_flush(c);
	c->flush = false;
}

static u64 write_offset(int level, u64 *val)
{
	*val = random_entry(level ? level : 1 + rnd(4));
	return random_index(level ? level : 1 + rnd(4)) * 8;
}

/* The processor was let through: was that right?  Then the access takes place. */
static void judge_grant(struct cpu *c, int id, struct access a, u64 pfn, u64 offset, u64 val)
{
	u64 gfn = host_gfn(pfn);
	bool write = a.code & MVM_FAULT_W;

	n_grant++;
	if (gfn == ~0ULL)
		fail("access to host frame %llx, which is not the guest's any more",
		     (unsigned long long)pfn);
	if (write && !host_write_ok(gfn))
		fail("write to frame %llu, which the host did not allow", (unsigned long long)gfn);
	if (!oracle(c, id, a, gfn))
		fail("forbidden access granted: cpu %d gva %llx code %x%s frame %llu", c->vcpu.id,
		     (unsigned long long)va_addr(id), a.code, a.implicit ? " implicit" : "",
		     (unsigned long long)gfn);
	if (write && is_table(gfn) && gfn < FIX3) {
		if (offset == ~0ULL)
			offset = write_offset(natural_level(gfn), &val);
		mem_write(gfn << 12 | offset, val);
	}
}

static bool refusal_right(struct cpu *c, int id, struct access a)
{
	u64 gfn;
	u32 error, rights;
	int ret;

	/* With AC set the vMMU leaves SMAP to the processor. */
	a.implicit &= !guest_ac(c);
	ret = arch_walk(c, id, a, &gfn, &error, &rights);
	if (ret == -2)
		return true;
	if (ret)
		return false;
	if (!host_has(gfn) || (a.code & MVM_FAULT_W && !host_writable(gfn)))
		return true;
	/* What no shadow entry can express, and the vMMU says so. */
	return a.code == MVM_FAULT_W && rights == ROLE_U && !(c->vcpu.regs.cr0 & X86_CR0_WP) &&
	       c->vcpu.regs.cr4 & X86_CR4_SMAP;
}

static void judge_fault(struct cpu *c, int id, struct access a, u32 error)
{
	u64 gfn;
	u32 want, rights;

	n_fault++;
	if (arch_walk(c, id, a, &gfn, &want, &rights) != -1)
		fail("#PF %x for a permitted access: cpu %d gva %llx code %x", error, c->vcpu.id,
		     (unsigned long long)va_addr(id), a.code);
	if (want != error)
		fail("#PF %x where %x is right: cpu %d gva %llx code %x", error, want, c->vcpu.id,
		     (unsigned long long)va_addr(id), a.code);
}

/* An access to its end: true when it was carried out. */
static bool access_va(struct cpu *c, int id, struct access a, u64 offset, u64 val)
{
	u64 pfn;
	u32 code;
	int tries, ret;

	c->vcpu.regs.rip++;
	for (tries = 0; tries < MAX_TRIES; tries++) {
		enter(c);
		if (!hw_access(c, id, a, &pfn, &code)) {
			judge_grant(c, id, a, pfn, offset, val);
			return true;
		}
		n_tries++;
		acting = c;
		acting_id = id;
		disturbed = false;
		c->vcpu.pf = false;
		ret = vmmu_fault(&c->vcpu, va_addr(id), code);
		acting = NULL;
		acting_id = -1;
		if (disturbed)
			continue;
		switch (ret) {
		case 0:
			if (!c->vcpu.pf)
				break;
			judge_fault(c, id, a, c->vcpu.pf_error);
			return false;
		case -ENOMEM:
			break;
		case -EFAULT:
			n_nomem++;
			if (!refusal_right(c, id, a))
				fail("refused: cpu %d gva %llx code %x", c->vcpu.id,
				     (unsigned long long)va_addr(id), a.code);
			return false;
		default:
			fail("the fault handler answers %d", ret);
		}
	}
	fail("no progress: cpu %d gva %llx code %x", c->vcpu.id, (unsigned long long)va_addr(id),
	     a.code);
}

static int random_va(void)
{
	return (((int)rnd(2) * N3 + (int)rnd(N3)) * N2 + (int)rnd(N2)) * N1 + (int)rnd(4);
}

static struct access random_access(void)
{
	static const u32 kinds[] = { 0, 0, MVM_FAULT_W, MVM_FAULT_W, MVM_FAULT_I, MVM_FAULT_U,
				     MVM_FAULT_U, MVM_FAULT_U | MVM_FAULT_W,
				     MVM_FAULT_U | MVM_FAULT_W, MVM_FAULT_U | MVM_FAULT_I };
	struct access a = { .code = kinds[rnd(10)] };

	a.implicit = !(a.code & (MVM_FAULT_U | MVM_FAULT_I)) && one_in(5);
	return a;
}

/* The guest writes an entry through its map of frames. */
static void write_entry(struct cpu *c, u64 gpa, u64 val)
{
	struct access a = { .code = MVM_FAULT_W };

	if (gpa >> 12 >= FIX3)
		return;
	if ((mem_read((c->vcpu.regs.cr3 & PT_ADDR) | 256 * 8) & PT_ADDR) >> 12 != FIX3 ||
	    !access_va(c, PHYSMAP + (gpa >> 12), a, gpa & 0xfff, val)) {
		doing = "repair";
		now++;
		mapped_large = rnd(2);
		build_map();
	}
}

static u64 changed_entry(u64 gpa, int level)
{
	static const u8 bit[] = { 0, 1, 2, 5, 6, 7, 8, 12, 13, 63 };

	return one_in(2) ? random_entry(level) : mem_read(gpa) ^ 1ULL << bit[rnd(sizeof(bit))];
}

static void edit(struct cpu *c)
{
	u64 gfn = rnd(FIX3);
	int level = natural_level(gfn);
	u64 gpa = gfn << 12 | random_index(level) * 8;

	write_entry(c, gpa, changed_entry(gpa, level));
}

/* An entry on the path of an address, near the leaf most often. */
static void edit_path(struct cpu *editor, struct cpu *c, int id)
{
	u64 gpa[5];
	int level = arch_path(c, id, gpa);

	if (!level)
		return;
	while (level < 4 && one_in(3))
		level++;
	write_entry(editor, gpa[level], changed_entry(gpa[level], level));
}

/* A control register that the guest has loaded, or what flushes as much. */
static void registers_loaded(struct cpu *c)
{
	u64 hits = c->vcpu.stats.roots_hit;

	acting = c;
	vmmu_cr_changed(&c->vcpu, MVM_CR3);
	acting = NULL;
	n_switch++;
	n_hit += c->vcpu.stats.roots_hit - hits;
}

static void load_registers(struct cpu *c)
{
	window_begins(c);
	registers_loaded(c);
}

/* User space writes a table by its own mapping, which nobody is told, and sets all registers. */
static void set_registers(void)
{
	int i;

	rewrite_table(rnd(FIX3));
	for (i = 0; i < NCPUS; i++) {
		cpus[i].root = NULL;		/* it is not in the guest, until it enters again */
		window_begins(&cpus[i]);
		vmmu_cr_changed(&cpus[i].vcpu, MVM_SREGS);
	}
}

static void change_cr3(struct cpu *c)
{
	c->vcpu.regs.cr3 = rnd(4) << 12;
	if (c->vcpu.regs.cr4 & X86_CR4_PCIDE)
		c->vcpu.regs.cr3 |= rnd(3);
	load_registers(c);
}

static void change_mode(struct cpu *c)
{
	switch (rnd(6)) {
	case 0:
		c->vcpu.regs.cr4 ^= X86_CR4_PGE;
		break;
	case 1:
		c->vcpu.regs.cr4 ^= X86_CR4_PCIDE;
		c->vcpu.regs.cr3 &= ~0xfffULL;
		break;
	case 2:
		c->vcpu.regs.cr4 ^= X86_CR4_SMEP;
		break;
	case 3:
		c->vcpu.regs.cr4 ^= X86_CR4_SMAP;
		break;
	case 4:
		c->vcpu.regs.cr0 ^= X86_CR0_WP;
		break;
	case 5:
		c->vcpu.regs.efer ^= EFER_NX;
		break;
	}
	load_registers(c);
}

static void invpcid(struct cpu *c)
{
	u64 current_pcid = c->vcpu.regs.cr4 & X86_CR4_PCIDE ? c->vcpu.regs.cr3 & 0xfff : 0;
	u64 pcid = c->vcpu.regs.cr4 & X86_CR4_PCIDE ? rnd(3) : 0;
	int type = rnd(4), id = random_va();

	if (type == 0 && pcid == current_pcid)
		address_flushed(c, id);
	else if (type > 1 || (type == 1 && pcid == current_pcid))
		window_begins(c);
	registers_loaded(c);
}

static void invlpg(struct cpu *c, int id)
{
	enter(c);
	address_flushed(c, id);
	acting = c;
	vmmu_invlpg(&c->vcpu, va_addr(id));
	acting = NULL;
}

/* What systems do: use an address, change its entries, flush it or not, use it again. */
static void story(struct cpu *c)
{
	struct cpu *editor;
	int id = random_va(), other, i;
	u64 gpa[5], mine, theirs;

	for (i = 1 + rnd(3); i > 0; i--) {
		access_va(c, id, random_access(), ~0ULL, 0);
		editor = one_in(4) ? &cpus[rnd(NCPUS)] : c;
		edit_path(editor == interrupted ? c : editor, c, id);
		if (one_in(3))
			access_va(c, random_va(), random_access(), ~0ULL, 0);
		switch (rnd(4)) {
		case 0:
		case 1:
			invlpg(c, id);
			break;
		case 2:
			load_registers(c);
			break;
		}
		access_va(c, id, random_access(), ~0ULL, 0);
	}
	/* Another address gets the same table, of which an entry was changed but not flushed. */
	other = random_va() / N1 * N1 + id % N1;
	if (arch_path(c, id, gpa) != 1 || one_in(2))
		return;
	theirs = mem_read(gpa[2]);
	write_entry(c, gpa[1], changed_entry(gpa[1], 1));
	if (arch_path(c, other, gpa) > 2)
		return;
	mine = gpa[2];
	write_entry(c, mine, theirs);
	for (i = 0; i < 3; i++)
		access_va(c, other, random_access(), ~0ULL, 0);
}

static void step_cpu(struct cpu *c)
{
	u32 kind = rnd(100);

	c->vcpu.regs.rflags = rnd(2) ? X86_EFLAGS_AC : 0;
	if (kind < 12) {
		doing = "story";
		story(c);
	} else if (kind < 55) {
		doing = "access";
		access_va(c, random_va(), random_access(), ~0ULL, 0);
	} else if (kind < 80) {
		doing = "edit";
		edit(c);
	} else if (kind < 88) {
		doing = "invlpg";
		invlpg(c, random_va());
	} else if (kind < 92) {
		doing = "mov cr3";
		change_cr3(c);
	} else if (kind < 94) {
		doing = "mov cr4, cr0, wrmsr efer";
		change_mode(c);
	} else if (kind < 96) {
		doing = "invpcid";
		invpcid(c);
	} else {
		enter(c);
		hw_speculate(c, random_va());
	}
}

void meanwhile(bool locked)
{
	struct cpu *me = acting, *c;
	const char *was = doing;
	int id_was = acting_id;
	u64 pfn;
	u32 code;
	int i;

	if (locked) {
		/* Only what another has in its TLB; no fault can be handled, nothing be entered. */
		for (i = rnd(3); i > 0; i--) {
			struct access a = random_access();
			int id = random_va();

			c = &cpus[rnd(NCPUS)];
			if (c == me || c->flush || !c->root || !root_of(c) ||
			    c->root != root_of(c)->table->spte)
				continue;
			if (one_in(2)) {
				a = (struct access){ .code = MVM_FAULT_W };
				id = PHYSMAP + rnd(FIX3);
			}
			if (hw_access(c, id, a, &pfn, &code))
				continue;
			judge_grant(c, id, a, pfn, ~0ULL, 0);
			disturbed |= a.code & MVM_FAULT_W;
		}
		return;
	}
	if (depth || !one_in(20))
		return;
	depth++;
	interrupted = me;
	c = &cpus[rnd(NCPUS)];
	if (c == me || one_in(3)) {
		doing = "meanwhile, host";
		host_event();
	} else if (id_was >= 0 && one_in(2)) {
		doing = "meanwhile, edit";
		edit_path(c, me, id_was);
	} else {
		step_cpu(c);
	}
	depth--;
	interrupted = NULL;
	acting = me;
	acting_id = id_was;
	doing = was;
}

/* ---- Episodes ---- */

static void episode_begins(u64 number)
{
	struct vmmu *mmu;
	int i;

	rng_state = number * 0x9e3779b97f4a7c15 + 1;
	for (i = 0; i < 8; i++)
		rnd(1);
	hw_hostile = rnd(2);
	huge_host = rnd(2);
	mapped_large = rnd(2);
	guest_reset();
	vmmu_roots = one_in(3) ? 0 : 1 + rnd(8);
	while (vmmu_vm_init(&vm))
		;
	mmu = vm.mmu_data;
	if (one_in(3))
		mmu->budget = 24 + rnd(30);
	host_reset();
	build_tables();
	for (i = 0; i < NCPUS; i++) {
		struct cpu *c = &cpus[i];
		struct hw *hw = c->hw;
		u32 gen = c->gen + 1;

		memset(c, 0, sizeof(*c));
		c->hw = hw;
		c->gen = gen;
		c->vcpu.id = i;
		c->vcpu.maxphyaddr = 40;
		c->vcpu.gbpages = true;
		c->vcpu.vm = &vm;
		c->vcpu.in_run = true;
		while (vmmu_vcpu_init(&c->vcpu))
			;
		c->vcpu.regs.cr0 = X86_CR0_PG | X86_CR0_WP;
		c->vcpu.regs.cr4 = X86_CR4_PAE;
		c->vcpu.regs.efer = EFER_LMA | EFER_NX;
		c->window = ++now;
	}
	if (one_in(4)) {
		cpus[1].vcpu.maxphyaddr = 36;
		cpus[1].vcpu.gbpages = false;
	}
}

static void episode_ends(void)
{
	int i;

	for (i = 0; i < NCPUS; i++) {
		cpus[i].flush = true;
		cpus[i].root = NULL;
		vmmu_vcpu_destroy(&cpus[i].vcpu);
	}
	vmmu_vm_destroy(&vm);
}

int main(int argc, char **argv)
{
	u64 steps = 1000000, first = 1;
	bool verbose = false;
	int opt;

	while ((opt = getopt(argc, argv, "n:s:v")) != -1) {
		switch (opt) {
		case 'n':
			steps = strtoull(optarg, NULL, 0);
			break;
		case 's':
			first = strtoull(optarg, NULL, 0);
			break;
		case 'v':
			verbose = true;
			break;
		default:
			return 2;
		}
	}
	hw_init();
	for (seed = first, step = 0; step < steps; seed++) {
		u64 end = step + EPISODE;

		episode_begins(seed);
		for (; step < end && step < steps; step++) {
			now++;
			doing = "host";
			if (one_in(40))
				host_event();
			else if (one_in(1000))
				set_registers();
			else
				step_cpu(&cpus[rnd(NCPUS)]);
		}
		episode_ends();
		if (verbose)
			printf("seed %llu done\n", (unsigned long long)seed);
	}
	printf("%llu steps, %llu accesses granted (%llu by a translation of the past), %llu #PF, "
	       "%llu refused, %llu faults handled, %llu of %llu roots kept, %llu undecided\n",
	       (unsigned long long)steps, (unsigned long long)n_grant,
	       (unsigned long long)n_stale, (unsigned long long)n_fault,
	       (unsigned long long)n_nomem, (unsigned long long)n_tries,
	       (unsigned long long)n_hit, (unsigned long long)n_switch,
	       (unsigned long long)n_unknown);
	return 0;
}
