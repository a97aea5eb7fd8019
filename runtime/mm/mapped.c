/* SPDX-License-Identifier: MIT */
/* See mapped.h. */
#include "mm/mapped.h"
#include "fs/fs.h"
#include "mm/mm.h"

void mapped_tell(struct file *file, u64 va, u64 len, u64 off)
{
	struct mvm_sqe e = { .op = MVM_OP_MAPPED };
	struct mvm_mapped *m;
	char *path;
	size_t n;

	if (!file_outside(file, &e.handle, &e.off))
		return;
	path = file_path(file);
	n = path ? strlen(path) : 0;
	m = n ? kmalloc(sizeof(*m) + n) : NULL;
	if (m) {
		*m = (struct mvm_mapped){ va, len, off };
		memcpy(m + 1, path, n);
		e.addr.v = va_to_gpa(m);
		e.len = sizeof(*m) + n;
		hyper(&e, NULL);
	}
	kfree(m);
	kfree(path);
}
