#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
#	waiters ─ eater, chooser: wait     weir tasks, from outside
#	        ├ asker: yields for ever   gdb, on the process
#	        └ spinner: never yields    gdb, on its core
#
# What weir tasks and gdb see of a program that only links weir, and of a run.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
waiters=$build/tests/smoke/waiters
script=$root/package/gdb/weir-gdb.py

works "weir tasks --help" weir tasks --help
has "weir --help lists tasks" "$(weir --help)" '^ +tasks '

begin() { # begin WHO: the program with that last task, as $pid
	"$waiters" "$1" >waiters.out 2>&1 &
	pid=$!
	started+=("$pid")
}
sees() { weir tasks --pid "$pid" 2>&1 | grep -q "$1"; }

begin asker
until_it sees 'chooser .*waiting' || true
weir tasks --pid $pid --stacks >seen.out 2>&1
is "weir tasks --pid: exit code" $? 0
has "a task that waits says for what" "$(cat seen.out)" \
	"eater +waiting .*a message from channel 'food'$"
has "one that waits for several too" "$(cat seen.out)" \
	"chooser +waiting .*channel 'food' or a point in time$"
has "a stepper has its class's name, its own, and waits for something" \
	"$(cat seen.out)" "guest Joe +waiting .*a message from channel 'food'$"
has "a function step has its label's" "$(cat seen.out)" '^  bell  waiting$'
has "who closes a scope waits for its tasks" "$(cat seen.out)" \
	"main +waiting .*the tasks of its scope$"
has "stacks have functions, static ones too" "$(cat seen.out)" \
	'#[0-9]+ eat( |$)'
has "up to the first" "$(cat seen.out)" '#[0-9]+ task_entry'
has "and the printed bound is there" "$(cat seen.out)" \
	'a ready task waited .* at most \(bound '
asked() { weir tasks --pid $pid --json |
	jq -e '.remarks[] | select(test("asker.*yielded in"))'; }
if until_it asked >/dev/null; then
	ok "a task that only yields is remarked on"
else
	not_ok "a task that only yields is remarked on" "$(cat seen.out)"
fi
works "weir tasks --json has stacks" bash -c "'$weir_program' tasks --pid $pid \
	--stacks --json | jq -e '[.executors[].tasks[] | select(.name ==
	\"eater\").stack[].name] | map(select(startswith(\"eat \"))) |
	length == 1'"

# debug WHAT…: gdb's answers to 'weir tasks' and 'weir task eater bt'. The last
# command is refused, so it fails.
debug() {
	timeout -k 5 60 gdb -q -batch -nx "$@" -ex "source $script" \
		-ex 'weir tasks' -ex 'weir task eater bt' \
		-ex 'weir task nobody bt' >gdb.out 2>&1
}
shows() { # shows ON: what gdb.out has
	has "gdb $1: tasks" "$(cat gdb.out)" \
		"eater +waiting .*a message from channel 'food'"
	has "gdb $1: a select" "$(cat gdb.out)" \
		"chooser +waiting .*channel 'food' or a point in time"
	has "gdb $1: a stepper" "$(cat gdb.out)" \
		"guest Joe +waiting .*a message from channel 'food'"
	has "gdb $1: a function step" "$(cat gdb.out)" 'bell +function step'
	has "gdb $1: a task's stack" "$(cat gdb.out)" '#[0-9]+ .* in eat'
	has "gdb $1: up to the first" "$(cat gdb.out)" 'in task_entry'
	has "gdb $1: no such task" "$(cat gdb.out)" "no task 'nobody'"
}
if ! command -v gdb >/dev/null; then
	skip "gdb" "it is missing"
elif debug -p $pid || grep -q 'ptrace: ' gdb.out; then
	skip "gdb" "it may not look into processes here: $(tail -1 gdb.out)"
else
	shows "on a process"
	if grep -q __asan_init "$waiters"; then
		skip "gdb on a core file" \
			"the address sanitizer maps more than a core file holds"
	elif gdb -q -batch -nx -p $pid -ex "gcore core" >gcore.out 2>&1 &&
		[ -s core ]; then
		debug "$waiters" core
		shows "on a core file"
	else
		not_ok "gcore writes a core file" "$(cat gcore.out)"
	fi
fi
kill -KILL $pid

# Without symbols gdb says so; with them in a file of their own it works.
if ! command -v gdb >/dev/null || ! command -v objcopy >/dev/null; then
	skip "gdb on a stripped program" "gdb or objcopy is missing"
elif ! grep -q 'eater ' gdb.out; then
	skip "gdb on a stripped program" "it may not look into processes here"
else
	objcopy --only-keep-debug "$waiters" waiters.debug
	strip --strip-all -o stripped "$waiters"
	whole=$waiters waiters=$tmp/stripped
	begin asker
	until_it sees 'chooser .*waiting' || true
	has "weir tasks sees a stripped program" "$(weir tasks --pid $pid)" \
		"eater +waiting .*a message from channel 'food'"
	debug -p $pid
	has "gdb on a stripped program says what it needs" "$(cat gdb.out)" \
		"symbol weir_map .*stripped needs its debug information"
	kill -KILL $pid
	objcopy --add-gnu-debuglink=waiters.debug stripped linked
	waiters=$tmp/linked
	begin asker
	until_it sees 'chooser .*waiting' || true
	debug -p $pid
	shows "on a stripped program with its debug information apart"
	kill -KILL $pid
	waiters=$whole
