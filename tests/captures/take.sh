#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Takes talk.pcap: real programs talking over a veth pair between two network
# namespaces that this script makes and removes. Needs root.
#
#	weir-client  192.0.2.1     veth   192.0.2.2     weir-server
#	             2001:db8::1 <=====>  2001:db8::2     nginx, dnsmasq, sshd
#	  vlan 20:   198.51.100.1         198.51.100.2    (tags by trunk.py)
#
# Web pages over HTTP and HTTPS, names over UDP and TCP, ssh, a file each way
# with scp, pings up to several fragments, over IPv4, IPv6 and inside a VLAN.
#
# Usage: tests/captures/take.sh [FILE]     (default: talk.pcap beside it)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=$(realpath -m "${1:-$here/talk.pcap}")
client=weir-client server=weir-server
packages="iproute2 ethtool tcpdump nginx-light dnsmasq-base bind9-dnsutils
	openssh-server openssh-client curl iputils-ping openssl python3"

[ "$(id -u)" = 0 ] || { echo "take.sh: needs root" >&2; exit 2; }
for program in ip ethtool tcpdump nginx dnsmasq dig sshd scp curl ping openssl
do
	command -v "$program" >/dev/null || {
		echo "take.sh: '$program' is missing; sudo apt-get install" \
			$packages >&2
		exit 2
	}
done
if ip netns list | grep -qE "^($client|$server)\b"; then
	echo "take.sh: the namespaces $client or $server exist already" >&2
	exit 2
fi

work=$(mktemp -d)
chmod 755 "$work"
pids=()
made_run_sshd=
cleanup() {
	local pid
	for pid in "${pids[@]}"; do
		kill "$pid" 2>/dev/null || true
	done
	wait 2>/dev/null || true
	ip netns del $client 2>/dev/null || true
	ip netns del $server 2>/dev/null || true
	[ -z "$made_run_sshd" ] || rmdir /run/sshd 2>/dev/null || true
	rm -rf "$work"
}
trap cleanup EXIT

at() { local where=$1; shift; ip netns exec "$where" "$@"; }
# in_background NAMESPACE PROGRAM…: exec, so that its id is the program's own.
in_background() {
	(exec ip netns exec "$@" >>"$work/log" 2>&1) &
	pids+=($!)
}
quietly() { "$@" >>"$work/log" 2>&1 </dev/null; }
# until_it COMMAND… waits until the command succeeds, 10 s at most.
until_it() {
	local n
	for n in $(seq 100); do
		if quietly "$@"; then return 0; fi
		sleep 0.1
	done
	echo "take.sh: '$*' did not succeed; see below" >&2
	tail -20 "$work/log" >&2
	exit 1
}

# The wire. Offloads are off: frames as long as a wire's, sums filled in.
for ns in $client $server; do
	ip netns add $ns
	ip -n $ns link set lo up
done
ip link add wc netns $client address 02:00:00:00:00:01 type veth \
	peer name ws netns $server address 02:00:00:00:00:02
for side in "$client wc 1" "$server ws 2"; do
	set -- $side
	at $1 sysctl -qw net.ipv6.conf.$2.accept_dad=0
	at $1 ethtool -K $2 tso off gso off gro off tx off rx off \
		>/dev/null 2>&1
	ip -n $1 address add 192.0.2.$3/24 dev $2
	ip -n $1 address add 2001:db8::$3/64 dev $2 nodad
	ip -n $1 link set $2 up
	at $1 ip tuntap add dev t20 mode tap
	ip -n $1 link set t20 address 02:00:00:00:20:0$3 mtu 1496
	at $1 sysctl -qw net.ipv6.conf.t20.disable_ipv6=1
	ip -n $1 address add 198.51.100.$3/24 dev t20
	ip -n $1 link set t20 up
	in_background $1 python3 "$here/trunk.py" $2 t20 20
done

# What is served.
mkdir -p "$work/www"
python3 - "$work" <<'PY'
import random, sys
r = random.Random(20)
words = "weir wall water flow level channel gate sluice bound measure".split()
def text(n):
    s = ""
    while len(s) < n:
        s += r.choice(words) + (". " if r.random() < 0.1 else " ")
    return s[:n]
for i in range(12):
    open(f"{sys.argv[1]}/www/{i}.html", "w").write(
        "<html><body><p>" + text(120 + 200 * i) + "</p></body></html>\n")
open(sys.argv[1] + "/www/large.bin", "wb").write(r.randbytes(30000))
open(sys.argv[1] + "/upload.bin", "wb").write(r.randbytes(25000))
PY
quietly openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 \
	-nodes -days 2 -subj /CN=www.example.net \
	-keyout "$work/key.pem" -out "$work/cert.pem"
cat >"$work/nginx.conf" <<NGINX
daemon off;
worker_processes 1;
pid $work/nginx.pid;
error_log $work/nginx.log;
events { worker_connections 64; }
http {
	access_log off;
	client_body_temp_path $work/t1; proxy_temp_path $work/t2;
	fastcgi_temp_path $work/t3; uwsgi_temp_path $work/t4;
	scgi_temp_path $work/t5;
	server {
		listen 80; listen [::]:80;
		listen 443 ssl; listen [::]:443 ssl;
		ssl_certificate $work/cert.pem;
		ssl_certificate_key $work/key.pem;
		root $work/www;
	}
}
NGINX
in_background $server nginx -c "$work/nginx.conf"
long=$(printf 'v%.0s' $(seq 240))
in_background $server dnsmasq --keep-in-foreground --conf-file=/dev/null \
	--no-resolv --no-hosts --pid-file="$work/dns.pid" --user=root \
	--edns-packet-max=4096 --bind-interfaces --interface=ws \
	--interface=t20 --address=/www.example.net/192.0.2.2 \
	--address=/www.example.net/2001:db8::2 \
	--address=/example.net/198.51.100.7 \
	--txt-record=long.example.net,$long,$long,$long,$long,$long,$long,$long,$long
