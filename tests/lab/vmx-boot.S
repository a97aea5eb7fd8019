/* SPDX-License-Identifier: MIT */
/*
 * The boot sector of the vmx lab's disk: reads the kernel, already uncompressed, into its place and
 * enters it in 64-bit mode (Linux Documentation/x86/boot.rst, the 64-bit protocol).  A loader that
 * reads through the BIOS and a kernel that unpacks itself cost the emulator more than a minute.
 *
 * The disk, in sectors of 512 bytes: this one; 8 of boot_params, with the command line behind them
 * in another 8; KERNEL_SECTORS from the flat kernel; INITRD_SECTORS.
 */
#define PARAMS		0x90000
#define CMDLINE		0x91000
#define TABLES		0x92000		/* PML4, PDPT, page directory */
#define E820		0x8000		/* the BIOS's memory map, before PARAMS is read */
#define KERNEL		0x1000000

#define PARAMS_E820_COUNT	0x1e8
#define PARAMS_E820		0x2d0

	.code16
	.globl _start
_start:
	cli
	xorw	%ax, %ax
	movw	%ax, %ds
	movw	%ax, %es
	movw	%ax, %ss
	movw	$0x7c00, %sp
	cld
	ljmp	$0, $1f
1:
	/* INT 15h, EAX=E820h: 20 bytes an entry, EBX is 0 after the last. */
	xorl	%ebx, %ebx
	movw	$E820, %di
	xorl	%ebp, %ebp
2:	movl	$0xe820, %eax
	movl	$0x534d4150, %edx
	movl	$20, %ecx
	int	$0x15
	jc	3f
	incl	%ebp
	addw	$20, %di
	testl	%ebx, %ebx
	jnz	2b
3:	cli
	inb	$0x92, %al			/* A20 */
	orb	$2, %al
	outb	%al, $0x92
	lgdt	gdt_pointer
	movl	%cr0, %eax
	orb	$1, %al
	movl	%eax, %cr0
	ljmp	$0x08, $protected

	.code32
protected:
	movw	$0x18, %ax
	movw	%ax, %ds
	movw	%ax, %es
	movw	%ax, %ss
	pushl	%ebp

	movl	$1, %ebx
	movl	$PARAMS, %edi
	movl	$16, %ebp
	call	read
	movl	$KERNEL, %edi
	movl	$KERNEL_SECTORS, %ebp
	call	read
	movl	PARAMS + 0x218, %edi		/* ramdisk_image */
	movl	$INITRD_SECTORS, %ebp
	call	read

	popl	%ecx
	movb	%cl, PARAMS + PARAMS_E820_COUNT
	imull	$20, %ecx
	movl	$E820, %esi
	movl	$(PARAMS + PARAMS_E820), %edi
	rep movsb

	/* The first GiB, identically, in pages of 2 MiB. */
	movl	$TABLES, %edi
	movl	%edi, %cr3
	xorl	%eax, %eax
	movl	$(3 * 1024), %ecx
	rep stosl
	movl	$(TABLES + 0x1000 + 3), TABLES
	movl	$(TABLES + 0x2000 + 3), TABLES + 0x1000
	movl	$(TABLES + 0x2000), %edi
	movl	$0x83, %eax
4:	movl	%eax, (%edi)
	addl	$8, %edi
	addl	$0x200000, %eax
	cmpl	$0x40000083, %eax
	jb	4b

	movl	%cr4, %eax
	orb	$0x20, %al			/* PAE */
	movl	%eax, %cr4
	movl	$0xc0000080, %ecx		/* EFER.LME */
	rdmsr
	orb	$1, %ah
	wrmsr
	movl	%cr0, %eax
	orl	$0x80000000, %eax
	movl	%eax, %cr0
	movl	$PARAMS, %esi
	movl	$KERNEL, %eax
	ljmp	$0x10, $5f
	.code64
5:	jmp	*%rax

	.code32
/* EBP sectors from EBX, by programmed I/O from the first ATA disk, to EDI; advances EBX and EDI. */
read:
	call	ready
	movl	%ebp, %ecx
	cmpl	$256, %ecx
	jbe	1f
	movl	$256, %ecx
1:	subl	%ecx, %ebp
	movw	$0x1f2, %dx
	movb	%cl, %al			/* 0 is 256 */
	outb	%al, %dx
	incl	%edx
	movl	%ebx, %eax			/* LBA bits 0-27 */
	outb	%al, %dx
	incl	%edx
	shrl	$8, %eax
	outb	%al, %dx
	incl	%edx
	shrl	$8, %eax
	outb	%al, %dx
	incl	%edx
	shrl	$8, %eax
	orb	$0xe0, %al
	outb	%al, %dx
	incl	%edx
	addl	%ecx, %ebx
	movb	$0x20, %al			/* READ SECTORS */
	outb	%al, %dx
2:	movw	$0x1f7, %dx
	inb	%dx, %al
	andb	$0x88, %al			/* busy, data to be read */
	cmpb	$0x08, %al
	jne	2b
	pushl	%ecx
	movl	$256, %ecx
	movw	$0x1f0, %dx
	rep insw
	popl	%ecx
	decl	%ecx
	jnz	2b
	testl	%ebp, %ebp
	jnz	read
	ret

/* Waits while the disk is busy. */
ready:
	movw	$0x1f7, %dx
1:	inb	%dx, %al
	testb	$0x80, %al
	jnz	1b
	ret

	.balign 8
gdt:	.quad	0
	.quad	0x00cf9a000000ffff		/* 0x08: 32-bit code */
	.quad	0x00af9a000000ffff		/* 0x10: 64-bit code, __BOOT_CS */
	.quad	0x00cf92000000ffff		/* 0x18: data, __BOOT_DS */
gdt_pointer:
	.word	. - gdt - 1
	.long	gdt

	.org	510
	.word	0xaa55
