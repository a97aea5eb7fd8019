/* SPDX-License-Identifier: MIT */
/*
 * Files of the host on their way to connections, without being waited for: see hostsend.c.
 */
#ifndef MVM_RT_NET_HOSTSEND_H
#define MVM_RT_NET_HOSTSEND_H

#include "fs/vfs.h"

/* What is known of an open file that is being sent.  It outlives the file: its handle is needed. */
struct hostsend {
	struct hostsend *next;
	struct hyper_async stat, close;
	struct mvm_stat st;
	s32 handle;
	u32 users;			/* connections that still send of it */
	u32 unused;			/* looks since it was last sent */
	bool asking;			/* a STAT is under way */
	bool orphan;			/* the file is closed */
	u64 size;
	u64 heard, at;			/* when that was true: hyper_heard, TSC */
};

/* A SENDFILE of in was successful: from now on its size is looked at whenever the host reports. */
void hostsend_note(struct file *in);
/*
 * Are there certainly n bytes from off on?  Then the record, which is in use until
 * hostsend_put(); NULL: nobody knows.
 */
struct hostsend *hostsend_get(struct file *in, u64 off, u64 n);
/* May be called where a request is done. */
void hostsend_put(struct hostsend *h);

#endif
