/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as the archive of --root FILE.tar: the runtime makes a tree of it, or ends with one
 * message.  The first byte says whether the checksums of headers are made to be right, so that more
 * than those is looked at.  What is unpacked can be listed, and read without leaving the archive.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include "fuzz_check.h"
#include "fs_fake.h"
#include "fs/archive.h"
#include "fs/fs.h"
#include "fs/syscalls.h"
#include "fs/vfs.h"

#define BLOCK		512U
#define BYTES_MAX	(64UL << 10)
#define HANDLE		3

static uint8_t file[BYTES_MAX];
static size_t file_len;
static jmp_buf panicked;

/* Linked with --wrap=rt_panic. */
_Noreturn void __wrap_rt_panic(const char *fmt, ...);

_Noreturn void __wrap_rt_panic(const char *fmt, ...)
{
	CHECK(!strncmp(fmt, "--root: ", 8));
	longjmp(panicked, 1);
}

/* The launcher: reads of the archive, whose guest addresses are this process's. */
static s64 host(struct mvm_sqe *e, u64 out[2])
{
	u64 n;

	(void)out;
	if (e->op != MVM_OP_READ)
		return -ENOSYS;
	CHECK(e->handle == HANDLE && !(e->flags & MVM_SQE_IOV));
	if (e->off >= file_len)
		return 0;
	n = e->len < file_len - e->off ? e->len : file_len - e->off;
	memcpy(gpa_to_va(e->addr.v), file + e->off, n);
	return (s64)n;
}

static void mend_sums(void)
{
	for (size_t at = 0; at + BLOCK <= file_len; at += BLOCK) {
		uint8_t *h = file + at;
		unsigned int sum = 0;
		char text[8];

		memset(h + 148, ' ', 8);
		for (unsigned int i = 0; i < BLOCK; i++)
			sum += h[i];
		snprintf(text, sizeof(text), "%06o", sum);
		memcpy(h + 148, text, 7);
	}
}

/* Everything below path, as deep as it goes. */
static void look(const char *path, unsigned int depth)
{
	static char buf[16][1024];
	long fd = sys_open((u64)path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW, 0), n;
	char *b = buf[depth % 16];

	if (fd < 0)
		return;
	n = sys_getdents64((u64)fd, (u64)b, sizeof(buf[0]));
	if (n == -ENOTDIR)
		CHECK(sys_read((u64)fd, (u64)b, sizeof(buf[0])) >= -EIO);
	for (long at = 0; n > 0 && depth < 15 && at < n; at += *(unsigned short *)(b + at + 16)) {
		char down[4200];

		if (b[at + 19] != '.')
			look((snprintf(down, sizeof(down), "%s/%s", path, b + at + 19), down),
			     depth + 1);
	}
	sys_close((u64)fd);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	fake_host = host;
	fake_start();
	CHECK(root_dir() && cwd_file());	/* which make what there is to begin with */
	fuzz_keep();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size || size - 1 > BYTES_MAX)
		return 0;
	file_len = size - 1;
	memcpy(file, data + 1, file_len);
	if (data[0] & 1)
		mend_sums();
	if (!setjmp(panicked)) {
		tar_unpack(HANDLE, file_len);
		look("", 0);
	}
	fuzz_forget();
	return 0;
}
