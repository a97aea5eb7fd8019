#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Asks a memcached and checks its answers: memcached.py PORT UDPPORT values|counters|times."""
import os
import socket
import struct
import sys
import threading
import time

PORT, UDP_PORT = int(sys.argv[1]), int(sys.argv[2])


class Client:
    def __init__(self):
        self.stream = socket.create_connection(("127.0.0.1", PORT), 30).makefile("rwb")

    def ask(self, line, body=None):
        self.stream.write(line + b"\r\n" + (body + b"\r\n" if body is not None else b""))
        self.stream.flush()
        return self.stream.readline().rstrip()

    def set(self, key, value, seconds=0):
        answer = self.ask(b"set %s 0 %d %d" % (key, seconds, len(value)), value)
        assert answer == b"STORED", answer

    def get(self, key, command=b"get"):
        head = self.ask(b"%s %s" % (command, key))
        if head == b"END":
            return None
        value = self.stream.read(int(head.split()[3]) + 2)[:-2]
        assert self.stream.readline() == b"END\r\n"
        return (value, head.split()[-1]) if command == b"gets" else value


def values():
    c = Client()
    big = os.urandom(1000000)
    c.set(b"big", big)
    assert c.get(b"big") == big
    for i in range(2000):
        c.set(b"key%d" % i, b"%d" % (i * i))
    assert sum(int(c.get(b"key%d" % i)) for i in range(2000)) == 2664667000
    _, unique = c.get(b"key1", b"gets")
    assert c.ask(b"cas key1 0 0 1 " + unique, b"x") == b"STORED"
    assert c.ask(b"cas key1 0 0 1 " + unique, b"y") == b"EXISTS"
    assert c.ask(b"delete key1") == b"DELETED" and c.get(b"key1") is None
    assert c.ask(b"set huge 0 0 3000000", bytes(3000000)).startswith(b"SERVER_ERROR")
    # More than it may keep: the oldest make room.
    c = Client()
    for i in range(120):
        c.set(b"fill%d" % i, big)
    assert c.get(b"fill119") == big and c.get(b"fill0") is None
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.settimeout(30)
    udp.sendto(struct.pack(">4H", 7, 0, 1, 0) + b"version\r\n", ("127.0.0.1", UDP_PORT))
    answer = udp.recv(1500)
    assert answer[:2] == b"\0\7" and answer[8:].startswith(b"VERSION "), answer


def counters():
    c = Client()
    c.set(b"count", b"0")

    def add():
        mine = Client()
        for _ in range(100):
            mine.ask(b"incr count 3")

    threads = [threading.Thread(target=add) for _ in range(20)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert c.get(b"count") == b"6000", c.get(b"count")


def times():
    c = Client()
    c.set(b"short", b"x", 1)
    c.set(b"long", b"x", 1000)
    until = time.time() + 30
    while c.get(b"short") is not None and time.time() < until:
        time.sleep(0.2)
    assert c.get(b"short") is None and c.get(b"long") == b"x"


{"values": values, "counters": counters, "times": times}[sys.argv[3]]()
