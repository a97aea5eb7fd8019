#!/bin/sh
# SPDX-License-Identifier: MIT
# Python as Debian has it, dynamically linked, with its library and a slice of CPython's own tests.
. "$(dirname "$0")/common.sh"

debs python python3.11 libpython3.11-testsuite openssl netbase
root=$dir
native_environment="PYTHONHOME=$root/usr"
environment='LC_ALL=C.UTF-8 PYTHONHASHSEED=0 PYTHONDONTWRITEBYTECODE=1'
python=/usr/bin/python3.11
sample_files

program python3 "$version" "Debian's dynamic binary, --root" \
	"json, csv, re, zlib, hashlib, decimal, pickle, files; sqlite3, ssl, threading; an asyncio HTTP server and its clients, inside and from the host"
cat >"$scratch/files/report.py" <<'END'
import collections, csv, decimal, hashlib, json, os, pickle, re, shutil, statistics, struct, sys, zlib
rows = list(csv.reader(open("table.csv")))
sums = collections.Counter()
for _, name, n in rows:
    sums[name] += int(n)
with open("report.json", "w") as out:
    json.dump({"sums": dict(sums.most_common(5)), "mean": statistics.mean(sums.values())}, out, indent=1)
print(json.load(open("report.json")))
text = open("numbers", "rb").read()
print(hashlib.sha256(text).hexdigest(), zlib.crc32(text), zlib.decompress(zlib.compress(text, 9)) == text)
print(pickle.loads(pickle.dumps(sums)) == sums, struct.pack(">IHd", 1, 2, 3.5).hex())
decimal.getcontext().prec = 60
print(decimal.Decimal(2).sqrt(), 2 ** 521 - 1)
print(re.findall(r"(?P<tens>\d)9\b", " ".join(str(i) for i in range(100)))[:3], "äöü".encode())
os.makedirs("deep/er"); shutil.copytree("sub", "deep/er/sub", symlinks=True)
print(sorted(os.path.join(d, f) for d, _, files in os.walk("deep") for f in files))
print(os.readlink("deep/er/sub/link"), os.stat("numbers").st_size, sys.version_info[:2])
shutil.rmtree("deep/er/sub")
os.utime("report.json", (0, 0)); os.utime("deep/er", (0, 0))
END
same programs/python/report /dev/null $python report.py

cat >"$scratch/files/database.py" <<'END'
import sqlite3
db = sqlite3.connect("shop.db")
db.executescript("PRAGMA journal_mode=DELETE; CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT, price REAL);")
with db:
    db.executemany("INSERT INTO item(name, price) VALUES(?, ?)", ((f"item {i}", i * 1.25) for i in range(5000)))
db.create_function("half", 1, lambda x: x / 2)
print(db.execute("SELECT count(*), sum(half(price)) FROM item WHERE name LIKE '%7'").fetchone())
try:
    with db:
        db.execute("DELETE FROM item")
        raise RuntimeError
except RuntimeError:
    print(db.execute("SELECT count(*) FROM item").fetchone())
copy = sqlite3.connect(":memory:")
db.backup(copy)
print(copy.execute("PRAGMA integrity_check").fetchone(), sum(1 for _ in copy.iterdump()))
END
same programs/python/sqlite3 /dev/null $python database.py

(cd "$scratch/files" && OPENSSL_CONF=/dev/null native /usr/bin/openssl req -x509 -newkey ec -pkeyopt \
	ec_paramgen_curve:P-256 -nodes -subj /CN=guest -addext subjectAltName=DNS:guest.example -days 3 \
	-keyout key.pem -out cert.pem) 2>"$scratch/err"
cat >"$scratch/files/tls.py" <<'END'
import ssl
server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
server.load_cert_chain("cert.pem", "key.pem")
client = ssl.create_default_context(cafile="cert.pem")
def talk(name):
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    a = client.wrap_bio(to_client, to_server, server_hostname=name)
    b = server.wrap_bio(to_server, to_client, server_side=True)
    done = set()
    while len(done) < 2:
        for end in (a, b):
            try:
                end.do_handshake()
                done.add(end)
            except ssl.SSLWantReadError:
                pass
    a.write(b"hello " * 1000)
    return b.read(6000) == b"hello " * 1000, a.version(), a.cipher()[0]
