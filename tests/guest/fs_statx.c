/* SPDX-License-Identifier: MIT */
// fs: yes
// trap: yes
/* statx and openat2: the newer calls that C libraries and programs try first. */
#include "t.h"

/* The kernel's own layout: not every C library has it. */
struct kernel_statx {
	uint32_t mask, blksize;
	uint64_t attributes;
	uint32_t nlink, uid, gid;
	uint16_t mode, pad;
	uint64_t ino, size, blocks, attributes_mask;
	uint64_t rest[26];
};

static long get(int fd, const char *path, int flags, unsigned int mask, struct kernel_statx *st)
{
	return syscall(SYS_statx, fd, path, flags, mask, st);
}

int main(void)
{
	struct { uint64_t flags, mode, resolve; } how = { O_RDONLY, 0, 0 };
	struct kernel_statx st;
	int fd;

	enter_data();
	make_file("f", "12345");
	symlink("f", "s");
	memset(&st, 0xff, sizeof(st));
	SHOW(get(AT_FDCWD, "f", 0, 0x7ffU, &st));
	printf("size %llu mode %o links %u\n", (unsigned long long)st.size, st.mode,
	       st.nlink);
	FACT((st.mask & 0x7ffU) == 0x7ffU);
	SHOW(get(AT_FDCWD, "s", AT_SYMLINK_NOFOLLOW, 1, &st));
	printf("type %o\n", st.mode & S_IFMT);
	SHOW(get(AT_FDCWD, "none", 0, 1, &st));
	SHOW(get(AT_FDCWD, "f", 0x80000000, 1, &st));
	SHOW(get(AT_FDCWD, "f", 0, 0x80000000, &st));
	fd = open("f", O_RDONLY);
	SHOW(get(fd, "", AT_EMPTY_PATH, 0x200, &st));
	printf("size %llu\n", (unsigned long long)st.size);
	SHOW_OK(syscall(437, AT_FDCWD, "f", &how, sizeof(how)));
	SHOW_OK(syscall(437, AT_FDCWD, "f", &how, 8));
	how.flags = 1UL << 40;
	SHOW_OK(syscall(437, AT_FDCWD, "f", &how, sizeof(how)));
	unlink("f");
	unlink("s");
	return 0;
}
