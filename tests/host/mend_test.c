// SPDX-License-Identifier: BSD-3-Clause
#include "host/mend.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define MIB (1024u * 1024u)
#define ANY_MODULES "* igb_uio | uio_pci_generic | vfio-pci"
#define BIND_A                                                                 \
	"echo vfio-pci >/sys/bus/pci/devices/0000:3b:00.0/driver_override && " \
	"echo 0000:3b:00.0 >/sys/bus/pci/devices/0000:3b:00.0/driver/unbind "  \
	"&& "                                                                  \
	"echo 0000:3b:00.0 >/sys/bus/pci/drivers_probe"

// A machine where all is well, and its card that Linux has.
static struct weir_host host;
static struct weir_pci_device card;
static struct weir_mend_facts facts;

static void init(void)
{
	host = (struct weir_host){
		.pages = {{.size = 2 * MIB, .total = 512, .free = 512}},
		.page_sizes = 1,
		.page_size = 2 * MIB,
		.vfio = WEIR_HOST_MODULE_LOADED,
		.iommu = true,
		.noiommu_possible = true,
		.root = true,
		.memlock_size = UINT64_MAX,
	};
	card = (struct weir_pci_device){
		.address = "0000:3b:00.0",
		.kernel_driver = "ice",
		.dpdk_driver = "net_ice",
		.group = 12,
		.interface = {.names = "eth1"},
	};
	facts = (struct weir_mend_facts){
		.host = &host,
		.modules = ANY_MODULES,
		.may_open = true,
		.memory_size = 256 * MIB,
	};
}

TestSuite(net_mend, .init = init);

// judged expects a verdict that is not "ready".
static void judged(const char *why, const char *command, const char *warning)
{
	weir_mend_judge(&card, &facts);
	cr_expect_not(card.ready);
	cr_expect_str_eq(card.why, why);
	cr_expect_str_eq(card.mend, command);
	cr_expect_str_eq(card.warning, warning);
}

static void judged_ready(void)
{
	weir_mend_judge(&card, &facts);
	cr_expect(card.ready, "%s", card.why);
	cr_expect_str_eq(card.why, "");
	cr_expect_str_eq(card.mend, "");
	cr_expect_str_eq(card.warning, "");
}

static void add_neighbour(
	const char *address, const char *driver, bool is_network, bool in_use)
{
	struct weir_mend_neighbour *n =
		&facts.neighbours[facts.neighbour_count++];

	snprintf(n->address, sizeof(n->address), "%s", address);
	snprintf(n->kernel_driver, sizeof(n->kernel_driver), "%s", driver);
	n->is_network = is_network;
	n->in_use = in_use;
}

static void bind_to(const char *driver)
{
	snprintf(card.kernel_driver, sizeof(card.kernel_driver), "%s", driver);
	card.interface.names[0] = '\0';
}

// ---- binding ----

Test(net_mend, what_linux_has_is_bound)
{
	judged("Linux has it as eth1 (driver ice)", BIND_A, "");
}

Test(net_mend, what_no_driver_has_is_not_unbound)
{
	bind_to("");
	judged("no driver has it",
		"echo vfio-pci >/sys/bus/pci/devices/0000:3b:00.0/"
		"driver_override && echo 0000:3b:00.0 "
		">/sys/bus/pci/drivers_probe",
		"");
}

Test(net_mend, the_module_is_loaded_first)
{
	host.vfio = WEIR_HOST_MODULE_LOADABLE;
	judged("Linux has it as eth1 (driver ice)",
		"modprobe vfio-pci && " BIND_A, "");
}

Test(net_mend, a_user_types_sudo)
{
	host.root = false;
	judged("Linux has it as eth1 (driver ice)", "sudo sh -c '" BIND_A "'",
		"");
}

Test(net_mend, tools_are_used_where_there_are_any)
{
	host.has_devbind = true;
	judged("Linux has it as eth1 (driver ice)",
		"dpdk-devbind.py --bind=vfio-pci 0000:3b:00.0", "");
	host.has_driverctl = true;
	judged("Linux has it as eth1 (driver ice)",
		"driverctl set-override 0000:3b:00.0 vfio-pci", "");
}

Test(net_mend, what_linux_uses_is_not_taken_without_a_warning)
{
	host.has_devbind = true;
	card.interface.in_use = true;
	judged("Linux has it as eth1 (driver ice)",
		"dpdk-devbind.py --force --bind=vfio-pci 0000:3b:00.0",
		"Linux uses eth1: its addresses and routes go away");
	card.interface.has_default_route = true;
	judged("Linux has it as eth1 (driver ice)",
		"dpdk-devbind.py --force --bind=vfio-pci 0000:3b:00.0",
		"eth1 carries the default route: this takes the machine off "
		"its network");
}

