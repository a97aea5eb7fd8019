/* SPDX-License-Identifier: MIT */
/*
 * Users, groups and capabilities: what setuid(2) and its family keep account of.  Nothing in the
 * VM is protected by them (application and runtime trust each other, and the host believes none
 * of it); programs that drop privileges or ask who they are must see what Linux shows them.
 */
#include "sys/creds.h"

#include <linux/capability.h>

#include "mm/mm.h"
#include "sys/about.h"
#include "sys/syscalls.h"

#define NO_ID		((u32)-1)
#define CAPS_ALL	((2UL << CAP_LAST_NR) - 1)

struct creds creds;

void about_who(struct about_who *w)
{
	*w = (struct about_who){
		.uid = { creds.uid.r, creds.uid.e, creds.uid.s, creds.uid.fs },
		.gid = { creds.gid.r, creds.gid.e, creds.gid.s, creds.gid.fs },
		.caps_effective = creds.caps_effective, .caps_permitted = creds.caps_permitted,
		.caps_inheritable = creds.caps_inheritable,
	};
}

void creds_init(void)
{
	creds.uid = (struct id_set){ boot->uid, boot->uid, boot->uid, boot->uid };
	creds.gid = (struct id_set){ boot->gid, boot->gid, boot->gid, boot->gid };
	creds.caps_permitted = boot->uid ? 0 : CAPS_ALL;
	creds.caps_effective = creds.caps_permitted;
}

long sys_getuid(void)
{
	return creds.uid.r;
}

long sys_geteuid(void)
{
	return creds.uid.e;
}

long sys_getgid(void)
{
	return creds.gid.r;
}

long sys_getegid(void)
{
	return creds.gid.e;
}

/* capabilities(7), "Effect of user ID changes on capabilities". */
static void uid_changed(const struct id_set *old)
{
	const struct id_set *new = &creds.uid;
	bool was_root = !old->r || !old->e || !old->s;

	if (was_root && new->r && new->e && new->s) {
		creds.caps_permitted = 0;
		creds.caps_effective = 0;
	}
	if (!old->e && new->e)
		creds.caps_effective = 0;
	else if (old->e && !new->e)
		creds.caps_effective = creds.caps_permitted;
}

static bool one_of(const struct id_set *s, u32 id)
{
	return id == s->r || id == s->e || id == s->s;
}

/* setresuid(2): each may become any of the three, or anything for the privileged. */
static long set_res(struct id_set *set, int cap, u32 r, u32 e, u32 s)
{
	struct id_set old = *set;

	if (!capable(cap) && ((r != NO_ID && !one_of(set, r)) || (e != NO_ID && !one_of(set, e)) ||
			      (s != NO_ID && !one_of(set, s))))
		return -EPERM;
	if (r != NO_ID)
		set->r = r;
	if (e != NO_ID)
		set->e = e;
	if (s != NO_ID)
		set->s = s;
	set->fs = set->e;
	if (set == &creds.uid)
		uid_changed(&old);
	return 0;
}

/* setreuid(2): the saved ID follows when the real one is set or the effective one leaves it. */
static long set_re(struct id_set *set, int cap, u32 r, u32 e)
{
	u32 s = NO_ID;

	if (!capable(cap) && ((r != NO_ID && r != set->r && r != set->e) ||
			      (e != NO_ID && !one_of(set, e))))
		return -EPERM;
	if (r != NO_ID || (e != NO_ID && e != set->r))
		s = e != NO_ID ? e : set->e;
	return set_res(set, cap, r, e, s);
}

static long set_one(struct id_set *set, int cap, u32 id)
{
	if (id == NO_ID)
		return -EINVAL;
	if (capable(cap))
		return set_res(set, cap, id, id, id);
	if (id != set->r && id != set->s)
		return -EPERM;
	return set_res(set, cap, NO_ID, id, NO_ID);
}

long sys_setuid(u64 id)
{
	return set_one(&creds.uid, CAP_SETUID_NR, (u32)id);
}

long sys_setgid(u64 id)
{
	return set_one(&creds.gid, CAP_SETGID_NR, (u32)id);
}

long sys_setreuid(u64 r, u64 e)
{
	return set_re(&creds.uid, CAP_SETUID_NR, (u32)r, (u32)e);
}

long sys_setregid(u64 r, u64 e)
{
	return set_re(&creds.gid, CAP_SETGID_NR, (u32)r, (u32)e);
}

long sys_setresuid(u64 r, u64 e, u64 s)
{
	return set_res(&creds.uid, CAP_SETUID_NR, (u32)r, (u32)e, (u32)s);
}

long sys_setresgid(u64 r, u64 e, u64 s)
{
	return set_res(&creds.gid, CAP_SETGID_NR, (u32)r, (u32)e, (u32)s);
}

