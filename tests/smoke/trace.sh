#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
#	in ─▶ rx ─▶ split ─▶ seen[0..1] ─▶ web[0..1] ─▶ join ─▶ tx ─▶ out    --trace
#
#	gen ══▶ count (a thread) ══▶ sink      beside it: weir trace
#
# A trace says the same as the counters, babeltrace2 reads it, and what weir makes
# of it is what Perfetto takes.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
name=smoke-trace-$$
export HOME=$tmp TMPDIR=$tmp # where DPDK's own traces would go, and ours

works "the document has the table of points" \
	python3 "$root/tests/points.py" "$root/docs/tracing.md"

# ---- a whole run ----

run_report run.json "$root/apps/quickstart.yaml" --set "ports.in.file=$talk" \
	--set ports.out.file=out.pcap --trace whole --trace-memory 16
is "a run that is traced works" $? 0
is "it does nothing else with DPDK's traces" "$(ls -d dpdk-traces 2>&1)" \
	"ls: cannot access 'dpdk-traces': No such file or directory"

if ! command -v babeltrace2 >/dev/null; then
	skip "babeltrace2 reads it" "babeltrace2 is missing"
else
	works "babeltrace2 reads it" babeltrace2 whole -o text -w events.txt
	has "points are called as the table says" "$(cat events.txt)" \
		'weir\.stage\.burst: .*stage = 0x[0-9A-F]+, packets = 0x'
fi
# sum_of KIND NAME: adds up what babeltrace2 says went through it.
cat >sum.py <<'END'
import collections, re, sys
names, sums, counts = {}, collections.Counter(), collections.Counter()
named = re.compile(r'weir\.trace\.named: .*object = (\w+), kind = "(\w+)", '
                   r'name = "(.*)" }')
moved = re.compile(r'weir\.(stage\.burst|chan\.sent|chan\.received): .*'
                   r'{ (?:stage|channel) = (\w+), (?:packets|count) = (\w+)')
for line in open('events.txt'):
    m = named.search(line)
    if m:
        names[m[1]] = m[3]
    m = moved.search(line)
    if m:
        sums[m[1] + ' ' + names[m[2]]] += int(m[3], 0)
        counts[m[1] + ' ' + names[m[2]]] += 1
for key in sorted(sums):
    print(key, sums[key], counts[key])