Test(net_mend, without_vfio_uio_does_where_the_driver_can)
{
	host.vfio = WEIR_HOST_MODULE_ABSENT;
	host.uio = WEIR_HOST_MODULE_LOADABLE;
	host.has_driverctl = true;
	judged("Linux has it as eth1 (driver ice)",
		"modprobe uio_pci_generic && driverctl set-override "
		"0000:3b:00.0 uio_pci_generic",
		"");
	facts.modules = "* igb_uio | vfio-pci";
	judged("Linux has it as eth1 (driver ice), and this kernel has neither "
	       "vfio-pci nor uio_pci_generic",
		"", "");
}

// ---- the IOMMU ----

Test(net_mend, without_iommu_the_command_warns)
{
	host.iommu = false;
	host.has_driverctl = true;
	card.group = -1;
	judged("Linux has it as eth1 (driver ice), and no IOMMU is on",
		"echo 1 >/sys/module/vfio/parameters/"
		"enable_unsafe_noiommu_mode && driverctl set-override "
		"0000:3b:00.0 vfio-pci",
		"without an IOMMU the device, or a fault in a program, can "
		"overwrite any memory");
}

Test(net_mend, an_iommu_that_is_off_is_better_turned_on)
{
	host.iommu = false;
	host.iommu_words = "intel_iommu=on iommu=pt";
	host.noiommu_possible = false;
	card.group = -1;
	judged("Linux has it as eth1 (driver ice), and no IOMMU is on: better "
	       "boot with 'intel_iommu=on iommu=pt' on the kernel's command "
	       "line",
		"", "");
}

// Debian's kernels: vfio without the switch, but uio.
Test(net_mend, without_iommu_and_switch_uio_does)
{
	host.iommu = host.noiommu_possible = false;
	host.uio = WEIR_HOST_MODULE_LOADABLE;
	host.has_driverctl = true;
	card.group = -1;
	judged("Linux has it as eth1 (driver ice), and no IOMMU is on",
		"modprobe uio_pci_generic && driverctl set-override "
		"0000:3b:00.0 uio_pci_generic",
		"without an IOMMU the device, or a fault in a program, can "
		"overwrite any memory");
}

Test(net_mend, a_switch_that_is_set_is_not_set_again)
{
	host.iommu = false;
	host.noiommu = true;
	card.group = -1;
	judged("Linux has it as eth1 (driver ice)", BIND_A, "");
}

Test(net_mend, a_group_goes_as_a_whole)
{
	static const char both[] =
		"for d in 0000:3b:00.0 0000:3b:00.1; do echo vfio-pci "
		">/sys/bus/pci/devices/$d/driver_override && echo $d "
		">/sys/bus/pci/devices/$d/driver/unbind && echo $d "
		">/sys/bus/pci/drivers_probe; done";
	static const char warning[] =
		"0000:3b:00.1 is in the same IOMMU group, and Linux uses it: "
		"its addresses and routes go away";

	add_neighbour("0000:3b:00.1", "ice", true, false);
	judged("Linux has it as eth1 (driver ice)", both, "");
	facts.neighbours[0].in_use = true;
	judged("Linux has it as eth1 (driver ice)", both, warning);
	host.has_devbind = true;
	judged("Linux has it as eth1 (driver ice)",
		"dpdk-devbind.py --force --bind=vfio-pci 0000:3b:00.0 "
		"0000:3b:00.1",
		warning);
	host.has_driverctl = true;
	judged("Linux has it as eth1 (driver ice)",
		"for d in 0000:3b:00.0 0000:3b:00.1; do driverctl "
		"set-override $d vfio-pci; done",
		warning);
	bind_to("vfio-pci");
	judged("0000:3b:00.1 of its IOMMU group 12 is not with vfio-pci",
		"driverctl set-override 0000:3b:00.1 vfio-pci", warning);
}

Test(net_mend, the_longest_command_is_whole)
{
	char address[WEIR_PCI_ADDRESS_SIZE];

	host.iommu = host.root = false;
	host.vfio = WEIR_HOST_MODULE_LOADABLE;
	snprintf(card.address, sizeof(card.address), "ffffffff:00:00.0");
	for (unsigned i = 0; i < WEIR_MEND_NEIGHBOURS_MAX; i++) {
		snprintf(address, sizeof(address), "ffffffff:00:00.%u", i);
		add_neighbour(address, "ice", true, true);
	}
	card.group = -1;
	weir_mend_judge(&card, &facts);
	cr_expect_str_eq(card.mend + strlen(card.mend) - 7, "; done'");
}

Test(net_mend, no_disk_is_taken_with_a_group)
{
	static const char why[] =
		"its IOMMU group 12 holds 0000:00:1f.2 (ahci) too, and a group "
		"changes hands as a whole: put it into another slot";

	add_neighbour("0000:3b:00.1", "ice", true, false);
	add_neighbour("0000:00:1f.2", "ahci", false, false);
	judged(why, "", "");
	bind_to("vfio-pci");
	judged(why, "", "");
}

// ---- bound ----

