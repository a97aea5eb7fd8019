/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes the hypercall service: bytes become ring contents and requests on a temporary
 * directory.  Whatever the guest does,
 *  - nothing beside guest RAM is touched (inaccessible memory lies around it),
 *  - nothing outside of the granted directories is opened, read or changed,
 *  - nothing of the read-only grant is changed, and no handle below it may write,
 *  - no connection is made and no datagram sent but to what is granted or has sent something,
 *  - no descriptor is left open,
 *  - nothing of guest RAM is written but what a recording keeps (record/span.h).
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz_request.h"
#include "msg.h"
#include "net/unixto.h"
#include "plan.h"
#include "record/span.h"
#include "service/service.h"
#include "stats.h"

#define RAM_MAX		(RAM_BYTES + MVM_LARGE_SIZE)
#define AROUND		(64UL << 20)
#define ROUNDS_MAX	64

/* --connect of 127.0.0.0/8, these ports. */
#define PORT_FIRST	1
#define PORT_LAST	9

static struct service s;
static struct vm vm;
static struct stats counters;
static char root[64], secret[33];
static int root_fd, lowest_fd;
static struct handles granted;

/* ---- What the service calls ------------------------------------------------------------------ */

int vm_grow(struct vm *v, uint64_t bytes)
{
	CHECK(bytes <= v->ram.max - v->ram.present);
	v->ram.present += bytes;
	return 0;
}

_Noreturn void finish_signal(int sig)
{
	(void)sig;
	abort();
}

int vm_set_exec(struct vm *v, uint64_t gpa, uint64_t len, uint32_t mode)
{
	(void)v, (void)gpa, (void)len, (void)mode;
	return -ENOSYS;
}

int vm_time(struct vm *v, struct mvm_time *t)
{
	(void)v;
	memset(t, 0, sizeof(*t));
	return 0;
}

void warn(const char *fmt, ...)
{
	CHECK(fmt);
}

int fail(int status, const char *fmt, ...)
{
	CHECK(!fmt);
	return status;
}

/* Linked with --wrap=ppoll: WAIT must not. */
int __wrap_ppoll(struct pollfd *p, nfds_t n, const struct timespec *t, const sigset_t *mask);
int __real_ppoll(struct pollfd *p, nfds_t n, const struct timespec *t, const sigset_t *mask);

int __wrap_ppoll(struct pollfd *p, nfds_t n, const struct timespec *t, const sigset_t *mask)
{
	static const struct timespec now;

	(void)t;
	return __real_ppoll(p, n, &now, mask);
}

/* Linked with --wrap=connect and --wrap=sendmsg: nothing leaves this process. */
int __wrap_connect(int fd, const struct sockaddr *a, socklen_t len);
int __real_connect(int fd, const struct sockaddr *a, socklen_t len);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *m, int flags);

uint16_t peer_port;
static int udp_peer;

static bool is_granted(const struct sockaddr *a, socklen_t len)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)a;
	uint16_t port = ntohs(in->sin_port);

	return len == sizeof(*in) && in->sin_family == AF_INET &&
	       ntohl(in->sin_addr.s_addr) >> 24 == 127 && port >= PORT_FIRST && port <= PORT_LAST;
}

int __wrap_connect(int fd, const struct sockaddr *a, socklen_t len)
{
	if (a->sa_family == AF_UNIX) {
		socklen_t only;

		CHECK(fd >= 0 && a == unix_to(&s.handles.h[H_UNIX], &only) && len == only);
		return 0;
	}
	CHECK(fd >= 0 && is_granted(a, len));
	errno = EINPROGRESS;
	return -1;
}

ssize_t __wrap_sendmsg(int fd, const struct msghdr *m, int flags)
{
	const struct sockaddr_in *in = m->msg_name;

	CHECK(fd >= 0 && flags == (MSG_DONTWAIT | MSG_NOSIGNAL));
	if (in)
		CHECK(is_granted(m->msg_name, m->msg_namelen) ||
		      (fd == s.handles.h[H_UDP].fd && ntohs(in->sin_port) == peer_port &&
		       ntohl(in->sin_addr.s_addr) == INADDR_LOOPBACK));
	return (ssize_t)m->msg_iovlen;
}

