// SPDX-License-Identifier: BSD-3-Clause
#include "drivers.h"
#include "net/kinds.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

TestSuite(net_kinds, .init = weir_drivers_register);

static struct weir_kind_request ask(const char *kind, const char *value)
{
	return (struct weir_kind_request){.port = "in",
		.kind = kind,
		.value = value,
		.receives = true,
		.queues = 1,
		.room = 2048};
}

static void expect_told(const struct weir_kind_request *request,
	const char *device, const char *args)
{
	struct weir_device_name name;
	struct weir_error e = {0};

	cr_assert_eq(weir_kind_name(&name, request, &e), 0, "%s", e.text);
	cr_expect_str_eq(name.name, device);
	cr_expect_str_eq(name.args, args);
}

Test(net_kinds, are_told_to_eal)
{
	static const struct {
		const char *kind, *value, *device, *args;
	} table[] = {
		{"tap", "tap0", "net_tap_in", "iface=tap0"},
		{"tap", "tap0,mac=fixed", "net_tap_in", "iface=tap0,mac=fixed"},
		{"af_packet", "eth1", "net_af_packet_in", "iface=eth1"},
		{"af_xdp", "eth1", "net_af_xdp_in", "iface=eth1"},
		{"memif", "/run/x.sock", "net_memif_in",
			"socket=/run/x.sock,socket-abstract=no"},
		{"vhost", "/tmp/s", "net_vhost_in", "iface=/tmp/s"},
		{"virtio_user", "/tmp/s", "net_virtio_user_in", "path=/tmp/s"},
		{"null", "", "net_null_in", ""},
		{"null", "size=64", "net_null_in", "size=64"},
		{"ring", "", "net_ring_in", ""},
		{"pcap", "a.pcap", "net_pcap_in", "rx_pcap=a.pcap"},
		{"pcap", "rx_pcap=a,tx_pcap=b", "net_pcap_in",
			"rx_pcap=a,tx_pcap=b"},
		{"vdev", "net_tap0,iface=x", "net_tap0", "iface=x"},
		{"pci", "3b:00.0", "0000:3b:00.0", ""},
		{"pci", "0000:3B:00.1,a=1", "0000:3b:00.1", "a=1"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		struct weir_kind_request request =
			ask(table[i].kind, table[i].value);

		expect_told(&request, table[i].device, table[i].args);
	}
}

// net_null writes as many bytes as it is told, whatever an mbuf holds.
Test(net_kinds, refuse_packets_that_no_mbuf_holds)
{
	static const char *const values[][2] = {{"null", "size=2049"},
		{"vdev", "net_null0,size=2049"},
		{"vdev", "eth_null0,copy=1,size=60000"}};

	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
		struct weir_kind_request request =
			ask(values[i][0], values[i][1]);
		struct weir_device_name name;
		struct weir_error e = {0};

		cr_expect_eq(weir_kind_name(&name, &request, &e), -EINVAL);
		cr_expect(strstr(e.text, "do not fit into an mbuf") != NULL);
	}
}

Test(net_kinds, say_queues_where_a_device_must_know)
{
	struct weir_kind_request request = ask("af_packet", "eth1");

	request.queues = 2;
	expect_told(&request, "net_af_packet_in", "iface=eth1,qpairs=2");
	request.value = "eth1,qpairs=4";
	expect_told(&request, "net_af_packet_in", "iface=eth1,qpairs=4");
	request = ask("vhost", "/tmp/s");
	request.queues = 3;
	expect_told(&request, "net_vhost_in", "iface=/tmp/s,queues=3");
	request = ask("tap", "tap0");
	request.queues = 3;
	expect_told(&request, "net_tap_in", "iface=tap0");
}

Test(net_kinds, take_a_role)
{
	struct weir_kind_request request = ask("memif", "/s");

	request.role = WEIR_ROLE_SERVER;
	expect_told(&request, "net_memif_in",
		"socket=/s,socket-abstract=no,role=server");
	request = ask("vhost", "/s");
	request.role = WEIR_ROLE_SERVER;
	expect_told(&request, "net_vhost_in", "iface=/s");
	request.role = WEIR_ROLE_CLIENT;
	expect_told(&request, "net_vhost_in", "iface=/s,client=1");
	request = ask("virtio_user", "/s");
	request.role = WEIR_ROLE_SERVER;
	expect_told(&request, "net_virtio_user_in", "path=/s,server=1");
}

