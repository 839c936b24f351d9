// SPDX-License-Identifier: BSD-3-Clause
//
// What is said at once on a socket that keeps messages apart, with the
// descriptor that may go with it.
//
// Threads.  One.
// Memory.  The caller's. A parcel that was taken owns its descriptors until
// weir_parcel_drop.
#ifndef WEIR_DRIVERS_NET_PARCEL_H
#define WEIR_DRIVERS_NET_PARCEL_H

#include <stdbool.h>
#include <stddef.h>

#define WEIR_PARCEL_FDS 8 // that there is room for; more than one is nonsense

struct weir_parcel {
	char bytes[1024];
	size_t size;
	int fds[WEIR_PARCEL_FDS];
	unsigned fd_count;
};

enum weir_parcel_took {
	WEIR_PARCEL_NONE, // nothing is there now
	WEIR_PARCEL_ONE,
	WEIR_PARCEL_END, // the other end is closed, or what it says is nonsense
};

// weir_parcel_take receives one. It never waits.
enum weir_parcel_took weir_parcel_take(struct weir_parcel *parcel, int from);

// weir_parcel_give sends it. It never waits. False: it did not leave.
bool weir_parcel_give(const struct weir_parcel *parcel, int to);

// weir_parcel_drop closes its descriptors.
void weir_parcel_drop(struct weir_parcel *parcel);

#endif
