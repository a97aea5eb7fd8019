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
