// SPDX-License-Identifier: BSD-3-Clause
//
// How a software device is told to EAL, and what is so of it: a line for each
// kind, but for pci and vdev, whose value is the device. Inside drivers/net.
#ifndef WEIR_DRIVERS_NET_RECIPE_H
#define WEIR_DRIVERS_NET_RECIPE_H

#include <stddef.h>

// What the value of a kind is.
enum weir_recipe_names {
	WEIR_NAMES_ARGUMENTS, // the value is the device's arguments
	WEIR_NAMES_INTERFACE, // … an interface of the kernel, and arguments
	WEIR_NAMES_PATH,      // … a socket, and arguments
};

// What else is so of a device, as read in its driver: see weir_device_name.
#define WEIR_IS_SPREADS 1u
#define WEIR_IS_RETRIES 2u
#define WEIR_IS_LOSES 4u
#define WEIR_IS_LINGERS 8u
#define WEIR_IS_PLAIN 16u
#define WEIR_IS_TAP 32u
#define WEIR_IS_FORGETS 64u
#define WEIR_IS_TEARS 128u
#define WEIR_IS_TWICE 256u

struct weir_recipe {
	const char *kind;
	const char *device;   // how its name begins
	const char *argument; // what the value's first part is
	const char *queues;   // argument for how many pairs
	const char *server;   // argument for that role
	const char *client;   // argument for that role
	const char *always;   // arguments that go without saying
	enum weir_recipe_names names;
	unsigned keeps; // mbufs for each queue
	unsigned is;	// what else is so of it: WEIR_IS_…
};

// weir_recipe_of answers that of a kind, weir_recipe_behind that of the device
// which a vdev's value names, weir_recipe_first the size of a value's first
// part. NULL: there is none.
const struct weir_recipe *weir_recipe_of(const char *kind);
const struct weir_recipe *weir_recipe_behind(const char *value);
size_t weir_recipe_first(const char *value);

#endif
