/* SPDX-License-Identifier: MIT */
// trap: yes
/*
 * System calls of an unmodified program from one place, over and over: registers, flags and red
 * zone; the second instruction reached by a jump; signals in between; the text where it is
 * written, moved or gone.
 */
#include "t.h"

#include <sys/syscall.h>
#include <sys/time.h>
#include <ucontext.h>

#define TIMES	1000

/*
 * long site(long *out): getppid, by `mov; syscall`, from a page of its own.  out: RCX less what it
 * must be, the red zone's word, RBX, R10, the direction flag in R11.  jumped(nr): its `syscall`.
 */
__asm__ (
	"	.pushsection .text.site, \"ax\"\n"
	"	.balign	4096\n"
	"	.globl	site, jumped, site_page\n"
	"site_page:\n"
	"site:	push	%rbx\n"
	"	movabs	$0x1122334455667788, %rbx\n"
	"	mov	%rbx, %r10\n"
	"	mov	%rbx, -16(%rsp)\n"
	"	std\n"
	"	mov	$110, %eax\n"
	"1:	syscall\n"
	"2:	cld\n"
	"	lea	2b(%rip), %rdx\n"
	"	sub	%rdx, %rcx\n"
	"	mov	%rcx, (%rdi)\n"
	"	mov	-16(%rsp), %rdx\n"
	"	mov	%rdx, 8(%rdi)\n"
	"	mov	%rbx, 16(%rdi)\n"
	"	mov	%r10, 24(%rdi)\n"
	"	and	$0x400, %r11\n"
	"	mov	%r11, 32(%rdi)\n"
	"	pop	%rbx\n"
	"	ret\n"
	"jumped:\n"
	"	push	%rbx\n"
	"	mov	%rdi, %rax\n"
	"	mov	%rsi, %rdi\n"
	"	jmp	1b\n"
	"	.balign	4096\n"
	"	.popsection\n"
);

extern long site(long *out), jumped(long nr, long *out);
extern char site_page[], __executable_start[], etext[];

static volatile int handled, strange;

static void on_alarm(int sig, siginfo_t *si, void *ctx)
{
	uintptr_t rip = (uintptr_t)((ucontext_t *)ctx)->uc_mcontext.gregs[REG_RIP];

	(void)sig, (void)si;
	handled++;
	/* Where a program knows its own code: not somewhere in between. */
	if (rip < (uintptr_t)__executable_start || rip >= (uintptr_t)etext)
		strange++;
}

static void calls(const char *what, long (*fn)(long *))
{
	long out[5] = { 0 }, bad = 0, word = 0x1122334455667788;

	for (int i = 0; i < TIMES; i++) {
		bad += fn(out) != getppid();
		bad += out[0] || out[1] != word || out[2] != word || out[3] != word ||
		       out[4] != 0x400;
	}
	printf("%s: %s\n", what, bad ? "wrong" : "right");
}

static void interrupted(void)
{
	struct sigaction sa = { .sa_sigaction = on_alarm, .sa_flags = SA_SIGINFO | SA_RESTART };
	struct itimerval often = { { 0, 200 }, { 0, 200 } }, never = { { 0, 0 }, { 0, 0 } };
	long out[5], bad = 0;

	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	while (handled < 200)
		bad += site(out) != getppid() || out[0];
	setitimer(ITIMER_REAL, &never, NULL);
	printf("interrupted: %s, strange places: %d\n", bad ? "wrong" : "right", strange);
}

int main(void)
{
	static char before[4096];
	long out[5] = { 0 };
	char *to;

	memcpy(before, site_page, sizeof(before));
	calls("from one place", site);
	printf("jumped to: %s\n", jumped(SYS_getppid, out) == getppid() &&
	       jumped(SYS_getpid, out) == getpid() && !out[0] ? "right" : "wrong");
	interrupted();

	printf("to be written: %d\n", mprotect(site_page, 4096, PROT_READ | PROT_WRITE));
	printf("the text is what it was: %d\n", !memcmp(before, site_page, sizeof(before)));
	printf("again text: %d\n", mprotect(site_page, 4096, PROT_READ | PROT_EXEC));
	calls("afterwards", site);

	to = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	to = mremap(site_page, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, to);
	printf("moved: %d, as it was: %d\n", to != MAP_FAILED, to != MAP_FAILED &&
	       !memcmp(before, to, sizeof(before)));
	if (to != MAP_FAILED)
		calls("in another place", (long (*)(long *))(uintptr_t)to);
	return 0;
}
