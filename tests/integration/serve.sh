#!/bin/sh
# SPDX-License-Identifier: MIT
# mvm serve: connections, how requests end, limits, drain, reload, metrics, access log, what it is passed.
. "$(dirname "$0")/../lib.sh"

top=$(cd "$tests/.." && pwd)
reason=$(no_serve)
if [ -z "$reason" ] && ! command -v python3 >/dev/null; then
	reason="needs python3"
fi
if [ -n "$reason" ]; then
	skip serve "$reason"
	exit 0
fi

# ---- What is refused -----------------------------------------------------------------------------

# refused NAME ERE ARGUMENT...
refused() {
	r_name=serve/refused-$1
	r_what=$2
	shift 2
	check "$r_name" 125 "$mvm" serve "$@" || return
	one_line "$r_name" "$r_what" && ok "$r_name"
}

refused no-listen 'use --listen' x.elf
refused udp 'UDP has none' --listen udp:127.0.0.1:1 x.elf
refused pool 'more clones than --concurrency' --listen tcp:127.0.0.1:0 --pool 5 --concurrency 4 x.elf
refused reset 'none of auto, copy' --listen tcp:127.0.0.1:0 --reset never x.elf
refused contract 'none of auto' --listen tcp:127.0.0.1:0 --contract http x.elf
refused metrics 'no address of TCP' --listen tcp:127.0.0.1:0 --metrics udp:127.0.0.1:1 x.elf
refused disk 'grant it with :ro' --listen tcp:127.0.0.1:0 --disk x.img x.elf
refused log 'descriptor below 100' --listen tcp:127.0.0.1:0 --access-log fd:100 x.elf
refused ready '--ready-fd 77: is not open' --listen unix:"$scratch/r" --ready-fd 77 /bin/true
# ---- What is served ------------------------------------------------------------------------------

cat >"$scratch/lines.c" <<'END'
/* Answers each line; some lines mean something. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <mvm/abi.h>

static int seen;	/* never more than one request's lines */

/* Entries of the ring made of noise, behind the runtime's back, and what the ring is about, too. */
static void noise(unsigned long seed)
{
	struct mvm_ring *ring = (void *)(MVM_VA_RT_LOW + MVM_GPA_RING);
	unsigned int words[sizeof(struct mvm_sqe) / 4];

	for (int round = 0; round < 300; round++) {
		struct mvm_sqe e;

		for (unsigned int i = 0; i < sizeof(words) / 4; i++) {
			seed = seed * 6364136223846793005UL + 1442695040888963407UL;
			words[i] = seed >> 32;
		}
		memcpy(&e, words, sizeof(e));
		e.op = words[0] % (MVM_OP_MAX + 2);
		e.op = e.op == MVM_OP_EXIT || e.op == MVM_OP_LOG ? MVM_OP_CLOSE : e.op;
		e.handle = words[1] % 4 ? words[2] % 8 : e.handle;
		e.flags &= words[3] % 2 ? 1 : -1U;
		/* Not over ourselves: that is our own affair, and ends this soon. */
		e.addr.v |= 1UL << 40;
		ring->sq[ring->sq_tail % MVM_RING_ENTRIES] = e;
		__atomic_store_n(&ring->sq_tail, words[4] % 16 ? ring->sq_tail + 1 : words[5],
				 __ATOMIC_SEQ_CST);
		__asm__ volatile("outl %%eax, %%dx" : : "a"(0), "d"(MVM_PORT_DOORBELL) : "memory");
		__atomic_store_n(&ring->cq_head, words[4] % 16 ? ring->cq_tail : words[6],
				 __ATOMIC_SEQ_CST);
	}
}

