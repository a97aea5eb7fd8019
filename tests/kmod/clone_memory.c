/* SPDX-License-Identifier: MIT */
/*
 * MVM_FREEZE and MVM_CLONE: what a clone sees of its template, that nothing of one clone is seen by
 * another, in which processes they are made, and what the calls refuse.
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "kt.h"
#include "../../kmod/uapi/mvm.h"

#define KEEP	1024			/* private pages, over a reset */

KT_GUEST(spin, "1: incl (%rdi); jmp 1b");

static void *run_for_ever(void *arg)
{
	kt_run(arg);
	return NULL;
}

static void refused(void)
{
	struct kvm_regs r;
	struct kt_vm t, c;
	pthread_t thread;
	void *m;

	KT_READY(&t, kt_swap);
	EQUAL(IOCTL(t.vm, MVM_CLONE, 0), -EINVAL);
	EQUAL(IOCTL(t.vm, MVM_RESET, 0), -EINVAL);
	CHECK(mmap(NULL, 4096, PROT_READ, MAP_SHARED, t.vm, 0) == MAP_FAILED);
	EQUAL(IOCTL(t.vm, MVM_FREEZE, 0), 0);
	EQUAL(IOCTL(t.vm, MVM_FREEZE, 0), -EINVAL);
	EQUAL(IOCTL(t.vm, MVM_RESET, 0), -EINVAL);
	EQUAL(IOCTL(t.vcpu, KVM_RUN, 0), -EPERM);
	EQUAL(IOCTL(t.vcpu, KVM_GET_REGS, &r), 0);
	EQUAL(IOCTL(t.vcpu, KVM_SET_REGS, &r), -EPERM);
	EQUAL(IOCTL(t.vcpu, KVM_SET_TSC_KHZ, 1), -EPERM);
	CHECK(IOCTL(t.vcpu, KVM_GET_TSC_KHZ, 0) > 0);
	EQUAL(IOCTL(t.vm, MVM_SET_VMCALL, &(struct mvm_vmcall){}), -EPERM);
	EQUAL(IOCTL(t.vm, KVM_CREATE_VCPU, 1), -EPERM);
	EQUAL(kt_slot(t.vm, 1, 0, 0x1000000, 4096, t.ram), -EPERM);
	EQUAL(kt_slot(t.vm, 0, 0, 0, 0, t.ram), -EPERM);

	kt_clone(&c, &t);
	EQUAL(IOCTL(c.vm, MVM_FREEZE, 0), -EINVAL);
	EQUAL(IOCTL(c.vm, MVM_CLONE, 0), -EINVAL);
	EQUAL(IOCTL(c.vm, KVM_CREATE_VCPU, 1), -EINVAL);	/* the template has none */
	EQUAL(IOCTL(c.vm, KVM_CREATE_VCPU, 0), -EEXIST);
	EQUAL(kt_slot(c.vm, 0, 0, 0, 0, t.ram), -EPERM);
	/* Behind its memory there is nothing, for the guest and for the host. */
	m = mmap(NULL, 4096, PROT_READ, MAP_SHARED, c.vm, KT_RAM);
	CHECK(m != MAP_FAILED);
	CHECK(madvise(m, 4096, 22 /* MADV_POPULATE_READ */) != 0);
	kt_set_args(&c, KT_RAM, 0, 0);
	kt_run_to_exception(&c, 14, NULL);

	/* Not while it runs. */
	kt_complete(&c);
	memcpy(c.ram + KT_CODE, spin, (size_t)(spin_end - spin));
	kt_set_regs(&c, &(struct kvm_regs){ .rip = KT_CODE, .rflags = 0x3202, .rdi = KT_LARGE });
	EQUAL(pthread_create(&thread, NULL, run_for_ever, &c), 0);
	while (!kt_word(&c, KT_LARGE))
		usleep(1000);
	EQUAL(IOCTL(c.vm, MVM_RESET, 0), -EBUSY);
}

