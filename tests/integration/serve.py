# SPDX-License-Identifier: MIT
# The client of serve.sh: starts mvm serve and looks at what it does.  Prints the result lines.
import contextlib
import fcntl
import json
import os
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

scratch = sys.argv[1]
mvm = os.environ["MVM"]
PATIENCE = 10 * int(os.environ["PATIENCE"])
UNIX = scratch + "/s"


class Failed(Exception):
    pass


def expect(condition, what):
    if not condition:
        raise Failed(what)


def until(condition, what, seconds=PATIENCE):
    """Waits for something that comes, and not for a time that it takes."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise Failed("never came: " + what)
        time.sleep(0.01)


class Server:
    """mvm serve with a UNIX socket, metrics and a log; ready when it is made."""

    def __init__(self, *options, program="lines.elf", args=(), listen=True, **popen):
        self.log = scratch + "/log"
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.log)
        ready, theirs = os.pipe()
        os.set_inheritable(theirs, True)
        words = [mvm, "serve", "--access-log", self.log, "--metrics", "unix:" + scratch + "/m",
                 "--ready-fd", str(theirs)]
        if listen:
            words += ["--listen", "unix:" + UNIX]
        self.stderr = open(scratch + "/stderr", "w+")
        self.process = subprocess.Popen(words + list(options) + [scratch + "/" + program] + list(args),
                                        close_fds=False, stderr=self.stderr, **popen)
        os.close(theirs)
        expect(os.read(ready, 1) == b"\n", "not ready: " + self.said())
        os.close(ready)

    def said(self):
        self.stderr.seek(0)
        return self.stderr.read()

    def metrics(self):
        s = connect(scratch + "/m")
        s.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        head, body = everything(s).decode().split("\r\n\r\n", 1)
        expect("200 OK" in head and "version=0.0.4" in head, "head: " + head)
        values = {}
        for line in body.splitlines():
            if line.startswith("#"):
                expect(re.fullmatch(r"# (HELP|TYPE) mvm_serve_[a-z_]+ .+", line), line)
                continue
            m = re.fullmatch(r'(mvm_serve_[a-z_]+(?:\{[a-z_]+="[^"]*"\})?) ([0-9.]+)', line)
            expect(m, "no line of Prometheus: " + line)
            values[m[1][len("mvm_serve_"):]] = float(m[2])
        return values

    def workers(self):
        found = subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True,
                               text=True)
        return [int(pid) for pid in found.stdout.split()]

    def lines(self):
        with open(self.log) as f:
            return [json.loads(line) for line in f]

    def requests(self, n):
        until(lambda: os.path.exists(self.log) and len(self.lines()) >= n, "%d lines of log" % n)
        return self.lines()

    def end(self, status=0, sig=signal.SIGTERM):
        self.process.send_signal(sig)
        try:
            got = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise Failed("does not end")
        expect(got == status, "exit status %d: %s" % (got, self.said()))
        return self.said()


def connect(path=UNIX):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(PATIENCE)
    s.connect(path)
    return s


def everything(s):
    data = b""
    with contextlib.suppress(ConnectionResetError):
        while True:
            piece = s.recv(65536)
            if not piece:
                break
            data += piece
    s.close()
    return data


def ask(text, path=UNIX):
    s = connect(path)
    s.sendall(text.encode() + b"\n")
    s.shutdown(socket.SHUT_WR)
    return everything(s).decode("latin-1")


def endings():
    """How requests end: each costs itself alone, and the log says how."""
    s = Server("--request-timeout", "1s", "--pool", "2", "--mem", "32M")
    wanted = [("hello", "exit"), ("crash", "signal"), ("spin", "time"), ("fail", "exit"),
              ("port", "vm"), ("eat", "memory"), ("nonsense", "time"), ("again", "exit")]
    for n, (word, by) in enumerate(wanted, 1):
        answer = ask(word)
        line = s.requests(n)[-1]
        expect(by in (None, line["ended_by"]), "%s ended by %s" % (word, line))
        expect(answer == (word + " 1\n" if word in ("hello", "again") else ""), answer)
        if by:
            expect(line["bytes_in"] == len(word) + 1 and line["bytes_out"] == len(answer), line)
    lines = s.lines()
    expect(lines[1]["signal"] == "SIGSEGV" and lines[3]["status"] == 3, lines)
    m = s.metrics()
    expect(m['requests_total{ended_by="exit"}'] == 3 and m['requests_total{ended_by="time"}'] == 2, m)
    expect(m["run_seconds_count"] == len(wanted) and m['run_seconds_bucket{le="+Inf"}'] == len(wanted), m)
    expect(m["worker_violations_total"] == 0 and m["bad_records_total"] == 0, m)
    s.end()


def hostile():
    """Noise in the ring of one request, which may end it anyhow, costs neither a worker nor the next request."""
    s = Server("--request-timeout", "500ms", "--pool", "2", "--concurrency", "2", "--mem", "32M", "--tmpfs", "/y")
    for seed in range(25):
        ask("noise %d" % seed)
        expect(ask("hello") == "hello 1\n", "after noise %d" % seed)
    m = s.metrics()
    expect(m["worker_violations_total"] == 0 and m["worker_deaths_total"] == 0 and m["bad_records_total"] == 0, m)
    s.end()


def nothing_is_left():
    """No request sees what another did: not in memory, not in files."""
    s = Server("--pool", "1", "--concurrency", "1")
    for n in range(4):
        expect(ask("one\nfile") == "one 1\nfile is new\n", "request %d saw another" % n)
    s.end()


def secrets():
    """A number that one request left everywhere is nowhere in the VM of the next."""
    number = 0xa5c3f01e9b7d2468
    s = Server("--pool", "1", "--concurrency", "1", "--mem", "256M", program="secrets.elf")
    for _ in range(2):
        answer = ask("plant %016x" % number)
        expect(int(answer.split(" planted ")[1]) > 1000000, answer)  # it finds what is there
        answer = ask("search %016x" % (number ^ 0xffffffffffffffff))
        expect(answer == "registers 0 memory 0 added 0 file 0 variable 0\n", answer)
    lines = s.requests(4)
    expect(len({r["worker"] for r in lines}) == 1 and lines[0]["pages"] > 10000, lines)
    s.end()


def rehearsal():
    """What a clone does before its first connection: nobody sees it, and it touches nothing."""
    os.mkdir(scratch + "/rehearsed")
    seen = scratch + "/rehearsed/seen"
    options = ("--pool", "2", "--dir", scratch + "/rehearsed:/data", "--request-timeout", "1s")
    s = Server(*options, program="rehearsed.elf", args=("write",))
    expect(ask("x") == "x\n" and not os.path.exists(seen), "a rehearsal wrote a file")
    c = connect()
    c.shutdown(socket.SHUT_WR)
    expect(everything(c) == b"seen\n" and os.path.exists(seen), "the request did not")
    expect(len(s.requests(2)) == 2 and s.metrics()["run_seconds_count"] == 2, "it was counted")
    expect(s.end().count("seen") == 1, "a rehearsal wrote to standard error")
    s = Server(*options, program="rehearsed.elf", args=("spin",))
    expect(ask("x") == "x\n", "no answer after a rehearsal without an end")
    s.end()
    s = Server(*options, "--verbose", program="rehearsed.elf", args=("port",))
    expect(ask("x") == "x\n", "no answer after a rehearsal that failed")
    # In an emulated machine its time is over before it has done anything.
    said = s.end()
    expect("did not bear a rehearsal" in said or PATIENCE > 10, said)


def listing():
    """A directory that is half listed when the program is ready: each request goes on from there."""
    os.mkdir(scratch + "/listed")
    for n in range(2000):
        open(scratch + "/listed/a-name-of-some-length-%d" % n, "w").close()
    s = Server("--pool", "2", "--dir", scratch + "/listed:/data:ro", program="lister.elf")
    answers = []
    threads = [threading.Thread(target=lambda: [answers.append(ask("x")) for _ in range(5)])
               for _ in range(2)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    expect(answers == ["2002\n"] * 10, answers)
    s.end()


def locks():
    """A lock of one request keeps others out, in other clones too, and is gone with it."""
    os.mkdir(scratch + "/locked")
    open(scratch + "/locked/lock", "w").close()
    os.chmod(scratch + "/locked/lock", 0o666)
    s = Server("--pool", "2", "--dir", scratch + "/locked:/data", program="locker.elf")
    first = connect()
    first.sendall(b"x\n")
    expect(first.recv(5) == b"mine\n", "the first has no lock")
    expect(ask("x") == "taken\n", "two clones have the lock")
    first.shutdown(socket.SHUT_WR)
    everything(first)
    s.requests(2)
    with open(scratch + "/locked/lock", "w") as f:
        fcntl.lockf(f, fcntl.LOCK_EX | fcntl.LOCK_NB)
    s.end()


def behind():
    """That not all of a request's bytes were taken is not known to the next one in the same VM."""
    s = Server("--pool", "1", "--concurrency", "1", program="behind.elf")
    ask("x")
    c = connect()
    c.sendall(b"fill\n")
    s.requests(2)
    c.close()
    ask("x")
    found = [line["status"] for line in s.requests(3)]
    expect(found == [7, 9, 7], found)
    s.end()


