// SPDX-License-Identifier: BSD-3-Clause
#include "machine.h"

#include "host/host.h"
#include "host/model.h"
#include "host/pmd.h"

#define KIB 1024u
#define MIB (1024u * KIB)

TestSuite(net_host, .init = machine_init, .fini = machine_fini);

static struct weir_host host;

static void read_host(void)
{
	weir_host_read(&host, machine);
}

Test(net_host, a_machine_without_anything_offers_nothing)
{
	char command[128];

	read_host();
	cr_expect_eq(host.page_sizes, 0);
	cr_expect_eq(weir_host_free_size(&host), 0);
	cr_expect_eq(host.vfio, WEIR_HOST_MODULE_ABSENT);
	cr_expect_eq(host.uio, WEIR_HOST_MODULE_ABSENT);
	cr_expect_not(host.iommu);
	cr_expect_null(host.iommu_words);
	weir_host_mend_pages(&host, MIB, command, sizeof(command));
	cr_expect_str_eq(command, "");
}

Test(net_host, counts_pages_of_all_sizes)
{
	put_pages(300, 100);
	put("/sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages", "2\n");
	put("/sys/kernel/mm/hugepages/hugepages-1048576kB/free_hugepages",
		"1\n");
	read_host();
	cr_expect_eq(host.page_sizes, 2);
	cr_expect_eq(host.pages[0].size, 2 * MIB);
	cr_expect_eq(host.pages[1].size, KIB * MIB);
	cr_expect_eq(
		weir_host_free_size(&host), (200u + 1024u) * (uint64_t)MIB);
}

// Those in use stay: the number to write is of all.
Test(net_host, the_command_asks_for_what_is_lacking)
{
	char command[128];

	put_pages(300, 100);
	read_host();
	host.root = true;
	weir_host_mend_pages(&host, 256 * MIB, command, sizeof(command));
	cr_expect_str_eq(command, "echo 328 >/proc/sys/vm/nr_hugepages");
	weir_host_mend_pages(&host, 201 * MIB, command, sizeof(command));
	cr_expect_str_eq(command, "echo 301 >/proc/sys/vm/nr_hugepages");
}

Test(net_host, finds_modules)
{
	put("/proc/sys/kernel/osrelease", "6.1.0-test\n");
	put("/lib/modules/6.1.0-test/modules.dep",
		"kernel/drivers/vfio/pci/vfio-pci-core.ko.xz: "
		"kernel/drivers/vfio/vfio.ko.xz\n"
		"kernel/drivers/uio/uio_pci_generic.ko: x\n");
	read_host();
	cr_expect_eq(host.vfio, WEIR_HOST_MODULE_ABSENT);
	cr_expect_eq(host.uio, WEIR_HOST_MODULE_LOADABLE);
	put("/lib/modules/6.1.0-test/modules.dep",
		"kernel/drivers/vfio/pci/vfio-pci.ko.xz: a b\n");
	read_host();
	cr_expect_eq(host.vfio, WEIR_HOST_MODULE_LOADABLE);
	put("/sys/bus/pci/drivers/vfio-pci/bind", "%s", "");
	read_host();
	cr_expect_eq(host.vfio, WEIR_HOST_MODULE_LOADED);
}

Test(net_host, tells_an_iommu_that_is_on_from_one_that_is_off)
{
	put("/sys/firmware/acpi/tables/DMAR", "x");
	read_host();
	cr_expect_not(host.iommu);
	cr_expect_str_eq(host.iommu_words, "intel_iommu=on iommu=pt");
	put("/sys/kernel/iommu_groups/0/type", "DMA\n");
	read_host();
	cr_expect(host.iommu);
}

Test(net_host, sees_whether_vfio_works_without)
{
	put("/sys/module/vfio/parameters/enable_unsafe_noiommu_mode", "N\n");
	read_host();
	cr_expect(host.noiommu_possible && !host.noiommu);
	put("/sys/module/vfio/parameters/enable_unsafe_noiommu_mode", "Y\n");
	read_host();
	cr_expect(host.noiommu);
}

