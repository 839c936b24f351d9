#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""
    scripts, meson.build ─▶ programs they call ─▶ Debian packages
                                apps/packages.txt ─▶ and what these need

Each program that a script of apps, tests, package, perf or .ci calls, or that
the build looks for, is of a package that apps/packages.txt names, of one that
such a package needs, or of those that every Debian has. Without running any:
what stands where a command may stand and is a program here counts. Prints TAP.

    programs.py ROOT
"""
import glob
import os
import re
import shutil
import subprocess
import sys

# What a script can do without, and take.sh, which names its packages itself.
OPTIONAL = {"ccache", "sudo", "doas"}
ALONE = {"tests/captures/take.sh"}

# What a command stands behind: nothing, what ends or joins commands, words of
# the shell, or a program that starts others (with options and numbers).
STARTERS = (r"exec|env|nice|sudo|setsid|xargs|at \S+|timeout|stdbuf|"
            r"works \"[^\"]*\"|urgent|quietly|unshare|setpriv|until_it|nsenter|"
            r"ip netns exec \S+")
COMMAND = re.compile(
    r"(?:^|[|;({`!&]|\$\()\s*"
    r"(?:(?:if|then|do|else|elif|while|until|time|!|\{)\s+)*"
    r"(?:[A-Za-z_]\w*=\S*\s+)*"
    rf"(?:(?:{STARTERS})(?:\s+(?:-\S+|[\d.]+[smk]?|\w+=\S*))*\s+)*"
    r"([a-z][\w.+-]*)(?=[\s;)|&`]|$)")
# Said to be needed: these need not be installed to be found.
NEEDED = re.compile(r"(?:\bcommand -v|^\s*needs)\s+([a-z][\w .+-]*)")
IN_PYTHON = re.compile(r"(?:subprocess\.run\(|Popen\(|output_of\(|which\(|"
                       r"\bcommand = )\s*\[?f?\"([a-z][\w.+-]*)[\" ]")
IN_MESON = re.compile(r"find_program\('([a-z][\w.+-]*)'")
# The elements of a list that is walked.
LISTED = re.compile(r"for program in \(([^)]*)\)")


def shell_code(text):
    """Yields (line number, line) without comments and here-documents; what
    continues a line is joined to it."""
    end = None
    whole = ""
    for number, line in enumerate(text.splitlines(), 1):
        if end:
            end = None if line.strip() == end else end
            continue
        opened = re.search(r"<<-?\s*[\"'\\]?(\w+)", line)
        end = opened.group(1) if opened and "<<<" not in line else None
        whole += re.sub(r"(^|\s)#.*", "", line)
        if whole.endswith("\\"):
            whole = whole[:-1]
        else:
            yield number, whole
            whole = ""


def programs(name, text):
    """Yields (line number, program, whether it is said to be needed)."""
    if name.endswith("meson.build"):
        for found in IN_MESON.finditer(text):
            yield text[:found.start()].count("\n") + 1, found.group(1), True
    elif "python3" in text.split("\n", 1)[0] or name.endswith(".py"):
        yield 1, "python3", True
        for found in IN_PYTHON.finditer(text):
            yield text[:found.start()].count("\n") + 1, found.group(1), True
        for found in LISTED.finditer(text):
            for program in re.findall(r"\"([\w.+-]+)\"", found.group(1)):
                yield text[:found.start()].count("\n") + 1, program, True
    else:
        for number, line in shell_code(text):
            for found in COMMAND.finditer(line):
                yield number, found.group(1), False
            for found in NEEDED.finditer(line):
                for program in found.group(1).split():
                    yield number, program, True


def scripts(root):
    for top in ("apps", "tests", "package", "perf", ".ci", "lib", "drivers"):
        for folder, _, files in os.walk(os.path.join(root, top)):
            for file in files:
                path = os.path.join(folder, file)
                name = os.path.relpath(path, root)
                if name in ALONE or os.path.islink(path):
                    continue
                with open(path, "rb") as opened:
                    first = opened.read(2)
                if first == b"#!" or file == "meson.build" or \
                        file.endswith((".sh", ".py")):
                    with open(path, encoding="utf-8") as opened:
                        yield name, opened.read()


def installed():
    """Answers {package: what it needs}, {what is provided: package}, base."""
    needs, provided, base = {}, {}, set()
    lines = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Package}\t${Essential}\t${Priority}\t"
         "${Provides}\t${Depends}, ${Pre-Depends}\n"], check=True,
        capture_output=True, text=True).stdout.splitlines()
    for line in lines:
        name, essential, priority, provides, depends = line.split("\t")
        needs[name] = [re.findall(r"(?:^|\|)\s*([\w.+-]+)", choice)
                       for choice in depends.split(",")]
        for other in re.findall(r"(?:^|,)\s*([\w.+-]+)", provides):
            provided.setdefault(other, name)
        if essential == "yes" or priority == "required" or name == "apt":
            base.add(name)
    return needs, provided, base


def reached(start, needs, provided):
    found, left = set(), list(start)
    while left:
        name = left.pop()
        name = name if name in needs else provided.get(name)
        if name and name not in found:
            found.add(name)
            left += [each for choice in needs[name] for each in choice]
    return found


def files_of(packages):
    """Answers {file: package} of all that are installed; /bin is /usr/bin on a
    merged system."""
    files = {}
    for path in glob.glob("/var/lib/dpkg/info/*.list"):
        package = os.path.basename(path)[:-len(".list")].split(":")[0]
        with open(path, encoding="utf-8") as listed:
            for line in listed:
                if "bin/" in line:
                    name = re.sub("^/(s?bin)/", r"/usr/\1/", line.strip())
                    if files.get(name) not in packages:
                        files[name] = package
    return files


def fault_of(program, needed, own, files, allowed):
    """What is wrong with it, or None."""
    path = shutil.which(program, path="/usr/bin:/usr/sbin")
    if program in OPTIONAL or program in own or program.endswith((".sh", ".py")):
        return None
    if not path:
        return "is not installed, so its package is not in the list" \
            if needed else None
    package = files.get(path) or files.get(os.path.realpath(path))
    if package in allowed:
        return None
    return f"is of the package {package or '(none)'}"


def main():
    root = sys.argv[1]
    if not shutil.which("dpkg-query"):
        print("1..1\nok 1 - packages.txt is complete # SKIP this is no Debian")
        return 0
    with open(os.path.join(root, "apps/packages.txt"), encoding="utf-8") as file:
        listed = [line.split()[0] for line in file if line[0] not in "#\n"]
    needs, provided, base = installed()
    allowed = reached(listed, needs, provided) | reached(base, needs, provided)
    texts = dict(scripts(root))
    files = files_of(allowed)
    # A function of the scripts' own hides a program.
    own = set(re.findall(r"^\s*(\w+)\(\)", "\n".join(texts.values()),
                         re.MULTILINE))
    judged, faults, called = {}, [], set()
    for name, text in sorted(texts.items()):
        for number, program, needed in programs(name, text):
            key = program, needed
            if key not in judged:
                judged[key] = fault_of(program, needed, own, files,
                                       allowed)
            if judged[key]:
                faults.append(f"# {name}:{number}: {program} {judged[key]}")
            elif shutil.which(program):
                called.add(program)
    good = not faults and len(called) > 30
    print("1..1")
    print(f"{'' if good else 'not '}ok 1 - the {len(called)} programs that "
          "scripts call are of packages in apps/packages.txt")
    print("\n".join(faults + ["# " + " ".join(sorted(called))]))
    return 0 if good else 1


sys.exit(main())
