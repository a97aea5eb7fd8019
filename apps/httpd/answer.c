/* SPDX-License-Identifier: MIT */
/* What a request is answered with.  See httpd.h.  Source: RFC 9110. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "httpd.h"

static const char *reason(int status)
{
	switch (status) {
	case 200:
		return "OK";
	case 206:
		return "Partial Content";
	case 301:
		return "Moved Permanently";
	case 304:
		return "Not Modified";
	case 400:
		return "Bad Request";
	case 403:
		return "Forbidden";
	case 404:
		return "Not Found";
	case 405:
		return "Method Not Allowed";
	case 408:
		return "Request Timeout";
	case 414:
		return "URI Too Long";
	case 416:
		return "Range Not Satisfiable";
	case 431:
		return "Request Header Fields Too Large";
	default:
		return "Internal Server Error";
	}
}

static const char *type_of(const char *path)
{
	static const struct {
		const char *suffix, *type;
	} types[] = {
		{ "html", "text/html; charset=utf-8" }, { "txt", "text/plain; charset=utf-8" },
		{ "css", "text/css" }, { "js", "text/javascript" }, { "json", "application/json" },
		{ "svg", "image/svg+xml" }, { "png", "image/png" }, { "jpg", "image/jpeg" },
		{ "ico", "image/x-icon" }, { "woff2", "font/woff2" }, { "pdf", "application/pdf" },
		{ "wasm", "application/wasm" },
	};
	const char *dot = strrchr(path, '.');

	for (size_t i = 0; dot && i < sizeof(types) / sizeof(types[0]); i++)
		if (!strcmp(dot + 1, types[i].suffix))
			return types[i].type;
	return "application/octet-stream";
}

/* Date, and what all answers have. */
static void begin(struct answer *a, const struct request *r, int status)
{
	time_t now = time(NULL);
	struct tm tm;
	char date[40];

	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&now, &tm));
	a->close = !r->keep_alive || status == 400 || status == 408 || status >= 414;
	a->head_len = (size_t)snprintf(a->head, sizeof(a->head),
				       "HTTP/1.1 %d %s\r\nDate: %s\r\nServer: httpd\r\n%s", status,
				       reason(status), date,
				       a->close ? "Connection: close\r\n" : "");
}

/* One more header; a line too many would be cut, and none is. */
static void add(struct answer *a, const char *name, const char *value)
{
	a->head_len += (size_t)snprintf(a->head + a->head_len, sizeof(a->head) - a->head_len,
					"%s: %s\r\n", name, value);
}

static void add_number(struct answer *a, const char *name, long long value)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", value);
	add(a, name, text);
}

static void end(struct answer *a)
{
	memcpy(a->head + a->head_len, "\r\n", 2);
	a->head_len += 2;
}

void answer_error(struct answer *a, const struct request *r, int status)
{
	begin(a, r, status);
	if (status == 405)
		add(a, "Allow", "GET, HEAD");
	add(a, "Content-Type", "text/plain; charset=utf-8");
	a->text_len = (size_t)snprintf(a->text, sizeof(a->text), "%d %s\n", status, reason(status));
	add_number(a, "Content-Length", (long long)a->text_len);
	end(a);
	if (r->head)
		a->text_len = 0;
}

/* ---- Paths ---------------------------------------------------------------------------------- */

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ?
	       (c | 32) - 'a' + 10 : -1;
}

/* %XX, in place.  False: none, or a NUL. */
static bool decode(char *s)
{
	char *to = s;

	for (; *s; s++) {
		if (*s != '%') {
			*to++ = *s;
			continue;
		}
		if (hex(s[1]) < 0 || hex(s[2]) < 0 || !(s[1] != '0' || s[2] != '0'))
			return false;
		*to++ = (char)(hex(s[1]) << 4 | hex(s[2]));
		s += 2;
	}
	*to = '\0';
	return true;
}

/* A ".." in it, or a name that begins with a dot, is nobody's business. */
static bool is_hidden(const char *path)
{
	return strstr(path, "/.");
}

/* The path of the URL, from its slash on: 0 or a status. */
static int path_of(const struct request *r, char path[PATH_BYTES])
{
	struct http_parser_url u;

	http_parser_url_init(&u);
	if (http_parser_parse_url(r->url, r->url_len, 0, &u) || !(u.field_set & 1 << UF_PATH))
		return 400;
	memcpy(path, r->url + u.field_data[UF_PATH].off, u.field_data[UF_PATH].len);
	path[u.field_data[UF_PATH].len] = '\0';
	if (path[0] != '/' || !decode(path))
		return 400;
	return is_hidden(path) ? 404 : 0;
}

