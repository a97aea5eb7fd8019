# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# Part of config.sh: mvm-cc and mvm-c++, what they make and what they refuse.

# both NAME PROGRAM WANTED: the same output natively and in a VM.
both() {
	check "$1" 0 "$2" || return 1
	[ "$(cat "$scratch/out")" = "$3" ] ||
		{ bad "$1" "natively it says something else" "$scratch/out" && return 1; }
	if [ -n "$(no_vm)" ]; then
		skip "$1-vm" "$(no_vm)"
	elif check "$1-vm" 0 "$mvm" run "$2"; then
		if [ "$(cat "$scratch/out")" = "$3" ]; then
			ok "$1-vm"
		else
			bad "$1-vm" "in the VM it says something else" "$scratch/out"
		fi
	fi
	ok "$1"
}

# refused NAME ERE COMMAND...: fails with a message.
refused() {
	name=$1
	ere=$2
	shift 2
	if limited 20 "$@" >"$scratch/out" 2>"$scratch/err"; then
		bad "$name" "it did not fail"
	else
		says "$name" "$ere" "$scratch/err" && ok "$name"
	fi
}

toolchain() {
	cc=$O/bin/mvm-cc
	cxx=$O/bin/mvm-c++
	cat >"$scratch/c.c" <<'EOF'
#include <linux/kvm.h>
#include <asm/unistd.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
static _Thread_local int here = 5;
static double two = 2;
int main(void)
{
	char *p = malloc(100000);

	snprintf(p, 100000, "%d %.3f %d", here, sqrt(two), KVM_API_VERSION);
	return puts(p) < 0;
}
EOF
	for how in -static -static-pie -pie; do
		check "config/mvm-cc$how" 0 "$cc" -O2 $how -pthread -o "$scratch/c" "$scratch/c.c" \
			-lm -ldl && both "config/mvm-cc$how" "$scratch/c" '5 1.414 12'
	done

	cat >"$scratch/c.cc" <<'EOF'
#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>
struct base { virtual ~base() { std::puts("base"); } };
struct derived : base { ~derived() override { std::puts("derived"); } };
static std::map<std::string, int> ages{{"ada", 36}};
int main()
{
	std::vector<std::string> v{"b", "a"};
	std::unique_ptr<base> p = std::make_unique<derived>();

	std::sort(v.begin(), v.end());
	try {
		ages.at("bob");
	} catch (const std::out_of_range &) {
		std::printf("%s %d\n", (v[0] + v[1]).c_str(), ages["ada"]);
	}
	return dynamic_cast<derived *>(p.get()) == nullptr;
}
EOF
	for how in -static -static-pie; do
		check "config/mvm-c++$how" 0 "$cxx" -O2 $how -o "$scratch/cc" "$scratch/c.cc" &&
			both "config/mvm-c++$how" "$scratch/cc" "$(printf 'ab 36\nderived\nbase')"
	done

	printf '#include <iostream>\nint main() { std::cout << 1; }\n' >"$scratch/s.cc"
	refused config/mvm-c++-streams 'do not work in mvm-c\+\+' \
		"$cxx" -o "$scratch/s" "$scratch/s.cc"
	refused config/mvm-cc-shared '^mvm-cc: -shared: ' \
		"$cc" -shared -o "$scratch/s.so" "$scratch/c.c"
	refused config/mvm-cc-openmp '^mvm-cc: -fopenmp: ' \
		"$cc" -fopenmp -o "$scratch/s" "$scratch/c.c"
	file=$("$cc" -print-file-name=libc.a)
	if [ "$file" -ef "$O/sysroot/lib/libc.a" ]; then
		ok config/mvm-cc-print-file-name
	else
		bad config/mvm-cc-print-file-name "libc.a is not mvm's but '$file'"
	fi

	# Text, and data that may be written, never in one 2 MiB page.
	readelf -lW "$scratch/c" | awk '$1 == "LOAD" { print $3, substr($0, 70) }' |
		while read -r va rest; do
			case $rest in
			*RWE*) echo "$((va / 2097152)) text data" ;;
			*R\ E*) echo "$((va / 2097152)) text" ;;
			*RW*) echo "$((va / 2097152)) data" ;;
			esac
		done | sort >"$scratch/pages"
	if [ "$(grep -c text "$scratch/pages")" -eq 1 ] && [ "$(grep -c data "$scratch/pages")" -eq 1 ] &&
	   [ "$(cut -d' ' -f1 "$scratch/pages" | sort -u | wc -l)" -eq 2 ]; then
		ok config/mvm-cc-pages
	else
		bad config/mvm-cc-pages "text and data share a page of 2 MiB" "$scratch/pages"
	fi
}
toolchain
