// SPDX-License-Identifier: BSD-3-Clause
//
// The verdict on a PCI network device: can a port open it, and where not,
// which command mends it. What the verdict rests on was read before.
#ifndef WEIR_HOST_MEND_H
#define WEIR_HOST_MEND_H

#include "host/host.h"
#include "host/pci.h"

#define WEIR_MEND_NEIGHBOURS_MAX 8

// Another device of a group of the IOMMU: a group changes hands as a whole.
struct weir_mend_neighbour {
	char address[WEIR_PCI_ADDRESS_SIZE];
	char kernel_driver[32];
	bool is_network, in_use;
};

// What else is known of the device.
struct weir_mend_facts {
	const struct weir_host *host;
	const char *modules;	  // that its DPDK driver works with
	bool may_open;		  // this process may open its file in /dev
	uint64_t memory_size;	  // hugepages that a run needs
	unsigned neighbour_count; // of its group, in the kernel's hands
	struct weir_mend_neighbour neighbours[WEIR_MEND_NEIGHBOURS_MAX];
};

// weir_mend_judge fills ready, why, mend and warning of device.
void weir_mend_judge(
	struct weir_pci_device *device, const struct weir_mend_facts *facts);

#endif
