#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The client of apps/examples/sums_*.c: plays one part against a server, prints
what it got and then what the server's books say. It waits as long as it takes.

    topologies.py PART PROGRAM

    talk     whole lines, parts of lines, several at once, too long ones, half-closed
             ones, many clients at once; and one is held when the server is told to end
    late     a line that never ends
    loris    hundreds that send a byte now and then, and one that asks among them
    unread   one that asks and asks, and reads nothing
    scarce   more connections than the server has descriptors for
    memory   connections when there is no memory for them
    churn    thousands of connections, one after the other
"""
import os
import re
import resource
import signal
import socket
import struct
import subprocess
import sys

LIMIT = 240  # seconds; nothing is awaited for ever


class Server:
    def __init__(self, program, patience_ms=10 ** 8, files=None,
                 address="tcp:127.0.0.1:0"):
        def limits():
            if files:
                resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
        self.process = subprocess.Popen(
            [program, address, str(patience_ms)], text=True,
            stdout=subprocess.PIPE, preexec_fn=limits)
        said = self.process.stdout.readline().rsplit(":", 1)[-1].strip()
        self.at = "\0" + said[1:] if said[0] == "@" else ("127.0.0.1", int(said))

    def client(self):
        if isinstance(self.at, str):
            client = socket.socket(socket.AF_UNIX)
            client.settimeout(LIMIT)
            client.connect(self.at)
            return client
        client = socket.create_connection(self.at, LIMIT)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return client

    def end(self):
        """Tells it to end; answers its books."""
        self.process.send_signal(signal.SIGTERM)
        books, _ = self.process.communicate(timeout=LIMIT)
        return books + f"exit code {self.process.returncode}\n"


def send(client, text):
    """False: the server has gone."""
    try:
        client.sendall(text.encode())
        return True
    except (BrokenPipeError, ConnectionResetError):
        return False


def lines(client, count):
    """Reads so many lines; fewer, and the word end, where the server closes."""
    got = b""
    while got.count(b"\n") < count:
        try:
            more = client.recv(1 if count == 1 else 4096)
        except ConnectionResetError:
            more = b""
        if not more:
            return got.decode() + "end\n"
        got += more
    return got.decode()


def reset(client):
    """Closes without a trace: no port stays in TIME_WAIT."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                      struct.pack("ii", 1, 0))
    client.close()


def one_by_one(server):
    client = server.client()
    for text, count in (("1 2 3\n", 1), ("-7\n", 1), ("\n", 1), ("  4  5 \r\n", 1),
                        ("1 two 3\n", 1), ("1\n2\n3 4\n", 3), ("9\n" * 20, 20),
                        (" ".join("1" * 31) + "\n", 1),
                        ("9999999999999999\n", 1)):
        send(client, text)
        print(repr(text[:8]), repr(lines(client, count)))
    send(client, "1 ")
    send(client, "2")
    send(client, "\n")
    print("in pieces", repr(lines(client, 1)))
    client.close()


def ends(server):
    for what, text, count in (
            ("as long as may be", "1" + " " * 62 + "\n", 1),
            ("too long", "1" + " " * 63, 2),
            ("much too long", "1" * 100000, 2),
            ("a line and what is too long", "6\n" + "1" * 64, 2)):
        client = server.client()
        send(client, text)
        print(what, repr(lines(client, count)))
        client.close()
    for what, text in (("nothing", ""), ("half a line", "1 2"), ("a line", "5 5\n"),
                       ("a line and a half", "5 5\n1")):
        client = server.client()
        send(client, text)
        client.shutdown(socket.SHUT_WR)
        print(what, "and its end", repr(lines(client, 2)))
        client.close()


def many(server):
    clients = [server.client() for _ in range(100)]
    for turn in range(3):
        for i, client in enumerate(clients):
            send(client, f"{i} {turn}\n")
        good = sum(lines(client, 1) == f"{i + turn}\n"
                   for i, client in enumerate(clients))
        print("turn", turn, "right answers", good)
    for client in clients:
        client.close()


def talk(program):
    server = Server(program)
    one_by_one(server)
    ends(server)
    many(server)
    client = server.client()
    send(client, "1 1\n2 ")
    print("a line and a half", repr(lines(client, 1)))
    print(server.end(), end="")
    print("then", repr(lines(client, 1)))


def late(program):
    server = Server(program, patience_ms=50)
    client = server.client()
    send(client, "1 2")
    print("half a line", repr(lines(client, 1)))
    print(server.end(), end="")


def ask_until_answered(server):
    while True:
        client = server.client()
        if send(client, "20 3\n") and lines(client, 1) == "23\n":
            client.close()
            return
        client.close()


def loris(program):
    """More of them than a reactor has stacks. Each ends late, or too long, as fast as
    this machine is."""
    server = Server(program, patience_ms=300)
    slow = [server.client() for _ in range(300)]
    while slow:
        slow = [client for client in slow if send(client, "1")]
        ask_until_answered(server)
    print("who asks among them is answered")
    books = server.end()
    dropped = sum(map(int, re.findall(r"(?:late|too long) (\d+)", books)))
    print("they are cut off", dropped >= 300, books.splitlines()[-1])


def unread(program):
    """On a unix socket, which holds less than a connection of TCP."""
    server = Server(program, patience_ms=500, address=f"unix:@sums-{os.getpid()}")
    client = server.client()
    while send(client, ("x" * 30 + "\n") * 1000):
        pass  # until the server has had enough
    ask_until_answered(server)
    client.close()
    books = server.end()
    print("is cut off", re.search(r"(unread|late) [1-9]", books) is not None,
          books.splitlines()[-1])


def scarce(program):
    server = Server(program, files=40)
    clients = [server.client() for _ in range(100)]
    answered = 0
    for client in clients:
        send(client, "1\n")
        answered += lines(client, 1) == "1\n"
    print("some are served", 0 < answered < 100)
    for client in clients:
        client.close()
    ask_until_answered(server)
    books = server.end()
    refused = int(re.search(r"refused (\d+)", books).group(1))
    print("the others are refused", refused >= 100 - answered,
          books.splitlines()[-1])


def memory_of(process):
    with open(f"/proc/{process.pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[0]) * resource.getpagesize()


def memory(program):
    """Connections until there is no memory for another, then fewer."""
    server = Server(program)
    ask_until_answered(server)
    limit = memory_of(server.process)
    resource.prlimit(server.process.pid, resource.RLIMIT_AS, (limit, limit))
    clients, answered = [], 1
    while answered and len(clients) < 15000:
        clients.append(server.client())
        send(clients[-1], "1\n")
        answered = lines(clients[-1], 1) == "1\n"
    print("some are served, one is refused", len(clients) > 1 and not answered)
    print("the others go on", all(send(client, "1\n") and lines(client, 1) == "1\n"
                                  for client in clients[:-1]))
    for client in clients:
        reset(client)
    ask_until_answered(server)
    print(server.end().splitlines()[-1])


def churn(program):
    server = Server(program)
    right = 0
    for i in range(20000):
        client = server.client()
        if send(client, f"{i} 1\n"):
            right += lines(client, 1) == f"{i + 1}\n"
        reset(client)
    print("right answers", right)
    print(server.end(), end="")


files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
globals()[sys.argv[1]](os.path.abspath(sys.argv[2]))
