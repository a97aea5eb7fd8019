/* SPDX-License-Identifier: MIT */
/*
 * The ABI between the launcher (host) and the runtime (guest), and nothing else.
 *
 * This is the only header that both worlds include.  It owns the memory layout, the boot
 * information, the hypercall rings and every request.  docs/abi.md says the same in prose.
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
#define MVM_ABI_MINOR		3		/* appended requests and fields */

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
	uint16_t flags;			/* MVM_NET_ANY_PORT */
	uint32_t path_off;		/* UNIX: path in the guest; 0: none */
};

#define MVM_NET_LISTEN		1U
#define MVM_NET_RESOLVER	2U		/* a name server */
#define MVM_NET_ANY_PORT	1U		/* granted with port 0, which gets it, too */

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

/* ---- Tracing ------------------------------------------------------------------------------ */

/*
 * With MVM_BOOT_TRACE the runtime writes what the application asks of it into the area at
 * MVM_GPA_TRACE: a record when a system call begins and another one when it is over.  The host
 * says beforehand which calls it wants, and what of the application's memory goes with each
 * argument: capture[nr][n] is MVM_CAPTURE_*, the runtime knows nothing else about a call.
 *
 * The second half of the area is a ring of records, MVM_TRACE_RING bytes.  tail counts bytes and
 * runs freely.  The host may read up to tail at any time; when that could be too late the runtime
 * asks it to (MVM_OP_TRACE).  Records are aligned to 8 bytes and do not cross the end of the ring:
 * a size of 0 there, or less room than a record's head takes, means that the next one is at its
 * beginning.
 */
#define MVM_TRACE_RING		0x10000U
#define MVM_TRACE_CALLS		512U		/* calls from here on are all wanted */
#define MVM_TRACE_RECORD_MAX	0x2000U

/* What is copied: how (4 bits), when (2 bits), n (10 bits). */
#define MVM_CAPTURE(how, when, n)	((how) | (when) << 4 | (n) << 6)
#define MVM_CAPTURE_HOW(c)	((c) & 15U)
#define MVM_CAPTURE_WHEN(c)	((c) >> 4 & 3U)
#define MVM_CAPTURE_N(c)	((c) >> 6)
#define MVM_CAPTURE_NOTHING	0U
#define MVM_CAPTURE_STRING	1U		/* up to its NUL, or a path's length */
#define MVM_CAPTURE_FIXED	2U		/* n bytes */
#define MVM_CAPTURE_COUNT	3U		/* n bytes times the next argument */
#define MVM_CAPTURE_RESULT	4U		/* n bytes times the result */
#define MVM_CAPTURE_LENGTH	5U		/* as many bytes as the next argument's int says */
#define MVM_CAPTURE_IOV		6U		/* struct iovec[next argument], and its buffers */
#define MVM_CAPTURE_MSG		7U		/* struct msghdr, its name, and as IOV */
#define MVM_CAPTURE_IN		1U		/* when the call begins */
#define MVM_CAPTURE_OUT		2U		/* when it is over, if it has not failed */

#define MVM_TRACE_ENTER		1U
#define MVM_TRACE_LEAVE		2U		/* after an ENTER of the same tid */
#define MVM_TRACE_SIGNAL	3U		/* nr: signal, result: si_code, args[0]: si_addr */

struct mvm_trace_record {
	uint16_t size;			/* with the data that follow; a multiple of 8 */
	uint16_t kind;			/* MVM_TRACE_* */
	int32_t tid;
	uint64_t tsc;
	uint64_t nr;
	uint64_t result;		/* LEAVE */
	uint64_t args[6];		/* as they were when the call began */
};

/* Captured bytes: this, then size bytes, padded to 8.  As many as fit into the record. */
struct mvm_trace_data {
	uint8_t arg;			/* 0..5 */
	uint8_t piece;			/* 0: what it points to; n: what the n-th iovec there does;
					 * MVM_TRACE_NAME, _IOV: what a msghdr does */
	uint16_t size;			/* bytes here, at most limit unless they are a string's */
	uint32_t reserved;
};

