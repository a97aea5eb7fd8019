/* SPDX-License-Identifier: MIT */
// cflags: -Iruntime -Wno-missing-field-initializers
// trap: yes
// timeout: 60
/*
 * Every system call of runtime/sys/calls.h with bad pointers, lengths, flags and
 * descriptors, from the table in sys_table.h: each argument in turn gets all the bad values of its
 * kind, while the others are good.  One line for an argument, the answers in the order of the
 * values.
 */
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include "t.h"

#define PAGE	4096
#define HIGH	((long)0xffff800000001000UL)	/* the kernel's half */
#define HOLE	0x0000900000000000L		/* not canonical */
#define A(x)	((long)(x))
#define NOBODY	65534
#define AREA	0x200000000L			/* two pages that may be changed */
/* Of headers that do not go together with the C library's. */
#define PR_SET_NAME_	15
#define PR_GET_NAME_	16
#define WNOHANG_	1
#define WEXITED_	4

/* What an argument is, which says what can be bad about it. */
enum kind {
	NONE_,		/* there is no such argument */
	GOOD,		/* only ever its good value */
	IN,		/* memory that is read, and must be */
	OUT,		/* memory that is written, and must be */
	OPT_IN,		/* as IN, but NULL is fine */
	OPT_OUT,
	STR,		/* a string: as IN, and may end in a hole */
	FD,		/* a descriptor of any kind */
	DFD,		/* a directory's */
	SOCK,		/* a socket's */
	SIZE,		/* a length in bytes, within a buffer of a page */
	OFF,		/* a position in a file */
	END,		/* the same, where the end of all positions is an error, too */
	FLAGS,		/* a set of bits */
	NUM,		/* a small number that selects */
	PID,		/* a process or thread */
	RANGE,		/* the address of mapped memory */
	BITS,		/* as FLAGS, but one at a time only */
	SIGNAL,		/* a signal's number */
	SOME,		/* these other values, and no more */
};

struct arg {
	enum kind kind;
	long good;
	const long *some;	/* SOME: the values and how many */
	int count;
};

struct row {
	const char *name;
	long nr;
	struct arg args[6];
};

/* Descriptors at numbers of their own; see open_files(). */
enum {
	FILE_FD = 40, RDONLY_FD, WRONLY_FD, DIR_FD, PATH_FD, PIPE_R, PIPE_W, NULL_FD, EVENT_FD,
	TIMER_FD, SIGNAL_FD, INOTIFY_FD,
	LAST_FD = INOTIFY_FD,
	EPOLL_FD, PID_FD,	/* kernels differ in what they answer to ioctl, pread ... */
	UNIX_FD, PEER_FD, TCP_FD, UDP_FD, LISTEN_FD
};

static char *page;		/* a page that can be used, a hole behind it */
static char *readonly, *noaccess;
static long buf[PAGE / 8], zero[PAGE / 8];
static const long all_ones[128] = { -1 };
static const struct sockaddr_in discard = {
	.sin_family = AF_INET, .sin_port = 0x0900, .sin_addr.s_addr = 0x0100007f
};
static const struct sockaddr_in any_port = { .sin_family = AF_INET, .sin_addr.s_addr = 0x0100007f };
static socklen_t addr_len;
static const int one = 1;
static const unsigned int cap_header[2] = { 0x20080522, 0 };
/* As many as calls may be told of: what lies behind would be read, and differently by kernels. */
static struct iovec iov[1000] = { { buf, 8 }, { buf + 8, 8 } };
static struct mmsghdr message = { .msg_hdr = { .msg_iov = iov, .msg_iovlen = 2 } };
static const struct timespec short_time = { 0, 1000 };
static const struct timespec times[2] = { { 1, 0 }, { 1, 0 } };

#include "sys_table.h"

/* ---- The bad values of a kind ---------------------------------------------------------------- */

#define MAX_BAD	64

