/* SPDX-License-Identifier: MIT */
/* Finding the mark of a launcher: the section MARK_SECTION of the executable.  See launcher.h. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <generated/version.h>
#include "msg.h"
#include "file.h"
#include "launcher.h"

static bool is_mark(int fd, const Elf64_Shdr *names, const Elf64_Shdr *s)
{
	char name[sizeof(MARK_SECTION)];

	return s->sh_type == SHT_PROGBITS && s->sh_size == sizeof(struct mark) &&
	       !file_read(fd, name, sizeof(name), names->sh_offset + s->sh_name) &&
	       !memcmp(name, MARK_SECTION, sizeof(name));
}

/* Where the mark is in the file; 0: nowhere. */
static uint64_t find_mark(int fd)
{
	Elf64_Ehdr eh;
	Elf64_Shdr names, s;

	if (file_read(fd, &eh, sizeof(eh), 0) || memcmp(eh.e_ident, ELFMAG, SELFMAG) ||
	    eh.e_shentsize != sizeof(s) ||
	    file_read(fd, &names, sizeof(names), eh.e_shoff + eh.e_shstrndx * sizeof(s)))
		return 0;
	for (unsigned int i = 0; i < eh.e_shnum; i++)
		if (!file_read(fd, &s, sizeof(s), eh.e_shoff + i * sizeof(s)) &&
		    is_mark(fd, &names, &s))
			return s.sh_offset;
	return 0;
}

int launcher_open(struct launcher *l, const char *path)
{
	uint64_t off;
	struct stat st;

	*l = (struct launcher){ .name = path ? path : "this mvm" };
	l->fd = open(path ? path : "/proc/self/exe", O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (l->fd < 0 || fstat(l->fd, &st) || !S_ISREG(st.st_mode))
		return fail(EXIT_MVM, "--launcher %s: cannot be read: %s; name an mvm", l->name,
			    l->fd < 0 ? strerror(errno) : "it is not a regular file");
	l->size = (uint64_t)st.st_size;
	off = find_mark(l->fd);
	if (!off || off > UINT32_MAX || file_read(l->fd, &l->mark, sizeof(l->mark), off) ||
	    memcmp(l->mark.magic, MARK_MAGIC, sizeof(l->mark.magic)))
		return fail(EXIT_MVM, "--launcher %s: is no mvm that can become an appliance; "
			    "build one with CONFIG_APPLIANCE=y", l->name);
	if (l->mark.size)
		return fail(EXIT_MVM, "--launcher %s: is an appliance already; name an mvm",
			    l->name);
	if (strncmp(l->mark.mvm, MVM_VERSION, sizeof(l->mark.mvm)))
		return fail(EXIT_MVM, "--launcher %s: is mvm %.16s, this is " MVM_VERSION "; use "
			    "the mvm pack of its version", l->name, l->mark.mvm);
	l->mark_off = (uint32_t)off;
	return 0;
}

bool launcher_has(const struct launcher *l, const char *config)
{
	for (unsigned int i = 0; feature_names[i] && config; i++)
		if (!strcmp(feature_names[i], config))
			return l->mark.features[i];
	return true;
}
