#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds httpd with the parser of Debian's source package: build.sh MVM-CC WORKDIR OUTPUT.
. "$(dirname "$0")/../build-common.sh"

fetch http-parser "$HTTP_PARSER_VERSION"
# HTTP_PARSER_STRICT: what RFC 9112 does not allow is an error.
"$cc" -Os -Wall -Wextra -s -DHTTP_PARSER_STRICT=1 -ffunction-sections -fdata-sections -Wl,--gc-sections \
	-I"$work/src" -o "$out" "$here"/*.c "$work/src/http_parser.c" >>"$log" 2>&1 || die "cannot compile"
