#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs the scripts of tests/integration: integration.sh [NAME...].  Each prints result lines itself.
. "$(dirname "$0")/lib.sh"

[ $# -gt 0 ] || set -- $(cd "$tests/integration" && ls ./*.sh | sed 's|^\./||; s|\.sh$||')
for name; do
	sh "$tests/integration/$name.sh" || bad "integration/$name" "its script ended with status $?"
done
exit 0
