// SPDX-License-Identifier: BSD-3-Clause
//
// Tables of our own and not the system's (/etc/services, /etc/protocols): a
// report then reads the same on every machine.
#include "builtin/names.h"

#include <ctype.h>
#include <stdio.h>

#define LENGTH_MAX 0x05ff // below, an EtherType is the length of an 802.3 frame

struct name {
	uint16_t number;
	const char *text;
};

static const struct name ether_types[] = {
	{0x0800, "IPv4"},
	{0x0806, "ARP"},
	{0x0842, "Wake-on-LAN"},
	{0x22f0, "AVTP"},
	{0x6558, "Ethernet"},
	{0x8035, "RARP"},
	{0x809b, "AppleTalk"},
	{0x8100, "VLAN"},
	{0x8137, "IPX"},
	{0x86dd, "IPv6"},
	{0x8808, "pause"},
	{0x8809, "LACP"},
	{0x8847, "MPLS"},
	{0x8848, "MPLS multicast"},
	{0x8863, "PPPoE discovery"},
	{0x8864, "PPPoE"},
	{0x888e, "802.1X"},
	{0x8892, "PROFINET"},
	{0x88a8, "QinQ"},
	{0x88cc, "LLDP"},
	{0x88e5, "MACsec"},
	{0x88f7, "PTP"},
	{0x8906, "FCoE"},
	{0x8915, "RoCE"},
	{0x9100, "QinQ"},
};

static const struct name protocols[] = {
	{0, "HOPOPT"},
	{1, "ICMP"},
	{2, "IGMP"},
	{4, "IPv4"},
	{6, "TCP"},
	{17, "UDP"},
	{33, "DCCP"},
	{41, "IPv6"},
	{46, "RSVP"},
	{47, "GRE"},
	{50, "ESP"},
	{51, "AH"},
	{58, "ICMPv6"},
	{59, "IPv6-NoNxt"},
	{88, "EIGRP"},
	{89, "OSPF"},
	{97, "EtherIP"},
	{103, "PIM"},
	{108, "IPComp"},
	{112, "VRRP"},
	{115, "L2TP"},
	{132, "SCTP"},
	{136, "UDP-Lite"},
	{137, "MPLS"},
};

static const struct name services[] = {
	{20, "ftp-data"},
	{21, "ftp"},
	{22, "ssh"},
	{23, "telnet"},
	{25, "smtp"},
	{53, "dns"},
	{67, "dhcp"},
	{68, "dhcp"},
	{69, "tftp"},
	{80, "http"},
	{88, "kerberos"},
	{110, "pop3"},
	{123, "ntp"},
	{137, "netbios-ns"},
	{138, "netbios-dgm"},
	{139, "netbios-ssn"},
	{143, "imap"},
	{161, "snmp"},
	{162, "snmp-trap"},
	{179, "bgp"},
	{389, "ldap"},
	{443, "https"},
	{445, "smb"},
	{465, "smtps"},
	{500, "ike"},
	{514, "syslog"},
	{520, "rip"},
	{546, "dhcpv6"},
	{547, "dhcpv6"},
	{554, "rtsp"},
	{587, "submission"},
	{636, "ldaps"},
	{646, "ldp"},
	{853, "dns-tls"},
	{873, "rsync"},
	{989, "ftps-data"},
	{990, "ftps"},
	{993, "imaps"},
	{995, "pop3s"},
	{1194, "openvpn"},
	{1701, "l2tp"},
	{1812, "radius"},
	{1883, "mqtt"},
	{2049, "nfs"},
	{2152, "gtp-u"},
	{3306, "mysql"},
	{3389, "rdp"},
	{3784, "bfd"},
	{4500, "ipsec-nat"},
	{4789, "vxlan"},
	{5060, "sip"},
	{5201, "iperf3"},
	{5353, "mdns"},
	{5355, "llmnr"},
	{5432, "postgresql"},
	{5672, "amqp"},
	{6081, "geneve"},
	{6379, "redis"},
	{8080, "http-alt"},
	{8472, "vxlan"},
	{51820, "wireguard"},
};

#define NAME_IN(table, number) \
	name_in(table, sizeof(table) / sizeof((table)[0]), number)

static const char *name_in(
	const struct name *names, unsigned count, unsigned number)
{
	for (unsigned i = 0; i < count; i++) {
		if (names[i].number == number)
			return names[i].text;
	}
	return NULL;
}

void weir_name_ether_type(uint16_t type, char *text, size_t size)
{
	const char *name =
		type <= LENGTH_MAX ? "802.3" : NAME_IN(ether_types, type);

	if (name)
		snprintf(text, size, "%s", name);
	else
		snprintf(text, size, "0x%04x", type);
}

void weir_name_protocol(uint8_t protocol, char *text, size_t size)
{
	const char *name = NAME_IN(protocols, protocol);

	if (name)
		snprintf(text, size, "%s", name);
	else
		snprintf(text, size, "%u", protocol);
}

void weir_name_port(uint8_t protocol, uint16_t port, char *text, size_t size)
{
	const char *service = NAME_IN(services, port);
	char speaks[16];

	weir_name_protocol(protocol, speaks, sizeof(speaks));
	for (char *c = speaks; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	snprintf(text, size, "%u/%s%s%s", port, speaks, service ? " " : "",
		service ? service : "");
}
