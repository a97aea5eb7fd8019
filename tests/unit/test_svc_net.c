/* SPDX-License-Identifier: MIT */
/*
 * The requests about sockets: what a guest may do with those that were granted, and that it comes
 * nowhere else.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "net/addr.h"
#include "net/unixto.h"
#include "plan.h"
#include "service_fixture.h"

#define RIGHTS	(MVM_RIGHT_READ | MVM_RIGHT_WRITE | MVM_RIGHT_WAIT)

/* A socket of the host on 127.0.0.1 and its port; type SOCK_STREAM: listening. */
static int host_socket(int type, uint16_t *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(fd, 5), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	*port = ntohs(a.sin_port);
	return fd;
}

static struct mvm_inet inet(const char *ip, uint16_t port, uint16_t proto)
{
	struct mvm_inet in = { .port = port, .proto = proto };

	assert_int_equal(inet_pton(AF_INET6, ip, in.ip), 1);
	return in;
}

static int32_t grant_socket(struct fixture *f, int fd, uint32_t kind)
{
	int32_t n = handle_add(&f->s.handles, fd, kind, RIGHTS);

	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	f->s.handles.h[n].grant = true;
	f->s.handles.h[n].nonblock = true;
	return n;
}

static int64_t connect_to(struct fixture *f, struct mvm_inet in)
{
	struct mvm_sqe e = { .op = MVM_OP_CONNECT, .addr = put(f, &in, sizeof(in)),
			     .len = sizeof(in) };

	return call(f, e);
}

static int64_t read_some(struct fixture *f, int64_t h, const char *expect)
{
	size_t len = strlen(expect);
	mvm_gpa_t to = room(f, 64);
	int64_t n = call(f, (struct mvm_sqe){ .op = MVM_OP_READ, .handle = (int32_t)h, .addr = to,
					      .len = 64, .off = MVM_OFF_CURRENT });

	if (n >= 0) {
		assert_int_equal(n, len);
		assert_memory_equal(at(f, to), expect, len);
	}
	return n;
}

static int64_t plain(struct fixture *f, uint16_t op, int64_t h, uint64_t arg)
{
	return call(f, (struct mvm_sqe){ .op = op, .handle = (int32_t)h, .arg = arg });
}

