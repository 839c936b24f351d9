#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
#	gen ──▶ faulty ──▶ sink        watchdog ┄┄▶ the lcore
#	gen ──▶ stubborn
#
# What became of a step that was too long is found under its name: the task's own
# doing, a call that sleeps, or a core that was taken away, which breaks nothing.
# The machine may steal what a fault needs to be seen, so each is tried as often as
# it can take that; what is never so is looked at each time.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
faulty=$build/tests/smoke/faulty.so

# run_faulty HOW ARGUMENT…: a fault of 25 ms where 5 are allowed, once in
# ten million packets.
run_faulty() {
	local how=$1
	shift
	urgent "$weir_program" run --load "$faulty" --json "$@" -e \
		"gen count=10000000 ! faulty at=9000000 how=$how for=25ms
		max_exec=5ms ! sink" >run.json 2>run.err
	code=$?
}
of_faulty() { answer run.json ".contract.classes[] | select(.name == \"faulty\") | $1"; }
# finds TRIES FINDING HOW: a run that found it; answers 0 when one of so many did.
finds() {
	local tries=$1
	shift
	for _ in $(seq "$tries"); do
		run_faulty "$2"
		[ "$(of_faulty ".$1")" = 1 ] && return 0
	done
	not_ok "$2: a $1 is found" "$(jq .contract run.json)" "$(cat run.err)"
	return 1
}

if finds 20 blocked_task spin; then
	ok "a stage that spins five times its contract once is a blocked task"
	is "the run fails by it" $code 1
	is "and says which stage it was" \
		"$(answer run.json '.findings[] | select(test("broken")) |
			capture("(?<w>.*)\\n").w | split(" took")[0]')" \
		"contract broken: 'faulty'"
	has "with the stack that it had" \
		"$(of_faulty '.worst[0].stack | join(" < ")')" \
		'spin_too_long|faulty\.so'
	is "every step is one finding" "$(of_faulty '.over ==
		.blocked_task + .blocking_call + .stolen_core + .not_witnessed')" true
fi
# A sleep takes as long on any machine: what is tried twice is the watchdog's luck.
if finds 2 blocking_call sleep; then
	ok "a stage that calls usleep makes a blocking call"
	is "the run fails by it" $code 1
	has "the call has its name" "$(of_faulty '.worst[0].call')" nanosleep
fi
if finds 2 blocking_call lock; then
	ok "a stage that takes a lock that another thread has makes one, too"
	is "of this name" "$(of_faulty '.worst[0].call')" futex
fi

# The first burst of a stage, before anybody has looked, is where it opens things.
for _ in 1 2; do
	weir run --load "$faulty" --json -e "gen count=100000 !
		faulty at=1 how=sleep for=25ms max_exec=5ms ! sink" \
		>run.json 2>run.err
	code=$?
	[ "$(of_faulty .blocking_call)" = 1 ] && break
done
is "so does the first packet of all" "$code $(of_faulty .blocking_call)" "1 1"

cat >thread.yaml <<'END'
version: 1
stages:
  gen: {type: gen, count: 3000000}
  faulty: {type: faulty, inputs: gen, at: 2000000, how: sleep, for: 25ms, place: thread, max_exec: 5ms}
  sink: {type: sink, inputs: faulty}
END
weir run --load "$faulty" --json thread.yaml >run.json 2>run.err
is "on a thread of its own a stage may sleep" \
	"$? $(of_faulty .broken)" "0 false"
is "and is said to" "$(of_faulty '.over == .blocking_call + .not_witnessed +
	.stolen_core')" true

# Without any limit the sleep is found, too, though not whose it was: also in a run
# that has ended before anybody looked.
weir run --load "$faulty" --json -e \
	"gen count=100000 ! faulty at=1000 how=sleep for=25ms ! sink" \
	>run.json 2>run.err
is "a sleep is no contract broken where there is none" $? 0
has "but a finding" "$(answer run.json '.findings[]')" \
	"lcore 1 went to sleep in the kernel (once|[0-9]+ times): a"

# ---- the machine's doing ----

# long_run: gen and sink at full speed, until it is interrupted; $pid is weir's.
instance=smoke-contract-$$
long_run() {
	setsid bash -c 'echo -20 2>/dev/null >/proc/self/autogroup
		exec "$@"' _ "$weir_program" run --contract --json \
		--name $instance --set runtime.max_exec=20ms \
		-e "gen ! sink" >run.json 2>run.err &
	pid=$!
	started+=("$pid")
	until_it has_counted $instance stages.sink.in ||
		not_ok "it runs" "$(cat run.err)"
}
of_all() { answer run.json "[.contract.classes[].$1] | add"; }
# taken COMMAND…: a run in which it takes the core for 300 ms.
taken() {
	long_run
	"$@"
	sleep 0.3
	kill -INT "$pid"
	wait "$pid"
	code=$?
	blamed="$(of_all blocked_task) $(of_all blocking_call)"
	stolen=$(of_all stolen_core)
}
# is_stolen WHAT COMMAND…
is_stolen() {
	local what=$1
	shift
	taken "$@"
	is "$what does not fail the run" "$code" 0
	is "nor is a task or a call blamed" "$blamed" "0 0"
	if [ "$stolen" -ge 1 ] 2>/dev/null; then
		ok "it is a stolen core"
	else
		not_ok "it is a stolen core" "$(jq .contract run.json)" \
			"$(cat run.err)"
	fi
}