Test(net_mend, bound_to_vfio_it_is_ready)
{
	bind_to("vfio-pci");
	judged_ready();
}

Test(net_mend, a_user_must_be_let_in)
{
	bind_to("vfio-pci");
	facts.may_open = false;
	host.root = false;
	judged("this user may not open /dev/vfio/12",
		"sudo chown $(id -u) /dev/vfio/12", "");
}

Test(net_mend, a_user_must_lock_memory)
{
	bind_to("vfio-pci");
	host.root = false;
	host.memlock_size = 8 * MIB;
	judged("this user may lock 8 MiB of memory for it, 256 MiB are needed",
		"sudo prlimit --pid $$ --memlock=unlimited:unlimited", "");
	host.memlock_size = 256 * MIB;
	judged_ready();
}

Test(net_mend, a_device_of_uio_is_roots)
{
	bind_to("uio_pci_generic");
	judged_ready();
	host.root = false;
	judged("only root may open a device of uio_pci_generic: run weir as "
	       "root, or bind it to vfio-pci",
		"", "");
}

Test(net_mend, a_device_needs_huge_pages)
{
	bind_to("vfio-pci");
	host.pages[0].free = 100;
	judged("it needs huge pages: 200 MiB of them are free, 256 MiB are "
	       "needed",
		"echo 540 >/proc/sys/vm/nr_hugepages", "");
	host.root = false;
	judged("it needs huge pages: 200 MiB of them are free, 256 MiB are "
	       "needed",
		"sudo sh -c 'echo 540 >/proc/sys/vm/nr_hugepages'", "");
	host.page_sizes = host.page_size = 0;
	judged("it needs huge pages: 0 MiB of them are free, 256 MiB are "
	       "needed",
		"", "");
}

// ---- bifurcated ----

static void make_bifurcated(const char *driver)
{
	bind_to(driver);
	card.bifurcated = true;
	snprintf(card.dpdk_driver, sizeof(card.dpdk_driver), "mlx5_eth");
	facts.modules = "* ib_uverbs & mlx5_core & mlx5_ib";
}

Test(net_mend, a_bifurcated_device_is_ready_as_it_is)
{
	make_bifurcated("mlx5_core");
	card.interface.in_use = card.interface.has_default_route = true;
	add_neighbour("0000:00:1f.2", "ahci", false, false);
	judged_ready();
	host.vfio = WEIR_HOST_MODULE_ABSENT;
	card.group = -1;
	judged_ready();
	host.root = false;
	judged("only root may open it: run weir as root", "", "");
}

Test(net_mend, a_bifurcated_device_is_given_back)
{
	make_bifurcated("vfio-pci");
	judged("DPDK works with the kernel's driver here, and it is bound to "
	       "vfio-pci",
		"modprobe -a ib_uverbs mlx5_core mlx5_ib; echo "
		">/sys/bus/pci/devices/0000:3b:00.0/driver_override; echo "
		"0000:3b:00.0 "
		">/sys/bus/pci/devices/0000:3b:00.0/driver/unbind; echo "
		"0000:3b:00.0 >/sys/bus/pci/drivers_probe",
		"");
	make_bifurcated("");
	judged("DPDK works with the kernel's driver here, and none is bound",
		"modprobe -a ib_uverbs mlx5_core mlx5_ib; echo "
		">/sys/bus/pci/devices/0000:3b:00.0/driver_override; echo "
		"0000:3b:00.0 >/sys/bus/pci/drivers_probe",
		"");
}

Test(net_mend, nothing_is_unbound_for_which_dpdk_has_no_driver)
{
	card.dpdk_driver[0] = '\0';
	card.vendor = 0x15b3, card.device = 0x1017;
	card.bifurcated = true;
	facts.modules = "";
	judged("DPDK has no driver for it here (15b3:1017; in Debian all "
	       "drivers are in librte-meta-allpmds)",
		"", "");
	card.bifurcated = false;
	judged("DPDK has no driver for it here (15b3:1017; in Debian all "
	       "drivers are in librte-meta-allpmds)",
		"", "");
}

// No verdict on any bifurcated device, in any state, unbinds the kernel's own
// driver of it.
Test(net_mend, nothing_ever_unbinds_a_bifurcated_device)
{
	for (unsigned bits = 0; bits < 256; bits++) {
		init();
		make_bifurcated("mlx5_core");
		host.root = bits & 1;
		host.iommu = bits & 2;
		host.has_devbind = bits & 4;
		host.has_driverctl = bits & 8;
		card.interface.in_use = bits & 16;
		facts.may_open = bits & 32;
		card.group = bits & 64 ? 3 : -1;
		host.pages[0].free = bits & 128 ? 512 : 0;
		weir_mend_judge(&card, &facts);
		cr_expect_null(strstr(card.mend, "unbind"), "%u", bits);
		cr_expect_null(strstr(card.mend, "vfio"), "%u", bits);
		cr_expect_null(strstr(card.mend, "override"), "%u", bits);
	}
}
