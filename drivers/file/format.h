// SPDX-License-Identifier: BSD-3-Clause
//
// What the bytes of a written capture look like. Part of output: these write
// into its buffer, which output has made room in.
#ifndef WEIR_DRIVERS_FILE_FORMAT_H
#define WEIR_DRIVERS_FILE_FORMAT_H

#include "file/interface.h"
#include "file/output.h"

#include <stdint.h>

// The most that a header, or a record beside its bytes, takes.
#define WEIR_FORMAT_EXTRA 64u

// A packet to write. size is what is written of it, from its first segment on.
struct weir_format_packet {
	struct rte_mbuf *mbuf;
	uint32_t size, original_size;
	uint64_t time_ns;
	uint32_t interface; // pcapng: its number in the capture
	bool nano;	    // precision of that interface
};

// weir_format_begin writes the header of the capture.
void weir_format_begin(struct weir_output *output);

// weir_format_interface writes an interface of a pcapng:
// WEIR_FORMAT_EXTRA + options_size bytes at most.
void weir_format_interface(
	struct weir_output *output, const struct weir_interface *interface);

// weir_format_packet writes a record: WEIR_FORMAT_EXTRA + size bytes at most.
void weir_format_packet(
	struct weir_output *output, const struct weir_format_packet *packet);

// weir_format_whole looks at the first size bytes of the buffer, and answers
// how many of them whole records take, and how many packets, with how many
// bytes, those are.
size_t weir_format_whole(const struct weir_output *output, size_t size,
	uint64_t *packets, uint64_t *packets_bytes);

#endif
