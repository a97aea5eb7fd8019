/* SPDX-License-Identifier: MIT */
// native: fails
/*
 * Reads /data/input and makes /data/made, for tests/integration/confinement.sh; without a grant,
 * as here, there is no /data.
 */
#include "t.h"

int main(void)
{
	char buf[16];
	int in = open("/data/input", O_RDONLY), out;

	if (in < 0 || read(in, buf, sizeof(buf)) <= 0)
		return 1;
	out = open("/data/made", O_WRONLY | O_CREAT, 0644);
	return out < 0 || write(out, "x", 1) != 1;
}
