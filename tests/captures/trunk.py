#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Puts a VLAN tag on what leaves a tap for a wire and takes it off on the way
back, for kernels that have no 8021q module.

Usage: trunk.py WIRE TAP VLAN, in the network namespace of both.
"""
import fcntl
import os
import select
import socket
import struct
import sys

TUNSETIFF = 0x400454CA
IFF_TAP_NO_PI = 0x0002 | 0x1000
SOL_PACKET, PACKET_AUXDATA, PACKET_IGNORE_OUTGOING = 263, 8, 23
ETH_P_ALL = 0x0003
VLAN_VALID = 1 << 4


def main():
    wire_name, tap_name, vlan = sys.argv[1], sys.argv[2], int(sys.argv[3])
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                         socket.htons(ETH_P_ALL))
    wire.bind((wire_name, ETH_P_ALL))
    wire.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
    wire.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    tap = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tap, TUNSETIFF,
                struct.pack("16sH22x", tap_name.encode(), IFF_TAP_NO_PI))
    while True:
        for ready in select.select([wire, tap], [], [])[0]:
            if ready is wire:
                frame, notes, _, _ = wire.recvmsg(65536, 64)
                for level, kind, data in notes:
                    if (level, kind) != (SOL_PACKET, PACKET_AUXDATA):
                        continue
                    # struct tpacket_auxdata: status first, the tag at 16
                    status, tag = struct.unpack_from("=I12xH", data)
                    if status & VLAN_VALID and tag & 0xFFF == vlan:
                        os.write(tap, frame)
            else:
                frame = os.read(tap, 65536)
                tagged = (frame[:12] + struct.pack("!HH", 0x8100, vlan)
                          + frame[12:])
                try:
                    wire.send(tagged)
                except OSError:
                    pass  # the wire is down or full: frames may be lost


main()