/* ---- The directory --------------------------------------------------------------------------- */

static void make_file(const char *path, const char *contents)
{
	int fd = openat(root_fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	CHECK(fd >= 0 && write(fd, contents, strlen(contents)) == (ssize_t)strlen(contents));
	close(fd);
}

static void fill_grant(const char *grant)
{
	char path[128];

	CHECK(mkdirat(root_fd, grant, 0755) == 0);
	snprintf(path, sizeof(path), "%s/d", grant);
	CHECK(mkdirat(root_fd, path, 0755) == 0);
	snprintf(path, sizeof(path), "%s/d/f", grant);
	make_file(path, "below");
	snprintf(path, sizeof(path), "%s/f", grant);
	make_file(path, "0123456789");
	snprintf(path, sizeof(path), "%s/up", grant);
	CHECK(symlinkat("../outside", root_fd, path) == 0);
	snprintf(path, sizeof(path), "%s/l", grant);
	CHECK(symlinkat("d/f", root_fd, path) == 0);
	snprintf(path, sizeof(path), "%s/p", grant);
	CHECK(mknodat(root_fd, path, S_IFIFO | 0666, 0) == 0);
}

static void remove_tree(int at, const char *name)
{
	struct dirent *d;
	DIR *dir;
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 && errno == EACCES && fchmodat(at, name, 0700, 0) == 0)
		fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	CHECK(fd >= 0);
	fchmod(fd, 0700);
	dir = fdopendir(fd);
	while ((d = readdir(dir))) {
		if (!strcmp(d->d_name, ".") || !strcmp(d->d_name, ".."))
			continue;
		if (d->d_type == DT_DIR)
			remove_tree(dirfd(dir), d->d_name);
		else
			CHECK(unlinkat(dirfd(dir), d->d_name, 0) == 0);
	}
	closedir(dir);
	CHECK(unlinkat(at, name, AT_REMOVEDIR) == 0);
}

static void forget_root(void)
{
	remove_tree(AT_FDCWD, root);
}

/* What must stay as it is, in every respect that stat(2) shows; "." must only not be opened. */
static const char *const kept[] = { ".", "outside", "outside/s", "ro", "ro/d", "ro/d/f", "ro/f",
				    "ro/up", "ro/l", "ro/p" };
#define KEPT		(sizeof(kept) / sizeof(kept[0]))
#define NOT_TO_OPEN	3		/* the first of them */
static struct stat kept_stat[KEPT];

static void check_kept(void)
{
	for (size_t i = 1; i < KEPT; i++) {
		const struct stat *was = &kept_stat[i];
		struct stat is;

		CHECK(fstatat(root_fd, kept[i], &is, AT_SYMLINK_NOFOLLOW) == 0);
		CHECK(is.st_ino == was->st_ino && is.st_size == was->st_size);
		CHECK(is.st_mode == was->st_mode && is.st_nlink == was->st_nlink);
		CHECK(is.st_mtim.tv_sec == was->st_mtim.tv_sec);
		CHECK(is.st_mtim.tv_nsec == was->st_mtim.tv_nsec);
		CHECK(is.st_ctim.tv_sec == was->st_ctim.tv_sec);
		CHECK(is.st_ctim.tv_nsec == was->st_ctim.tv_nsec);
	}
}

/*
 * No coverage: the fuzzer must not learn the secret from a comparison, and then know it.  No
 * sanitizers: this looks at each byte of RAM after each input.
 */
__attribute__((no_sanitize("coverage", "address", "undefined"))) static void check_secret(void)
{
	const uint8_t *p = vm.ram.hva, *last = p + vm.ram.present - 8;
	uint64_t first, here;

	__builtin_memcpy(&first, secret, 8);
	for (; p <= last; p++) {
		__builtin_memcpy(&here, p, 8);
		if (here == first)
			abort();
	}
}

