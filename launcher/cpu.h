/* SPDX-License-Identifier: MIT */
/*
 * The guest's processor: which features it is told of (CPUID) and the register state in which
 * it starts, directly in 64-bit mode at CPL 3.
 */
#ifndef MVM_CPU_H
#define MVM_CPU_H

#include <stdint.h>
#include <linux/kvm.h>
#include <mvm/abi.h>

#define CPU_CPUID_MAX	32

struct cpu_model {
	struct kvm_cpuid_entry2 cpuid[CPU_CPUID_MAX];
	uint32_t ncpuid;
	uint32_t features;		/* MVM_CPU_* that may be tried */
	uint64_t xcr0;			/* for KVM_SET_XCRS; 0: no XSAVE */
	uint32_t xsave_size;
	uint32_t hwcap, hwcap2;
	uint32_t no_tsc;		/* reading the TSC raises #GP, if there is CR4.TSD */
};

/*
 * Derives the model from the host's processor: the user-mode instruction sets that every KVM
 * passes on, and nothing that needs a kernel.  Executes some ten CPUID, which are dear where
 * this host is itself a guest; needs no VM, so it may run beside VM creation.
 */
void cpu_model_init(struct cpu_model *m);
/* Takes XSAVE and FSGSBASE away again where the device refuses them. */
void cpu_model_without(struct cpu_model *m, uint32_t features);
/*
 * For a run that is recorded: without the instructions whose results nobody records, RDRAND,
 * RDSEED, RDPID and RDTSCP, and with no_tsc.
 */
void cpu_model_recorded(struct cpu_model *m);
/*
 * Has the processor that m was derived from all that the model want tells of?  NULL, or the name of
 * something that it lacks.
 */
const char *cpu_model_lacks(struct cpu_model *m, struct cpu_model *want);
/* The model's entry, or NULL. */
struct kvm_cpuid_entry2 *cpu_model_leaf(struct cpu_model *m, uint32_t leaf, uint32_t sub);
/* Fills *s (as got from a new vCPU) with the start state.  pml4: GPA. */
void cpu_start_sregs(struct kvm_sregs *s, const struct cpu_model *m, uint64_t pml4);

#endif
