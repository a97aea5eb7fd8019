/* SPDX-License-Identifier: MIT */
// trap: yes
// fs: yes
/* splice, tee, vmsplice: what they move, what stays, when they do not wait, what is an error. */
#include <sys/eventfd.h>
#include <sys/uio.h>
#include "t.h"

#define BIG	100000

/* Linux fills a pipe by the page. */
static char big[BIG] __attribute__((aligned(4096))), back[BIG];
static int p[2], q[2];

static void show_pipe(int fd)
{
	char buf[64];
	ssize_t n = read(fd, buf, sizeof(buf));

	printf("pipe: '%.*s' (%zd)\n", (int)(n < 0 ? 0 : n), buf, n);
}

static void errors(int file)
{
	int app = open("app", O_WRONLY | O_CREAT | O_APPEND, 0644), ev = eventfd(1, 0);
	off_t off = 0;

	SHOW(splice(p[0], NULL, q[1], NULL, 0, 99));
	SHOW(splice(p[0], NULL, q[1], NULL, 1, 99));
	SHOW(splice(99, NULL, q[1], NULL, 1, 0));
	SHOW(splice(p[0], NULL, 99, NULL, 1, 0));
	SHOW(splice(p[1], NULL, q[1], NULL, 1, 0));
	SHOW(splice(p[0], NULL, q[0], NULL, 1, 0));
	SHOW(splice(p[0], NULL, p[1], NULL, 1, 0));
	SHOW(splice(p[0], &off, file, NULL, 1, 0));
	SHOW(splice(file, NULL, q[1], &off, 1, 0));
	SHOW(splice(file, NULL, file, NULL, 1, 0));
	SHOW(syscall(SYS_splice, file, 8, q[1], 0, 1, 0));
	SHOW(splice(p[0], NULL, app, NULL, 1, SPLICE_F_NONBLOCK));
	SHOW(splice(p[0], NULL, ev, NULL, 8, SPLICE_F_NONBLOCK));
	SHOW(splice(p[0], NULL, file, NULL, 1, SPLICE_F_NONBLOCK));
	SHOW(tee(p[0], q[1], 0, 0));
	SHOW(tee(p[0], q[1], 1, 16));
	SHOW(tee(p[0], p[1], 1, 0));
	SHOW(tee(file, q[1], 1, 0));
	SHOW(tee(q[1], q[1], 1, 0));
	SHOW(tee(p[0], q[1], 1, SPLICE_F_NONBLOCK));
	SHOW(vmsplice(file, NULL, 0, 0));
	SHOW(vmsplice(p[1], NULL, 0, 0));
	SHOW(syscall(SYS_vmsplice, p[1], 8, 1, 0));
	SHOW(syscall(SYS_vmsplice, p[1], 8, 2000, 0));
	SHOW(vmsplice(p[1], NULL, 0, 32));
	close(app);
	close(ev);
}

static void files(int file)
{
	off_t off = 3;

	SHOW(splice(file, NULL, p[1], NULL, 4, 0));
	SHOW(lseek(file, 0, SEEK_CUR));
	show_pipe(p[0]);
	SHOW(splice(file, &off, p[1], NULL, 100, 0));
	printf("%ld %ld\n", (long)off, (long)lseek(file, 0, SEEK_CUR));
	SHOW(tee(p[0], q[1], 3, 0));
	show_pipe(q[0]);
	SHOW(splice(p[0], NULL, q[1], NULL, 2, 0));
	show_pipe(q[0]);
	off = 1;
	SHOW(splice(p[0], NULL, file, &off, 100, 0));
	printf("%ld\n", (long)off);
	SHOW(lseek(file, 0, SEEK_END));
	SHOW(splice(file, NULL, p[1], NULL, 100, 0));
	show_file("file");
}

static void large(int file)
{
	struct iovec iov[2] = { { big, 8192 }, { big + 8192, BIG - 8192 } };
	ssize_t n, got = 0;

	for (int i = 0; i < BIG; i++)
		big[i] = (char)(i * 7 + i / 251);
	SHOW(ftruncate(file, 0));
	SHOW(lseek(file, 0, SEEK_SET));
	SHOW(vmsplice(p[1], iov, 2, 0));
	SHOW(vmsplice(p[1], iov, 2, SPLICE_F_NONBLOCK));
	SHOW(splice(p[0], NULL, file, NULL, BIG, 0));
	SHOW(pread(file, back, BIG, 0));
	FACT(!memcmp(big, back, 65536));
	SHOW(pwrite(file, big, BIG, 0));
	SHOW(lseek(file, 0, SEEK_SET));
	while ((n = splice(file, NULL, p[1], NULL, BIG, 0)) > 0) {
		iov[0] = (struct iovec){ back + got, BIG - got };
		n = vmsplice(p[0], iov, 1, 0);
		if (n <= 0)
			break;
		got += n;
	}
	printf("%zd\n", got);
	FACT(!memcmp(big, back, BIG));
	/* The end: nobody writes, nobody reads. */
	close(p[1]);
	SHOW(splice(p[0], NULL, q[1], NULL, 5, 0));
	SHOW(tee(p[0], q[1], 5, 0));
	signal(SIGPIPE, SIG_IGN);
	close(q[0]);
	SHOW(lseek(file, 0, SEEK_SET));
	SHOW(splice(file, NULL, q[1], NULL, 5, 0));
}

int main(void)
{
	int file;

	enter_data();
	make_file("file", "0123456789");
	file = open("file", O_RDWR);
	pipe(p);
	pipe(q);
	errors(file);
	files(file);
	large(file);
	return 0;
}
