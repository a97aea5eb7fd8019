/* SPDX-License-Identifier: MIT */
/*
 * Registers: those of the thread that has stopped, from which it goes on, and of those that sleep,
 * as they will go on.  They lie in guest memory, where the runtime has put them.
 */
#include "regs.h"

#include <stddef.h>
#include <string.h>
#include "gdb_int.h"

#define FX_STATUS	2
#define FX_TAG		4
#define FX_ST		32
#define FX_XMM		160
#define XSAVE_BV	512
#define XSAVE_AVX	576
#define AVX_END		(XSAVE_AVX + 16 * 16)

#define REG(n)		POINTER(n, "int64")
#define POINTER(n, type) \
			{ #n, type, FEATURE_CORE, SOURCE_REGS, 8, 8, offsetof(struct mvm_regs, n) }
#define SELECTOR(n)	\
			{ #n, "int32", FEATURE_CORE, SOURCE_REGS, 4, 4, \
			  offsetof(struct mvm_regs, n) }
#define NO_SELECTOR(n)	{ #n, "int32", FEATURE_CORE, SOURCE_ZERO, 4, 4, 0 }
#define ST(n)		{ "st" #n, "i387_ext", FEATURE_CORE, SOURCE_FPU, 10, 10, FX_ST + 16 * (n) }
#define FLOAT(n, at, size) \
			{ #n, "int", FEATURE_CORE, SOURCE_FPU, 4, size, at }
#define XMM(n)		{ "xmm" #n, "vec128", FEATURE_SSE, SOURCE_FPU, 16, 16, FX_XMM + 16 * (n) }
#define YMMH(n)		{ "ymm" #n "h", "uint128", FEATURE_AVX, SOURCE_AVX, 16, 16, \
			  XSAVE_AVX + 16 * (n) }

const struct gdb_reg gdb_regs[] = {
	REG(rax), REG(rbx), REG(rcx), REG(rdx), REG(rsi), REG(rdi),
	POINTER(rbp, "data_ptr"), POINTER(rsp, "data_ptr"),
	REG(r8), REG(r9), REG(r10), REG(r11), REG(r12), REG(r13), REG(r14), REG(r15),
	POINTER(rip, "code_ptr"),
	{ "eflags", "i386_eflags", FEATURE_CORE, SOURCE_REGS, 4, 4,
	  offsetof(struct mvm_regs, rflags) },
	SELECTOR(cs), SELECTOR(ss),
	NO_SELECTOR(ds), NO_SELECTOR(es), NO_SELECTOR(fs), NO_SELECTOR(gs),
	ST(0), ST(1), ST(2), ST(3), ST(4), ST(5), ST(6), ST(7),
	{ "fctrl", "int", FEATURE_CORE, SOURCE_CONTROL, 4, 2, 0 },
	FLOAT(fstat, FX_STATUS, 2),
	{ "ftag", "int", FEATURE_CORE, SOURCE_TAG, 4, 2, FX_TAG },
	FLOAT(fiseg, 12, 2), FLOAT(fioff, 8, 4), FLOAT(foseg, 20, 2), FLOAT(fooff, 16, 4),
	FLOAT(fop, 6, 2),
	XMM(0), XMM(1), XMM(2), XMM(3), XMM(4), XMM(5), XMM(6), XMM(7),
	XMM(8), XMM(9), XMM(10), XMM(11), XMM(12), XMM(13), XMM(14), XMM(15),
	{ "mxcsr", "i386_mxcsr", FEATURE_SSE, SOURCE_MXCSR, 4, 4, 24 },
	{ "orig_rax", "int64", FEATURE_LINUX, SOURCE_REGS, 8, 8,
	  offsetof(struct mvm_regs, orig_rax) },
	{ "fs_base", "int64", FEATURE_SEGMENTS, SOURCE_BASE, 8, 8, 0 },
	{ "gs_base", "int64", FEATURE_SEGMENTS, SOURCE_BASE, 8, 8, 1 },
	YMMH(0), YMMH(1), YMMH(2), YMMH(3), YMMH(4), YMMH(5), YMMH(6), YMMH(7),
	YMMH(8), YMMH(9), YMMH(10), YMMH(11), YMMH(12), YMMH(13), YMMH(14), YMMH(15),
};
#define NREGS		(sizeof(gdb_regs) / sizeof(gdb_regs[0]))
#define NAVX		16
_Static_assert(NREGS <= GDB_REGS_MAX, "GDB_REGS_MAX");

unsigned int gdb_nregs(void)
{
	return gdb.stop.fpu_size >= AVX_END ? NREGS : NREGS - NAVX;
}

/* ---- One thread's --------------------------------------------------------------------------- */

struct state {
	struct guest_thread *t;
	bool known;			/* regs was read */
	struct mvm_regs regs;
	struct guest_fpu fpu;
};

static bool read_state(struct state *s)
{
	s->t = gdb_thread(gdb.thread);
	if (!s->t)
		return false;
	s->known = guest_regs(&gdb.run->guest, s->t, &s->regs) == 0;
	guest_fpu(&gdb.run->guest, &gdb.stop, s->t, &s->fpu);
	return true;
}

/* Two bits a register: 3 is empty, 0 valid, 1 zero, 2 special (SDM volume 1, 8.1.7). */
static uint16_t full_tag(const uint8_t *area)
{
	unsigned int top = area[FX_STATUS + 1] >> 3 & 7;
	uint16_t tag = 0, exponent;
	uint64_t mantissa;

	for (unsigned int i = 0; i < 8; i++) {
		const uint8_t *st = area + FX_ST + 16 * ((i - top) & 7);
		unsigned int is = 0;

		memcpy(&mantissa, st, sizeof(mantissa));
		memcpy(&exponent, st + 8, sizeof(exponent));
		exponent &= 0x7fff;
		if (!(area[FX_TAG] >> i & 1))
			is = 3;
		else if (!exponent && !mantissa)
			is = 1;
		else if (!exponent || exponent == 0x7fff || !(mantissa >> 63))
			is = 2;
		tag = (uint16_t)(tag | is << (2 * i));
	}
	return tag;
}

static uint8_t short_tag(uint16_t tag)
{
	uint8_t bits = 0;

	for (unsigned int i = 0; i < 8; i++)
		if ((tag >> (2 * i) & 3) != 3)
			bits = (uint8_t)(bits | 1U << i);
	return bits;
}

/* A part that is not in the XSAVE area is in its initial state, which is zero but for x87. */
static bool initial(const struct guest_fpu *f, unsigned int source)
{
	unsigned int bit = source == SOURCE_AVX ? 4 : 2;

	return f->size > XSAVE_BV && !(f->area[XSAVE_BV] & bit);
}

/* Fills value, zero so far.  False: it is not known. */
static bool get(const struct state *s, const struct gdb_reg *r, uint8_t value[16])
{
	bool whole = s->fpu.size && s->fpu.whole;
	uint16_t tag;

	switch (r->source) {
	case SOURCE_REGS:
		memcpy(value, (const uint8_t *)&s->regs + r->offset, r->stored);
		return s->known;
	case SOURCE_ZERO:
		return true;
	case SOURCE_BASE:
		memcpy(value, r->offset ? &s->t->gs_base : &s->t->fs_base, r->stored);
		return true;
	case SOURCE_CONTROL:
	case SOURCE_MXCSR:
		memcpy(value, s->fpu.area + r->offset, r->stored);
		return s->fpu.size;
	case SOURCE_TAG:
		tag = full_tag(s->fpu.area);
		memcpy(value, &tag, sizeof(tag));
		return whole;
	default:
		if (r->feature == FEATURE_CORE || !initial(&s->fpu, r->source))
			memcpy(value, s->fpu.area + r->offset, r->stored);
		return whole;
	}
}

static void reply_reg(const struct state *s, const struct gdb_reg *r)
{
	uint8_t value[16] = { 0 };

	if (get(s, r, value))
		gdb_reply_hex(value, r->bytes);
	else
		for (unsigned int i = 0; i < r->bytes; i++)
			gdb_reply("xx");
}

/* ---- Changing them -------------------------------------------------------------------------- */

#define FLAGS_PROGRAM	0x40cd5UL	/* AC OF DF SF ZF AF PF CF */
#define ADDRESS_BITS	47		/* beyond: loading it would fault, in the runtime */
#define MXCSR_MASK_AT	28
#define MXCSR_MASK_OLD	0xffbfU		/* where FXSAVE writes 0 (SDM volume 1, 11.6.6) */

static void set_regs(struct state *s, const struct gdb_reg *r, const uint8_t *value)
{
	uint64_t flags = s->regs.rflags;

	if (r->offset == offsetof(struct mvm_regs, cs) ||
	    r->offset == offsetof(struct mvm_regs, ss))
		return;
	memcpy((uint8_t *)&s->regs + r->offset, value, r->stored);
	if (r->offset == offsetof(struct mvm_regs, rflags))
		s->regs.rflags = (flags & ~FLAGS_PROGRAM) | (s->regs.rflags & FLAGS_PROGRAM);
}

/* Reserved bits of MXCSR would fault where the state is loaded, which is in the runtime. */
static void set_mxcsr(struct guest_fpu *f, const uint8_t *value)
{
	uint32_t mxcsr, mask;

	memcpy(&mxcsr, value, sizeof(mxcsr));
	memcpy(&mask, f->area + MXCSR_MASK_AT, sizeof(mask));
	mxcsr &= mask ? mask : MXCSR_MASK_OLD;
	memcpy(f->area + 24, &mxcsr, sizeof(mxcsr));
}

static void set_fpu(struct state *s, const struct gdb_reg *r, const uint8_t *value)
{
	struct guest_fpu *f = &s->fpu;
	uint16_t tag;

	if (r->source == SOURCE_TAG) {
		memcpy(&tag, value, sizeof(tag));
		f->area[FX_TAG] = short_tag(tag);
	} else if (r->source == SOURCE_MXCSR) {
		set_mxcsr(f, value);
	} else {
		if (f->size > XSAVE_BV && r->feature != FEATURE_CORE && initial(f, r->source))
			memset(f->area + (r->source == SOURCE_AVX ? XSAVE_AVX : FX_XMM), 0, 256);
		memcpy(f->area + r->offset, value, r->stored);
	}
	if (f->size > XSAVE_BV)
		f->area[XSAVE_BV] |= r->feature == FEATURE_CORE ? 1 :
				     r->source == SOURCE_AVX ? 4 : 2;
}

static void set(struct state *s, const struct gdb_reg *r, const uint8_t *value)
{
	switch (r->source) {
	case SOURCE_ZERO:
		return;
	case SOURCE_REGS:
		set_regs(s, r, value);
		return;
	case SOURCE_BASE:
		memcpy(r->offset ? &s->t->gs_base : &s->t->fs_base, value, r->stored);
		return;
	default:
		set_fpu(s, r, value);
	}
}

/* Only the thread that has stopped goes on with all of its registers. */
static bool may_change(const struct state *s)
{
	return s->known && s->fpu.size && s->t->running && gdb.stop.tid_stopped == s->t->tid;
}

static bool write_state(const struct state *s)
{
	const struct guest *g = &gdb.run->guest;
	uint32_t changed = 1;

	if ((s->regs.rip | s->t->fs_base | s->t->gs_base) >> ADDRESS_BITS)
		return false;
	return guest_write(g, s->t->regs, &s->regs, sizeof(s->regs)) == sizeof(s->regs) &&
	       guest_write(g, s->t->fpu, s->fpu.area, s->fpu.size) == s->fpu.size &&
	       guest_write(g, s->t->va + gdb.stop.fs_base, &s->t->fs_base, 8) == 8 &&
	       guest_write(g, s->t->va + gdb.stop.gs_base, &s->t->gs_base, 8) == 8 &&
	       guest_write(g, g->debug + offsetof(struct mvm_debug, fpu_changed), &changed,
			   sizeof(changed)) == sizeof(changed);
}

/* ---- Packets -------------------------------------------------------------------------------- */

void gdb_packet_g(void)
{
	struct state s;

	if (!read_state(&s)) {
		gdb_answer("E01");
		return;
	}
	gdb_reply_begin();
	for (unsigned int i = 0; i < gdb_nregs(); i++)
		reply_reg(&s, &gdb_regs[i]);
	gdb_reply_end();
}

/* One value at *p; 'x' for one that is not known and stays.  False: it is not hexadecimal. */
static bool take(struct state *s, const struct gdb_reg *r, const char **p)
{
	uint8_t value[16] = { 0 };

	if (**p == 'x' && strspn(*p, "x") >= 2U * r->bytes) {
		*p += 2 * r->bytes;
		return true;
	}
	if (!gdb_hex_bytes(p, value, r->bytes))
		return false;
	set(s, r, value);
	return true;
}

void gdb_packet_G(const char *s)
{
	struct state st;
	bool good = read_state(&st) && may_change(&st);

	for (unsigned int i = 0; good && i < gdb_nregs(); i++)
		good = take(&st, &gdb_regs[i], &s);
	gdb_answer(good && !*s && write_state(&st) ? "OK" : "E01");
}

void gdb_packet_p(const char *s)
{
	struct state st;
	uint64_t n;

	if (!gdb_hex(&s, &n) || *s || n >= gdb_nregs() || !read_state(&st)) {
		gdb_answer("E01");
		return;
	}
	gdb_reply_begin();
	reply_reg(&st, &gdb_regs[n]);
	gdb_reply_end();
}

void gdb_packet_P(const char *s)
{
	struct state st;
	uint64_t n;

	if (gdb_hex(&s, &n) && gdb_char(&s, '=') && n < gdb_nregs() && read_state(&st) &&
	    may_change(&st) && take(&st, &gdb_regs[n], &s) && !*s && write_state(&st))
		gdb_answer("OK");
	else
		gdb_answer("E01");
}
