/* SPDX-License-Identifier: MIT */
/*
 * A guest for the benchmark program of TinyKVM's tree, which calls these functions by their names:
 * one that does nothing, and one that leaves the virtual machine COUNT times, through the port that
 * means nothing to it.
 */
__attribute__((used, noinline)) void bench(void)
{
	__asm__ volatile ("");
}

__attribute__((used, noinline)) void bench_vmexits(int count)
{
	while (count-- > 0)
		__asm__ volatile ("out %%ax, $1" : : : "memory");
}

int main(void)
{
	return 0;
}
