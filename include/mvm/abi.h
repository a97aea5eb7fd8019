/* SPDX-License-Identifier: MIT */
/*
 * The ABI between the launcher (host) and the runtime (guest), and nothing else.
 *
 * This is the only header that both worlds include.  It owns the memory layout, the boot
 * information and the hypercall rings, and brings with it every request (abi-request.h) and what
 * a debugger, a core dump or a trace is told (abi-debug.h).  docs/abi.md says the same in prose.
 *
 * Rules:
 *  - A guest-physical address is an mvm_gpa_t, a struct, so that the host cannot dereference
 *    it by accident; the launcher's one gate (launcher/service/gate.h) turns it into host memory.
 *  - Fields of a request are grouped into in and out.  In-fields are read by the host exactly
 *    once, from a private copy of the entry; out-fields travel in the completion.
 *  - The ABI grows by appending: request numbers are never reused, structures grow at their
 *    end, and every structure that can grow carries its own size.  A launcher that does not
 *    know a request completes it with -ENOSYS.
 */
#ifndef MVM_ABI_H
#define MVM_ABI_H

#include <stdint.h>

#define MVM_ABI_MAGIC		0x304d564dU	/* "MVM0", little endian */
#define MVM_ABI_MAJOR		1		/* a different major is refused by both sides */
#define MVM_ABI_MINOR		5		/* appended requests and fields */

#define MVM_PAGE_SIZE		4096UL
#define MVM_LARGE_SIZE		0x200000UL	/* 2 MiB */

/* A guest-physical address.  Never a pointer. */
typedef struct { uint64_t v; } mvm_gpa_t;

/*
 * ---- Guest-physical layout -------------------------------------------------------------
 *
 *   0x000000  boot information, arguments, environment, grants     (MVM_GPA_BOOT)
 *   0x020000  submission and completion ring                       (MVM_GPA_RING)
 *   0x030000  page tables that the launcher wrote                  (MVM_GPA_PT)
 *   0x050000  GDT, IDT, TSS, ring-0 stack                          (MVM_GPA_CPU)
 *   0x060000  records of system calls, in a traced run             (MVM_GPA_TRACE)
 *   0x080000  runtime data and bss                                 (MVM_GPA_RT_DATA)
 *   0x200000  runtime text and read-only data                      (MVM_GPA_RT_TEXT)
 *   0x400000  segments of the application, each 2 MiB of virtual   (MVM_GPA_APP)
 *             address space in a 2 MiB frame of its own
 *   free_gpa  free memory, up to ram_size; more by MVM_OP_MEM_GROW up to ram_max
 */
#define MVM_GPA_BOOT		0x000000UL
#define MVM_BOOT_MAX		0x020000UL	/* boot information and its strings */
#define MVM_GPA_RING		0x020000UL
#define MVM_GPA_PT		0x030000UL
#define MVM_PT_MAX		0x020000UL	/* 32 tables */
#define MVM_GPA_CPU		0x050000UL
#define MVM_CPU_MAX		0x010000UL
#define MVM_GPA_TRACE		0x060000UL
#define MVM_TRACE_MAX		0x020000UL
#define MVM_GPA_RT_DATA		0x080000UL
#define MVM_RT_DATA_MAX		0x180000UL
#define MVM_GPA_RT_TEXT		0x200000UL
#define MVM_RT_TEXT_MAX		0x200000UL
#define MVM_GPA_APP		0x400000UL

/*
 * ---- Guest-virtual layout --------------------------------------------------------------
 *
 * Everything is user-accessible (the runtime lives at CPL 3).  The linear map shows guest RAM
 * read-write and never executable; GPA 0..2 MiB and the runtime's text are seen a second time
 * at the runtime's link addresses with their own permissions.
 */
