/* SPDX-License-Identifier: MIT */
/* Formatting into a buffer; see lib/printf.h for what is supported. */
#include "lib/printf.h"
#include "lib/string.h"

#include <stdbool.h>
#include <stdint.h>

struct out {
	char *buf;
	size_t size;		/* of buf */
	size_t len;		/* of the text so far, also what did not fit */
};

struct spec {
	bool left, zero, plus, space, alt;
	int width;
	int prec;		/* -1: none */
	int length;		/* log2 of the argument's bytes */
	char conv;
};

static void put(struct out *o, char c)
{
	if (o->len + 1 < o->size)
		o->buf[o->len] = c;
	o->len++;
}

static void pad(struct out *o, char c, int n)
{
	while (n-- > 0)
		put(o, c);
}

static void put_text(struct out *o, const struct spec *sp, const char *s)
{
	int len = 0;

	if (!s)
		s = "(null)";
	while ((sp->prec < 0 || len < sp->prec) && s[len])
		len++;
	if (!sp->left)
		pad(o, ' ', sp->width - len);
	for (int i = 0; i < len; i++)
		put(o, s[i]);
	if (sp->left)
		pad(o, ' ', sp->width - len);
}

static void put_number(struct out *o, const struct spec *sp, uint64_t v, bool negative)
{
	const char *digits = sp->conv == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
	unsigned int base = 10;
	char text[24], prefix[2];
	int n = 0, np = 0, zeros, all;

	if (sp->conv == 'x' || sp->conv == 'X' || sp->conv == 'p')
		base = 16;
	else if (sp->conv == 'o')
		base = 8;
	if (negative)
		prefix[np++] = '-';
	else if (sp->plus)
		prefix[np++] = '+';
	else if (sp->space)
		prefix[np++] = ' ';
	if (base == 16 && sp->alt && v) {
		prefix[np++] = '0';
		prefix[np++] = sp->conv == 'X' ? 'X' : 'x';
	}
	for (uint64_t rest = v; rest; rest /= base)
		text[n++] = digits[rest % base];
	if (!n && sp->prec)
		text[n++] = '0';
	zeros = sp->prec > n ? sp->prec - n : 0;
	if (base == 8 && sp->alt && !zeros && (!n || text[n - 1] != '0'))
		zeros = 1;
	if (sp->zero && !sp->left && sp->prec < 0 && sp->width > np + n + zeros)
		zeros = sp->width - np - n;
	all = np + zeros + n;

	if (!sp->left)
		pad(o, ' ', sp->width - all);
	for (int i = 0; i < np; i++)
		put(o, prefix[i]);
	pad(o, '0', zeros);
	while (n)
		put(o, text[--n]);
	if (sp->left)
		pad(o, ' ', sp->width - all);
}

static const char *parse_count(const char *f, int *value)
{
	int v = 0;

	for (; *f >= '0' && *f <= '9'; f++)
		v = v * 10 + (*f - '0');
	*value = v;
	return f;
}

static const char *parse_flags(const char *f, struct spec *sp)
{
	for (;; f++) {
		switch (*f) {
		case '-': sp->left = true; break;
		case '0': sp->zero = true; break;
		case '+': sp->plus = true; break;
		case ' ': sp->space = true; break;
		case '#': sp->alt = true; break;
		default: return f;
		}
	}
}

static const char *parse_length(const char *f, struct spec *sp)
{
	sp->length = 2;
	switch (*f) {
	case 'h':
		sp->length = f[1] == 'h' ? 0 : 1;
		return f + (f[1] == 'h' ? 2 : 1);
	case 'l':
		sp->length = 3;
		return f + (f[1] == 'l' ? 2 : 1);
	case 'z':
	case 'j':
	case 't':
		sp->length = 3;
		return f + 1;
	}
	return f;
}

static int64_t narrow_signed(int64_t v, int length)
{
	switch (length) {
	case 0: return (signed char)v;
	case 1: return (short)v;
	case 2: return (int)v;
	}
	return v;
}

static uint64_t narrow_unsigned(uint64_t v, int length)
{
	switch (length) {
	case 0: return (unsigned char)v;
	case 1: return (unsigned short)v;
	case 2: return (unsigned int)v;
	}
	return v;
}

/* A va_list can be handed on only inside of something: it may be an array. */
struct args {
	va_list ap;
};

/* From behind the % to the conversion character, where it returns. */
static const char *parse_spec(const char *f, struct spec *sp, struct args *args)
{
	*sp = (struct spec){ .prec = -1 };
	f = parse_flags(f, sp);
	if (*f == '*') {
		sp->width = va_arg(args->ap, int);
		if (sp->width < 0) {
			sp->left = true;
			sp->width = -sp->width;
		}
		f++;
	} else {
		f = parse_count(f, &sp->width);
	}
	if (*f == '.') {
		if (f[1] == '*') {
			sp->prec = va_arg(args->ap, int);
			f += 2;
		} else {
			f = parse_count(f + 1, &sp->prec);
		}
	}
	f = parse_length(f, sp);
	sp->conv = *f;
	return f;
}

static void put_signed(struct out *o, const struct spec *sp, struct args *args)
{
	int64_t v = sp->length == 3 ? va_arg(args->ap, int64_t) : va_arg(args->ap, int);

	v = narrow_signed(v, sp->length);
	put_number(o, sp, v < 0 ? -(uint64_t)v : (uint64_t)v, v < 0);
}

static void put_unsigned(struct out *o, struct spec *sp, struct args *args)
{
	uint64_t v = sp->length == 3 ? va_arg(args->ap, uint64_t) : va_arg(args->ap, unsigned int);

	sp->plus = sp->space = false;
	put_number(o, sp, narrow_unsigned(v, sp->length), false);
}

static void put_char(struct out *o, struct spec *sp, struct args *args)
{
	char c[2] = { (char)va_arg(args->ap, int), '\0' };

	sp->prec = -1;
	if (c[0])
		put_text(o, sp, c);
	else
		put(o, '\0');
}

static void convert(struct out *o, struct spec *sp, struct args *args)
{
	switch (sp->conv) {
	case 'd':
	case 'i':
		put_signed(o, sp, args);
		break;
	case 'u':
	case 'x':
	case 'X':
	case 'o':
		put_unsigned(o, sp, args);
		break;
	case 'p':
		sp->alt = true;
		put_number(o, sp, (uintptr_t)va_arg(args->ap, void *), false);
		break;
	case 'c':
		put_char(o, sp, args);
		break;
	case 's':
		put_text(o, sp, va_arg(args->ap, const char *));
		break;
	case '%':
		put(o, '%');
		break;
	default:
		/* Not supported: show it, so that the mistake is seen. */
		put(o, '%');
		put(o, sp->conv);
	}
}

int rt_vsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
	struct out o = { .buf = buf, .size = size };
	struct args args;
	struct spec sp;

	va_copy(args.ap, ap);
	for (const char *f = fmt; *f; f++) {
		if (*f != '%') {
			put(&o, *f);
			continue;
		}
		f = parse_spec(f + 1, &sp, &args);
		if (!*f) {
			put(&o, '%');
			break;
		}
		convert(&o, &sp, &args);
	}
	va_end(args.ap);
	if (size)
		buf[o.len < size ? o.len : size - 1] = '\0';
	return (int)o.len;
}

int rt_snprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = rt_vsnprintf(buf, size, fmt, ap);
	va_end(ap);
	return n;
}