#define MVM_TRACE_NAME		255U
#define MVM_TRACE_IOV		254U

struct mvm_trace {
	uint64_t tail;			/* guest writes */
	_Alignas(64) uint32_t limit;	/* host writes, all from here on: bytes of one buffer */
	uint32_t reserved;
	uint64_t wanted[MVM_TRACE_CALLS / 64];	/* bit nr */
	uint16_t capture[MVM_TRACE_CALLS][6];
	_Alignas(MVM_TRACE_RING) uint8_t ring[MVM_TRACE_RING];
};

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

/* ---- Requests ----------------------------------------------------------------------------- */

/*
 * All but MVM_OP_WAIT complete without blocking on anything but the file system.  A path is
 * addr/len, not NUL-terminated, 1..MVM_PATH_MAX bytes without a NUL, relative; it is resolved
 * below the DIR handle it comes with and never above it (-EXDEV); "." names the handle itself.
 * Unless stated otherwise res is 0 or a negative errno, and a handle that is not open is
 * -EBADF, a missing right -EACCES (-EBADF for read and write, as Linux), a bad guest address
 * -EFAULT, an unknown flag -EINVAL.
 *
 * enum mvm_op: the numbers.  In = fields of the entry, out = of the completion.
 */
#define MVM_PATH_MAX		4095U
#define MVM_HANDLES_MAX		16384U		/* handles a VM may hold; then -EMFILE */
#define MVM_IO_MAX		0x7ffff000UL	/* bytes moved by one request at most, as Linux */

enum mvm_op {
	MVM_OP_NOP = 0,

	/* -- the VM itself -- */
	/* Ends the VM.  in: arg = exit status 0..255, or 128+n with len2 = signal number n when the
	 * application died of a signal; then addr/len is a struct mvm_crash, or nothing with
	 * SIGKILL when there was no memory left.  Never completes. */
	MVM_OP_EXIT = 1,
	/* A line for mvm -v (or, with arg = 1, for standard error in any case).  in: addr/len. */
	MVM_OP_LOG = 2,
	/* Host time.  Kick only.  out: addr/len is a struct mvm_time. */
	MVM_OP_TIME = 3,
	/* Waits until MVM_OP_EVENTS has something to tell, and tells it.  Kick only.  in: addr/len
	 * as there, or len = 0 for the time alone; arg = timeout in ns, UINT64_MAX for ever; off =
	 * as MVM_OP_TICK's arg, from its end on.  res: how many, 0 on time-out.  A tick that was
	 * asked for before is taken back.  len2 = MVM_READY_* with MVM_BOOT_READY: this is the
	 * point for a snapshot, and all that the processor holds of the application is in
	 * memory. */
	MVM_OP_WAIT = 4,
	/* in: addr/len, len <= 256; filled with host randomness.  res: bytes. */
	MVM_OP_RANDOM = 5,
	/* Adds RAM after the last byte.  Kick only.  in: arg = bytes, 2 MiB aligned.  out[0]: the
	 * new ram_size.  -ENOMEM beyond ram_max. */
	MVM_OP_MEM_GROW = 6,
	/* Gives memory back; it reads as zero afterwards.  in: addr/len, page aligned. */
	MVM_OP_MEM_RELEASE = 7,
	/* Counts a system call the runtime does not have, for --stats.  in: arg = number; len = how
	 * many times, 0 counts as 1. */
	MVM_OP_MISSING = 8,
	/* With MVM_BOOT_EXEC, where frames at first can be written or executed as the program's
	 * segments say, those of the runtime's text for ever: what may be done with these.  Kick
	 * only.  in: addr/len, page aligned, from MVM_GPA_APP on; arg = MVM_FRAMES_*. */
	MVM_OP_MEM_EXEC = 9,
	/* From now on MVM_OP_EVENTS tells when the handle becomes ready: once for each change, and
	 * once for what is ready now, also when asked again.  in: arg = MVM_WAIT_IN, _OUT, _RDHUP;
	 * 0: no more.  Needs MVM_RIGHT_WAIT; -EPERM for what is always ready. */
	MVM_OP_WATCH = 10,
	/* What has become ready.  Never blocks.  in: addr/len = room for struct mvm_wait[len];
	 * handle and revents are written.  res: how many; there may be more. */
	MVM_OP_EVENTS = 11,
	/* What is ready now.  in: addr = struct mvm_wait[len], len <= MVM_WAIT_MAX; each revents is
	 * written.  res: handles that are ready.  Needs MVM_RIGHT_WAIT; files are always ready. */
	MVM_OP_READY = 12,
	/* One timer interrupt.  in: arg = ns from now; 0: none.  The last one counts.  It comes as
	 * vector MVM_VECTOR_TICK when the application runs; while the runtime does (RIP between
	 * MVM_VA_RT_TEXT and MVM_VA_RT_END) ring.attention is set, and it is tried again. */
	MVM_OP_TICK = 13,
	/* Which signals that mvm is sent are the application's.  in: arg = MVM_SIGNAL() bits, some
	 * of MVM_SIGNALS; the last request counts.  One that comes sets its bit in ring.signals,
	 * ends a WAIT with -EINTR, and interrupts as a tick does.  The others do to mvm what they
	 * do by default. */
	MVM_OP_SIGNALS = 14,

