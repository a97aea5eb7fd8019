/* SPDX-License-Identifier: MIT */
/* runtime/fs on a grant, with the launcher's service behind it, against the host's kernel. */
#include "fs_model.h"

int main(void)
{
	return fs_model(true);
}
