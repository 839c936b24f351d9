#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""
      host            guest in QEMU: q35, intel-iommu
    +-------+   +--------------------------------------------+
    | frames|===| e1000e 01:00.0 -> the quickstart's pipeline |
    | counts|===| e1000e 02:00.0 <-                           |
    +-------+   +--------------------------------------------+

A NIC on PCI, from Linux's hands to a pipeline's: what weir devices and weir
doctor say, the commands that they print, typed; the quickstart's pipeline with
PCI addresses, frames sent and counted outside; a link that goes, a card that
is pulled out. Prints TAP, and runs by itself too: tests/qemu/nic.py.
"""

import json
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile

import guest
import image

HERE = os.path.dirname(os.path.realpath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BUILD = os.environ.get("WEIR_BUILD", ROOT + "/build")
TALK = ROOT + "/tests/captures/talk.pcap"
IN, OUT = "0000:01:00.0", "0000:02:00.0"
AS_USER = "setpriv --reuid=1000 --regid=1000 --clear-groups "
os.environ["PATH"] += ":/usr/sbin:/sbin"  # a user's lacks depmod's
LIMIT = 120  # seconds for all of it


class Tap:
    number = failures = 0

    @classmethod
    def check(cls, sentence, good, *details):
        cls.number += 1
        cls.failures += not good
        print(f"{'ok' if good else 'not ok'} {cls.number} - {sentence}",
              flush=True)
        for detail in [] if good else details:
            for line in str(detail).splitlines()[-40:]:
                print("# " + line, flush=True)

    @classmethod
    def same(cls, sentence, got, wanted):
        cls.check(sentence, got == wanted, f"got:    {got}",
                  f"wanted: {wanted}")

    @classmethod
    def has(cls, sentence, text, pattern):
        cls.check(sentence, re.search(pattern, text), "wanted: " + pattern,
                  "in:", text)


def frames_of(capture):
    """The frames of a pcap file of this machine's byte order."""
    with open(capture, "rb") as file:
        data = file.read()
    at, frames = 24, []
    while at < len(data):
        size = struct.unpack_from("<I", data, at + 8)[0]
        frames.append(data[at + 16:at + 16 + size])
        at += 16 + size
    return frames


def padded(frames):
    """Sorted, and as long as a wire makes them."""
    return sorted(frame.ljust(60, b"\0") for frame in frames)


def pipeline():
    """The quickstart's pipeline, with NICs for captures."""
    with open(ROOT + "/apps/quickstart.yaml", encoding="utf-8") as file:
        text = file.read()
    for port, address in (("in", IN), ("out", OUT)):
        text, count = re.subn(rf"\b{port}: \{{file: .*\}}",
                              f'{port}: {{pci: "{address}"}}', text)
        assert count == 1, port
    return text[:text.index("tests:")]


def devices(machine):
    code, text = machine.run("weir devices --json")
    assert code == 0, text
    return {one["address"]: one for one in json.loads(text)["pci"]}


def health(machine):
    code, text = machine.run("weir doctor --json")
    Tap.same("weir doctor: exit code", code, 0)
    return {one["what"]: one for one in json.loads(text)}


def type_mending(machine, address):
    """Types what weir devices says mends a device, but not huge pages."""
    device = devices(machine)[address]
    assert device["mend"], device
    return machine.run(device["mend"])


def run(machine, words):
    """Begins a run in the guest's background, and waits until its cores turn:
    what is sent before a card is started is lost in QEMU."""
    machine.run(f"weir run quick.yaml --name quick --json {words} >report "
                "2>errors & echo $! >pid")
    machine.run("for i in $(seq 300); do "
                "weir stats quick lcores.1.turns | grep -q ' [1-9]' && break; "
                "kill -0 $(cat pid) || break; sleep 0.1; done 2>/dev/null", 60)


def report_of(machine):
    """Waits for the run: its exit code, its report, what it said."""
    code, _ = machine.run("wait $(cat pid)", 60)
    errors = machine.run("cat errors")[1]
    report = machine.run("cat report")[1]
    assert report.startswith("{"), f"exit code {code}: {report}{errors}"
    return code, json.loads(report), errors


# ---- what is shown ----