#define MVM_VA_USER_MIN		0x0000000000010000UL	/* vm.mmap_min_addr */
#define MVM_VA_USER_END		0x0000600000000000UL	/* programs may be linked below this */
#define MVM_VA_LINEAR		0x0000600000000000UL
#define MVM_LINEAR_MAX		0x0000010000000000UL	/* 1 TiB of guest RAM at most */
#define MVM_VA_RT_TEXT		0x00006f0000000000UL	/* GPA MVM_GPA_RT_TEXT, r-x */
#define MVM_VA_RT_LOW		0x00006f0000200000UL	/* GPA 0..2 MiB, rw- */
#define MVM_VA_RT_DATA		(MVM_VA_RT_LOW + MVM_GPA_RT_DATA)
#define MVM_VA_RT_END		0x00006f8000000000UL
#define MVM_VA_MMAP_MIN		0x0000700000000000UL	/* mmap area, filled from the top */
#define MVM_VA_MMAP_TOP		0x00007ffe00000000UL	/* less ASLR */
#define MVM_VA_STACK_TOP	0x00007ffff0000000UL	/* less ASLR */

/* Selectors are Linux's own, so that native code sees the values it knows. */
#define MVM_SEL_KERNEL_CS	0x10
#define MVM_SEL_KERNEL_DS	0x18
#define MVM_SEL_USER_DS		0x2b
#define MVM_SEL_USER_CS		0x33
#define MVM_SEL_TSS		0x40
#define MVM_STAR		((0x23UL << 48) | (0x10UL << 32))
#define MVM_RFLAGS_INIT		0x3202UL	/* IF; IOPL 3: `out` from ring 3 exits directly */

/* ---- The image header of the runtime --------------------------------------------------- */

/*
 * The runtime is one flat image: text and read-only data for MVM_GPA_RT_TEXT, followed, in
 * the file, by data for MVM_GPA_RT_DATA.  Its first bytes are this header.
 */
struct mvm_rt_header {
	uint32_t magic;			/* MVM_ABI_MAGIC */
	uint16_t abi_major;
	uint16_t abi_minor;
	uint64_t text_size;		/* bytes from the start of the image, page aligned */
	uint64_t data_size;		/* bytes of initialised data, from text_size on */
	uint64_t bss_size;		/* zeroed bytes after the data */
	uint64_t entry;			/* VA of the ring-3 entry; RDI = 0 */
	uint64_t stack_top;		/* VA of the boot stack's top, in bss */
	uint64_t idt_stubs;		/* VA of 256 stubs, MVM_IDT_STUB_SIZE bytes each */
	uint64_t lstar;			/* VA of the system call stub */
	uint64_t rsp0;			/* VA of the top of the ring-0 stack, in bss */
	uint64_t lstar_traced;		/* VA of the stub for MVM_BOOT_TRACE */
	uint64_t running;		/* VA of a pointer to who runs: struct mvm_thread */
	uint64_t debug;			/* VA of struct mvm_debug, in data; 0: there is none */
};

/*
 * How a thread of the runtime's begins: for a host that looks at a guest from outside, as a
 * profiler does.  regs: VA of the application's registers while the runtime works for it, in the
 * order of Linux's struct pt_regs; 0: it never has.
 */
struct mvm_thread {
	uint64_t stack_top;		/* of its stack in the runtime */
	uint32_t work, entry;
	uint64_t regs;
};

#define MVM_IDT_STUB_SIZE	16
#define MVM_VECTOR_TICK		0x20
#define MVM_VECTOR_STOP		0x21		/* a stop is wanted (mvm_debug.wanted) */
/* Clears TF DF IOPL NT AC.  Not IF: the software KVM would never set it again, and interrupts only
 * ever come to the application (MVM_OP_TICK). */
#define MVM_FMASK		0x47500UL

/* ---- Boot information ------------------------------------------------------------------ */

#define MVM_CPU_FSGSBASE	(1U << 0)	/* CR4.FSGSBASE is set */
#define MVM_CPU_XSAVE		(1U << 1)	/* CR4.OSXSAVE is set, XCR0 as in boot.xcr0 */

