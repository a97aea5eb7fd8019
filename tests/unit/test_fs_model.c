/* SPDX-License-Identifier: MIT */
/* The tree of runtime/fs against the host's kernel. */
#include "fs_model.h"

int main(void)
{
	return fs_model(false);
}