static int bad_memory(enum kind kind, long good, long *v)
{
	int n = 0;

	(void)good;
	if (kind != OPT_IN && kind != OPT_OUT)
		v[n++] = 0;
	v[n++] = 8;
	v[n++] = HIGH;
	v[n++] = HOLE;
	v[n++] = -1;
	v[n++] = A(noaccess);
	v[n++] = A(page) + PAGE;
	if (kind == STR) {
		memset(page + PAGE - 16, 'x', 16);
		v[n++] = A(page) + PAGE - 16;
		v[n++] = A("");
		v[n++] = A("none/none");
		v[n++] = A("file/below");
		v[n++] = A("loop");
	}
	if (kind == OUT || kind == OPT_OUT)
		v[n++] = A(readonly);
	return n;
}

static int bad_fd(enum kind kind, long *v)
{
	static const int any[] = { -1, -2, 1000, 0x7fffffff, (int)0x80000000 };
	int n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(any); i++)
		v[n++] = any[i];
	for (int fd = FILE_FD; fd <= LAST_FD; fd++)
		v[n++] = fd;
	if (kind == DFD)
		v[n++] = A(0x1234567800000000) | DIR_FD;
	else
		v[n++] = A(0x1234567800000000) | FILE_FD;
	return n;
}

static int bad_socket(long *v)
{
	static const int fds[] = {
		-1, 1000, FILE_FD, DIR_FD, PATH_FD, PIPE_R, NULL_FD, UNIX_FD, TCP_FD, UDP_FD,
		LISTEN_FD,
	};

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		v[i] = fds[i];
	return ARRAY_SIZE(fds);
}

static int bad_number(enum kind kind, long good, long *v)
{
	static const long sizes[] = { 0, 1, 7, -1, A(1UL << 63), A(1UL << 47) };
	static const long offsets[] = { -1, A(1UL << 63) };
	static const long pids[] = { -0x3fffffff, 0x3fffffff, A(0x80000000) };
	int n = 0;

	switch (kind) {
	case SIZE:
		for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
			v[n++] = sizes[i];
		break;
	case OFF:
		for (size_t i = 0; i < ARRAY_SIZE(offsets); i++)
			v[n++] = offsets[i];
		break;
	case END:
		v[n++] = -1;
		v[n++] = A(1UL << 63);
		v[n++] = A((1UL << 63) - 1);
		break;
	case PID:
		for (size_t i = 0; i < ARRAY_SIZE(pids); i++)
			v[n++] = pids[i];
		break;
	case NUM:
		for (int i = -1; i < 40; i++)
			v[n++] = i;
		v[n++] = 64;
		v[n++] = 65;
		v[n++] = 999;
		v[n++] = 0x7fffffff;
		v[n++] = A(0x80000000);
		break;
	case FLAGS:
		for (int i = 0; i < 33; i++)
			v[n++] = good | A(1UL << i);
		v[n++] = -1;
		break;
	case RANGE:
		v[n++] = 0;
		v[n++] = good + 1;
		v[n++] = HIGH;
		v[n++] = HOLE;
		v[n++] = -PAGE;
		v[n++] = A(page) + PAGE;
		break;
	case BITS:
		for (int i = 0; i < 33; i++)
			v[n++] = A(1UL << i);
		break;
	case SIGNAL:
		v[n++] = -1;
		v[n++] = 65;
		v[n++] = 999;
		v[n++] = 0x7fffffff;
		break;
	default:
		break;
	}
	return n;
}

static int bad_values(const struct arg *a, long *v)
{
	switch (a->kind) {
	case SOME:
		memcpy(v, a->some, (size_t)a->count * sizeof(*v));
		return a->count;
	case IN:
	case OUT:
	case OPT_IN:
	case OPT_OUT:
	case STR:
		return bad_memory(a->kind, a->good, v);
	case SOCK:
		return bad_socket(v);
	case FD:
	case DFD:
		return bad_fd(a->kind, v);
	default:
		return bad_number(a->kind, a->good, v);
	}
}

