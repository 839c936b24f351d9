#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Adds up a log of meson's: each Criterion test, each line of a TAP script and
each plain program counts once. Prints "PASSED FAILED SKIPPED" and writes what
failed, with what of its output is about that, and what was skipped to FAILURES;
the names of the tests that failed to FAILURES.names.

Usage: tally.py LOG.json FAILURES
"""
import json
import re
import sys

SYNTHESIS = re.compile(r"Tested:\D*(\d+)\D*Passing:\D*(\d+)")
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
FAILS = re.compile(r"^not ok|\[FAIL\]|\[----\]|CRASH|ERROR: |runtime error: |"
                   r"WARNING: ThreadSanitizer")
TAP = re.compile(r"^(not )?ok\b\s*\d*\s*-?\s*(.*?)\s*(#\s*SKIP\b\s*(.*))?$",
                 re.MULTILINE)


def essence(output):
    """Answers what fails, each with what it says of it, and how all ended: a
    sanitizer has much to say of what a test that failed did not clean up."""
    said = [line for line in output.splitlines()
            if not line.startswith("ok ")]
    kept, left = [], 0
    for line in said[:-20]:
        if FAILS.search(line):
            left = 6
        if left and len(kept) < 60:
            kept.append(line)
            left -= 1
    return kept + said[-20:]


def tally(test):
    """Answers passed, failed, skipped and lines to show."""
    output = COLOURS.sub("", test.get("stdout", "") + test.get("stderr", ""))
    good = test["result"] in ("OK", "EXPECTEDFAIL")
    synthesis = SYNTHESIS.search(output)
    skipped, lines = 0, []
    if test["result"] == "SKIP":
        return 0, 0, 1, [f"    skipped: {test['name']}"]
    if synthesis:
        tested, passed = map(int, synthesis.groups())
        failed = tested - passed
    elif re.search(r"^1\.\.\d+", output, re.MULTILINE) or TAP.search(output):
        passed = failed = 0
        for bad, name, skip, why in TAP.findall(output):
            if skip:
                skipped += 1
                lines.append(f"    skipped: {test['name']}: {name}: {why}")
            elif bad:
                failed += 1
            else:
                passed += 1
    else:
        passed, failed = (1, 0) if good else (0, 1)
    if not good and failed == 0:
        failed = 1  # it died after its last result, or took too long
    if failed:
        lines.append(f"    {test['name']}: {test['result']}; it said:")
        lines += ["        " + line for line in essence(output)]
    return passed, failed, skipped, lines


def main():
    totals, shown, names = [0, 0, 0], [], []
    with open(sys.argv[1]) as log:
        for line in log:
            test = json.loads(line)
            *counts, lines = tally(test)
            totals = [a + b for a, b in zip(totals, counts)]
            shown += lines
            if counts[1]:
                names.append(test["name"])
    with open(sys.argv[2], "w") as failures:
        failures.writelines(line + "\n" for line in shown)
    with open(sys.argv[2] + ".names", "w") as failures:
        failures.writelines(name + "\n" for name in names)
    print(*totals)


main()
