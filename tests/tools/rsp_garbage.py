#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A debugger that misbehaves: rsp_garbage.py SOCKET [vanish].

Speaks nonsense to the stub of mvm run --gdb, goes away in the middle of a packet, comes again, and in
between checks that a proper packet is answered as ever; in the end it kills the program, which
must be one that runs for ever.  vanish: only goes away in the middle of a packet.
"""
import random
import socket
import sys
import time

LARGEST = 0x4000


def connect():
    for _ in range(200):
        s = socket.socket(socket.AF_UNIX)
        try:
            s.connect(sys.argv[1])
            s.settimeout(30)
            return s
        except OSError:
            s.close()
            time.sleep(0.05)
    sys.exit("cannot connect")


def framed(data):
    return b"$" + data + b"#%02x" % (sum(data) & 0xFF)


def answer(s):
    """The next packet's data; acknowledgements are passed over."""
    buf = b""
    while True:
        c = s.recv(1)
        if not c:
            sys.exit("the stub closed the connection")
        if c == b"$":
            buf = b""
        elif c == b"#":
            s.recv(2)
            return buf
        else:
            buf += c


def ask(s, data):
    s.sendall(framed(data))
    return answer(s)


def alive(s, what):
    """Asked twice: garbage before may have drawn answers of its own."""
    mark = b"vMustReplyEmpty" + b"%d" % random.randrange(10**9)
    s.sendall(b"#00" + framed(mark) + framed(b"qC"))
    for _ in range(10000):
        if answer(s).startswith(b"QC"):
            return
    sys.exit("no answer after " + what)


def random_packet(rng):
    # No packet that resumes or kills: what else there is, with arguments of all sorts.
    head = rng.choice([b"g", b"G", b"p", b"P", b"m", b"M", b"X", b"Z0,", b"z0,", b"Z1,", b"Z2,", b"Z9",
                       b"H", b"T", b"q", b"qXfer:", b"qXfer:features:read:target.xml:",
                       b"qXfer:auxv:read::", b"qXfer:exec-file:read:", b"qThreadExtraInfo,", b"Q",
                       b"QPassSignals:", b"qSupported:", b"vX", b"vCont", b"?", b"!", b"R", b"A", b"F"])
    kind = rng.randrange(4)
    if kind == 0:
        rest = bytes(rng.randrange(256) for _ in range(rng.randrange(40)))
    elif kind == 1:
        rest = b",".join(b"%x" % rng.choice([0, 1, 16, 2**32, 2**47, 2**63, 2**64 - 1, 2**70,
                                             0x6F0000000000, 0x600000000000]) for _ in range(3))
    elif kind == 2:
        rest = rng.choice([b"-1", b"", b":", b";", b"p1.1", b"0" * 1000, b"ffffffffffffffffffff"])
    else:
        rest = b"0,ffff" + rng.choice([b"", b":", b"0"]) + b"9" * rng.randrange(100)
    data = head + rest
    # Escaped, so that it is one packet.
    for c in (b"}", b"#", b"$"):
        data = data.replace(c, b"}" + bytes([c[0] ^ 0x20]))
    return data


def main():
    rng = random.Random(20240229)
    s = connect()
    alive(s, "the start")
    for n in range(300):
        s.sendall(framed(random_packet(rng)))
    alive(s, "300 packets of nonsense")
    s.sendall(bytes(rng.randrange(256) for _ in range(3000)).replace(b"$", b"").replace(b"\x03", b""))
    alive(s, "random bytes")
    s.sendall(b"$" + b"m" * (4 * LARGEST) + b"#00")
    alive(s, "a packet that is too long")
    s.sendall(b"$qC#00")
    alive(s, "a wrong checksum")
    if ask(s, b"m0,10") != b"E0e":
        sys.exit("page 0 can be read")
    if not ask(s, b"mfffffffffffffff0,20").startswith(b"E"):
        sys.exit("the end of the address space can be read")
    # Gone in the middle of a packet: the program goes on, and another one may attach.
    s.sendall(b"$qSupp")
    s.close()
    s = connect()
    alive(s, "the debugger before had gone")
    s.sendall(framed(b"k"))


def vanish():
    s = connect()
    s.sendall(b"$qSupp")
    s.close()


vanish() if sys.argv[2:] == ["vanish"] else main()
