/* SPDX-License-Identifier: MIT */
/*
 * The command line: tables of good and bad ones.  Each word lies on the heap in a block of its
 * own, so that ASan sees a parser that reads or writes beyond it.
 */
#include "msg.h"	/* before cmocka.h, which has a macro fail() */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <mvm/abi.h>
#include "capture.h"
#include "observe/observe.h"
#include "options/options.h"

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))
#define WORDS		200

static char *words[WORDS + 1];
static int nwords;
static struct plan plan;

/* Of observe/filter.c, which test_trace.c is about. */
void trace_want_all(struct plan *p)
{
	p->trace_requests = UINT64_MAX;
}

int trace_filter(struct plan *p, const struct option_desc *o, char *list)
{
	(void)o;
	p->trace_requests = *list == '!';
	p->trace_filtered = true;
	return 0;
}

static void forget(void)
{
	plan_free(&plan);
	while (nwords)
		free(words[--nwords]);
}

static void word(const char *text)
{
	words[nwords++] = strdup(text);
	words[nwords] = NULL;
}

/* Parses "mvm" and the words of a line, which are separated by one blank each. */
static int parse(const char *line)
{
	char *copy = strdup(line), *save = NULL;

	word("mvm");
	for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save))
		word(w);
	free(copy);
	return plan_parse(nwords, words, &plan);
}

static void good(const char *line)
{
	forget();
	if (parse(line))
		fail_msg("refused: mvm %s", line);
}

/* It is refused with one line that has both texts in it, and status 125. */
static void bad(const char *line, const char *says, const char *too)
{
	int status, lines;

	forget();
	capture_begin();
	status = parse(line);
	lines = capture_end();
	if (status != EXIT_MVM || lines != 1 || strncmp(captured, "mvm: ", 5) ||
	    !strstr(captured, says) || !strstr(captured, too))
		fail_msg("mvm %s: status %d, said: %s", line, status, captured);
}

static void commands(void **state)
{
	(void)state;
	good("--help");
	assert_int_equal(plan.command, PLAN_HELP);
	assert_int_equal(plan.topic, PLAN_HELP);
	good("-h");
	assert_int_equal(plan.command, PLAN_HELP);
	good("help run");
	assert_int_equal(plan.topic, PLAN_RUN);
	good("help doctor");
	assert_int_equal(plan.topic, PLAN_DOCTOR);
	good("run --mem 64M --help");
	assert_int_equal(plan.command, PLAN_HELP);
	assert_int_equal(plan.topic, PLAN_RUN);
	good("--version");
	assert_int_equal(plan.command, PLAN_VERSION);
	good("doctor");
	assert_int_equal(plan.command, PLAN_DOCTOR);
	good("doctor --device /dev/mvm");
	assert_string_equal(plan.device, "/dev/mvm");
	bad("", "no command", "mvm run PROGRAM");
	bad("app.elf", "app.elf: unknown command", "mvm run app.elf");
	bad("rum", "did you mean", "mvm run?");
	bad("doctro", "did you mean", "mvm doctor?");
	bad("help frobnicate", "frobnicate: unknown command", "");
	bad("--mem 64M run x", "options follow the command", "mvm run --mem PROGRAM");
	bad("doctor x", "takes no 'x'", "mvm doctor");
	bad("doctor --mem 64M", "--mem: unknown option", "mvm help doctor");
}

static void defaults(void **state)
{
	(void)state;
	good("run app.elf");
	assert_int_equal(plan.command, PLAN_RUN);
	assert_string_equal(plan.program, "app.elf");
	assert_int_equal(plan.argc, 1);
	assert_int_equal(plan.mem, 512 << 20);
	assert_int_equal(plan.stack, 8 << 20);
	assert_int_equal(plan.timeout_ns, 0);
	assert_int_equal(plan.nenv, 0);
	assert_int_equal(plan.ndirs, 0);
	assert_int_equal(plan.ndisks, 0);
	assert_null(plan.device);
	assert_null(plan.stats);
	assert_string_equal(plan.cwd, "/");
	assert_string_equal(plan.hostname, "mvm");
	assert_int_equal(plan.poll, POLL_AUTO);
	assert_int_equal(plan.huge, HUGE_AUTO);
	assert_false(plan.verbose || plan.allow_wx || plan.no_aslr || plan.show_confinement);
}

