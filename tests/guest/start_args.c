/* SPDX-License-Identifier: MIT */
// args: one two --three -- *
// env: ALPHA=1 BETA= GAMMA=a=b
// trap: yes
/* The argument and environment strings arrive as given. */
#include "t.h"

extern char **environ;

int main(int argc, char **argv)
{
	printf("argc %d\n", argc);
	for (int i = 1; i < argc; i++)
		printf("argv[%d] = '%s'\n", i, argv[i]);
	FACT(argv[argc] == NULL);
	FACT(strlen(argv[0]) > 0);
	printf("ALPHA '%s' BETA '%s' GAMMA '%s'\n", getenv("ALPHA"), getenv("BETA"),
	       getenv("GAMMA"));
	FACT(getenv("HOME") == NULL);
	for (char **e = environ; *e; e++)
		if (strncmp(*e, "DATA=", 5))
			puts(*e);
	return 0;
}
