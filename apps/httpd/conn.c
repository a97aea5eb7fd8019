/* SPDX-License-Identifier: MIT */
/* One connection.  See httpd.h. */
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>
#include "httpd.h"

/* ---- What the parser finds ------------------------------------------------------------------ */

static struct request *request_of(http_parser *p)
{
	return &((struct conn *)p->data)->request;
}

/* Appends to a string of so much room.  False: it does not fit. */
static bool append(char *to, size_t *used, size_t room, const char *at, size_t len)
{
	if (len >= room - *used)
		return false;
	memcpy(to + *used, at, len);
	*used += len;
	to[*used] = '\0';
	return true;
}

static int on_url(http_parser *p, const char *at, size_t len)
{
	struct request *r = request_of(p);

	if (!append(r->url, &r->url_len, sizeof(r->url), at, len))
		r->status = 414;
	return 0;
}

/* A header is complete: those that matter are kept. */
static void keep_header(struct request *r)
{
	if (!strcasecmp(r->field, "If-None-Match"))
		memcpy(r->if_none_match, r->value, sizeof(r->value));
	else if (!strcasecmp(r->field, "Range"))
		memcpy(r->range, r->value, sizeof(r->value));
	r->field_len = r->value_len = 0;
	r->field[0] = r->value[0] = '\0';
}

static int on_field(http_parser *p, const char *at, size_t len)
{
	struct request *r = request_of(p);

	if (r->value_len)
		keep_header(r);
	/* Longer names than those that matter may be cut. */
	append(r->field, &r->field_len, sizeof(r->field), at, len);
	return 0;
}

static int on_value(http_parser *p, const char *at, size_t len)
{
	struct request *r = request_of(p);

	append(r->value, &r->value_len, sizeof(r->value), at, len);
	return 0;
}

static int on_headers(http_parser *p)
{
	struct request *r = request_of(p);

	keep_header(r);
	r->head = p->method == HTTP_HEAD;
	if (!r->status && p->method != HTTP_GET && p->method != HTTP_HEAD)
		r->status = 405;
	return 0;
}

/* One request at a time: what follows in the buffer waits until it is answered. */
static int on_complete(http_parser *p)
{
	struct request *r = request_of(p);

	r->keep_alive = http_should_keep_alive(p);
	r->complete = true;
	http_parser_pause(p, 1);
	return 0;
}

static const http_parser_settings settings = {
	.on_url = on_url, .on_header_field = on_field, .on_header_value = on_value,
	.on_headers_complete = on_headers, .on_message_complete = on_complete,
};

/* ---- Its life ------------------------------------------------------------------------------- */

static void next_request(struct conn *c)
{
	memset(&c->request, 0, sizeof(c->request));
	http_parser_init(&c->parser, HTTP_REQUEST);
	c->parser.data = c;
	c->sending = false;
	c->since = seconds();
}

void conn_begin(struct conn *c, int fd)
{
	c->fd = fd;
	c->in_at = c->in_len = 0;
	c->answer.file = -1;
	next_request(c);
}

void conn_end(struct conn *c)
{
	if (c->answer.file >= 0)
		close(c->answer.file);
	c->answer.file = -1;
	close(c->fd);
	c->fd = -1;
}

static void start_answer(struct conn *c, int root)
{
	answer_request(&c->answer, &c->request, root);
	c->sending = true;
	c->sent = 0;
}

void conn_timeout(struct conn *c)
{
	/* In the middle of a request; who is only silent just loses the connection. */
	if (!c->sending && (c->in_len || c->request.url_len)) {
		c->answer = (struct answer){ .file = -1 };
		answer_error(&c->answer, &c->request, 408);
		send(c->fd, c->answer.head, c->answer.head_len, MSG_NOSIGNAL | MSG_DONTWAIT);
	}
	conn_end(c);
}

/* Parses what is in the buffer.  True: a request is complete, or cannot become one. */
static bool parse(struct conn *c)
{
	size_t n = http_parser_execute(&c->parser, &settings, c->in + c->in_at,
				       c->in_len - c->in_at);
	enum http_errno err = HTTP_PARSER_ERRNO(&c->parser);

	c->in_at += n;
	if (err == HPE_PAUSED)
		return true;
	if (err == HPE_HEADER_OVERFLOW)
		c->request.status = 431;
	else if (err != HPE_OK)
		c->request.status = 400;
	if (err == HPE_OK && c->in_at == c->in_len)
		c->in_at = c->in_len = 0;
	return err != HPE_OK || c->parser.upgrade;
}

static bool would_wait(void)
{
	return errno == EAGAIN || errno == EINTR;
}

/* False: nothing more can be done now, or the connection is over. */
static bool receive(struct conn *c, int root)
{
	if (c->in_at == c->in_len) {
		ssize_t n = recv(c->fd, c->in, sizeof(c->in), 0);

		if (n <= 0) {
			if (!n || !would_wait())
				conn_end(c);
			return false;
		}
		c->in_at = 0;
		c->in_len = (size_t)n;
		c->since = seconds();
	}
	if (parse(c))
		start_answer(c, root);
	return true;
}

/* Sends from the head or the text.  As send(2). */
static ssize_t send_bytes(struct conn *c)
{
	struct answer *a = &c->answer;
	bool more = a->text_len || a->file >= 0;

	if (c->sent < a->head_len)
		return send(c->fd, a->head + c->sent, a->head_len - c->sent,
			    MSG_NOSIGNAL | (more ? MSG_MORE : 0));
	return send(c->fd, a->text + (c->sent - a->head_len),
		    a->text_len - (c->sent - a->head_len), MSG_NOSIGNAL);
}

static bool transmit(struct conn *c)
{
	struct answer *a = &c->answer;
	ssize_t n;

	if (c->sent < a->head_len + a->text_len)
		n = send_bytes(c);
	else if (a->file >= 0 && a->at < a->end)
		n = sendfile(c->fd, a->file, &a->at, (size_t)(a->end - a->at));
	else
		n = 0;
	if (n > 0) {
		c->since = seconds();
		if (c->sent < a->head_len + a->text_len)
			c->sent += (size_t)n;
		return true;
	}
	if (n < 0 && would_wait())
		return false;
	/* All is sent; or the file has become shorter, and nothing else tells the client. */
	if (n < 0 || a->close || a->at < a->end) {
		conn_end(c);
		return false;
	}
	if (a->file >= 0)
		close(a->file);
	a->file = -1;
	next_request(c);
	return true;
}

void conn_go_on(struct conn *c, int root)
{
	while (c->fd >= 0 && (c->sending ? transmit(c) : receive(c, root)))
		;
}