fi

# A sender that was forgotten, and nobody else who could wake anybody.
is "a task that waits for a dropped sender: exit code" \
	"$(timeout -k 5 60 "$waiters" nobody 2>stuck.err; echo $?)" 1
has "it is named, and for what it waits" "$(cat stuck.err)" \
	"every task waits.*'eater' for a message from channel 'food'"

# The same beside a task that is busy.
begin forgetful
forgot() { weir tasks --pid $pid --json | jq -r '.remarks[]' | grep "'reader'"; }
if until_it forgot; then
	has "beside one that is busy, too: from outside" "$(forgot)" \
		"task 'reader' .* a message from channel 'letters', .* nobody is left"
else
	not_ok "a task that waits for a dropped sender beside a busy one" \
		"$(weir tasks --pid $pid)"
fi
is "who may yet be sent to is not" \
	"$(weir tasks --pid $pid --json | jq -r '.remarks[]' | grep -c "'eater'.*nobody")" 0
kill -KILL $pid

# as_user COMMAND…: as one who is not root.
as_user() { (cd / && setpriv --reuid 65534 --clear-groups "$@"); }
if [ "$(id -u)" != 0 ] || ! as_user test -x "$weir_program"; then
	skip "processes that may not be looked into" "only root can be another user"
else
	begin asker
	has "another user's process, in words" \
		"$(as_user "$weir_program" tasks --pid $pid 2>&1)" \
		"process $pid belongs to another user: run this as that user"
	kill -KILL $pid
	as_user "$waiters" hidden >/dev/null 2>&1 &
	started+=($!)
	until_it pgrep -P $! && pid=$(pgrep -P $!) || pid=$!
	until_it grep -q "^Uid:.65534" /proc/$pid/status
	forbids() { as_user "$weir_program" tasks --pid $pid 2>&1 |
		grep -E "process $pid may not be looked into.*(run this as root|ptrace_scope is)"; }
	if until_it forbids; then
		ok "one's own that forbids it, in words"
	else
		not_ok "one's own that forbids it, in words" \
			"$(as_user "$weir_program" tasks --pid $pid 2>&1)"
	fi
	kill -KILL $pid
fi

begin spinner
spins() { weir tasks --pid $pid --json |
	jq -e '.remarks[] | select(test("spinner.*without waiting"))'; }
if until_it spins >/dev/null; then
	ok "a task that never yields is named"
else
	not_ok "a task that never yields is named" "$(weir tasks --pid $pid)"
fi
has "it runs, and has no stack" "$(weir tasks --pid $pid --stacks)" \
	'the stack of what runs cannot be copied'
kill -KILL $pid

begin asker
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	setpriv --bounding-set=-sys_ptrace --inh-caps=-sys_ptrace \
		"$weir_program" tasks --pid $pid >cap.out 2>&1
	is "root without CAP_SYS_PTRACE: exit code" $? 2
	has "the capability is named" "$(cat cap.out)" \
		"root needs the capability CAP_SYS_PTRACE .*--cap-add SYS_PTRACE"
else
	skip "root without CAP_SYS_PTRACE" "only root can be without it"
fi
kill -KILL $pid

begin "xaufgabe-für-äöüäöüäöüäöüäöüä"
lettered() { weir tasks --pid $pid --json | jq -e '.executors[].tasks[] |
	select(.name == "xaufgabe-für-äöüäöüäö").state == "waiting"'; }
if until_it lettered >/dev/null; then
	ok "a name is cut between letters, and its task is there"
else
	not_ok "a name is cut between letters, and its task is there" \
		"$(weir tasks --pid $pid --json)"
fi
kill -KILL $pid

# ---- a run ----

name=smoke-tasks-$$
"$weir_program" run --name $name -e "file:$captures/slow.pcap pace=capture factor=0.1 !
	count ! file:out.pcap" >run.out 2>&1 &
run=$!
started+=("$run")
runs() { weir tasks $name >run.tasks 2>&1 && grep -q '^executor lcores' run.tasks; }
if until_it runs; then
	ok "weir tasks INSTANCE shows the executors of a run"
else
	not_ok "weir tasks INSTANCE shows the executors of a run" \
		"$(cat run.tasks run.out)"
fi

# ---- what is refused ----

weir tasks no-such-run >none.out 2>&1
is "no such instance: exit code" $? 2
has "and a sentence" "$(cat none.out)" "^weir tasks: .*no-such-run"
weir tasks --pid 999999999 >none.out 2>&1
is "no such process: exit code" $? 2
is "and a sentence" "$(cat none.out)" \
	"weir tasks: there is no process 999999999 (any more)"
weir tasks --pid 0 >none.out 2>&1
is "process 0: exit code" $? 2
is "and a sentence" "$(cat none.out)" "weir tasks: there is no process 0"
weir tasks --pid $$ >none.out 2>&1
is "a process without weir: exit code" $? 2
has "and a sentence" "$(cat none.out)" "process $$ has no weir in it"
weir tasks web --pid 1 >none.out 2>&1
is "an instance and --pid: exit code" $? 2
finish
