/* SPDX-License-Identifier: MIT */
/* What rsp-watch.c knows of watched.c. */
#define WATCHED_DATA	0x10000000UL
#define WATCHED_CODE	0x10010000UL
#define WATCHED_VALUE	0x12345678U
#define WATCHED_STATUS	5
