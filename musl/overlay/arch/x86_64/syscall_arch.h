/* SPDX-License-Identifier: MIT */
/*
 * How musl makes a system call on x86-64, for programs that run natively and in a VM alike.
 * Takes the place of musl's file of the same name.
 *
 * In a VM the runtime passes its entry as AT_SYSINFO, which musl stores in __sysinfo before its
 * first system call (__init_libc in src/env/__libc_start_main.c; what runs earlier, the self-
 * relocation of a static PIE, makes none).  A system call is then a C function call
 *
 *	long entry(long n, long a1, long a2, long a3, long a4, long a5, long a6)
 *
 * by the System V ABI, which answers as Linux does: -errno for an error.  Arguments that a
 * system call does not have are not set, as with the instruction.  Natively __sysinfo is 0.
 */
#define __SYSCALL_LL_E(x) (x)
#define __SYSCALL_LL_O(x) (x)

extern __attribute__((__visibility__("hidden"))) __SIZE_TYPE__ __sysinfo;

#define __MVM_NATIVE __builtin_expect(!__sysinfo, 0)
#define __MVM_CLOBBERS "rcx", "r11", "memory"

static __inline long __syscall0(long n)
{
	long ret;

	if (!__MVM_NATIVE)
		return ((long (*)(long))__sysinfo)(n);
	__asm__ __volatile__ ("syscall" : "=a"(ret) : "a"(n) : __MVM_CLOBBERS);
	return ret;
}

static __inline long __syscall1(long n, long a1)
{
	long ret;

	if (!__MVM_NATIVE)
		return ((long (*)(long, long))__sysinfo)(n, a1);
	__asm__ __volatile__ ("syscall" : "=a"(ret) : "a"(n), "D"(a1) : __MVM_CLOBBERS);
	return ret;
}

static __inline long __syscall2(long n, long a1, long a2)
{
	long ret;

	if (!__MVM_NATIVE)
		return ((long (*)(long, long, long))__sysinfo)(n, a1, a2);
	__asm__ __volatile__ ("syscall" : "=a"(ret) : "a"(n), "D"(a1), "S"(a2) : __MVM_CLOBBERS);
	return ret;
}

static __inline long __syscall3(long n, long a1, long a2, long a3)
{
	long ret;

	if (!__MVM_NATIVE)
		return ((long (*)(long, long, long, long))__sysinfo)(n, a1, a2, a3);
	__asm__ __volatile__ ("syscall" : "=a"(ret)
			      : "a"(n), "D"(a1), "S"(a2), "d"(a3) : __MVM_CLOBBERS);
	return ret;
}

static __inline long __syscall4(long n, long a1, long a2, long a3, long a4)
{
	register long r10 __asm__("r10");
	long ret;

	if (!__MVM_NATIVE)
		return ((long (*)(long, long, long, long, long))__sysinfo)(n, a1, a2, a3, a4);
	r10 = a4;
	__asm__ __volatile__ ("syscall" : "=a"(ret)
			      : "a"(n), "D"(a1), "S"(a2), "d"(a3), "r"(r10) : __MVM_CLOBBERS);
	return ret;
}

static __inline long __syscall5(long n, long a1, long a2, long a3, long a4, long a5)
{
	register long r10 __asm__("r10");
	register long r8 __asm__("r8");
	long ret;

	if (!__MVM_NATIVE)
		return ((long (*)(long, long, long, long, long, long))__sysinfo)
			(n, a1, a2, a3, a4, a5);
	r10 = a4;
	r8 = a5;
	__asm__ __volatile__ ("syscall" : "=a"(ret)
			      : "a"(n), "D"(a1), "S"(a2), "d"(a3), "r"(r10), "r"(r8)
			      : __MVM_CLOBBERS);
	return ret;
}

static __inline long __syscall6(long n, long a1, long a2, long a3, long a4, long a5, long a6)
{
	register long r10 __asm__("r10");
	register long r8 __asm__("r8");
	register long r9 __asm__("r9");
	long ret;

	if (!__MVM_NATIVE)
		return ((long (*)(long, long, long, long, long, long, long))__sysinfo)
			(n, a1, a2, a3, a4, a5, a6);
	r10 = a4;
	r8 = a5;
	r9 = a6;
	__asm__ __volatile__ ("syscall" : "=a"(ret)
			      : "a"(n), "D"(a1), "S"(a2), "d"(a3), "r"(r10), "r"(r8), "r"(r9)
			      : __MVM_CLOBBERS);
	return ret;
}

/* What musl looks for in the vDSO: the kernel's own, or the runtime's. */
#define VDSO_USEFUL
#define VDSO_CGT_SYM "__vdso_clock_gettime"
#define VDSO_CGT_VER "LINUX_2.6"
#define VDSO_GETCPU_SYM "__vdso_getcpu"
#define VDSO_GETCPU_VER "LINUX_2.6"

/* struct ipc_perm needs no flag for its 64-bit form. */
#define IPC_64 0