/* What a grant is.  Handles 0, 1 and 2 are standard input, output and error. */
enum mvm_kind {
	MVM_KIND_NONE = 0,
	MVM_KIND_STREAM = 1,		/* pipe, socket or terminal: no offset, waits */
	MVM_KIND_TTY = 2,		/* a terminal: a stream that also has MVM_OP_TTY */
	MVM_KIND_FILE = 3,		/* regular file, or device with an offset; "/": a tar */
	MVM_KIND_DIR = 4,		/* directory: a --dir grant, or opened below one */
	MVM_KIND_DISK = 5,		/* --disk: fixed size, offset required */
	MVM_KIND_TMPFS = 6,		/* --tmpfs: no handle (-1), only a path and a size */
	MVM_KIND_LISTENER = 7,		/* --listen: connections come by MVM_OP_ACCEPT */
	MVM_KIND_SOCKET = 8,		/* a connection: a stream with MVM_OP_SHUTDOWN and others */
	MVM_KIND_DATAGRAM = 9,		/* a UDP socket: MVM_OP_SEND, MVM_OP_RECV */
	MVM_KIND_UNIX = 10,		/* --connect unix: a socket that MVM_OP_CONNECT leads to */
};

#define MVM_RIGHT_READ		(1U << 0)
#define MVM_RIGHT_WRITE		(1U << 1)	/* write, truncate, set attributes */
#define MVM_RIGHT_SEEK		(1U << 2)	/* offsets mean something */
#define MVM_RIGHT_WAIT		(1U << 3)	/* may be named in MVM_OP_WATCH and _READY */
#define MVM_RIGHT_LOOKUP	(1U << 4)	/* open, stat, readlink, list below it */
#define MVM_RIGHT_CREATE	(1U << 5)	/* make, remove, rename below it */
#define MVM_RIGHT_TTY		(1U << 6)
/* A standard stream that is a file: its offset is the host's, shared with other processes.  READ
 * and WRITE take MVM_OFF_CURRENT (or an offset, as pread), SEEK takes SEEK_SET, _CUR and _END. */
#define MVM_RIGHT_OFFSET	(1U << 7)
/* A DIR that is only read: the guest keeps what it changes below it in its own memory. */
#define MVM_RIGHT_COPY		(1U << 8)

struct mvm_grant {
	int32_t handle;
	uint32_t kind;			/* enum mvm_kind */
	uint32_t rights;		/* MVM_RIGHT_* */
	uint32_t path_off;		/* guest path, from the boot info's start; 0: none */
	uint64_t size;			/* DISK, TMPFS: bytes */
};

/* A socket address.  IPv4 is ::ffff:a.b.c.d; all zero: of AF_UNIX, which has none to tell. */
struct mvm_inet {
	uint8_t ip[16];
	uint16_t port;			/* in the host's order */
	uint16_t proto;			/* MVM_PROTO_* */
	uint32_t pad;
};

#define MVM_PROTO_UNIX		0U
#define MVM_PROTO_TCP		6U
#define MVM_PROTO_UDP		17U

/* What of the network is granted and has to be known beforehand. */
struct mvm_net {
	uint32_t kind;			/* MVM_NET_* */
	int32_t handle;			/* LISTEN; -1: none */
	struct mvm_inet addr;		/* LISTEN: where on the host, real port; RESOLVER */
	uint16_t guest_port;		/* LISTEN: the port that the guest binds to get it */
	uint16_t flags;			/* MVM_NET_ANY_PORT, _DUAL */
	uint32_t path_off;		/* UNIX: path in the guest; 0: none */
};

#define MVM_NET_LISTEN		1U
#define MVM_NET_RESOLVER	2U		/* a name server */
#define MVM_NET_ANY_PORT	1U		/* granted with port 0, which gets it, too */
#define MVM_NET_DUAL		2U		/* addr is ::, and 0.0.0.0 is meant as well */

/* A piece of the application's image that the launcher has mapped already. */
struct mvm_segment {
	uint64_t va;			/* page aligned */
	uint64_t len;			/* bytes, page aligned */
	uint64_t gpa;			/* of the first byte; va and gpa agree modulo 2 MiB */
	uint32_t prot;			/* MVM_PROT_* */
	uint32_t flags;			/* MVM_SEG_* */
};

#define MVM_PROT_READ		1U
#define MVM_PROT_WRITE		2U
#define MVM_PROT_EXEC		4U
#define MVM_SEG_LARGE		1U		/* mapped with 2 MiB pages: the frames are whole */
#define MVM_SEGMENTS_MAX	48		/* 16 PT_LOADs, each cut in up to three */