def from_linux_to_vfio(machine):
    machine.run("modprobe e1000e; ip link set eth0 up")
    cards = devices(machine)
    Tap.same("weir devices lists both cards", sorted(cards), [IN, OUT])
    Tap.check("Linux has them: not ready", all(
        not one["ready"] and one["kernel_driver"] == "e1000e" and
        one["interface"].startswith("eth") and
        one["dpdk_driver"] == "net_e1000_em" and
        one["iommu_group"] is not None for one in cards.values()), cards)
    found = health(machine)
    Tap.same("weir doctor sees the IOMMU", found["IOMMU"]["health"], "ok")
    Tap.same("it knows how to load vfio-pci", found["vfio-pci"]["mend"],
             "modprobe vfio-pci")
    code, text = machine.run("weir run quick.yaml --for 1s")
    Tap.same("a run on what Linux has: exit code", code, 2)
    Tap.has("it says what to type", text,
            f"{IN}: Linux has it as eth[01].*type:\\n.*vfio-pci")
    for address in (IN, OUT):
        code, text = type_mending(machine, address)
        Tap.same(f"what is to be typed binds {address}",
                 (code, text, devices(machine)[address]["kernel_driver"]),
                 (0, "", "vfio-pci"))
    Tap.same("weir doctor sees vfio-pci", health(machine)["vfio-pci"]["health"],
             "ok")


def without_pages(machine):
    Tap.has("a card without hugepages is not ready",
            str(devices(machine)[IN]["why"]), "huge pages")
    code, text = machine.run("weir run quick.yaml --for 1s")
    Tap.same("a run without hugepages: exit code", code, 2)
    found = re.search(r"^echo \d+ >/proc/sys/vm/nr_hugepages$", text,
                      re.MULTILINE)
    Tap.check("it says what to type", found, text)
    if found:
        machine.run(found.group(0))
    code, text = machine.run("weir run quick.yaml --for 0.1s")
    Tap.check("typed, it runs", code == 0, code, text)


def as_a_user(machine):
    """An ordinary user is told what is missing, one thing after the other."""
    machine.run("chmod 1777 /tmp /dev/shm")
    code, text = machine.run(AS_USER + "weir run quick.yaml --for 1s")
    Tap.same("a user's run on root's cards: exit code", code, 2)
    Tap.has("it says what to type", text,
            r"type:\nsudo chown \$\(id -u\) /dev/vfio/\d")
    machine.run("chown 1000 /dev/vfio/[0-9]*")
    code, text = machine.run(AS_USER + "weir run quick.yaml --for 1s")
    Tap.has("then that the user may lock too little memory", text,
            r"type:\nsudo prlimit .*--memlock=unlimited")
    code, text = machine.run(f"(ulimit -l unlimited; {AS_USER} weir run "
                             "quick.yaml --for 0.1s --quiet)")
    Tap.check("then it runs", code == 0, code, text)
    code, text = machine.run(AS_USER + "weir doctor --json")
    Tap.same("weir doctor as a user: exit code", code, 0)


def through_the_pipeline(machine, frames, wanted):
    run(machine, f"--packets {len(frames)} --for 30s")
    machine.wires[0].send(frames)
    code, report, errors = report_of(machine)
    got = machine.wires[1].receive()
    Tap.check("the quickstart's pipeline runs on NICs: exit code 0", code == 0,
              code, errors, json.dumps(report)[-3000:])
    ports = {one["name"]: one for one in report["ports"]}
    Tap.same("what was sent was offered to the card, and came in",
             (ports["in"]["offered"], ports["in"]["in"]),
             (len(frames), len(frames)))
    Tap.same("what went out came here",
             (ports["out"]["in"], ports["out"]["tx_packets"]),
             (len(got), len(got)))
    Tap.same("it is the web's share", len(got), len(wanted))
    Tap.check("byte for byte", padded(got) == padded(wanted))
    Tap.same("nothing is unaccounted", report["total"]["unaccounted"], 0)


