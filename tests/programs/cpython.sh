#!/bin/sh
# SPDX-License-Identifier: MIT
# CPython's own test suite, as Debian packages it, in the dynamic python3: those modules of it that need
# neither a second process nor a host of their own.
. "$(dirname "$0")/common.sh"

debs python python3.11 libpython3.11-testsuite openssl netbase
root=$dir
environment='LC_ALL=C.UTF-8 HOME=/tmp PYTHONDONTWRITEBYTECODE=1'
limit=300

quick='test_struct test_dict test_math test_float test_csv test_zlib test_heapq test_tempfile
	test_generators test_posixpath test_time test_epoll test_httpservers test_timeout'
more='test_re test_list test_bytes test_datetime test_unicode test_set test_tuple test_long test_int
	test_complex test_collections test_string test_contextlib test_exceptions test_copy test_fractions
	test_statistics test_bisect test_array test_binascii test_base64 test_codecs test_configparser
	test_dataclasses test_typing test_ast test_compile test_grammar test_types test_operator
	test_textwrap test_difflib test_shelve test_lzma test_zipfile test_tarfile test_glob test_fnmatch
	test_genericpath test_shutil test_calendar test_locale test_hmac test_secrets test_html
	test_mimetypes test_ipaddress test_select test_file test_fileio test_bufio test_largefile
	test_resource test_memoryview test_buffer test_threading test_io test_functools test_queue
	test_itertools test_gc test_hashlib test_bz2 test_selectors test_poll test_ssl test_httplib
	test_smtplib test_telnetlib test_pathlib test_uuid test_urllib2_localnet test_wsgiref test_asyncio
	test_sched'
program "CPython's tests" "$version" "Debian's dynamic python3, --root" \
	"modules of the test suite, without the tests that need a second process or a pseudo terminal"

full || more=
for module in $quick $more; do
	if vm "--mem 1G --cwd /tmp --dir $tests/programs:/t:ro" /usr/bin/python3.11 /t/cpython.py "$module" \
		>"$scratch/out" 2>"$scratch/err" && grep -q "^ok $module" "$scratch/out"; then
		ok "programs/cpython/$module"
	else
		bad "programs/cpython/$module" "status $?" "$scratch/out" "$scratch/err"
	fi
done