static long get_res(const struct id_set *set, u64 r, u64 e, u64 s)
{
	if (put_user(set->r, r) || put_user(set->e, e) || put_user(set->s, s))
		return -EFAULT;
	return 0;
}

long sys_getresuid(u64 r, u64 e, u64 s)
{
	return get_res(&creds.uid, r, e, s);
}

long sys_getresgid(u64 r, u64 e, u64 s)
{
	return get_res(&creds.gid, r, e, s);
}

/* setfsuid(2): returns the old one, whether or not it was allowed. */
static long set_fs(struct id_set *set, int cap, u32 id)
{
	u32 old = set->fs;

	if (id != NO_ID && (capable(cap) || one_of(set, id) || id == set->fs))
		set->fs = id;
	return old;
}

long sys_setfsuid(u64 id)
{
	return set_fs(&creds.uid, CAP_SETUID_NR, (u32)id);
}

long sys_setfsgid(u64 id)
{
	return set_fs(&creds.gid, CAP_SETGID_NR, (u32)id);
}

long sys_getgroups(u64 n, u64 list)
{
	int size = (int)n;

	if (size < 0)
		return -EINVAL;
	if (size == 0)
		return creds.ngroups;
	if ((u32)size < creds.ngroups)
		return -EINVAL;
	if (copy_to_user(list, creds.groups, creds.ngroups * sizeof(u32)))
		return -EFAULT;
	return creds.ngroups;
}

long sys_setgroups(u64 n, u64 list)
{
	u32 groups[ARRAY_SIZE(creds.groups)];
	u32 count = (u32)n;

	if (!capable(CAP_SETGID_NR))
		return -EPERM;
	if (count > ARRAY_SIZE(groups))
		return -EINVAL;
	if (copy_from_user(groups, list, count * sizeof(u32)))
		return -EFAULT;
	memcpy(creds.groups, groups, count * sizeof(u32));
	creds.ngroups = count;
	return 0;
}

/*
 * Reads the header.  The number of 32-bit words a set has in this version, or -errno; for an
 * unknown version the one we prefer is written back, as capget(2) says.
 */
static int cap_words(u64 header, int *pid)
{
	struct __user_cap_header_struct h;

	if (copy_from_user(&h, header, sizeof(h)))
		return -EFAULT;
	*pid = h.pid;
	switch (h.version) {
	case _LINUX_CAPABILITY_VERSION_1:
		return _LINUX_CAPABILITY_U32S_1;
	case _LINUX_CAPABILITY_VERSION_2:
	case _LINUX_CAPABILITY_VERSION_3:
		return _LINUX_CAPABILITY_U32S_3;
	}
	h.version = _LINUX_CAPABILITY_VERSION_3;
	return copy_to_user(header, &h, sizeof(h)) ? -EFAULT : -EINVAL;
}

long sys_capget(u64 header, u64 data)
{
	struct __user_cap_data_struct d[_LINUX_CAPABILITY_U32S_3];
	int pid, words = cap_words(header, &pid);

	if (words < 0)		/* asking only for the version is no error */
		return words == -EINVAL && !data ? 0 : words;
	if (pid < 0)
		return -EINVAL;
	if (pid && pid != current->tid)
		return -ESRCH;
	for (int i = 0; i < words; i++) {
		d[i].effective = (u32)(creds.caps_effective >> (32 * i));
		d[i].permitted = (u32)(creds.caps_permitted >> (32 * i));
		d[i].inheritable = (u32)(creds.caps_inheritable >> (32 * i));
	}
	return copy_to_user(data, d, sizeof(d[0]) * (size_t)words) ? -EFAULT : 0;
}

long sys_capset(u64 header, u64 data)
{
	struct __user_cap_data_struct d[_LINUX_CAPABILITY_U32S_3] = { { 0 } };
	u64 effective, permitted, inheritable;
	int pid, words = cap_words(header, &pid);

	if (words < 0)
		return words;
	if (pid && pid != current->tid)
		return -EPERM;
	if (copy_from_user(d, data, sizeof(d[0]) * (size_t)words))
		return -EFAULT;
	effective = (d[0].effective | (u64)d[1].effective << 32) & CAPS_ALL;
	permitted = (d[0].permitted | (u64)d[1].permitted << 32) & CAPS_ALL;
	inheritable = (d[0].inheritable | (u64)d[1].inheritable << 32) & CAPS_ALL;
	if ((permitted & ~creds.caps_permitted) || (effective & ~permitted) ||
	    (inheritable & ~(creds.caps_inheritable | creds.caps_permitted)))
		return -EPERM;
	creds.caps_effective = effective;
	creds.caps_permitted = permitted;
	creds.caps_inheritable = inheritable;
	return 0;
}
