/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's interfaces that the module's files use, but for those that only one of them does.
 * vm.h includes it, and every file begins with a header that includes that.
 */
#ifndef MVM_KERNEL_H
#define MVM_KERNEL_H

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/anon_inodes.h>
#include <linux/highmem.h>
#include <linux/kvm.h>
#include <linux/mmu_notifier.h>
#include <linux/module.h>
#include <linux/nospec.h>
#include <linux/pagemap.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/swap.h>
#include <linux/task_work.h>
#include <linux/uaccess.h>
#include <asm/apicdef.h>
#include <asm/debugreg.h>
#include <asm/desc.h>
#include <asm/fpu/api.h>
#include <asm/fpu/xcr.h>
#include <asm/fsgsbase.h>
#include <asm/msr-index.h>
#include <asm/traps.h>
#include <asm/tsc.h>
#include <asm/vmx.h>

#endif
