// SPDX-License-Identifier: BSD-3-Clause
//
// The machine's PCI network devices: what each is, who has it now, and
// whether a port can open it; where not, the command that mends it.
//
// Nothing here changes the machine, and nothing needs EAL. A device of which
// DPDK shares the use with the kernel's driver (a bifurcated one: mlx5, mlx4)
// is ready as it is and never proposed to be unbound. What Linux uses as an
// interface with addresses or routes is never proposed to be taken away
// without a warning that says so.
//
// Each call takes a root in front of /sys, /proc and /dev: "" for this
// machine, the folder of a made-up one in tests.
//
// Threads.  Any thread that may sleep.
#ifndef WEIR_HOST_PCI_H
#define WEIR_HOST_PCI_H

#include "base/error.h"
#include "host/interface.h"

#include <stdbool.h>
#include <stdint.h>

#define WEIR_PCI_ADDRESS_SIZE 20

struct weir_pci_device {
	char address[WEIR_PCI_ADDRESS_SIZE]; // "0000:3b:00.0"
	uint16_t vendor, device;
	char model[96];			 // what people call it
	char kernel_driver[32];		 // bound now; "": none
	char dpdk_driver[32];		 // what DPDK would use; "": none known
	int node;			 // of NUMA; -1: it is near to all
	int group;			 // of the IOMMU; -1: none
	struct weir_interface interface; // as Linux has it
	bool bifurcated;		 // DPDK works with the kernel's driver

	// The verdict.
	bool ready;	   // a port can open it now
	char why[256];	   // why not: a phrase; "" when ready
	char mend[768];	   // the command that mends it; "": none is known
	char warning[256]; // what the command would break; or ""
};

// weir_pci_address makes "3b:00.0" or "0000:3B:00.0" the kernel's way of
// writing it. False where text is no PCI address.
bool weir_pci_address(char address[WEIR_PCI_ADDRESS_SIZE], const char *text);

// weir_pci_list gives an array of the machine's network devices in the order
// of their addresses, which the caller frees. Answers their number or -errno.
int weir_pci_list(const char *root, struct weir_pci_device **devices);

// weir_pci_check answers 0 when port can open the device at address, and there
// are hugepages for memory_size bytes; else -errno and a sentence with what is
// wrong and the command that mends it. To be called before EAL is started: EAL
// cannot be started twice.
int weir_pci_check(const char *root, const char *port, const char *address,
	uint64_t memory_size, struct weir_error *e);

#endif