def big():
    """An answer larger than what a socket holds."""
    s = Server()
    expect(len(ask("big")) == 65536 * 16, "not all of it came")
    s.end()


def flood():
    """More connections than clones: they wait, and all are answered."""
    s = Server("--pool", "2", "--concurrency", "3")
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(ask("x"))) for _ in range(40)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    expect(answers == ["x 1\n"] * 40, answers)
    s.requests(40)
    m = s.metrics()
    expect(sum(m['workers{state="%s"}' % w] for w in ("idle", "busy", "starting")) <= 3, m)
    s.end()


def slow():
    """Clients that say nothing, or go away, hold a clone for --request-timeout at most."""
    s = Server("--pool", "1", "--concurrency", "2", "--request-timeout", "500ms")
    silent = [connect() for _ in range(2)]
    gone = connect()
    gone.sendall(b"half a li")
    gone.close()
    expect(ask("x") == "x 1\n", "they were in the way")
    expect(sorted(r["ended_by"] for r in s.requests(4))[-2:] == ["time", "time"], s.lines())
    for c in silent:
        c.close()
    s.end()


def vanished():
    """Connections that are reset: before they are accepted, before a line, within an answer."""
    port = free_port()
    s = Server("--listen", "tcp:127.0.0.1:%d" % port, "--pool", "2", "--concurrency", "4",
               "--request-timeout", "2s")
    for text in (b"", b"half a line", b"big\n") * 5:
        c = socket.create_connection(("127.0.0.1", port))
        c.sendall(text)
        c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        c.close()
    expect(ask("x") == "x 1\n", "they were in the way")
    m = s.metrics()
    expect(m["worker_deaths_total"] == 0 and m["worker_violations_total"] == 0, m)
    s.end()


