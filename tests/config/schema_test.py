#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Validates good and bad pipeline files against what 'weir schema' prints.

Arguments: the program, the source tree. Exit 77 (skipped) where the Python
modules are not installed.
"""
import json
import subprocess
import sys
from pathlib import Path

try:
    import yaml
    from jsonschema import Draft202012Validator
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

GOOD = [
    """
version: 1
x-mine: {a: 1}
runtime: {lcores: auto, memory: 256MiB, max_exec: 100us, depth: 4Ki}
ports:
  in: {file: web.pcap}
  out: {file: out.pcapng, format: pcapng}
  none: {"null": }
stages:
  rx: {type: rx, port: in, x-note: here}
  split: {type: shard, inputs: rx}
  web: {type: filter, inputs: split, replicas: 2, place: lcore, expr: udp,
        max_exec: 20us, drop: rest}
  seen:
    type: count
    by: [protocol]
    inputs: [{from: web.match, depth: 4096, when_full: drop_newest}]
  tx: {type: tx, inputs: [seen], port: out}
tests:
  - {input: a.pcap, expect: {out: b.pcap, web.rest: 3}}
""",
    """
version: 1
runtime: {lcores: "${LCORES:-2}", latency_all: "${ALL}"}
ports: {in: {file: "${IN}"}}
stages:
  rx: {type: rx, port: in}
  late: {type: delay, inputs: rx, time: "${TIME}"}
  gone: {type: drop, inputs: [late]}
""",
]

# What is wrong, and a file with that fault only.
BAD = {
    "no version": "stages: {rx: {type: rx, port: in}}",
    "another version": "version: 2\nstages: {rx: {type: rx, port: in}}",
    "no stages": "version: 1",
    "an unknown key": "version: 1\nstages: {rx: {type: rx, port: in}}\nport: {}",
    "an unknown runtime key": "version: 1\nruntime: {lcore: 1}\n"
    "stages: {rx: {type: rx, port: in}}",
    "an unknown type": "version: 1\nstages: {rx: {type: rxx, port: in}}",
    "no type": "version: 1\nstages: {rx: {port: in}}",
    "an unknown option": "version: 1\n"
    "stages: {a: {type: filter, inputs: rx, expr: udp, exprr: udp}}",
    "a missing option": "version: 1\nstages: {a: {type: filter, inputs: rx}}",
    "no inputs": "version: 1\nstages: {a: {type: drop}}",
    "inputs of a source": "version: 1\n"
    "stages: {rx: {type: rx, port: in, inputs: rx}}",
    "a wrong choice": "version: 1\n"
    "stages: {a: {type: drop, inputs: rx, place: here}}",
    "a duration without unit": "version: 1\n"
    "stages: {a: {type: drop, inputs: rx, max_exec: 20}}",
    "too many replicas": "version: 1\n"
    "stages: {a: {type: drop, inputs: rx, replicas: 1000}}",
    "an unknown kind": "version: 1\nports: {in: {fiel: a}}\n"
    "stages: {rx: {type: rx, port: in}}",
    "two kinds": "version: 1\nports: {in: {file: a, 'null': b}}\n"
    "stages: {rx: {type: rx, port: in}}",
    "an illegal name": "version: 1\nstages: {'r x': {type: rx, port: in}}",
    "a test of nothing": "version: 1\nstages: {rx: {type: rx, port: in}}\n"
    "tests: [{input: a.pcap}]",
}


def faults_of(validator, text):
    return [e.message[:200] for e in validator.iter_errors(yaml.safe_load(text))]


def main(program, source):
    printed = subprocess.run(
        [program, "schema"], check=True, capture_output=True, text=True
    ).stdout
    schema = json.loads(printed)
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    bad = 0

    good = [(f"good file {i}", text) for i, text in enumerate(GOOD)]
    good += [
        (str(path), path.read_text())
        for folder in ("apps", "docs", "tests/smoke/pipelines")
        for path in sorted(Path(source, folder).rglob("*.yaml"))
    ]
    for name, text in good:
        for fault in faults_of(validator, text):
            print(f"{name}: refused: {fault}")
            bad += 1
    for name, text in BAD.items():
        if not faults_of(validator, text):
            print(f"{name}: not refused")
            bad += 1
    print(f"{len(good)} good and {len(BAD)} bad files, {bad} surprises")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