/* ---- Running one call ------------------------------------------------------------------------ */

static void move_fd(int from, int to)
{
	dup2(from, to);
	close(from);
}

/* Two that are connected, with something to read; ones that are not; one that listens. */
static void open_sockets(void)
{
	struct sockaddr_in any = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)
	};
	int p[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, p) == -1 ||
	    write(p[1], "12345678", 8) != 8)
		exit(97);
	signal(SIGPIPE, SIG_IGN);
	move_fd(p[0], UNIX_FD);
	move_fd(p[1], PEER_FD);
	move_fd(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), TCP_FD);
	move_fd(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0), UDP_FD);
	move_fd(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), LISTEN_FD);
	if (bind(LISTEN_FD, (void *)&any, sizeof(any)) == -1 || listen(LISTEN_FD, 5) == -1)
		exit(97);
}

/* The same files and descriptors before each call, whatever the last one did. */
static void open_files(void)
{
	static const struct {
		const char *path;
		int flags, fd;
	} files[] = {
		{ "file", O_RDWR, FILE_FD }, { "file", O_RDONLY, RDONLY_FD },
		{ "file", O_WRONLY, WRONLY_FD }, { "dir", O_RDONLY, DIR_FD },
		{ "file", O_PATH, PATH_FD }, { "/dev/null", O_RDWR, NULL_FD },
	};
	sigset_t no_signals;
	int p[2];

	sigemptyset(&no_signals);
	make_file("file", "some text that is long enough to be read");
	mkdir("dir", 0777);
	make_file("dir/file", "x");
	symlink("loop", "loop");
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		int fd = open(files[i].path, files[i].flags);

		dup2(fd, files[i].fd);
		close(fd);
	}
	if (pipe2(p, O_NONBLOCK) == -1 || write(p[1], "12345678", 8) != 8)
		exit(98);
	dup2(p[0], PIPE_R);
	dup2(p[1], PIPE_W);
	close(p[0]);
	close(p[1]);
	move_fd(eventfd(1, EFD_NONBLOCK), EVENT_FD);
	move_fd(epoll_create1(0), EPOLL_FD);
	move_fd(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK), TIMER_FD);
	move_fd(signalfd(-1, &no_signals, SFD_NONBLOCK), SIGNAL_FD);
	move_fd(inotify_init1(IN_NONBLOCK), INOTIFY_FD);
	move_fd(syscall(SYS_pidfd_open, getpid(), 0), PID_FD);
	open_sockets();
}

/* Takes back what a call that was answered well may have done. */
static void tidy(void)
{
	static const char *const made[] = { "new", "new2", "moved", "x", "dir/new" };

	umask(0);
	for (size_t i = 0; i < ARRAY_SIZE(made); i++)
		if (unlink(made[i]) == -1)
			rmdir(made[i]);
	syscall(SYS_close_range, 3, FILE_FD - 1, 0);
	syscall(SYS_close_range, LISTEN_FD + 1, -1U, 0);
}

static const char *name_of(int err)
{
	static const struct {
		int err;
		const char *name;
	} names[] = {
#define E(x)	{ x, #x }
		{ 0, "ok" }, E(EPERM), E(ENOENT), E(ESRCH), E(EINTR), E(EIO), E(ENXIO), E(E2BIG),
		E(EBADF), E(ECHILD), E(EAGAIN), E(ENOMEM), E(EACCES), E(EFAULT), E(EBUSY),
		E(EEXIST), E(EXDEV), E(ENODEV), E(ENOTDIR), E(EISDIR), E(EINVAL), E(EMFILE),
		E(ENOTTY), E(EFBIG), E(ESPIPE), E(EROFS), E(EMLINK), E(EPIPE), E(ENAMETOOLONG),
		E(ENOSYS), E(ENOTEMPTY), E(ELOOP), E(EOVERFLOW), E(EOPNOTSUPP), E(ENOTSOCK),
		E(EDESTADDRREQ), E(EMSGSIZE), E(EPROTOTYPE), E(ENOPROTOOPT), E(EPROTONOSUPPORT),
		E(ESOCKTNOSUPPORT), E(EAFNOSUPPORT), E(EADDRINUSE), E(EADDRNOTAVAIL),
		E(ENOTCONN), E(EISCONN), E(ECONNREFUSED), E(ETIMEDOUT), E(EALREADY),
#undef E
	};
	static char text[16];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].err == err)
			return names[i].name;
	snprintf(text, sizeof(text), "error %d", err);
	return text;
}

