// SPDX-License-Identifier: BSD-3-Clause
//
// The interfaces that the packets of this process came from.
//
// A packet carries an index into one table for the whole process, so that an
// output can say of each packet what its input said, whichever inputs were
// merged on the way. Interfaces of one input share a source number, in the
// order of the input.
//
// The table is emptied when the last user leaves: a process may run several
// pipelines one after the other.
//
// Threads.  Anyone adds (a lock; threads of ports, never an lcore); anyone
// reads what has been added, without a lock.
// Ordering.  add's release of the count pairs with the acquire in count: what
// lies below the count is complete and no longer changes.
#ifndef WEIR_DRIVERS_FILE_INTERFACE_H
#define WEIR_DRIVERS_FILE_INTERFACE_H

#include <stdbool.h>
#include <stdint.h>

#define WEIR_INTERFACES_MAX 65536 // as many as weir_packet.interface can name
#define WEIR_INTERFACE_SOURCES_MAX 1024

struct weir_interface {
	uint32_t link_field; // as a pcap header has it: LINKTYPE_… in the low
			     // 16 bits, what is said of the FCS in the high
	uint32_t snaplen;
	uint32_t source; // of the input
	bool nano;	 // timestamps finer than a microsecond
	// Options of a pcapng interface (name, description, addresses) as they
	// are written, without those that a writer sets itself.
	uint32_t options_size;
	uint8_t options[];
};

// weir_interfaces_enter and _leave frame the use of the table.
void weir_interfaces_enter(void);
void weir_interfaces_leave(void);

// weir_interfaces_source answers a number for a new input, or -ENOSPC when
// there are too many.
int weir_interfaces_source(void);

// weir_interfaces_add copies interface and options_size bytes of options into
// the table, and answers its index, -ENOSPC when there are too many, or
// -ENOMEM.
int weir_interfaces_add(
	const struct weir_interface *interface, const uint8_t *options);

unsigned weir_interfaces_count(void);

// weir_interfaces_at answers the interface with an index below the count.
const struct weir_interface *weir_interfaces_at(unsigned index);

#endif
