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

// is_known tells whether bpf_filter knows all instructions: it aborts on others,
// which bpf_validate does not look at.
static bool is_known(const struct bpf_insn *program, unsigned count)
{
	static const uint8_t codes[] = {0x00, 0x01, 0x02, 0x03, 0x04, 0x05,
		0x06, 0x07, 0x0c, 0x14, 0x15, 0x16, 0x1c, 0x1d, 0x20, 0x24,
		0x25, 0x28, 0x2c, 0x2d, 0x30, 0x34, 0x35, 0x3c, 0x3d, 0x40,
		0x44, 0x45, 0x48, 0x4c, 0x4d, 0x50, 0x54, 0x5c, 0x60, 0x61,
		0x64, 0x6c, 0x74, 0x7c, 0x80, 0x81, 0x84, 0x87, 0x94, 0x9c,
		0xa4, 0xac, 0xb1};
	unsigned known = 0;

	for (unsigned i = 0; i < count; i++)
		known += program[i].code < 256 &&
			 memchr(codes, program[i].code, sizeof(codes)) != NULL;
	return known == count;
}

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
	if (!is_known(program, count) || !bpf_validate(program, (int)count))
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
