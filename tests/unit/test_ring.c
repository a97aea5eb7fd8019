/* SPDX-License-Identifier: MIT */
/*
 * The ring against guests that write nonsense into it, also while it is read.
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "service_fixture.h"

static int setup(void **state)
{
	*state = fixture_new();
	return 0;
}

static int teardown(void **state)
{
	fixture_free(*state);
	return 0;
}

static void submit(struct fixture *f, struct mvm_sqe e)
{
	struct mvm_ring *r = f->s.ring;

	r->sq[r->sq_tail % MVM_RING_ENTRIES] = e;
	r->sq_tail++;
}

static unsigned int drain(struct fixture *f)
{
	bool left;

	return ring_drain(&f->s, DRAIN_VCPU, &left);
}

static void in_order(void **state)
{
	struct fixture *f = *state;
	struct mvm_ring *r = f->s.ring;

	assert_int_equal(drain(f), 0);
	for (unsigned int i = 0; i < 10; i++)
		submit(f, (struct mvm_sqe){ .op = MVM_OP_NOP, .user = 100 + i });
	assert_int_equal(drain(f), 10);
	assert_int_equal(r->cq_tail, 10);
	assert_int_equal(r->sq_head, 10);
	for (unsigned int i = 0; i < 10; i++) {
		assert_int_equal(r->cq[i].user, 100 + i);
		assert_int_equal(r->cq[i].res, 0);
	}
	assert_int_equal(f->stats.requests[MVM_OP_NOP], 10);
	assert_int_equal(f->stats.kicked, 10);
}

static void indices_wrap(void **state)
{
	struct fixture *f = *state;
	struct mvm_ring *r = f->s.ring;

	f->s.sq_head = r->sq_tail = UINT32_MAX - 2;
	f->s.cq_tail = f->s.cq_head = r->cq_head = r->cq_tail = UINT32_MAX - 1;
	for (int i = 0; i < 6; i++)
		assert_int_equal(call(f, (struct mvm_sqe){ .op = MVM_OP_NOP }), 0);
	assert_int_equal(r->sq_tail, 3);
	assert_int_equal(r->cq_tail, 4);
}

static void nonsense_tail(void **state)
{
	static const uint32_t tails[] = { 65, 66, 1000, UINT32_MAX, 0x80000000, UINT32_MAX - 63 };
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(tails) / sizeof(*tails); i++) {
		f->s.ring->sq_tail = tails[i];
		assert_int_equal(drain(f), 0);
		assert_int_equal(f->s.ring->cq_tail, 0);
		assert_int_equal(f->s.sq_head, 0);
	}
	assert_int_equal(f->stats.bad_requests, sizeof(tails) / sizeof(*tails));
}

/* What the guest writes into the host's fields changes nothing but what it reads there. */
static void host_fields_overwritten(void **state)
{
	struct fixture *f = *state;
	struct mvm_ring *r = f->s.ring;

	submit(f, (struct mvm_sqe){ .op = MVM_OP_NOP, .user = 1 });
	r->sq_head = 0xdeadbeef;
	r->cq_tail = 0xdeadbeef;
	assert_int_equal(drain(f), 1);
	assert_int_equal(r->cq_tail, 1);
	assert_int_equal(r->sq_head, 1);
}

static void no_room(void **state)
{
	struct fixture *f = *state;
	struct mvm_ring *r = f->s.ring;

	for (unsigned int i = 0; i < MVM_RING_ENTRIES; i++)
		submit(f, (struct mvm_sqe){ .op = MVM_OP_NOP });
	assert_int_equal(drain(f), MVM_RING_ENTRIES);
	submit(f, (struct mvm_sqe){ .op = MVM_OP_NOP });
	assert_int_equal(drain(f), 0);
	/* beyond the tail: nothing was completed there */
	r->cq_head = 1000;
	assert_int_equal(drain(f), 0);
	r->cq_head = UINT32_MAX;
	assert_int_equal(drain(f), 0);
	r->cq_head = 1;
	assert_int_equal(drain(f), 1);
	submit(f, (struct mvm_sqe){ .op = MVM_OP_NOP });
	assert_int_equal(drain(f), 0);
	r->cq_head = f->s.cq_tail;
	assert_int_equal(drain(f), 1);
}

static void unknown(void **state)
{
	static const unsigned int none[] = { 15, 23, 31, 44, 57, 63, 64, 65, 1000, 0xffff };
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++)
		assert_int_equal(call(f, (struct mvm_sqe){ .op = (uint16_t)none[i] }), -ENOSYS);
	for (unsigned int flag = 1; flag < 0x10000; flag <<= 1)
		assert_int_equal(call(f, (struct mvm_sqe){ .op = MVM_OP_NOP,
							   .flags = (uint16_t)flag }), -EINVAL);
	assert_int_equal(call(f, (struct mvm_sqe){ .op = MVM_OP_WRITE, .flags = 2 }), -EINVAL);
	assert_null(request_name(63));
	assert_null(request_name(64));
	assert_string_equal(request_name(MVM_OP_READ), "read");
}