	/* -- bytes -- */
	/* READ/WRITE: addr/len or IOV; off = position, MVM_OFF_CURRENT for streams (mandatory
	 * there: -ESPIPE).  WRITE: arg bit 0 = append (off ignored; out[0] = the offset after).
	 * res: bytes; -EAGAIN where a stream is not ready. */
	MVM_OP_READ = 16,
	MVM_OP_WRITE = 17,
	/* in: arg = 1 data only. */
	MVM_OP_FSYNC = 18,
	/* in: off = new size. */
	MVM_OP_FTRUNCATE = 19,
	/* in: off, len2 = range; arg = mode (0 or FALLOC_FL_KEEP_SIZE, PUNCH_HOLE|KEEP_SIZE). */
	MVM_OP_FALLOCATE = 20,
	/* in: off; arg = SEEK_DATA or SEEK_HOLE; with MVM_RIGHT_OFFSET also SEEK_SET, SEEK_CUR and
	 * SEEK_END, off signed.  res: the offset. */
	MVM_OP_SEEK = 21,
	/* Advisory record locks owned by this open file (OFD locks).  in: off, len2 (0: to the
	 * end); arg = F_RDLCK, F_WRLCK or F_UNLCK, with MVM_LOCK_TEST only asks.  res: -EAGAIN when
	 * held elsewhere; with TEST 0 and out[0] = F_UNLCK or the conflicting type. */
	MVM_OP_LOCK = 22,

	/* -- names: handle is a DIR -- */
	/* in: path; arg = MVM_O_* | mode << 32.  res: a new handle; out[0] = kind | rights << 32;
	 * when len2 is not 0, addr2/len2 is filled with its struct mvm_stat. */
	MVM_OP_OPEN = 32,
	MVM_OP_CLOSE = 33,
	/* in: path (len 0: the handle itself, of any kind); arg = 1: do not follow a last symlink.
	 * addr2/len2 <- struct mvm_stat. */
	MVM_OP_STAT = 34,
	/* Lists.  addr/len <- struct linux_dirent64 records.  in: off = 0 to rewind first, else
	 * MVM_OFF_CURRENT, or a d_off to seek to.  res: bytes, 0 at the end. */
	MVM_OP_GETDENTS = 35,
	/* in: path; arg = mode. */
	MVM_OP_MKDIR = 36,
	/* in: path; arg = 1 removes a directory. */
	MVM_OP_UNLINK = 37,
	/* in: path; addr2/len2 = new path below the DIR handle (int32_t)off; arg = RENAME_*. */
	MVM_OP_RENAME = 38,
	/* in: as RENAME: a hard link to path.  arg 0. */
	MVM_OP_LINK = 39,
	/* in: path = the new link; addr2/len2 = its contents. */
	MVM_OP_SYMLINK = 40,
	/* in: path; addr2/len2 <- contents.  res: bytes. */
	MVM_OP_READLINK = 41,
	/* in: path or the handle itself (len 0); arg = 1 no follow; addr2/len2 = struct
	 * mvm_setattr. */
	MVM_OP_SETATTR = 42,
	/* in: handle of any file-system kind.  addr2/len2 <- struct mvm_statfs. */
	MVM_OP_STATFS = 43,