Test(net_kinds, make_a_capture_the_direction_it_is_used_in)
{
	struct weir_kind_request request = ask("pcap", "b.pcap");
	struct weir_device_name name;
	struct weir_error e = {0};

	request.receives = false;
	request.sends = true;
	expect_told(&request, "net_pcap_in", "tx_pcap=b.pcap");
	request.receives = true;
	cr_expect_eq(weir_kind_name(&name, &request, &e), -EINVAL);
	cr_expect(strstr(e.text, "rx_pcap="), "%s", e.text);
}

Test(net_kinds, fit_frames_to_packets)
{
	struct weir_kind_request request = ask("af_packet", "eth1");
	struct weir_device_name name;
	struct weir_error e = {0};

	request.mtu = 9000;
	cr_expect_eq(weir_kind_name(&name, &request, &e), -EINVAL);
	cr_expect(strstr(e.text, "packet_size to 16384"), "%s", e.text);
	request.room = 16384;
	expect_told(&request, "net_af_packet_in",
		"iface=eth1,framesz=16384,blocksz=16384");
	request.mtu = 1500;
	expect_told(&request, "net_af_packet_in", "iface=eth1");
}

static const char *key_of(const char *kind, const char *value, uint32_t role)
{
	struct weir_error e = {0};
	const char *key = weir_kind_check(kind, value, role, &e);

	cr_expect_eq(key != NULL, e.code != 0);
	return key ? key : "";
}

Test(net_kinds, judge_values_before_anything_is_opened)
{
	char path[200];

	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	cr_expect_str_eq(key_of("tap", "", 0), "tap");
	cr_expect_str_eq(key_of("tap", "a-name-that-is-long", 0), "tap");
	cr_expect_str_eq(key_of("tap", "a/b", 0), "tap");
	cr_expect_str_eq(key_of("tap", "iface=tap0", 0), "tap");
	cr_expect_str_eq(key_of("memif", path, 0), "memif");
	cr_expect_str_eq(key_of("vhost", "", 0), "vhost");
	cr_expect_str_eq(key_of("pci", "3b:00", 0), "pci");
	cr_expect_str_eq(key_of("pci", "", 0), "pci");
	cr_expect_str_eq(key_of("vdev", "", 0), "vdev");
	cr_expect_str_eq(key_of("vdev", path, 0), "vdev");
	cr_expect_str_eq(key_of("null", "", WEIR_ROLE_SERVER), "role");
	cr_expect_str_eq(key_of("pci", "3b:00.0", WEIR_ROLE_CLIENT), "role");
	cr_expect_str_eq(key_of("memif", "/s", WEIR_ROLE_CLIENT), "");
	cr_expect_str_eq(key_of("null", "", 0), "");
}

Test(net_kinds, of_a_vdev_are_those_of_what_it_names)
{
	cr_expect(weir_port_traits_of("tap", "x").makes_system_calls);
	cr_expect(weir_port_traits_of("vdev", "net_tap0").makes_system_calls);
	cr_expect(weir_port_traits_of("vdev", "eth_af_packet0")
			  .makes_system_calls);
	cr_expect_not(
		weir_port_traits_of("vdev", "net_null0").makes_system_calls);
	cr_expect(weir_port_traits_of("vdev", "net_null0").brief_calls);
	cr_expect_not(weir_port_traits_of("vdev", "net_tap0").brief_calls);
	cr_expect_not(weir_port_traits_of("vdev", "net_virtio_user0,path=/s")
			      .needs_hugepages);
	cr_expect_not(weir_port_traits_of("vhost", "/s").needs_hugepages);
	cr_expect(weir_port_traits_of("pci", "3b:00.0").needs_pci);
}

Test(net_kinds, keep_at_least_their_descriptors)
{
	cr_expect_eq(weir_kind_keeps("pci", 0), 4096);
	cr_expect_eq(weir_kind_keeps("pci", 4096), 8192);
	cr_expect_leq(weir_kind_keeps("null", 0), 64);
}
