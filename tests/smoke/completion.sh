#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
#	a line, Tab ──▶ bash, zsh, fish ──▶ weir __complete ──▶ the line goes on
#
# The scripts of 'weir completion' in the shells themselves: bash and zsh on a
# terminal, as a user sees them, fish through what it has for tests.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

mkdir bin
ln -s "$weir_program" bin/weir
export PATH=$tmp/bin:$PATH
cp "$root/apps/quickstart.yaml" first.yaml
touch first.txt first.pcap
mkdir folder

# offers SENTENCE WORD… -- PATTERN: a line that weir answers has the pattern.
offers() {
	local sentence=$1 words=()
	shift
	while [ "$1" != @ ]; do
		words+=("$1")
		shift
	done
	has "$sentence" "$(weir __complete "${words[@]}" 2>&1)" "$2"
}
offers "commands are offered" "" @ '^check	'
offers "options are" run --s @ '^--set	'
offers "files of pipelines are left to the shell" run "" @ '^:files \.yaml'
offers "types of stages are" stages "" @ '^filter	'
offers "kinds of ports are" stages "" @ '^file	'
offers "paths of the file on the line are" \
	check first.yaml --set "" @ '^stages\.web\.replicas=	'
offers "values of a choice are" \
	check first.yaml --set stages.web.place= @ '^stages\.web\.place=lcore	'
offers "and behind --set= too" \
	check first.yaml --set=runt @ '^--set=runtime\.depth=	'
offers "paths of a short form are" \
	run -e "file:$talk ! count ! file:a.pcap" --set s @ '^stages\.count\.'
offers "shells are" completion "" @ '^fish	'
is "nothing is offered behind --" "$(weir __complete run a.yaml -- "")" ""
is "nothing for a command that is not" "$(weir __complete fun "")" ""
is "an option that was given is not offered again" \
	"$(weir __complete run --json - | grep -c -- --json)" 0
is "but --set is" "$(weir __complete run --set a=b - | grep -c -- --set)" 1
printf 'a: [' >broken.yaml
is "a broken file offers nothing, quietly" \
	"$(weir __complete run broken.yaml --set "" 2>&1)" ""
is "standard input is not read" \
	"$(weir __complete run - --set "" </dev/null 2>&1)" ""

weir_test run -e "file:$captures/slow.pcap pace=capture ! file:slow-out.pcap" \
	--name shown-$$ --quiet 2>run.err &
running=$!
started+=($running)
shown() { weir __complete stats "" | grep -q "^shown-$$	running"; }
if until_it shown; then
	ok "instances that run are offered"
else
	not_ok "instances that run are offered" "$(weir ls; cat run.err)"
fi
counters() { weir __complete stats shown-$$ "" | grep -q '^ports\..*\.rx_packets	'; }
if until_it counters; then
	ok "and their counters"
else
	not_ok "and their counters" "$(weir __complete stats shown-$$ ""; weir ls; cat run.err)"
fi
kill -INT $running
wait $running

# ---- the shells ----

for shell in bash zsh fish; do
	weir completion $shell >weir.$shell
	same "weir completion $shell prints what is installed" weir.$shell \
		"$root/apps/completion/weir.$shell"
done
works "bash takes its script" bash -n weir.bash

# completes SHELL START COMMAND-LINE WANTED: Tab makes the line WANTED.
terminal() { tmux -S "$tmp/tmux.$shell" -f /dev/null "$@" 2>/dev/null; }
screen() { terminal capture-pane -p -t 0; }
# Behind the last character the screen is empty: a space cannot be seen.
typed() { screen | grep -qF "${1:+> }${1% }"; }
prompt() { screen | grep -q '^>'; }
completes() {
	local line=$2 wanted=$3
	terminal send-keys -t 0 C-u
	terminal send-keys -t 0 -l "$line"
	until_it typed "$line"
	terminal send-keys -t 0 Tab
	if until_it typed "$wanted"; then
		ok "$1: '$line' becomes '$wanted'"
	else
		not_ok "$1: '$line' becomes '$wanted'" "$(screen)"
	fi
}
# lists SHELL LINE PATTERN: Tab, twice where it takes that, shows it.
lists() {
	terminal send-keys -t 0 C-u
	terminal send-keys -t 0 -l "$2"
	until_it typed "$2"
	terminal send-keys -t 0 Tab
	sleep 0.3
	terminal send-keys -t 0 Tab
	listed() { screen | grep -qE -- "$1"; }
	if until_it listed "$3"; then
		ok "$1: '$2' lists $3"
	else
		not_ok "$1: '$2' lists $3" "$(screen)"
	fi
}
all_of() {
	completes $1 "weir ch" "weir check"
	completes $1 "weir run --rep" "weir run --report"
	completes $1 "weir run fir" "weir run first.yaml"
	completes $1 "weir run --report=first.t" "weir run --report=first.txt"
	completes $1 "weir stages fil" "weir stages fil"
	completes $1 "weir check first.yaml --set stages.web.repl" \
		"weir check first.yaml --set stages.web.replicas="
	completes $1 "weir check first.yaml --set=stages.web.place=lc" \
		"weir check first.yaml --set=stages.web.place=lcore"
	lists $1 "weir " "completion"
	lists $1 "weir stages d" "delay"
}
with_terminal() { # SHELL COMMAND
	shell=$1
	if ! command -v tmux >/dev/null || ! command -v $1 >/dev/null; then
		skip "$1 on a terminal" "tmux or $1 is missing"
		return
	fi
	terminal new-session -d -x 100 -y 30 "$2"
	started+=("$(terminal display -p '#{pid}')")
	if until_it prompt; then
		all_of $1
	else
		not_ok "$1 starts" "$(screen)"
	fi
	terminal kill-server
}
printf 'PS1="> "\n. %s/weir.bash\n' "$tmp" >bashrc
with_terminal bash "bash --noprofile --rcfile $tmp/bashrc"
mkdir zsh
cp weir.zsh zsh/_weir
printf 'PS1="> "\nfpath=(%s/zsh $fpath)\nautoload -U compinit\ncompinit -u -D\n' \
	"$tmp" >zsh/.zshrc
with_terminal zsh "env ZDOTDIR=$tmp/zsh zsh -d -i"

if command -v fish >/dev/null; then
	export HOME=$tmp XDG_CONFIG_HOME=$tmp XDG_DATA_HOME=$tmp
	# fish_offers LINE PATTERN
	fish_offers() {
		has "fish: '$1' offers $2" "$(fish --no-config -c \
			"source weir.fish; complete -C '$1'" 2>&1)" "^$2"
	}
	fish_offers "weir ch" "check	validate"
	fish_offers "weir run --rep" "--report	"
	fish_offers "weir run fir" "first.yaml"
	fish_offers "weir run fol" "folder/"
	fish_offers "weir run --report=first.t" "--report=first.txt"
	fish_offers "weir check first.yaml --set stages.web.repl" \
		"stages.web.replicas="
	fish_offers "weir stages fi" "filter	"
else
	skip "fish" "fish is missing"
fi
finish