def orphans():
    """Workers whose supervisor is gone end: idle ones at once, the others after their request."""
    s = Server("--pool", "3")
    c = connect()
    c.sendall(b"a\n")
    c.recv(100)
    workers = s.workers()
    expect(len(workers) >= 3, workers)
    s.process.kill()
    s.process.wait()

    def left():
        return [pid for pid in workers if os.path.exists("/proc/%d/fd/0" % pid) or
                os.path.exists("/proc/%d" % pid) and open("/proc/%d/stat" % pid).read().split()[2] != "Z"]

    until(lambda: len(left()) == 1, "the end of the idle ones")
    c.sendall(b"b\n")
    expect(c.recv(100) == b"b 2\n", "the request was ended")
    c.close()
    until(lambda: not left(), "the end of the last")


def trimmed():
    """A clone that was busy gives memory back when nobody needs it any more."""
    s = Server("--pool", "1", "--concurrency", "1", "--mem", "64M")
    ask("touch")

    def private():
        time.sleep(0.1)         # what they were asked for at the last one is told at this
        return s.metrics()["private_memory_bytes"]

    until(lambda: private() > 8 << 20, "memory that is kept")
    until(lambda: private() < 1 << 20, "memory given back", 20 + PATIENCE)
    expect(ask("x") == "x 1\n", "it serves no more")
    s.end()