static void guest_words(void **state)
{
	(void)state;
	good("run app.elf --mem 1 -v --unknown -- x");
	assert_int_equal(plan.argc, 7);
	assert_string_equal(plan.argv[0], "app.elf");
	assert_string_equal(plan.argv[3], "-v");
	assert_string_equal(plan.argv[6], "x");
	assert_null(plan.argv[7]);
	assert_false(plan.verbose);
	good("run -- -strange-name --help");
	assert_string_equal(plan.program, "-strange-name");
	assert_int_equal(plan.argc, 2);
	good("run -");
	assert_string_equal(plan.program, "-");
	bad("run", "the program is missing", "mvm run app.elf");
	bad("run --", "the program is missing", "mvm run app.elf");
	bad("run -v", "the program is missing", "mvm run app.elf");
}

static void empty_program(void **state)
{
	(void)state;
	forget();
	word("mvm");
	word("run");
	word("");
	capture_begin();
	assert_int_equal(plan_parse(nwords, words, &plan), EXIT_MVM);
	assert_int_equal(capture_end(), 1);
}

static void options(void **state)
{
	(void)state;
	good("run --mem 63M --stack=100000 --timeout=1.5s --device /dev/kvm --poll never "
	     "--huge=always --stats fd:3 --cwd /a//b/ --hostname box --user 12:34 "
	     "--allow-wx --no-aslr -v --show-confinement x");
	assert_int_equal(plan.mem, 64 << 20);
	assert_int_equal(plan.stack, 102400);
	assert_int_equal(plan.timeout_ns, 1500000000);
	assert_string_equal(plan.device, "/dev/kvm");
	assert_int_equal(plan.poll, POLL_NEVER);
	assert_int_equal(plan.huge, HUGE_ALWAYS);
	assert_string_equal(plan.stats, "fd:3");
	assert_string_equal(plan.cwd, "/a/b");
	assert_string_equal(plan.hostname, "box");
	assert_true(plan.has_user && plan.uid == 12 && plan.gid == 34);
	assert_true(plan.verbose && plan.allow_wx && plan.no_aslr && plan.show_confinement);
	assert_true(msg_verbose);
	good("run --user 1000 x");
	assert_true(plan.has_user && plan.uid == 1000 && plan.gid == 1000);
	good("run x");
	assert_false(plan.has_user);
	good("run --record a x");
	assert_string_equal(plan.record, "a");
	assert_int_equal(plan.poll, POLL_NEVER);
	good("run --replay a");
	assert_string_equal(plan.replay, "a");
	assert_int_equal(plan.poll, POLL_NEVER);
	good("run --mem 64M --mem 128M --device auto x");
	assert_int_equal(plan.mem, 128 << 20);
	assert_null(plan.device);
	good("run --mem 8M x");
	assert_int_equal(plan.stack, 2 << 20);
	good("run --mem 1024G x");
	assert_int_equal(plan.mem, 1ULL << 40);
}

