/* SPDX-License-Identifier: MIT */
/*
 * /proc/self/task: a directory for each thread, made when it is looked up.  What the files say that
 * are a thread's own is procself.c's, which knows the thread by the node's data.
 */
#include "fs/proc.h"
#include "lib/printf.h"
#include "sys/about.h"

static bool add_file(struct node *dir, const struct proc_entry *e, s32 tid)
{
	struct node *n = node_new(S_IFREG | (e->mode ? e->mode : 0444));
	bool done;

	if (!n)
		return false;
	n->ops = &e->ops;
	n->data = (u64)tid;
	done = !dir_add(dir, e->path, strlen(e->path), n);
	node_put(n);
	return done;
}

/* What is not a thread's own is the process's: maps, fd ... */
static struct node *shared_lookup(struct node *dir, const char *name, u32 len)
{
	struct node *self = dir->parent->parent;

	return len == 4 && !memcmp(name, "task", 4) ? NULL : dir_lookup(self, name, len);
}

static struct node *task_lookup(struct node *dir, const char *name, u32 len)
{
	static const struct node_ops ops = { .lookup = shared_lookup };
	struct about_thread t;
	struct node *n;
	s64 tid;

	if (!len || *name == '0' || *name == '-' || name[len - 1] == '\n' ||
	    !proc_number(name, len, &tid) || tid > INT32_MAX || !about_thread((s32)tid, &t))
		return NULL;
	n = node_new(S_IFDIR | 0555);
	if (!n)
		return NULL;
	n->parent = node_get(dir);
	n->nlink = 2;
	n->ops = &ops;
	for (u32 i = 0; i < PROC_TASK_FILES; i++)
		if (!add_file(n, &proc_task_files[i], (s32)tid)) {
			node_put(n);
			return NULL;
		}
	return n;
}

/* A position is a thread's number and two more. */
static int task_list(struct node *dir, u64 *pos, struct sink *s)
{
	char name[16];
	int len, err;
	s32 tid;

	while ((tid = about_next_thread((s32)(*pos - 2)))) {
		len = rt_snprintf(name, sizeof(name), "%d", tid);
		err = sink_put(s, name, len, dir->ino + (u64)tid, (u64)tid + 3, S_IFDIR >> 12);
		if (err)
			return err;
		*pos = (u64)tid + 3;
	}
	return 0;
}

void proc_add_tasks(void)
{
	static const struct node_ops ops = { .lookup = task_lookup, .list = task_list };
	struct node *n = tree_mkdirs(SELF "/task");

	n->ops = &ops;
	n->mode = S_IFDIR | 0555;
	node_put(n);
}
