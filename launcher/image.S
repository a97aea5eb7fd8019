/* SPDX-License-Identifier: MIT */
/*
 * The runtime's image, embedded in the launcher so that mvm is one file.  Page aligned, because
 * it is copied to guest memory page by page.  Owns nothing but these two symbols.
 */
	.section .rodata.runtime_image, "a", @progbits
	.balign 4096
	.globl runtime_image
	.type runtime_image, @object
runtime_image:
	.incbin RUNTIME_IMG
	.globl runtime_image_end
runtime_image_end:
	.size runtime_image, . - runtime_image

	.section .note.GNU-stack, "", @progbits