END
if [ -e events.txt ]; then
	python3 sum.py >sums.txt
	wanted=$(answer run.json '.stages[] |
		"stage.burst \(.name) \(.in) \(.steps)"' | sort)
	is "as many packets and bursts went through each stage as are counted" \
		"$(grep '^stage.burst' sums.txt)" "$wanted"
fi

if weir trace whole -o whole.out 2>&1 | grep -q libbabeltrace2; then
	skip "weir trace" "this weir was built without libbabeltrace2"
	finish
fi

# ---- the form that Perfetto takes ----

cat >check.py <<'END'
"""Holds a file to the Trace Event Format: what each phase must have."""
import bisect, collections, json, sys
trace = json.load(open(sys.argv[1]))
events, waits, flows = trace['traceEvents'], {}, collections.defaultdict(list)
for e in events:
    assert isinstance(e['name'], str) and e['pid'] == 1, e
    assert isinstance(e['tid'], int) and e['ts'] >= 0, e
    ph = e['ph']
    assert ph in 'XMbesfCi', e
    if ph == 'X':
        assert e['dur'] >= 0, e
    elif ph == 'M':
        assert e['name'] in ('process_name', 'thread_name'), e
        assert isinstance(e['args']['name'], str), e
    elif ph == 'b':
        assert e['id'] not in waits, e
        waits[e['id']] = e
    elif ph == 'e':
        b = waits.pop(e['id'])
        assert b['name'] == e['name'] and b['cat'] == e['cat'], e
        assert b['ts'] <= e['ts'], e
    elif ph in 'sf':
        flows[e['id']].append(e)
    elif ph == 'C':
        assert all(isinstance(v, int) for v in e['args'].values()), e
    elif ph == 'i':
        assert e['s'] in 'gpt', e
assert not waits, waits
for pair in flows.values():
    assert [e['ph'] for e in pair] == ['s', 'f'], pair
    assert pair[0]['ts'] <= pair[1]['ts'], pair
    assert pair[1]['bp'] == 'e', pair
# Slices of a thread lie one behind the other, or one in the other.
by_thread = collections.defaultdict(list)
for e in events:
    if e['ph'] == 'X':
        by_thread[e['tid']].append((e['ts'], e['ts'] + e['dur'], e['name']))
for slices in by_thread.values():
    slices.sort(key=lambda s: (s[0], -s[1]))
    open_ = []
    for begin, end, name in slices:
        while open_ and open_[-1] <= begin + 0.0005:
            open_.pop()
        assert not open_ or end <= open_[-1] + 0.0005, (begin, end, name)
        open_.append(end)
# What else the format's description asks for: a category and an id where events
# belong together, and the same name at both ends; times that are numbers.
assert set(trace) <= {'traceEvents', 'displayTimeUnit', 'otherData', 'metadata'}
assert trace.get('displayTimeUnit', 'ms') in ('ms', 'ns')
for e in events:
    assert type(e['ts']) in (int, float) and e['ts'] == e['ts'], e
    if e['ph'] in 'besf':
        assert isinstance(e['cat'], str) and e['id'] != '', e
    if e['ph'] == 'X':
        assert type(e['dur']) in (int, float) and isinstance(e['cat'], str), e
for one, two in flows.values():
    assert (one['name'], one['cat']) == (two['name'], two['cat']), (one, two)
# An arrow begins and ends at a slice: viewers leave out one that does not.
begins = {tid: [s[0] for s in slices] for tid, slices in by_thread.items()}
loose = 0
for pair in flows.values():
    for e in pair:
        i = bisect.bisect(begins.get(e['tid'], []), e['ts'] + 0.0015)
        near = by_thread[e['tid']][max(0, i - 8):i]
        loose += not any(e['ts'] <= end + 0.0015 for _, end, _ in near)
print(len(flows), 'arrows,', loose, 'ends at no slice')
assert loose <= max(4, len(flows) // 20)
for kind in sys.argv[2:]:
    ph, name = kind.split('=', 1)
    assert any(e['ph'] == ph and e['name'] == name for e in events), kind
END
works "weir trace converts it" weir trace whole -o whole.json
works "it is in the Trace Event Format, with stages as slices of an lcore" \
	python3 check.py whole.json M=thread_name X=rx 'X=web[1]' X=tx
is "slices are as many as bursts" "$(jq '[.traceEvents[] |
	select(.ph == "X" and .cat == "stage")] | length' whole.json)" \
	"$(grep -c 'weir.stage.burst' events.txt 2>/dev/null ||
		jq '[.traceEvents[] | select(.cat == "stage")] | length' \
			whole.json)"

# ---- a stage that is a task ----

weir run --load "$build/tests/smoke/faulty.so" --quiet --trace tasked \
	--trace-memory 32 -e "gen count=1000 ! restless" >tasked.out 2>&1
is "a run with a task stage is traced" "$? $(cat tasked.out)" "0 "
works "its task is a track of slices of the lcore" \
	sh -c "'$weir_program' trace tasked -o tasked.json &&
		python3 check.py tasked.json M=thread_name X=restless"
if command -v babeltrace2 >/dev/null; then
	babeltrace2 tasked -o text -w tasked.txt
	has "it was spawned, under its name" "$(grep task.spawned tasked.txt)" \
		'name = "restless"'
	is "each step that ended in a yield is there" \
		"$([ "$(grep -c weir.task.yielded tasked.txt)" -ge 150000 ] &&
			echo so)" so
	has "it ended well" "$(grep task.ended tasked.txt)" 'error = 0x0 '
fi

# ---- a run from another terminal ----