print(talk("guest.example"))
try:
    talk("other.example")
except ssl.SSLCertVerificationError as e:
    print(e.verify_message)
END
same programs/python/ssl /dev/null $python tls.py


cat >"$scratch/files/threads.py" <<'END'
import concurrent.futures, hashlib, queue, sqlite3, threading, time
total, lock = 0, threading.Lock()
def add():
    global total
    for _ in range(2000):
        with lock:
            total += 1
workers = [threading.Thread(target=add) for _ in range(20)]
[w.start() for w in workers]; [w.join() for w in workers]
print(total)
with concurrent.futures.ThreadPoolExecutor(8) as pool:
    print([d.hex()[:8] for d in pool.map(lambda i: hashlib.sha256(b"x" * i * 10000).digest(), range(8))])
jobs, done = queue.Queue(10), []
def consume():
    while (job := jobs.get()) is not None:
        done.append(job * job)
consumers = [threading.Thread(target=consume) for _ in range(4)]
[c.start() for c in consumers]
[jobs.put(i) for i in range(500)]; [jobs.put(None) for _ in consumers]; [c.join() for c in consumers]
print(sum(done), threading.active_count())
event = threading.Event()
timer = threading.Timer(0.05, event.set); timer.start()
print(event.wait(20), threading.Event().wait(0.02))
barrier = threading.Barrier(5)
passed = []
def meet():
    for _ in range(20):
        barrier.wait(); passed.append(1)
meeting = [threading.Thread(target=meet, daemon=True) for _ in range(5)]
[m.start() for m in meeting]; [m.join() for m in meeting]
print(len(passed))
END
same programs/python/threading /dev/null $python threads.py

cat >"$scratch/files/http.py" <<'END'
import asyncio, hashlib, sys
async def answer(reader, writer):
    try:
        while request := await reader.readline():
            path = request.split()[1].decode()
            length = 0
            while (line := await reader.readline()).strip():
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            body = await reader.readexactly(length)
            if path.startswith("/sleep"):
                await asyncio.sleep(0.05)
            text = f"{path} {hashlib.sha256(body).hexdigest()} {len(body)}\n".encode()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(text) + text)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    writer.close()
async def ask(port, n):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    good = 0
    for i in range(5):
        body = b"%d" % n * 1000
        writer.write(b"POST /sleep/%d HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (i, len(body)) + body)
        head = await reader.readuntil(b"\r\n\r\n")
        text = await reader.readexactly(int(head.split(b"Length: ")[1].split()[0]))
        good += text.split()[1].decode() == hashlib.sha256(body).hexdigest()
    writer.close()
    return good
async def main():
    if len(sys.argv) > 1:
        server = await asyncio.start_server(answer, "127.0.0.1", int(sys.argv[1]))
        await server.serve_forever()
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    print(sum(await asyncio.gather(*(ask(port, n) for n in range(50)))))
    try:
        await asyncio.wait_for(asyncio.sleep(20), 0.05)
    except asyncio.TimeoutError:
        print("timed out")
    print(await asyncio.to_thread(lambda: sum(range(1000))))
    server.close()
asyncio.run(main())
END
same programs/python/asyncio /dev/null $python http.py

if ! command -v curl >/dev/null; then
	skip programs/python/http "no curl to ask it with"
	exit 0
fi
serve 8080 "--dir $scratch/files:/data:ro --cwd /data" $python http.py 8080
head -c 2000000 /dev/urandom >"$scratch/body"
echo "/upload $(sha256sum <"$scratch/body" | cut -d' ' -f1) 2000000" >"$scratch/wanted"
for _ in 1 2 3 4 5 6 7 8; do
	limited 60 curl -sS --data-binary "@$scratch/body" "http://127.0.0.1:$port/upload" 2>&1 |
		cmp - "$scratch/wanted" >>"$scratch/differ" 2>&1 &
	askers="${askers:-} $!"
done
# shellcheck disable=SC2086 # a list of words
wait $askers
if [ -s "$scratch/differ" ]; then
	bad programs/python/http "not the answers that were to come" "$scratch/differ" "$scratch/server.err"
else
	ok programs/python/http
fi
stop
