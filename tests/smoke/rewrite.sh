#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
#	in ──▶ rx ──▶ copy ──▶ change ──▶ tx ──▶ changed.pcap ──▶ tshark
#	                └──▶ tx ──▶ same.pcap, byte for byte
#
# tshark finds every checksum as good or bad after a rewrite as it was before, and
# what was to change changed; on one branch of a tee the other stays untouched.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

cat >rewrite.yaml <<'YAML'
version: 1
ports:
  in: {file: "${CAPTURE}"}
  changed: {file: changed.pcap}
  same: {file: same.pcap}
stages:
  rx: {type: rx, port: in}
  copy: {type: tee, inputs: rx}
  change:
    type: rewrite
    inputs: copy
    source_mac: "02:00:00:00:00:11"
    destination_mac: "02:00:00:00:00:12"
    ttl: 33
    dscp: ef
    source: [203.0.113.7, "2001:db8:7::/48"]
    destination: 198.51.100.0/24
    destination_port: 4242
    vlan: push
    vlan_id: 77
  changed: {type: tx, inputs: change, port: changed}
  same: {type: tx, inputs: copy, port: same}
YAML

# checked FILE: how many packets have which checksums good, bad or unseen.
checked() {
	tshark -r "$1" -o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE \
		-o udp.check_checksum:TRUE -o ip.defragment:FALSE -T fields \
		-e ip.checksum.status -e tcp.checksum.status \
		-e udp.checksum.status -e icmp.checksum.status \
		-e icmpv6.checksum.status 2>/dev/null | sort | uniq -c
}

# fields FILE FIELD…: their values, counted. Not of errors, which carry the
# beginning of another packet.
fields() {
	local file=$1 field args=()
	shift
	for field; do args+=(-e "$field"); done
	tshark -r "$file" -Y "not icmp and not icmpv6" -E occurrence=f -T fields "${args[@]}" 2>/dev/null |
		sort | uniq -c
}

export CAPTURE=$talk
weir run rewrite.yaml --json >report.json 2>err
is "the run is good" "$?: $(cat err)" "0: "
works "the other branch is byte for byte what came" \
	python3 - "$talk" same.pcap <<'PYTHON'
import sys
def packets(path):
    data = open(path, "rb").read()
    order = "little" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else "big"
    at, found = 24, []
    while at < len(data):
        size = int.from_bytes(data[at + 8:at + 12], order)
        found.append(data[at + 16:at + 16 + size])
        at += 16 + size
    return found
sys.exit(packets(sys.argv[1]) != packets(sys.argv[2]))
PYTHON
if command -v tshark >/dev/null; then
	before=$(checked "$talk")
	is "tshark finds each checksum as it was" "$(checked changed.pcap)" \
		"$before"
	has "and there were some to find" "$before" '1.*1'
	is "all packets have the tag" "$(fields changed.pcap vlan.id |
		awk '{print $2}' | cut -d, -f1)" 77
	is "all have the addresses" "$(fields changed.pcap eth.src eth.dst |
		awk '{print $2, $3}')" "02:00:00:00:00:11 02:00:00:00:00:12"
	is "all of IPv4 the source" "$(fields changed.pcap ip.src |
		awk 'NF == 2 {print $2}')" 203.0.113.7
	is "all the TTL" "$(fields changed.pcap ip.ttl |
		awk 'NF == 2 {print $2}')" 33
	is "all the DSCP" "$(fields changed.pcap ip.dsfield.dscp |
		awk 'NF == 2 {print $2}')" 46
	is "all of UDP the port" "$(fields changed.pcap udp.dstport |
		awk 'NF == 2 {print $2}')" 4242
else
	skip "tshark finds each checksum as it was" "there is no tshark here"
fi
is "nothing was malformed" "$(answer report.json '.stages[] |
	select(.name == "change") | .counters.malformed')" 0

weir run -e "file:$talk ! rewrite ttl=decrement ! file:ttl.pcap" \
	>ttl.txt 2>&1
is "what expires was dropped as asked" $? 0
has "and is told of" "$(cat ttl.txt)" 'dropped: expired 6'
weir run -e "file:$talk ! rewrite vlan=push vlan_id=9 ! rewrite vlan=pop ! \
	file:again.pcap" >again.txt 2>&1
weir run -e "file:$talk ! file:plain.pcap" >plain.txt 2>&1
same "a tag that was pushed and popped leaves nothing" again.pcap plain.pcap
# What gen makes is known of nothing but its bytes: the shell sees at one glance
# that nobody shares a burst, or that somebody does.
for order in "change same" "same change"; do
	first=${order% *} second=${order#* }
	cat >shared.yaml <<YAML
version: 1
ports:
  changed: {file: made-changed.pcap}
  same: {file: made-same.pcap}
stages:
  make: {type: gen, count: 500}
  copy: {type: tee, inputs: make}
  $first: {type: ${first/change/rewrite}, inputs: copy}
  $second: {type: ${second/change/rewrite}, inputs: copy}
  to_changed: {type: tx, inputs: change, port: changed}
  to_same: {type: tx, inputs: same, port: same}
YAML
	sed -i 's/type: same/type: merge/; s/type: rewrite/type: rewrite, ttl: 7/' \
		shared.yaml
	works "a made packet goes to $order" weir run shared.yaml
	is "$order: one branch has another TTL, the other its own" \
		"$(fields made-changed.pcap ip.ttl; fields made-same.pcap ip.ttl)" \
		"$(printf '    500 7\n    500 64')"
done
finish
