/* SPDX-License-Identifier: MIT */
// trap: yes
/* AF_UNIX streams: pairs, names of each kind, and how a connection ends. */
#include "net.h"

static volatile int sigpipe;

static void on_sigpipe(int sig)
{
	sigpipe = sig;
}

static socklen_t path_addr(struct sockaddr_un *a, const char *path)
{
	*a = (struct sockaddr_un){ .sun_family = AF_UNIX };
	strcpy(a->sun_path, path);
	return offsetof(struct sockaddr_un, sun_path) + strlen(path) + 1;
}

/* name[0] is a NUL. */
static socklen_t abstract_addr(struct sockaddr_un *a, const char *name)
{
	*a = (struct sockaddr_un){ .sun_family = AF_UNIX };
	strcpy(a->sun_path + 1, name);
	return offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name);
}

static void show_un(const char *what, int fd, int (*get)(int, struct sockaddr *, socklen_t *))
{
	struct sockaddr_un a = { 0 };
	socklen_t len = sizeof(a);

	if (get(fd, (struct sockaddr *)&a, &len)) {
		show_result(what, -1);
		return;
	}
	printf("%s: %u bytes, family %d, '%c%s'\n", what, len, a.sun_family,
	       len > 2 ? (a.sun_path[0] ? a.sun_path[0] : '@') : '-',
	       len > 2 ? a.sun_path + 1 : "");
}

static void pairs(void)
{
	struct ucred cred = { 0 };
	socklen_t len = sizeof(cred);
	struct stat st;
	int v[2], n;

	SHOW(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, v));
	SHOW(fcntl(v[0], F_GETFD));
	SHOW(fstat(v[0], &st));
	printf("socket: %d\n", S_ISSOCK(st.st_mode));
	SHOW(lseek(v[0], 0, SEEK_SET));
	show_poll("pair", v[0]);
	show_un("name", v[0], getsockname);
	show_un("peer", v[0], getpeername);
	SHOW(getsockopt(v[0], SOL_SOCKET, SO_PEERCRED, &cred, &len));
	FACT(cred.pid == getpid() && cred.uid == getuid() && cred.gid == getgid());
	SHOW(write(v[0], "one", 3));
	SHOW(write(v[0], "two", 3));
	SHOW(ioctl(v[1], FIONREAD, &n));
	printf("%d\n", n);
	show_recv("peek", v[1], 4, MSG_PEEK);
	show_recv("all", v[1], 6, MSG_WAITALL);
	show_recv("none", v[1], 6, MSG_DONTWAIT);
	SHOW(shutdown(v[1], SHUT_RD));
	show_poll("deaf", v[0]);
	show_poll("deafened", v[1]);
	SHOW(write(v[0], "x", 1));
	printf("signal %d\n", sigpipe);
	sigpipe = 0;
	SHOW(write(v[1], "back", 4));
	show_recv("back", v[0], 6, 0);
	close(v[1]);
	show_poll("closed", v[0]);
	show_recv("closed", v[0], 6, 0);
	SHOW(send(v[0], "x", 1, MSG_NOSIGNAL));
	printf("signal %d\n", sigpipe);
	close(v[0]);

	SHOW(socketpair(AF_UNIX, SOCK_STREAM, 0, v));
	write(v[0], "unread", 6);
	close(v[1]);
	show_poll("reset", v[0]);
	show_recv("reset", v[0], 6, 0);
	show_recv("then", v[0], 6, 0);
	SHOW(send(v[0], "x", 1, MSG_NOSIGNAL));
	close(v[0]);
	SHOW(socketpair(AF_INET, SOCK_STREAM, 0, v));
	SHOW(socketpair(AF_UNIX, SOCK_STREAM, 7, v));
	SHOW(syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, 8));
}