def drain():
    """SIGTERM: the request goes on, the clones that are idle do not."""
    s = Server("--pool", "3")
    c = connect()
    c.sendall(b"a\n")
    expect(c.recv(100) == b"a 1\n", "no answer")
    s.process.send_signal(signal.SIGTERM)
    until(lambda: s.metrics()['workers{state="idle"}'] + s.metrics()['workers{state="leaving"}'] == 0,
          "no idle clone")
    c.sendall(b"b\n")
    expect(c.recv(100) == b"b 2\n", "the request was not let end")
    c.close()
    expect(s.process.wait(PATIENCE) == 0, "status")


def drain_busy():
    """SIGTERM among requests: each that was accepted is answered, and counted."""
    s = Server("--pool", "2", "--concurrency", "3")
    answers = []

    def client():
        with contextlib.suppress(ConnectionError, FileNotFoundError):
            while True:
                answers.append(ask("x"))

    threads = [threading.Thread(target=client) for _ in range(6)]
    for t in threads:
        t.start()
    until(lambda: len(answers) > 20, "answers")
    s.process.send_signal(signal.SIGTERM)
    expect(s.process.wait(PATIENCE) == 0, "status")
    for t in threads:
        t.join()
    whole = [a for a in answers if a]  # of a connection that was not accepted there is none
    expect(set(whole) == {"x 1\n"}, set(whole))
    ends = [line["ended_by"] for line in s.requests(len(whole))]
    expect(ends == ["exit"] * len(whole), "%d answers, %d ends" % (len(whole), len(ends)))


def drain_ends():
    """... but no longer than --drain-timeout, or until the second."""
    for options, again in ((("--drain-timeout", "300ms"), False), ((), True)):
        s = Server(*options)
        c = connect()
        c.sendall(b"a\n")
        c.recv(100)
        s.process.send_signal(signal.SIGTERM)
        if again:
            until(lambda: s.metrics()['workers{state="idle"}'] == 0, "draining")
            s.process.send_signal(signal.SIGTERM)
        expect(s.process.wait(PATIENCE) == 0, "status")
        expect(c.recv(100) == b"", "still connected")


def reload():
    """SIGHUP: a new program, and no connection is lost on the way."""
    os.replace(scratch + "/lines.elf", scratch + "/old.elf")
    os.link(scratch + "/old.elf", scratch + "/r.elf")
    s = Server("--pool", "2", program="r.elf")
    before = connect()
    before.sendall(b"a\n")
    expect(before.recv(100) == b"a 1\n", "before")
    stop, answers = threading.Event(), []

    def load():
        while not stop.is_set():
            answers.append(ask("x"))

    t = threading.Thread(target=load)
    t.start()
    os.link(scratch + "/lines2.elf", scratch + "/n.elf")
    os.replace(scratch + "/n.elf", scratch + "/r.elf")
    s.process.send_signal(signal.SIGHUP)
    until(lambda: answers and answers[-1].startswith("new"), "the new program")
    stop.set()
    t.join()
    expect(set(answers) <= {"x 1\n", "new x 1\n"}, set(answers))
    expect(answers == sorted(answers, reverse=True) or "x 1\n" in answers, "lost")
    before.sendall(b"b\n")
    expect(before.recv(100) == b"b 2\n", "an old request was ended")
    before.close()
    m = s.metrics()
    expect(m["generation"] == 2 and m["reloads_total"] == 1, m)
    os.unlink(scratch + "/r.elf")
    s.process.send_signal(signal.SIGHUP)
    until(lambda: s.metrics()["reloads_failed_total"] == 1, "a reload that fails")
    expect(ask("x") == "new x 1\n", "the old program did not stay")
    s.end()
    os.rename(scratch + "/old.elf", scratch + "/lines.elf")


