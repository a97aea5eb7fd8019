/* SPDX-License-Identifier: MIT */
/*
 * The plan: everything a command line (later: an appliance manifest) asks for, as data.
 * options/options.c fills it and checks its form; nothing is opened yet.  Strings point into argv.
 */
#ifndef MVM_PLAN_H
#define MVM_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum plan_command {
	PLAN_RUN, PLAN_DOCTOR, PLAN_SNAPSHOT, PLAN_SERVE, PLAN_PACK, PLAN_INSPECT, PLAN_UNPACK,
	PLAN_HELP, PLAN_VERSION,
	PLAN_APPLIANCE,			/* none of mvm's: what an appliance is started with */
};
enum plan_poll { POLL_AUTO, POLL_ALWAYS, POLL_NEVER };
enum plan_huge { HUGE_AUTO, HUGE_ALWAYS, HUGE_NEVER };

enum plan_trace_time {
	TRACE_TIME_UNSAID, TRACE_TIME_NONE, TRACE_TIME_RELATIVE, TRACE_TIME_ABSOLUTE,
};

struct plan_dir {
	const char *host;		/* --dir HOST:GUEST[:ro], --root HOST[:ro] */
	const char *guest;		/* absolute, normalised, no two the same; "/": --root */
	bool read_only;
	bool overlay;			/* :overlay, which is read only on the host */
};

struct plan_disk {
	const char *host;		/* --disk FILE[:NAME][:ro] */
	const char *name;		/* /dev/NAME in the guest; default diskN */
	bool read_only;
};

struct plan_tmpfs {
	const char *path;		/* --tmpfs PATH[:SIZE]: in the guest; as of plan_dir */
	uint64_t size;			/* bytes; 0: half of --mem */
};

/* --connect: which addresses and ports. */
struct plan_connect {
	char *text;			/* as typed; allocated */
	uint8_t ip[16];			/* IPv4 as ::ffff:a.b.c.d */
	uint8_t prefix;			/* bits of ip that count, of 128 */
	uint16_t proto;			/* MVM_PROTO_TCP or _UDP */
	uint16_t first, last;		/* ports */
	bool resolver;			/* --resolver: the guest shall ask there for names */
};

/* --connect unix:HOST[:GUEST]: a socket in the host's file system. */
struct plan_unix {
	const char *host;		/* where it is there */
	const char *guest;		/* where the guest finds it; as of plan_dir */
};

struct plan_listen {
	char *text;			/* --listen, as typed; allocated */
	uint8_t ip[16];
	uint16_t proto;			/* MVM_PROTO_* */
	uint16_t port;			/* 0: the kernel chooses */
	uint16_t guest_port;		/* 0: the same as on the host */
	const char *path, *guest_path;	/* UNIX */
	int fd;				/* it is open already; 0: not */
	int inherited;			/* fd:N, until fd is known; 0: none */
	bool dual;			/* at ::, also of IPv4 */
};

/* What a program that mvm serve runs does with connections. */
enum serve_contract {
	SERVE_AUTO,			/* as its snapshot says */
	SERVE_INETD,			/* reads and writes its standard streams */
	SERVE_SERVER,			/* accepts by itself */
};

/* How a clone becomes the next one. */
enum serve_reset {
	RESET_AUTO,			/* DEVICE where that is offered, else COPY */
	RESET_COPY,			/* the launcher copies its memory back */
	RESET_DEVICE,			/* MVM_RESET of /dev/mvm */
	RESET_PROCESS,			/* it does not: its process ends */
};

#define SERVE_LISTENERS_MAX	8

/* mvm serve. */
struct plan_serve {
	uint32_t pool, concurrency;	/* --pool, --concurrency: processes */
	uint64_t request_ns, drain_ns;	/* --request-timeout, --drain-timeout */
	uint64_t requests_per_vm;
	enum serve_reset reset;		/* --reset */
	enum serve_contract contract;
	struct plan_listen metrics;	/* --metrics; text NULL: none */
	const char *access_log;		/* FILE or fd:N; NULL: none */
	int ready_fd;			/* --ready-fd; 0: none, for 0 is a standard stream */
	uint64_t bench;			/* --bench: requests; 0: no bench */
};

