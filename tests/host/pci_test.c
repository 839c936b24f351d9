// SPDX-License-Identifier: BSD-3-Clause
#include "machine.h"

#include "host/pci.h"

#include <errno.h>
#include <unistd.h>

#define MIB (1024u * 1024u)

static void init(void)
{
	machine_init();
	put_drivers();
	put_pages(256, 256);
	put("/sys/bus/pci/drivers/vfio-pci/bind", "%s", "");
}

TestSuite(net_pci, .init = init, .fini = machine_fini);

static const struct card e1000e = {.address = "0000:3b:00.0",
	.driver = "e1000e",
	.interface = "eth1",
	.vendor = 0x8086,
	.device = 0x10d3,
	.node = 1,
	.group = 12};

// only gives the machine's only network device.
static struct weir_pci_device only(void)
{
	struct weir_pci_device *devices, device;

	cr_assert_eq(weir_pci_list(machine, &devices), 1);
	device = devices[0];
	free(devices);
	return device;
}

Test(net_pci, knows_addresses)
{
	static const char *const wrong[] = {"", "eth0", "3b:00", "3b:00.8",
		"3b:20.0", "0000:3b:00.0x", "0000:3b:00.0 ", " 3b:00.0",
		"0x3b:00.0", "+3b:00.0", "100000000:3b:00.0", "3b:00.01",
		"0000:3b:00.0.0", NULL};
	char address[WEIR_PCI_ADDRESS_SIZE];

	cr_expect(weir_pci_address(address, "3b:00.0"));
	cr_expect_str_eq(address, "0000:3b:00.0");
	cr_expect(weir_pci_address(address, "0001:3B:1f.7"));
	cr_expect_str_eq(address, "0001:3b:1f.7");
	cr_expect(weir_pci_address(address, "ffffffff:3b:00.0"));
	cr_expect_str_eq(address, "ffffffff:3b:00.0");
	for (unsigned i = 0; wrong[i]; i++)
		cr_expect_not(
			weir_pci_address(address, wrong[i]), "'%s'", wrong[i]);
}

Test(net_pci, a_device_that_linux_has_is_to_be_bound)
{
	struct weir_pci_device device;

	put_card(&e1000e);
	device = only();
	cr_expect_str_eq(device.address, "0000:3b:00.0");
	cr_expect_str_eq(device.kernel_driver, "e1000e");
	cr_expect_str_eq(device.dpdk_driver, "net_e1000_em");
	cr_expect_str_eq(device.interface.names, "eth1");
	cr_expect_eq(device.node, 1);
	cr_expect_eq(device.group, 12);
	cr_expect_not(device.ready);
	cr_expect_str_eq(device.why, "Linux has it as eth1 (driver e1000e)");
	cr_expect_not_null(strstr(device.mend,
		"echo vfio-pci "
		">/sys/bus/pci/devices/0000:3b:00.0/driver_override && echo "
		"0000:3b:00.0 "
		">/sys/bus/pci/devices/0000:3b:00.0/driver/unbind && echo "
		"0000:3b:00.0 >/sys/bus/pci/drivers_probe"));
	cr_expect_str_eq(device.warning, "");
}

Test(net_pci, check_tells_the_port_what_to_type)
{
	struct weir_error e = {0};

	put_card(&e1000e);
	cr_expect_eq(
		weir_pci_check(machine, "in", "3b:00.0", MIB, &e), -ENODEV);
	cr_expect_not_null(strstr(e.text,
		"port 'in': 0000:3b:00.0: Linux has it as eth1 (driver "
		"e1000e); to mend it, type:\n"));
}

Test(net_pci, check_refuses_what_is_no_device)
{
	struct weir_error e = {0};

	put_card(&e1000e);
	cr_expect_eq(weir_pci_check(machine, "in", "eth1", MIB, &e), -EINVAL);
	cr_expect_not_null(strstr(e.text, "'eth1' is no PCI address"));
	weir_error_clear(&e);
	cr_expect_eq(
		weir_pci_check(machine, "in", "3b:00.1", MIB, &e), -ENODEV);
	cr_expect_str_eq(e.text,
		"port 'in': there is no PCI device 0000:3b:00.1; 'weir "
		"devices' lists those that there are");
}

