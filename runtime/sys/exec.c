/* SPDX-License-Identifier: MIT */
/*
 * The initial stack of the application, as Linux lays it out (fs/binfmt_elf.c is the reference
 * for the order, System V ABI for x86-64, 3.4.1 to 3.4.3, for the contents).  From the top down:
 * 8 zero bytes, the path of the program, environment and argument strings, AT_PLATFORM,
 * AT_RANDOM's 16 bytes, then, at a 16-byte aligned RSP, argc, argv, envp and the auxiliary vector.
 */
#include "sys/exec.h"

#include <linux/auxvec.h>

#include "mm/mm.h"
#include "sys/about.h"
#include "sys/creds.h"
#include "sys/signal.h"
#include "sys/sys.h"
#include "sys/vdso.h"
#include "upcall.h"

/* In UAPI only for other architectures, or newer than the oldest headers. */
#ifndef AT_SYSINFO
#define AT_SYSINFO	32
#endif
#ifndef AT_SYSINFO_EHDR
#define AT_SYSINFO_EHDR	33
#endif
#ifndef AT_MINSIGSTKSZ
#define AT_MINSIGSTKSZ	51
#endif

#define CLOCK_TICKS	100	/* AT_CLKTCK: what times() counts in, a second */
#define RANDOM_BYTES	16

struct program program;
struct user_area about_args, about_env, about_auxv;

struct auxv {
	u64 type, value;
};

/* Grows down; every write goes through it, so that a stack that is too small is found. */
struct builder {
	u64 sp;
};

static u64 push_bytes(struct builder *b, const void *src, size_t n)
{
	b->sp -= n;
	if (copy_to_user(b->sp, src, n))
		rt_panic("the application's stack has no room for its arguments");
	return b->sp;
}

static u64 push_string(struct builder *b, const char *s)
{
	return push_bytes(b, s, strlen(s) + 1);
}

/* Writes the addresses of n strings, which lie one after another from *string on. */
static u64 put_vector(u64 at, u32 n, const char **s, u64 *string)
{
	u64 zero = 0;

	for (u32 i = 0; i < n; i++, at += sizeof(u64)) {
		size_t len = strlen(*s) + 1;

		if (copy_to_user(at, string, sizeof(*string)))
			rt_panic("the application's stack cannot be written");
		*s += len;
		*string += len;
	}
	if (copy_to_user(at, &zero, sizeof(zero)))
		rt_panic("the application's stack cannot be written");
	return at + sizeof(u64);
}

static const char *boot_string(u32 off)
{
	return (const char *)boot + off;
}

/* Bytes of n strings that lie one after another. */
static u64 strings_len(const char *s, u32 n)
{
	const char *p = s;

	while (n--)
		p += strlen(p) + 1;
	return p - s;
}

void program_init(void)
{
	program = (struct program){
		.entry = boot->app_entry, .main_entry = boot->app_main_entry,
		.phdr = boot->app_phdr, .interp_base = boot->interp_base,
		.phnum = boot->app_phnum, .phent = boot->app_phent,
		.args = boot_string(boot->args_off), .argc = boot->argc,
		.path = boot->exec_off ? boot_string(boot->exec_off) : "",
	};
	program.args_len = strings_len(program.args, program.argc);
	program.exe = program.path;
}

const char *program_env(const char *name)
{
	const char *s = boot_string(boot->args_off);
	size_t len = strlen(name);

	s += strings_len(s, boot->argc);
	for (u32 i = 0; i < boot->envc; i++, s += strlen(s) + 1)
		if (strlen(s) > len && s[len] == '=' && !memcmp(s, name, len))
			return s + len + 1;
	return NULL;
}

const char *about_exe(void)
{
	return program.exe;
}

const char *exec_name(void)
{
	const char *slash = strrchr(program.path, '/');

	return slash ? slash + 1 : program.path;
}

u64 stack_build(void)
{
	struct builder b = { .sp = boot->stack_top };
	const char *args = program.args, *env = boot_string(boot->args_off);
	const struct auxv terminator = { AT_NULL, 0 };
	u64 execfn, platform, string, at, zero = 0, argc = program.argc;
	u8 random[RANDOM_BYTES];
	size_t vectors;

	push_bytes(&b, &zero, sizeof(zero));
	execfn = push_string(&b, program.path);
	env += strings_len(env, boot->argc);
	about_env.len = strings_len(env, boot->envc);
	about_env.at = push_bytes(&b, env, about_env.len);
	about_args.len = program.args_len;
	about_args.at = string = push_bytes(&b, args, about_args.len);
	b.sp = ALIGN_DOWN(b.sp, 16);
	platform = push_string(&b, "x86_64");
	random_bytes(random, sizeof(random));
	program.random_at = push_bytes(&b, random, sizeof(random));
	memset(random, 0, sizeof(random));

	struct auxv aux[] = {
		{ AT_SYSINFO, rt_door() },
		{ AT_SYSINFO_EHDR, vdso_address() },
		{ AT_MINSIGSTKSZ, signal_frame_max() },
		{ AT_HWCAP, boot->hwcap },
		{ AT_PAGESZ, MVM_PAGE_SIZE },
		{ AT_CLKTCK, CLOCK_TICKS },
		{ AT_PHDR, program.phdr },
		{ AT_PHENT, program.phent },
		{ AT_PHNUM, program.phnum },
		{ AT_BASE, program.interp_base },
		{ AT_FLAGS, 0 },
		{ AT_ENTRY, program.main_entry },
		{ AT_UID, creds.uid.r },
		{ AT_EUID, creds.uid.e },
		{ AT_GID, creds.gid.r },
		{ AT_EGID, creds.gid.e },
		{ AT_SECURE, 0 },
		{ AT_RANDOM, program.random_at },
		{ AT_HWCAP2, boot->hwcap2 },
		{ AT_EXECFN, execfn },
		{ AT_PLATFORM, platform },
	};

	vectors = sizeof(u64) * (1 + argc + 1 + boot->envc + 1) + sizeof(aux) +
		  sizeof(terminator);
	b.sp = ALIGN_DOWN(b.sp - vectors, 16);
	at = b.sp;
	if (copy_to_user(at, &argc, sizeof(argc)))
		rt_panic("the application's stack has no room for its arguments");
	at += sizeof(argc);
	at = put_vector(at, (u32)argc, &args, &string);
	at = put_vector(at, boot->envc, &env, &string);
	about_auxv.at = at;
	for (size_t i = 0; i < ARRAY_SIZE(aux); i++) {
		u64 type = aux[i].type;

		/* What this build does not have is left out rather than given as 0. */
		if (!aux[i].value && (type == AT_SYSINFO_EHDR || type == AT_MINSIGSTKSZ))
			continue;
		if (copy_to_user(at, &aux[i], sizeof(aux[i])))
			rt_panic("the application's stack cannot be written");
		at += sizeof(aux[i]);
	}
	if (copy_to_user(at, &terminator, sizeof(terminator)))
		rt_panic("the application's stack cannot be written");
	about_auxv.len = at + sizeof(terminator) - about_auxv.at;
	return b.sp;
}