/* Bytes of an appliance, which is /proc/self/exe; len 0: not from there. */
struct plan_part {
	uint64_t off, len;
};

/* mvm pack, inspect and unpack; NULL: not said. */
struct plan_pack {
	const char *config;		/* --config */
	const char *output;		/* --output; of unpack the directory */
	const char *launcher;		/* --launcher; NULL: this mvm */
	const char *key;		/* --sign or --verify */
};

struct plan {
	enum plan_command command;
	enum plan_command topic;	/* PLAN_HELP: of which command; PLAN_HELP: of all */
	const char *program;		/* as typed: a path of the host, with a root the guest's */
	char **argv;			/* guest's argv, argc entries; argv[0] is program */
	int argc;
	char **env;			/* NAME=VALUE, nenv entries */
	size_t nenv;
	struct plan_dir *dirs;
	size_t ndirs;
	const struct plan_dir *root;	/* which of dirs is --root; NULL: none */
	struct plan_disk *disks;
	size_t ndisks;
	struct plan_tmpfs *tmpfs;
	size_t ntmpfs;
	struct plan_listen *listens;
	size_t nlistens;
	struct plan_connect *connects;	/* with those of --resolver */
	size_t nconnects;
	struct plan_unix *unixes;
	size_t nunixes;
	struct plan_listen gdb;		/* --gdb; text NULL: none */
	const char *core;		/* --core: file or directory; NULL: none */
	uint64_t core_limit;		/* bytes of memory in it; 0: no limit */
	const char *cwd;		/* --cwd; "/" */
	const char *hostname;		/* --hostname; "mvm" */
	uint32_t uid, gid;		/* --user, if has_user */
	const char *device;		/* --device: NULL is auto (/dev/mvm, then /dev/kvm) */
	uint64_t mem;			/* --mem: bytes, 2 MiB aligned; default 512 MiB */
	uint64_t stack;			/* --stack: bytes; default 8 MiB */
	uint64_t timeout_ns;		/* --timeout; 0: none */
	enum plan_poll poll;
	enum plan_huge huge;		/* --huge=auto|always|never: of the host, for guest RAM */
	const char *snap_out;		/* mvm snapshot -o FILE */
	const char *snapshot;		/* --snapshot FILE */
	const char *kept;		/* the first option whose value a snapshot has already */
	bool trial;			/* of a new snapshot, that is CONFINE_FD_SNAP */
	bool resets;			/* the VM will be reset (mvm serve) */
	bool clones;			/* it is the device's clone of a template (likewise) */
	const char *stats;		/* --stats FILE or fd:N; NULL: none */
	const char *record, *replay;	/* --record, --replay FILE */
	const char *trace;		/* --trace[=FILE or fd:N], "fd:2" without; NULL: none */
	bool trace_filtered;		/* --trace-filter was there; else all is wanted */
	uint64_t trace_calls[8];	/* bit n of them: system call n */
	uint64_t trace_requests;	/* hypercalls, MVM_OP_* */
	enum plan_trace_time trace_time;
	const char *profile;		/* --profile FILE or fd:N */
	unsigned int profile_hz;	/* --profile-rate */
	const char *timeline;		/* --timeline FILE or fd:N */
	bool show_confinement;
	bool has_user;			/* --user was given */
	bool allow_wx;			/* --allow-wx */
	bool no_aslr;			/* --no-aslr */
	bool verbose;			/* -v */
	struct plan_serve serve;	/* PLAN_SERVE */
	struct plan_pack pack;
	struct plan_part program_part;	/* of an appliance: program or snapshot, which is named */
	struct plan_part root_part;	/* the archive that root is then */
};

/* Does the guest load the program, from its root? */
static inline bool plan_in_root(const struct plan *p)
{
	return p->root && !p->program_part.len;
}

/* Does --trace want any system call? */
static inline bool trace_wants_calls(const struct plan *p)
{
	uint64_t any = 0;

	for (unsigned int i = 0; i < 8; i++)
		any |= p->trace_calls[i];
	return p->trace && any;
}

#endif
