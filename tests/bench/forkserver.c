/* SPDX-License-Identifier: MIT */
/*
 * The reference of bench-serve: a server that forks for each connection, which becomes the standard
 * input and output of the child.  forkserver PORT: the child calls function_main(), the program's
 * main() under another name, linked in; it executes nothing.  forkserver PORT PROGRAM ARGS...: it
 * executes that, as inetd does.
 */
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int function_main(void);

static void serve(int fd, char **argv)
{
	dup2(fd, 0);
	dup2(fd, 1);
	close(fd);
	if (*argv)
		execv(*argv, argv);
	exit(*argv ? 127 : function_main());
}

int main(int argc, char **argv)
{
	struct sockaddr_in a = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1, fd;

	if (argc < 2)
		return 2;
	a.sin_port = htons((unsigned short)atoi(argv[1]));
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(listener, (struct sockaddr *)&a, sizeof(a)) || listen(listener, SOMAXCONN))
		return 1;
	signal(SIGCHLD, SIG_IGN);	/* nobody waits for them */
	for (;;) {
		fd = accept(listener, NULL, NULL);
		if (fd < 0)
			continue;
		if (!fork())
			serve(fd, argv + 2);
		close(fd);
	}
}
