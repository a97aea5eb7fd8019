#!/bin/sh
# SPDX-License-Identifier: MIT
# Node.js as Debian has it, with V8's just-in-time compiler: scripts, worker threads, WebAssembly, and a
# web server, asked from the host.  Only in the full run: 26 MB to fetch.
. "$(dirname "$0")/common.sh"

if ! full; then
	skip programs/node "26 MB to fetch: make test-programs-full runs it"
	exit 0
fi
debs node nodejs
root=$dir
node=/usr/bin/node
environment='TZ=UTC'
vm_args='--allow-wx --mem 1G'
sample_files

program node "$version" "Debian's dynamic binary, --root" \
	"files and watches, crypto, zlib, workers and shared memory, WebAssembly, streams, sockets, timers; a web server under load"
# prints NAME STATUS PROGRAM ARGS...: with what stands on standard input as its output.  It cannot be run
# natively where it is unpacked: it looks for parts of itself in /usr/share.
prints() {
	name=programs/node/$1
	wanted=$2
	shift 2
	cat >"$scratch/wanted"
	vm "$vm_args --dir $scratch/files:/data --cwd /data" "$@" </dev/null >"$scratch/out" 2>"$scratch/err"
	got=$?
	if [ $got -eq "$wanted" ] && cmp -s "$scratch/wanted" "$scratch/out"; then
		ok "$name"
	else
		bad "$name" "status $got, or other output" "$scratch/out" "$scratch/err"
	fi
}

cat >"$scratch/files/report.js" <<'END'
const fs = require('fs'), crypto = require('crypto'), zlib = require('zlib'), path = require('path');
const { pipeline } = require('stream/promises'), readline = require('readline'), v8 = require('v8'), vm = require('vm');
(async () => {
	const sums = {};
	for await (const line of readline.createInterface({ input: fs.createReadStream('table.csv') })) {
		const [, name, n] = line.split(',');
		sums[name] = (sums[name] || 0) + +n;
	}
	fs.writeFileSync('report.json', JSON.stringify(Object.entries(sums).sort().slice(0, 5)));
	console.log(JSON.parse(await fs.promises.readFile('report.json', 'utf8')).join(), Object.keys(sums).length);
	const text = fs.readFileSync('numbers');
	console.log(crypto.createHash('sha256').update(text).digest('hex'));
	console.log(zlib.gunzipSync(zlib.gzipSync(text)).equals(text), zlib.brotliDecompressSync(zlib.brotliCompressSync(text)).length);
	await pipeline(fs.createReadStream('numbers'), zlib.createGzip(), zlib.createGunzip(), fs.createWriteStream('copy'));
	console.log(fs.readFileSync('copy').equals(text), fs.readlinkSync('sub/link'), fs.readdirSync('.', { withFileTypes: true }).map(e => e.name + (e.isDirectory() ? '/' : '')).join());
	const { publicKey, privateKey } = crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' });
	console.log(crypto.verify('sha256', text, publicKey, crypto.sign('sha256', text, privateKey)));
	console.log(crypto.scryptSync('word', 'salt', 16).toString('hex'), crypto.pbkdf2Sync('word', 'salt', 1000, 16, 'sha512').toString('hex'));
	const watched = new Promise(found => { const w = fs.watch('sub', (event, name) => { w.close(); found(name); }); });
	setTimeout(() => fs.writeFileSync('sub/new', 'x'), 50);
	console.log(await watched);
	const add = new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 7, 1, 96, 2, 127, 127, 1, 127, 3, 2, 1,
		0, 7, 7, 1, 3, 97, 100, 100, 0, 0, 10, 9, 1, 7, 0, 32, 0, 32, 1, 106, 11]));
	console.log(new WebAssembly.Instance(add).exports.add(40, 2), new WebAssembly.Memory({ initial: 1, maximum: 1000 }).grow(10));
	const fib = n => n < 2 ? n : fib(n - 1) + fib(n - 2);
	console.log(fib(27), 2n ** 127n, [...'a😀'].length, 'ß'.localeCompare('z', 'de'), v8.deserialize(v8.serialize(new Map([[1, { a: 1n }]]))));
	console.log(vm.runInNewContext('a + 1', { a: 2 }), Array.from({ length: 300000 }, (_, i) => i * 7919 % 100003).sort((a, b) => a - b)[777]);
	process.on('SIGUSR2', () => { console.log('got SIGUSR2'); process.exit(7); });
	process.kill(process.pid, 'SIGUSR2');
	setTimeout(() => console.log('no signal'), 20000);
})();
END
prints report 7 $node report.js <<'END'
name 0,18,name 1,21,name 10,24,name 11,26,name 12,28 100
23f90f8b2c3a4b5f3b5e156339994afd5c2718b378aca6f0e17111f80a70d4ec
true 23893
true words copy,numbers,report.js,report.json,sub/,table.csv
true
721ddd3b7cc9bf8b1321d88727d7f44e 63e6cf7a2fc74b4d61dce2112ace4a9b
new
42 1
196418 170141183460469231731687303715884105728n 2 -1 Map(1) { 1 => { a: 1n } }
3 259
got SIGUSR2
END

