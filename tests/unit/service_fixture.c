/* SPDX-License-Identifier: MIT */
/*
 * See service_fixture.h.  Stands in for vm.c too, which the service asks for time and memory, and
 * for finish.c, where it never returns.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "service_fixture.h"

int vm_grow(struct vm *vm, uint64_t bytes)
{
	vm->ram.present += bytes;
	return 0;
}

int vm_set_exec(struct vm *v, uint64_t gpa, uint64_t len, uint32_t mode)
{
	(void)v, (void)gpa, (void)len, (void)mode;
	return -ENOSYS;
}

int vm_time(struct vm *vm, struct mvm_time *t)
{
	(void)vm;
	*t = (struct mvm_time){ .real_ns = 1, .mult = 2 };
	return 0;
}

static sigjmp_buf dying;

_Noreturn void finish_signal(int sig)
{
	siglongjmp(dying, sig);
}

int dies_of(int sig)
{
	int died = sigsetjmp(dying, 1);

	if (!died)
		raise(sig);
	return died;
}

/* Accesses next to guest RAM die: that is how the tests see them. */
static uint8_t *guest_ram(void)
{
	uint8_t *p = mmap(NULL, 2 * RAM_BYTES + 8192, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	assert_ptr_not_equal(p, MAP_FAILED);
	assert_int_equal(mprotect(p + 4096, 2 * RAM_BYTES, PROT_READ | PROT_WRITE), 0);
	return p + 4096;
}

static void grant(struct fixture *f, int fd, uint32_t kind, uint32_t rights, int32_t expect)
{
	int32_t n = handle_add(&f->s.handles, fd, kind, rights);

	assert_int_equal(n, expect);
	f->s.handles.h[n].grant = true;
}

struct fixture *fixture_new(void)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct mvm_boot *boot;

	f->vm.ram = (struct guest_ram){ .hva = guest_ram(), .present = RAM_BYTES,
					.max = 2 * RAM_BYTES };
	boot = (struct mvm_boot *)f->vm.ram.hva;
	boot->magic = MVM_ABI_MAGIC;
	boot->free_gpa = RAM_BYTES / 2;
	handles_init(&f->s.handles);
	service_init(&f->s, &f->vm, &f->stats);
	assert_int_equal(watch_init(), 0);
	f->scratch = SCRATCH;
	assert_int_equal(pipe2(f->in_pipe, O_CLOEXEC), 0);
	assert_int_equal(pipe2(f->out_pipe, O_CLOEXEC), 0);
	grant(f, f->in_pipe[0], MVM_KIND_STREAM, MVM_RIGHT_READ | MVM_RIGHT_WAIT, H_IN);
	grant(f, f->out_pipe[1], MVM_KIND_STREAM, MVM_RIGHT_WRITE | MVM_RIGHT_WAIT, H_OUT);
	grant(f, dup(2), MVM_KIND_STREAM, MVM_RIGHT_WRITE | MVM_RIGHT_WAIT, H_ERR);
	return f;
}

char *host_path(struct fixture *f, const char *path)
{
	static char full[2][4200];
	static int which;

	which = !which;
	snprintf(full[which], sizeof(full[which]), "%s/%s", f->root, path);
	return full[which];
}

void host_write(struct fixture *f, const char *path, const char *contents)
{
	FILE *file = fopen(host_path(f, path), "w");

	assert_non_null(file);
	fputs(contents, file);
	fclose(file);
}

const char *host_contents(struct fixture *f, const char *path)
{
	static char contents[8192];
	FILE *file = fopen(host_path(f, path), "r");
	size_t n = 0;

	if (file) {
		n = fread(contents, 1, sizeof(contents) - 1, file);
		fclose(file);
	}
	contents[n] = '\0';
	return contents;
}

