# SPDX-License-Identifier: BSD-3-Clause
"""weir's tasks in gdb: of a live process and of a core file.

    weir tasks           all tasks of all executors: state, since when, for what
    weir task NAME bt    the call stack of a task that does not run

gdb loads this file by itself where it trusts the folder that it is installed
in; else: source …/weir-gdb.py. It reads what weir_map (lib/task/map.h) tells,
so that it needs symbols but no debug information; with that, stacks have lines.
"""
import itertools
import struct

import gdb

MAGIC = 0x70616D2D72696577
VERSION = 3
STATES = {True: "waiting", False: "ready"}
TASKS_MAX = 1 << 20
FRAMES_MAX = 32
CASES_SHOWN = 4
STEPPERS_SHOWN = 1000

# The members of struct weir_map behind scope_what, in their order.
MEMBERS = """name_size list_next
executor_size executor_link executor_name executor_now executor_current
executor_running executor_clock executor_counts executor_ready_waits
executor_thread executor_tasks executor_stack_count
executor_stack_memory executor_stack_memory_size executor_context
executor_scopes executor_steppers executor_labels executor_ended
clock_virtual_ticks clock_hz counts_steps counts_tasks counts_turn_max
histogram_max
task_size task_queued task_context task_ended task_parked task_live
task_canceled task_switches task_first_switch task_since task_ready_max
task_step_max task_parks task_vain_wakes task_idle_yields task_waits_in
task_select task_deadline task_stack task_scope task_locks_held task_name
timer_next timer_tick stack_base stack_size queue_what what_kind what_name
what_hold what_handles hold_task hold_began hold_since hold_count hold_bound
handles_first handles_second handles_mark handles_all handles_these
handles_those select_cases select_count case_size case_ops case_object case_disabled
ops_kind ops_name_from ops_name_at scope_link scope_steppers scope_closer scope_live_count
stepper_size stepper_link stepper_executor stepper_class stepper_queued
stepper_phase stepper_case stepper_deadline stepper_parked
class_name class_name_at label_link label_step label_name
step_queued step_steps ended_count ended_at ended_size ended_max
ended_name ended_steps ended_idle_yields ended_waits ended_vain_wakes
""".split()


def read(address, size):
    return bytes(gdb.selected_inferior().read_memory(address, size))


def number(address, code="Q"):
    return struct.unpack("<" + code, read(address, struct.calcsize(code)))[0]


def text(address, size=64):
    """What stands at address, up to its end or size bytes."""
    letters = b""
    while address and len(letters) < size:
        try:
            letters += read(address + len(letters), 1)
        except gdb.MemoryError:
            break
        if letters.endswith(b"\0"):
            return letters[:-1].decode(errors="replace")
    return letters.decode(errors="replace")


class Map:
    """Where what lies; number and place of members as in lib/task/map.h."""

    def __init__(self):
        try:
            at = int(gdb.parse_and_eval("(unsigned long)&weir_map"))
            magic, version, size, self.roster, _ = struct.unpack(
                "<QIIQQ", read(at, 32))
        except gdb.error as error:
            raise gdb.GdbError(
                "no weir here: there is no process and no core, or no symbol "
                "weir_map (%s). A program that was stripped needs its debug "
                "information beside it, or by 'symbol-file FILE'; 'weir tasks "
                "--pid N' needs none" % error)
        if magic != MAGIC or version != VERSION:
            raise gdb.GdbError("another version of weir: use the weir-gdb.py "
                               "that belongs to it")
        values = struct.unpack("<%dI" % len(MEMBERS),
                               read(at + 32, 4 * len(MEMBERS)))
        self.__dict__.update(zip(MEMBERS, values))


class Task:
    def __init__(self, executor, address):
        self.map, self.executor, self.at = executor.map, executor, address
        self.name = text(address + self.map.task_name, self.map.name_size)
        self.live = self.flag("live") and not self.flag("ended")
        self.runs = number(executor.at + self.map.executor_current) == address

    def word(self, member):
        return number(self.at + getattr(self.map, "task_" + member))

    def flag(self, member):
        return number(self.at + getattr(self.map, "task_" + member), "B") != 0

    def state(self):
        return "running" if self.runs else STATES[self.flag("parked")]

    def waits_for(self):
        if self.state() != "waiting":
            return ""
        if self.word("select"):
            return self.select(self.word("select"))
        queue = self.word("waits_in")
        if not queue:
            return "a point in time"
        what = number(queue + self.map.queue_what)
        if not what:
            return "a wakeup"
        return self.what(number(what + self.map.what_kind),
                         number(what + self.map.what_name))

    @staticmethod
    def what(kind, name):
        return text(kind) + (" '%s'" % text(name) if name else "")

    def select(self, at):
        m = self.map
        cases = number(at + m.select_cases)
        count = min(number(at + m.select_count, "I"), 1 << 16)
        words = []
        for i in range(count):
            case = cases + i * m.case_size
            if number(case + m.case_disabled, "B"):
                continue
            if len(words) == CASES_SHOWN:
                words.append("one of %d more" % (count - i))
                break
            words.append(self.case(case))
        return " or ".join(words)

    def case(self, case):
        return self.case_at(self.map, case)

    @staticmethod
    def case_at(m, case):
        ops = number(case + m.case_ops)
        name = number(ops + m.ops_name_at, "H")
        if name:
            start = number(case + m.case_object)
            name += number(start + number(ops + m.ops_name_from, "H"))
        kind = number(ops + m.ops_kind)
        return Task.what(kind, name) if kind else "something"

    def frames(self):
        """The innermost first: frame pointers, within the stack's bounds."""
        sp, fp, pc = struct.unpack(
            "<QQQ", read(self.at + self.map.task_context, 24))
        stack = self.word("stack")
        low = number(stack + self.map.stack_base)
        high = low + number(stack + self.map.stack_size)
        found = [pc]
        while len(found) < FRAMES_MAX and max(low, sp) <= fp <= high - 16:
            caller, back = struct.unpack("<QQ", read(fp, 16))
            if not back:
                break
            found.append(back)
            if caller <= fp:
                break
            fp = caller
        return found