for kind in host user; do
	quietly ssh-keygen -q -t ed25519 -N '' -C $kind@example.net \
		-f "$work/$kind"
done
[ -d /run/sshd ] || { mkdir /run/sshd; made_run_sshd=1; }
cat >"$work/sshd.conf" <<SSHD
HostKey $work/host
AuthorizedKeysFile $work/user.pub
PidFile none
StrictModes no
UsePAM no
PermitRootLogin prohibit-password
Subsystem sftp internal-sftp
SSHD
in_background $server /usr/sbin/sshd -D -e -f "$work/sshd.conf"
ssh_options=(-F /dev/null -i "$work/user" -o UserKnownHostsFile=/dev/null
	-o StrictHostKeyChecking=no -o LogLevel=ERROR)

in_background $client tcpdump -i wc -w "$work/talk.pcap" -s 0 -B 8192 -U \
	-Z root --time-stamp-precision=nano
tcpdump=${pids[-1]}
until_it test -s "$work/talk.pcap"

# The talk.
until_it at $client ping -c 2 -i 0.05 192.0.2.2
until_it at $client ping -c 2 -i 0.05 2001:db8::2
until_it at $client ping -c 2 -i 0.05 198.51.100.2
until_it at $client curl -sf -o /dev/null http://192.0.2.2/0.html

names() {  # names SERVER OPTION…: a hundred names
	local i server=$1
	shift
	for i in $(seq 25); do
		quietly at $client dig "$@" +tries=1 +time=2 "@$server" \
			www.example.net A "host$i.example.net" A \
			www.example.net AAAA "no$i.example.org" A || true
	done
}
pages() {  # pages BASE OPTION...
	local base=$1
	shift
	for i in $(seq 0 11); do
		quietly at $client curl -skf "$@" -o /dev/null \
			"$base/$i.html" -o /dev/null "$base/$((11 - i)).html"
	done
}

names 192.0.2.2 &
jobs_of_talk=($!)
names 2001:db8::2 & jobs_of_talk+=($!)
names 198.51.100.2 & jobs_of_talk+=($!)
pages http://192.0.2.2 & jobs_of_talk+=($!)
pages "http://[2001:db8::2]" & jobs_of_talk+=($!)
pages http://198.51.100.2 & jobs_of_talk+=($!)
pages https://192.0.2.2 --tls-max 1.2 & jobs_of_talk+=($!)
pages "https://[2001:db8::2]" --http1.1 & jobs_of_talk+=($!)
wait "${jobs_of_talk[@]}"

quietly at $client dig +notcp +bufsize=4096 @192.0.2.2 long.example.net TXT
quietly at $client dig +notcp +bufsize=4096 @2001:db8::2 long.example.net TXT
quietly at $client dig +tcp @192.0.2.2 long.example.net TXT www.example.net
quietly at $client dig +tries=1 +time=1 -p 5353 @192.0.2.2 closed || true

for i in $(seq 3); do
	quietly at $client ssh "${ssh_options[@]}" root@192.0.2.2 \
		"for n in 1 2 3 4 5 6 7 8 9 10 11 12; do echo line \$n; sleep 0.02; done"
done
quietly at $client ssh "${ssh_options[@]}" root@2001:db8::2 true
quietly at $client scp "${ssh_options[@]}" "$work/upload.bin" \
	root@192.0.2.2:"$work/uploaded.bin"
quietly at $client scp "${ssh_options[@]}" \
	"root@[2001:db8::2]:$work/www/large.bin" "$work/downloaded.bin"
cmp "$work/upload.bin" "$work/uploaded.bin"
cmp "$work/www/large.bin" "$work/downloaded.bin"
quietly at $client curl -sf -o "$work/got.bin" http://192.0.2.2/large.bin
quietly at $client curl -sf -o "$work/got.bin" http://198.51.100.2/large.bin

quietly at $client ping -c 200 -i 0.005 192.0.2.2
quietly at $client ping -c 200 -i 0.005 2001:db8::2
quietly at $client ping -c 100 -i 0.005 198.51.100.2
quietly at $client ping -c 4 -i 0.02 -s 4000 192.0.2.2
quietly at $client ping -c 4 -i 0.02 -s 4000 2001:db8::2
quietly at $client ping -c 2 -i 0.02 -s 3000 198.51.100.2
quietly at $client ping -c 1 -s 9000 192.0.2.2
ip -n $client neigh flush all
quietly at $client ping -c 2 -i 0.05 192.0.2.2
quietly at $client ping -c 1 -W 1 192.0.2.99 || true

sleep 0.5
kill "$tcpdump"
wait "$tcpdump" || true
size=$(stat -c %s "$work/talk.pcap")
if [ "$size" -ge 1048576 ]; then
	echo "take.sh: $size bytes is over 1 MiB" >&2
	exit 1
fi
install -m 644 "$work/talk.pcap" "$out"
echo "$out: $size bytes, $(tcpdump -r "$out" 2>/dev/null | wc -l) packets"
