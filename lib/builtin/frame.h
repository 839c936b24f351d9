// SPDX-License-Identifier: BSD-3-Clause
//
// Frames of one size that are made again and again: Ethernet, IPv4 or IPv6,
// UDP, with right checksums. A template is filled once; a frame is a copy of it
// with the flow and the number put in.
//
//	| Ethernet 14 | IP 20 or 40 | UDP 8 | number 16 | zeros |
//	                 └ source      └ source port
//
// A flow is a source address and port: flow f has the port that is f after the
// first, and where ports run out the next address.
//
// Threads.  A template is constant after weir_frame_fill.
#ifndef WEIR_BUILTIN_FRAME_H
#define WEIR_BUILTIN_FRAME_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

#define WEIR_FRAME_SIZE_MAX 65535

// What all frames of a generator have in common. Numbers in the machine's
// order, addresses as in the packet.
struct weir_frame_ends {
	uint8_t source_mac[6], destination_mac[6];
	uint8_t source[16], destination[16]; // 4 bytes of them for IPv4
	uint16_t source_port, destination_port;
	bool ipv6;
	bool numbered; // has a number
};

struct weir_frame {
	uint8_t *bytes; // size of them, with the first flow and number 0
	uint32_t size;
	uint32_t sum;	 // of what UDP's checksum covers, but flow and number
	uint32_t ip_sum; // of IPv4's header, but the low half of its source
};

// weir_frame_read_mac and weir_frame_read_address read "02:00:00:00:00:01",
// "198.18.0.1", "fd00::1". They answer 0 or -EINVAL with words that start at
// the text.
int weir_frame_read_mac(const char *text, uint8_t mac[6], struct weir_error *e);
int weir_frame_read_address(const char *text, uint8_t address[16], bool *ipv6,
	struct weir_error *e);

// weir_frame_least answers the smallest size that has room for all headers.
uint32_t weir_frame_least(const struct weir_frame_ends *ends);

// weir_frame_fill writes the frame of frame->size bytes at frame->bytes and
// what is known of its sums.
void weir_frame_fill(
	struct weir_frame *frame, const struct weir_frame_ends *ends);

// weir_frame_make copies the template into packet bytes at to, as the
// sequence-th packet of a flow.
void weir_frame_make(const struct weir_frame *frame,
	const struct weir_frame_ends *ends, uint8_t *to, uint32_t flow,
	uint64_t sequence);

#endif
