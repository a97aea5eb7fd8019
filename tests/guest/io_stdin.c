/* SPDX-License-Identifier: MIT */
// stdin: first line\nsecond line\n\000binary\xff\nno end of line
// trap: yes
/* Standard input arrives byte for byte, then ends. */
#include "t.h"

int main(void)
{
	unsigned long sum = 0, n = 0;
	char line[100];
	struct stat st;
	int c;

	printf("%s", fgets(line, sizeof(line), stdin));
	while ((c = getchar()) != EOF) {
		sum = sum * 31 + c;
		n++;
	}
	printf("%lu bytes, sum %lx\n", n, sum);
	FACT(feof(stdin) && !ferror(stdin));
	SHOW(read(0, line, 10));
	FACT(isatty(0) == 0 && isatty(1) == 0);
	SHOW(fstat(0, &st));
	printf("type %o\n", st.st_mode & S_IFMT);
	SHOW(lseek(0, 0, SEEK_CUR));
	return 0;
}