/* ---- Files ---------------------------------------------------------------------------------- */

static int status_of_errno(void)
{
	return errno == ENOENT || errno == ENOTDIR || errno == ELOOP ? 404 :
	       errno == EACCES ? 403 : errno == ENAMETOOLONG ? 414 : 500;
}

/* The file, or a directory's index.html.  0, a status, or 301: the slash behind is missing. */
static int open_path(int root, char path[PATH_BYTES], int *fd, struct stat *st)
{
	size_t len = strlen(path);

	if (path[len - 1] == '/') {
		if (len + sizeof("index.html") > PATH_BYTES)
			return 414;
		memcpy(path + len, "index.html", sizeof("index.html"));
	}
	*fd = openat(root, path + 1, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (*fd < 0 || fstat(*fd, st))
		return status_of_errno();
	if (S_ISREG(st->st_mode))
		return 0;
	return S_ISDIR(st->st_mode) ? 301 : 403;
}

static void redirect(struct answer *a, const struct request *r, const char *path)
{
	char to[sizeof(a->head) / 2];

	if ((size_t)snprintf(to, sizeof(to), "%s/", path) >= sizeof(to) || strpbrk(path, "\r\n")) {
		answer_error(a, r, 404);
		return;
	}
	begin(a, r, 301);
	add(a, "Location", to);
	add_number(a, "Content-Length", 0);
	end(a);
}

/* "bytes=A-B", "bytes=A-", "bytes=-N"; others are as if they were not there.  False: none fits. */
static bool take_range(const struct request *r, off_t size, off_t *from, off_t *to)
{
	char *rest;
	long long a, b;

	*from = 0;
	*to = size;
	if (strncmp(r->range, "bytes=", 6) || strchr(r->range, ','))
		return true;
	if (r->range[6] == '-') {
		a = strtoll(r->range + 7, &rest, 10);
		if (*rest || rest == r->range + 7)
			return true;
		*from = a < size ? size - a : 0;
		return a > 0 && size;
	}
	a = strtoll(r->range + 6, &rest, 10);
	if (rest == r->range + 6 || *rest++ != '-' || a < 0)
		return true;
	b = *rest ? strtoll(rest, &rest, 10) : size - 1;
	if (*rest || b < a)
		return true;
	*from = a;
	*to = b < size - 1 ? b + 1 : size;
	return a < size;
}

static void send_file(struct answer *a, const struct request *r, const char *path, int fd,
		      const struct stat *st)
{
	char etag[48], range[80];
	off_t from, to;
	int status;

	/* A file of no time, as all are in an archive that is reproducible, may have changed. */
	*etag = '\0';
	if (st->st_mtime)
		snprintf(etag, sizeof(etag), "\"%llx-%llx\"", (unsigned long long)st->st_size,
			 (unsigned long long)st->st_mtime);
	if (*etag && !strcmp(r->if_none_match, etag))
		status = 304;
	else if (!take_range(r, st->st_size, &from, &to))
		status = 416;
	else
		status = from || to != st->st_size ? 206 : 200;
	if (status == 416) {
		close(fd);
		answer_error(a, r, status);
		return;
	}
	begin(a, r, status);
	if (*etag)
		add(a, "ETag", etag);
	if (status != 304) {
		add(a, "Content-Type", type_of(path));
		add(a, "Accept-Ranges", "bytes");
		add_number(a, "Content-Length", to - from);
	}
	if (status == 206) {
		snprintf(range, sizeof(range), "bytes %lld-%lld/%lld", (long long)from,
			 (long long)to - 1, (long long)st->st_size);
		add(a, "Content-Range", range);
	}
	end(a);
	if (status == 304 || r->head) {
		close(fd);
		return;
	}
	a->file = fd;
	a->at = from;
	a->end = to;
}

void answer_request(struct answer *a, const struct request *r, int root)
{
	char path[PATH_BYTES];
	struct stat st;
	int fd = -1, status;

	*a = (struct answer){ .file = -1 };
	status = r->status ? r->status : path_of(r, path);
	if (!status)
		status = open_path(root, path, &fd, &st);
	if (!status) {
		send_file(a, r, path, fd, &st);
		return;
	}
	if (fd >= 0)
		close(fd);
	if (status == 301)
		redirect(a, r, path);
	else
		answer_error(a, r, status);
}