static void accepting(void **state)
{
	struct fixture *f = *state;
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct mvm_sqe e = { .op = MVM_OP_ACCEPT };
	struct mvm_inet peer;
	uint16_t port;
	int fd = host_socket(SOCK_STREAM, &port), client;
	int32_t l = grant_socket(f, fd, MVM_KIND_LISTENER);
	int before = open_descriptors();
	int64_t h;

	e.handle = l;
	assert_int_equal(call(f, e), -EAGAIN);
	client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	a.sin_port = htons(port);
	assert_int_equal(connect(client, (struct sockaddr *)&a, sizeof(a)), 0);
	/* Nothing is taken where the answer has no place. */
	e.addr2.v = UINT64_MAX;
	e.len2 = sizeof(peer);
	assert_int_equal(call(f, e), -EFAULT);
	e.addr2 = room(f, sizeof(peer));
	h = call(f, e);
	assert_true(h > 0);
	memcpy(&peer, at(f, e.addr2), sizeof(peer));
	assert_int_equal(peer.ip[12], 127);
	assert_int_equal(peer.ip[10], 0xff);
	assert_int_not_equal(peer.port, 0);
	assert_int_equal(fcntl(f->s.handles.h[h].fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);

	assert_int_equal(read_some(f, h, ""), -EAGAIN);
	assert_int_equal(write(client, "hello", 5), 5);
	assert_int_equal(read_some(f, h, "hello"), 5);
	assert_int_equal(plain(f, MVM_OP_SHUTDOWN, h, 3), -EINVAL);
	assert_int_equal(plain(f, MVM_OP_SHUTDOWN, h, 1), 0);
	assert_int_equal(read(client, &peer, 1), 0);
	close(client);
	assert_int_equal(read_some(f, h, ""), 0);
	assert_int_equal(plain(f, MVM_OP_CLOSE, h, 0), 0);
	assert_int_equal(plain(f, MVM_OP_CLOSE, l, 0), -EPERM);
	assert_int_equal(open_descriptors(), before);
}

static void connecting(void **state)
{
	struct fixture *f = *state;
	struct plan_connect c = { .proto = MVM_PROTO_TCP, .prefix = 128 };
	struct mvm_inet in;
	uint16_t port;
	int l = host_socket(SOCK_STREAM, &port);
	int64_t h;

	in = inet("::ffff:127.0.0.1", port, MVM_PROTO_TCP);
	assert_int_equal(connect_to(f, in), -EACCES);
	memcpy(c.ip, in.ip, sizeof(c.ip));
	c.first = c.last = port;
	f->s.connects = &c;
	f->s.nconnects = 1;
	h = connect_to(f, in);
	assert_true(h > 0);
	assert_int_equal(f->s.handles.h[h].kind, MVM_KIND_SOCKET);
	assert_int_equal(plain(f, MVM_OP_CLOSE, h, 0), 0);
	assert_int_equal(connect_to(f, inet("::ffff:127.0.0.2", port, MVM_PROTO_TCP)), -EACCES);
	assert_int_equal(connect_to(f, inet("::ffff:127.0.0.1", 1, MVM_PROTO_TCP)), -EACCES);
	assert_int_equal(connect_to(f, inet("::1", port, MVM_PROTO_TCP)), -EACCES);
	assert_int_equal(connect_to(f, inet("::ffff:127.0.0.1", port, MVM_PROTO_UDP)), -EACCES);
	assert_int_equal(connect_to(f, inet("::ffff:127.0.0.1", port, 1)), -EINVAL);
	assert_int_equal(connect_to(f, inet("::ffff:127.0.0.1", 0, MVM_PROTO_TCP)), -EACCES);
	in.pad = 1;
	assert_int_equal(connect_to(f, in), -EINVAL);
	in.pad = 0;
	assert_int_equal(call(f, (struct mvm_sqe){ .op = MVM_OP_CONNECT, .len = 23,
						   .addr = put(f, &in, sizeof(in)) }), -EINVAL);
	assert_int_equal(call(f, (struct mvm_sqe){ .op = MVM_OP_CONNECT, .len = sizeof(in),
						   .addr.v = UINT64_MAX }), -EFAULT);
	/* All addresses are granted, but 0.0.0.0 would be this host. */
	memset(c.ip + 12, 0, 4);
	c.prefix = 96;
	assert_int_equal(connect_to(f, inet("::ffff:0.0.0.0", port, MVM_PROTO_TCP)), -EACCES);
	assert_int_equal(connect_to(f, inet("::", port, MVM_PROTO_TCP)), -EACCES);
	close(l);
}

/* A socket of the file system, from its directory, whatever the working directory was. */
static void connecting_unix(void **state)
{
	struct fixture *f = *state;
	char dir[] = "/tmp/test_svc_net.XXXXXX", path[64];
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	struct mvm_sqe e = { .op = MVM_OP_CONNECT };
	int l = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), c;
	int64_t h;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/sock", dir);
	strcpy(a.sun_path, path);
	e.handle = handle_add(&f->s.handles, open(dir, O_PATH | O_CLOEXEC), MVM_KIND_UNIX, 0);
	f->s.handles.h[e.handle].grant = true;
	f->s.handles.h[e.handle].base = 3;
	assert_int_equal(unix_to_note(3, "sock"), 0);
	assert_int_equal(call(f, e), -ENOENT);
	assert_int_equal(bind(l, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(call(f, e), -ECONNREFUSED);
	assert_int_equal(listen(l, 0), 0);
	h = call(f, e);
	assert_true(h > 0);
	assert_int_equal(f->s.handles.h[h].kind, MVM_KIND_SOCKET);
	assert_int_equal(call(f, e), -EAGAIN);
	c = accept(l, NULL, NULL);
	assert_int_equal(write(c, "hello", 5), 5);
	assert_int_equal(read_some(f, h, "hello"), 5);
	/* Nothing else is such a handle, and it is nothing else. */
	assert_int_equal(plain(f, MVM_OP_CONNECT, h, 0), -EINVAL);
	assert_int_equal(plain(f, MVM_OP_CONNECT, 77, 0), -EINVAL);
	assert_int_equal(read_some(f, e.handle, ""), -EBADF);
	assert_int_equal(plain(f, MVM_OP_ACCEPT, e.handle, 0), -ENOTSOCK);
	assert_int_equal(plain(f, MVM_OP_CLOSE, e.handle, 0), -EPERM);
	assert_int_equal(plain(f, MVM_OP_CLOSE, h, 0), 0);
	close(c);
	close(l);
	unlink(path);
	rmdir(dir);
}

static int64_t send_to(struct fixture *f, int32_t h, const struct mvm_inet *in)
{
	struct mvm_sqe e = { .op = MVM_OP_SEND, .handle = h, .addr = put(f, "data", 4), .len = 4 };

	if (in) {
		e.addr2 = put(f, in, sizeof(*in));
		e.len2 = sizeof(*in);
	}
	return call(f, e);
}

/* Where it cannot be received nothing comes into the guest's buffer. */
static int64_t receive(struct fixture *f, int32_t h, uint64_t flags, struct mvm_inet *from)
{
	struct mvm_sqe e = { .op = MVM_OP_RECV, .handle = h, .arg = flags, .len = 3 };
	static const char nothing[3] = { '\xa5', '\xa5', '\xa5' };
	int64_t n;

	e.addr = room(f, 16);
	e.addr2 = room(f, sizeof(*from));
	e.len2 = sizeof(*from);
	n = call(f, e);
	memcpy(from, at(f, e.addr2), sizeof(*from));
	if (n < 0)
		assert_memory_equal(at(f, e.addr), nothing, sizeof(nothing));
	return n;
}

/* From a socket of --listen a guest answers those who asked, and nobody else. */
static void answering(void **state)
{
	struct fixture *f = *state;
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	uint16_t port, client_port, other_port;
	int fd = host_socket(SOCK_DGRAM, &port), client = host_socket(SOCK_DGRAM, &client_port);
	int other = host_socket(SOCK_DGRAM, &other_port);
	int32_t h = grant_socket(f, fd, MVM_KIND_DATAGRAM);
	struct mvm_inet to = inet("::ffff:127.0.0.1", client_port, MVM_PROTO_UDP), from;
	char buf[8];

	assert_int_equal(receive(f, h, 0, &from), -EAGAIN);
	assert_int_equal(send_to(f, h, &to), -EACCES);
	a.sin_port = htons(port);
	assert_int_equal(sendto(client, "hello", 5, 0, (struct sockaddr *)&a, sizeof(a)), 5);
	assert_int_equal(receive(f, h, MVM_RECV_PEEK, &from), 3);
	assert_int_equal(receive(f, h, 0, &from), 3);
	assert_int_equal(f->out[0], 5);
	assert_memory_equal(&from, &to, sizeof(to));
	assert_int_equal(send_to(f, h, &to), 4);
	assert_int_equal(recv(client, buf, sizeof(buf), 0), 4);
	to.port = other_port;
	assert_int_equal(send_to(f, h, &to), -EACCES);
	assert_int_equal(send_to(f, h, NULL), -EDESTADDRREQ);
	assert_int_equal(receive(f, h, 2, &from), -EINVAL);
	assert_int_equal(plain(f, MVM_OP_READ, h, 0), -EBADF);
	close(client);
	close(other);
}

/* What a socket of --connect receives comes from where it may send to. */
static void asking(void **state)
{
	struct fixture *f = *state;
	struct plan_connect c = { .proto = MVM_PROTO_UDP, .prefix = 128 };
	struct sockaddr_storage a;
	socklen_t len = sizeof(a);
	uint16_t port, other_port;
	int server = host_socket(SOCK_DGRAM, &port), other = host_socket(SOCK_DGRAM, &other_port);
	struct mvm_inet to = inet("::ffff:127.0.0.1", port, MVM_PROTO_UDP), from;
	char buf[8];
	int64_t h;

	assert_int_equal(connect_to(f, inet("::ffff:0.0.0.0", 0, MVM_PROTO_UDP)), -EACCES);
	memcpy(c.ip, to.ip, sizeof(c.ip));
	c.first = c.last = port;
	f->s.connects = &c;
	f->s.nconnects = 1;
	h = connect_to(f, inet("::ffff:0.0.0.0", 0, MVM_PROTO_UDP));
	assert_true(h > 0);
	assert_int_equal(f->s.handles.h[h].kind, MVM_KIND_DATAGRAM);
	assert_int_equal(send_to(f, (int32_t)h, &to), 4);
	assert_int_equal(recvfrom(server, buf, 8, 0, (struct sockaddr *)&a, &len), 4);
	assert_int_equal(sendto(other, "evil", 4, 0, (struct sockaddr *)&a, len), 4);
	assert_int_equal(receive(f, (int32_t)h, 0, &from), -EAGAIN);
	assert_int_equal(sendto(other, "evil", 4, 0, (struct sockaddr *)&a, len), 4);
	assert_int_equal(sendto(server, "good", 4, 0, (struct sockaddr *)&a, len), 4);
	assert_int_equal(receive(f, (int32_t)h, MVM_RECV_PEEK, &from), 3);
	assert_memory_equal(&from, &to, sizeof(to));
	assert_int_equal(receive(f, (int32_t)h, 0, &from), 3);
	to.port = other_port;
	assert_int_equal(send_to(f, (int32_t)h, &to), -EACCES);
	/* All addresses are granted, but 0.0.0.0 would be this host. */
	memset(c.ip + 12, 0, 4);
	c.prefix = 96;
	to = inet("::ffff:0.0.0.0", port, MVM_PROTO_UDP);
	assert_int_equal(send_to(f, (int32_t)h, &to), -EACCES);
	assert_int_equal(plain(f, MVM_OP_CLOSE, h, 0), 0);
	/* The kernel does the same for one that is connected. */
	to = inet("::ffff:127.0.0.1", port, MVM_PROTO_UDP);
	h = connect_to(f, to);
	assert_int_equal(send_to(f, (int32_t)h, NULL), 4);
	len = sizeof(a);
	assert_int_equal(recvfrom(server, buf, 8, 0, (struct sockaddr *)&a, &len), 4);
	assert_int_equal(sendto(other, "evil", 4, 0, (struct sockaddr *)&a, len), 4);
	assert_int_equal(receive(f, (int32_t)h, 0, &from), -EAGAIN);
	assert_int_equal(sendto(server, "good", 4, 0, (struct sockaddr *)&a, len), 4);
	assert_int_equal(receive(f, (int32_t)h, 0, &from), 3);
	assert_int_equal(plain(f, MVM_OP_CLOSE, h, 0), 0);
	close(server);
	close(other);
}

static void options(void **state)
{
	struct fixture *f = *state;
	uint16_t port;
	int l = host_socket(SOCK_STREAM, &port), v[2];
	int32_t h;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, v), 0);
	h = grant_socket(f, socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), MVM_KIND_SOCKET);
	assert_int_equal(plain(f, MVM_OP_GETSOCKOPT, h, MVM_SO_NODELAY), 0);
	assert_int_equal(f->out[0], 0);
	assert_int_equal(call(f, (struct mvm_sqe){ .op = MVM_OP_SETSOCKOPT, .handle = h, .off = 1,
						   .arg = MVM_SO_NODELAY }), 0);
	assert_int_equal(plain(f, MVM_OP_GETSOCKOPT, h, MVM_SO_NODELAY), 0);
	assert_int_equal(f->out[0], 1);
	assert_int_equal(plain(f, MVM_OP_GETSOCKOPT, h, MVM_SO_RESET), -EINVAL);
	assert_int_equal(plain(f, MVM_OP_SETSOCKOPT, h, MVM_SO_ERROR), -EINVAL);
	assert_int_equal(plain(f, MVM_OP_SETSOCKOPT, h, MVM_SO_INQ), -EINVAL);
	assert_int_equal(plain(f, MVM_OP_SETSOCKOPT, h, 4711), -EINVAL);
	assert_int_equal(call(f, (struct mvm_sqe){ .op = MVM_OP_SETSOCKOPT, .handle = h,
						   .off = UINT64_MAX, .arg = MVM_SO_CORK }),
			 -EINVAL);
	h = grant_socket(f, v[0], MVM_KIND_SOCKET);
	assert_int_equal(write(v[1], "abc", 3), 3);
	assert_int_equal(plain(f, MVM_OP_GETSOCKOPT, h, MVM_SO_INQ), 0);
	assert_int_equal(f->out[0], 3);
	close(l);
	close(v[1]);
}

