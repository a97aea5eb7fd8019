/* SPDX-License-Identifier: MIT */
#ifndef MVM_SERVE_TEMPLATE_H
#define MVM_SERVE_TEMPLATE_H

#include "supervisor.h"

/*
 * With plan.clones: the template of the image becomes the descriptor CONFINE_FD_TEMPLATE, instead
 * of the one that was there.  After s->confinement was planned for it.  0, or an exit status with
 * its message printed.
 */
int template_make(const struct supervisor *s, const struct snap_image *img);

#endif
