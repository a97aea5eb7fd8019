/* SPDX-License-Identifier: MIT */
// native: no
// expect-status: 0
/*
 * More TCP connections than a listener has room for: they wait until it accepts some.  Linux drops
 * their packets and takes seconds, so only the order is the same there.
 */
#include "net.h"

int main(void)
{
	int port, l = tcp_listener("127.0.0.1", 1, &port), c[5], s;
	struct sockaddr_in a = in4("127.0.0.1", port);

	for (int i = 0; i < 5; i++) {
		c[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		connect(c[i], SA(a));
	}
	for (int i = 0; i < 5; i++)
		show_poll("client", c[i]);
	SHOW(connect(c[3], SA(a)));
	show_names("waiting", c[3]);
	/* One that gives up leaves its place. */
	close(c[2]);
	s = accept(l, NULL, NULL);
	show_poll("next", c[3]);
	SHOW(connect(c[3], SA(a)));
	SHOW(write(c[3], "third", 5));
	show_poll("last", c[4]);
	close(s);
	close(accept(l, NULL, NULL));
	s = accept(l, NULL, NULL);
	show_recv("third", s, 10, 0);
	show_poll("last", c[4]);
	close(s);
	/* The listener goes, with one accepted by nobody and one that waits. */
	for (int i = 0; i < 3; i++) {
		c[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		connect(c[i], SA(a));
	}
	close(l);
	show_error("in the backlog", c[0]);
	show_error("waiting", c[2]);
	show_poll("waiting", c[2]);
	return 0;
}
