#!/bin/sh
# SPDX-License-Identifier: MIT
# PHP as Debian has it: scripts, with the just-in-time compilers of its regular expressions and its own, and
# its web server, asked from the host.
. "$(dirname "$0")/common.sh"

debs php php8.2-cli
root=$dir
php=/usr/bin/php8.2
environment='LC_ALL=C.UTF-8 TZ=UTC'
sample_files

program php "$version" "Debian's dynamic binary, --root" \
	"json, regular expressions, generators, fibers, files, compression, encryption, sockets; its web server with sessions and uploads"
cat >"$scratch/files/report.php" <<'END'
<?php
$sums = [];
foreach (array_map('str_getcsv', file('table.csv', FILE_IGNORE_NEW_LINES)) as [$id, $name, $n])
	$sums[$name] = ($sums[$name] ?? 0) + $n;
ksort($sums);
file_put_contents('report.json', json_encode(array_slice($sums, 0, 5), JSON_PRETTY_PRINT), LOCK_EX);
echo count($sums), ' ', array_sum($sums), ' ', json_decode(file_get_contents('report.json'), true)['name 1'], "\n";
$text = file_get_contents('numbers');
echo hash('sha256', $text), ' ', crc32($text), ' ', strlen(gzcompress($text, 9)), ' ', gzuncompress(gzcompress($text)) === $text, "\n";
echo preg_replace_callback('/\b(\d)(\d)\1\b/', fn($m) => "<$m[0]>", implode(' ', range(100, 140))), "\n";
echo preg_match_all('/(?<word>\p{L}+)/u', 'äöü one ß', $found), ' ', $found['word'][2], "\n";
function squares() { for ($i = 0; $i < 5; $i++) $got = yield $i => $i * $i; return 'done'; }
foreach ($all = squares() as $k => $v) echo "$k:$v ";
echo $all->getReturn(), "\n";
$fiber = new Fiber(function ($x) { for (;;) $x = Fiber::suspend($x * 2); });
echo $fiber->start(3), ' ', $fiber->resume(4), "\n";
mkdir('deep'); touch('deep/b', 0); rename('deep/b', 'deep/a');
echo implode(',', scandir('deep')), ' ', filemtime('deep/a'), ' ', readlink('sub/link'), "\n";
unlink('deep/a'); rmdir('deep'); touch('report.json', 0);
echo date('Y-m-d', 86400 * 365), ' ', (new DateTime('2024-02-28'))->modify('+2 days')->format('D'), "\n";
$seal = sodium_crypto_secretbox('text', str_repeat('n', 24), str_repeat('k', 32));
echo bin2hex($seal), ' ', sodium_crypto_secretbox_open($seal, str_repeat('n', 24), str_repeat('k', 32)), "\n";
for ($i = $t = 0; $i < 2000000; $i++) $t = ($t * 31 + $i) % 1000003;
echo $t, "\n";
$server = stream_socket_server('tcp://127.0.0.1:0');
$client = stream_socket_client('tcp://' . stream_socket_get_name($server, false));
$other = stream_socket_accept($server);
fwrite($client, "line\n"); echo fgets($other);
[$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
fwrite($a, "pair\n"); echo fgets($b);
try { intdiv(1, 0); } catch (DivisionByZeroError $e) { echo get_class($e), "\n"; }
exit(7);
END
vm_args='--allow-wx'
same programs/php/report /dev/null $php -n report.php

# Without --allow-wx the regular expressions go another way, and it says so.
echo '<?php echo preg_replace("/b+/", "-", "abbba");' >"$scratch/files/small.php"
vm_args=
same programs/php/wx /dev/null $php -n -d pcre.jit=0 small.php

if ! command -v curl >/dev/null; then
	skip programs/php/server "no curl to ask it with"
	exit 0
fi
mkdir "$scratch/web"
head -c 3000000 /dev/urandom >"$scratch/web/big.bin"
cat >"$scratch/web/index.php" <<'END'
<?php
session_start();
$_SESSION['n'] = ($_SESSION['n'] ?? 0) + 1;
header('Content-Type: text/plain');
echo $_SERVER['REQUEST_METHOD'], ' ', $_GET['q'] ?? '-', ' ', $_SESSION['n'], ' ';
if (isset($_FILES['f']))
	echo hash_file('sha256', $_FILES['f']['tmp_name']);
echo "\n";
END
serve 8000 "--dir $scratch/web:/web:ro" $php -n -d pcre.jit=0 -d session.save_path=/tmp \
	-d upload_max_filesize=8M -d post_max_size=9M -S 127.0.0.1:8000 -t /web
at=http://127.0.0.1:$port
ask() {
	limited 60 curl -sS -c "$scratch/jar" -b "$scratch/jar" "$@" 2>>"$scratch/err"
}
sum=$(sha256sum <"$scratch/web/big.bin")
{
	ask "$at/?q=1"
	ask -F "f=@$scratch/web/big.bin" "$at/index.php?q=2"
	ask "$at/big.bin" | sha256sum
	ask -o /dev/null -w '%{http_code}\n' "$at/none.txt"
} >"$scratch/out"
printf '%s\n' 'GET 1 1 ' "POST 2 2 ${sum%% *}" "$sum" 404 >"$scratch/wanted"
if cmp -s "$scratch/wanted" "$scratch/out"; then
	ok programs/php/server
else
	bad programs/php/server "other answers" "$scratch/out" "$scratch/err" "$scratch/server.err"
fi
stop
