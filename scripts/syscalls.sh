#!/bin/sh
# SPDX-License-Identifier: MIT
# docs/syscalls.md from the runtime's own list of system calls: syscalls.sh runtime/sys/calls.h
set -eu

# Strings over several lines are joined, so that each entry is one line.
awk '{ line = line $0 } /\)$/ { gsub(/"[ \t]*"/, "", line); print line; line = "" } !/^(LACKS|\t)/ { line = "" }' \
	"$1" | awk -F '[(,)] *' '
function group(of) {
	return of == "BASE" || of == "FILES" || of == "MEMORY" ? "always" : "`" of "`"
}
function fail(what) {
	print "syscalls: " what >"/dev/stderr"
	failed = 1
	exit 1
}
function list(names, n,    i, word, line) {
	for (i = 1; i <= n; i++) {
		word = names[i] (i < n ? "," : ".")
		if (length(line) + length(word) > 104) {
			print line
			line = ""
		}
		line = line (line == "" ? "" : " ") word
	}
	print line
}
/^CALL\(/ || /^ALIAS\(/ {
	name = $2
	if ($1 == "ALIAS" && $3 == "eperm") {
		eperm[++n_eperm] = name
		next
	}
	if ($1 == "ALIAS" && $3 ~ /^xattr/) {
		xattr[++n_xattr] = name
		next
	}
	there[++n_there] = name
	where[name] = group($1 == "ALIAS" ? $4 : $3)
}
/^NONE\(/ { none[++n_none] = $2 }
/^LACKS\(/ {
	if (!($2 in where))
		fail("LACKS(" $2 "): there is no such call before it")
	text = $0
	sub(/^[^"]*"/, "", text)
	sub(/"\)$/, "", text)
	lacks[$2] = text
	partly++
}
END {
	if (failed)
		exit 1
	print "# System calls"
	print ""
	print "Made by `make syscalls` from `runtime/sys/calls.h`, the table that the runtime dispatches from; not to be"
	print "edited. " n_there " calls are there, " partly " of them with something missing; " n_eperm + n_xattr " are refused as Linux would refuse"
	print "them here; the other " n_none " answer `ENOSYS`, and `mvm run -v` and `--stats` name each that a program asked for."
	print ""
	print "| call | option | what is missing |"
	print "| --- | --- | --- |"
	for (i = 1; i <= n_there; i++)
		print "| " there[i] " | " where[there[i]] " | " lacks[there[i]] " |"
	print ""
	print "An option is one of `make menuconfig`; without it the call answers `ENOSYS`, and its code is not linked."
	print ""
	print "## Refused"
	print ""
	print "With `EPERM`, as to a process that may not administer the machine:"
	list(eperm, n_eperm)
	print ""
	print "With `EOPNOTSUPP`, as on a file system without extended attributes:"
	list(xattr, n_xattr)
	print ""
	print "## Not there"
	print ""
	list(none, n_none)
}'