static void check_handle(const struct handle *h)
{
	int flags = fcntl(h->fd, F_GETFL);
	struct stat st;

	CHECK(flags >= 0 && fstat(h->fd, &st) == 0);
	for (size_t i = 0; i < NOT_TO_OPEN; i++)
		CHECK(st.st_ino != kept_stat[i].st_ino || st.st_dev != kept_stat[i].st_dev);
	if (h->grant)
		return;
	CHECK(fcntl(h->fd, F_GETFD) & FD_CLOEXEC);
	if (h->kind == MVM_KIND_SOCKET || h->kind == MVM_KIND_DATAGRAM) {
		CHECK(S_ISSOCK(st.st_mode) && flags & O_NONBLOCK);
		return;
	}
	CHECK(S_ISREG(st.st_mode) || S_ISDIR(st.st_mode) || flags & O_PATH);
	CHECK((h->kind == MVM_KIND_DIR) == S_ISDIR(st.st_mode));
	if ((flags & O_ACCMODE) == O_RDONLY)
		CHECK(!(h->rights & MVM_RIGHT_WRITE));
	if (h->read_only)
		CHECK((flags & O_ACCMODE) == O_RDONLY &&
		      !(h->rights & (MVM_RIGHT_WRITE | MVM_RIGHT_CREATE)));
}

/* ---- Set-up ---------------------------------------------------------------------------------- */

static void grant(int fd, uint32_t kind, uint32_t rights, int32_t expect)
{
	int32_t n = handle_add(&s.handles, fd, kind, rights);

	CHECK(fd >= 0 && n == expect);
	s.handles.h[n].grant = true;
}

static void grant_streams(void)
{
	int in[2], out[2], pty = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

	CHECK(pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0);
	CHECK(write(in[1], "some input", 10) == 10);
	grant(in[0], MVM_KIND_STREAM, MVM_RIGHT_READ | MVM_RIGHT_WAIT, H_IN);
	grant(out[1], MVM_KIND_STREAM, MVM_RIGHT_WRITE | MVM_RIGHT_WAIT, H_OUT);
	CHECK(pty >= 0 && grantpt(pty) == 0 && unlockpt(pty) == 0);
	grant(open(ptsname(pty), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC), MVM_KIND_TTY,
	      MVM_RIGHT_READ | MVM_RIGHT_WRITE | MVM_RIGHT_WAIT | MVM_RIGHT_TTY, H_TTY);
	s.handles.h[H_TTY].nonblock = true;
}

static void grant_files(void)
{
	grant(openat(root_fd, "rw", O_PATH | O_DIRECTORY | O_CLOEXEC), MVM_KIND_DIR,
	      MVM_RIGHT_READ | MVM_RIGHT_LOOKUP | MVM_RIGHT_WRITE | MVM_RIGHT_CREATE, H_RW);
	grant(openat(root_fd, "ro", O_PATH | O_DIRECTORY | O_CLOEXEC), MVM_KIND_DIR,
	      MVM_RIGHT_READ | MVM_RIGHT_LOOKUP, H_RO);
	s.handles.h[H_RO].read_only = true;
	make_file("disk", "a disk of this size");
	grant(openat(root_fd, "disk", O_RDWR | O_CLOEXEC), MVM_KIND_DISK,
	      MVM_RIGHT_READ | MVM_RIGHT_WRITE | MVM_RIGHT_SEEK, H_DISK);
	s.handles.h[H_DISK].size = 19;
}

