#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Does what a page of the documents tells its reader to do.

	follow.py PAGE.md

In the present folder: a block whose fence says "c ttl.c" becomes that file, a
block "sh" is run (by bash, one after the other in one folder), and a block
"text" behind it is what that must have printed, on both channels; "exits 1" on
the sh fence is its exit code. "…" in a text stands for anything, a line of its
own for any lines. Where no exit code is given, no command may fail. What is
fenced "sh checked" is done where $WEIR_CHECKED is true: it shows what only builds
with checks say. Prints TAP.
"""
import os
import re
import subprocess
import sys

CHECKED = os.environ.get("WEIR_CHECKED") == "true"


def blocks(page):
    """Yields (line number, words of the fence, lines)."""
    inside = None
    for number, line in enumerate(open(page, encoding="utf-8"), 1):
        if not line.startswith("```"):
            if inside:
                inside[2].append(line)
        elif inside:
            yield inside
            inside = None
        else:
            inside = (number, line[3:].split(), [])
    if inside:
        sys.exit(f"{page}:{inside[0]}: this block does not end")


def agrees(printed, shown):
    pattern = ""
    for line in shown:
        if line.strip() == "…":
            pattern += r"(?:.*\n)*?"
        else:
            pattern += ".*?".join(map(re.escape, line.split("…")))
    return re.fullmatch(pattern, printed) is not None


class Follower:
    def __init__(self, page):
        self.page = page
        self.count = self.failed = 0
        self.printed = None  # by the last command, until it is compared

    def say(self, good, sentence, *details):
        self.count += 1
        self.failed += not good
        print(f"{'' if good else 'not '}ok {self.count} - {sentence}")
        if not good:
            for detail in details:
                for line in detail.splitlines()[:60]:
                    print(f"# {line}")

    def run(self, number, words, lines):
        fails = "exits" in words
        wanted = int(words[words.index("exits") + 1]) if fails else 0
        bash = ["bash"] if fails else ["bash", "-e", "-o", "pipefail"]
        done = subprocess.run(
            bash + ["-c", "".join(lines)], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            timeout=120, check=False)
        self.printed = done.stdout
        self.say(done.returncode == wanted, f"line {number}: {lines[0].strip()}",
                 f"exit code {done.returncode}, wanted {wanted}", done.stdout)

    def compare(self, number, lines):
        self.say(agrees(self.printed, lines), f"line {number}: prints that",
                 "printed:", self.printed, "shown:", "".join(lines))

    def follow(self):
        for number, words, lines in blocks(self.page):
            kind = words[0] if words else ""
            if kind == "sh" and "checked" in words and not CHECKED:
                self.count += 1
                print(f"ok {self.count} - line {number}: {lines[0].strip()} "
                      "# SKIP this build has no checks")
                self.printed = None
            elif kind == "sh":
                self.run(number, words, lines)
            elif kind == "text" and self.printed is not None:
                self.compare(number, lines)
                self.printed = None
            elif len(words) > 1:
                with open(words[1], "w", encoding="utf-8") as file:
                    file.writelines(lines)
        print(f"1..{self.count}")
        return self.failed == 0 and self.count > 0


sys.stdout.reconfigure(line_buffering=True)
sys.exit(not Follower(sys.argv[1]).follow())
