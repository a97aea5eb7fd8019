#!/bin/sh
# SPDX-License-Identifier: MIT
# The SQLite shell built by mvm-cc from Debian's source: databases in memory and in files, a terminal.
. "$(dirname "$0")/common.sh"

pty=$O/tests/tools/pty
sample_files
program SQLite "$(sed -n 's/^SQLITE_VERSION.*:= //p' "$top/apps/build.mk")" \
	"mvm-cc from Debian's source" "the shell: queries, transactions, import, dump, a terminal"

for how in ${POLL:-auto}; do
	tag=
	[ "$how" = auto ] || tag="[$how]"

	same "programs/sqlite-memory$tag" "$tests/bench/rows.sql" "$O/apps/sqlite3.elf" :memory:
	cat >"$scratch/report.sql" <<'END'
CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT, n INTEGER);
.mode csv
.import table.csv items
.mode column
SELECT name, count(*), sum(n) FROM items GROUP BY name ORDER BY 3 DESC, 1 LIMIT 10;
PRAGMA integrity_check;
BEGIN; DELETE FROM items WHERE n > 8; ROLLBACK;
SELECT count(*) FROM items;
.output sub/dump.sql
.dump
.output stdout
PRAGMA journal_mode = WAL;
PRAGMA journal_mode = DELETE;
VACUUM;
END
	sed -i '/WAL/d' "$scratch/report.sql"
	same "programs/sqlite-file$tag" "$scratch/report.sql" "$O/apps/sqlite3.elf" shop.db
	if "$O/apps/sqlite3.elf" "$scratch/v/shop.db" 'PRAGMA integrity_check' 2>/dev/null |
		grep -q '^ok$'; then
		ok "programs/sqlite-file-sound$tag"
	else
		bad "programs/sqlite-file-sound$tag" "the database is not sound afterwards"
	fi

	if check "programs/sqlite-repl$tag" 0 "$pty" "$mvm" run --poll="$how" "$O/apps/sqlite3.elf" <<'END'; then
expect sqlite>\x20
send select 40 + 2;\n
expect 42
send .quit\n
cooked
END
		ok "programs/sqlite-repl$tag"
	fi
done

# ---- SQLite's own regression data: statements and databases that once broke it --------------------

[ -z "${MVM_LAB:-}" ] || exit 0	# too much for an emulated processor
built=$O/apps/sqlite/obj/fuzzcheck
source=$O/apps/sqlite/src
if [ ! "$built" -nt "$O/sysroot/lib/libc.a" ]; then
	rm -f "$built"
	make -C "$O/apps/sqlite/obj" fuzzcheck >"$scratch/log" 2>&1
fi
program "SQLite's fuzzcheck" "$(sed -n 's/^SQLITE_VERSION.*:= //p' "$top/apps/build.mk")" \
	"mvm-cc from Debian's source" "the cases of its test/fuzzdata*.db: databases and SQL that once broke it"
if [ ! -x "$built" ]; then
	bad programs/sqlite/fuzzcheck "cannot be built by mvm-cc" "$scratch/log"
	exit 0
fi
data='4 6'
! full || data='1 2 3 4 5 6 7 8'
limit=600
for n in $data; do
	if vm "--dir $source/test:/test:ro --cwd /tmp" "$built" "/test/fuzzdata$n.db" >"$scratch/out" 2>&1 &&
		grep -q '^fuzzcheck: 0 errors out of [0-9]* tests' "$scratch/out"; then
		ok "programs/sqlite/fuzzdata$n"
	else
		tail -n 20 "$scratch/out" >"$scratch/tail"
		bad "programs/sqlite/fuzzdata$n" "status $?" "$scratch/tail"
	fi
done