cat >pair.yaml <<'END'
version: 1
stages:
  gen:  {type: gen, rate: 100kpps}
  seen: {type: count, inputs: gen, place: thread}
  end:  {type: sink, inputs: seen}
END
"$weir_program" run pair.yaml --name $name >run.out 2>&1 &
pid=$!
started+=("$pid")
flows() { has_counted $name stages.end.in; }
until_it flows || not_ok "the run begins" "$(cat run.out)"

works "weir trace traces a run" weir trace $name -t 100ms -o pair.json \
	--keep pair.ctf
works "channels are counters and arrows, both threads are there" \
	python3 check.py pair.json X=gen X=seen X=end 'C=in gen->seen' \
	s=message f=message
is "lcore and thread are tracks" "$(jq -r '[.traceEvents[] |
	select(.name == "thread_name") | .args.name] | sort | join(" ")' \
	pair.json)" "lcores.1 threads.0"
works "and again" weir trace $name -t 50ms -o again.json
# A trace of a run that goes on may end in any event, of any size.
for point in stage.burst executor.turn executor.idle chan.sent chan.received; do
	works "also where it ends in weir.$point" weir trace $name -t 20ms \
		--points weir.$point -o ends.json --keep ends.$point
done
for i in 1 2 3 4 5; do
	works "also time and again, $i" \
		weir trace $name -t 20ms -o again.json
done
if [ -c /dev/full ]; then
	weir trace $name -t 20ms -o /dev/full --keep kept 2>kept.err
	is "a trace whose JSON cannot be written: exit code" $? 1
	has "is kept if it was asked for" "$(cat kept.err)" \
		"the trace itself is in 'kept'"
	works "whole" weir trace kept -o kept.json
fi
is "of one kind of points" "$(weir trace $name -t 50ms -o - \
	--points 'weir.chan.*' 2>/dev/null | jq -r '[.traceEvents[] |
	select(.ph == "X")] | length')" 0
weir trace $name -t 50ms --points weir.nothing -o none.json 2>none.err
is "points that there are not: exit code" $? 1
has "and they are named" "$(cat none.err)" \
	"took no trace: no trace point is called 'weir.nothing'"
is "nothing is left" "$(ls none.json 2>&1)" \
	"ls: cannot access 'none.json': No such file or directory"
"$weir_program" trace $name -t 600s -o given-up.json 2>given-up.err &
first=$!
started+=("$first")
until_it grep -q "tracing '$name' for 600 s" given-up.err ||
	not_ok "a trace is being taken" "$(cat given-up.err)"
kill -INT $first
wait $first
is "one that is interrupted: exit code" $? 1
next() { weir trace $name -t 1ms -o next.json 2>next.err; }
if until_it next; then
	ok "one that nobody waits for any more has ended"
else
	not_ok "one that nobody waits for any more has ended" "$(cat next.err)"
fi
weir trace $name -t 1s --memory 1 -o little.json 2>little.err
has "what was overwritten is said" "$(cat little.err)" \
	"[0-9]+ events of 2 threads in 'little.json'"
"$weir_program" trace $name -t 600s -o first.json 2>first.err &
first=$!
started+=("$first")
until_it grep -q "tracing '$name' for 600 s" first.err ||
	not_ok "it is said that one is being taken" "$(cat first.err)"
weir trace $name -t 1ms -o second.json 2>second.err
is "one is taken at a time: exit code" $? 1
has "in words" "$(cat second.err)" \
	"took no trace: a trace is being taken already"
kill -INT $pid
wait $pid
is "the run ends well" $? 0
has "and accounts for all" "$(cat run.out)" "every packet is accounted for"
wait $first
is "a trace of a run that ends meanwhile is what there was" $? 0
works "and whole" python3 check.py first.json X=gen X=end

# ---- what cannot be ----

# says SENTENCE CODE TEXT ARGUMENT…
says() {
	local sentence=$1 code=$2 text=$3
	shift 3
	weir trace "$@" >says.out 2>&1
	is "$sentence: exit code" $? "$code"
	has "$sentence: in words" "$(cat says.out)" "$text"
}
says "nothing named" 2 "say which run, or the folder of which trace"
says "no such run" 2 "there is no instance 'no-such-run'" no-such-run
mkdir mine
says "no such run, and a folder of one's own" 2 "no instance" no-such-run \
	-o x.json --keep mine