cat >"$scratch/files/workers.js" <<'END'
const { Worker, isMainThread, parentPort, workerData } = require('worker_threads');
const net = require('net'), dgram = require('dgram'), http = require('http'), { once } = require('events');
if (!isMainThread) {
	const a = new Int32Array(workerData.shared);
	for (let i = 0; i < 20000; i++) Atomics.add(a, 0, 1);
	Atomics.add(a, 1, 1);
	Atomics.notify(a, 1);
	parentPort.postMessage(workerData.n * workerData.n);
} else (async () => {
	const shared = new SharedArrayBuffer(8), a = new Int32Array(shared);
	const workers = [1, 2, 3, 4].map(n => new Worker(__filename, { workerData: { n, shared } }));
	console.log((await Promise.all(workers.map(w => once(w, 'message')))).flat(), a[0], a[1]);
	console.log(Atomics.wait(a, 0, 0, 10), Atomics.wait(a, 1, 4, 10));
	const server = http.createServer((q, s) => { let n = 0; q.on('data', d => n += d.length); q.on('end', () => s.end(`${q.url} ${n}`)); });
	await once(server.listen(0, '127.0.0.1'), 'listening');
	const ask = i => new Promise((found, failed) => http.request({ port: server.address().port, host: '127.0.0.1', path: '/' + i, method: 'POST' },
		s => { let t = ''; s.on('data', d => t += d); s.on('end', () => found(t)); }).on('error', failed).end('y'.repeat(i * 10000)));
	console.log((await Promise.all([...Array(20).keys()].map(ask))).join());
	server.close();
	const echo = net.createServer(c => c.pipe(c)).listen('\0mvm-node-' + process.pid);
	await once(echo, 'listening');
	const c = net.connect('\0mvm-node-' + process.pid, () => c.end('by a socket without a file'));
	console.log(String(await once(c, 'data')));
	echo.close();
	const d = dgram.createSocket('udp4');
	await new Promise(bound => d.bind(0, '127.0.0.1', bound));
	d.send('datagram', d.address().port, '127.0.0.1');
	console.log(String((await once(d, 'message'))[0]));
	d.close();
	let ticks = 0;
	const t = setInterval(() => { if (++ticks == 5) { clearInterval(t); console.log(ticks); } }, 5);
})();
END
prints workers 0 $node workers.js <<'END'
[ 1, 4, 9, 16 ] 80000 4
not-equal timed-out
/0 0,/1 10000,/2 20000,/3 30000,/4 40000,/5 50000,/6 60000,/7 70000,/8 80000,/9 90000,/10 100000,/11 110000,/12 120000,/13 130000,/14 140000,/15 150000,/16 160000,/17 170000,/18 180000,/19 190000
by a socket without a file
datagram
5
END

if ! command -v curl >/dev/null; then
	skip programs/node/server "no curl to ask it with"
	exit 0
fi
cat >"$scratch/files/server.js" <<'END'
const crypto = require('crypto');
require('http').createServer((q, s) => {
	const sum = crypto.createHash('sha256');
	q.on('data', d => sum.update(d)).on('end', () => setTimeout(() => s.end(`${q.method} ${q.url} ${sum.digest('hex')}\n`), 20));
}).listen(8000, '127.0.0.1');
process.on('SIGTERM', () => process.exit(0));
END
serve 8000 "$vm_args --dir $scratch/files:/data:ro --cwd /data" $node server.js
head -c 2000000 /dev/urandom >"$scratch/body"
body_sum=$(sha256sum <"$scratch/body")
for n in 1 2 3 4 5 6 7 8; do
	limited 60 curl -sS --data-binary "@$scratch/body" "http://127.0.0.1:$port/$n" >"$scratch/client.$n" 2>&1 &
	askers="${askers:-} $!"
done
# shellcheck disable=SC2086 # a list of words
wait $askers
cat "$scratch"/client.* >"$scratch/out"
for n in 1 2 3 4 5 6 7 8; do
	echo "POST /$n ${body_sum%% *}"
done >"$scratch/wanted"
if cmp -s "$scratch/wanted" "$scratch/out"; then
	ok programs/node/server
else
	bad programs/node/server "other answers" "$scratch/out" "$scratch/server.err"
fi
stops_well programs/node/stop
