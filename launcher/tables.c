/* SPDX-License-Identifier: MIT */
/*
 * Fills GDT, IDT and TSS.  See tables.h.
 *
 * The GDT has Linux's layout.  Every IDT entry is an interrupt gate: the nucleus runs with
 * interrupts off, and it does nothing but hand the event to ring 3.
 */
#include "tables.h"

#include <string.h>

#define SEG_CODE64_0	0x00af9b000000ffffULL	/* DPL 0, long mode, accessed */
#define SEG_DATA_0	0x00cf93000000ffffULL
#define SEG_CODE32_3	0x00cffb000000ffffULL
#define SEG_DATA_3	0x00cff3000000ffffULL
#define SEG_CODE64_3	0x00affb000000ffffULL
#define SEG_TSS_BUSY	0x00008b0000000000ULL	/* 64-bit TSS; busy, because TR holds it */

#define GATE_INTERRUPT	0x8eU			/* present, DPL 0 */
#define GATE_DPL3	0x60U

#define VEC_BP		3
#define VEC_OF		4

struct tss {
	uint32_t reserved0;
	uint64_t rsp[3];
	uint64_t reserved1;
	uint64_t ist[7];
	uint64_t reserved2;
	uint16_t reserved3;
	uint16_t iomap;
} __attribute__((packed));

struct gate {
	uint16_t offset_low;
	uint16_t selector;
	uint8_t ist;
	uint8_t type;
	uint16_t offset_mid;
	uint32_t offset_high;
	uint32_t reserved;
};

_Static_assert(sizeof(struct tss) == TSS_SIZE, "TSS");
_Static_assert(sizeof(struct gate) * 256 == IDT_LIMIT + 1, "IDT");

static void write_gdt(uint64_t *gdt)
{
	gdt[MVM_SEL_KERNEL_CS / 8] = SEG_CODE64_0;
	gdt[MVM_SEL_KERNEL_DS / 8] = SEG_DATA_0;
	gdt[0x20 / 8] = SEG_CODE32_3;		/* SYSRET's base; 32-bit code is never entered */
	gdt[MVM_SEL_USER_DS / 8] = SEG_DATA_3;
	gdt[MVM_SEL_USER_CS / 8] = SEG_CODE64_3;
	gdt[MVM_SEL_TSS / 8] = SEG_TSS_BUSY | TSS_LIMIT | (TSS_VA & 0xffffff) << 16 |
			       (TSS_VA >> 24 & 0xff) << 56;
	gdt[MVM_SEL_TSS / 8 + 1] = TSS_VA >> 32;
}

static void write_gate(struct gate *g, uint64_t va, uint8_t dpl)
{
	g->offset_low = (uint16_t)va;
	g->offset_mid = (uint16_t)(va >> 16);
	g->offset_high = (uint32_t)(va >> 32);
	g->selector = MVM_SEL_KERNEL_CS;
	g->type = GATE_INTERRUPT | dpl;
}

void tables_write(uint8_t *hva, const struct mvm_rt_header *rt)
{
	/*
	 * The bitmap behind the TSS is left as it is, all zeroes: every port may be tried at every
	 * level, and every try exits (SDM volume 1, 19.5.2).  IOPL 3 says the same, but the
	 * software KVM loses it at the first `syscall` (runtime/trap.S), and QEMU's TCG ignores
	 * the bitmap.
	 */
	struct tss tss = { .rsp = { rt->rsp0 }, .iomap = TSS_SIZE };
	uint8_t *base = hva + MVM_GPA_CPU;
	struct gate *idt = (struct gate *)(void *)(base + (IDT_VA - TABLES_VA));

	write_gdt((uint64_t *)(void *)(base + (GDT_VA - TABLES_VA)));
	memcpy(base + (TSS_VA - TABLES_VA), &tss, sizeof(tss));
	for (unsigned int i = 0; i < 256; i++)
		write_gate(&idt[i], rt->idt_stubs + i * MVM_IDT_STUB_SIZE, 0);
	idt[VEC_BP].type |= GATE_DPL3;
	idt[VEC_OF].type |= GATE_DPL3;
}
