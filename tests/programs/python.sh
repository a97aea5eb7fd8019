#!/bin/sh
# SPDX-License-Identifier: MIT
# Python as Debian has it, dynamically linked, with its library and a slice of CPython's own tests.
. "$(dirname "$0")/common.sh"

debs python python3.11 libpython3.11-testsuite openssl
root=$dir
native_environment="PYTHONHOME=$root/usr"
environment='LC_ALL=C.UTF-8 PYTHONHASHSEED=0 PYTHONDONTWRITEBYTECODE=1'
python=/usr/bin/python3.11
sample_files

program python3 "$version" "Debian's dynamic binary, --root" \
	"json, csv, re, zlib, hashlib, decimal, pickle, files; a database by sqlite3; TLS between two ends by ssl"
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