/* A listener at which somebody waits, and a socket that somebody sends to. */
static void grant_sockets(void)
{
	static struct plan_connect connects[2] = {
		{ .ip = { [10] = 0xff, 0xff, 127 }, .prefix = 104, .first = PORT_FIRST,
		  .last = PORT_LAST, .proto = MVM_PROTO_TCP },
	};
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	int l = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int u = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	sa_family_t none = AF_UNIX;

	CHECK(bind(l, (struct sockaddr *)&none, sizeof(none)) == 0 && listen(l, 5) == 0);
	grant(l, MVM_KIND_LISTENER, MVM_RIGHT_WAIT, H_LISTENER);
	CHECK(bind(u, (struct sockaddr *)&a, sizeof(a)) == 0);
	grant(u, MVM_KIND_DATAGRAM, MVM_RIGHT_READ | MVM_RIGHT_WRITE | MVM_RIGHT_WAIT, H_UDP);
	CHECK(mkdirat(root_fd, "un", 0755) == 0 && unix_to_note(5, "sock") == 0);
	grant(openat(root_fd, "un", O_PATH | O_DIRECTORY | O_CLOEXEC), MVM_KIND_UNIX, 0, H_UNIX);
	s.handles.h[H_UNIX].base = 5;
	connects[1] = connects[0];
	connects[1].proto = MVM_PROTO_UDP;
	s.connects = connects;
	s.nconnects = 2;
	udp_peer = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	CHECK(bind(udp_peer, (struct sockaddr *)&a, sizeof(a)) == 0 &&
	      getsockname(udp_peer, (struct sockaddr *)&a, &len) == 0);
	peer_port = ntohs(a.sin_port);
}

/* What comes from outside, for the next guest. */
static void send_something(void)
{
	struct sockaddr_storage a;
	socklen_t len = sizeof(a);
	int c = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	/* One that the last guest left in the queue is as good. */
	if (!getsockname(s.handles.h[H_LISTENER].fd, (struct sockaddr *)&a, &len) &&
	    !__real_connect(c, (struct sockaddr *)&a, len))
		CHECK(write(c, "some bytes", 10) == 10);
	close(c);
	len = sizeof(a);
	CHECK(getsockname(s.handles.h[H_UDP].fd, (struct sockaddr *)&a, &len) == 0);
	sendto(udp_peer, "datagram", 8, MSG_DONTWAIT, (struct sockaddr *)&a, len);
}

static void make_root(void)
{
	uint8_t r[16];

	snprintf(root, sizeof(root), "%s/mvm-fuzz-XXXXXX",
		 access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
	CHECK(mkdtemp(root) && getrandom(r, sizeof(r), 0) == sizeof(r));
	root_fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < sizeof(r); i++)
		snprintf(secret + 2 * i, 3, "%02x", r[i]);
	CHECK(mkdirat(root_fd, "outside", 0755) == 0);
	make_file("outside/s", secret);
	fill_grant("ro");
	fill_grant("rw");
	for (size_t i = 0; i < KEPT; i++)
		CHECK(fstatat(root_fd, kept[i], &kept_stat[i], AT_SYMLINK_NOFOLLOW) == 0);
	atexit(forget_root);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	uint8_t *p;

	(void)argc;
	(void)argv;
	make_root();
	p = mmap(NULL, RAM_MAX + 2 * AROUND, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		 -1, 0);
	CHECK(p != MAP_FAILED && mprotect(p + AROUND, RAM_MAX, PROT_READ | PROT_WRITE) == 0);
	vm.ram.hva = p + AROUND;
	vm.ram.max = RAM_MAX;
	handles_init(&s.handles);
	CHECK(watch_init() == 0);
	grant_streams();
	grant_files();
	grant_sockets();
	granted = s.handles;
	return 0;
}

/* While requests are carried out, and not while the fuzzer writes its log and its corpus. */
static void limit_files(rlim_t bytes)
{
	struct rlimit limit;

	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
	setrlimit(RLIMIT_FSIZE, &limit);
}

/* ---- What a request may write ---------------------------------------------------------------- */

static dispatch_fn *dispatch;

