/* SPDX-License-Identifier: MIT */
/*
 * For guest programs without a C library, most of them hostile: the entry, raw system calls, and
 * the runtime's own structures, which a program can write to because both live in one address
 * space at one privilege level.  Only the VM's exit is a boundary.
 */
#ifndef BARE_H
#define BARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <mvm/abi.h>

#define SYS_write	1
#define SYS_mmap	9
#define SYS_exit	60

static struct mvm_ring *const ring = (struct mvm_ring *)(MVM_VA_RT_LOW + MVM_GPA_RING);

void test(void);

static inline long syscall3(long n, long a, long b, long c)
{
	long r;

	__asm__ volatile ("syscall" : "=a" (r) : "0" (n), "D" (a), "S" (b), "d" (c) :
			  "rcx", "r11", "memory");
	return r;
}

static inline void say(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	syscall3(SYS_write, 1, (long)s, n);
}

static inline _Noreturn void quit(int status)
{
	for (;;)
		syscall3(SYS_exit, status, 0, 0);
}

static inline void doorbell(void)
{
	__asm__ volatile ("outl %%eax, %%dx" : : "a" (0), "d" (MVM_PORT_DOORBELL) : "memory");
}

/* Puts an entry into the ring behind the runtime's back, rings, returns the completion's res. */
static inline int64_t request(const struct mvm_sqe *e)
{
	uint32_t tail = ring->sq_tail, head = ring->cq_head;
	int64_t res;

	ring->sq[tail % MVM_RING_ENTRIES] = *e;
	__atomic_store_n(&ring->sq_tail, tail + 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&ring->cq_tail, __ATOMIC_ACQUIRE) == head)
		doorbell();
	res = ring->cq[head % MVM_RING_ENTRIES].res;
	__atomic_store_n(&ring->cq_head, head + 1, __ATOMIC_SEQ_CST);
	return res;
}

/* Ends the VM by the request itself. */
static inline _Noreturn void request_exit(int status)
{
	struct mvm_sqe e = { .op = MVM_OP_EXIT, .arg = status };

	for (;;)
		request(&e);
}

static inline uint32_t random32(uint64_t *s)
{
	*s = *s * 6364136223846793005UL + 1442695040888963407UL;
	return *s >> 32;
}

/* The linear map's view of a guest-physical address. */
static inline void *linear(uint64_t gpa)
{
	return (void *)(MVM_VA_LINEAR + gpa);
}

/*
 * Runs f in ring 0: a gate of our own for #UD in the IDT, which lies in memory that we can write.
 * SMEP is off, so that the code may stay where it is.  (A software KVM has no `int n`.)
 */
static inline void enter_ring0(void (*f)(void))
{
	struct { uint16_t limit; uint64_t base; } __attribute__((packed)) idtr;
	uint16_t *g;
	uint64_t at = (uint64_t)f;

	__asm__ volatile ("sidt %0" : "=m" (idtr));
	g = (uint16_t *)(idtr.base + 6 * 16);
	g[0] = (uint16_t)at;
	g[1] = MVM_SEL_KERNEL_CS;
	g[2] = 0x8e00;			/* present, interrupt gate */
	g[3] = (uint16_t)(at >> 16);
	g[4] = (uint16_t)(at >> 32);
	g[5] = (uint16_t)(at >> 48);
	__asm__ volatile ("ud2" : : : "memory", "rax", "rcx", "rdx");
}

__asm__ (".globl _start\n_start:\n\txor %ebp, %ebp\n\tand $-16, %rsp\n\tcall test\n\tud2\n");

#endif
