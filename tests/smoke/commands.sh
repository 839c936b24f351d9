#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# The commands that run nothing, and how all of them answer: help, JSON, what
# is wrong with how they were called.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

works "weir --help" weir --help
has "weir --version" "$(weir --version)" '^weir [0-9]+\.[0-9]+\.[0-9]+$'
weir >/dev/null 2>&1
is "weir alone: exit code" $? 2
weir fun >fun.out 2>&1
is "weir fun: exit code" $? 2
has "and it is named" "$(cat fun.out)" "'fun'"
for command in run check stages schema test new ls stats tasks trace devices \
	doctor; do
	works "weir $command --help" weir $command --help
	has "weir $command --help shows how" "$(weir $command --help)" \
		"Usage: weir $command"
	weir $command --no-such-option >/dev/null 2>&1
	is "weir $command --no-such-option: exit code" $? 2
	has "weir --help lists $command" "$(weir --help)" "^ +$command "
	same "weir help $command is the same" <(weir help $command) \
		<(weir $command --help)
done

# wrong ARGUMENTS PATTERN: they are refused with words and exit code 2.
wrong() {
	local answer
	answer=$(weir $1 2>&1)
	is "weir $1: exit code" $? 2
	has "and it says what is wrong" "$answer" "$2"
}
wrong "chek" "did you mean 'check'"
wrong "help chek" "did you mean 'check'"
wrong "run --sett x" "'--sett' is not an option; did you mean '--set'"
wrong "run -x" "'-x' is not an option"
wrong "run --set" "--set lacks its value: --set PATH=VALUE"
wrong "run -e" "-e lacks its value: -e EXPRESSION"
wrong "run --quiet=1 a" "'--quiet=1': it takes no value"
wrong "run --for x a" "--for: 'x' is not a duration"
wrong "run a b" "FILE only, not 'b' too"
wrong "ls a" "no arguments, not 'a'"
wrong "run" "give a pipeline file or -e EXPRESSION"
has "an option may be cut short" "$(weir stages --js filter)" '^\{'
has "and stand behind operands" "$(weir stages filter --json)" '^\{'

for stage in rx tx filter shard merge tee count delay drop; do
	has "weir stages lists $stage" "$(weir stages)" "^ *$stage "
	works "weir stages $stage" weir stages $stage
done
has "weir stages filter tells its options" "$(weir stages filter)" "expr"
weir stages fliter >stages.out 2>&1
is "weir stages fliter: exit code" $? 2
has "and 'filter' is meant" "$(cat stages.out)" "filter"

cat >plan.yaml <<YAML
version: 1
x-note: keys that begin with x- are nobody's business
ports:
  in: {file: $talk}
  out: {file: "\${OUT:-out.pcap}"}
stages:
  rx: {type: rx, port: in}
  split: {type: shard, inputs: rx, by: flow}
  web: {type: filter, inputs: split, replicas: 2, expr: "tcp port 443"}
  tx: {type: tx, inputs: [web.match, web.rest], port: out}
YAML
works "weir check of a good file" weir check plan.yaml
plan=$(weir check plan.yaml)
has "the plan has each replica" "$plan" 'web\[1\]'
has "the plan says where" "$plan" 'lcore'
works "weir check --dot is a graph" bash -c \
	"'$weir_program' check --dot plan.yaml | grep -q '^digraph'"
for arguments in "check --json plan.yaml" "stages --json" \
	"stages --json filter" "schema"; do
	weir $arguments >answer.json 2>answer.err
	is "weir $arguments: exit code" $? 0
	works "weir $arguments: jq reads it" jq -e . answer.json
	works "weir $arguments: python reads it" python3 -m json.tool answer.json
done
works "the schema knows the stages" bash -c \
	"'$weir_program' schema | grep -q '\"filter\"'"
weir run plan.yaml --json >report.json 2>/dev/null
is "weir run --json: exit code" $? 0
works "weir run --json: jq reads it" jq -e .total.in report.json
works "weir run --json: python reads it" python3 -m json.tool report.json

OUT=other.pcap weir run plan.yaml >/dev/null 2>&1
works "a variable chooses the output" test -s other.pcap
weir run plan.yaml --set ports.out.file=third.pcap >/dev/null 2>&1
works "--set chooses the output" test -s third.pcap
weir check plan.yaml --set stages.web.replics=3 >set.out 2>&1
is "--set of an unknown key: exit code" $? 2
has "is answered with what is there" "$(cat set.out)" "replicas"

weir run -e "file:$talk ! filter expr=\"udp and port 53\" ! file:short.pcap" \
	>/dev/null 2>&1
is "the short form runs: exit code" $? 0
same "the short form does what the file does" short.pcap <(tcpdump -r "$talk" \
	-w - --time-stamp-precision=nano "udp and port 53" 2>/dev/null)
weir check -e "file:a.pcap ! fliter expr=udp ! file:b.pcap" >short.out 2>&1
is "the short form, wrong: exit code" $? 2
has "the short form, wrong: words" "$(cat short.out)" "filter"
finish
