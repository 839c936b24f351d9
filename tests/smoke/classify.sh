#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
#	in ──▶ rx ──▶ sort ──dns──▶ tx ──▶ dns.pcap
#	                ├──web──▶ tx ──▶ web.pcap
#	                └──rest──▶ tx ──▶ rest.pcap
#
# What each class gets is byte for byte what tcpdump lets through.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

cat >sort.yaml <<'YAML'
version: 1
ports:
  in: {file: "${CAPTURE}"}
  dns: {file: dns.pcap}
  web: {file: web.pcap}
  rest: {file: rest.pcap}
stages:
  rx: {type: rx, port: in}
  sort:
    type: classify
    inputs: rx
    classes: [dns, web]
    rules: ["dns: udp dport 53", "dns: udp sport 53"]
    rules_file: rules.txt
  dns: {type: tx, inputs: sort.dns, port: dns}
  web: {type: tx, inputs: sort.web, port: web}
  rest: {type: tx, inputs: sort.rest, port: rest}
YAML
# Nobody's packets, and then those that are somebody's.
awk 'BEGIN { for (i = 0; i < 10000; i++)
	printf "dns: tcp src 10.%d.%d.0/24 dport %d\n", i / 256, i % 256, i }' \
	>rules.txt
cat >>rules.txt <<'RULES'
web: tcp dport 80-443   # to servers
web: tcp sport 80-443
RULES
export CAPTURE=$talk

# No fragments: of them classify sees no ports, and tcpdump those of the first.
ports='(src portrange 80-443 or dst portrange 80-443)'
whole='(not ip or ip[6:2] & 0x3fff = 0)'
web="(ip or ip6) and tcp and $ports and $whole"
weir run sort.yaml --json >report.json 2>err
is "10,000 rules from a file: the run is good" "$?: $(cat err)" "0: "
total=0
for class in dns web rest; do
	count=$(answer report.json ".stages[] | select(.name == \"sort\") |
		.outputs.$class")
	is "the report says how many were $class" "$count" \
		"$(packets $class.pcap)"
	total=$((total + count))
done
is "they add up" "$total" "$(packets "$talk")"

untagged() { # untagged FILE EXPRESSION TO: of packets without a tag
	tcpdump -r "$1" -w "$3" "$2" 2>tcpdump.err ||
		not_ok "tcpdump takes '$2'" "$(cat tcpdump.err)"
}
untagged "$talk" "$web" web.wanted
untagged web.pcap "ip or ip6" web.got
same "web is what tcpdump finds" web.got web.wanted
untagged "$talk" "(ip or ip6) and udp and port 53 and $whole" dns.wanted
untagged dns.pcap "ip or ip6" dns.got
same "dns is what tcpdump finds" dns.got dns.wanted

# refused SENTENCE PATTERN: the file is refused with these words.
refused() {
	weir check sort.yaml >check.out 2>&1
	is "$1: refused" $? 2
	has "$1: and told where" "$(cat check.out)" "$2"
}
echo "web: tcp prot 80" >>rules.txt
refused "a wrong line of the rules" \
	"sort.yaml:14:17: error: stage 'sort': rules.txt:10003: 'prot' is no"
rm rules.txt
refused "no file of rules" \
	"sort.yaml:14:17: error: .*cannot read rules.txt: No such file"
finish
