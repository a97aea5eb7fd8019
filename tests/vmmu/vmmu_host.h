/* SPDX-License-Identifier: MIT */
/*
 * What the vMMU's files get on the host in place of the kernel: the same names as
 * kmod/vmmu_port.h, kmod/vm.h and kmod/mmu.h give them, answered by the model (model.h).
 */
#ifndef VMMU_HOST_H
#define VMMU_HOST_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t u64;
typedef uint32_t u32;
typedef uint16_t u16;
typedef uint8_t u8;

#define READ_ONCE(x)	(*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))
#define max(a, b)	((a) > (b) ? (a) : (b))
#define container_of(p, type, member) ((type *)((char *)(p) - offsetof(type, member)))

/* ---- Lists ---- */

struct list_head { struct list_head *next, *prev; };
struct hlist_node { struct hlist_node *next, **pprev; };
struct hlist_head { struct hlist_node *first; };

static inline void INIT_LIST_HEAD(struct list_head *l) { l->next = l->prev = l; }
static inline bool list_empty(const struct list_head *l) { return l->next == l; }
static inline void list_add_tail(struct list_head *n, struct list_head *l)
{
	n->prev = l->prev;
	n->next = l;
	l->prev->next = n;
	l->prev = n;
}
static inline void list_del(struct list_head *n)
{
	n->prev->next = n->next;
	n->next->prev = n->prev;
	n->next = n->prev = NULL;
}
static inline void hlist_add_head(struct hlist_node *n, struct hlist_head *h)
{
	n->next = h->first;
	if (n->next)
		n->next->pprev = &n->next;
	h->first = n;
	n->pprev = &h->first;
}
static inline void hlist_del(struct hlist_node *n)
{
	*n->pprev = n->next;
	if (n->next)
		n->next->pprev = n->pprev;
	n->next = NULL;
	n->pprev = NULL;
}

#define list_entry(p, type, member) container_of(p, type, member)
#define list_first_entry(l, type, member) list_entry((l)->next, type, member)
#define list_for_each_entry(p, l, member)						\
	for (p = list_entry((l)->next, __typeof__(*p), member); &p->member != (l);	\
	     p = list_entry(p->member.next, __typeof__(*p), member))
#define list_for_each_entry_safe(p, n, l, member)					\
	for (p = list_entry((l)->next, __typeof__(*p), member),				\
	     n = list_entry(p->member.next, __typeof__(*p), member); &p->member != (l);	\
	     p = n, n = list_entry(n->member.next, __typeof__(*n), member))
#define hlist_entry_safe(p, type, member) ((p) ? container_of(p, type, member) : NULL)
#define hlist_for_each_entry(p, h, member)						\
	for (p = hlist_entry_safe((h)->first, __typeof__(*p), member); p;		\
	     p = hlist_entry_safe(p->member.next, __typeof__(*p), member))

/* ---- Bitmaps of 512 ---- */

#define DECLARE_BITMAP(name, bits) unsigned long name[(bits) / 64]
static inline void __set_bit(unsigned int i, unsigned long *b) { b[i / 64] |= 1UL << i % 64; }
static inline void __clear_bit(unsigned int i, unsigned long *b) { b[i / 64] &= ~(1UL << i % 64); }
static inline bool test_bit(unsigned int i, const unsigned long *b)
{
	return b[i / 64] >> i % 64 & 1;
}
static inline bool bitmap_empty(const unsigned long *b, unsigned int bits)
{
	unsigned int i;

	for (i = 0; i < bits / 64; i++)
		if (b[i])
			return false;
	return true;
}
static inline unsigned int find_next_bit(const unsigned long *b, unsigned int bits, unsigned int i)
{
	while (i < bits) {
		unsigned long word = b[i / 64] >> i % 64;

		if (word)
			return i + __builtin_ctzl(word);
		i = (i / 64 + 1) * 64;
	}
	return bits;
}
#define for_each_set_bit(i, b, bits) \
	for (i = find_next_bit(b, bits, 0); i < (bits); i = find_next_bit(b, bits, i + 1))

/* ---- The processor and the module ---- */

#define X86_CR0_PG	(1ULL << 31)
#define X86_CR0_WP	(1ULL << 16)
#define X86_CR4_PAE	(1ULL << 5)
#define X86_CR4_PGE	(1ULL << 7)
#define X86_CR4_LA57	(1ULL << 12)
#define X86_CR4_PCIDE	(1ULL << 17)
#define X86_CR4_SMEP	(1ULL << 20)
#define X86_CR4_SMAP	(1ULL << 21)
#define EFER_LMA	(1ULL << 10)
#define EFER_NX		(1ULL << 11)

#define MVM_FAULT_P	0x01
#define MVM_FAULT_W	0x02
#define MVM_FAULT_U	0x04
#define MVM_FAULT_RSVD	0x08
#define MVM_FAULT_I	0x10

#define MVM_PROT_R	1
#define MVM_PROT_W	2
#define MVM_PROT_X	4

struct mvm_vm;
struct mvm_vcpu {
	int id;
	bool ac;
	unsigned int maxphyaddr;
	bool gbpages;
	struct { u64 fills; } stats;
};

struct mvm_map {
	u64 gfn, pfn;
	u8 prot, level;
	bool write;
	unsigned long seq;
};

#define mvm_count(vcpu, name) ((vcpu)->stats.name++)

int mvm_map_get(struct mvm_vm *vm, u64 gfn, bool write, struct mvm_map *map);
bool mvm_map_stale(struct mvm_vm *vm, struct mvm_map *map);
void mvm_map_put(struct mvm_map *map);
int mvm_gpa_read64(struct mvm_vm *vm, u64 gpa, u64 *val);
int mvm_gpa_cmpxchg64(struct mvm_vm *vm, u64 gpa, u64 old, u64 new);
int vmmu_peek(struct mvm_vm *vm, u64 gpa, u64 *val);
void mvm_flush_vm(struct mvm_vm *vm);
void mvm_flush_vcpu(struct mvm_vcpu *vcpu);

u64 *vmmu_table_alloc(void);
void vmmu_table_free(u64 *table);
static inline u64 vmmu_table_pa(const u64 *table) { return (uintptr_t)table; }
void *vmmu_zalloc(size_t size);
static inline void *vmmu_alloc(size_t size) { return malloc(size); }
static inline void vmmu_free(void *p) { free(p); }
void vmmu_lock(struct mvm_vm *vm);
void vmmu_unlock(struct mvm_vm *vm);
static inline bool vmmu_guest_ac(struct mvm_vcpu *vcpu) { return vcpu->ac; }
static inline unsigned int vmmu_guest_maxphyaddr(struct mvm_vcpu *vcpu)
{
	return vcpu->maxphyaddr;
}
static inline const void *vmmu_guest_cpuid(struct mvm_vcpu *vcpu) { return vcpu; }
static inline bool vmmu_guest_gbpages(struct mvm_vcpu *vcpu) { return vcpu->gbpages; }

#endif
