#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Makes a manual page, as scdoc takes it, of a page of docs.

Usage: page.py NAME SECTION VERSION PHRASE PAGE.md

Takes the Markdown that docs use: headings, paragraphs, code, lists, tables. A
table becomes a list of terms, since a terminal is narrow: the first cell is the
term, the last says what it is, those between are named by their heads.
"""
import re
import sys


def escape(text):
    """escape hides from scdoc what it would obey inside a line."""
    return re.sub(r"([\\*_`]|\+(?=\+))", r"\\\1", text)


# Pages of docs that are manual pages too.
PAGES = {"pipeline-file.md": "*weir-pipeline*(5)",
         "stages.md": "*weir-stages*(7)"}


def link(text, target):
    return PAGES.get(target.split("#")[0], "_" + escape(text) + "_")


def inline(text):
    """inline turns `code`, **bold** and [links](…) into scdoc's forms."""
    out = []
    for part in re.split(r"(`[^`]+`|\*\*[^*]+\*\*|\[[^]]+\]\([^)]+\))", text):
        if part.startswith("`") and len(part) > 1:
            out.append("*" + escape(part[1:-1]) + "*")
        elif part.startswith("**"):
            out.append("*" + escape(part[2:-2]) + "*")
        elif part.startswith("[") and "](" in part:
            out.append(link(*part[1:-1].split("](")))
        else:
            out.append(escape(part.replace("\\|", "|")))
    return "".join(out)


def line(text):
    """line is inline text that begins a line."""
    return re.sub(r"^([#.|\[\];-])", r"\\\1", inline(text))


def cells(row):
    return [cell.strip() for cell in
            re.split(r"(?<!\\)\|", row.strip())[1:-1]]


def term(head, row):
    """term is a row of a table: the term, and under it what it is."""
    between = [f"{name}: {inline(cell)}" for name, cell in
               zip(head[1:-1], row[1:-1]) if cell]
    yield line(row[0] if row[0].startswith("`") else f"`{row[0]}`")
    said = [inline(row[-1])] if row[-1] else []
    if between:
        said.append("(" + "; ".join(between) + ")")
    yield "\t" + " ".join(said)
    yield ""


def table(rows):
    head = cells(rows[0])
    for row in rows[2:]:
        yield from term(head, cells(row))


def blocks(text):
    """blocks parts a page: (code, "") or ("", lines up to a gap)."""
    block, fenced = [], False
    for row in text.splitlines() + [""]:
        if row.startswith("```"):
            if fenced:
                yield "\n".join(block), ""
            elif block:
                yield "", "\n".join(block)
            block, fenced = [], not fenced
        elif fenced or row:
            block.append(row)
        elif block:
            yield "", "\n".join(block)
            block = []


def paragraph(text):
    rows = text.splitlines()
    if rows[0].startswith("#"):
        depth = len(rows[0]) - len(rows[0].lstrip("#"))
        title = rows[0].lstrip("# ").replace("`", "")
        yield "# " + title.upper() if depth <= 2 else "## " + title
    elif rows[0].startswith("|"):
        yield from table(rows)
    elif rows[0].startswith("- "):
        for item in re.split(r"^- ", text, flags=re.M)[1:]:
            yield "- " + inline(" ".join(item.split()))
    else:
        yield line(" ".join(rows))
    yield ""


def main():
    name, section, version, phrase, page = sys.argv[1:]
    with open(page, encoding="utf-8") as file:
        text = file.read()
    print(f'{name}({section}) "weir {version}" "weir"\n')
    print(f"# NAME\n\n{name} - {phrase}\n\n# DESCRIPTION\n")
    text = re.sub(r"\A# .*\n", "", text)
    for code, prose in blocks(text):
        if code:
            print(f"```\n{code}\n```\n")
        else:
            print("\n".join(paragraph(prose)))
    print("# SEE ALSO\n\n*weir*(1), *weir-run*(1), *weir-check*(1), "
          "*weir-pipeline*(5), *weir-stages*(7)")


main()
