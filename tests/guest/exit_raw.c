/* SPDX-License-Identifier: MIT */
// native: fails
// trap: yes
/* exit_group and exit end the program without the C library's help; buffers are lost. */
#include "t.h"

int main(void)
{
	printf("this stays in the buffer");
	syscall(SYS_write, 1, "written\n", 8);
	syscall(SYS_exit, 3);
	return 4;
}
