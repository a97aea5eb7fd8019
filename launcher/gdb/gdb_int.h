/* SPDX-License-Identifier: MIT */
/* What the files of the stub share.  Only gdb*.c includes this. */
#ifndef MVM_GDB_INT_H
#define MVM_GDB_INT_H

#include "gdb.h"
#include "packet.h"
#include "guest_info.h"

/* How one conversation, from a stop to the guest's going on, ends. */
enum gdb_next { GDB_STAY, GDB_GO, GDB_DETACH, GDB_KILL };

/* One for the process: there is one guest. */
struct gdb {
	struct run *run;
	struct mvm_debug stop;		/* as the guest wrote it at this stop */
	struct guest_thread threads[GUEST_THREADS_MAX];
	unsigned int nthreads;
	int32_t thread;			/* whose registers and memory packets mean (Hg) */
	int32_t stopped;		/* which thread the stop is about */
	int signo;			/* Linux's; what the stop is reported as */
	char reason[64];		/* further words of the report */
	bool own_break;			/* INT3 was ours, not the program's */
	bool awaited;			/* the debugger waits for a report: the guest runs */
	bool swbreak, hwbreak;		/* what it understands of reports */
	uint64_t pass;			/* signals that it does not want to hear of, bit n - 1 */
	/* how to go on */
	uint32_t deliver;
	int32_t step;
	bool locked;
};
extern struct gdb gdb;

/* open.c: the socket's name, as `target remote` takes it. */
const char *gdb_where(void);

/* gdb.c: has the guest carry out a command (enum mvm_debug_command) and stop again. */
void gdb_command(enum mvm_debug_command command, uint64_t arg);
/* A thread by its number, 0 or -1: any.  NULL: there is none. */
struct guest_thread *gdb_thread(int32_t tid);
/* A thread's number in a packet: 0 any, -1 all.  False: none is there. */
bool gdb_tid(const char **s, int32_t *tid);

/* mem.c.  Memory as the program has it, without breakpoints.  Returns the bytes done. */
uint64_t gdb_read(uint64_t va, void *buf, uint64_t len);
uint64_t gdb_write(uint64_t va, const void *buf, uint64_t len);
void gdb_packet_m(const char *s);
void gdb_packet_M(const char *s);
void gdb_packet_X(const char *s, const char *end);

/* break.c: INT3 in the program's text. */
void gdb_packet_Z(const char *s, bool set);
bool gdb_break_at(uint64_t va);
void gdb_break_remove_all(void);
/* Memory is another one: those that are set are written again. */
void gdb_break_restored(void);
/*
 * [va, va + len) has been read into buf, or written from it: where a breakpoint of ours is, buf
 * gets the program's byte, or that byte is noted and the breakpoint put back.
 */
void gdb_break_hide(uint64_t va, uint8_t *buf, uint64_t len);
void gdb_break_rewrite(uint64_t va, const uint8_t *buf, uint64_t len);

/* hw.c: debug registers.  Results: 0, -ENOTSUP where the device has none, -ENOSPC. */
int gdb_hw_set(char type, uint64_t va, uint64_t len, bool set);
/* Which of them has fired; its word for the report, and the address.  NULL: none. */
const char *gdb_hw_hit(uint64_t *va);
void gdb_hw_remove_all(void);

/* regs.c */
void gdb_packet_g(void);
void gdb_packet_G(const char *s);
void gdb_packet_p(const char *s);
void gdb_packet_P(const char *s);
/* xml.c: the target description; its length. */
size_t gdb_target_xml(const char **text);

/* resume.c */
enum gdb_next gdb_packet_vCont(const char *s);
enum gdb_next gdb_packet_resume(const char *s);

/* query.c: q, Q, and what else asks or agrees. */
void gdb_packet_q(const char *s);
void gdb_packet_Q(const char *s);
void gdb_packet_T(const char *s);
/* Finds where the debugger has the program's symbols from, if it is not told. */
void gdb_exec_file_find(const struct plan *plan);
/* That path, or a word for messages. */
const char *gdb_exec_file(void);

/* signal.c: Linux's numbers and those of the protocol.  0: none. */
int gdb_signal_out(int signo);
int gdb_signal_in(int number);

#endif
