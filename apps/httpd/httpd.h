/* SPDX-License-Identifier: MIT */
/*
 * httpd: a web server for static files.  One thread, poll(2), connections that stay open.
 *
 *	httpd.c		options, the listening socket, the loop
 *	conn.c		a connection: reading, parsing (http_parser), sending
 *	answer.c	what a request is answered with: files below the directory
 */
#ifndef HTTPD_H
#define HTTPD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <time.h>
#include <http_parser.h>

#define PATH_BYTES	1024
#define VALUE_BYTES	128

struct request {
	char url[PATH_BYTES];
	size_t url_len;
	char field[24], value[VALUE_BYTES];	/* the header that is read */
	size_t field_len, value_len;
	char if_none_match[VALUE_BYTES], range[VALUE_BYTES];
	bool head, keep_alive;
	int status;				/* what is wrong with it; 0: nothing so far */
	bool complete;
};

struct answer {
	char head[512];				/* status line and headers */
	size_t head_len;
	char text[128];				/* a body that is no file */
	size_t text_len;
	int file;				/* -1: none */
	off_t at, end;				/* bytes of it to send */
	bool close;				/* the connection, behind it */
};

struct conn {
	int fd;					/* -1: free */
	bool sending;
	time_t since;				/* CLOCK_MONOTONIC of the last byte */
	http_parser parser;
	struct request request;
	struct answer answer;
	char in[4096];				/* [in_at, in_len) is not parsed yet */
	size_t in_at, in_len;
	size_t sent;				/* of head and text */
};

/* Fills a: the answer to a request for what is below the directory root. */
void answer_request(struct answer *a, const struct request *r, int root);
/* "HTTP/1.1 404 Not Found"... */
void answer_error(struct answer *a, const struct request *r, int status);

void conn_begin(struct conn *c, int fd);
void conn_end(struct conn *c);
/* Reads or writes what can be without waiting.  Ends the connection when it is over. */
void conn_go_on(struct conn *c, int root);
/* The connection said nothing for too long. */
void conn_timeout(struct conn *c);

time_t seconds(void);

#endif