def killed():
    """A worker's process that dies costs its request."""
    s = Server("--pool", "1")
    c = connect()
    c.sendall(b"a\n")
    c.recv(100)
    for pid in s.workers():
        os.kill(pid, signal.SIGKILL)
    expect(c.recv(100) == b"", "still connected")
    expect(ask("x") == "x 1\n", "no clone is left")
    expect(sorted(r["ended_by"] for r in s.requests(2)) == ["crash", "exit"], s.lines())
    until(lambda: s.metrics()["worker_deaths_total"] >= 1, "a death")
    s.end()


def rotation():
    """SIGUSR1: the log is opened again."""
    s = Server()
    ask("x")
    s.requests(1)
    os.rename(s.log, s.log + ".1")
    s.process.send_signal(signal.SIGUSR1)
    until(lambda: os.path.exists(s.log), "a new log")
    ask("y")
    expect(s.requests(1)[0]["bytes_in"] == 2, s.lines())
    s.end()


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def ask_tcp(port, text):
    s = socket.create_connection(("127.0.0.1", port), PATIENCE)
    s.sendall(text.encode() + b"\n")
    return everything(s).decode()


def server():
    """A program that accepts by itself, blocking or polling: each connection a VM as new."""
    for how in ([], ["poll"]):
        port = free_port()
        s = Server("--listen", "tcp:127.0.0.1:%d" % port, "--contract=server", "--request-timeout", "2s",
                   program="server.elf", args=[str(port)] + how, listen=False, stdout=subprocess.PIPE)
        for n in range(3):
            expect(ask_tcp(port, "x") == "x 1 127.0.0.1\n", "request %d" % n)
        expect([r["ended_by"] for r in s.requests(3)] == ["done"] * 3, s.lines())
        expect(ask_tcp(port, "exit") == "" and s.requests(4)[-1]["status"] == 5, s.lines())
        expect(ask_tcp(port, "crash") == "" and s.requests(5)[-1]["signal"] == "SIGABRT", s.lines())
        expect(ask_tcp(port, "idle") == "" and s.requests(6)[-1]["ended_by"] == "time", s.lines())
        expect(ask_tcp(port, "x") == "x 1 127.0.0.1\n", "after all")
        expect(s.requests(7)[0]["peer"].startswith("127.0.0.1:"), s.lines())
        s.end()
        expect(s.process.stdout.read() == b"listening\n", "what it wrote before came not once")


def several():
    """--requests-per-vm: a server that is not reset after each."""
    port = free_port()
    s = Server("--listen", "tcp:127.0.0.1:%d" % port, "--requests-per-vm", "3", "--pool", "1",
               "--concurrency", "1", program="server.elf", args=[str(port)], listen=False,
               stdout=subprocess.DEVNULL)
    answers = [ask_tcp(port, "x") for _ in range(7)]
    expect([a.split()[1] for a in answers] == ["1", "2", "3", "1", "2", "3", "1"], answers)
    lines = s.requests(7)
    expect(all((r["pages"] > 0) == (n % 3 == 2) for n, r in enumerate(lines[:6])), lines)
    s.end()


def process():
    """--reset=process: another process for each connection."""
    s = Server("--reset=process", "--pool", "2")
    expect([ask("x") for _ in range(5)] == ["x 1\n"] * 5, "answers")
    expect(len({r["worker"] for r in s.requests(5)}) == 5, s.lines())
    expect(s.metrics()["worker_deaths_total"] == 0, s.metrics())
    s.end()


