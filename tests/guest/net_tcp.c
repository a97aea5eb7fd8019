/* SPDX-License-Identifier: MIT */
// trap: yes
/* TCP on the loopback interface: connections from their beginning to each kind of end. */
#include "net.h"

static volatile int sigpipe;

static void on_sigpipe(int sig)
{
	sigpipe = sig;
}

static void names_and_states(void)
{
	int port, l, c, s, n;
	struct sockaddr_in a;

	c = socket(AF_INET, SOCK_STREAM, 0);
	show_names("new", c);
	show_poll("new", c);
	SHOW(recv(c, &n, 1, 0));
	SHOW(shutdown(c, SHUT_WR));
	SHOW(listen(c, 1));
	show_names("listening unbound", c);
	close(c);

	l = tcp_listener("127.0.0.1", 5, &port);
	FACT(port >= 1024);
	show_names("listener", l);
	show_poll("listener", l);
	SHOW(fcntl(l, F_SETFL, O_NONBLOCK));
	SHOW(accept(l, NULL, NULL));
	SHOW(recv(l, &n, 1, 0));
	a = in4("127.0.0.1", port);
	c = socket(AF_INET, SOCK_STREAM, 0);
	SHOW(connect(c, SA(a)));
	show_poll("listener", l);
	SHOW(connect(c, SA(a)));
	s = accept4(l, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	SHOW(fcntl(s, F_GETFD));
	SHOW(fcntl(s, F_GETFL) & (O_ACCMODE | O_NONBLOCK));
	show_names("client", c);
	show_names("server", s);
	FACT(port_of(s) == port);
	FACT(port_of(c) != port);
	show_poll("client", c);
	SHOW(recv(s, &n, 1, 0));
	SHOW(send(c, "hello", 5, 0));
	show_poll("server", s);
	SHOW(ioctl(s, FIONREAD, &n));
	printf("%d\n", n);
	show_recv("peek", s, 3, MSG_PEEK);
	show_recv("server", s, 100, 0);
	show_recv("server", s, 100, 0);
	SHOW(accept4(l, NULL, NULL, 1));
	SHOW(accept(c, NULL, NULL));
	SHOW(bind(c, SA(a)));
	close(c);
	close(s);
	close(l);
	SHOW(connect(socket(AF_INET, SOCK_STREAM, 0), SA(a)));
}

static void half_close(void)
{
	int v[2];

	tcp_pair(v);
	SHOW(write(v[0], "last words", 10));
	SHOW(shutdown(v[0], SHUT_WR));
	settle();
	show_poll("half closed", v[1]);
	show_poll("half closing", v[0]);
	show_recv("data", v[1], 100, 0);
	show_recv("end", v[1], 100, 0);
	show_recv("end again", v[1], 100, 0);
	SHOW(write(v[1], "answer", 6));
	show_recv("answer", v[0], 100, 0);
	SHOW(write(v[0], "x", 1));
	printf("signal %d\n", sigpipe);
	sigpipe = 0;
	SHOW(send(v[0], "x", 1, MSG_NOSIGNAL));
	printf("signal %d\n", sigpipe);
	SHOW(shutdown(v[1], SHUT_WR));
	settle();
	show_poll("both closed", v[0]);
	show_recv("end", v[0], 100, 0);
	SHOW(shutdown(v[0], 7));
	close(v[0]);
	close(v[1]);
}

static void closed_by_peer(void)
{
	int v[2];

	tcp_pair(v);
	close(v[1]);
	settle();
	show_poll("closed", v[0]);
	show_recv("closed", v[0], 1, 0);
	SHOW(write(v[0], "x", 1));
	settle();
	show_poll("answered", v[0]);
	SHOW(write(v[0], "x", 1));
	printf("signal %d\n", sigpipe);
	sigpipe = 0;
	show_error("closed", v[0]);
	show_recv("closed", v[0], 1, 0);
	close(v[0]);
}

static void resets(void)
{
	struct linger hard = { 1, 0 };
	int v[2];

	puts("unread data");
	tcp_pair(v);
	SHOW(write(v[0], "unread", 6));
	SHOW(write(v[1], "kept", 4));
	settle();
	close(v[1]);
	settle();
	show_poll("reset", v[0]);
	show_recv("kept", v[0], 100, 0);
	show_recv("reset", v[0], 100, 0);
	show_recv("after", v[0], 100, 0);
	SHOW(write(v[0], "x", 1));
	SHOW(getpeername(v[0], NULL, &(socklen_t){ 0 }));
	close(v[0]);
	puts("linger 0");
	tcp_pair(v);
	SHOW(setsockopt(v[1], SOL_SOCKET, SO_LINGER, &hard, sizeof(hard)));
	close(v[1]);
	settle();
	show_error("reset", v[0]);
	show_recv("reset", v[0], 100, 0);
	close(v[0]);
}

static void refused(void)
{
	struct sockaddr_in a;
	int port, l = tcp_listener("127.0.0.1", 1, &port), c;

	close(l);
	a = in4("127.0.0.1", port);
	c = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	SHOW(connect(c, SA(a)));
	settle();
	show_poll("refused", c);
	SHOW(connect(c, SA(a)));
	SHOW(connect(c, SA(a)));
	settle();
	show_error("refused", c);
	SHOW(connect(c, SA(a)));
	close(c);
	l = tcp_listener("127.0.0.1", 1, &port);
	a = in4("127.0.0.1", port);
	c = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	SHOW(connect(c, SA(a)));
	settle();
	show_poll("connected", c);
	show_error("connected", c);
	SHOW(connect(c, SA(a)));
	SHOW(connect(c, SA(a)));
	/* The listener goes with a connection that nobody accepted. */
	close(l);
	settle();
	show_recv("listener gone", c, 1, 0);
	close(c);
}

static void wildcard(void)
{
	struct sockaddr_in a;
	int port, l = tcp_listener("0.0.0.0", 5, &port), c, s;

	a = in4("127.3.2.1", port);
	c = socket(AF_INET, SOCK_STREAM, 0);
	SHOW(connect(c, SA(a)));
	s = accept(l, NULL, NULL);
	show_names("client", c);
	show_names("server", s);
	close(c);
	a = in4("0.0.0.0", port);
	c = socket(AF_INET, SOCK_STREAM, 0);
	SHOW(connect(c, SA(a)));
	show_names("to 0.0.0.0", c);
	/* AF_UNSPEC takes the connection apart. */
	a.sin_family = AF_UNSPEC;
	SHOW(connect(c, SA(a)));
	show_names("disconnected", c);
	close(c);
	close(s);
	close(l);
}

static void binding(void)
{
	struct sockaddr_in a, b = in4("127.0.0.1", 0), away = in4("192.0.2.1", 0);
	int port, l = tcp_listener("127.0.0.1", 5, &port), one = 1, s, t;

	a = in4("127.0.0.1", port);
	s = socket(AF_INET, SOCK_STREAM, 0);
	SHOW(bind(s, SA(a)));
	a = in4("0.0.0.0", port);
	SHOW(bind(s, SA(a)));
	SHOW(setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)));
	SHOW(bind(s, SA(a)));
	a = in4("127.0.0.2", port);
	SHOW(bind(s, SA(a)));
	SHOW(bind(s, SA(b)));
	SHOW(listen(s, 1));
	close(s);
	close(l);
	s = socket(AF_INET, SOCK_STREAM, 0);
	SHOW(bind(s, SA(away)));
	SHOW(bind(s, (struct sockaddr *)&b, 8));
	SHOW(bind(s, (struct sockaddr *)&b, -1));
	b.sin_family = AF_INET6;
	SHOW(bind(s, SA(b)));
	b.sin_family = AF_INET;
	SHOW(setsockopt(s, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one)));
	SHOW(bind(s, SA(b)));
	SHOW(listen(s, 5));
	t = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(t, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one));
	b = in4("127.0.0.1", port_of(s));
	SHOW(bind(t, SA(b)));
	SHOW(listen(t, 5));
	close(s);
	close(t);
}

int main(void)
{
	signal(SIGPIPE, on_sigpipe);
	names_and_states();
	half_close();
	closed_by_peer();
	resets();
	refused();
	wildcard();
	binding();
	return 0;
}