Test(net_host, before_vfio_is_loaded_the_configuration_tells)
{
	put("/proc/sys/kernel/osrelease", "6.1.0-test\n");
	put("/lib/modules/6.1.0-test/modules.dep",
		"kernel/drivers/vfio/pci/vfio-pci.ko: a b\n");
	read_host();
	cr_expect(host.noiommu_possible);
	put("/boot/config-6.1.0-test", "CONFIG_VFIO=m\n"
				       "CONFIG_VFIO_NOIOMMU=y\n");
	read_host();
	cr_expect(host.noiommu_possible);
	put("/boot/config-6.1.0-test", "CONFIG_VFIO=m\n"
				       "# CONFIG_VFIO_NOIOMMU is not set\n");
	read_host();
	cr_expect_not(host.noiommu_possible);
}

// ---- DPDK's drivers ----

Test(net_host, knows_which_driver_drives_what)
{
	struct weir_pmd_id id = {0x8086, 0x10d3, 0x8086, 0};
	struct weir_pmds *pmds;
	struct weir_pmd pmd;

	put_drivers();
	pmds = weir_pmds_read(machine);
	cr_assert_not_null(pmds);
	cr_expect_eq(weir_pmds_count(pmds), 2);
	pmd = weir_pmds_find(pmds, &id);
	cr_expect_str_eq(pmd.name, "net_e1000_em");
	cr_expect_not(weir_pmd_is_bifurcated(&pmd));
	id = (struct weir_pmd_id){0x15b3, 0x1017, 1, 2};
	pmd = weir_pmds_find(pmds, &id);
	cr_expect_str_eq(pmd.name, "mlx5_eth");
	cr_expect(weir_pmd_is_bifurcated(&pmd));
	id.device++;
	pmd = weir_pmds_find(pmds, &id);
	cr_expect_null(pmd.name);
	cr_expect_not(weir_pmd_is_bifurcated(&pmd));
	weir_pmds_free(pmds);
}

Test(net_host, shared_is_only_what_no_module_takes_away)
{
	static const struct {
		const char *modules;
		bool shared;
	} cases[] = {
		{"vfio-pci", false},
		{"* igb_uio | uio_pci_generic", false},
		{"* uio_hv_generic", false},
		{"", false},
		{"* ib_uverbs & mlx4_en & mlx4_core & mlx4_ib", true},
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct weir_pmd pmd = {"any", cases[i].modules};

		cr_expect_eq(weir_pmd_is_bifurcated(&pmd), cases[i].shared,
			"%s", cases[i].modules);
	}
}

// The texts of the drivers that are installed here: mlx5 and mlx4 are shared,
// i40e is not, whatever else changes with versions.
Test(net_host, reads_the_real_drivers)
{
	struct weir_pmds *pmds = weir_pmds_read("");
	struct weir_pmd_id mlx5 = {0x15b3, 0x1017, 0, 0},
			   i40e = {0x8086, 0x1572, 0, 0};
	struct weir_pmd pmd;

	cr_assert_not_null(pmds);
	cr_expect_gt(weir_pmds_count(pmds), 0);
	pmd = weir_pmds_find(pmds, &mlx5);
	cr_expect(!pmd.name || weir_pmd_is_bifurcated(&pmd));
	pmd = weir_pmds_find(pmds, &i40e);
	cr_expect(!pmd.name || !weir_pmd_is_bifurcated(&pmd));
	weir_pmds_free(pmds);
}

// ---- names ----

Test(net_host, calls_devices_by_name)
{
	char name[64];

	weir_model_read(name, sizeof(name), machine, 0x8086, 0x10d3);
	cr_expect_str_eq(name, "8086:10d3");
	put("/usr/share/hwdata/pci.ids",
		"# a comment\n1234  Nobody\n\t10d3  Nothing\n8086  Intel\n"
		"\t10d2  Before\n\t10d3  82574L\n\t\t8086 1  Deeper\n"
		"9999  Later\n\t10d4  Other\n");
	weir_model_read(name, sizeof(name), machine, 0x8086, 0x10d3);
	cr_expect_str_eq(name, "Intel 82574L");
	weir_model_read(name, sizeof(name), machine, 0x8086, 0x10d4);
	cr_expect_str_eq(name, "Intel");
	weir_model_read(name, sizeof(name), machine, 0x4321, 0x10d3);
	cr_expect_str_eq(name, "4321:10d3");
}
