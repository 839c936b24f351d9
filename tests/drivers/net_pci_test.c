// SPDX-License-Identifier: BSD-3-Clause
#include "machine.h"

#include "net/pci.h"

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
		"0x3b:00.0", "+3b:00.0", "100000000:3b:00.0", NULL};
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
		">/sys/bus/pci/devices/0000:3b:00.0/driver_override; echo "
		"0000:3b:00.0 "
		">/sys/bus/pci/devices/0000:3b:00.0/driver/unbind; echo "
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
