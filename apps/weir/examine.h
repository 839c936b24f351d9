// SPDX-License-Identifier: BSD-3-Clause
//
// What weir doctor looks at, one finding each: what a run needs of any machine
// (surroundings.c), and what ports on PCI devices need (hardware.c). Each call
// reads below sysroot, "" for this machine, and changes nothing.
#ifndef WEIR_APPS_EXAMINE_H
#define WEIR_APPS_EXAMINE_H

enum weir_health {
	WEIR_HEALTH_OK,
	WEIR_HEALTH_WARNING, // something will be worse, or not go
	WEIR_HEALTH_FAULT,   // nothing will go
};

struct weir_finding {
	enum weir_health health;
	const char *what; // "hugepages"
	char text[256];	  // a phrase
	char mend[256];	  // what to type; or ""
};

typedef struct weir_finding weir_examine(const char *sysroot);

weir_examine weir_examine_cpus, weir_examine_clock, weir_examine_memory,
	weir_examine_files;
weir_examine weir_examine_drivers, weir_examine_pages, weir_examine_iommu,
	weir_examine_vfio, weir_examine_locking, weir_examine_devices;

// weir_finding_say answers a finding without a command.
__attribute__((format(printf, 3, 4))) struct weir_finding weir_finding_say(
	enum weir_health health, const char *what, const char *format, ...);

#endif