/* The errno of the call, 0 if it did well; then what it may have done is taken back. */
static int call(const struct row *r, const long *a)
{
	long res;
	int err;

	memset(buf, 0, sizeof(buf));
	memset(zero, 0, sizeof(zero));
	addr_len = 16;
	res = syscall(r->nr, a[0], a[1], a[2], a[3], a[4], a[5]);
	err = res == -1 ? errno : 0;
	if (!err && (r->nr == SYS_mmap || r->nr == SYS_mremap))
		munmap((void *)res, PAGE);
	if (!err) {
		tidy();
		open_files();
	}
	mmap((void *)AREA, 2 * PAGE, PROT_READ | PROT_WRITE,
	     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	return err;
}

/* All the bad values of one argument: `CALL N: ANSWER...`, *K after one that came K times. */
static void one_argument(const struct row *r, int which)
{
	long args[6], values[MAX_BAD];
	int n = bad_values(&r->args[which], values), last = -1, count = 0;

	if (!n)
		return;
	printf("%s %d:", r->name, which + 1);
	for (int i = 0; i <= n; i++) {
		int err = -1;

		if (i < n) {
			for (int j = 0; j < 6; j++)
				args[j] = r->args[j].good;
			args[which] = values[i];
			err = call(r, args);
		}
		if (i && err != last) {
			printf(count > 1 ? " %s*%d" : " %s", name_of(last), count);
			count = 0;
		}
		last = err;
		count++;
	}
	puts("");
}

/* ---- The table against the runtime's own list ------------------------------------------------ */

static const char *const present[] = {
#define CALL(name, group)	#name,
#define ALIAS(name, fn, group)	#name,
#define NONE(name)
#define LACKS(name, what)
#include "sys/calls.h"
};

static bool tested(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (!strcmp(rows[i].name, name))
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(elsewhere); i++)
		if (!strcmp(elsewhere[i], name))
			return true;
	return false;
}

/* As nobody in particular, whoever started it: what is for root only is refused. */
static void drop_privileges(void)
{
	long nobody = NOBODY;

	chmod(".", 0777);
	if (getuid())
		return;
	syscall(SYS_setgroups, 0, NULL);
	syscall(SYS_setresgid, nobody, nobody, nobody);
	syscall(SYS_setresuid, nobody, nobody, nobody);
}

int main(int argc, char **argv)
{
	int missing = 0;

	setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	for (size_t i = 0; i < ARRAY_SIZE(present); i++)
		if (!tested(present[i])) {
			printf("%s is not in sys_table.h\n", present[i]);
			missing = 1;
		}
	enter_data();
	drop_privileges();
	page = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	readonly = page + 2 * PAGE;
	noaccess = page + 3 * PAGE;
	munmap(page + PAGE, PAGE);
	mprotect(readonly, PAGE, PROT_READ);
	mprotect(noaccess, PAGE, PROT_NONE);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		long args[6];

		/* For looking into one: its number in the table. */
		if (argc > 1 && (int)i < atoi(argv[1]))
			continue;
		for (int j = 0; j < 6; j++)
			args[j] = rows[i].args[j].good;
		open_files();
		printf("%s: %s\n", rows[i].name, name_of(call(&rows[i], args)));
		for (int j = 0; j < 6; j++)
			one_argument(&rows[i], j);
	}
	return missing;
}
