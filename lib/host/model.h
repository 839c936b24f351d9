// SPDX-License-Identifier: BSD-3-Clause
//
// What people call a PCI device: "Intel Corporation 82574L Gigabit Network
// Connection", from the list of numbers that most systems carry (pci.ids).
//
// Threads.  Any thread that may sleep.
#ifndef WEIR_HOST_MODEL_H
#define WEIR_HOST_MODEL_H

#include <stddef.h>
#include <stdint.h>

// weir_model_read writes the name; "1af4:1041" where no list knows it.
void weir_model_read(char *name, size_t size, const char *root, uint16_t vendor,
	uint16_t device);

#endif
