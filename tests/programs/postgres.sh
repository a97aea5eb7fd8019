#!/bin/sh
# SPDX-License-Identifier: MIT
# PostgreSQL as Debian has it, in single-user mode: its server is many processes, this is one of them, with
# all of the database.  It makes a cluster of its own and works in it.  Only in the full run: 90 MB to fetch.
. "$(dirname "$0")/common.sh"

if ! full; then
	skip programs/postgres "90 MB to fetch: make test-programs-full runs it"
	exit 0
fi
debs postgres postgresql-15
root=$dir
share=$root/usr/share/postgresql/15
environment='LC_ALL=C'
# It refuses to be root, and to use files that others own.
owner=$(id -u)
if [ "$owner" -eq 0 ]; then
	owner=65534
fi

program postgres "$version" "Debian's dynamic binary, --root, --single" \
	"a cluster made from its catalogues, tables, indexes, transactions, PL/pgSQL, window functions; killed and recovered"

# What initdb makes before it starts the server; it cannot start one here.
cluster=$scratch/cluster
mkdir -m 700 "$cluster"
for d in pg_wal/archive_status global pg_commit_ts pg_dynshmem pg_notify pg_serial pg_snapshots pg_subtrans \
	pg_twophase pg_multixact/members pg_multixact/offsets base/1 pg_replslot pg_tblspc pg_stat pg_stat_tmp \
	pg_xact pg_logical/snapshots pg_logical/mappings; do
	mkdir -p "$cluster/$d"
done
echo 15 >"$cluster/PG_VERSION"
cp "$cluster/PG_VERSION" "$cluster/base/1/"
cp "$share/postgresql.conf.sample" "$cluster/postgresql.conf"
: >"$cluster/postgresql.auto.conf"
: >"$cluster/pg_hba.conf"
chmod -R go-rwx "$cluster"
[ "$(id -u)" -eq "$owner" ] || {
	chown -R "$owner:$owner" "$cluster"
	chmod 711 "$scratch"
}
sed -e 's/\bNAMEDATALEN\b/64/g; s/\bSIZEOF_POINTER\b/8/g; s/\bALIGNOF_POINTER\b/d/g' \
	-e 's/\bFLOAT8PASSBYVAL\b/TRUE/g; s/\bPOSTGRES\b/postgres/g; s/\bENCODING\b/6/g' \
	-e 's/\bLC_COLLATE\b/C/g; s/\bLC_CTYPE\b/C/g; s/\bICU_LOCALE\b/_null_/g' \
	-e 's/\bLOCALE_PROVIDER\b/c/g' "$share/postgres.bki" >"$scratch/bki"

# postgres ARGS...: its answers in $scratch/out, what it reports in $scratch/err.
postgres() {
	vm "--user $owner --mem 1G --dir $cluster:/db" /usr/lib/postgresql/15/bin/postgres "$@" \
		>"$scratch/out" 2>"$scratch/err"
}
if postgres --boot -X 16777216 -F -D /db <"$scratch/bki" && [ -s "$cluster/global/pg_control" ]; then
	ok programs/postgres/boot
else
	bad programs/postgres/boot "no cluster" "$scratch/out" "$scratch/err"
	exit 0
fi

# With -j a command ends at an empty line behind a semicolon; answers are said by their names and values.
single='--single -j -O -c exit_on_error=true -D /db template1'
answers() {
	sed -n 's/^.*[0-9]: \([a-z_]*\) = "\(.*\)"	(typeid.*/\1 \2/p' "$scratch/out"
}
for script in system_constraints system_functions system_views; do
	cat "$share/$script.sql"
	printf '\n\n'
done >"$scratch/sql"
# shellcheck disable=SC2086 # a list of words
if postgres $single <"$scratch/sql"; then
	ok programs/postgres/catalogues
else
	bad programs/postgres/catalogues "system views and functions cannot be made" "$scratch/out" "$scratch/err"
fi

cat >"$scratch/sql" <<'SQL'
CREATE EXTENSION plpgsql;

CREATE TABLE item(id serial PRIMARY KEY, name text, price numeric(10,2));

INSERT INTO item(name, price) SELECT 'n' || i % 100, i * 1.25 FROM generate_series(1, 20000) i;

CREATE INDEX ON item(name);

ANALYZE item;

SELECT count(*) AS sevens, sum(price) AS prices FROM item WHERE name LIKE '%7';

CREATE FUNCTION fib(n int) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE a bigint := 0; b bigint := 1; c bigint;
BEGIN
	FOR i IN 1..n LOOP c := a + b; a := b; b := c; END LOOP;
	RETURN a;
END $$;

SELECT fib(80) AS fibonacci;

SELECT name AS first, rank FROM (SELECT name, rank() OVER (ORDER BY sum(price) DESC) FROM item GROUP BY name) r LIMIT 1;

SELECT jsonb_agg(x ORDER BY x DESC)->>1 AS json FROM generate_series(1, 3) x;

SELECT regexp_replace(md5('text'), '[a-f]', '', 'g') AS digits, to_tsvector('simple', 'a b a')::text AS words;

SELECT count(*) AS views FROM pg_views WHERE viewname = 'pg_tables';

SQL
printf '%s\n' 'sevens 2000' 'prices 25005000.00' 'fibonacci 23416728348467685' 'first n0' 'rank 1' 'json 2' \
	'digits 125105686929520481' "words 'a':1,3 'b':2" 'views 1' >"$scratch/wanted"
# shellcheck disable=SC2086
postgres $single <"$scratch/sql"
answers >"$scratch/answers"
if cmp -s "$scratch/wanted" "$scratch/answers"; then
	ok programs/postgres/queries
else
	bad programs/postgres/queries "other answers" "$scratch/answers" "$scratch/err"
fi

# Killed in the middle of a transaction: what was committed is found again in its log.
mkfifo "$scratch/pipe"
# shellcheck disable=SC2086
"$mvm" run --root "$root:ro" --user "$owner" --mem 1G --dir "$cluster:/db" --env LC_ALL=C \
	/usr/lib/postgresql/15/bin/postgres $single <"$scratch/pipe" >"$scratch/out" 2>"$scratch/err" &
server=$!
exec 9>"$scratch/pipe"
printf '%s\n\n' "INSERT INTO item(name) SELECT 'kept' FROM generate_series(1, 777);" 'BEGIN;' 'DELETE FROM item;' \
	'SELECT count(*) AS left FROM item;' >&9
waits "$scratch/out" 'left = "0"' || bad programs/postgres/open "no answer" "$scratch/out" "$scratch/err"
kill -KILL $server
wait $server 2>/dev/null
exec 9>&-
# shellcheck disable=SC2086
printf '%s\n\n' 'SELECT count(*) AS all_of_it FROM item;' | postgres $single
if [ "$(answers)" = 'all_of_it 20777' ] && grep -q 'automatic recovery in progress' "$scratch/err"; then
	ok programs/postgres/recovered
else
	bad programs/postgres/recovered "not what was committed" "$scratch/out" "$scratch/err"
fi