stop_it() {
	kill -STOP "$pid"
	sleep 0.3
	kill -CONT "$pid"
}
is_stolen "a process that is stopped for a while" stop_it

thief="a thread of the real-time class that takes the core"
cpu=$(answer run.json '.executors[0].cpu')
rob() { timeout 0.3 chrt -f 50 taskset -c "$cpu" sh -c 'while :; do :; done'; }
if chrt -f 50 taskset -c "$cpu" true 2>/dev/null; then
	is_stolen "$thief" rob
else
	skip "$thief" "only root may start one"
fi

# ---- calls ----

# finding: what the run with --check=blocking found, but for the stack.
finding() { answer run.json '.findings[] | select(test("called")) | split(":")[0]'; }

run_faulty sleep --check=blocking
is "a call is trapped, named, and done as it was" "$(finding)" \
	"stage 'faulty' called clock_nanosleep once, which an lcore must not"
is "the run fails by it" $code 1
has "its stack leads to the stage" "$(answer run.json '.findings[]')" \
	"clock_nanosleep.* < .*faulty"
run_faulty write --check=blocking
is "so is one that does not sleep" "$(finding)" \
	"stage 'faulty' called write once, which an lcore must not"
run_faulty number --check=blocking
has "one without a name has its number" "$(finding)" \
	"called system call 100000, 3 times, which an lcore must not"
has "one with a name has it" "$(finding)" \
	"called rt_sigaction once, which an lcore must not"
run_faulty refuse --check=blocking
has "a trap that the system refuses is said" "$(answer run.json '.findings[]')" \
	"^lcore 1: the system refused to trap .*: Operation not permitted"
is "and fails the run" $code 1
weir run --check=blocking --json -e "gen count=100000 ! shape rate=1Gbit/s ! sink" \
	>run.json 2>run.err
is "stages that come with weir make none" "$? $(finding)" "0 "

# ---- a step that never ends ----

setsid bash -c 'echo -20 2>/dev/null >/proc/self/autogroup
	exec "$@"' _ "$weir_program" run --load "$faulty" --contract \
	--name "stubborn-$$" -e "gen ! stubborn" >stubborn.out 2>stubborn.err &
pid=$!
started+=("$pid")
until_it grep -q "does not end" stubborn.err
has "a task that never yields is told of while it runs" \
	"$(cat stubborn.err)" "step of 'stubborn' does not end: blocked task"
is "its counters can be read" "$(weir ls | grep -c "^stubborn-$$ ")" 1
kill -INT -- -"$pid"
until_it grep -q "cannot drain" stubborn.err
has "Ctrl-C: what holds up the drain, and what to do" "$(cat stubborn.err)" \
	"stage 'stubborn' on lcore 1 does not end its step, .* a second Ctrl-C"
kill -INT -- -"$pid"
wait "$pid"
is "a second Ctrl-C gives it up" $? 1
is "and takes its counters along" "$(weir ls | grep -c "^stubborn-$$ ")" 0
said=$(tr -s '\n ' ' ' <stubborn.out)
has "which stage, and how much was inside" "$said" \
	"'stubborn' on lcore 1 does not end its step, .*: the run was given up, with [0-9]+ packets inside"
has "that is held, and nothing unaccounted" "$said" \
	"gen->stubborn in [0-9]+ out 0 dropped 0 held [1-9][0-9]*: 0 unaccounted"
has "the remarks stand in the report" "$said" \
	"remarks • task 'stubborn' of executor 'lcores.1' has run for [0-9]+ ms without waiting or yielding"
"$weir_program" run --load "$faulty" --contract -e \
	"gen ! faulty at=1000 how=hang ! sink" >hang.out 2>hang.err &
pid=$!
started+=("$pid")
until_it grep -q "does not end" hang.err
has "so is one that waits in the kernel for ever" "$(cat hang.err)" \
	"step of 'faulty' does not end: blocking call in read"
{
	kill -KILL "$pid"
	wait "$pid"
} 2>/dev/null

# ---- remarks ----

weir run --load "$faulty" --json -e "gen count=1000 ! restless" >run.json 2>run.err
has "a task that has ended is remarked on in the report" \
	"$(answer run.json '.remarks[]')" \
	"task 'restless' of executor 'lcores.1' yielded in [0-9]+ of its [0-9]+ steps"
has "so is a stack that was nearly full" "$(answer run.json '.remarks[]')" \
	"task 'restless' .* stack of .* full but for [0-9]+ bytes"
is "which fails nothing" "$(answer run.json .verdict.exit)" 0
weir run --json -e "gen count=1000 ! count ! sink" >run.json
is "a run with nothing to remark on has none" "$(answer run.json '.remarks | length')" 0

# ---- what is asked for ----

weir run --json -e "gen count=1000 ! sink" >run.json
is "without a limit nothing is said of contracts" \
	"$(answer run.json .contract)" null
weir run --json --contract -e "gen count=1000 ! sink" >run.json
is "--contract gives a limit to every class" \
	"$(answer run.json '[.contract.classes[].max_exec_ns] | unique[]')" 1000000
weir run --contract=lax -e "gen count=1000 ! sink" 2>run.err
is "--contract takes strict and nothing else" $? 2
finish
