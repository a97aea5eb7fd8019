/* SPDX-License-Identifier: MIT */
/* What the footer of an appliance may say.  A pure function over bytes.  See format.h. */
#include <string.h>
#include "format.h"
#include "zero.h"

const char *const feature_names[] = {
	"CONFIG_DIR", "CONFIG_DISK", "CONFIG_LISTEN", "CONFIG_CONNECT", "CONFIG_TIMEOUT",
	"CONFIG_POLL", "CONFIG_ARCHIVE", "CONFIG_ROOT", "CONFIG_TRAP", "CONFIG_SNAPSHOT", NULL,
};

const char *part_name(enum part_kind kind)
{
	static const char *const names[PART_KINDS] = {
		[PART_NONE] = "nothing", [PART_LAUNCHER] = "launcher",
		[PART_CONFIG] = "configuration", [PART_PROGRAM] = "program", [PART_ROOT] = "root",
		[PART_SNAPSHOT] = "snapshot",
	};

	return kind < PART_KINDS ? names[kind] : "unknown";
}

/* Printable, ended, and nothing behind the end; a name of a file in no directory. */
static bool good_name(const char *s, size_t room)
{
	size_t len = 0;

	for (; len < room && s[len]; len++)
		if ((unsigned char)s[len] < 0x20 || s[len] == 0x7f || s[len] == '/')
			return false;
	return len && len < room && all_zero(s + len, room - len) && strcmp(s, ".") &&
	       strcmp(s, "..");
}

/* Part i is where the one before it ends; *end moves behind it. */
static bool good_part(const struct part *p, unsigned int i, uint64_t *end)
{
	if (p->kind == PART_NONE || p->kind >= PART_KINDS || p->zero || !p->len)
		return false;
	if ((p->kind == PART_LAUNCHER) != !i || p->off != part_begin(p->kind, *end) ||
	    p->len > INT64_MAX - PART_ALIGN - p->off)
		return false;
	*end = p->off + p->len;
	return good_name(p->name, sizeof(p->name));
}

/* Parts in order, each kind once, and zeros where there are none. */
static bool good_parts(const struct footer *f)
{
	uint64_t end = 0;
	unsigned int kinds = 0, i = 0;

	for (; i < PARTS_MAX && f->part[i].kind; i++) {
		if (!good_part(&f->part[i], i, &end) || kinds >> f->part[i].kind & 1)
			return false;
		kinds |= 1U << f->part[i].kind;
	}
	if (!all_zero(f->part + i, (PARTS_MAX - i) * sizeof(f->part[0])))
		return false;
	return kinds >> PART_LAUNCHER & kinds >> PART_CONFIG & 1 &&
	       (kinds >> PART_PROGRAM | kinds >> PART_ROOT | kinds >> PART_SNAPSHOT) & 1 &&
	       !(kinds >> PART_PROGRAM & kinds >> PART_SNAPSHOT & 1) &&
	       f->size == end + sizeof(*f) &&
	       f->part[0].len >= sizeof(struct mark) &&
	       f->mark_off <= f->part[0].len - sizeof(struct mark);
}

static void digest(const struct footer *f, uint8_t out[SHA256_BYTES])
{
	struct sha256 s;

	sha256_begin(&s);
	sha256_add(&s, f, offsetof(struct footer, sha256));
	sha256_end(&s, out);
}

const char *footer_check(const struct footer *f, uint64_t file_size)
{
	uint8_t sum[SHA256_BYTES];

	if (file_size < sizeof(*f) || memcmp(f->magic, FOOTER_MAGIC, sizeof(f->magic)))
		return "is not an appliance, or is cut off; name a file that mvm pack wrote, or "
		       "copy it again";
	digest(f, sum);
	if (memcmp(sum, f->sha256, sizeof(sum)))
		return "is damaged: the digest of its list of parts is wrong; copy it again";
	if (f->format != FORMAT_VERSION)
		return "has a format that this mvm does not know; use the mvm it was packed with";
	if (f->size != file_size)
		return "is damaged: it does not have the size it was packed with; copy it again";
	if (!good_parts(f) || !good_name(f->mvm, sizeof(f->mvm)))
		return "is damaged: its list of parts makes no sense; pack it again";
	return NULL;
}

void footer_seal(struct footer *f)
{
	f->format = FORMAT_VERSION;
	memcpy(f->magic, FOOTER_MAGIC, sizeof(f->magic));
	digest(f, f->sha256);
}

const struct part *footer_part(const struct footer *f, enum part_kind kind)
{
	for (unsigned int i = 0; i < PARTS_MAX; i++)
		if (f->part[i].kind == kind)
			return &f->part[i];
	return NULL;
}
