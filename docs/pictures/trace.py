#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Draws a moment of a trace that 'weir trace' converted, as SVG:
trace.py OUT.json FROM_US TO_US >trace.svg"""
import collections
import html
import json
import sys

WIDTH, LEFT, ROW, GAP = 960, 110, 34, 14
COLOURS = ["#7aa6da", "#8fbc8f", "#e0a96d", "#c39bd3", "#d98880", "#76c7c0"]


def text(x, y, words, size=11, anchor="start", fill="#222"):
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{fill}" '
            f'text-anchor="{anchor}">{html.escape(words)}</text>')


class Picture:
    def __init__(self, trace, begin, end):
        self.events = trace["traceEvents"]
        self.begin, self.end = begin, end
        self.out, self.colours, self.rows = [], {}, {}
        self.y = 30

    def x(self, ts):
        ts = min(max(ts, self.begin), self.end)
        return LEFT + (ts - self.begin) / (self.end - self.begin) * (
            WIDTH - LEFT - 10)

    def inside(self, e, to):
        return e["ts"] < self.end and to > self.begin

    def colour(self, name):
        if name == "(idle)":
            return "#eeeeee"
        return self.colours.setdefault(
            name, COLOURS[len(self.colours) % len(COLOURS)])

    def threads(self):
        names = {e["tid"]: e["args"]["name"] for e in self.events
                 if e["name"] == "thread_name"}
        for tid, name in sorted(names.items(), key=lambda n: n[1]):
            self.rows[tid] = self.y
            self.out.append(text(4, self.y + ROW / 2 + 4, name))
            self.y += ROW + GAP

    def slices(self):
        for e in self.events:
            if e["ph"] != "X" or not self.inside(e, e["ts"] + e["dur"]):
                continue
            left, right = self.x(e["ts"]), self.x(e["ts"] + e["dur"])
            y, name = self.rows[e["tid"]], e["name"]
            packets = e.get("args", {}).get("packets")
            label = name if packets is None else f"{name} {packets}"
            self.out.append(
                f'<rect x="{left:.1f}" y="{y}" rx="2" '
                f'width="{max(right - left, 0.6):.1f}" height="{ROW}" '
                f'fill="{self.colour(name)}"><title>{html.escape(label)} '
                f'{e["dur"]:.3f} µs</title></rect>')
            if right - left > 6.2 * len(label):
                self.out.append(text((left + right) / 2, y + ROW / 2 + 4,
                                     label, 10, "middle"))

    def arrows(self):
        ends = collections.defaultdict(dict)
        for e in self.events:
            if e["ph"] in "sf":
                ends[e["id"]][e["ph"]] = e
        for pair in ends.values():
            s, f = pair["s"], pair["f"]
            if not (self.begin <= s["ts"] and f["ts"] <= self.end):
                continue
            y1, y2 = self.rows[s["tid"]], self.rows[f["tid"]]
            y1 += ROW if y2 > y1 else 0
            y2 += 0 if y2 > y1 else ROW
            self.out.append(
                f'<path d="M{self.x(s["ts"]):.1f},{y1} '
                f'L{self.x(f["ts"]):.1f},{y2}" stroke="#555" '
                'stroke-width="0.8" fill="none" marker-end="url(#tip)"/>')

    def counters(self):
        series = collections.defaultdict(list)
        for e in self.events:
            if e["ph"] == "C":
                series[e["name"]].append((e["ts"], e["args"]["messages"]))
        for name, points in sorted(series.items()):
            most = max([v for t, v in points
                        if self.begin <= t <= self.end] or [0]) or 1
            base, last = self.y + ROW, 0
            path = f"M{LEFT},{base}"
            for ts, v in points:
                if ts < self.begin:
                    last = v
                    continue
                if ts > self.end:
                    break
                x = self.x(ts)
                path += f" L{x:.1f},{base - min(last / most, 1) * ROW:.1f}"
                path += f" L{x:.1f},{base - v / most * ROW:.1f}"
                last = v
            path += (f" L{WIDTH - 10},{base - min(last / most, 1) * ROW:.1f}"
                     f" L{WIDTH - 10},{base} Z")
            self.out.append(f'<path d="{path}" fill="#b5cde3"/>')
            self.out.append(text(4, self.y + 15, name, 10))
            self.out.append(text(4, self.y + 28, f"up to {most}", 9,
                                 fill="#777"))
            self.y += ROW + GAP

    def scale(self):
        step = 10 ** len(str(int(self.end - self.begin) // 5)) / 10
        while (self.end - self.begin) / step > 12:
            step *= 2
        t = 0
        while t <= self.end - self.begin:
            x = self.x(self.begin + t)
            self.out.append(f'<line x1="{x:.1f}" y1="20" x2="{x:.1f}" '
                            f'y2="{self.y}" stroke="#ddd" '
                            'stroke-width="0.5"/>')
            self.out.append(text(x, 14, f"{t:g} µs", 10, "middle", "#777"))
            t += step

    def draw(self):
        self.threads()
        self.slices()
        self.arrows()
        self.counters()
        body, self.out = self.out, []
        self.scale()
        return "\n".join([
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" '
            f'height="{self.y}" viewBox="0 0 {WIDTH} {self.y}" '
            'font-family="sans-serif">',
            '<defs><marker id="tip" markerWidth="6" markerHeight="6" '
            'refX="5" refY="2.5" orient="auto"><path d="M0,0 L5,2.5 L0,5 Z" '
            'fill="#555"/></marker></defs>',
            f'<rect width="{WIDTH}" height="{self.y}" fill="#fff"/>',
            *self.out, *body, "</svg>"]) + "\n"


with open(sys.argv[1]) as file:
    sys.stdout.write(Picture(json.load(file), float(sys.argv[2]),
                             float(sys.argv[3])).draw())
