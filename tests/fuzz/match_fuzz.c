// SPDX-License-Identifier: BSD-3-Clause
//
// match on programs and packets from outside: where it takes a program, it says
// of each packet what libpcap's bpf_filter says, and reads nothing beyond its
// end (each packet is an allocation of its own).
//
// The first byte is the number of instructions, the second the sizes of packets;
// then come the instructions, and the packets' bytes.
#include "builtin/match.h"

#include <assert.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

#define PROGRAM 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// take_packets cuts what is left into packets, some of them of other sizes.
static unsigned take_packets(struct weir_match_packets *packets,
	uint8_t *memory[WEIR_MATCH_BURST], const uint8_t *data, size_t size,
	unsigned step)
{
	unsigned n = 0;

	while (n < WEIR_MATCH_BURST && size > 0) {
		size_t take = step + n % 3;

		take = take < size ? take : size;
		memory[n] = malloc(take ? take : 1);
		memcpy(memory[n], data, take);
		packets->bytes[n] = memory[n];
		packets->sizes[n] = (uint32_t)take;
		packets->lengths[n] = (uint32_t)take + step % 2;
		data += take ? take : 1;
		size -= take ? take : 1;
		n++;
	}
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bpf_insn program[PROGRAM];
	struct weir_match_packets packets;
	uint8_t *memory[WEIR_MATCH_BURST];
	struct weir_match *match;
	unsigned count, n;
	uint32_t answer;

	if (size < 2)
		return 0;
	count = 1 + data[0] % PROGRAM;
	if (size - 2 < count * sizeof(program[0]))
		return 0;
	memcpy(program, data + 2, count * sizeof(program[0]));
	if (!bpf_validate(program, (int)count))
		return 0;
	match = weir_match_create(program, count);
	if (!match)
		return 0;
	n = take_packets(&packets, memory,
		data + 2 + count * sizeof(program[0]),
		size - 2 - count * sizeof(program[0]), data[1]);
	answer = weir_match_run(match, &packets, n);
	for (unsigned i = 0; i < n; i++) {
		assert((answer >> i & 1) ==
			(bpf_filter(program, packets.bytes[i],
				 packets.lengths[i], packets.sizes[i]) != 0));
		free(memory[i]);
	}
	weir_match_destroy(match);
	return 0;
}
