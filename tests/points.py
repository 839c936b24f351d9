#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Prints the table of trace points of docs/tracing.md, from
lib/trace/points.h: tests/points.py. With a file, checks that it holds exactly
that table: tests/points.py docs/tracing.md."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
POINT = re.compile(
    r"^POINT\((\w+), ([\w.]+),\s*\((.*?)\),\s*((?:FIELD\(.*?\)\s*)+),\s*"
    r'"(.*?)"\)$', re.S | re.M)
FIELD = re.compile(r"FIELD\((\w+), (\w+)\)")


def table():
    text = (ROOT / "lib/trace/points.h").read_text()
    points = POINT.findall(text)
    if len(points) != len(re.findall(r"^POINT\(", text, re.M)):
        sys.exit("points.h: a point that is not of the form that it says")
    lines = ["| point | fields | when |", "|---|---|---|"]
    for _, name, _, fields, meaning in points:
        names = ", ".join(f"{field} {kind}"
                          for kind, field in FIELD.findall(fields))
        lines.append(f"| `weir.{name}` | {names} | {meaning} |")
    return "\n".join(lines) + "\n"


def main():
    if len(sys.argv) == 1:
        print(table(), end="")
        return
    if table() not in pathlib.Path(sys.argv[1]).read_text():
        sys.exit(f"{sys.argv[1]} does not hold the table that "
                 "tests/points.py prints: put it there")


main()
