/* SPDX-License-Identifier: MIT */
/*
 * The target description: which registers there are, in the words of GDB's standard features for
 * x86-64 ("Debugging with GDB", appendix "Target Descriptions"), made from the table of registers.
 */
#include <stdarg.h>
#include <stdio.h>
#include "gdb_int.h"
#include "regs.h"

static struct {
	char text[12288];
	size_t used;
} xml;

__attribute__((format(printf, 1, 2)))
static void add(const char *fmt, ...)
{
	size_t room = sizeof(xml.text) - xml.used;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(xml.text + xml.used, room, fmt, ap);
	va_end(ap);
	xml.used += n > 0 && (size_t)n < room ? (size_t)n : 0;
}

struct bit {
	const char *name;
	unsigned int at;
};

static void add_flags(const char *id, const struct bit *bits)
{
	add("<flags id=\"%s\" size=\"4\">", id);
	for (; bits->name; bits++)
		add("<field name=\"%s\" start=\"%u\" end=\"%u\"/>", bits->name, bits->at,
		    bits->at);
	add("</flags>\n");
}

static void add_core_types(void)
{
	static const struct bit eflags[] = {
		{ "CF", 0 }, { "", 1 }, { "PF", 2 }, { "AF", 4 }, { "ZF", 6 }, { "SF", 7 },
		{ "TF", 8 }, { "IF", 9 }, { "DF", 10 }, { "OF", 11 }, { "NT", 14 }, { "RF", 16 },
		{ "VM", 17 }, { "AC", 18 }, { "VIF", 19 }, { "VIP", 20 }, { "ID", 21 }, { NULL, 0 },
	};

	add_flags("i386_eflags", eflags);
}

static void add_sse_types(void)
{
	static const struct bit mxcsr[] = {
		{ "IE", 0 }, { "DE", 1 }, { "ZE", 2 }, { "OE", 3 }, { "UE", 4 }, { "PE", 5 },
		{ "DAZ", 6 }, { "IM", 7 }, { "DM", 8 }, { "ZM", 9 }, { "OM", 10 }, { "UM", 11 },
		{ "PM", 12 }, { "FZ", 15 }, { NULL, 0 },
	};
	static const struct { const char *field, *type; unsigned int count; } views[] = {
		{ "v4_float", "ieee_single", 4 }, { "v2_double", "ieee_double", 2 },
		{ "v16_int8", "int8", 16 }, { "v8_int16", "int16", 8 }, { "v4_int32", "int32", 4 },
		{ "v2_int64", "int64", 2 },
	};
	const unsigned int n = sizeof(views) / sizeof(views[0]);

	for (unsigned int i = 0; i < n; i++)
		add("<vector id=\"t_%s\" type=\"%s\" count=\"%u\"/>", views[i].field,
		    views[i].type, views[i].count);
	add("<union id=\"vec128\">");
	for (unsigned int i = 0; i < n; i++)
		add("<field name=\"%s\" type=\"t_%s\"/>", views[i].field, views[i].field);
	add("<field name=\"uint128\" type=\"uint128\"/></union>\n");
	add_flags("i386_mxcsr", mxcsr);
}

static void add_feature(enum gdb_feature feature, const char *name, void (*types)(void))
{
	add("<feature name=\"org.gnu.gdb.i386.%s\">\n", name);
	if (types)
		types();
	for (unsigned int i = 0; i < gdb_nregs(); i++) {
		const struct gdb_reg *r = &gdb_regs[i];
		bool control = feature == FEATURE_CORE && r->source >= SOURCE_FPU &&
			       r->bytes == 4;

		if (r->feature == feature)
			add("<reg name=\"%s\" bitsize=\"%u\" type=\"%s\" regnum=\"%u\"%s/>\n",
			    r->name, r->bytes * 8U, r->type, i, control ? " group=\"float\"" : "");
	}
	add("</feature>\n");
}

size_t gdb_target_xml(const char **text)
{
	*text = xml.text;
	if (xml.used)
		return xml.used;
	add("<?xml version=\"1.0\"?>\n<!DOCTYPE target SYSTEM \"gdb-target.dtd\">\n<target>\n"
	    "<architecture>i386:x86-64</architecture>\n<osabi>GNU/Linux</osabi>\n");
	add_feature(FEATURE_CORE, "core", add_core_types);
	add_feature(FEATURE_SSE, "sse", add_sse_types);
	add_feature(FEATURE_LINUX, "linux", NULL);
	add_feature(FEATURE_SEGMENTS, "segments", NULL);
	if (gdb_regs[gdb_nregs() - 1].feature == FEATURE_AVX)
		add_feature(FEATURE_AVX, "avx", NULL);
	add("</target>\n");
	return xml.used;
}