static int64_t watched_dispatch(struct service *service, const struct mvm_sqe *e, enum drain_by by,
				uint64_t out[2])
{
	static uint8_t before[RAM_MAX];
	struct spans w;
	int64_t res;

	spans_out(&vm.ram, e, &w);
	memcpy(before, vm.ram.hva, vm.ram.present);
	res = dispatch(service, e, by, out);
	/* What is given back reads as zero: a replay does that itself. */
	if (e->op == MVM_OP_MEM_RELEASE || e->op == MVM_OP_MEM_GROW)
		return res;
	spans_done(e, res, &w);
	for (unsigned int i = 0; i < w.n; i++)
		memcpy(before + ((uint8_t *)w.v[i].iov_base - vm.ram.hva), w.v[i].iov_base,
		       w.v[i].iov_len);
	CHECK(memcmp(before, vm.ram.hva, vm.ram.present) == 0);
	return res;
}

/* A guest that has just started.  RAM keeps what the last one wrote, but for the ring. */
static void begin(void)
{
	int fd = openat(root_fd, "rw", O_PATH | O_DIRECTORY | O_CLOEXEC);

	vm.ram.present = RAM_BYTES;
	memset(&counters, 0, sizeof(counters));
	memset(vm.ram.hva + MVM_GPA_RING, 0, sizeof(struct mvm_ring));
	service_init(&s, &vm, &counters);
	dispatch = s.dispatch;
	s.dispatch = watched_dispatch;
	s.leave_wait = true;		/* WAIT must not, and asks the kernel by itself */
	s.anon_from = RAM_BYTES / 2;
	CHECK(dup3(fd, s.handles.h[H_RW].fd, O_CLOEXEC) >= 0);	/* end() has made it anew */
	close(fd);
	lowest_fd = fd;
	send_something();
	limit_files(FILE_LIMIT);
}

static void end(void)
{
	int fd;

	limit_files(RLIM_INFINITY);
	for (int32_t n = 0; n < (int32_t)s.handles.used; n++) {
		struct handle *h = handle_get(&s.handles, n);

		if (h)
			check_handle(h);
		if (h && !h->grant)
			handle_close(&s.handles, n);
	}
	for (int32_t n = 0; n < H_GRANTS; n++)
		CHECK(handle_get(&s.handles, n));
	memcpy(s.handles.h, granted.h, H_GRANTS * sizeof(granted.h[0]));
	s.handles.used = granted.used;
	s.handles.free = granted.free;
	fd = open("/dev/null", O_RDONLY);
	CHECK(fd == lowest_fd);
	close(fd);
	check_kept();
	check_secret();
	remove_tree(root_fd, "rw");
	fill_grant("rw");
}

/* ---- One input ------------------------------------------------------------------------------- */

static void scribble(struct input *in)
{
	uint64_t where = take(in, 1) & 1 ? MVM_GPA_RING + take(in, 2) : SCRATCH + take(in, 2);
	size_t n = take(in, 1) % 65;

	take_bytes(in, vm.ram.hva + where % (RAM_BYTES - 64), n);
}

static void drain(uint8_t how)
{
	bool left;

	ring_drain(&s, how & 1 ? DRAIN_POLLER : DRAIN_VCPU, &left);
	s.ending.ended = false;
	if (how & 2)
		return;
	/* a guest that consumes what it is given, and does not stay lost after nonsense */
	s.ring->cq_head = s.cq_tail;
	s.ring->sq_tail = s.sq_head;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };

	begin();
	/* as on kernels whose pipes lack RWF_NOWAIT */
	s.handles.h[H_IN].polled = s.handles.h[H_OUT].polled = take(&in, 1) & 1;
	for (int i = 0; in.n && i < ROUNDS_MAX; i++) {
		uint8_t what = (uint8_t)take(&in, 1);
		struct mvm_sqe e;

		switch (what >> 5) {
		default:
			e = make_request(&in, vm.ram.hva);
			memcpy(&s.ring->sq[s.ring->sq_tail++ % MVM_RING_ENTRIES], &e, sizeof(e));
			break;
		case 5:
			scribble(&in);
			continue;
		case 6:
			s.ring->sq_tail += (uint32_t)take(&in, 1);
			break;
		case 7:
			s.ring->cq_head = (uint32_t)take(&in, 4);
			break;
		}
		if (!(what & 0x10))
			drain(what);
	}
	drain(0);
	end();
	return 0;
}