class Stepper:
    def __init__(self, map_, at):
        class_ = number(at + map_.stepper_class)
        name_at = number(class_ + map_.class_name_at)
        self.name = text(number(class_ + map_.class_name))
        if name_at:
            self.name += " " + text((at + name_at) % (1 << 64))
        parked = number(at + map_.stepper_phase, "B") == map_.stepper_parked
        self.state = STATES[parked]
        self.waits_for = ""
        if parked:
            self.waits_for = Task.case_at(map_, at + map_.stepper_case)


class Executor:
    def __init__(self, map_, at):
        self.map, self.at = map_, at
        self.name = text(at + map_.executor_name, map_.name_size)
        self.thread = number(at + map_.executor_thread, "i")
        self.now = number(at + map_.executor_now)
        clock = number(at + map_.executor_clock)
        self.hz = number(clock + map_.clock_hz) or 1

    def tasks(self):
        first = number(self.at + self.map.executor_tasks)
        count = number(self.at + self.map.executor_stack_count, "I")
        for i in range(min(count, TASKS_MAX)):
            task = Task(self, first + i * self.map.task_size)
            if task.live:
                yield task

    def links(self, head):
        link = number(head + self.map.list_next)
        while link != head:
            yield link
            link = number(link + self.map.list_next)

    def steppers(self):
        m = self.map
        heads = [self.at + m.executor_steppers] + [
            link - m.scope_link + m.scope_steppers
            for link in self.links(self.at + m.executor_scopes)]
        for head in heads:
            for link in self.links(head):
                yield Stepper(m, link - m.stepper_link)

    def functions(self):
        for link in self.links(self.at + self.map.executor_labels):
            yield text(number(link - self.map.label_link
                              + self.map.label_name))

    def ms(self, ticks):
        return ticks * 1000 / self.hz


def executors():
    map_ = Map()
    link = number(map_.roster + map_.list_next)
    while link != map_.roster:
        yield Executor(map_, link - map_.executor_link)
        link = number(link + map_.list_next)


def place(pc, inner):
    """A caller's frame holds the address behind its call."""
    pc -= not inner
    symbol = gdb.execute("info symbol 0x%x" % pc, to_string=True)
    symbol = symbol.split(" in section")[0].split(" + ")[0].strip()
    line = gdb.find_pc_line(pc)
    if line.symtab:
        return "%s at %s:%d" % (symbol, line.symtab.filename, line.line)
    return symbol


class Weir(gdb.Command):
    """Show the tasks of a program that uses weir."""

    def __init__(self):
        super().__init__("weir", gdb.COMMAND_STACK, prefix=True)


class Tasks(gdb.Command):
    """weir tasks: all tasks of all executors, and what each waits for."""

    def __init__(self):
        super().__init__("weir tasks", gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        for executor in executors():
            print("executor %s, thread %d" % (executor.name, executor.thread))
            for task in executor.tasks():
                print("  %-24s %-8s %12.3f ms %10d steps  %s" % (
                    task.name, task.state(),
                    executor.ms(executor.now - task.word("since"))
                    if not task.runs else 0,
                    task.word("switches") - task.word("first_switch"),
                    task.waits_for()))
            for s in itertools.islice(executor.steppers(), STEPPERS_SHOWN):
                print("  %-24s %-8s stepper  %s" % (
                    s.name, s.state, s.waits_for))
            for name in executor.functions():
                print("  %-24s function step" % name)


class TaskOf(gdb.Command):
    """weir task NAME bt: the call stack of the tasks of that name."""

    def __init__(self):
        super().__init__("weir task", gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        words = gdb.string_to_argv(argument)
        if len(words) != 2 or words[1] != "bt":
            raise gdb.GdbError("weir task NAME bt")
        found = [task for executor in executors() for task in executor.tasks()
                 if task.name == words[0]]
        if not found:
            raise gdb.GdbError("no task '%s'; 'weir tasks' lists them"
                               % words[0])
        for task in found:
            print("task %s of executor %s, %s %s" % (
                task.name, task.executor.name, task.state(),
                task.waits_for()))
            if task.runs:
                print("it runs: its stack is that of thread (LWP) %d"
                      % task.executor.thread)
                continue
            for i, pc in enumerate(task.frames()):
                print("#%-2d 0x%016x in %s" % (i, pc, place(pc, i == 0)))


Weir()
Tasks()
TaskOf()