Test(net_pci, check_passes_what_is_ready)
{
	struct card card = e1000e;
	struct weir_error e = {0};

	card.driver = "vfio-pci";
	card.interface = NULL;
	put_card(&card);
	put("/dev/vfio/12", "%s", "");
	cr_expect_eq(weir_pci_check(machine, "in", "3b:00.0", MIB, &e), 0, "%s",
		e.text);
	cr_expect(only().ready);
	put_pages(256, 0);
	cr_expect_eq(
		weir_pci_check(machine, "in", "3b:00.0", MIB, &e), -ENODEV);
	cr_expect_not_null(strstr(e.text, "/proc/sys/vm/nr_hugepages"));
}

Test(net_pci, a_device_without_iommu_opens_under_another_name)
{
	struct card card = e1000e;

	card.driver = "vfio-pci";
	card.interface = NULL;
	put_card(&card);
	put("/dev/vfio/noiommu-12", "%s", "");
	cr_expect(only().ready, "%s", only().why);
}

Test(net_pci, lists_network_devices_in_order)
{
	struct weir_pci_device *devices;
	struct card second = e1000e, disk = e1000e;

	second.address = "0000:3b:00.1";
	disk.address = "0000:00:1f.2";
	disk.class = 0x010601;
	put_card(&second);
	put_card(&e1000e);
	put_card(&disk);
	cr_assert_eq(weir_pci_list(machine, &devices), 2);
	cr_expect_str_eq(devices[0].address, "0000:3b:00.0");
	cr_expect_str_eq(devices[1].address, "0000:3b:00.1");
	free(devices);
}

Test(net_pci, a_machine_without_any_has_none)
{
	struct weir_pci_device *devices;

	cr_expect_eq(weir_pci_list(machine, &devices), 0);
	cr_expect_null(devices);
	cr_expect_eq(weir_pci_list("/nowhere/at/all", &devices), 0);
}

// ---- the group ----

Test(net_pci, only_who_hinders_is_a_neighbour)
{
	struct card bridge = {.address = "0000:3a:00.0",
			    .driver = "pcieport",
			    .class = 0x060400,
			    .group = 12},
		    idle = {.address = "0000:3b:00.2", .group = 12},
		    disk = {.address = "0000:3b:00.3",
			    .driver = "ahci",
			    .class = 0x010601,
			    .group = 12};

	put_card(&e1000e);
	put_card(&bridge);
	put_card(&idle);
	idle.address = "0000:3b:00.4";
	idle.class = 0x010601;
	idle.driver = "vfio-pci";
	put_card(&idle);
	put("/sys/bus/pci/devices/0000:3b:00.2/class", "0x010601\n");
	cr_expect_not_null(strstr(only().mend, "driver_override"));
	cr_expect_null(strstr(only().mend, "for d in"));
	put_card(&disk);
	cr_expect_not_null(strstr(only().why, "0000:3b:00.3 (ahci)"));
	cr_expect_str_eq(only().mend, "");
}

// ---- what Linux does with it ----

static void expect_use(bool in_use, bool has_default_route)
{
	struct weir_pci_device device = only();

	cr_expect_eq(device.interface.in_use, in_use);
	cr_expect_eq(device.interface.has_default_route, has_default_route);
}

Test(net_pci, an_address_is_a_use)
{
	put_card(&e1000e);
	put("/proc/net/route",
		"Iface Destination Gateway Flags RefCnt Use Metric Mask\n"
		"eth10 00000000 0102A8C0 0003 0 0 0 00000000 0 0 0\n");
	expect_use(false, false);
	put("/proc/net/route",
		"eth1 0002A8C0 00000000 0001 0 0 0 00FFFFFF 0 0 0\n");
	expect_use(true, false);
	put("/proc/net/route",
		"eth1 00000000 0102A8C0 0003 0 0 0 00000080 0 0 0\n");
	expect_use(true, false);
	put("/proc/net/route",
		"eth1 00000000 0102A8C0 0003 0 0 0 00000000 0 0 0\n");
	expect_use(true, true);
}

Test(net_pci, an_ipv6_address_is_a_use_unless_of_the_link)
{
	put_card(&e1000e);
	put("/proc/net/if_inet6",
		"fe800000000000000000000000000001 04 40 20 80 eth1\n");
	put("/proc/net/ipv6_route",
		"fe800000000000000000000000000000 40 "
		"00000000000000000000000000000000 00 "
		"00000000000000000000000000000000 00000100 00000001 00000000 "
		"00000001 eth1\n");
	expect_use(false, false);
	put("/proc/net/if_inet6",
		"fd000000000000000000000000000002 04 40 00 80 eth1\n");
	expect_use(true, false);
	put("/proc/net/ipv6_route",
		"00000000000000000000000000000000 00 "
		"00000000000000000000000000000000 00 "
		"fe800000000000000000000000000001 00000400 00000001 00000000 "
		"00000003 eth1\n");
	expect_use(true, true);
}

