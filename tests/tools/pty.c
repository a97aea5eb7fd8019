/* SPDX-License-Identifier: MIT */
/*
 * Drives a program on a terminal of its own: pty COMMAND... with a script on standard input, a
 * step a line:
 *
 *   size ROWS COLUMNS   of the terminal
 *   expect TEXT         waits until this has been printed (after what was expected before)
 *   send TEXT           types it; \n \r \t \\ \xHH are understood, in what is expected too
 *   pause MILLISECONDS  for programs that take an escape and a key for one key
 *   resize ROWS COLUMNS with the signal that goes with it
 *   cooked              the terminal must be in the mode it had at the start
 *   raw                 the terminal must not echo
 *
 * Then waits for the command and ends with its status (128 + signal).  What the program printed
 * goes to standard output.  A step that is not met in 20 s (times $PATIENCE): status 99 and a line.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static char seen[1 << 20];
static size_t used, matched;
static int master, slave, seconds = 20;
static pid_t child;

static _Noreturn void give_up(const char *why, const char *what)
{
	fprintf(stderr, "pty: %s%s%s\n", why, what ? ": " : "", what ? what : "");
	kill(-child, SIGKILL);
	fwrite(seen, 1, used, stdout);
	exit(99);
}

/* Takes what the program prints for up to this long.  False at the end of it. */
static int drain(int ms)
{
	struct pollfd p = { .fd = master, .events = POLLIN };
	ssize_t n;

	if (poll(&p, 1, ms) <= 0)
		return 1;
	n = read(master, seen + used, sizeof(seen) - 1 - used);
	if (n <= 0)
		return 0;
	used += (size_t)n;
	return 1;
}

static size_t unescape(char *s)
{
	char *in = s, *out = s;

	while (*in) {
		if (*in != '\\') {
			*out++ = *in++;
			continue;
		}
		in++;
		switch (*in++) {
		case 'n': *out++ = '\n'; break;
		case 'r': *out++ = '\r'; break;
		case 't': *out++ = '\t'; break;
		case 'x':
			*out++ = (char)strtol((char[]){ in[0], in[1], 0 }, NULL, 16);
			in += 2;
			break;
		default: *out++ = in[-1]; break;
		}
	}
	*out = 0;
	return (size_t)(out - s);
}

static void expect(const char *text, size_t len)
{
	time_t end = time(NULL) + seconds;
	char *at;

	while (!(at = memmem(seen + matched, used - matched, text, len))) {
		if (time(NULL) > end)
			give_up("not printed", text);
		if (!drain(200))
			give_up("ended before it printed", text);
	}
	matched = (size_t)(at - seen) + len;
}

/* The slave's side is kept open so that its mode can be asked for. */
static void mode(const struct termios *start, int raw)
{
	time_t end = time(NULL) + seconds;
	struct termios now;

	for (;;) {
		tcgetattr(slave, &now);
		if (raw ? !(now.c_lflag & (ICANON | ECHO)) :
			  now.c_lflag == start->c_lflag && now.c_iflag == start->c_iflag)
			return;
		if (time(NULL) > end)
			give_up(raw ? "the terminal is not raw" :
				"the terminal is not as it was", NULL);
		drain(50);
	}
}

static void step(char *line, const struct termios *start)
{
	struct winsize ws = { 0 };
	char *arg = strchr(line, ' ');

	arg = arg ? arg + 1 : line + strlen(line);
	if (!strncmp(line, "send ", 5)) {
		size_t n = unescape(arg);

		if (write(master, arg, n) != (ssize_t)n)
			give_up("cannot send", arg);
	} else if (!strncmp(line, "expect ", 7)) {
		expect(arg, unescape(arg));
	} else if (!strncmp(line, "size ", 5) || !strncmp(line, "resize ", 7)) {
		sscanf(arg, "%hu %hu", &ws.ws_row, &ws.ws_col);
		ioctl(master, TIOCSWINSZ, &ws);
	} else if (!strncmp(line, "pause ", 6)) {
		usleep((useconds_t)atoi(arg) * 1000);
	} else if (!strcmp(line, "raw") || !strcmp(line, "cooked")) {
		mode(start, *line == 'r');
	} else {
		give_up("unknown step", line);
	}
}

static void start_child(char **argv)
{
	child = fork();
	if (child)
		return;
	setsid();
	ioctl(slave, TIOCSCTTY, 0);
	dup2(slave, 0);
	dup2(slave, 1);
	dup2(slave, 2);
	close(master);
	close(slave);
	execvp(argv[0], argv);
	perror(argv[0]);
	_exit(127);
}

int main(int argc, char **argv)
{
	static char script[1 << 16];
	size_t len = fread(script, 1, sizeof(script) - 1, stdin);
	struct termios start;
	char *line = script;
	time_t end;
	int status;

	if (argc < 2)
		return 2;
	if (getenv("PATIENCE"))
		seconds *= atoi(getenv("PATIENCE"));
	script[len] = 0;
	master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (master < 0 || grantpt(master) || unlockpt(master) ||
	    (slave = open(ptsname(master), O_RDWR | O_NOCTTY)) < 0) {
		perror("pty");
		return 99;
	}
	tcgetattr(slave, &start);
	/* The size must be there before the program looks. */
	if (!strncmp(line, "size ", 5))
		step(strsep(&line, "\n"), &start);
	start_child(argv + 1);
	for (char *one; line && (one = strsep(&line, "\n")); )
		if (*one)
			step(one, &start);
	end = time(NULL) + seconds;
	while (waitpid(child, &status, WNOHANG) == 0) {
		drain(20);
		if (time(NULL) > end)
			give_up("the program did not end", NULL);
	}
	while (poll(&(struct pollfd){ .fd = master, .events = POLLIN }, 1, 0) > 0 && drain(0))
		;
	fwrite(seen, 1, used, stdout);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
