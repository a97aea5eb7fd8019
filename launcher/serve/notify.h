/* SPDX-License-Identifier: MIT */
/* Tells a service manager how mvm serve does (sd_notify(3)), and whoever gave it --ready-fd. */
#ifndef MVM_SERVE_NOTIFY_H
#define MVM_SERVE_NOTIFY_H

/* Takes --ready-fd (0: none) to a number of its own.  0, or EXIT_MVM with the message printed. */
int notify_init(int ready_fd);
/* The pool is full, for the first time or after a reload. */
void notify_ready(void);
void notify_reloading(void);
void notify_stopping(void);

#endif
