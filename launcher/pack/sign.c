/* SPDX-License-Identifier: MIT */
/*
 * Signatures in the files of minisign(1).  See sign.h.  Source: the format is described at
 * jedisct1.github.io/minisign, "Signature format", "Secret key format".
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "file.h"
#include "msg.h"
#include "password.h"
#include "sign.h"

#define HASH_BYTES	64U		/* BLAKE2b-512 of the file is what is signed: "ED" */
#define LINES		4U
#define KEY_FILE_MAX	4096U
#define UNTRUSTED	"untrusted comment: "
#define TRUSTED		"trusted comment: "

struct public_key {
	char algorithm[2];		/* "Ed" */
	uint8_t id[8];
	uint8_t key[crypto_sign_PUBLICKEYBYTES];
};

struct secret {
	uint8_t id[8];
	uint8_t key[crypto_sign_SECRETKEYBYTES];
	uint8_t sum[32];		/* BLAKE2b-256 of "Ed", id and key */
};

struct secret_key {
	char algorithm[2], kdf[2], sum_algorithm[2];	/* "Ed", "Sc" or zeros, "B2" */
	uint8_t salt[crypto_pwhash_scryptsalsa208sha256_SALTBYTES];
	uint8_t opslimit[8], memlimit[8];		/* little endian */
	struct secret secret;				/* under the password, if there is one */
};

struct signature {
	char algorithm[2];		/* "ED" */
	uint8_t id[8];
	uint8_t sig[crypto_sign_BYTES];
};

_Static_assert(sizeof(struct public_key) == 42 && sizeof(struct secret_key) == 158 &&
	       sizeof(struct signature) == 74, "nothing between the fields");

static struct secret_key key;

/* ---- Texts ---------------------------------------------------------------------------------- */

static bool decode(const char *text, void *out, size_t len)
{
	size_t got;

	return !sodium_base642bin(out, len, text, strlen(text), "\r", &got, NULL,
				  sodium_base64_VARIANT_ORIGINAL) && got == len;
}

static const char *encode(const void *data, size_t len, char *out, size_t room)
{
	return sodium_bin2base64(out, room, data, len, sodium_base64_VARIANT_ORIGINAL);
}

/* The lines of a small file, in memory that stays.  Their number; -1 with errno. */
static int read_lines(const char *path, char *line[LINES])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), n = 0;
	struct stat st;
	char *text = NULL;

	if (fd < 0)
		return -1;
	if (!fstat(fd, &st))
		text = file_text(fd, 0, (uint64_t)st.st_size, KEY_FILE_MAX);
	close(fd);
	while (text && n < (int)LINES && *text) {
		char *end = text + strcspn(text, "\n");

		line[n++] = text;
		text = *end ? end + 1 : end;
		*end = '\0';
	}
	return text ? n : -1;
}

static int not_a_key(const char *option, const char *path, const char *what)
{
	return fail(EXIT_MVM, "%s %s: is not a %s key of minisign; name one that minisign -G has "
		    "made", option, path, what);
}

/* ---- Keys ----------------------------------------------------------------------------------- */

/* The secret key's stream of bytes from the password, taken off. */
static int decrypt(const char *path)
{
	char password[PASSWORD_MAX];
	uint8_t stream[sizeof(key.secret)];
	uint64_t opslimit, memlimit;
	int err;

	memcpy(&opslimit, key.opslimit, sizeof(opslimit));
	memcpy(&memlimit, key.memlimit, sizeof(memlimit));
	if (password_read(path, password))
		return fail(EXIT_MVM, "--sign %s: the key has a password, and none could be read: "
			    "%s; give it on standard input", path, strerror(errno));
	err = crypto_pwhash_scryptsalsa208sha256(stream, sizeof(stream), password,
						 strlen(password), key.salt, opslimit, memlimit);
	sodium_memzero(password, sizeof(password));
	if (err)
		return fail(EXIT_MVM, "--sign %s: not enough memory for the key's password, which "
			    "takes %llu MiB; sign where there is more", path,
			    (unsigned long long)(memlimit >> 20));
	for (size_t i = 0; i < sizeof(stream); i++)
		((uint8_t *)&key.secret)[i] ^= stream[i];
	sodium_memzero(stream, sizeof(stream));
	return 0;
}

