/* SPDX-License-Identifier: MIT */
// trap: yes
/* Shared memory of System V: keys, sizes, rights, attachments that show the same, removal. */
#include <sys/ipc.h>
#include <sys/shm.h>
#include "t.h"

#define PAGE	4096

static struct shmid_ds stat_of(int id)
{
	struct shmid_ds ds;

	memset(&ds, 0, sizeof(ds));
	if (shmctl(id, IPC_STAT, &ds))
		printf("IPC_STAT: %s\n", strerror(errno));
	return ds;
}

static void show(const char *when, int id)
{
	struct shmid_ds ds = stat_of(id);

	printf("%s: size %zu, mode %o, attached %lu, creator %d, last %d, times %d%d%d\n", when,
	       ds.shm_segsz, ds.shm_perm.mode, (unsigned long)ds.shm_nattch,
	       ds.shm_cpid == getpid(), ds.shm_lpid == getpid(), ds.shm_atime != 0,
	       ds.shm_dtime != 0, ds.shm_ctime != 0);
}

/* A key that nobody else on a host has: this test may run twice at once. */
static key_t free_key(void)
{
	key_t key = 0x6d760000 | (getpid() & 0xffff);

	while (shmget(key, 0, 0) != -1)
		key += 0x10000;
	return key;
}

static void keys(void)
{
	key_t key = free_key();
	int id;

	SHOW(shmget(key, 100, 0600));
	SHOW(shmget(key, 0, IPC_CREAT | 0600));
	SHOW(shmget(key, -1UL, IPC_CREAT | 0600));
	id = shmget(key, 10000, IPC_CREAT | IPC_EXCL | 0640);
	show("new", id);
	SHOW(shmget(key, 10000, IPC_CREAT | IPC_EXCL | 0640));
	SHOW(shmget(key, 10000, IPC_CREAT | 0640) == id);
	SHOW(shmget(key, 0, 0) == id);
	SHOW(shmget(key, 10001, 0));
	SHOW(shmctl(id, IPC_RMID, NULL));
	SHOW(shmget(key, 0, 0));
	SHOW(shmctl(id, IPC_STAT, &(struct shmid_ds){ 0 }));
	SHOW(shmctl(id, IPC_RMID, NULL));
	SHOW(shmat(id, NULL, 0));
}

static void attachments(void)
{
	int id = shmget(IPC_PRIVATE, 2 * PAGE + 1, IPC_CREAT | 0600);
	char *a = shmat(id, NULL, 0), *b = shmat(id, NULL, 0);
	const char *r = shmat(id, NULL, SHM_RDONLY);

	printf("zeros %d %d\n", a[0], a[2 * PAGE]);
	strcpy(a + PAGE - 3, "across pages");
	printf("%s, %s\n", b + PAGE - 3, r + PAGE - 3);
	b[2 * PAGE] = 7;
	b[3 * PAGE - 1] = 9;
	printf("%d %d %d\n", a[2 * PAGE], r[2 * PAGE], a[3 * PAGE - 1]);
	show("three times", id);
	SHOW(mprotect((void *)r, PAGE, PROT_READ | PROT_WRITE));
	SHOW(shmdt(b));
	SHOW(shmdt(b));
	SHOW(shmdt(a + 1));
	SHOW(shmdt(a + PAGE));
	SHOW(shmdt(a));
	show("once", id);
	printf("%s\n", r + PAGE - 3);
	SHOW(shmdt(r));
	show("not at all", id);
	a = shmat(id, NULL, 0);
	printf("%s, %d\n", a + PAGE - 3, a[3 * PAGE - 1]);
	/* A hole makes two mappings of it, which shmdt takes both. */
	SHOW(munmap(a + PAGE, PAGE));
	show("in two parts", id);
	SHOW(shmdt(a));
	show("gone", id);
	SHOW(shmctl(id, IPC_RMID, NULL));
}

static void places(void)
{
	int id = shmget(IPC_PRIVATE, PAGE, IPC_CREAT | 0600);
	char *room = mmap(NULL, 4 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	SHOW(shmat(id, room, 0));
	SHOW(shmat(id, room, SHM_REMAP) == room);
	SHOW(shmdt(room));
	SHOW(shmat(id, room + 1, 0));
	SHOW(shmat(id, room + 1, SHM_RND) == room);
	SHOW(shmat(id, NULL, SHM_REMAP));
	SHOW(shmat(-1, NULL, 0));
	SHOW(shmdt(room));
	SHOW(munmap(room, 4 * PAGE));
	SHOW(shmctl(id, IPC_RMID, NULL));
}

/* A segment that was removed lasts while it is attached, and can be attached again by number. */
static void removed(void)
{
	key_t key = free_key();
	int id = shmget(key, PAGE, IPC_CREAT | 0600), next;
	char *a = shmat(id, NULL, 0), *b;

	a[0] = 'x';
	SHOW(shmctl(id, IPC_RMID, NULL));
	show("removed", id);
	printf("key %d\n", stat_of(id).shm_perm.__key);
	SHOW(shmget(key, 0, 0));
	b = shmat(id, NULL, 0);
	printf("%c\n", b[0]);
	next = shmget(key, PAGE, IPC_CREAT | 0600);
	printf("another %d\n", next != id && next >= 0);
	SHOW(shmdt(a));
	SHOW(shmdt(b));
	SHOW(shmctl(id, IPC_STAT, &(struct shmid_ds){ 0 }));
	SHOW(shmctl(next, IPC_RMID, NULL));
}

static void control(void)
{
	int id = shmget(IPC_PRIVATE, PAGE, IPC_CREAT | 0600);
	struct shmid_ds ds = stat_of(id);
	struct shm_info info;
	struct shminfo limits;

	ds.shm_perm.mode = 01444;
	SHOW(shmctl(id, IPC_SET, &ds));
	show("set", id);
	ds.shm_perm.uid = -1;
	SHOW(shmctl(id, IPC_SET, &ds));
	SHOW(shmctl(id, IPC_SET, (void *)8));
	SHOW(shmctl(id, IPC_STAT, (void *)8));
	SHOW(shmctl(id, 99, &ds));
	SHOW(shmctl(-1, IPC_STAT, &ds));
	SHOW(shmctl(0x7fffffff, IPC_SET, (void *)8));
	SHOW(shmctl(0x7fffffff, IPC_SET, &ds));
	SHOW(shmctl(id, SHM_LOCK, NULL));
	show("locked", id);
	SHOW(shmctl(id, SHM_UNLOCK, NULL));
	SHOW(shmctl(0, SHM_INFO, (void *)&info) >= 0 && info.used_ids > 0 && info.shm_tot > 0);
	SHOW(shmctl(0, IPC_INFO, (void *)&limits) >= 0 && limits.shmmin == 1 &&
	     limits.shmmni == 4096);
	SHOW(shmctl(id, IPC_RMID, NULL));
}

int main(void)
{
	keys();
	attachments();
	places();
	removed();
	control();
	return 0;
}