int main(void)
{
	char line[256];

	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\r\n")] = '\0';
		if (!strcmp(line, "crash"))
			*(volatile int *)8 = 1;
		else if (!strcmp(line, "spin"))
			for (;;)
				;
		else if (!strcmp(line, "port"))
			__asm__ volatile("outb %%al, %%dx" : : "a"(0), "d"(0x80));
		else if (!strcmp(line, "nonsense"))
			memset((void *)(MVM_VA_LINEAR + MVM_GPA_RING), 0xa5, sizeof(struct mvm_ring));
		else if (!strncmp(line, "noise ", 6))
			noise(strtoul(line + 6, NULL, 10));
		else if (!strcmp(line, "fail"))
			exit(3);
		else if (!strcmp(line, "eat"))
			memset(mmap(NULL, 1 << 30, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0), 1, 1 << 30);
		else if (!strcmp(line, "touch"))
			memset(malloc(16 << 20), 1, 16 << 20);
		else if (!strncmp(line, "cat ", 4)) {
			FILE *f = fopen(line + 4, "r");

			fputs(f && fgets(line, sizeof(line), f) ? line : "cannot\n", stdout);
		} else if (!strcmp(line, "big"))
			for (int i = 0; i < 65536; i++)
				printf("%015d\n", i);
		else if (!strcmp(line, "file"))
			printf("file %s\n", access("/tmp/secret", F_OK) ?
			       (close(open("/tmp/secret", O_CREAT | O_WRONLY, 0600)), "is new") : "was there");
		else
			printf("%s %d\n", line, ++seen);
		fflush(stdout);
	}
	return 0;
}
END
cat >"$scratch/server.c" <<'END'
/* Accepts by itself, at the port it is told; says how many it has served, and who asked. */
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int serve(int fd, int n)
{
	struct sockaddr_in peer;
	socklen_t len = sizeof(peer);
	char line[256], answer[300];
	ssize_t got = read(fd, line, sizeof(line) - 1);

	getpeername(fd, (struct sockaddr *)&peer, &len);
	line[got > 0 ? got : 0] = '\0';
	line[strcspn(line, "\n")] = '\0';
	if (!strcmp(line, "exit"))
		exit(5);
	if (!strcmp(line, "crash"))
		abort();
	if (!strcmp(line, "idle"))
		return 0;	/* never closed */
	len = (socklen_t)snprintf(answer, sizeof(answer), "%s %d %s\n", line, n,
				  inet_ntoa(peer.sin_addr));
	write(fd, answer, len);
	return close(fd);
}

int main(int argc, char **argv)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(atoi(argv[1])) };
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	struct pollfd p = { .fd = listener, .events = POLLIN };

	if (bind(listener, (struct sockaddr *)&a, sizeof(a)) || listen(listener, 5)) {
		perror("server");
		return 1;
	}
	puts("listening");
	fflush(stdout);
	for (int n = 1;; n++) {
		if (argc > 2)
			poll(&p, 1, -1);
		serve(accept(listener, NULL, NULL), n);
	}
}
END
cat >"$scratch/secrets.c" <<'END'
/*
 * "plant N": leaves the number N wherever a guest has state.  "search M": looks for the complement of M
 * in all of the VM's memory, through the runtime's map of it, and in the vector registers; M itself may
 * be found, its complement is never made.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <mvm/abi.h>

#define MIB	(1UL << 20)

static void fill(void *to, size_t len, uint64_t n)
{
	for (size_t i = 0; i + sizeof(n) <= len; i += sizeof(n))
		memcpy((char *)to + i, &n, sizeof(n));
}

static void on_stack(uint64_t n, int depth)
{
	volatile char room[4096];

	fill((void *)room, sizeof(room), n);
	if (depth)
		on_stack(n, depth - 1);
	__asm__ volatile("" : : "r"(room) : "memory");
}

static void in_registers(uint64_t n)
{
	__asm__ volatile("movq %0, %%xmm0; punpcklqdq %%xmm0, %%xmm0;"
			 "movdqa %%xmm0, %%xmm7; movdqa %%xmm0, %%xmm15; fildq %1"
			 : : "r"(n), "m"(n) : "xmm0", "xmm7", "xmm15");
	if (__builtin_cpu_supports("avx2"))
		__asm__ volatile("movq %0, %%xmm1; vpbroadcastq %%xmm1, %%ymm9" : : "r"(n) : "xmm1", "xmm9");
}

/* The number of places, at any alignment, where the complement of m is. */
static long found(const char *from, size_t len, uint64_t m)
{
	long n = 0;

	for (size_t i = 0; i + 8 <= len; i++) {
		uint64_t w;
		uint8_t same;

		__asm__("movq %2, %0; xorq %3, %0; cmpq $-1, %0; sete %1"
			: "=&r"(w), "=r"(same) : "m"(*(const uint64_t *)(from + i)), "r"(m) : "cc");
		n += same;
	}
	return n;
}