	/* -- terminals -- */
	/* in: arg = TCGETS, TCSETS, TCSETSW, TCSETSF, TIOCGWINSZ, TCFLSH | (queue << 32);
	 * addr/len: struct termios (kernel's, 36 bytes) or struct winsize. */
	MVM_OP_TTY = 48,

	/* -- sockets.  None of these blocks: -EAGAIN.  READ and WRITE move a SOCKET's bytes. -- */
	/* in: handle = LISTENER; addr2/len2 <- struct mvm_inet of the peer, len2 0: not asked for.
	 * res: a new handle, a SOCKET. */
	MVM_OP_ACCEPT = 49,
	/* A new socket, connected to what a --connect grants.  in: addr/len = struct mvm_inet, its
	 * proto TCP: res: a SOCKET; out[0] = 1: not connected yet, POLLOUT and MVM_SO_ERROR tell.
	 * proto UDP: a DATAGRAM, with port 0 not connected and of the address's family.
	 * -EACCES: not granted. */
	MVM_OP_CONNECT = 50,
	/* in: handle = SOCKET; arg = 0 (no more is received), 1 (sent), 2 (both). */
	MVM_OP_SHUTDOWN = 51,
	/* One datagram.  in: handle = DATAGRAM; addr/len or IOV; addr2/len2 = struct mvm_inet,
	 * where to, len2 0: where it is connected to.  res: bytes.  -EACCES: not granted; a
	 * DATAGRAM of --listen may also answer who has sent to it. */
	MVM_OP_SEND = 52,
	/* One datagram, or bytes of a SOCKET.  in: addr/len or IOV; arg = MVM_RECV_PEEK;
	 * addr2/len2 <- struct mvm_inet, from where, len2 0: not asked for.  res: bytes; out[0] =
	 * the datagram's bytes, which may be more. */
	MVM_OP_RECV = 53,
	/* in: handle = SOCKET or DATAGRAM; arg = MVM_SO_*.  out[0]: the value. */
	MVM_OP_GETSOCKOPT = 54,
	/* in: arg = MVM_SO_*; off = the value. */
	MVM_OP_SETSOCKOPT = 55,
	/* in: handle = LISTENER, SOCKET or DATAGRAM; arg = 1: the peer's; addr2/len2 <- struct
	 * mvm_inet. */
	MVM_OP_GETNAME = 56,

	/* -- tracing -- */
	/* The records up to mvm_trace.tail are read: the runtime may write over them. */
	MVM_OP_TRACE = 57,

	MVM_OP_MAX = 64,		/* one past the largest number this ABI could name */
};

/* MVM_OP_WAIT: why the program is ready. */
#define MVM_READY_STDIN		1U		/* it waits for standard input */
#define MVM_READY_LISTENER	2U		/* it waits for a connection to a LISTENER */
#define MVM_READY_ASKED		3U		/* it called mvm_ready() */
/* MVM_OP_SIGNALS.  Linux's numbers: HUP INT USR1 USR2 TERM CONT WINCH. */
#define MVM_SIGNAL(n)		(1U << ((n) - 1))
#define MVM_SIGNALS		(MVM_SIGNAL(1) | MVM_SIGNAL(2) | MVM_SIGNAL(10) | MVM_SIGNAL(12) | \
				 MVM_SIGNAL(15) | MVM_SIGNAL(18) | MVM_SIGNAL(28))

/* MVM_OP_MEM_EXEC */
#define MVM_FRAMES_RW		0U		/* not executed */
#define MVM_FRAMES_RX		1U		/* not written by the guest */
#define MVM_FRAMES_RWX		2U