/*
 * ns = ((tsc - tsc_base) * mult) >> shift, with a product of 128 bits, added to the bases.  mono is
 * CLOCK_MONOTONIC, real is CLOCK_REALTIME, both at the instant tsc_base (a guest TSC value).
 */
struct mvm_time {
	uint64_t tsc_base;
	uint64_t mono_ns, boot_ns, real_ns;
	uint32_t mult, shift;
};

struct mvm_boot {
	uint32_t magic;			/* MVM_ABI_MAGIC */
	uint16_t abi_major;
	uint16_t abi_minor;
	uint32_t size;			/* of this structure */
	uint32_t flags;			/* MVM_BOOT_* */

	uint64_t ram_size;		/* bytes of guest RAM present at start, from GPA 0 */
	uint64_t ram_max;		/* what --mem allows; MVM_OP_MEM_GROW adds up to it */
	uint64_t free_gpa;		/* first free byte, 2 MiB aligned; up to ram_size: zero */
	uint64_t huge_gpa;		/* from here on the host has huge pages; 0: nowhere */
	uint64_t pml4_gpa;
	uint64_t pt_next;		/* next free page of the MVM_GPA_PT area */

	uint32_t cpu_features;		/* MVM_CPU_* */
	uint32_t ncpus;			/* vCPUs; 1 */
	uint64_t xcr0;
	uint32_t xsave_size;		/* bytes of an XSAVE area for xcr0 */
	uint32_t hwcap2;		/* AT_HWCAP2 */
	uint64_t hwcap;			/* AT_HWCAP: CPUID.1:EDX */

	/* VA to start at.  0: nothing is loaded, the program is in the root; then app_bias is where
	 * a position-independent one goes, and brk_start as much behind it as behind the image. */
	uint64_t app_entry;
	uint64_t app_phdr;		/* AT_PHDR (VA) */
	uint32_t app_phnum;
	uint32_t app_phent;
	uint64_t app_bias;		/* load bias of ET_DYN, else 0 */
	uint64_t app_main_entry;	/* AT_ENTRY: app_entry */
	uint64_t interp_base;		/* AT_BASE: 0 */
	uint64_t brk_start;		/* first address after bss, page aligned, ASLR applied */
	uint64_t mmap_top;		/* ASLR applied, 2 MiB aligned */
	uint64_t stack_top;		/* ASLR applied, 16-byte aligned */
	uint64_t stack_size;		/* limit of the stack in bytes */
	uint32_t nsegments;
	uint32_t argc;			/* argument strings lie one after another at args_off */
	struct mvm_segment segments[MVM_SEGMENTS_MAX];
	uint32_t envc;			/* environment strings follow the arguments */
	uint32_t args_off;
	uint32_t strings_len;		/* bytes of arguments and environment together */
	uint32_t exec_off;		/* the program as named on the command line */
	uint32_t cwd_off;		/* initial working directory in the guest */
	uint32_t ngrants;
	uint32_t grants_off;		/* struct mvm_grant[ngrants] */
	uint32_t hostname_off;
	uint8_t random[32];		/* fresh from the host: AT_RANDOM and the runtime's own */
	uint32_t uid, gid;		/* what the guest is told it is */
	struct mvm_time time;		/* as MVM_OP_TIME would answer; mult 0: ask it */
	uint32_t nnet, net_off;		/* struct mvm_net[nnet] */
	/* A number that is another one in every clone of a snapshot, 0 in what was booted.  When it
	 * has changed behind MVM_OP_WAIT, this is a clone that goes on from there: random and time
	 * are fresh. */
	uint64_t generation;
};

#define MVM_BOOT_VERBOSE	(1U << 0)	/* -v: the runtime says what is unusual */
#define MVM_BOOT_WX		(1U << 1)	/* --allow-wx: pages may be written and executed */
#define MVM_BOOT_EXEC		(1U << 2)	/* the host enforces W^X: MVM_OP_MEM_EXEC */
#define MVM_BOOT_CONNECT	(1U << 3)	/* something may be connected to: MVM_OP_CONNECT */
#define MVM_BOOT_TRACE		(1U << 5)	/* system calls are recorded: struct mvm_trace */
#define MVM_BOOT_READY		(1U << 4)	/* MVM_OP_WAIT shall say when it is ready */
#define MVM_BOOT_RECORD		(1U << 8)	/* the run is recorded: ring.clock, ring.entries */
#define MVM_BOOT_DEBUG		(1U << 9)	/* --gdb: MVM_PORT_DEBUG is there */
#define MVM_BOOT_CORE		(1U << 10)	/* --core: describe the process when it crashes */
#define MVM_BOOT_MAPPED		(1U << 11)	/* --profile: MVM_OP_MAPPED is wanted */
#define MVM_BOOT_INETD		(1U << 12)	/* a clone: streams 0 and 1 are one connection */