static void continues(void)
{
	struct kt_vm t, c, d;

	KT_READY(&t, kt_swap);
	EQUAL(IOCTL(t.vm, MVM_FREEZE, 0), 0);
	kt_clone(&c, &t);
	EQUAL(kt_word(&c, KT_DATA), 0x1111);
	/* Behind the `out` at which it was frozen, with its registers. */
	kt_run_to_port(&c, 0x40);
	EQUAL(kt_value(&c), 0x1111);
	kt_run_to_port(&c, 0x41);
	EQUAL(kt_word(&c, KT_DATA), 0x2222);
	kt_run_to_port(&c, 0x40);
	EQUAL(kt_value(&c), 0x2222);
	/* Neither the template nor another clone has heard of that, whenever it was made. */
	EQUAL(kt_word(&t, KT_DATA), 0x1111);
	kt_clone(&d, &t);
	EQUAL(kt_word(&d, KT_DATA), 0x1111);
	kt_run_to_port(&d, 0x40);
	EQUAL(kt_value(&d), 0x1111);
	/* What is done to the frozen VM's memory does not reach its clones. */
	memset(t.ram + KT_DATA, 0x77, 4096);
	munmap(t.ram + KT_LARGE, 4096);
	kt_drop(&d);
	kt_clone(&d, &t);
	EQUAL(kt_word(&d, KT_DATA), 0x1111);
	EQUAL(kt_word(&d, KT_LARGE), 0);
}

static void host_view(void)
{
	struct kt_vm t, c;

	KT_READY(&t, kt_swap);
	EQUAL(IOCTL(t.vm, MVM_FREEZE, 0), 0);
	kt_clone(&c, &t);
	/* The host writes a page that it had read: the guest sees it, and the other way. */
	EQUAL(kt_word(&c, KT_DATA), 0x1111);
	kt_run_to_port(&c, 0x40);
	memcpy(c.ram + KT_DATA + 8, &(uint32_t){ 0x3333 }, 4);
	kt_set_args(&c, KT_DATA + 8, 0x4444, 0);
	kt_run_to_port(&c, 0x41);
	kt_run_to_port(&c, 0x40);
	EQUAL(kt_word(&c, KT_DATA + 8), 0x4444);
	EQUAL(kt_word(&c, KT_DATA), 0x1111);
	/* One that neither had touched, first by the host, then by the guest. */
	memcpy(c.ram + KT_LARGE, &(uint32_t){ 0x5555 }, 4);
	kt_set_args(&c, KT_LARGE, 0x6666, 0);
	kt_run_to_port(&c, 0x41);
	kt_run_to_port(&c, 0x40);
	EQUAL(kt_word(&c, KT_LARGE), 0x6666);
	/* A private mapping reads it and keeps its own. */
	munmap(c.ram, KT_RAM);
	c.ram = mmap(NULL, KT_RAM, PROT_READ | PROT_WRITE, MAP_PRIVATE, c.vm, 0);
	CHECK(c.ram != MAP_FAILED);
	EQUAL(kt_word(&c, KT_LARGE), 0x6666);
	memcpy(c.ram + KT_LARGE, &(uint32_t){ 0x8888 }, 4);
	kt_run_to_port(&c, 0x41);
	kt_run_to_port(&c, 0x40);
	EQUAL(kt_value(&c), 0x6666);
}

/* A read-only slot, execute permission: a clone's are the template's. */
static void permissions(void)
{
	struct mvm_exec nx = { KT_DATA, 4096, MVM_EXEC_NX, 0 };
	uint64_t pte = 0x40000000 | KT_PTE_P | KT_PTE_W | KT_PTE_U;
	struct kt_vm t, c;
	struct kvm_regs r;
	uint8_t *rom;

	KT_READY(&t, kt_swap);
	rom = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memset(rom, 0x42, 4096);
	EQUAL(kt_slot(t.vm, 1, KVM_MEM_READONLY, 0x40000000, 4096, rom), 0);
	memcpy(t.ram + KT_PT + 8 * ((KT_DATA >> 12) + 1), &pte, 8);
	if (kt_cap(t.dev, MVM_CAP_MEM_EXEC))
		EQUAL(IOCTL(t.vm, MVM_SET_EXEC, &nx), 0);
	EQUAL(IOCTL(t.vm, MVM_FREEZE, 0), 0);
	kt_clone(&c, &t);
	kt_set_args(&c, KT_DATA + 0x1000, 0x1, 0);
	kt_run_to_port(&c, 0x40);
	EQUAL(kt_value(&c), 0x42424242);
	kt_run_to_nomem(&c, 0x40000000);
	if (!kt_cap(t.dev, MVM_CAP_MEM_EXEC))
		return;
	CHECK(IOCTL(c.vm, MVM_RESET, KEEP) >= 0);
	kt_get_regs(&c, &r);
	r.rip = KT_DATA;
	kt_set_regs(&c, &r);
	kt_run_to_nomem(&c, KT_DATA);
}