Test(net_pci, a_vlan_or_bridge_upon_it_is_a_use)
{
	put_card(&e1000e);
	lead("/sys/bus/pci/devices/0000:3b:00.0/net/eth1/upper_eth1.5", "x");
	expect_use(true, false);
}

Test(net_pci, the_link_is_what_linux_sees)
{
	struct weir_pci_device device;

	put_card(&e1000e);
	cr_expect_eq(only().interface.link, WEIR_INTERFACE_LINK_UNKNOWN);
	put("/sys/bus/pci/devices/0000:3b:00.0/net/eth1/carrier", "0\n");
	cr_expect_eq(only().interface.link, WEIR_INTERFACE_LINK_DOWN);
	put("/sys/bus/pci/devices/0000:3b:00.0/net/eth1/operstate", "up\n");
	put("/sys/bus/pci/devices/0000:3b:00.0/net/eth1/speed", "10000\n");
	device = only();
	cr_expect_eq(device.interface.link, WEIR_INTERFACE_LINK_UP);
	cr_expect_eq(device.interface.speed, 10000);
}

Test(net_pci, a_virtio_device_has_its_interface_a_floor_below)
{
	struct card card = e1000e;

	card.interface = NULL;
	card.driver = "virtio-pci";
	put_card(&card);
	put("/sys/bus/pci/devices/0000:3b:00.0/virtio2/net/eth0/operstate",
		"up\n");
	cr_expect_str_eq(only().interface.names, "eth0");
}

Test(net_pci, the_interface_of_another_function_is_not_its_own)
{
	struct card card = e1000e;

	card.interface = NULL;
	put_card(&card);
	put("/sys/bus/pci/devices/0000:3b:00.0/physfn/net/eth7/operstate",
		"up\n");
	cr_expect_str_eq(only().interface.names, "");
}

// ---- hostile trees ----

Test(net_pci, rubbish_in_the_tree_is_survived)
{
	static const char *const names[] = {"class", "vendor", "device",
		"subsystem_vendor", "numa_node", "net/eth1/speed",
		"net/eth1/operstate"};
	struct weir_pci_device *devices;
	char path[256], rubbish[8192];

	memset(rubbish, '9', sizeof(rubbish) - 1);
	rubbish[sizeof(rubbish) - 1] = '\0';
	put_card(&e1000e);
	put("/proc/net/route", "%s %s\neth1\n\n", rubbish, rubbish);
	put("/proc/net/if_inet6", "%s", rubbish);
	put("/proc/meminfo", "Hugepagesize: %s kB", rubbish);
	put("/usr/share/misc/pci.ids", "8086\n\t10d3\n%s", rubbish);
	put(RTE_EAL_PMD_PATH "/librte_net_bad.so.23.0",
		"PMD_INFO_STRING= {\"name\": PMD_INFO_STRING= PMD_INFO_STRING= "
		"[]%cPMD_INFO_STRING= {\"name\": \"x\", \"pci_ids\": [7, "
		"[1], [], \"a\"]}%cPMD_INFO_STRING= {\"name\": 3",
		0, 0);
	put(RTE_EAL_PMD_PATH "/librte_net_none.so.23.0", "%s", "");
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path),
			"/sys/bus/pci/devices/0000:3b:00.0/%s", names[i]);
		put(path, "%s", rubbish);
		cr_expect_geq(weir_pci_list(machine, &devices), 0);
		free(devices);
		put(path, "%c%c", 0, 0xff);
		cr_expect_geq(weir_pci_list(machine, &devices), 0);
		free(devices);
	}
}

Test(net_pci, a_long_name_is_cut_not_overrun)
{
	struct card card = e1000e;
	struct weir_pci_device device;

	card.driver = "a-driver-whose-name-is-longer-than-any-that-there-is";
	card.interface = "ethernet-port15";
	put_card(&card);
	for (char end = 'a'; end < 'i'; end++) {
		char path[128];

		snprintf(path, sizeof(path),
			"/sys/bus/pci/devices/0000:3b:00.0/net/ethernet-port%c/"
			"operstate",
			end);
		put(path, "up\n");
	}
	device = only();
	cr_expect_lt(
		strlen(device.interface.names), sizeof(device.interface.names));
	cr_expect_lt(strlen(device.why), sizeof(device.why));
}