def frames_of_web():
    """What the same pipeline makes of the capture itself, here."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([BUILD + "/apps/weir", "run", "--quiet",
                        ROOT + "/apps/quickstart.yaml"], check=True,
                       env={**os.environ, "IN": TALK,
                            "OUT": folder + "/web.pcap"})
        return frames_of(folder + "/web.pcap")


def until_it_flows(machine, frame):
    """Cards take their time until they have a link: until a frame of the
    web's comes through, and weir has had time to look."""
    machine.wires[0].send([frame])
    Tap.same("a packet comes through", len(machine.wires[1].receive(10, 1)), 1)
    machine.run("sleep 1")


def a_link_goes(machine, frame):
    run(machine, "--for 30s")
    until_it_flows(machine, frame)
    machine.tell("set_link", name="net0", up=False)
    machine.run("sleep 2")
    machine.tell("set_link", name="net0", up=True)
    until_it_flows(machine, frame)
    machine.run("kill -INT $(cat pid)")
    code, report, errors = report_of(machine)
    Tap.has("a link that goes is a finding", said(report, errors),
            "port 'in': the link went down")
    Tap.same("and fails no run", code, 0)
    Tap.same("nothing is unaccounted", report["total"]["unaccounted"], 0)


def a_card_goes(machine, frame):
    run(machine, "--for 30s")
    until_it_flows(machine, frame)
    machine.tell("device_del", id="card0")
    machine.run("sleep 2; kill -INT $(cat pid)")
    code, report, errors = report_of(machine)
    Tap.has("a card that is pulled out is a finding", said(report, errors),
            "port 'in': device .* was removed")
    Tap.same("and the run failed by it", code, 1)
    Tap.same("nothing is unaccounted", report["total"]["unaccounted"], 0)
    machine.run("sleep 1")
    Tap.same("weir devices lists the other one", sorted(devices(machine)),
             [OUT])


def back_to_linux(machine, address):
    """What docs/nic.md says."""
    with open(ROOT + "/docs/nic.md", encoding="utf-8") as page:
        lines = re.search(r"```sh\na=.*?\n(.*?)```", page.read(), re.DOTALL)
    machine.run(f"a={address}")
    for line in lines.group(1).splitlines():
        machine.run(line)
    device = devices(machine)[address]
    Tap.same("a card goes back to Linux",
             (device["kernel_driver"], device["interface"][:3]),
             ("e1000e", "eth"))


def said(report, errors):
    return "\n".join(report.get("findings", [])) + "\n" + errors


def show(folder):
    frames = frames_of(TALK)
    web = frames_of_web()
    os.mkdir(folder + "/root")
    with open(folder + "/quick.yaml", "w", encoding="utf-8") as file:
        file.write(pipeline())
    image.put(folder + "/root", "/tmp/quick.yaml", folder + "/quick.yaml")
    initramfs = image.initramfs(folder + "/root", BUILD + "/qemu",
                                {"/usr/bin/weir": BUILD + "/apps/weir",
                                 "/usr/bin/setpriv": "/usr/bin/setpriv"})
    signal.alarm(LIMIT)
    with guest.Guest(folder, image.image(BUILD + "/qemu"),
                     initramfs) as machine:
        from_linux_to_vfio(machine)
        without_pages(machine)
        as_a_user(machine)
        through_the_pipeline(machine, frames, web)
        a_link_goes(machine, web[0])
        a_card_goes(machine, web[0])
        back_to_linux(machine, OUT)


def too_long(*_):
    raise TimeoutError(f"not done within {LIMIT} s")


def missing():
    """What the machine lacks, or None."""
    for program in ("apt-get", "busybox", "depmod", "dpkg-deb",
                    "qemu-system-x86_64"):
        if not shutil.which(program):
            return f"{program} is not installed"
    return None


def try_it():
    with tempfile.TemporaryDirectory() as folder:
        try:
            show(folder)
        except image.Missing as error:
            return str(error)
        except (AssertionError, RuntimeError, TimeoutError) as error:
            Tap.check("the guest answers", False, error)
    return None


def main():
    signal.signal(signal.SIGALRM, too_long)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    lacks = missing() or try_it()
    if lacks:
        print(f"ok {Tap.number + 1} - a NIC on PCI # SKIP {lacks}")
        Tap.number += 1
    print(f"1..{Tap.number}")
    return 1 if Tap.failures else 0


sys.exit(main())