/* With MVM_BOOT_INETD a tick comes so long after the WAIT of the snapshot, as by MVM_OP_TICK. */
#define MVM_INETD_TICK_NS	10000000UL

/* ---- The rings --------------------------------------------------------------------------- */

/*
 * One shared area at MVM_GPA_RING.  The guest produces submissions and consumes completions.
 * Indices run freely and are taken modulo the entry count; each lies on a cache line of its
 * own and has one writer.  The writer of an index publishes with release, the reader takes it
 * with acquire.
 *
 * The host keeps its own copies of sq_head and cq_tail, and believes nothing it reads back.
 * It handles at most MVM_RING_ENTRIES submissions for one kick or one poll.
 *
 * A kick is an `out` of any 32-bit value to MVM_PORT_DOORBELL.  When it returns, every entry
 * submitted before it has been completed.  While host_flags has MVM_RING_POLLED a host thread
 * polls the ring and the guest may wait for the completion instead; the host clears the flag,
 * looks at the ring once more, and only then sleeps, so no submission is lost: the guest reads
 * host_flags after its sq_tail store with sequential consistency on both sides.
 */
#define MVM_RING_ENTRIES	64U
#define MVM_PORT_DOORBELL	0x18

#define MVM_RING_POLLED		(1U << 0)

struct mvm_sqe {			/* 64 bytes */
	uint16_t op;			/* MVM_OP_* */
	uint16_t flags;			/* MVM_SQE_* */
	int32_t handle;
	uint64_t user;			/* returned in the completion */
	mvm_gpa_t addr;			/* first buffer */
	uint64_t len;			/* its bytes, or the number of segments with MVM_SQE_IOV */
	uint64_t off;			/* file offset; MVM_OFF_CURRENT where there is none */
	mvm_gpa_t addr2;		/* second buffer */
	uint64_t len2;
	uint64_t arg;			/* per request */
};

#define MVM_SQE_IOV		(1U << 0)	/* addr: struct mvm_iov[len], len <= MVM_IOV_MAX */
#define MVM_OFF_CURRENT		UINT64_MAX
#define MVM_IOV_MAX		64U

struct mvm_iov {
	mvm_gpa_t addr;
	uint64_t len;
};

struct mvm_cqe {			/* 32 bytes */
	uint64_t user;
	int64_t res;			/* result, or a negative Linux errno */
	uint64_t out[2];		/* per request */
};

struct mvm_ring {
	_Alignas(64) uint32_t sq_tail;	/* guest writes */
	_Alignas(64) uint32_t sq_head;	/* host writes */
	_Alignas(64) uint32_t cq_tail;	/* host writes */
	_Alignas(64) uint32_t cq_head;	/* guest writes */
	_Alignas(64) uint32_t host_flags; /* host writes: MVM_RING_POLLED */
	uint32_t attention;		/* host sets to 1: a tick came; the guest clears it */
	/* With MVM_BOOT_RECORD, so that a run can be repeated: time only passes with kicks, and a
	 * tick comes when the guest has left the runtime so many times. */
	uint64_t entries;		/* guest writes: that many times */
	uint64_t attention_at;		/* host writes: when entries is this, attention is set */
	uint64_t clock;			/* host writes: ns, more after each kick; is the TSC */
	uint32_t signals;		/* host sets bits: MVM_OP_SIGNALS; the guest clears them */
	_Alignas(64) struct mvm_sqe sq[MVM_RING_ENTRIES];
	_Alignas(64) struct mvm_cqe cq[MVM_RING_ENTRIES];
};

#include <mvm/abi-request.h>
#include <mvm/abi-debug.h>

#endif
