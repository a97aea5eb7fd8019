/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a public key, a signature or a secret key of minisign.  The input is a list of
 * changes to good ones (which file, where, how many bytes go, what comes instead), so that there is
 * always something to be found behind the first check.  Whatever was changed, a signature is
 * accepted only when it says what the good one says.
 */
#include <fcntl.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "fuzz_check.h"
#include "msg.h"
#include "pack/password.h"
#include "pack/sign.h"

#define TEXT_MAX	5000U
#define COMMENT		"file:a.app\thashed"
#define SIGNED		"what is signed"

enum { PUBLIC, SIGNATURE, SECRET, FILES };

struct text {
	char s[TEXT_MAX];
	size_t len;
};

static struct text good[FILES], now[FILES];
static uint8_t good_sig[74];

/* ---- What sign.c calls ------------------------------------------------------------ */

/* Linked with --wrap=open: the files are those of this input. */
int __wrap_open(const char *path, int flags, ...);

int __wrap_open(const char *path, int flags, ...)
{
	size_t len = strlen(path);
	int which = len > 8 && !strcmp(path + len - 8, SIGN_SUFFIX) ? SIGNATURE :
		    !strcmp(path, "secret") ? SECRET : PUBLIC;

	CHECK((flags & O_ACCMODE) == O_RDONLY);
	return fuzz_file(now[which].s, now[which].len);
}

int password_read(const char *what, char password[PASSWORD_MAX])
{
	CHECK(what);
	strcpy(password, "pass");
	return 0;
}

/* Linked with --wrap: a second for each guess would be all that is done. */
int __wrap_crypto_pwhash_scryptsalsa208sha256(unsigned char *out, unsigned long long outlen,
					      const char *pw, unsigned long long pwlen,
					      const unsigned char *salt, unsigned long long ops,
					      size_t mem);

int __wrap_crypto_pwhash_scryptsalsa208sha256(unsigned char *out, unsigned long long outlen,
					      const char *pw, unsigned long long pwlen,
					      const unsigned char *salt, unsigned long long ops,
					      size_t mem)
{
	CHECK(pw && pwlen < PASSWORD_MAX && ops <= 1ULL << 30 && mem <= 1UL << 33);
	memset(out, salt[0], outlen);
	return 0;
}

/* ---- Good files ------------------------------------------------------------ */

static void print(struct text *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	t->len = (size_t)vsnprintf(t->s, sizeof(t->s), fmt, ap);
	va_end(ap);
}

static const char *base64(const void *data, size_t len)
{
	static char text[2][512];
	static unsigned int turn;

	return sodium_bin2base64(text[turn++ % 2], sizeof(text[0]), data, len,
				 sodium_base64_VARIANT_ORIGINAL);
}

/* Without a password: the checksum of such a key is not looked at. */
static void make_keys(const uint8_t public[32], const uint8_t secret[64])
{
	uint8_t p[42] = "Ed\1\2\3\4\5\6\7\10", s[158] = "Ed\0\0B2";

	memcpy(p + 10, public, 32);
	memcpy(s + 54, "\1\2\3\4\5\6\7\10", 8);
	memcpy(s + 62, secret, 64);
	print(&good[PUBLIC], "untrusted comment: minisign public key\n%s\n", base64(p, sizeof(p)));
	print(&good[SECRET], "untrusted comment: secret key\n%s\n", base64(s, sizeof(s)));
}

static void make_signature(const uint8_t secret[64])
{
	uint8_t hash[64], joined[64 + sizeof(COMMENT)], global[64];

	memcpy(good_sig, "ED\1\2\3\4\5\6\7\10", 10);
	crypto_generichash(hash, sizeof(hash), (const uint8_t *)SIGNED, strlen(SIGNED), NULL, 0);
	crypto_sign_detached(good_sig + 10, NULL, hash, sizeof(hash), secret);
	memcpy(joined, good_sig + 10, 64);
	memcpy(joined + 64, COMMENT, strlen(COMMENT));
	crypto_sign_detached(global, NULL, joined, 64 + strlen(COMMENT), secret);
	print(&good[SIGNATURE], "untrusted comment: x\n%s\ntrusted comment: " COMMENT "\n%s\n",
	      base64(good_sig, sizeof(good_sig)), base64(global, sizeof(global)));
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	int fd = fuzz_file(SIGNED, strlen(SIGNED));
	uint8_t seed[32] = { 1 }, public[32], secret[64];

	(void)argc;
	(void)argv;
	CHECK(sodium_init() >= 0);
	crypto_sign_seed_keypair(public, secret, seed);
	make_keys(public, secret);
	make_signature(secret);
	/* Were they refused, nothing behind the first check would ever be looked at. */
	memcpy(now, good, sizeof(now));
	CHECK(!sign_verify(fd, "a.app", "key.pub") && !sign_key("secret"));
	close(fd);
	return 0;
}

/* ---- Inputs ------------------------------------------------------------ */

/* Which file, where (2 bytes), how many bytes go, how many come, and those. */
static size_t change(const uint8_t *p, size_t n)
{
	struct text *t = &now[p[0] % FILES];
	size_t at = ((size_t)p[1] << 8 | p[2]) % (t->len + 1);
	size_t gone = p[3] < t->len - at ? p[3] : t->len - at;
	size_t new = p[4] < n - 5 ? p[4] : n - 5;

	if (t->len - gone + new >= TEXT_MAX)
		return 5 + new;
	memmove(t->s + at + new, t->s + at + gone, t->len - at - gone);
	memcpy(t->s + at, p + 5, new);
	t->len += new - gone;
	return 5 + new;
}

/* The second line is the good signature, the third its comment: all else may be anything. */
static void must_be_good(const struct text *t)
{
	const char *line = memchr(t->s, '\n', t->len), *end = t->s + t->len;
	const char *want = "trusted comment: " COMMENT;
	uint8_t sig[74];
	size_t got;

	CHECK(line && (end = memchr(line + 1, '\n', (size_t)(end - line) - 1)));
	CHECK(!sodium_base642bin(sig, sizeof(sig), line + 1, (size_t)(end - line) - 1, "\r", &got,
				 NULL, sodium_base64_VARIANT_ORIGINAL));
	CHECK(got == sizeof(sig) && !memcmp(sig, good_sig, sizeof(sig)));
	CHECK(!strncmp(end + 1, want, strlen(want)) && strchr("\r\n", end[1 + strlen(want)]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char text[SIGN_TEXT_MAX];
	int status, fd = fuzz_file(SIGNED, strlen(SIGNED));

	memcpy(now, good, sizeof(now));
	for (size_t n; size >= 5; data += n, size -= n)
		n = change(data, size);
	for (int i = 0; i < FILES; i++)
		now[i].s[now[i].len] = '\0';
	fuzz_said();
	status = sign_verify(fd, "a.app", "key.pub");
	CHECK(fuzz_said() == !!status);
	if (!status)
		must_be_good(&now[SIGNATURE]);
	status = sign_key("secret");
	CHECK(fuzz_said() == !!status);
	if (!status) {
		CHECK(!sign_text(fd, "a.app", text) && memchr(text, 0, sizeof(text)));
		memcpy(now[SIGNATURE].s, text, strlen(text) + 1);
	}
	close(fd);
	fuzz_forget();
	return 0;
}
