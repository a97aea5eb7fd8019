#!/bin/sh
# SPDX-License-Identifier: MIT
# MariaDB's server as Debian has it, in a VM: makes its system tables, works for Debian's client on the
# host, and comes back with what was committed when its VM was killed.
. "$(dirname "$0")/common.sh"

debs mariadb mariadb-server-core mariadb-client-core
root=$dir
program mariadb "$version" "Debian's dynamic binary, --root" \
	"tables, joins, transactions, eight clients at once; killed and started again: what was committed is there"

mkdir "$scratch/db"
options='--no-defaults --user=root --datadir=/db --basedir=/usr --innodb-buffer-pool-size=32M
	--max-allowed-packet=8M --log-warnings=1'
granted="--mem 1G --dir $scratch/db:/db"
tables=$root/usr/share/mysql
{
	printf '%s\n' 'CREATE DATABASE mysql;' 'USE mysql;'
	cat "$tables/mysql_system_tables.sql" "$tables/mysql_system_tables_data.sql"
	echo 'CREATE DATABASE shop;'
} >"$scratch/boot.sql"
# shellcheck disable=SC2086 # a list of words
if vm "$granted" /usr/sbin/mariadbd $options --bootstrap <"$scratch/boot.sql" >"$scratch/out" 2>&1 &&
	[ -s "$scratch/db/mysql/db.frm" ]; then
	ok programs/mariadb/bootstrap
else
	bad programs/mariadb/bootstrap "no system tables" "$scratch/out"
	exit 0
fi

client() {
	native /usr/bin/mariadb --no-defaults --protocol=tcp -h 127.0.0.1 -P "$port" -u root -N shop "$@"
}
start() {
	# shellcheck disable=SC2086
	serve 3306 "$granted" /usr/sbin/mariadbd $options --skip-grant-tables --skip-networking=0 \
		--bind-address=127.0.0.1 --socket=/tmp/socket
	for _ in $(seq $((40 * patience))); do
		[ "$(client -e 'SELECT 1' 2>/dev/null)" != 1 ] || return 0
		sleep 0.25
	done
	return 1
}
# asks NAME WANTED: the client's answers to its standard input.
asks() {
	printf '%s\n' "$2" >"$scratch/wanted"
	client >"$scratch/out" 2>"$scratch/err"
	if cmp -s "$scratch/wanted" "$scratch/out"; then
		ok "programs/mariadb/$1"
	else
		bad "programs/mariadb/$1" "other answers" "$scratch/out" "$scratch/err" "$scratch/server.err"
	fi
}

start || bad programs/mariadb/start "no answer" "$scratch/server.err"
asks queries '2000	25005000.00
20000
n0	200
shop.item	check	status	OK
10000' <<'END'
CREATE TABLE item(id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(50), price DECIMAL(10,2), KEY(name)) ENGINE=InnoDB;
INSERT INTO item(name, price) SELECT CONCAT('n', seq % 100), seq * 1.25 FROM seq_1_to_20000;
SELECT COUNT(*), SUM(price) FROM item WHERE name LIKE '%7';
BEGIN; DELETE FROM item; ROLLBACK;
SELECT COUNT(*) FROM item;
SELECT a.name, COUNT(*) AS n FROM item a JOIN item b ON a.id = b.id + 1 GROUP BY a.name ORDER BY n DESC, a.name LIMIT 1;
CHECK TABLE item;
CREATE TABLE account(id INT PRIMARY KEY, sum INT NOT NULL) ENGINE=InnoDB;
INSERT INTO account SELECT seq, 1000 FROM seq_1_to_10;
SELECT SUM(sum) FROM account;
END

# Each moves amounts between accounts; the order of the updates keeps them from locking each other up.
for n in 1 2 3 4 5 6 7 8; do
	for i in $(seq 20); do
		from=$((i % 9 + 1))
		echo "BEGIN; UPDATE account SET sum = sum - $n WHERE id = $from;" \
			"UPDATE account SET sum = sum + $n WHERE id = $((from + 1)); COMMIT;"
	done | client >"$scratch/client.$n" 2>&1 &
	clients="${clients:-} $!"
done
# shellcheck disable=SC2086
wait $clients
cat "$scratch"/client.* >"$scratch/errors"
[ ! -s "$scratch/errors" ] || bad programs/mariadb/clients "errors" "$scratch/errors"
asks concurrent '10000	928' <<'END'
SELECT SUM(sum), (SELECT sum FROM account WHERE id = 1) FROM account;
END

# Without a word, in the middle of a transaction.
(echo 'BEGIN; UPDATE account SET sum = 0;'; sleep 2) | client >/dev/null 2>&1 &
open=$!
sleep 1
kill -KILL $server
wait $server $open 2>/dev/null
start || bad programs/mariadb/restart "no answer" "$scratch/server.err"
asks recovered '10000	928
20000' <<'END'
SELECT SUM(sum), (SELECT sum FROM account WHERE id = 1) FROM account;
SELECT COUNT(*) FROM item;
END
stops_well programs/mariadb/stop
