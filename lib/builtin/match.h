// SPDX-License-Identifier: BSD-3-Clause
//
// A filter's program as a burst of packets needs it: each test is decoded once
// for all packets that reach it, and none of them is a branch.
//
//	bpf_insn … ── weir_match_create ──▶ tests ── weir_match_run ──▶ a bit a packet
//
//	        {0..31}                   which packets reach a test
//	           │ [12:2] = 0x0800
//	      yes ┌┴┐ no
//	 [23:1] = 17   reject
//
// It promises the answer of libpcap's bpf_filter, of the same program on the same
// bytes: lengths are looked at where a load needs it, and a packet that is too
// short for one does not match. What cannot be said as tests (arithmetic beyond
// a mask, loops, a result that is computed) is not taken: bpf_filter runs it.
//
// Threads.  A made match is constant: any number may run it.
// Memory.  create allocates, destroy frees.
//
// Source.  The language: S. McCanne, V. Jacobson, "The BSD Packet Filter" (1993).
// To let a burst go through a program together is what vector packet
// processors do with their nodes.
#ifndef WEIR_BUILTIN_MATCH_H
#define WEIR_BUILTIN_MATCH_H

#include <stdbool.h>
#include <stdint.h>

struct bpf_insn;

#define WEIR_MATCH_BURST 32 // packets: a bit each

// Where a test finds its value.
enum weir_match_from {
	WEIR_MATCH_AT,	   // at a fixed place
	WEIR_MATCH_BEHIND, // behind a header that says itself how long it is
	WEIR_MATCH_LENGTH, // it is the original length
};

enum weir_match_is {
	WEIR_MATCH_EQUAL,
	WEIR_MATCH_ABOVE,
	WEIR_MATCH_AT_LEAST,
	WEIR_MATCH_ANY_BIT, // of those set
};

struct weir_match_value {
	uint8_t from;  // enum weir_match_from
	uint8_t width; // bytes: 1, 2 or 4, in network order
	uint32_t at;
	uint32_t header; // BEHIND: at + 4 * (low half of the byte there)
	uint32_t mask;
};

struct weir_match_test {
	struct weir_match_value value;
	uint8_t is;	  // enum weir_match_is
	uint16_t yes, no; // index of a test that comes later, or of a verdict
	uint32_t k;
};

// The tests, each behind those that lead to it; two verdicts have the indices
// behind the last one: count is a match, count + 1 none.
struct weir_match {
	uint16_t count;
	uint16_t first; // where all begin
	bool lengths;	// some test looks at them
	uint32_t
		reach; // bytes of a packet that a test may look at, from the first
	struct weir_match_test tests[];
};

#define WEIR_MATCH_TESTS 1024 // at most

// weir_match_create answers the match of a program of count instructions that
// bpf_validate takes; NULL where it cannot be said so, or memory lacks.
struct weir_match *weir_match_create(
	const struct bpf_insn *program, unsigned count);

// weir_match_destroy frees it; NULL is harmless.
void weir_match_destroy(struct weir_match *match);

// Packets to be judged, each in one piece. Their number is at most
// WEIR_MATCH_BURST.
struct weir_match_packets {
	const uint8_t *bytes[WEIR_MATCH_BURST];
	uint32_t sizes[WEIR_MATCH_BURST];   // that bytes has
	uint32_t lengths[WEIR_MATCH_BURST]; // on the wire; only if asked for
};

// weir_match_run answers which of n packets match: bit i is the i-th.
uint32_t weir_match_run(const struct weir_match *match,
	const struct weir_match_packets *packets, unsigned n);

#endif
