// SPDX-License-Identifier: MIT
/*
 * What an appliance consists of: the digest against known values and itself, footers of which any
 * byte is changed, configurations that are cut off or made of anything.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#undef fail			/* cmocka's; msg.h has a function of that name */
#include "capture.h"
#include "observe/observe.h"
#include "pack/format.h"
#include "pack/settings.h"

/* Values of options live as long as the launcher. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}

/* Of observe/filter.c: no key of a configuration leads there. */
void trace_want_all(struct plan *p)
{
	(void)p;
	assert_true(false);
}

int trace_filter(struct plan *p, const struct option_desc *o, char *list)
{
	(void)p;
	(void)o;
	(void)list;
	assert_true(false);
	return 0;
}

static uint64_t any(void)
{
	static uint64_t x = 88172645463325252ULL;	/* xorshift: the same in every run */

	x ^= x << 13;
	x ^= x >> 7;
	return x ^= x << 17;
}

/* ---- SHA-256 --------------------------------------------------------------------------------- */

static void hex(const uint8_t digest[SHA256_BYTES], char text[65])
{
	for (unsigned int i = 0; i < SHA256_BYTES; i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
}

/* In pieces of any length, by one of the two ways. */
static void digest(const uint8_t *data, size_t len, bool in_c, uint8_t out[SHA256_BYTES])
{
	struct sha256 s;

	sha256_begin(&s);
	if (in_c)
		s.blocks = sha256_blocks_c;
	while (len) {
		size_t n = any() % 200 % len + 1;

		n = n > len ? len : n;
		sha256_add(&s, data, n);
		data += n;
		len -= n;
	}
	sha256_end(&s, out);
}

/* FIPS 180-2, appendix B; and a million times 'a'. */
static void known_digests(void **state)
{
	static char million[1000000];
	static const struct {
		const char *text;
		size_t len;
		const char *sum;
	} known[] = {
		{ "", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
		{ "abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56,
		  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
		{ million, sizeof(million),
		  "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0" },
	};
	uint8_t sum[SHA256_BYTES];
	char text[65];

	(void)state;
	memset(million, 'a', sizeof(million));
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		digest((const uint8_t *)known[i].text, known[i].len, true, sum);
		hex(sum, text);
		assert_string_equal(text, known[i].sum);
		digest((const uint8_t *)known[i].text, known[i].len, false, sum);
		hex(sum, text);
		assert_string_equal(text, known[i].sum);
	}
}

static void both_ways_agree(void **state)
{
	static uint8_t data[5000];
	uint8_t a[SHA256_BYTES], b[SHA256_BYTES];

	(void)state;
	for (unsigned int i = 0; i < 2000; i++) {
		size_t len = i < 300 ? i : any() % sizeof(data);

		for (size_t n = 0; n < len; n++)
			data[n] = (uint8_t)any();
		digest(data, len, true, a);
		digest(data, len, false, b);
		assert_memory_equal(a, b, sizeof(a));
	}
}

/* ---- The footer ------------------------------------------------------------------------------ */

static struct footer good_footer(void)
{
	struct footer f;

	memset(&f, 0, sizeof(f));
	f.part[0] = (struct part){ .kind = PART_LAUNCHER, .off = 0, .len = 10000, .name = "mvm" };
	f.part[1] = (struct part){ .kind = PART_PROGRAM, .off = 12288, .len = 4096, .name = "a" };
	f.part[2] = (struct part){ .kind = PART_CONFIG, .off = 16384, .len = 10, .name = "a.conf" };
	memcpy(f.mvm, "0.1.0", 5);
	f.mark_off = 9000;
	f.size = 16394 + sizeof(f);
	footer_seal(&f);
	return f;
}

static void a_good_footer(void **state)
{
	struct footer f = good_footer();

	(void)state;
	assert_null(footer_check(&f, f.size));
	assert_ptr_equal(footer_part(&f, PART_PROGRAM), &f.part[1]);
	assert_null(footer_part(&f, PART_ROOT));
	assert_non_null(footer_check(&f, f.size + 1));
	assert_non_null(footer_check(&f, 10));
}

/* Each byte, with the digest as it was: refused. */
static void any_byte_changed(void **state)
{
	struct footer f = good_footer();

	(void)state;
	for (size_t i = 0; i < sizeof(f); i++) {
		((uint8_t *)&f)[i] ^= (uint8_t)(1U << any() % 8);
		assert_non_null(footer_check(&f, 16394 + sizeof(f)));
		f = good_footer();
	}
}

/* With a digest that is right again: what is accepted still makes sense. */
static void any_field(void **state)
{
	unsigned int accepted = 0;

	(void)state;
	for (unsigned int i = 0; i < 200000; i++) {
		struct footer f = good_footer();
		uint64_t end = 0;

		for (uint64_t n = any() % 3 + 1; n; n--)
			((uint8_t *)&f)[any() % sizeof(f)] = (uint8_t)any();
		footer_seal(&f);
		if (footer_check(&f, f.size))
			continue;
		accepted++;
		for (unsigned int n = 0; n < PARTS_MAX && f.part[n].kind; n++) {
			assert_true(f.part[n].kind < PART_KINDS && f.part[n].off >= end);
			assert_true(f.part[n].len && f.part[n].off + f.part[n].len > end);
			end = f.part[n].off + f.part[n].len;
			assert_true(end <= f.size - sizeof(f));
			assert_true(memchr(f.part[n].name, 0, sizeof(f.part[n].name)) &&
				    !strchr(f.part[n].name, '/'));
		}
		assert_true(f.mark_off + sizeof(struct mark) <= f.part[0].len);
	}
	/* Digests of parts and letters of names may be anything. */
	assert_in_range(accepted, 1000, 100000);
}

/* ---- The configuration ----------------------------------------------------------------------- */

static const char sample[] =
	"about \"Says \\\"hello\\\"\"   # a comment\n"
	"args one 'two words' \\\n"
	"	th\"r\"ee\n"
	"\n"
	"mem 64M\r\n"
	"env A=b c\\d\n";

static int read_text(struct settings *s, struct plan *p, char *text, size_t len)
{
	int status = plan_begin(p, 200);

	return status ? status : settings_read(s, p, "test.conf", text, len);
}

static void words(void **state)
{
	struct settings s;
	struct plan p;
	char text[] = "about \"Says \\\"hello\\\"\"   # a comment\n"
		      "args one 'two words' \\\n\tth\"r\"ee\n\nmem 64M\r\n"
		      "env A=b:\\: #no\nargs a#b ''";

	(void)state;
	assert_int_equal(read_text(&s, &p, text, sizeof(text) - 1), 0);
	assert_string_equal(s.about, "Says \"hello\"");
	assert_int_equal(s.nargs, 5);
	assert_string_equal(s.args[0], "one");
	assert_string_equal(s.args[1], "two words");
	assert_string_equal(s.args[2], "three");
	assert_string_equal(s.args[3], "a#b");
	assert_string_equal(s.args[4], "");
	assert_int_equal(p.mem, 64 << 20);
	assert_string_equal(p.env[0], "A=b:\\:");
	plan_free(&p);
	free(s.args);
}

static void choices(void **state)
{
	struct settings s;
	struct plan p;
	char text[] = "option m mem {} default 32M\n"
		      "option d dir {}:/d required value DIR help 'a dir'\n"
		      "option e env X={}-{}\n";

	(void)state;
	assert_int_equal(read_text(&s, &p, text, sizeof(text) - 1), 0);
	assert_int_equal(s.nchoices, 3);
	assert_string_equal(settings_choice(&s, "d")->arg, "DIR");
	assert_null(settings_choice(&s, "x"));
	assert_int_equal(settings_apply(&s, &p, true), 0);
	assert_int_equal(p.mem, 32 << 20);
	assert_int_equal(p.ndirs + p.nenv, 0);
	settings_choice(&s, "d")->given = (char []){ "here" };
	settings_choice(&s, "e")->given = (char []){ "v" };
	assert_int_equal(settings_apply(&s, &p, false), 0);
	assert_string_equal(p.dirs[0].host, "here");
	assert_string_equal(p.dirs[0].guest, "/d");
	assert_string_equal(p.env[0], "X=v-v");
	plan_free(&p);
	free(s.args);
}

/* Cut off anywhere, with bytes changed anywhere: read or refused, and nothing else happens. */
static void any_text(void **state)
{
	static const char letters[] = " \t\n\\\"'#{}:=/ abemoptinarg0\r\001";
	unsigned int read = 0, refused = 0;

	(void)state;
	for (unsigned int i = 0; i < 20000; i++) {
		size_t len = i < sizeof(sample) ? i : any() % (sizeof(sample) - 1);
		char *text = malloc(len + 1);
		struct settings s;
		struct plan p;
		int status;

		assert_non_null(text);
		memcpy(text, sample, len);
		for (uint64_t n = i < sizeof(sample) ? 0 : any() % 4; n && len; n--)
			text[any() % len] = letters[any() % (sizeof(letters) - 1)];
		text[len] = '\0';
		capture_begin();
		status = read_text(&s, &p, text, len);
		assert_int_equal(capture_end(), !!status);
		assert_true(status == 0 || status == 125);
		read += !status;
		refused += !!status;
		plan_free(&p);
		free(s.args);
		free(text);
	}
	assert_true(read > 100 && refused > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_digests), cmocka_unit_test(both_ways_agree),
		cmocka_unit_test(a_good_footer), cmocka_unit_test(any_byte_changed),
		cmocka_unit_test(any_field), cmocka_unit_test(words), cmocka_unit_test(choices),
		cmocka_unit_test(any_text),
	};

	return cmocka_run_group_tests_name("pack", tests, NULL, NULL);
}
