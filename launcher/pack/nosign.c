/* SPDX-License-Identifier: MIT */
/* Without CONFIG_SIGN there are no options that lead here. */
#include "msg.h"
#include "sign.h"

int sign_key(const char *path)
{
	(void)path;
	return EXIT_MVM;
}

int sign_text(int fd, const char *name, char text[SIGN_TEXT_MAX])
{
	(void)fd;
	(void)name;
	(void)text;
	return EXIT_MVM;
}

int sign_verify(int fd, const char *name, const char *key)
{
	(void)fd;
	(void)name;
	(void)key;
	return EXIT_MVM;
}