works "which stays" rmdir mine
for mib in 0 2048 17592186044416; do
	says "$mib MiB for each thread" 2 "takes from 1 to 2047 MiB" $name \
		--memory $mib
done
says "no time" 2 "give -t more than 0s" $name -t 0s
says "a folder that is no trace" 2 "cannot be read as a trace" .
says "no place for the output" 2 "cannot write '/no/such/place'" whole \
	-o /no/such/place
mkdir used && touch used/thing
says "a place for the trace that is used" 1 "is not empty" whole-no -o x.json \
	--keep used
if [ -c /dev/full ]; then
	says "a full disk" 1 "cannot write '/dev/full'" whole -o /dev/full
	is "which stays" "$(stat -c %F /dev/full)" "character special file"
fi
weir run -e "file:$captures/slow.pcap ! file:o.pcap" --trace used >used.out 2>&1
is "a run whose trace has no folder: exit code" $? 2
has "in words" "$(cat used.out)" "the folder 'used' is not empty"

weir run -e "file:$captures/slow.pcap ! file:o.pcap" --trace large \
	--trace-memory 17592186044416 >large.out 2>&1
is "a run whose trace takes more than there is: exit code" $? 2
has "in words" "$(cat large.out)" "takes up to 2047 MiB"

# A process that is killed while it is traced.
"$weir_program" run pair.yaml --name $name >run.out 2>&1 &
pid=$!
started+=("$pid")
until_it flows
"$weir_program" trace $name -t 600s -o killed.json 2>killed.err &
first=$!
started+=("$first")
until_it grep -q "tracing '$name'" killed.err ||
	not_ok "a trace is being taken" "$(cat killed.err)"
kill -KILL $pid
wait $pid 2>/dev/null
wait $first
is "a run that is killed meanwhile: exit code" $? 1
has "in words" "$(cat killed.err)" "'$name' ended before it had written its trace"
says "a run that was killed" 2 "'$name' has ended" $name

# An instance whose process takes no traces: the signal would end it.
"$weir_program" run pair.yaml --name $name >/dev/null 2>&1 &
pid=$!
started+=("$pid")
until_it flows
sleep 60 &
sleeper=$!
started+=("$sleeper")
cat >pretend.py <<'END'
import shutil, struct, sys
ours, pid = sys.argv[1], int(sys.argv[2])
start = int(open(f'/proc/{pid}/stat').read().rsplit(')', 1)[1].split()[19])
head = bytearray(open(ours, 'rb').read())
struct.pack_into('<iQ', head, 12, pid, start)  # lib/count/layout.h
end = head.index(sys.argv[3].encode()) + len(sys.argv[3])
head[end - 1:end] = b'X'  # its instance
open(ours[:-1] + 'X', 'wb').write(head)
END
python3 pretend.py "/dev/shm/weir.$(id -u).$name" $sleeper $name
says "a process that takes no traces" 1 "takes no traces" "${name%?}X" -t 1ms
works "and lives on" kill -0 $sleeper
rm -f "/dev/shm/weir.$(id -u).${name%?}X"
kill $sleeper
wait $sleeper 2>/dev/null
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	got=$(cd / && TMPDIR=/tmp setpriv --reuid 65534 --clear-groups "$weir_program" \
		trace $name -t 1ms -o - 2>&1)
	has "another user's run" "$got" "there is no instance '$name'|not found"
else
	skip "another user's run" "only root can be another user"
fi
kill -STOP $pid
says "a run that stands still" 1 "does not answer" $name -t 1ms
kill -CONT $pid
kill -INT $pid
wait $pid
is "it goes on as if nothing were" $? 0
is "no folder is left behind" "$(ls -d "$tmp"/weir-trace-* \
	2>/dev/null | wc -l)" 0
finish
