/* SPDX-License-Identifier: MIT */
/*
 * Hardware breakpoints and watchpoints: the four debug registers (SDM volume 3, 18.2), set through
 * the device as the guest's own.  What they raise comes to the guest's runtime as any exception
 * does, and from there as a stop.
 *
 * A device may take the registers and do nothing with them, as KVMs in software do.  So the first
 * one asked for is preceded by a trial: the guest writes where a register watches.
 *
 * Needs (system calls, with --gdb only): ioctl(vCPU, KVM_GET_DEBUGREGS, KVM_SET_DEBUGREGS)
 */
#include <errno.h>
#include <stddef.h>
#include "gdb_int.h"
#include "kvm.h"

#define REGISTERS	4
#define DR7_FIXED	0x400UL
#define DR6_FIXED	0xffff0ff0UL
#define RW_EXECUTE	0U
#define RW_WRITE	1U
#define RW_ACCESS	3U

static struct {
	char type;			/* '1' execute, '2' write, '4' access; 0: free */
	uint64_t va, len;
} hw[REGISTERS];

static enum { UNTRIED, WORKS, NONE } state;

static uint64_t dr7_bits(unsigned int n, char type, uint64_t len)
{
	static const uint8_t lens[] = { [1] = 0, [2] = 1, [4] = 3, [8] = 2 };
	uint64_t rw = type == '1' ? RW_EXECUTE : type == '2' ? RW_WRITE : RW_ACCESS;

	return 1UL << (2 * n) | (rw | (uint64_t)(type == '1' ? 0 : lens[len]) << 2) << (16 + 4 * n);
}

static int load(void)
{
	struct kvm_debugregs d = { .dr6 = DR6_FIXED, .dr7 = DR7_FIXED };

	for (unsigned int i = 0; i < REGISTERS; i++)
		if (hw[i].type) {
			d.db[i] = hw[i].va;
			d.dr7 |= dr7_bits(i, hw[i].type, hw[i].len);
		}
	return kvm_set(gdb.run->vm->vcpu_fd, KVM_SET_DEBUGREGS, &d);
}

static bool works(void)
{
	const struct guest *g = &gdb.run->guest;
	struct mvm_debug after;
	uint64_t before;

	if (state != UNTRIED)
		return state == WORKS;
	state = NONE;
	hw[0].type = '2';
	hw[0].va = g->debug + offsetof(struct mvm_debug, probe);
	hw[0].len = 8;
	before = gdb.stop.probed;
	if (load() == 0) {
		gdb_command(MVM_DEBUG_PROBE, 0);
		if (guest_debug(g, &after) && after.probed != before)
			state = WORKS;
	}
	hw[0].type = 0;
	load();
	return state == WORKS;
}

/* The largest piece that one register can watch: 1, 2, 4 or 8 bytes, aligned to as much. */
static uint64_t piece(uint64_t va, uint64_t len)
{
	uint64_t n = 8;

	while (n > len || va % n)
		n /= 2;
	return n;
}

static int change(char type, uint64_t va, uint64_t len, bool set)
{
	for (unsigned int i = 0; i < REGISTERS; i++) {
		bool same = hw[i].type == type && hw[i].va == va && hw[i].len == len;

		if (set ? hw[i].type : !same)
			continue;
		hw[i].type = set ? type : 0;
		hw[i].va = va;
		hw[i].len = len;
		return 0;
	}
	return set ? -ENOSPC : 0;
}

int gdb_hw_set(char type, uint64_t va, uint64_t len, bool set)
{
	uint64_t n;
	int err = 0;

	if ((type != '1' && type != '2' && type != '4') || !works())
		return -ENOTSUP;
	if (type == '1')
		len = 1;
	if (!len || len > 8 * REGISTERS)
		return -ENOSPC;
	for (uint64_t done = 0; done < len && !err; done += n) {
		n = piece(va + done, len - done);
		err = change(type, va + done, n, set);
	}
	if (err)
		gdb_hw_set(type, va, len, false);
	return load() ? -EIO : err;
}

const char *gdb_hw_hit(uint64_t *va)
{
	struct kvm_debugregs d;

	if (state != WORKS || kvm_get(gdb.run->vm->vcpu_fd, KVM_GET_DEBUGREGS, &d))
		return NULL;
	for (unsigned int i = 0; i < REGISTERS; i++)
		if (hw[i].type && d.dr6 >> i & 1) {
			*va = hw[i].va;
			load();			/* DR6 is cleared by nobody else */
			return hw[i].type == '1' ? "hwbreak" : hw[i].type == '2' ? "watch" :
			       "awatch";
		}
	return NULL;
}

void gdb_hw_remove_all(void)
{
	for (unsigned int i = 0; i < REGISTERS; i++)
		hw[i].type = 0;
	if (state == WORKS)
		load();
}