/* Clones live on without their template's descriptors, and without their own VM's. */
static void orphans(void)
{
	struct kt_vm t, c, d;

	KT_READY(&t, kt_swap);
	EQUAL(IOCTL(t.vm, MVM_FREEZE, 0), 0);
	kt_clone(&c, &t);
	kt_clone(&d, &t);
	kt_run_to_port(&c, 0x40);
	kt_end(&t);
	kt_run_to_port(&c, 0x41);
	kt_run_to_port(&d, 0x40);
	EQUAL(kt_value(&d), 0x1111);
	close(c.vm);
	kt_run_to_port(&c, 0x40);
	EQUAL(kt_value(&c), 0x2222);
	EQUAL(kt_word(&c, KT_DATA), 0x2222);
	munmap(c.ram, KT_RAM);
	kt_run_to_port(&c, 0x41);
	kt_drop(&d);
}

/* In a child: a clone of t runs, and is nobody else's. */
static void clone_in_child(const struct kt_vm *t)
{
	int status, theirs = -1;
	struct kt_vm c;
	pid_t pid = fork();

	if (!pid) {
		/* All else of a VM is its own process's. */
		EQUAL(IOCTL(t->vm, KVM_CHECK_EXTENSION, KVM_CAP_USER_MEMORY), -EIO);
		EQUAL(IOCTL(t->vm, MVM_FREEZE, 0), -EIO);
		kt_clone(&c, t);
		kt_run_to_port(&c, 0x40);
		EQUAL(kt_value(&c), 0x1111);
		kt_run_to_port(&c, 0x41);
		EQUAL(kt_word(&c, KT_DATA), 0x2222);
		theirs = fork();
		if (!theirs) {
			EQUAL(IOCTL(c.vm, MVM_RESET, 0), -EIO);
			EQUAL(IOCTL(c.vm, MVM_CLONE, 0), -EIO);
			_exit(0);
		}
		CHECK(waitpid(theirs, &status, 0) == theirs && status == 0);
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	EQUAL(status, 0);
}

/* A template's clones are made in other processes, also when its own has ended. */
static void processes(void)
{
	struct kt_vm t, c;
	int pair[2], status;
	char byte = 0;
	pid_t pid;
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec v = { &byte, 1 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = &control,
			    .msg_controllen = sizeof(control) };

	KT_READY(&t, kt_swap);
	pid = fork();
	if (!pid) {
		EQUAL(IOCTL(t.vm, MVM_CLONE, 0), -EIO);		/* no template */
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	EQUAL(IOCTL(t.vm, MVM_FREEZE, 0), 0);
	clone_in_child(&t);
	kt_clone(&c, &t);
	EQUAL(kt_word(&c, KT_DATA), 0x1111);

	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	pid = fork();
	if (!pid) {
		KT_READY(&c, kt_swap);
		EQUAL(IOCTL(c.vm, MVM_FREEZE, 0), 0);
		control.head = (struct cmsghdr){
			.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET,
			.cmsg_type = SCM_RIGHTS,
		};
		memcpy(CMSG_DATA(&control.head), &c.vm, sizeof(int));
		CHECK(sendmsg(pair[1], &m, 0) == 1);
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	CHECK(recvmsg(pair[0], &m, 0) == 1);
	memcpy(&t.vm, CMSG_DATA(&control.head), sizeof(int));
	EQUAL(IOCTL(t.vm, MVM_FREEZE, 0), -EIO);
	kt_clone(&c, &t);
	kt_run_to_port(&c, 0x40);
	EQUAL(kt_value(&c), 0x1111);
	clone_in_child(&t);
}

static void child_with_clones(int fd)
{
	struct kt_vm t, c[4];

	KT_READY(&t, kt_fill);
	EQUAL(IOCTL(t.vm, MVM_FREEZE, 0), 0);
	for (int i = 0; i < 4; i++) {
		kt_clone(&c[i], &t);
		kt_set_args(&c[i], KT_LARGE, 0, 64);
	}
	CHECK(write(fd, "", 1) == 1);
	for (int i = 0;; i++) {
		kt_run_to_port(&c[i % 4], 0x42);
		if (i % 7 == 0)
			CHECK(IOCTL(c[i % 4].vm, MVM_RESET, KEEP) >= 0);
		c[i % 4].ram[KT_LARGE + 0x40000] = 1;
		kt_set_args(&c[i % 4], KT_LARGE, 0, 64);
	}
}

static void killed(void)
{
	int p[2], status;
	struct kt_vm v;
	char byte;

	kt_new_vm(&v);
	kt_need_clones(&v);
	CHECK(pipe(p) == 0);
	for (int i = 0; i < (kt_in_lab() ? 4 : 8); i++) {
		pid_t pid = fork();

		if (!pid)
			child_with_clones(p[1]);
		CHECK(read(p[0], &byte, 1) == 1);
		usleep(500U << (kt_in_lab() ? 2 * i : i));
		kill(pid, SIGKILL);
		CHECK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) &&
		      WTERMSIG(status) == SIGKILL);
	}
}

/* A large and sparse slot costs what is touched of it. */
static void sparse(void)
{
	const size_t size = 1UL << 34;
	struct kt_vm t, c;
	uint8_t *m;

	KT_READY(&t, kt_swap);
	m = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS |
		 MAP_NORESERVE, -1, 0);
	CHECK(m != MAP_FAILED);
	EQUAL(kt_slot(t.vm, 1, 0, 1UL << 35, size, m), 0);
	m[size - 1] = 0x12;
	m[size / 2] = 0x34;
	EQUAL(IOCTL(t.vm, MVM_FREEZE, 0), 0);
	kt_clone(&c, &t);
	m = mmap(NULL, size, PROT_READ, MAP_SHARED, c.vm, 1L << 35);
	CHECK(m != MAP_FAILED);
	EQUAL(m[size - 1], 0x12);
	EQUAL(m[size / 2], 0x34);
	EQUAL(m[0], 0);
	EQUAL(kt_private_pages(&c), 0);
}