/* minisign -W leaves the checksum away; but the second half of a key follows from the first. */
static bool halves_fit(void)
{
	uint8_t public[crypto_sign_PUBLICKEYBYTES], secret[crypto_sign_SECRETKEYBYTES];

	crypto_sign_seed_keypair(public, secret, key.secret.key);
	return !sodium_memcmp(secret, key.secret.key, sizeof(secret));
}

static bool sum_is_right(void)
{
	crypto_generichash_state s;
	uint8_t sum[sizeof(key.secret.sum)];

	crypto_generichash_init(&s, NULL, 0, sizeof(sum));
	crypto_generichash_update(&s, (const uint8_t *)key.algorithm, sizeof(key.algorithm));
	crypto_generichash_update(&s, key.secret.id, sizeof(key.secret.id));
	crypto_generichash_update(&s, key.secret.key, sizeof(key.secret.key));
	crypto_generichash_final(&s, sum, sizeof(sum));
	return !sodium_memcmp(sum, key.secret.sum, sizeof(sum));
}

static int begin(void)
{
	if (sodium_init() >= 0)
		return 0;
	return fail(EXIT_MVM, "libsodium: cannot be used here: the kernel gives no random numbers");
}

int sign_key(const char *path)
{
	static const char no_kdf[2];
	char *line[LINES];
	bool plain;
	int n, status = begin();

	if (status)
		return status;
	n = read_lines(path, line);
	if (n < 0)
		return fail(EXIT_MVM, "--sign %s: cannot be read: %s; name a secret key of "
			    "minisign", path, strerror(errno));
	if (n < 2 || !decode(line[1], &key, sizeof(key)) || memcmp(key.algorithm, "Ed", 2) ||
	    memcmp(key.sum_algorithm, "B2", 2))
		return not_a_key("--sign", path, "secret");
	plain = !memcmp(key.kdf, no_kdf, 2);
	if (!plain && memcmp(key.kdf, "Sc", 2))
		return not_a_key("--sign", path, "secret");
	status = plain ? 0 : decrypt(path);
	if (status)
		return status;
	if (plain ? halves_fit() : sum_is_right())
		return 0;
	return plain ? fail(EXIT_MVM, "--sign %s: is damaged; copy it again", path) :
		       fail(EXIT_MVM, "--sign %s: the password is wrong; try again", path);
}

/* A public key in a file, or itself. */
static int public_key(const char *text, struct public_key *k)
{
	char *line[LINES];
	int n;

	if (decode(text, k, sizeof(*k)) && !memcmp(k->algorithm, "Ed", 2))
		return 0;
	n = read_lines(text, line);
	if (n < 0)
		return fail(EXIT_MVM, "--verify %s: cannot be read: %s; name a public key of "
			    "minisign, or write the key itself", text, strerror(errno));
	if (n < 2 || !decode(line[1], k, sizeof(*k)) || memcmp(k->algorithm, "Ed", 2))
		return not_a_key("--verify", text, "public");
	return 0;
}

/* ---- Signatures ----------------------------------------------------------------------------- */

static int hash_file(int fd, const char *name, uint8_t hash[HASH_BYTES])
{
	static uint8_t buf[64 << 10];
	crypto_generichash_state s;
	ssize_t n;
	off_t off = 0;

	crypto_generichash_init(&s, NULL, 0, HASH_BYTES);
	while ((n = pread(fd, buf, sizeof(buf), off)) > 0 || (n < 0 && errno == EINTR)) {
		if (n < 0)
			continue;
		crypto_generichash_update(&s, buf, (unsigned long long)n);
		off += n;
	}
	if (n)
		return fail(EXIT_MVM, "%s: cannot be read: %s; copy it again", name,
			    strerror(errno));
	crypto_generichash_final(&s, hash, HASH_BYTES);
	return 0;
}

