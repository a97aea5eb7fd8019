# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# What the build.sh of each application begins with; sourced.  Takes MVM-CC WORKDIR OUTPUT and sets
# cc, work (made), out and log.
set -eu

here=$(dirname "$(realpath "$0")")
cc=$(realpath "$1")
mkdir -p "$2"
work=$(realpath "$2")
out=$3
log=$work/log
: >"$log"

die() {
	echo "${here##*/}: $*, see $log" >&2
	exit 1
}

# fetch PACKAGE VERSION: Debian's source package, by the checksum beside the build.sh, to $work/src.
fetch() {
	"$here/../../scripts/fetch-source.sh" "$1" "$2" "$here/$1.sha256" "$work/src"
}