int fixture_setup(void **state)
{
	struct fixture *f = fixture_new();
	int fd;

	snprintf(f->root, sizeof(f->root), "/tmp/mvm-test-XXXXXX");
	assert_non_null(mkdtemp(f->root));
	assert_int_equal(mkdir(host_path(f, "outside"), 0755), 0);
	assert_int_equal(mkdir(host_path(f, "grant"), 0755), 0);
	assert_int_equal(mkdir(host_path(f, "grant/dir"), 0755), 0);
	host_write(f, "outside/secret", "secret");
	host_write(f, "grant/file", "0123456789");
	host_write(f, "grant/dir/inner", "inner");
	assert_int_equal(symlink("dir/inner", host_path(f, "grant/in")), 0);
	assert_int_equal(symlink("../outside/secret", host_path(f, "grant/up")), 0);
	assert_int_equal(symlink("../outside", host_path(f, "grant/updir")), 0);
	assert_int_equal(symlink("nothing", host_path(f, "grant/dangling")), 0);
	assert_int_equal(symlink(host_path(f, "outside/secret"), host_path(f, "grant/abs")), 0);
	assert_int_equal(mkfifo(host_path(f, "grant/fifo"), 0666), 0);

	fd = open(host_path(f, "grant"), O_PATH | O_DIRECTORY | O_CLOEXEC);
	grant(f, fd, MVM_KIND_DIR, MVM_RIGHT_READ | MVM_RIGHT_LOOKUP | MVM_RIGHT_WRITE |
	      MVM_RIGHT_CREATE, H_RW);
	grant(f, dup(fd), MVM_KIND_DIR, MVM_RIGHT_READ | MVM_RIGHT_LOOKUP, H_RO);
	f->s.handles.h[H_RO].read_only = true;
	*state = f;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void fixture_free(struct fixture *f)
{
	for (int32_t n = 0; n < (int32_t)f->s.handles.used; n++)
		if (handle_get(&f->s.handles, n))
			close(f->s.handles.h[n].fd);
	close(f->in_pipe[1]);
	close(f->out_pipe[0]);
	munmap(f->vm.ram.hva - 4096, 2 * RAM_BYTES + 8192);
	free(f);
}

int fixture_teardown(void **state)
{
	struct fixture *f = *state;

	nftw(f->root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	fixture_free(f);
	return 0;
}

void *at(struct fixture *f, mvm_gpa_t a)
{
	return f->vm.ram.hva + a.v;
}

mvm_gpa_t room(struct fixture *f, size_t len)
{
	mvm_gpa_t a = { f->scratch };

	f->scratch += (len + 15) & ~15UL;
	assert_true(f->scratch < RAM_BYTES / 2);
	memset(at(f, a), 0xa5, len);
	return a;
}

mvm_gpa_t put(struct fixture *f, const void *data, size_t len)
{
	mvm_gpa_t a = room(f, len);

	memcpy(at(f, a), data, len);
	return a;
}

int64_t call(struct fixture *f, struct mvm_sqe e)
{
	struct mvm_ring *r = f->s.ring;
	struct mvm_cqe *c = &r->cq[r->cq_head % MVM_RING_ENTRIES];
	bool left;

	e.user = 0x1234567890abcdefUL ^ r->sq_tail;
	r->sq[r->sq_tail % MVM_RING_ENTRIES] = e;
	r->sq_tail++;
	assert_int_equal(ring_drain(&f->s, DRAIN_VCPU, &left), 1);
	assert_false(left);
	r->cq_head++;
	assert_int_equal(r->cq_tail, r->cq_head);
	assert_int_equal(c->user, e.user);
	memcpy(f->out, c->out, sizeof(f->out));
	f->scratch = SCRATCH;
	return c->res;
}

int64_t call_path(struct fixture *f, struct mvm_sqe e, const char *path)
{
	e.addr = put(f, path, strlen(path));
	e.len = strlen(path);
	return call(f, e);
}

int64_t open_path(struct fixture *f, int32_t dir, const char *path, uint32_t flags, uint32_t mode)
{
	return call_path(f, (struct mvm_sqe){ .op = MVM_OP_OPEN, .handle = dir,
					      .arg = flags | (uint64_t)mode << 32 }, path);
}

int64_t stat_path_of(struct fixture *f, int32_t dir, const char *path, struct mvm_stat *st)
{
	mvm_gpa_t a = room(f, sizeof(*st));
	int64_t r = call_path(f, (struct mvm_sqe){ .op = MVM_OP_STAT, .handle = dir, .addr2 = a,
						   .len2 = sizeof(*st) }, path);

	memcpy(st, at(f, a), sizeof(*st));
	return r;
}

/* Not from /proc: that would take a descriptor, and there may be none left. */
int open_descriptors(void)
{
	int n = 0;

	for (int fd = 0; fd < (int)MVM_HANDLES_MAX + 64; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}