static void plant(uint64_t n)
{
	char *freed = malloc(3 * MIB), *kept = malloc(100000), *gone;
	int fd = open("/tmp/secret", O_RDWR | O_CREAT, 0600), p[2];
	const struct mvm_boot *boot = (const void *)(MVM_VA_LINEAR + MVM_GPA_BOOT);
	size_t big = 80 * MIB;	/* more than there is at first */

	fill(freed, 3 * MIB, n);
	free(freed);
	fill(kept, 100000, n);
	write(fd, kept, 100000);
	unlink("/tmp/secret");
	mkdir("/tmp/secrets", 0700);
	fd = open("/tmp/secrets/two", O_RDWR | O_CREAT, 0600);
	write(fd, kept, 100000);
	gone = mmap(NULL, big, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	fill(gone, big, n);
	munmap(gone, big / 2);
	mprotect(gone + big / 2, MIB, PROT_READ);
	if (!pipe(p))
		write(p[1], kept, 5000);
	setenv("SECRET", kept, 1);
	on_stack(n, 30);
	printf("%.8s planted %ld\n", kept, found((const char *)MVM_VA_LINEAR, boot->ram_size, ~n));
	fflush(stdout);
	in_registers(n);
}

static void search(uint64_t m, const char *registers, size_t len)
{
	const struct mvm_boot *boot = (const void *)(MVM_VA_LINEAR + MVM_GPA_BOOT);
	size_t big = 80 * MIB;
	char *fresh;
	long n = found(registers, len, m), all, added;

	all = found((const char *)MVM_VA_LINEAR, boot->ram_size, m);
	fresh = mmap(NULL, big, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	added = found(fresh, big, m);
	printf("registers %ld memory %ld added %ld file %d variable %d\n", n, all, added,
	       !access("/tmp/secrets", F_OK), !!getenv("SECRET"));
}

/* What the vector registers hold when the request comes; the runtime uses none. */
static char *vectors(char *to)
{
	__asm__ volatile("movdqu %%xmm0, (%0); movdqu %%xmm7, 16(%0); movdqu %%xmm15, 32(%0); fnsave 128(%0)"
			 : : "r"(to) : "memory");
	if (__builtin_cpu_supports("avx2"))
		__asm__ volatile("vmovdqu %%ymm9, 48(%0)" : : "r"(to) : "memory");
	return to;
}

int main(void)
{
	static char line[256], registers[512];
	ssize_t n;

	n = read(0, line, sizeof(line) - 1);
	vectors(registers);
	if (n <= 0)
		return 1;
	if (!strncmp(line, "plant ", 6))
		plant(strtoull(line + 6, NULL, 16));
	else
		search(strtoull(line + 7, NULL, 16), registers, sizeof(registers));
	return 0;
}
END
cat >"$scratch/rehearsed.c" <<'END'
/* Where its input is at its end, as in a rehearsal, it does what it is told by its argument. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	char line[256];

	if (fgets(line, sizeof(line), stdin)) {
		fputs(line, stdout);
	} else if (argc > 1 && !strcmp(argv[1], "write")) {
		close(open("/data/seen", O_CREAT | O_WRONLY, 0600));
		puts("seen");
		fputs("seen\n", stderr);
	} else if (argc > 1 && !strcmp(argv[1], "spin")) {
		for (;;)
			;
	} else if (argc > 1 && !strcmp(argv[1], "port")) {
		__asm__ volatile("outb %%al, %%dx" : : "a"(0), "d"(0x80));
	}
	return 0;
}
END
cat >"$scratch/lister.c" <<'END'
/* Has listed a part of a directory when it is ready; says how many names it finds in all. */
#include <dirent.h>
#include <stdio.h>

int main(void)
{
	DIR *d = opendir("/data");
	char line[16];
	int n = 0;

	while (n < 700 && readdir(d))
		n++;
	fgets(line, sizeof(line), stdin);
	while (readdir(d))
		n++;
	printf("%d\n", n);
	return 0;
}
END
cat >"$scratch/locker.c" <<'END'
/* Locks a file that it had open when it was ready, and keeps it open. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int main(void)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = open("/data/lock", O_RDWR);
	char line[16];

	fgets(line, sizeof(line), stdin);
	puts(fcntl(fd, F_SETLK, &l) ? "taken" : "mine");
	fflush(stdout);
	fgets(line, sizeof(line), stdin);
	_exit(0);
}
END
cat >"$scratch/behind.c" <<'END'
/*
 * Behind the runtime's back: "fill" writes until the connection takes no more, anything else writes
 * nothing; then it ends with 7 behind what it wrote last, or with 9 where the host says that not all
 * of that was taken.
 */
#include <stdio.h>
#include <string.h>
#include <mvm/abi.h>

static struct mvm_ring *const ring = (void *)(MVM_VA_RT_LOW + MVM_GPA_RING);

static long request(struct mvm_sqe e)
{
	ring->sq[ring->sq_tail % MVM_RING_ENTRIES] = e;
	__atomic_store_n(&ring->sq_tail, ring->sq_tail + 1, __ATOMIC_SEQ_CST);
	__asm__ volatile("outl %%eax, %%dx" : : "a"(0), "d"(MVM_PORT_DOORBELL) : "memory");
	ring->cq_head = ring->cq_tail;
	return ring->cq[(ring->cq_tail - 1) % MVM_RING_ENTRIES].res;
}

int main(void)
{
	struct mvm_sqe write = { .op = MVM_OP_WRITE, .handle = 1, .addr.v = MVM_GPA_RT_TEXT,
				 .len = 65536, .off = MVM_OFF_CURRENT };
	char line[16] = "";

	fgets(line, sizeof(line), stdin);
	while (!strcmp(line, "fill\n") && request(write) == 65536)
		;
	request((struct mvm_sqe){ .op = MVM_OP_EXIT, .handle = 1, .arg = 7 | MVM_EXIT_BEHIND });
	request((struct mvm_sqe){ .op = MVM_OP_EXIT, .arg = 9 });
	return 0;
}
END
sed 's/%s %d/new %s %d/' "$scratch/lines.c" >"$scratch/lines2.c"
for n in lines lines2 server secrets rehearsed lister locker behind; do
	"$O/bin/mvm-cc" -O1 -I"$top/include" -o "$scratch/$n.elf" "$scratch/$n.c" 2>"$scratch/err" || {
		bad serve "mvm-cc cannot build $n" "$scratch/err"
		exit 0
	}
done
echo >"$scratch/taken"
refused metrics-taken '--metrics unix:.*: cannot listen there' --listen unix:"$scratch/r" \
	--metrics unix:"$scratch/taken" "$scratch/lines.elf"
check serve/one-request 126 "$mvm" serve --listen tcp:127.0.0.1:0 --requests-per-vm 5 "$scratch/lines.elf" &&
	one_line serve/one-request 'lines.elf: --requests-per-vm=5: .*leave --requests-per-vm away' && ok serve/one-request
if check serve/log-full 0 "$mvm" serve --listen tcp:127.0.0.1:0 --access-log /dev/full --bench 3 "$scratch/lines.elf" &&
   one_line serve/log-full '--access-log: cannot write a line: No space left on device; '; then
	ok serve/log-full
fi
MVM=$mvm PATIENCE=$patience timeout -k 2 $((120 * patience)) python3 "$tests/integration/serve.py" "$scratch" ||
	bad serve/python "serve.py ended with status $?"