static void observing(void **state)
{
	(void)state;
	good("run x");
	assert_true(!plan.trace && !plan.profile && !plan.timeline && !trace_wants_calls(&plan));
	good("run --trace x");		/* a value is in the same word, or there is none */
	assert_string_equal(plan.trace, "fd:2");
	assert_string_equal(plan.program, "x");
	assert_true(plan.trace_requests == UINT64_MAX);
	good("run --trace=t.txt --trace-time=relative --trace-filter !read x");
	assert_string_equal(plan.trace, "t.txt");
	assert_int_equal(plan.trace_time, TRACE_TIME_RELATIVE);
	assert_true(plan.trace_filtered && plan.trace_requests == 1);
	good("run --trace-filter !read --trace=t x");
	assert_true(plan.trace_requests == 1);
	good("run --trace-filter read x");
	assert_string_equal(plan.trace, "fd:2");
	good("run --profile p --profile-rate 10000 --timeline=fd:7 x");
	assert_string_equal(plan.profile, "p");
	assert_int_equal(plan.profile_hz, 10000);
	assert_string_equal(plan.timeline, "fd:7");
	bad("run --trace= x", "--trace='': names no file", "as in --trace=trace.txt");
	bad("run --trace=fd:x x", "descriptor", "fd:x");
	bad("run --trace-time soon x", "none of none, relative and absolute", "soon");
	bad("run --profile-rate 0 x", "not between 1 and 10000", "0");
	bad("run --profile-rate 10001 x", "not between 1 and 10000", "10001");
	bad("run --profile", "the value is missing", "--profile");
	bad("run --trace-time none x", "nothing is traced", "with --trace");
	bad("run --profile-rate 5 --trace x", "nothing is sampled", "with --profile FILE");
	good("run --trace-time none --trace-filter read x");
	bad("run --timeline= x", "names no file", "--timeline");
}

static void unknown_options(void **state)
{
	(void)state;
	bad("run --mme 64M x", "--mme: unknown option", "did you mean --mem?");
	bad("run --dri=a:/b x", "--dri: unknown option", "did you mean --dir?");
	bad("run --verbos x", "--verbos: unknown option", "did you mean --verbose?");
	bad("run --frobnicate x", "--frobnicate: unknown option", "mvm help run");
	bad("run --a-name-that-is-longer-than-any-option-could-be x", "unknown option", "help");
	bad("run -x x", "-x: unknown option", "mvm help run");
	bad("run -vv x", "-vv: unknown option", "mvm help run");
	bad("run --=5 x", "--: unknown option", "mvm help run");
	bad("run --allow-wx=yes x", "takes no value", "--allow-wx");
	bad("run --mem", "--mem: the value is missing", "--mem 64M");
}

static void serving(void **state)
{
	(void)state;
	good("serve --listen tcp:127.0.0.1:80 x a");
	assert_int_equal(plan.serve.pool, 4);
	assert_int_equal(plan.serve.concurrency, 64);
	assert_int_equal(plan.serve.requests_per_vm, 1);
	assert_int_equal(plan.serve.request_ns, 30000000000ULL);
	assert_int_equal(plan.serve.reset, RESET_AUTO);
	good("serve --listen unix:/s --pool 100 --request-timeout 1ms --reset=process --metrics "
	     "tcp:[::1]:9 --contract=inetd --ready-fd 3 --requests-per-vm 7 --bench 5 x");
	assert_int_equal(plan.serve.concurrency, 100);
	assert_int_equal(plan.serve.request_ns, 1000000);
	assert_int_equal(plan.serve.contract, SERVE_INETD);
	assert_int_equal(plan.serve.metrics.port, 9);
	assert_int_equal(plan.serve.reset, RESET_PROCESS);
	assert_int_equal(plan.serve.requests_per_vm, 7);
	good("serve --listen unix:/s --concurrency 2 x");
	assert_int_equal(plan.serve.pool, 2);
	bad("serve --listen unix:/s --pool 0 x", "none at all", "--pool");
	bad("serve --listen unix:/s --concurrency 4097 x", "more than 4096", "--concurrency");
	bad("serve --listen unix:/s --pool 9 --concurrency 8 x", "--pool 9", "which is 8");
	bad("serve --listen unix:/s --drain-timeout 0 x", "no time at all", "--drain-timeout");
	bad("serve --listen unix:/s --ready-fd 2 x", "from 3 to 99", "--ready-fd 2");
	bad("serve --listen unix:/s --access-log= x", "names no file", "--access-log");
	bad("serve --listen unix:/s --disk f x", "two writers", ":ro");
	bad("serve --listen udp:127.0.0.1:1 x", "UDP has none", "--listen");
	bad("serve x", "not said where to listen", "--listen");
	bad("run --pool 4 x", "unknown option", "--pool");
	bad("serve --listen unix:/s --poll auto x", "unknown option", "--poll");
}