/* What the second signature of a file is of: the first, and the trusted comment. */
static size_t join(const struct signature *s, const char *comment, uint8_t out[SIGN_TEXT_MAX])
{
	size_t len = strlen(comment);

	if (len > SIGN_TEXT_MAX - sizeof(s->sig))
		len = SIGN_TEXT_MAX - sizeof(s->sig);
	memcpy(out, s->sig, sizeof(s->sig));
	memcpy(out + sizeof(s->sig), comment, len);
	return sizeof(s->sig) + len;
}

/* No time in it: the same appliance and key give the same signature. */
int sign_text(int fd, const char *name, char text[SIGN_TEXT_MAX])
{
	const char *slash = strrchr(name, '/');
	struct signature s = { .algorithm = "ED" };
	uint8_t hash[HASH_BYTES], joined[SIGN_TEXT_MAX], global[crypto_sign_BYTES];
	char comment[320], first[128], second[128];
	int status = hash_file(fd, name, hash);

	if (status)
		return status;
	snprintf(comment, sizeof(comment), "file:%.255s\thashed", slash ? slash + 1 : name);
	memcpy(s.id, key.secret.id, sizeof(s.id));
	crypto_sign_detached(s.sig, NULL, hash, sizeof(hash), key.secret.key);
	crypto_sign_detached(global, NULL, joined, join(&s, comment, joined), key.secret.key);
	sodium_memzero(&key, sizeof(key));
	snprintf(text, SIGN_TEXT_MAX, UNTRUSTED "signature of mvm pack\n%s\n" TRUSTED "%s\n%s\n",
		 encode(&s, sizeof(s), first, sizeof(first)), comment,
		 encode(global, sizeof(global), second, sizeof(second)));
	return 0;
}

static int wrong(const char *name, const char *why)
{
	return fail(EXIT_MVM, "%s" SIGN_SUFFIX ": %s; do not use %s, get it again from whom you "
		    "trust", name, why, name);
}

int sign_verify(int fd, const char *name, const char *key_text)
{
	uint8_t hash[HASH_BYTES], joined[SIGN_TEXT_MAX], global[crypto_sign_BYTES];
	char path[PATH_MAX], *line[LINES], *comment;
	struct signature s;
	struct public_key k;
	int n, status = begin();

	if (!status)
		status = public_key(key_text, &k);
	if (status)
		return status;
	snprintf(path, sizeof(path), "%s" SIGN_SUFFIX, name);
	n = read_lines(path, line);
	if (n < 0)
		return fail(EXIT_MVM, "%s: cannot be read: %s; the signature lies beside the file",
			    path, strerror(errno));
	if (n < 4 || strncmp(line[2], TRUSTED, strlen(TRUSTED)) ||
	    !decode(line[1], &s, sizeof(s)) || !decode(line[3], global, sizeof(global)))
		return wrong(name, "is no signature of minisign");
	if (memcmp(s.algorithm, "ED", 2))
		return fail(EXIT_MVM, "%s: is of the old kind, over the whole file; sign it with "
			    "mvm pack --sign, or minisign without -l", path);
	if (memcmp(s.id, k.id, sizeof(s.id)))
		return wrong(name, "is by another key");
	status = hash_file(fd, name, hash);
	if (status)
		return status;
	if (crypto_sign_verify_detached(s.sig, hash, sizeof(hash), k.key))
		return wrong(name, "is wrong for this file");
	comment = line[2] + strlen(TRUSTED);
	comment[strcspn(comment, "\r")] = '\0';
	if (crypto_sign_verify_detached(global, joined, join(&s, comment, joined), k.key))
		return wrong(name, "has a trusted comment that was changed");
	return 0;
}