/* MVM_OP_OPEN flags: the ABI's own, so that no host flag can be smuggled in. */
#define MVM_O_READ		(1U << 0)
#define MVM_O_WRITE		(1U << 1)
#define MVM_O_CREATE		(1U << 2)
#define MVM_O_EXCL		(1U << 3)
#define MVM_O_TRUNC		(1U << 4)
#define MVM_O_APPEND		(1U << 5)
#define MVM_O_DIRECTORY		(1U << 6)
#define MVM_O_NOFOLLOW		(1U << 7)
#define MVM_O_TMPFILE		(1U << 8)
#define MVM_O_PATH		(1U << 9)	/* neither read nor write: stat, names below it */
#define MVM_O_SYNC		(1U << 10)
#define MVM_O_DSYNC		(1U << 11)

#define MVM_LOCK_TEST		(1U << 8)

#define MVM_RECV_PEEK		(1U << 0)

/* MVM_OP_GETSOCKOPT, MVM_OP_SETSOCKOPT: values as the option of that name has them. */
enum mvm_so {
	MVM_SO_ERROR = 0,		/* get only, and it is taken */
	MVM_SO_INQ = 1,			/* get only: bytes to be read, FIONREAD */
	MVM_SO_OUTQ = 2,		/* get only: bytes not yet acknowledged, SIOCOUTQ */
	MVM_SO_RESET = 3,		/* set only: closing resets, SO_LINGER with 0 s */
	MVM_SO_KEEPALIVE = 4,
	MVM_SO_SNDBUF = 5,
	MVM_SO_RCVBUF = 6,
	MVM_SO_NODELAY = 7,
	MVM_SO_CORK = 8,
	MVM_SO_KEEPIDLE = 9,
	MVM_SO_KEEPINTVL = 10,
	MVM_SO_KEEPCNT = 11,
	MVM_SO_USER_TIMEOUT = 12,
};

/* Fixed-size twin of struct stat: no host layout leaks into the ABI. */
struct mvm_stat {
	uint64_t dev, ino, nlink, rdev, size, blocks;
	uint32_t mode, uid, gid, blksize;
	int64_t atime_sec, mtime_sec, ctime_sec;
	uint32_t atime_nsec, mtime_nsec, ctime_nsec, pad;
};

struct mvm_statfs {
	uint64_t type, bsize, blocks, bfree, bavail, files, ffree, namelen, frsize, flags;
};

#define MVM_SET_MODE		(1U << 0)
#define MVM_SET_OWNER		(1U << 1)	/* uid and gid, UINT32_MAX: leave */
#define MVM_SET_ATIME		(1U << 2)
#define MVM_SET_MTIME		(1U << 3)
#define MVM_SET_ATIME_NOW	(1U << 4)
#define MVM_SET_MTIME_NOW	(1U << 5)

struct mvm_setattr {
	uint32_t mask;			/* MVM_SET_* */
	uint32_t mode, uid, gid;
	int64_t atime_sec, mtime_sec;
	uint32_t atime_nsec, mtime_nsec;
};

#define MVM_WAIT_MAX		1024U
#define MVM_WAIT_IN		0x001U		/* POLLIN */
#define MVM_WAIT_OUT		0x004U		/* POLLOUT */
#define MVM_WAIT_ERR		0x008U		/* POLLERR, always asked for */
#define MVM_WAIT_HUP		0x010U		/* POLLHUP, always asked for */
#define MVM_WAIT_RDHUP		0x2000U		/* POLLRDHUP */

struct mvm_wait {
	int32_t handle;
	uint16_t events;
	uint16_t revents;
};

/* What the application died of: printed by the launcher. */
struct mvm_crash {
	uint64_t rax, rbx, rcx, rdx, rsi, rdi, rbp, rsp;
	uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
	uint64_t rip, rflags, fs_base;
	uint64_t addr;			/* si_addr, for faults */
	uint32_t signo, code;		/* si_signo, si_code */
	uint32_t vector, error;		/* x86 exception; UINT32_MAX: none */
};

/* ---- Debugging --------------------------------------------------------------------------- */

/*
 * With MVM_BOOT_DEBUG an `out` of 32 bits to MVM_PORT_DEBUG stops the guest for the debugger, and
 * returns when it is to go on.  What there is to say lies in struct mvm_debug, which the image
 * header names; the ring has no part in it, so that the runtime may stop anywhere.
 */
