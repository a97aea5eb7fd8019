#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds httpfn with the parser of Debian's source package http-parser: build.sh MVM-CC WORKDIR OUTPUT.
. "$(dirname "$0")/../build-common.sh"

fetch http-parser "$HTTP_PARSER_VERSION"
"$cc" -O2 -DHTTP_PARSER_STRICT=1 -c -o "$work/http_parser.o" "$work/src/http_parser.c" >>"$log" 2>&1 ||
	die "cannot compile http_parser.c"
"$cc" -O2 -Wall -Wextra -s -I"$work/src" -o "$out" "$here/httpfn.c" "$work/http_parser.o" >>"$log" 2>&1 ||
	die "cannot build"
