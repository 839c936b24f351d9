// SPDX-License-Identifier: BSD-3-Clause
//
// Reads the blocks of a pcapng capture.
//
// libpcap reads pcapng too, but refuses a capture whose interfaces differ in
// link type or snap length, and does not tell which interface a packet came
// from. Taken from a capture: its interfaces and their options, and of each
// packet its bytes, original length, time and interface. Passed over: options
// of packets, and all other kinds of blocks.
//
// Memory.  A record's bytes lie in the window of bytes, which is borrowed, and
// are valid until the next call.
#ifndef WEIR_DRIVERS_FILE_PCAPNG_H
#define WEIR_DRIVERS_FILE_PCAPNG_H

#include "base/error.h"
#include "file/bytes.h"

#include <stdbool.h>
#include <stdint.h>

#define WEIR_PCAPNG_MAGIC 0x0a0d0d0au // the same in both byte orders
#define WEIR_RECORD_MAX 262144u	      // captured bytes of a packet

// A packet as a capture has it.
struct weir_record {
	const uint8_t *bytes;
	uint32_t size; // captured
	uint32_t original_size;
	uint64_t time_ns;
	uint16_t interface; // in the process's table
	uint16_t link_type;
};

struct weir_pcapng_interface {
	uint16_t index; // in the process's table
	uint16_t link_type;
	uint32_t snaplen;
	uint8_t resolution; // if_tsresol as it is written
	int64_t offset_s;   // if_tsoffset
};

struct weir_pcapng {
	struct weir_bytes *bytes;
	uint32_t source;
	bool swapped; // this section's byte order is not ours
	struct weir_pcapng_interface *interfaces; // of this section
	unsigned count, size;
	uint64_t too_large; // packets passed over: beyond WEIR_RECORD_MAX
};

// weir_pcapng_open prepares to read bytes, which begin with the magic.
// Interfaces are entered into the table under source.
void weir_pcapng_open(
	struct weir_pcapng *pcapng, struct weir_bytes *bytes, uint32_t source);

// weir_pcapng_next answers 1 and the next packet, 0 at the end, or -EBADMSG
// with a phrase in e that says what is wrong with the next block.
int weir_pcapng_next(struct weir_pcapng *pcapng, struct weir_record *record,
	struct weir_error *e);

void weir_pcapng_close(struct weir_pcapng *pcapng);

#endif
