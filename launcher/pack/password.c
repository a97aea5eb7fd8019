/* SPDX-License-Identifier: MIT */
/* Reading a password.  See password.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include "password.h"

int password_read(const char *what, char password[PASSWORD_MAX])
{
	struct termios shown, hidden;
	int tty = !tcgetattr(STDIN_FILENO, &shown);
	char *got;

	if (tty) {
		fprintf(stderr, "Password of %s: ", what);
		hidden = shown;
		hidden.c_lflag &= ~(tcflag_t)ECHO;
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
	}
	got = fgets(password, PASSWORD_MAX, stdin);
	if (tty) {
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
		fputc('\n', stderr);
	}
	if (!got) {
		errno = ENODATA;
		return -1;
	}
	password[strcspn(password, "\r\n")] = '\0';
	return 0;
}
