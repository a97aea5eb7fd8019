/* SPDX-License-Identifier: MIT */
// native: fails
/* Many small requests one after another, as a busy guest makes them, then exit status 42. */
#include "t.h"

int main(void)
{
	for (int i = 0; i < 500; i++)
		if (write(1, "line\n", 5) != 5)
			return 1;
	return 42;
}
