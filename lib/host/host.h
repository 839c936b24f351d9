// SPDX-License-Identifier: BSD-3-Clause
//
// What the machine offers to a program that drives devices by itself: huge
// pages, an IOMMU, the kernel's modules that hand devices out, limits. Read
// from /sys, /proc and /dev below a root, "" for this machine.
//
// Threads.  Any thread that may sleep.
#ifndef WEIR_HOST_HOST_H
#define WEIR_HOST_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WEIR_HOST_PAGES_MAX 8

// How a module of the kernel can be had.
enum weir_host_module {
	WEIR_HOST_MODULE_ABSENT,   // this kernel has none
	WEIR_HOST_MODULE_LOADABLE, // modprobe would load it
	WEIR_HOST_MODULE_LOADED,   // loaded, or part of the kernel
};

// Huge pages of one size.
struct weir_host_pages {
	uint64_t size; // bytes
	uint64_t total, free;
};

struct weir_host {
	struct weir_host_pages pages[WEIR_HOST_PAGES_MAX]; // small to large
	unsigned page_sizes;
	uint64_t page_size; // that /proc/sys/vm/nr_hugepages counts; 0: none
	enum weir_host_module vfio, uio; // vfio-pci, uio_pci_generic
	bool iommu;			 // works: devices are in groups
	const char *iommu_words; // of the kernel's command line that turn it
				 // on; NULL: the machine shows none
	bool noiommu;		 // vfio hands out devices without it
	bool noiommu_possible;	 // this kernel's vfio has that switch
	bool root;		 // this process is root
	uint64_t memlock_size;	 // bytes that it may lock; UINT64_MAX: any
	bool has_driverctl, has_devbind;
};

void weir_host_read(struct weir_host *host, const char *root);

// weir_host_free_size answers the bytes in free huge pages.
uint64_t weir_host_free_size(const struct weir_host *host);

// weir_host_mend_pages writes the command that gives size bytes in free huge
// pages; "" where the kernel has none.
void weir_host_mend_pages(const struct weir_host *host, uint64_t size,
	char *command, size_t command_size);

// weir_host_as_root writes command so that this user can type it: with sudo
// for who is not root.
void weir_host_as_root(const struct weir_host *host, const char *command,
	char *text, size_t size);

#endif