#define MVM_PORT_DEBUG		0x19

/* The registers of a thread, in the order of Linux's struct pt_regs. */
struct mvm_regs {
	uint64_t r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8;
	uint64_t rax, rcx, rdx, rsi, rdi, orig_rax;
	uint64_t rip, cs, rflags, rsp, ss;
};

/* Why the guest has stopped: mvm_debug.why. */
enum mvm_stop {
	MVM_STOP_NONE = 0,
	MVM_STOP_START = 1,		/* before the first instruction of the program */
	MVM_STOP_BREAK = 2,		/* INT3, RIP behind it */
	MVM_STOP_STEP = 3,		/* a step is done */
	MVM_STOP_HARDWARE = 4,		/* a debug register */
	MVM_STOP_SIGNAL = 5,		/* a signal is about to be delivered: signo, code, addr */
	MVM_STOP_WANTED = 6,		/* the launcher wanted it */
	MVM_STOP_CRASH = 7,		/* no stop: MVM_OP_EXIT follows (MVM_BOOT_CORE) */
};

/* What the launcher asks for: mvm_debug.command. */
enum mvm_debug_command {
	MVM_DEBUG_GO = 0,		/* go on, as signo, step and locked say */
	MVM_DEBUG_TOUCH = 1,		/* read the page at arg, so that it is there; stop again */
	MVM_DEBUG_PROBE = 2,		/* write to probe, count debug exceptions; stop again */
};

/*
 * How a debugger or a core dump finds what it shows.  The runtime fills the first part before its
 * first stop, the second at each; the launcher writes the third.  All addresses are virtual.
 */
struct mvm_debug {
	uint32_t size;			/* of this structure */
	uint32_t fpu_size;		/* bytes of an area: 512 (FXSAVE), more with XSAVE */
	uint64_t threads;		/* address of the pointer to the first thread */
	uint64_t running;		/* address of the pointer to the one on the vCPU */
	/* Offsets in a thread.  Registers and FPU state of one that does not run. */
	uint16_t next;			/* pointer; 0: the last one */
	uint16_t regs;			/* pointer to struct mvm_regs */
	uint16_t fs_base, gs_base;	/* 64 bits each */
	uint16_t fpu;			/* pointer, or 0: none */
	uint16_t tid;			/* 32 bits */
	uint16_t asleep;		/* 32 bits, MVM_DEBUG_ASLEEP: it waits in a system call */
	uint16_t name;			/* 16 bytes, with a NUL */
	uint16_t sig;			/* pointer to what has the signal mask, 64 bits, at ... */
	uint16_t sig_blocked;		/* ... this offset */
	/* Offsets behind the fpu pointer.  A byte, whether the area counts; if not, these do. */
	uint16_t fpu_whole, fpu_fcw, fpu_mxcsr, fpu_area;
	uint16_t pad[2];

	uint32_t why;			/* enum mvm_stop */
	int32_t tid_stopped;		/* 0: all threads sleep */
	uint64_t siginfo[16];		/* SIGNAL, CRASH: Linux's siginfo_t of the signal */
	uint64_t fpu_now;		/* the stopped thread's area: in place of its own */
	uint64_t auxv, auxv_len;	/* the auxiliary vector */
	uint64_t maps, maps_len;	/* CRASH: mappings as text, as /proc/self/maps; 0: none */

	uint32_t wanted;		/* 1: stop soon; the runtime clears it */
	uint32_t command;		/* enum mvm_debug_command */
	uint64_t arg;			/* TOUCH */
	uint32_t deliver;		/* GO: the signal to deliver after all; 0: none */
	int32_t step;			/* GO: the thread that makes one step; 0: none */
	uint32_t locked;		/* GO: and no other runs meanwhile */
	uint32_t fpu_changed;		/* GO: fpu_now is to be loaded */
	uint64_t probe;			/* PROBE: written */
	uint64_t probed;		/* PROBE: debug exceptions meanwhile */
};

#define MVM_DEBUG_ASLEEP	2U	/* what the asleep field of a thread is then */

#endif
