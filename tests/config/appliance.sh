# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# Part of config.sh: appliances as `make appliance` makes them: their configurations have nothing but
# what they name, their sizes are within configs/budget, they run, and they are the same bytes whoever
# builds them where.
. ./tests/config/common.sh

# appliance_config NAME: its launcher, in $dir.
appliance_config() {
	dir=$O/launchers/$1
	build "config/$1" . O="$dir" "$1_defconfig" || return 1
	build "config/$1" . O="$dir" mvm || return 1
	symbols "$1" "$dir/launcher/mvm.debug" "$launcher_symbols"
	symbols "$1" "$dir/runtime/runtime.elf" "$runtime_symbols"
	# What is said to be off must not come on by a default.
	if grep -qx '# All else is off.' "configs/$1_defconfig"; then
		sed -n '/=y$/p' "$dir/.config" | sort >"$scratch/on"
		sed -n '/=y$/p' "configs/$1_defconfig" | sort >"$scratch/asked"
		if ! cmp -s "$scratch/on" "$scratch/asked"; then
			diff "$scratch/asked" "$scratch/on" >"$scratch/differ"
			bad "config/$1" "other options are on than configs/$1_defconfig names" "$scratch/differ"
			return 1
		fi
	fi
	ok "config/$1"
}

free_port() {
	python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

web_server() {
	port=$(free_port)
	"$O/httpd.appliance" --http="127.0.0.1:$port" >"$scratch/out" 2>"$scratch/err" &
	server=$!
	tries=0
	until curl -s -m 5 -o "$scratch/page" "http://127.0.0.1:$port/" || [ $tries -ge 100 ]; do
		tries=$((tries + 1))
		sleep 0.1
	done
	curl -s -m 5 -o /dev/null -o /dev/null -o /dev/null -w '%{http_code} %{content_type}\n' "http://127.0.0.1:$port/style.css" \
		"http://127.0.0.1:$port/nothing" --path-as-is "http://127.0.0.1:$port/../site/index.html" \
		>"$scratch/codes"
	kill "$server"
	wait "$server" 2>/dev/null
	printf '200 text/css\n404 text/plain; charset=utf-8\n404 text/plain; charset=utf-8\n' >"$scratch/want"
	if cmp -s "$scratch/page" apps/httpd/files/site/index.html && cmp -s "$scratch/codes" "$scratch/want"; then
		ok config/httpd-serves
	else
		bad config/httpd-serves "other answers than expected" "$scratch/page" "$scratch/codes" "$scratch/err"
	fi
}

appliances_run() {
	why=$(no_vm)
	if [ -n "$why" ]; then
		skip config/hello-runs "$why"
		return
	fi
	check config/hello-runs 0 "$O/hello.appliance" to you &&
		says config/hello-runs '^ *said *to you$' && ok config/hello-runs
	if command -v curl >/dev/null; then
		web_server
	else
		skip config/httpd-serves "no curl here"
	fi
}

# build_in TREE O: hello.appliance of a copy of the sources, by a packer with little else.
build_in() {
	copy_tree "$1"
	build config/same-appliance "$1" O="$2" smallest_defconfig || return 1
	echo CONFIG_PACK=y >>"$1/$2/.config"
	build config/same-appliance "$1" O="$2" MVM_CACHE="$(dirname "$(find "$O/dl" -name 'musl_*.dsc')")" \
		appliance APP=apps/hello CONFIG=configs/smallest_defconfig
}

same_appliance() {
	build_in "$scratch/one" build || return
	(umask 077 && build_in "$scratch/another/tree" out) || return
	find "$scratch/another/tree/apps" -exec touch -d 2001-01-01 {} +
	(umask 077 && build config/same-appliance "$scratch/another/tree" O=out \
		appliance APP=apps/hello CONFIG=configs/smallest_defconfig) || return
	if cmp "$scratch/one/build/hello.appliance" "$scratch/another/tree/out/hello.appliance" >"$scratch/differ" 2>&1; then
		ok config/same-appliance
	else
		bad config/same-appliance "two directories: two appliances" "$scratch/differ"
	fi
}

# make_refuses NAME ERE DIR ARGS...: make fails at once, and its last line says why.
make_refuses() {
	name=config/$1
	ere=$2
	shift 2
	if limited 20 make -C "$@" >"$scratch/out" 2>"$scratch/err"; then
		bad "$name" "make succeeded"
	elif says "$name" "$ere" "$scratch/err"; then
		ok "$name"
	fi
}

mistakes() {
	make_refuses no-such-app 'APP=nope: there is no such program; APP is one of .*apps/hello' \
		. appliance APP=nope
	make_refuses no-such-config 'CONFIG=nope: there is no such one; CONFIG is one of .*smallest' \
		. appliance APP=apps/hello CONFIG=nope
	make_refuses blank-output 'O=a b: make takes no names with blanks; name another' . O='a b' mvm
	mkdir -p "$scratch/a b"
	cp -r Makefile scripts "$scratch/a b"
	make_refuses blank-sources 'a b: make takes no names with blanks; move the sources' \
		"$scratch/a b" mvm
}

appliances() {
	for name in smallest function httpd everything; do
		appliance_config "$name" || return
	done
	if limited 900 make -s size >"$scratch/out" 2>"$scratch/err"; then
		ok config/budget
	else
		bad config/budget "an appliance is larger than configs/budget says" "$scratch/out" "$scratch/err"
	fi
	appliances_run
	same_appliance
}
mistakes
appliances