/* What the template's memory has from a file is memory too, though nobody has touched it there. */
static void file_memory(void)
{
	int fd = memfd_create("kt", 0);
	struct kt_vm t, c;
	uint8_t *m;

	KT_READY(&t, kt_swap);
	CHECK(ftruncate(fd, 3 * 4096) == 0);
	CHECK(pwrite(fd, "\x21", 1, 4096) == 1);
	m = mmap(NULL, 4 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	EQUAL(kt_slot(t.vm, 1, 0, 0x40000000, 4 * 4096, m), 0);		/* ends behind the file */
	EQUAL(IOCTL(t.vm, MVM_FREEZE, 0), 0);
	CHECK(pwrite(fd, "\x22", 1, 4096) == 1);
	kt_clone(&c, &t);
	m = mmap(NULL, 4 * 4096, PROT_READ, MAP_SHARED, c.vm, 0x40000000);
	CHECK(m != MAP_FAILED);
	EQUAL(m[4096], 0x21);
	EQUAL(m[3 * 4096], 0);
}

static const struct kt_test tests[] = {
	{ "refused", refused, 0 },
	{ "continues", continues, 0 },
	{ "host_view", host_view, 0 },
	{ "permissions", permissions, 0 },
	{ "orphans", orphans, 0 },
	{ "processes", processes, 0 },
	{ "killed", killed, 0 },
	{ "sparse", sparse, 0 },
	{ "file_memory", file_memory, 0 },
};

int main(int argc, char **argv)
{
	return kt_main(argc, argv, "kmod/clone", tests, sizeof(tests) / sizeof(*tests));
}
