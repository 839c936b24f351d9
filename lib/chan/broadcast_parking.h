// SPDX-License-Identifier: BSD-3-Clause
//
// Where those wait that use a broadcast: for the sources of this folder.
#ifndef WEIR_CHAN_BROADCAST_PARKING_H
#define WEIR_CHAN_BROADCAST_PARKING_H

struct weir_broadcast;
struct weir_parking;

// weir_broadcast_parking answers the parking of a broadcast.
struct weir_parking *weir_broadcast_parking(struct weir_broadcast *broadcast);

#endif