def same_worker():
    """--reset=copy: the same process, its memory copied back; what it keeps is bounded."""
    s = Server("--pool", "1", "--concurrency", "1")
    expect([ask("x") for _ in range(20)] == ["x 1\n"] * 20, "answers")
    lines = s.requests(20)
    expect(len({r["worker"] for r in lines}) == 1 and all(r["pages"] for r in lines), lines)
    expect(max(r["pages"] for r in lines[5:]) <= 2 * min(r["pages"] for r in lines[5:]) + 16, lines)
    s.end()


def snapshot_file():
    """A snapshot from a file; a damaged one is refused."""
    snap = scratch + "/lines.snap"
    expect(subprocess.run([mvm, "snapshot", "-o", snap, scratch + "/lines.elf"]).returncode == 0, "snapshot")
    s = Server(program="lines.snap")
    expect(ask("a\nb") == "a 1\nb 2\n", "answer")
    data = bytearray(open(snap, "rb").read())
    data[len(data) // 2] ^= 1
    with open(snap, "wb") as f:
        f.write(data)
    s.process.send_signal(signal.SIGHUP)
    until(lambda: s.metrics()["reloads_failed_total"] == 1, "a reload that fails")
    expect(ask("c") == "c 1\n", "the old one did not stay")
    s.end()
    p = subprocess.run([mvm, "serve", "--listen", "unix:" + UNIX, snap], capture_output=True, text=True)
    expect(p.returncode == 126 and "damaged" in p.stderr and p.stderr.count("\n") == 1, p.stderr)


def contract():
    """What a program does, and what was insisted on."""
    p = subprocess.run([mvm, "serve", "--listen", "unix:" + UNIX, "--contract=server", scratch + "/lines.elf"],
                       capture_output=True, text=True)
    expect(p.returncode == 126 and "waits for its standard input" in p.stderr, p.stderr)
    p = subprocess.run([mvm, "serve", "--listen", "unix:" + UNIX, "/nowhere.elf"], capture_output=True,
                       text=True)
    expect(p.returncode == 127 and "/nowhere.elf" in p.stderr and p.stderr.count("\n") == 1, p.stderr)


def files():
    """Files of the host that were open at the ready point, and others, are there for each clone."""
    os.makedirs(scratch + "/d", exist_ok=True)
    with open(scratch + "/d/f", "w") as f:
        f.write("of the host\n")
    s = Server("--dir", scratch + "/d:/d:ro", "--pool", "2")
    for _ in range(4):
        expect(ask("cat /d/f") == "of the host\n", "not read")
    s.end()


def questions():
    """The metrics' server: other pages, nonsense, too many clients, slow ones."""
    s = Server()
    c = connect(scratch + "/m")
    c.sendall(b"GET /nothing HTTP/1.0\r\n\r\n")
    expect(b"404" in everything(c), "no 404")
    for page, status in ("/metrics", b"200"), ("/", b"200"), ("/nothing", b"404"):
        c = connect(scratch + "/m")
        c.sendall(b"HEAD %s HTTP/1.1\r\nHost: x\r\n\r\n" % page.encode())
        head, body = everything(c).split(b"\r\n\r\n", 1)
        expect(head.startswith(b"HTTP/1.1 " + status) and body == b"", "HEAD: %s %s" % (head, body))
        length = int(re.search(rb"Content-Length: ([0-9]+)", head)[1])
        expect(length > (1000 if status == b"200" else 10), "HEAD has another length: %s" % head)
    for method in b"HEADER", b"POST", b"GETS":
        c = connect(scratch + "/m")
        c.sendall(method + b" /metrics HTTP/1.1\r\n\r\n")
        expect(b" 404 " in everything(c), method)
    c = connect(scratch + "/m")
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        c.sendall(b"x" * 5000)
    expect(everything(c) == b"", "an answer to nonsense")
    many = [connect(scratch + "/m") for _ in range(20)]
    expect(ask("x") == "x 1\n", "they were in the way")
    until(lambda: len(select.select(many, [], [], 0)[0]) >= 12, "closed")
    for c in many:
        c.close()
    until(lambda: s.metrics()["scrapes_refused_total"] >= 12, "refused")
    s.end()


def passed():
    """Sockets of a service manager, and what it is told."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.settimeout(PATIENCE)
    manager.bind(scratch + "/notify")

    def child():
        os.dup2(listener.fileno(), 3)
        os.set_inheritable(3, True)
        os.environ["LISTEN_PID"] = str(os.getpid())
        os.execv(mvm, [mvm, "serve", "--pool", "1", scratch + "/lines.elf"])

    os.environ.update(LISTEN_FDS="1", NOTIFY_SOCKET=scratch + "/notify")
    pid = os.fork()
    if not pid:
        child()
    del os.environ["LISTEN_FDS"], os.environ["NOTIFY_SOCKET"]
    try:
        expect(b"READY=1" in manager.recv(1000), "READY")
        c = socket.create_connection(listener.getsockname())
        c.sendall(b"x\n")
        expect(c.recv(100) == b"x 1\n", "no answer")
        c.close()
        os.kill(pid, signal.SIGHUP)
        text = manager.recv(1000)
        expect(b"RELOADING=1" in text and b"MONOTONIC_USEC=" in text, text)
        expect(b"READY=1" in manager.recv(1000), "READY again")
        os.kill(pid, signal.SIGTERM)
        expect(b"STOPPING=1" in manager.recv(1000), "STOPPING")
    finally:
        os.kill(pid, signal.SIGTERM)
        expect(os.waitpid(pid, 0)[1] == 0, "status")


def bench():
    """--bench: a table, and an end."""
    p = subprocess.run([mvm, "serve", "--listen", "tcp:127.0.0.1:0", "--bench", "20",
                        scratch + "/lines.elf"], capture_output=True, text=True, timeout=6 * PATIENCE)
    expect(p.returncode == 0, p.stderr)
    rows = re.findall(r"^(start|run|reset|total)((?: +[0-9.]+){5})$", p.stdout, re.M)
    expect([r[0] for r in rows] == ["start", "run", "reset", "total"], p.stdout)
    for _, numbers in rows:
        v = [float(n) for n in numbers.split()]
        expect(v == sorted(v), p.stdout)
    with open("/dev/full", "w") as full:
        p = subprocess.run([mvm, "serve", "--listen", "tcp:127.0.0.1:0", "--bench", "2", scratch + "/lines.elf"],
                           stdout=full, stderr=subprocess.PIPE, text=True, timeout=6 * PATIENCE)
    expect(p.returncode == 125 and "standard output: cannot be written" in p.stderr, p.stderr)


def confinement():
    """What a worker may: to accept, and not to listen or connect."""
    p = subprocess.run([mvm, "serve", "--listen", "tcp:127.0.0.1:0", "--show-confinement",
                        scratch + "/lines.elf"], capture_output=True, text=True)
    expect(p.returncode == 0 and "accept4" in p.stdout and "mvm serve" in p.stdout, p.stdout + p.stderr)
    for call in ("connect(", "bind(", "listen(", "fork", "clone", "execve", "kill"):
        expect(call not in p.stdout, call)


for test in (endings, hostile, nothing_is_left, secrets, rehearsal, listing, locks, behind, big, flood, slow, vanished, orphans, trimmed, drain,
             drain_busy, drain_ends, reload, killed, rotation, server, several, process, same_worker, snapshot_file, contract, files, questions,
             passed, bench, confinement):
    name = "serve/" + test.__name__.replace("_", "-")
    try:
        test()
        print("ok", name, flush=True)
    except (Failed, OSError, subprocess.TimeoutExpired, ValueError) as e:
        print("FAIL", name, "—", str(e).replace("\n", " ")[:300], flush=True)
        subprocess.run(["pkill", "-KILL", "-P", str(os.getpid())], check=False)