/* A request meets a handle of another kind. */
static void kinds(void **state)
{
	static const uint16_t ops[] = { MVM_OP_ACCEPT, MVM_OP_SHUTDOWN, MVM_OP_SEND, MVM_OP_RECV,
					MVM_OP_GETSOCKOPT, MVM_OP_SETSOCKOPT, MVM_OP_GETNAME,
					MVM_OP_SENDFILE };
	struct fixture *f = *state;
	uint16_t port;
	int32_t l = grant_socket(f, host_socket(SOCK_STREAM, &port), MVM_KIND_LISTENER);

	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		assert_int_equal(plain(f, ops[i], H_IN, 0), -ENOTSOCK);
		assert_int_equal(plain(f, ops[i], H_RW, 0), -ENOTSOCK);
		assert_int_equal(plain(f, ops[i], 999, 0), -EBADF);
		assert_int_equal(plain(f, ops[i], -1, 0), -EBADF);
	}
	assert_int_equal(plain(f, MVM_OP_GETNAME, l, 2), -EINVAL);
	assert_int_equal(plain(f, MVM_OP_GETNAME, l, 1), -ENOTCONN);
	assert_int_equal(plain(f, MVM_OP_READ, l, 0), -EBADF);
	assert_int_equal(plain(f, MVM_OP_FSYNC, l, 0), -EINVAL);
	assert_int_equal(plain(f, MVM_OP_SETATTR, l, 0) < 0, 1);
}