static void paths(void)
{
	struct sockaddr_un a, long_one;
	socklen_t len = path_addr(&a, "server.sock");
	int l = socket(AF_UNIX, SOCK_STREAM, 0), c = socket(AF_UNIX, SOCK_STREAM, 0), s;
	struct sockaddr_un from = { 0 };
	socklen_t from_len = sizeof(from);
	struct stat st;

	SHOW(connect(c, (struct sockaddr *)&a, len));
	SHOW(listen(l, 1));
	SHOW(bind(l, (struct sockaddr *)&a, len - 1));
	show_un("name", l, getsockname);
	SHOW(bind(l, (struct sockaddr *)&a, len));
	SHOW(stat("server.sock", &st));
	printf("socket: %d\n", S_ISSOCK(st.st_mode));
	SHOW(open("server.sock", O_RDWR));
	SHOW(connect(c, (struct sockaddr *)&a, len));
	SHOW(listen(l, 0));
	show_poll("listener", l);
	SHOW(connect(c, (struct sockaddr *)&a, len));
	show_poll("listener", l);
	SHOW(write(c, "early", 5));
	s = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	SHOW(connect(s, (struct sockaddr *)&a, len));
	close(s);
	s = accept(l, (struct sockaddr *)&from, &from_len);
	printf("from %u bytes\n", from_len);
	show_un("accepted", s, getsockname);
	show_un("client's peer", c, getpeername);
	show_recv("early", s, 10, 0);
	SHOW(sendto(c, "x", 1, 0, (struct sockaddr *)&a, len));
	SHOW(connect(c, (struct sockaddr *)&a, len));
	close(s);
	close(c);
	close(l);
	c = socket(AF_UNIX, SOCK_STREAM, 0);
	SHOW(connect(c, (struct sockaddr *)&a, len));
	SHOW(bind(c, (struct sockaddr *)&a, len));
	SHOW(unlink("server.sock"));
	make_file("plain", "x");
	len = path_addr(&a, "plain");
	SHOW(connect(c, (struct sockaddr *)&a, len));
	len = path_addr(&a, "missing/sock");
	SHOW(bind(c, (struct sockaddr *)&a, len));
	long_one.sun_family = AF_UNIX;
	memset(long_one.sun_path, 'x', sizeof(long_one.sun_path));
	SHOW(bind(c, (struct sockaddr *)&long_one, sizeof(long_one)));
	show_un("108 bytes", c, getsockname);
	SHOW(bind(c, (struct sockaddr *)&a, 200));
	a.sun_family = AF_INET;
	SHOW(connect(c, (struct sockaddr *)&a, len));
	close(c);
}

static void abstract_names(void)
{
	struct sockaddr_un a;
	socklen_t len = abstract_addr(&a, "mvm-test-name");
	int l = socket(AF_UNIX, SOCK_STREAM, 0), c = socket(AF_UNIX, SOCK_STREAM, 0), s;

	SHOW(bind(l, (struct sockaddr *)&a, len));
	SHOW(listen(l, 5));
	show_un("abstract", l, getsockname);
	SHOW(bind(c, (struct sockaddr *)&a, len));
	SHOW(connect(c, (struct sockaddr *)&a, len - 1));
	SHOW(connect(c, (struct sockaddr *)&a, len));
	s = accept(l, NULL, NULL);
	show_un("peer", c, getpeername);
	/* Nobody accepts this one. */
	close(c);
	c = socket(AF_UNIX, SOCK_STREAM, 0);
	SHOW(connect(c, (struct sockaddr *)&a, len));
	close(l);
	show_recv("listener gone", c, 1, 0);
	SHOW(connect(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&a, len));
	close(s);
	close(c);
	c = socket(AF_UNIX, SOCK_STREAM, 0);
	a.sun_family = AF_UNIX;
	SHOW(bind(c, (struct sockaddr *)&a, sizeof(sa_family_t)));
	len = sizeof(a);
	SHOW(getsockname(c, (struct sockaddr *)&a, &len));
	printf("autobind: %u bytes, %d\n", len, a.sun_path[0]);
	close(c);
}

/* Writes until it would block; all of it arrives. */
static void filling(void)
{
	static char buf[10000], in[10000];
	long sent = 0, got = 0;
	ssize_t n;
	int v[2];

	socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, v);
	for (;;) {
		for (size_t i = 0; i < sizeof(buf); i++)
			buf[i] = (char)((sent + i) * 31 % 251);
		n = write(v[0], buf, sizeof(buf));
		if (n < 0)
			break;
		sent += n;
	}
	SHOW(write(v[0], buf, 1));
	FACT(sent >= 50000);
	struct pollfd p = { v[0], POLLOUT, 0 };
	SHOW(poll(&p, 1, 0));
	while ((n = read(v[1], in, sizeof(in))) > 0)
		for (ssize_t i = 0; i < n; i++, got++)
			if (in[i] != (char)(got * 31 % 251)) {
				printf("byte %ld is wrong\n", got);
				return;
			}
	FACT(got == sent);
	SHOW(poll(&p, 1, 0));
}

int main(void)
{
	enter_data();
	signal(SIGPIPE, on_sigpipe);
	pairs();
	paths();
	abstract_names();
	filling();
	return 0;
}
