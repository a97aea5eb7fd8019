/* SPDX-License-Identifier: MIT */
/*
 * What the vMMU's files get on the host in place of the kernel and of the module's other files: the
 * same names, answered by the model (model.h).
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
#define clamp(x, lo, hi) ((x) < (lo) ? (lo) : (x) > (hi) ? (hi) : (x))
#define unlikely(x)	(x)
#define container_of(p, type, member) ((type *)((char *)(p) - offsetof(type, member)))

static inline void memset64(u64 *p, u64 val, size_t n)
{
	while (n--)
		*p++ = val;
}

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
static inline void list_add(struct list_head *n, struct list_head *l) { list_add_tail(n, l->next); }
static inline void list_del_init(struct list_head *n)
{
	list_del(n);
	INIT_LIST_HEAD(n);
}
static inline void list_move(struct list_head *n, struct list_head *l)
{
	list_del(n);
	list_add(n, l);
}
static inline void list_move_tail(struct list_head *n, struct list_head *l)
{
	list_del(n);
	list_add_tail(n, l);
}
static inline void list_splice(struct list_head *from, struct list_head *to)
{
	if (list_empty(from))
		return;
	from->prev->next = to->next;
	to->next->prev = from->prev;
	from->next->prev = to;
	to->next = from->next;
}
static inline bool hlist_empty(const struct hlist_head *h) { return !h->first; }
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
#define hlist_for_each_entry_safe(p, n, h, member)					\
	for (p = hlist_entry_safe((h)->first, __typeof__(*p), member);			\
	     p && ((n) = p->member.next, 1);						\
	     p = hlist_entry_safe(n, __typeof__(*p), member))

#define DECLARE_HASHTABLE(name, bits) struct hlist_head name[1 << (bits)]
#define hash_of(table, key) (&(table)[((key) * 0x61c8864680b583ebULL >> 32) % \
				      (sizeof(table) / sizeof((table)[0]))])
#define hash_add(table, node, key) hlist_add_head(node, hash_of(table, key))
#define hash_del(node)	hlist_del(node)
#define hash_for_each_possible(table, p, member, key) \
	hlist_for_each_entry(p, hash_of(table, key), member)
#define hash_for_each_possible_safe(table, p, n, member, key) \
	hlist_for_each_entry_safe(p, n, hash_of(table, key), member)

/* ---- Bitmaps of 512 ---- */

#define DECLARE_BITMAP(name, bits) unsigned long name[(bits) / 64]
static inline void __set_bit(unsigned int i, unsigned long *b) { b[i / 64] |= 1UL << i % 64; }
static inline void __clear_bit(unsigned int i, unsigned long *b) { b[i / 64] &= ~(1UL << i % 64); }
static inline bool test_bit(unsigned int i, const unsigned long *b)
{
	return b[i / 64] >> i % 64 & 1;
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

enum mvm_op { MVM_ZAP, MVM_PROTECT, MVM_AGE, MVM_TEST };
enum mvm_cr { MVM_CR0, MVM_CR3, MVM_CR4, MVM_EFER, MVM_SREGS };

#define X86_EFLAGS_AC	(1UL << 18)
#define X86_FEATURE_GBPAGES 0

struct mvm_regs {
	unsigned long rip, rflags, cr0, cr3, cr4;
	u64 efer;
};

struct mvm_vcpu {
	struct mvm_vm *vm;
	int id;
	bool in_run;
	struct mvm_regs regs;
	unsigned int maxphyaddr;
	bool gbpages;
	bool pf;			/* a #PF is queued, */
	u32 pf_error;			/* with this error code */
	void *mmu;
	struct { u64 fills, faults_guest, roots_hit, roots_miss; } stats;
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
int mvm_gpa_peek64(struct mvm_vm *vm, u64 gpa, u64 *val);
void mvm_flush_vm(struct mvm_vm *vm);
void mvm_flush_vcpu(struct mvm_vcpu *vcpu);

void mvm_queue_pf(struct mvm_vcpu *vcpu, u64 gva, u32 error);
void vmx_set_root(struct mvm_vcpu *vcpu, u64 root);

#define MVM_ST_RIP	0
#define MVM_ST_RFLAGS	0
static inline void mvm_state_get(struct mvm_vcpu *vcpu, u32 groups) { }
static inline unsigned int mvm_maxphyaddr(struct mvm_vcpu *vcpu) { return vcpu->maxphyaddr; }
static inline bool mvm_cpuid_has(struct mvm_vcpu *vcpu, unsigned int f) { return vcpu->gbpages; }

/* ---- Memory and the lock ---- */

#define GFP_KERNEL_ACCOUNT 0
void *kzalloc(size_t size, int gfp);
static inline void kfree(void *p) { free(p); }

/* 16 KiB at a time, aligned, with the struct page behind them; an address is a physical one. */
struct page { unsigned long private; };
#define TABLE_SIZE	16384UL
#define get_order(size)	2
#define __pa(p)		((u64)(uintptr_t)(p))
#define __va(pa)	((void *)(uintptr_t)(pa))
#define virt_to_page(p)	((struct page *)(((uintptr_t)(p) & ~(TABLE_SIZE - 1)) + TABLE_SIZE))
#define pfn_to_page(pfn) virt_to_page(__va((pfn) << 12))
#define page_private(page) ((page)->private)
#define set_page_private(page, val) ((page)->private = (val))
unsigned long __get_free_pages(int gfp, unsigned int order);
void free_pages(unsigned long addr, unsigned int order);

typedef struct { bool held; } spinlock_t;
void spin_lock(spinlock_t *lock);
void spin_unlock(spinlock_t *lock);

/* The model's own part is in model.h. */
struct mvm_vm {
	spinlock_t mmu_lock;
	void *mmu_data;
	unsigned long seq;
};

#endif
