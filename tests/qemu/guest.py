# SPDX-License-Identifier: BSD-3-Clause
"""A guest with network cards behind an IOMMU, in QEMU.

Its console takes commands, its monitor plugs links and cards, and each card
is a wire: a unix socket that frames pass through, in both directions.
"""

import json
import os
import re
import select
import socket
import subprocess
import time

MACHINE = ("-machine q35,kernel-irqchip=split -accel tcg,thread=multi "
           "-cpu max -smp 2 -m 1024 -nodefaults -no-user-config "
           "-display none -no-reboot").split()
KERNEL = "console=ttyS0 quiet iommu=pt tsc=reliable panic=-1"


class Guest:
    """One machine. Used as a context, it is gone at the end."""

    def __init__(self, folder, image, initramfs, words="intel_iommu=on",
                 iommu=True, cards=2):
        self.folder = folder
        self.wires = []
        listeners = {name: self.listen(name) for name in
                     ["console", "monitor"] +
                     [f"wire{i}" for i in range(cards)]}
        command = ["qemu-system-x86_64", *MACHINE, "-kernel", image,
                   "-initrd", initramfs, "-append", f"{KERNEL} {words}",
                   "-chardev", f"socket,id=c,path={folder}/console",
                   "-serial", "chardev:c",
                   "-qmp", f"unix:{folder}/monitor"]
        if iommu:
            command += ["-device", "intel-iommu,intremap=on"]
        for i in range(cards):
            command += ["-device", f"pcie-root-port,id=port{i},slot={i + 1}",
                        "-netdev", f"stream,id=net{i},addr.type=unix,"
                        f"addr.path={folder}/wire{i}",
                        "-device", f"e1000e,id=card{i},bus=port{i},"
                        f"netdev=net{i},mac=02:00:00:00:00:0{i + 1}"]
        with open(folder + "/qemu.log", "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log)
        try:
            self.console = self.accept(listeners["console"])
            self.monitor = self.accept(listeners["monitor"])
            self.wires = [Wire(self.accept(listeners[f"wire{i}"]))
                          for i in range(cards)]
            self.answers = self.monitor.makefile("r")
            self.answers.readline()
            self.tell("qmp_capabilities")
            self.seen = ""
            self.finish(60)
        except BaseException:
            self.close()
            raise

    def listen(self, name):
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(f"{self.folder}/{name}")
        listener.listen(1)
        return listener

    def accept(self, listener):
        """QEMU connects when it starts, or has ended and said why."""
        for _ in range(200):
            if select.select([listener], [], [], 0.1)[0]:
                return listener.accept()[0]
            if self.process.poll() is not None:
                break
        with open(self.folder + "/qemu.log", encoding="utf-8") as log:
            raise RuntimeError("QEMU does not start: " + log.read())

    def close(self):
        self.process.kill()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def tell(self, command, **arguments):
        """Gives the monitor a command."""
        request = {"execute": command, "arguments": arguments}
        self.monitor.sendall(json.dumps(request).encode() + b"\n")
        while True:
            answer = json.loads(self.answers.readline())
            if "error" in answer:
                raise RuntimeError(f"{command}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]

    def read(self, pattern, seconds):
        """Reads the console until pattern is there; the match, and what came
        before it."""
        end = time.monotonic() + seconds
        while True:
            found = re.search(pattern, self.seen)
            if found:
                before = self.seen[:found.start()]
                self.seen = self.seen[found.end():]
                return found, before
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.console], [], [], left)[0]:
                raise TimeoutError(f"no {pattern} in {seconds} s; the console "
                                   f"ends with: {self.seen[-2000:]}")
            data = self.console.recv(65536)
            if not data:
                raise RuntimeError("the guest has ended: " + self.seen[-2000:])
            self.seen += data.decode(errors="replace")

    def start(self, command):
        """Begins a command, of one line, on the console."""
        self.console.sendall(command.encode() + b"\n")

    def finish(self, seconds=30):
        """Waits for the command that was begun: its exit code, its output."""
        found, before = self.read(r"<<<(\d+)>>>\r?\n", seconds)
        return int(found.group(1)), before.replace("\r", "")

    def run(self, command, seconds=30):
        self.start(command)
        return self.finish(seconds)


class Wire:
    """The far end of a card: frames, each behind its length of four bytes."""

    def __init__(self, connection):
        self.connection = connection
        self.got = b""

    def send(self, frames):
        for frame in frames:
            self.connection.sendall(len(frame).to_bytes(4, "big") + frame)

    def receive(self, seconds=1.0, count=None):
        """The frames that have come, until none did for so many seconds or
        there are count."""
        frames = []
        while count is None or len(frames) < count:
            if not select.select([self.connection], [], [], seconds)[0]:
                break
            data = self.connection.recv(1 << 20)
            if not data:
                break
            self.got += data
            frames += self.cut()
        return frames

    def cut(self):
        """Takes the whole frames out of what has come."""
        frames = []
        while len(self.got) >= 4:
            size = int.from_bytes(self.got[:4], "big")
            if len(self.got) < 4 + size:
                break
            frames.append(self.got[4:4 + size])
            self.got = self.got[4 + size:]
        return frames
