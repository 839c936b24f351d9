// SPDX-License-Identifier: BSD-3-Clause
//
// Whether a tap interface that has left our sight was removed, or only moved
// to another network namespace or renamed: the first ends a port, the second
// is what taps are often made for. The kernel tells it of the descriptor that
// we hold.
//
// Threads.  Any thread that may sleep.
#ifndef WEIR_DRIVERS_NET_TAP_H
#define WEIR_DRIVERS_NET_TAP_H

#include <stdbool.h>

// weir_tap_find answers a descriptor of this process behind which is the tap
// of that name, or -1.
int weir_tap_find(const char *interface);

// weir_tap_removed tells whether there is no interface behind the descriptor
// any more.
bool weir_tap_removed(int fd);

#endif
