/* SPDX-License-Identifier: MIT */
/* The addresses behind --connect unix:.  See unixto.h. */
#include "unixto.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/un.h>
#include "grants.h"

/* Whole pages, which nothing else is in. */
static union {
	struct sockaddr_un at[GRANTS_MAX];
	char pages[(GRANTS_MAX * sizeof(struct sockaddr_un) | (MVM_PAGE_SIZE - 1)) + 1];
} to __attribute__((aligned(MVM_PAGE_SIZE)));

int unix_to_note(size_t n, const char *name)
{
	struct sockaddr_un *a = &to.at[n];

	if (!*name || strlen(name) >= sizeof(a->sun_path))
		return -EINVAL;
	*a = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(a->sun_path, name, strlen(name));
	return 0;
}

const char *unix_to_name(size_t n)
{
	return to.at[n].sun_path;
}

const struct sockaddr *unix_to(const struct handle *h, socklen_t *len)
{
	const struct sockaddr_un *a = &to.at[h->base];

	*len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(a->sun_path) + 1);
	return (const struct sockaddr *)a;
}

int unix_to_seal(void)
{
	return mprotect(&to, sizeof(to), PROT_READ) ? -errno : 0;
}
