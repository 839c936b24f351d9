// SPDX-License-Identifier: BSD-3-Clause
//
// The number that gen writes into a packet and sink looks for: the first 16
// bytes of the UDP payload, the most significant byte first.
//
//	| magic 4 | flow 4 | sequence 8 |
//
// Packets of a flow are numbered from 0: a sink can tell from them alone what
// was lost, came late or came twice.
#ifndef WEIR_BUILTIN_NUMBER_H
#define WEIR_BUILTIN_NUMBER_H

#include <rte_byteorder.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define WEIR_NUMBER_MAGIC 0x77656972u // "weir"
#define WEIR_NUMBER_SIZE 16

struct weir_number {
	uint32_t flow;
	uint64_t sequence;
};

// weir_number_write writes number into WEIR_NUMBER_SIZE bytes;
// weir_number_read tells whether there is one.
static inline void weir_number_write(
	uint8_t *bytes, const struct weir_number *number)
{
	const uint32_t words[2] = {rte_cpu_to_be_32(WEIR_NUMBER_MAGIC),
		rte_cpu_to_be_32(number->flow)};
	const uint64_t sequence = rte_cpu_to_be_64(number->sequence);

	memcpy(bytes, words, sizeof(words));
	memcpy(bytes + sizeof(words), &sequence, sizeof(sequence));
}

static inline bool weir_number_read(
	const uint8_t *bytes, struct weir_number *number)
{
	uint32_t words[2];
	uint64_t sequence;

	memcpy(words, bytes, sizeof(words));
	memcpy(&sequence, bytes + sizeof(words), sizeof(sequence));
	number->flow = rte_be_to_cpu_32(words[1]);
	number->sequence = rte_be_to_cpu_64(sequence);
	return words[0] == rte_cpu_to_be_32(WEIR_NUMBER_MAGIC);
}

#endif