static void poller_leaves_kick_only(void **state)
{
	struct fixture *f = *state;
	bool left;

	submit(f, (struct mvm_sqe){ .op = MVM_OP_NOP, .user = 1 });
	submit(f, (struct mvm_sqe){ .op = MVM_OP_WAIT, .user = 2 });
	submit(f, (struct mvm_sqe){ .op = MVM_OP_NOP, .user = 3 });
	assert_int_equal(ring_drain(&f->s, DRAIN_POLLER, &left), 1);
	assert_true(left);
	assert_int_equal(ring_drain(&f->s, DRAIN_POLLER, &left), 0);
	assert_true(left);
	assert_int_equal(ring_drain(&f->s, DRAIN_VCPU, &left), 2);
	assert_false(left);
	assert_int_equal(f->s.ring->cq[2].user, 3);
	assert_int_equal(f->stats.polled, 1);
	assert_int_equal(f->stats.kicked, 2);
}

static void nothing_after_exit(void **state)
{
	struct fixture *f = *state;

	submit(f, (struct mvm_sqe){ .op = MVM_OP_NOP });
	submit(f, (struct mvm_sqe){ .op = MVM_OP_EXIT, .arg = 7 });
	submit(f, (struct mvm_sqe){ .op = MVM_OP_NOP });
	assert_int_equal(drain(f), 1);
	assert_int_equal(f->s.ring->cq_tail, 1);
	assert_true(f->s.ending.ended);
	assert_int_equal(drain(f), 0);
}

/* ---- A second processor of the guest rewrites entries while they are taken ------------------- */

struct flipper {
	struct fixture *f;
	bool stop;
};

static void *flip(void *arg)
{
	struct flipper *fl = arg;
	struct mvm_ring *r = fl->f->s.ring;
	volatile struct mvm_sqe *e = r->sq;
	volatile struct mvm_iov *v = at(fl->f, (mvm_gpa_t){ SCRATCH });
	unsigned int n = 0;

	while (!__atomic_load_n(&fl->stop, __ATOMIC_RELAXED)) {
		for (unsigned int i = 0; i < MVM_RING_ENTRIES; i++) {
			e[i].addr.v = n & 1 ? SCRATCH : UINT64_MAX - 8;
			e[i].len = n & 2 ? 4 : 1UL << 40;
			e[i].flags = n & 4 ? MVM_SQE_IOV : 0;
			e[i].handle = n & 8 ? H_OUT : -7;
		}
		v[0].addr.v = n & 1 ? RAM_BYTES - 8 : RAM_BYTES - 4;
		v[0].len = n & 2 ? 8 : 4;
		v[1].addr.v = n & 4 ? 1UL << 50 : 0;
		n++;
	}
	return NULL;
}

/*
 * Each request must be judged by one reading of it: what is carried out is good, what is
 * refused is one of the refusals, and no byte beside guest RAM is touched (that would be fatal).
 */
static void entries_change(void **state)
{
	struct flipper fl = { .f = *state };
	struct fixture *f = fl.f;
	struct mvm_ring *r = f->s.ring;
	unsigned long done = 0;
	pthread_t thread;
	char sink[65536];
	bool written;

	for (unsigned int i = 0; i < MVM_RING_ENTRIES; i++)
		r->sq[i] = (struct mvm_sqe){ .op = MVM_OP_WRITE, .off = MVM_OFF_CURRENT };
	pthread_create(&thread, NULL, flip, &fl);
	while (done < 20000) {
		r->sq_tail += MVM_RING_ENTRIES / 2;
		drain(f);
		written = false;
		while (r->cq_head != r->cq_tail) {
			int64_t res = r->cq[r->cq_head++ % MVM_RING_ENTRIES].res;

			assert_true(res == -EBADF || res == -EFAULT || res == -EINVAL ||
				    res == -EAGAIN || (res >= 0 && res <= 64));
			written |= res > 0;
			done++;
		}
		if (written)
			assert_true(read(f->out_pipe[0], sink, sizeof(sink)) > 0);
	}
	__atomic_store_n(&fl.stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
}

static void *scribble(void *arg)
{
	struct flipper *fl = arg;
	volatile uint32_t *p = (volatile uint32_t *)fl->f->s.ring;
	uint32_t x = 1;

	while (!__atomic_load_n(&fl->stop, __ATOMIC_RELAXED)) {
		for (size_t i = 0; i < sizeof(struct mvm_ring) / 4; i++) {
			x = x * 1664525 + 1013904223;
			p[i] = i % 16 == 0 ? x >> 24 : x >> (x >> 28);
		}
	}
	return NULL;
}

/* All of the ring is noise: nothing is expected but to survive it. */
static void noise(void **state)
{
	struct flipper fl = { .f = *state };
	struct fixture *f = fl.f;
	pthread_t thread;

	f->s.handles.used = 0;		/* any handle: none is to be hit by chance */
	pthread_create(&thread, NULL, scribble, &fl);
	for (int i = 0; i < 20000; i++) {
		bool left;

		ring_drain(&f->s, DRAIN_POLLER, &left);
		f->s.ending.ended = false;
	}
	__atomic_store_n(&fl.stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	f->s.handles.used = 3;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(in_order, setup, teardown),
		cmocka_unit_test_setup_teardown(indices_wrap, setup, teardown),
		cmocka_unit_test_setup_teardown(nonsense_tail, setup, teardown),
		cmocka_unit_test_setup_teardown(host_fields_overwritten, setup, teardown),
		cmocka_unit_test_setup_teardown(no_room, setup, teardown),
		cmocka_unit_test_setup_teardown(unknown, setup, teardown),
		cmocka_unit_test_setup_teardown(poller_leaves_kick_only, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_after_exit, setup, teardown),
		cmocka_unit_test_setup_teardown(entries_change, setup, teardown),
		cmocka_unit_test_setup_teardown(noise, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
