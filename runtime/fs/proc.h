/* SPDX-License-Identifier: MIT */
/* What the files of /proc and /sys share: proc.c, procself.c, procfd.c, procsys.c, cpuinfo.c ... */
#ifndef MVM_RT_FS_PROC_H
#define MVM_RT_FS_PROC_H

#include "fs/vfs.h"
#include "sys/process.h"

#define PROC_TEXT_OF_(x)	#x
#define PROC_TEXT_OF(x)		PROC_TEXT_OF_(x)
#define SELF_NAME		PROC_TEXT_OF(PROCESS_ID)
#define SELF			"/proc/" SELF_NAME

/* A file, or a link, at an absolute path. */
struct proc_entry {
	const char *path;
	u32 mode;			/* 0: 0444 */
	struct node_ops ops;
};

/* A file whose text never changes. */
struct proc_constant {
	const char *path, *text;
};

void proc_add(const struct proc_entry *e, u32 n);
void proc_add_links(const struct proc_entry *e, u32 n);
void proc_add_constants(const struct proc_constant *c, u32 n);

/* About the process; about the machine and the kernel.  Called once, when somebody looks. */
void proc_add_self(void);
void proc_add_fds(void);
void proc_add_tasks(void);
/* The files of a thread, by their names; node.data of such a file is its number, else 0. */
#define PROC_TASK_FILES	3U
extern const struct proc_entry proc_task_files[PROC_TASK_FILES];
void proc_add_machine(void);

/* Formats into a new *text (kmalloc'ed) of at most max bytes.  Length or -ENOMEM. */
long proc_printf(char **text, size_t max, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The decimal number that text is, with nothing but a newline behind it.  False: none. */
bool proc_number(const char *text, u32 len, s64 *out);

/* What an open file is called: the text of /proc/self/fd/N, into buf (FS_PATH_MAX).  Length. */
long proc_file_text(struct file *f, char *buf);

/* The text operations of files that have a source of their own. */
long proc_maps(struct node *n, char **text);
long proc_mounts(struct node *n, char **text);
long proc_mountinfo(struct node *n, char **text);
long proc_cpuinfo(struct node *n, char **text);

#endif
