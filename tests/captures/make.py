#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Writes the small captures that tests need and that nobody has to keep:
odd sizes, byte orders, link types, cut and broken files.

Usage: make.py FOLDER
"""
import os
import random
import struct
import sys

ETHERNET, RAW = 1, 101
NANO, MICRO = 0xA1B23C4D, 0xA1B2C3D4
START_NS = 1700000000 * 10**9 + 123456789


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ipv4(protocol, payload, source, target):
    def head(check):
        return struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 1,
                           0x4000, 64, protocol, check, source, target)
    return head(checksum(head(0))) + payload


def ipv6(protocol, payload, source, target):
    prefix = bytes.fromhex("20010db8") + bytes(8)
    return (struct.pack("!IHBB", 6 << 28, len(payload), protocol, 64)
            + prefix + source + prefix + target + payload)


def packet(number, size=0):
    """The number-th packet of a talk between 16 pairs of hosts, IP up."""
    pair = number % 16
    source, target = (bytes([198, 51, 100, 1 + pair]),
                      bytes([203, 0, 113, 1 + pair]))
    if number % 2:
        source, target = target, source
    kind = number % 5
    filling = bytes((number + i) & 0xFF for i in range(max(size, number % 60)))
    ports = (1024 + pair, (53, 80, 443, 22, 8080)[pair % 5])
    if number % 2:
        ports = ports[::-1]
    wrap = ipv6 if kind == 3 else ipv4
    if kind == 4:
        return ipv4(1, struct.pack("!BBHHH", 8, 0, 0, 7, number & 0xFFFF)
                    + filling, source, target)
    if kind in (1, 3):
        return wrap(17, struct.pack("!HHHH", *ports, 8 + len(filling), 0)
                    + filling, source, target)
    return wrap(6, struct.pack("!HHIIBBHHH", *ports, number, 0, 0x50,
                               (0x02, 0x10, 0x18)[pair % 3], 1024, 0, 0)
                + filling, source, target)


def frame(number, size=0):
    data = packet(number, size)
    kind = 0x86DD if data[0] >> 4 == 6 else 0x0800
    pair = number % 16
    tag = struct.pack("!HH", 0x8100, 20) if pair == 5 else b""
    return (bytes([2, 0, 0, 0, 0, 1 + number % 2])
            + bytes([2, 0, 0, 0, 0, 2 - number % 2])
            + tag + struct.pack("!H", kind) + data)


def sized(size):
    """A frame of exactly size bytes, as whole as the size allows."""
    data = frame(1, max(0, size - 42))
    return (data + bytes(size))[:size]


def pcap(records, magic=NANO, order="<", link=ETHERNET, snap=262144):
    """records: (nanoseconds after the start, bytes, original size)"""
    unit = 1 if magic == NANO else 1000
    parts = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, snap, link)]
    for after, data, original in records:
        seconds, rest = divmod(START_NS + after, 10**9)
        parts.append(struct.pack(order + "IIII", seconds, rest // unit,
                                 len(data), original))
        parts.append(data)
    return b"".join(parts)


def block(kind, body):
    body += bytes(-len(body) % 4)
    size = len(body) + 12
    return struct.pack("<II", kind, size) + body + struct.pack("<I", size)


def option(code, value):
    return struct.pack("<HH", code, len(value)) + value + bytes(-len(value) % 4)


def pcapng(interfaces, records):
    """interfaces: (name, link, decimal digits of a second)
    records: (interface, nanoseconds after the start, bytes)"""
    parts = [block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))]
    for name, link, digits in interfaces:
        parts.append(block(1, struct.pack("<HHI", link, 0, 262144)
                           + option(2, name.encode())
                           + option(9, bytes([digits])) + option(0, b"")))
    for interface, after, data in records:
        time = (START_NS + after) // 10**(9 - interfaces[interface][2])
        parts.append(block(6, struct.pack(
            "<IIIII", interface, time >> 32, time & 0xFFFFFFFF, len(data),
            len(data)) + data))
    return b"".join(parts)


def main():
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)

    def write(name, data):
        path = os.path.join(folder, name)
        new = f"{path}.{os.getpid()}"  # others may be writing it, too
        with open(new, "wb") as file:
            file.write(data)
        os.rename(new, path)

    def whole(data, number=0, step=1003):
        return (number * step, data, len(data))

    some = [whole(frame(i), i) for i in range(400)]
    write("nano.pcap", pcap(some))
    write("micro.pcap", pcap(some, MICRO))
    write("big-endian.pcap", pcap(some, MICRO, ">"))
    write("big-endian-nano.pcap", pcap(some, NANO, ">"))
    write("snap.pcap", pcap([(after, data[:64], original)
                             for after, data, original in some], snap=64))
    write("raw.pcap", pcap([whole(packet(i), i) for i in range(200)],
                           link=RAW))
    write("header.pcap", pcap([]))
    write("empty.pcap", b"")
    write("text.pcap", b"This is not a capture, whatever its name says.\n")
    write("truncated.pcap", pcap(some[:10])[:-5])
    write("truncated-head.pcap", pcap(some[:10]) + bytes(7))
    sizes = (1, 14, 60, 1514, 9000, 65535)
    write("sizes.pcap", pcap([whole(sized(size), i)
                              for i, size in enumerate(sizes)]))
    write("many.pcap", pcap([whole(frame(i), i) for i in range(100000)]))
    write("slow.pcap", pcap([whole(frame(i), i, 10**7) for i in range(300)]))
    r = random.Random(1)
    write("two.pcapng", pcapng(
        [("left", ETHERNET, 9), ("right", ETHERNET, 6)],
        [(r.randrange(2), i * 1003, frame(i)) for i in range(200)]))
    write("links.pcapng", pcapng(
        [("wire", ETHERNET, 9), ("tunnel", RAW, 9)],
        [(i % 2, i * 1003, packet(i) if i % 2 else frame(i))
         for i in range(200)]))


main()
