/* SPDX-License-Identifier: MIT */
/* What mvm serve serves: a snapshot, and the workers' grants and filter that follow from it. */
#ifndef MVM_SERVE_IMAGE_H
#define MVM_SERVE_IMAGE_H

#include "supervisor.h"

/* Notes the grants: service->handles with standard streams and files, then the listeners. */
void image_granted(const struct supervisor *s, uint32_t files);
/*
 * Loads the snapshot that the plan names or, of a program, makes it.  s->image, contract, plan,
 * handles and confinement are new.  0, or an exit status with the message printed, and all is as
 * it was.
 */
int image_load(struct supervisor *s);
/*
 * The same in two steps, where making it must not keep the supervisor from its work.  The first
 * returns a process that ends with status 0 when it is made, or -1 with the message printed.
 */
pid_t image_begin(struct supervisor *s);
int image_end(struct supervisor *s, int status);

#endif
