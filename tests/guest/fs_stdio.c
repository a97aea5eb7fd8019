/* SPDX-License-Identifier: MIT */
// fs: yes
// trap: yes
/* The C library's files: formatted, buffered, both ways, temporary ones. */
#include "t.h"

int main(void)
{
	char line[100], tmpl[] = "tmpXXXXXX";
	FILE *f;
	double d;
	int n, fd;

	enter_data();
	f = fopen("f", "w+");
	for (int i = 0; i < 1000; i++)
		fprintf(f, "%d %.3f %s\n", i, i / 7.0, "text");
	printf("at %ld\n", ftell(f));
	rewind(f);
	for (int i = 0; i < 500; i++)
		if (!fgets(line, sizeof(line), f))
			break;
	fscanf(f, "%d %lf", &n, &d);
	printf("%d %.3f\n", n, d);
	fseek(f, -5, SEEK_END);
	printf("%s", fgets(line, sizeof(line), f));
	FACT(fgetc(f) == EOF && feof(f));
	SHOW(fclose(f));
	f = fopen("f", "a");
	fputs("more\n", f);
	fclose(f);
	f = fopen("f", "r");
	fseek(f, -5, SEEK_END);
	printf("%s", fgets(line, sizeof(line), f));
	FACT(fputc('x', f) == EOF);
	fclose(f);
	FACT(fopen("none", "r") == NULL);
	FACT((fd = mkstemp(tmpl)) >= 0);
	SHOW(unlink(tmpl));
	SHOW(write(fd, "x", 1));
	SHOW(remove("f"));
	return 0;
}
