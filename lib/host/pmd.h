// SPDX-License-Identifier: BSD-3-Clause
//
// Which PCI devices DPDK's drivers on this machine can drive. Each driver's
// file carries that as a text (what dpdk-pmdinfo shows), so no driver need be
// loaded to know.
//
// Threads.  Any thread that may sleep.
#ifndef WEIR_HOST_PMD_H
#define WEIR_HOST_PMD_H

#include <stdbool.h>
#include <stdint.h>

struct weir_pmds;

// How a PCI device names itself.
struct weir_pmd_id {
	uint16_t vendor, device, subsystem_vendor, subsystem_device;
};

// name lives as long as the list. modules are the kernel's that the driver
// works with: "* igb_uio | uio_pci_generic | vfio-pci".
struct weir_pmd {
	const char *name; // "net_e1000_em"
	const char *modules;
};

// weir_pmds_read gives the drivers of the folder that EAL loads drivers from,
// below root, and those in the program itself; NULL where memory is short.
struct weir_pmds *weir_pmds_read(const char *root);

// weir_pmds_count answers how many drivers of network devices there are,
// software devices included.
unsigned weir_pmds_count(const struct weir_pmds *pmds);

// weir_pmds_find answers the driver for a device; its name is NULL where there
// is none.
struct weir_pmd weir_pmds_find(
	const struct weir_pmds *pmds, const struct weir_pmd_id *id);

// weir_pmd_is_bifurcated tells whether the driver shares the device with the
// kernel's: it names modules, and none that takes the device away from Linux.
bool weir_pmd_is_bifurcated(const struct weir_pmd *pmd);

void weir_pmds_free(struct weir_pmds *pmds);

#endif