static void bad_values(void **state)
{
	static const struct {
		const char *line, *says;
	} cases[] = {
		{ "run --mem=0 x", "less than 8M" }, { "run --mem 7M x", "less than 8M" },
		{ "run --mem 1025G x", "more than 1024G" }, { "run --mem -1 x", "is not a size" },
		{ "run --mem 64MB x", "is not a size" }, { "run --mem= x", "is not a size" },
		{ "run --mem 99999999999999999999 x", "too large" },
		{ "run --stack 1K x", "less than 64K" }, { "run --stack 2G x", "more than 1G" },
		{ "run --mem 8M --stack 16M x", "do not fit" },
		{ "run --timeout 0 x", "no time at all" }, { "run --timeout 1001h x", "1000h" },
		{ "run --timeout soon x", "is not a duration" },
		{ "run --device kvm x", "absolute path" }, { "run --device= x", "absolute path" },
		{ "run --poll sometimes x", "none of auto, always and never" },
		{ "run --huge x x", "none of auto, always and never" },
		{ "run --stats= x", "names no file" }, { "run --stats fd: x", "descriptor" },
		{ "run --stats fd:-1 x", "descriptor" }, { "run --stats fd:1024 x", "descriptor" },
		{ "run --stats fd:1x x", "descriptor" },
		{ "run --record= x", "names no file" }, { "run --replay=", "names no file" },
		{ "run --replay a x", "told no program" },
		{ "run --replay a --dir b:/b", "given nothing" },
		{ "run --replay a --record b", "not recorded again" },
		{ "run --poll always --record a x", "cannot be repeated" },
		{ "run --cwd data x", "not absolute" }, { "run --cwd /a/.. x", "contains '..'" },
		{ "run --hostname a_b x", "other characters" }, { "run --hostname= x", "is empty" },
		{ "run --user root x", "is not a number" },
		{ "run --user 1: x", "is not a number" },
		{ "run --user 4294967295 x", "highest identifier" },
		{ "run --user 1:2:3 x", "more than a user and a group" },
		{ "run --env =x x", "names no variable" }, { "run --env= x", "names no variable" },
		{ "run --env MVM_NO_SUCH_VARIABLE x", "--env MVM_NO_SUCH_VARIABLE=VALUE" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		bad(cases[i].line, cases[i].says, "; ");
}

static void environment(void **state)
{
	(void)state;
	setenv("MVM_TEST_HOST", "from here", 1);
	good("run --env A=1 --env=B= --env MVM_TEST_HOST --env A=2=3 --env AB=4 x");
	assert_int_equal(plan.nenv, 4);
	assert_string_equal(plan.env[0], "A=2=3");
	assert_string_equal(plan.env[1], "B=");
	assert_string_equal(plan.env[2], "MVM_TEST_HOST=from here");
	assert_string_equal(plan.env[3], "AB=4");
	good("run --root / --env HOME=/data x");
	assert_int_equal(plan.nenv, 2);
	assert_string_equal(plan.env[0], "HOME=/data");
	assert_string_equal(plan.env[1],
			    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
	good("run --root / x");
	assert_int_equal(plan.nenv, 2);
	assert_string_equal(plan.env[1], "HOME=/root");
	good("run --root / --env PATH= --env HOMES=1 x");
	assert_int_equal(plan.nenv, 3);
	assert_string_equal(plan.env[0], "PATH=");
	assert_string_equal(plan.env[2], "HOME=/root");
	good("run x");
	assert_int_equal(plan.nenv, 0);
}

static void directories(void **state)
{
	(void)state;
	good("run --dir /tmp:/data --dir=a\\:b:/c//d/:ro --dir .:/data/sub:rw x");
	assert_int_equal(plan.ndirs, 3);
	assert_string_equal(plan.dirs[0].host, "/tmp");
	assert_string_equal(plan.dirs[0].guest, "/data");
	assert_false(plan.dirs[0].read_only);
	assert_string_equal(plan.dirs[1].host, "a:b");
	assert_string_equal(plan.dirs[1].guest, "/c/d");
	assert_true(plan.dirs[1].read_only);
	assert_string_equal(plan.dirs[2].guest, "/data/sub");
	assert_false(plan.dirs[2].read_only);
	bad("run --dir /tmp x", "does not say where in the guest",
	    "--dir HOST:GUEST[:ro|:overlay]");
	bad("run --dir /tmp:ro x", "does not say where in the guest",
	    "--dir HOST:GUEST[:ro|:overlay]");
	bad("run --dir :/data x", "names no directory", "--dir HOST:GUEST[:ro|:overlay]");
	bad("run --dir /tmp:data x", "not absolute", "/tmp:data");
	bad("run --dir /tmp:/a/../b x", "contains '..'", "/a/../b");
	bad("run --dir /tmp:/ x", "root is its own", "as in --dir");
	bad("run --dir /tmp:/dev/x x", "/dev belongs to", "another place");
	bad("run --dir /tmp:/proc x", "/proc belongs to", "another place");
	bad("run --dir /tmp:/a:/b x", "too many parts", "\\:");
	bad("run --dir a:b:c:d:e x", "too many parts", "\\:");
	bad("run --dir /a:/data --dir /b://data/ x", "shows /a already", "--dir");
	good("run --dir /tmp:/device x");
}

static void root(void **state)
{
	(void)state;
	good("run --dir /tmp:/data --root /srv/a\\:b:ro x");
	assert_int_equal(plan.ndirs, 2);
	assert_ptr_equal(plan.root, &plan.dirs[1]);
	assert_string_equal(plan.root->host, "/srv/a:b");
	assert_string_equal(plan.root->guest, "/");
	assert_true(plan.root->read_only);
	good("run --root=. x");
	assert_false(plan.root->read_only);
	good("run --root .:overlay --dir b:/b:overlay x");
	assert_true(plan.root->read_only && plan.root->overlay);
	assert_true(plan.dirs[1].read_only && plan.dirs[1].overlay);
	good("run --root .:rw x");
	assert_false(plan.root->overlay);
	assert_false(plan.root->read_only);
	good("run x");
	assert_null(plan.root);
	bad("run --root /a --root /b x", "root is /a already", "--root once");
	bad("run --root= x", "names no directory", "--root DIR[:ro|:overlay]|FILE.tar");
	bad("run --root /a:/b x", "too many parts", "--root DIR[:ro|:overlay]|FILE.tar");
	bad("run --root /a:/b:ro x", "too many parts", "--root DIR[:ro|:overlay]|FILE.tar");
}

static void tmpfs(void **state)
{
	(void)state;
	good("run --tmpfs /a --tmpfs /b//c/:64K --tmpfs /dev/shm:1G --mem 64M x");
	assert_int_equal(plan.ntmpfs, 3);
	assert_string_equal(plan.tmpfs[0].path, "/a");
	assert_int_equal(plan.tmpfs[0].size, 32 << 20);
	assert_string_equal(plan.tmpfs[1].path, "/b/c");
	assert_int_equal(plan.tmpfs[1].size, 64 << 10);
	assert_int_equal(plan.tmpfs[2].size, 1 << 30);
	bad("run --tmpfs / x", "root is its own", "--tmpfs");
	bad("run --tmpfs a x", "not absolute", "--tmpfs PATH[:SIZE]");
	bad("run --tmpfs= x", "", "--tmpfs PATH[:SIZE]");
	bad("run --tmpfs /a:b x", "not a ", "--tmpfs PATH[:SIZE]");
	bad("run --tmpfs /a:100 x", "smaller than a page", "--tmpfs PATH[:SIZE]");
	bad("run --tmpfs /a:1M:ro x", "too many parts", "--tmpfs PATH[:SIZE]");
	bad("run --tmpfs /dev/x x", "/dev belongs to", "another place");
	bad("run --tmpfs /a --tmpfs /a x", "a --tmpfs is there already", "--tmpfs /a");
	bad("run --dir /tmp:/a --tmpfs /a x", "shows /tmp already", "--tmpfs");
	bad("run --tmpfs /a --dir /tmp:/a x", "a --tmpfs is there already", "--dir /a");
}

static void disks(void **state)
{
	(void)state;
	good("run --disk a.img --disk b.img:db --disk c.img:ro --disk d.img:root.img:ro x");
	assert_int_equal(plan.ndisks, 4);
	assert_string_equal(plan.disks[0].host, "a.img");
	assert_string_equal(plan.disks[0].name, "disk0");
	assert_false(plan.disks[0].read_only);
	assert_string_equal(plan.disks[1].name, "db");
	assert_string_equal(plan.disks[2].name, "disk2");
	assert_true(plan.disks[2].read_only);
	assert_string_equal(plan.disks[3].name, "root.img");
	assert_true(plan.disks[3].read_only);
	bad("run --disk= x", "names no file", "--disk FILE");
	bad("run --disk a:null x", "has a /dev/null already", "another name");
	bad("run --disk a:x/y x", "other characters", "--disk");
	bad("run --disk a: x", "is empty", "--disk");
	bad("run --disk a:d --disk b:d x", "two disks are named d", "--disk");
	bad("run --disk a:b:c x", "too many parts", "--disk");
}

static void too_many_grants(void **state)
{
	char text[32];

	(void)state;
	forget();
	word("mvm");
	word("run");
	for (int i = 0; i <= PLAN_GRANTS_MAX; i++) {
		snprintf(text, sizeof(text), i % 2 ? "--disk=f%d" : "--dir=/:/d%d", i);
		word(text);
	}
	word("x");
	capture_begin();
	assert_int_equal(plan_parse(nwords, words, &plan), EXIT_MVM);
	assert_int_equal(capture_end(), 1);
	assert_non_null(strstr(captured, "more than 60"));
}

static void table(void **state)
{
	(void)state;
	for_each_option(in, o) {
		assert_true(o->commands);
		assert_true(!o->arg == !o->example);
		assert_true(!o->built == !o->parse);
		assert_true(strlen(o->name) < 30);
		for (const char *line = o->help; line; line = strchr(line, '\n')) {
			line += *line == '\n';
			assert_true(strcspn(line, "\n") <= 74);
		}
		for_each_option(others, other)
			if (other != o && (other->commands & o->commands))
				assert_string_not_equal(o->name, other->name);
	}
}

static void control_characters(void **state)
{
	(void)state;
	bad("run --mem \033[31m\n5 x", "--mem ?[31m?5: is not a size", "");
	/* CSI as one character, in UTF-8 and alone; letters and signs of UTF-8 stay. */
	bad("run --mem \xc2\x9b" "31m\x9b" "5 x", "--mem \xc2?31m?5: is not a size", "");
	bad("run --mem \xc4\x80\xe2\x80\x99\xf0\x9f\x98\x80 x",
	    "--mem \xc4\x80\xe2\x80\x99\xf0\x9f\x98\x80: is not a size", "");
}

static void long_messages(void **state)
{
	char *line = malloc(9000);

	(void)state;
	strcpy(line, "run --mem ");
	memset(line + 10, 'y', 8000);
	strcpy(line + 8010, " x");
	bad(line, "yyy...\n", "");
	free(line);
}

static void network(void **state)
{
	(void)state;
	good("run --listen tcp:127.0.0.1:8080 --listen tcp:[::1]:0:80 --listen udp:0.0.0.0:53:5353 "
	     "--listen unix:/run/a\\:b:/run/c --connect 10.0.0.0/8:443 --connect "
	     "udp:[2001:db8::/32]:1-9 --resolver 192.0.2.53 app");
	assert_int_equal(plan.nlistens, 4);
	assert_int_equal(plan.listens[0].proto, MVM_PROTO_TCP);
	assert_int_equal(plan.listens[0].port, 8080);
	assert_int_equal(plan.listens[0].guest_port, 0);
	assert_int_equal(plan.listens[1].port, 0);
	assert_int_equal(plan.listens[1].guest_port, 80);
	assert_int_equal(plan.listens[2].proto, MVM_PROTO_UDP);
	assert_string_equal(plan.listens[3].path, "/run/a:b");
	assert_string_equal(plan.listens[3].guest_path, "/run/c");
	assert_int_equal(plan.nconnects, 4);
	assert_int_equal(plan.connects[0].prefix, 96 + 8);
	assert_int_equal(plan.connects[1].proto, MVM_PROTO_UDP);
	assert_int_equal(plan.connects[1].last, 9);
	assert_true(plan.connects[3].resolver);
	assert_int_equal(plan.connects[2].first, 53);
	good("run --listen fd:3 --listen fd:99:80 --listen fd:4:/run/x app");
	assert_int_equal(plan.listens[0].inherited, 3);
	assert_int_equal(plan.listens[1].guest_port, 80);
	assert_string_equal(plan.listens[2].guest_path, "/run/x");
	assert_int_equal(plan.listens[2].fd, 0);
	bad("run --listen fd:2 app", "fd:2: is no number of a descriptor from 3 to 99", "");
	bad("run --listen fd:100 app", "from 3 to 99", "");
	bad("run --listen fd:x app", "from 3 to 99", "");
	bad("run --listen fd:3:0 app", "from 1 to 65535", "");
	bad("serve --metrics fd:3 app", "begins with none of", "");
	good("run --connect unix:/run//a --connect unix:b\\:c:/srv/./d app");
	assert_int_equal(plan.nunixes, 2);
	assert_string_equal(plan.unixes[0].host, "/run/a");
	assert_string_equal(plan.unixes[0].guest, "/run/a");
	assert_string_equal(plan.unixes[1].host, "b:c");
	assert_string_equal(plan.unixes[1].guest, "/srv/d");
	bad("run --connect unix: app", "unix:: names no socket", "");
	bad("run --connect unix:sock app", "unix:sock: is not absolute", "");
	bad("run --connect unix:a:b app", "unix:a:b: has a place in the guest that", "");
	bad("run --connect unix:a:/b:c app", "too many parts", "");
	bad("run --connect unix:a:/b/../c app", "", "--connect");
	bad("run --connect unix:a:/proc/b app", "belongs to the guest's runtime", "/proc");
	bad("run --connect unix:a:/b --dir c:/b app", "the socket a is there already", "/b");
	bad("run --listen 127.0.0.1:80 app", "127.0.0.1:80: begins with none of", "tcp:");
	bad("run --listen tcp:localhost:80 app", "names are not looked up", "--listen tcp:");
	bad("run --listen tcp:127.0.0.1:65536 app", "from 0 to 65535", "65536");
	bad("run --listen tcp:127.0.0.1:80:0 app", "from 1 to 65535", "");
	bad("run --listen tcp:10.0.0.0/8:80 app", "no numeric address", "");
	bad("run --listen unix: app", "names no socket", "");
	bad("run --listen unix:sock app", "is not absolute", "");
	bad("run --listen unix:a:b:c app", "too many parts", "");
	bad("run --connect 10.0.0.0/8 app", "which port", "");
	bad("run --connect 10.0.0.0/33:1 app", "from 0 to 32", "");
	bad("run --connect [::1]:9-8 app", "before its beginning", "");
	bad("run --connect sctp:1.2.3.4:5 app", "no numeric address", "");
	bad("run --resolver ns.example app", "no numeric address", "192.0.2.53");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands), cmocka_unit_test(defaults),
		cmocka_unit_test(guest_words), cmocka_unit_test(empty_program),
		cmocka_unit_test(options), cmocka_unit_test(observing),
		cmocka_unit_test(unknown_options),
		cmocka_unit_test(serving), cmocka_unit_test(bad_values),
		cmocka_unit_test(environment),
		cmocka_unit_test(directories), cmocka_unit_test(root), cmocka_unit_test(tmpfs),
		cmocka_unit_test(disks), cmocka_unit_test(network),
		cmocka_unit_test(too_many_grants), cmocka_unit_test(table),
		cmocka_unit_test(control_characters), cmocka_unit_test(long_messages),
	};
	int r = cmocka_run_group_tests(tests, NULL, NULL);

	forget();
	return r;
}
