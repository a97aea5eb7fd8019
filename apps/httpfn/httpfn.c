/* SPDX-License-Identifier: MIT */
/*
 * httpfn: a function behind HTTP, in the manner of inetd: one request comes on standard input, the
 * answer goes to standard output.  mvm serve gives each request a virtual machine of its own, so
 * nothing here needs to be undone, and what a request breaks is its own.
 *
 *	GET /hello?name=WORD	greets
 *	POST /count		counts bytes, lines and words of what is sent, as JSON
 *
 * The request is parsed by http_parser, from Debian's source package.
 */
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <http_parser.h>

#define URL_MAX		1024
#define NAME_MAX_	64

static struct {
	char url[URL_MAX + 1];
	size_t url_len;
	bool too_long, complete;
	unsigned long long bytes, lines, words;
	bool in_word;
} request;

static int on_url(http_parser *p, const char *at, size_t len)
{
	(void)p;
	if (len > URL_MAX - request.url_len) {
		request.too_long = true;
		return 0;
	}
	memcpy(request.url + request.url_len, at, len);
	request.url_len += len;
	return 0;
}

static int on_body(http_parser *p, const char *at, size_t len)
{
	(void)p;
	request.bytes += len;
	for (size_t i = 0; i < len; i++) {
		bool blank = isspace((unsigned char)at[i]);

		request.lines += at[i] == '\n';
		request.words += !blank && !request.in_word;
		request.in_word = !blank;
	}
	return 0;
}

static int on_complete(http_parser *p)
{
	(void)p;
	request.complete = true;
	return 0;
}

static int answer(const char *status, const char *type, const char *body)
{
	printf("HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
	       "Connection: close\r\n\r\n%s", status, type, strlen(body), body);
	return fflush(stdout) ? 1 : 0;
}

static int refuse(const char *status)
{
	char body[128];

	snprintf(body, sizeof(body), "%s\n", status);
	return answer(status, "text/plain", body);
}

/* The value of name= in a query, letters and digits alone. */
static void query_name(const char *query, size_t len, char name[NAME_MAX_ + 1])
{
	size_t n = 0;

	if (len > 5 && !memcmp(query, "name=", 5))
		for (size_t i = 5; i < len && n < NAME_MAX_; i++)
			if (isalnum((unsigned char)query[i]))
				name[n++] = query[i];
	name[n] = '\0';
}

static int hello(const struct http_parser_url *u)
{
	const struct { uint16_t off, len; } q = {
		u->field_data[UF_QUERY].off, u->field_data[UF_QUERY].len
	};
	char name[NAME_MAX_ + 1] = "", body[128];

	if (u->field_set & 1 << UF_QUERY)
		query_name(request.url + q.off, q.len, name);
	snprintf(body, sizeof(body), "Hello, %s!\n", *name ? name : "whoever you are");
	return answer("200 OK", "text/plain", body);
}

static int count(void)
{
	char body[160];

	snprintf(body, sizeof(body), "{\"bytes\": %llu, \"lines\": %llu, \"words\": %llu}\n",
		 request.bytes, request.lines, request.words);
	return answer("200 OK", "application/json", body);
}

static bool path_is(const struct http_parser_url *u, const char *path)
{
	return u->field_data[UF_PATH].len == strlen(path) &&
	       !memcmp(request.url + u->field_data[UF_PATH].off, path, strlen(path));
}

static int route(const http_parser *p)
{
	struct http_parser_url u;

	http_parser_url_init(&u);
	if (request.too_long)
		return refuse("414 URI Too Long");
	if (http_parser_parse_url(request.url, request.url_len, 0, &u) ||
	    !(u.field_set & 1 << UF_PATH))
		return refuse("400 Bad Request");
	if (path_is(&u, "/hello") || path_is(&u, "/"))
		return p->method == HTTP_GET ? hello(&u) : refuse("405 Method Not Allowed");
	if (path_is(&u, "/count"))
		return p->method == HTTP_POST ? count() : refuse("405 Method Not Allowed");
	return refuse("404 Not Found");
}

int main(void)
{
	static const http_parser_settings settings = {
		.on_url = on_url, .on_body = on_body, .on_message_complete = on_complete,
	};
	static char buf[16384];
	http_parser parser;
	ssize_t n;

	http_parser_init(&parser, HTTP_REQUEST);
	while (!request.complete && (n = read(STDIN_FILENO, buf, sizeof(buf))) > 0)
		if (http_parser_execute(&parser, &settings, buf, (size_t)n) != (size_t)n &&
		    !request.complete)
			return refuse("400 Bad Request");
	if (!request.complete)
		return refuse("400 Bad Request");
	return route(&parser);
}