static int64_t send_file(struct fixture *f, int32_t to, uint64_t from, uint64_t off, uint64_t len)
{
	return call(f, (struct mvm_sqe){ .op = MVM_OP_SENDFILE, .handle = to, .arg = from,
					 .off = off, .len = len });
}

/* Files to connections: what may be named, and that nothing overtakes a WRITE that came short. */
static void sending_files(void **state)
{
	struct fixture *f = *state;
	int64_t file = open_path(f, H_RO, "file", MVM_O_READ, 0);
	int64_t dir = open_path(f, H_RO, "dir", MVM_O_READ | MVM_O_DIRECTORY, 0);
	int64_t blind = open_path(f, H_RW, "file", MVM_O_WRITE, 0);
	int pair[2], size = 1;
	int32_t to;
	char got[16];
	struct mvm_sqe e = { .op = MVM_OP_WRITE, .addr = { SCRATCH }, .len = 1 << 20,
			     .off = MVM_OFF_CURRENT };

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	to = grant_socket(f, pair[0], MVM_KIND_SOCKET);
	assert_int_equal(send_file(f, to, (uint64_t)file, 2, 5), 5);
	assert_int_equal(read(pair[1], got, sizeof(got)), 5);
	assert_memory_equal(got, "23456", 5);
	assert_int_equal(send_file(f, to, (uint64_t)file, 8, UINT64_MAX), 2);
	assert_int_equal(send_file(f, to, (uint64_t)file, 10, 1), 0);
	assert_int_equal(send_file(f, to, (uint64_t)file, 0, 0), 0);
	assert_int_equal(read(pair[1], got, sizeof(got)), 2);

	assert_int_equal(send_file(f, to, (uint64_t)file, 1UL << 63, 1), -EINVAL);
	assert_int_equal(send_file(f, to, (uint64_t)dir, 0, 1), -EBADF);
	assert_int_equal(send_file(f, to, (uint64_t)blind, 0, 1), -EBADF);
	assert_int_equal(send_file(f, to, H_IN, 0, 1), -EBADF);
	assert_int_equal(send_file(f, to, H_RO, 0, 1), -EBADF);
	assert_int_equal(send_file(f, to, (uint64_t)to, 0, 1), -EBADF);
	assert_int_equal(send_file(f, to, 999, 0, 1), -EBADF);
	assert_int_equal(send_file(f, to, (uint64_t)file | 1UL << 33, 0, 1), -EBADF);
	assert_int_equal(send_file(f, to, UINT64_MAX, 0, 1), -EBADF);
	assert_int_equal(send_file(f, (int32_t)file, (uint64_t)file, 0, 1), -ENOTSOCK);
	assert_int_equal(send_file(f, H_OUT, (uint64_t)file, 0, 1), -ENOTSOCK);
	assert_int_equal(send_file(f, 999, (uint64_t)file, 0, 1), -EBADF);

	e.handle = to;
	setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	assert_in_range(call(f, e), 1, (1 << 20) - 1);
	assert_int_equal(send_file(f, to, (uint64_t)file | MVM_SENDFILE_BEHIND, 0, 5), -EAGAIN);
	while (recv(pair[1], at(f, (mvm_gpa_t){ SCRATCH }), 1 << 20, MSG_DONTWAIT) > 0)
		;
	/* There is room again, but the rest of the bytes comes first. */
	assert_int_equal(send_file(f, to, (uint64_t)file | MVM_SENDFILE_BEHIND, 0, 5), -EAGAIN);
	e.len = 1;
	assert_int_equal(call(f, e), 1);
	assert_int_equal(send_file(f, to, (uint64_t)file | MVM_SENDFILE_BEHIND, 0, 5), 5);
	close(pair[1]);
	assert_int_equal(send_file(f, to, (uint64_t)file, 0, 5), -EPIPE);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(accepting), TEST(connecting), TEST(connecting_unix), TEST(answering),
		TEST(asking), TEST(options), TEST(kinds),
		TEST(sending_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
