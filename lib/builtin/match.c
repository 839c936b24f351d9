// SPDX-License-Identifier: BSD-3-Clause
//
// A program is followed from its beginning along every way that it can take. On
// the way we know what the accumulator and the index register hold, as what was
// loaded from where, so that a jump is a test of a packet's bytes by itself and
// all between two jumps is gone. A jump reached with another value is another
// test.
//
// A load fails, and the packet with it, where it reaches beyond the bytes. Here
// a test does that, later: the answer is the same as long as each load is tested
// before it is forgotten, and before the packet may match. Where one is not, the
// program is not taken.
#include "builtin/match.h"

#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

#define MATCH (-1)
#define REJECT (-2)
#define REFUSED (-3) // cannot be said as tests

// What the accumulator holds, and of the index register which header's length.
struct known {
	bool loaded, tested;
	bool index_loaded, index_tested;
	uint32_t index;
	struct weir_match_value value;
};

// A test on its way to be one: at is the index of its jump in the program.
struct found {
	unsigned at;
	struct known known;
	int yes, no; // index in found, or MATCH, REJECT
};

struct making {
	const struct bpf_insn *program;
	unsigned length;
	unsigned count; // of found
	struct found found[WEIR_MATCH_TESTS];
	uint16_t place[WEIR_MATCH_TESTS]; // in the match
};

static bool is_forgotten(const struct known *known)
{
	return known->loaded && !known->tested;
}

static bool is_index_forgotten(const struct known *known)
{
	return known->index_loaded && !known->index_tested;
}

static uint8_t width_of(const struct bpf_insn *insn)
{
	switch (BPF_SIZE(insn->code)) {
	case BPF_B:
		return 1;
	case BPF_H:
		return 2;
	default:
		return 4;
	}
}

// load takes over what an instruction puts into the accumulator.
static bool load(struct known *known, const struct bpf_insn *insn)
{
	struct weir_match_value value = {
		.width = width_of(insn), .at = insn->k, .mask = UINT32_MAX};

	if (is_forgotten(known))
		return false;
	switch (BPF_MODE(insn->code)) {
	case BPF_ABS:
		value.from = WEIR_MATCH_AT;
		break;
	case BPF_IND:
		if (!known->index_loaded)
			return false;
		value.from = WEIR_MATCH_BEHIND;
		value.header = known->index;
		break;
	case BPF_LEN:
		value.from = WEIR_MATCH_LENGTH;
		value.at = 0;
		break;
	default:
		return false;
	}
	known->value = value;
	known->loaded = true;
	known->tested = false;
	return true;
}

static bool load_index(struct known *known, const struct bpf_insn *insn)
{
	if (insn->code != (BPF_LDX | BPF_MSH | BPF_B) ||
		is_index_forgotten(known))
		return false;
	known->index = insn->k;
	known->index_loaded = true;
	known->index_tested = false;
	return true;
}

static bool mask(struct known *known, const struct bpf_insn *insn)
{
	if (insn->code != (BPF_ALU | BPF_AND | BPF_K) || !known->loaded)
		return false;
	known->value.mask &= insn->k;
	return true;
}

static bool is_same_value(
	const struct weir_match_value *a, const struct weir_match_value *b)
{
	return a->from == b->from && a->width == b->width && a->at == b->at &&
	       a->header == b->header && a->mask == b->mask;
}

static bool is_same(const struct known *a, const struct known *b)
{
	return a->index_loaded == b->index_loaded && a->index == b->index &&
	       a->index_tested == b->index_tested &&
	       is_same_value(&a->value, &b->value);
}

// find answers the index of the test that a jump is with what is known there.
static int find(struct making *making, unsigned at, const struct known *before)
{
	struct known known = *before;
	unsigned i = 0;

	if (!known.loaded)
		return REFUSED;
	known.tested = true;
	if (known.value.from == WEIR_MATCH_BEHIND &&
		known.value.header == known.index)
		known.index_tested = true;
	while (i < making->count &&
		(making->found[i].at != at ||
			!is_same(&making->found[i].known, &known)))
		i++;
	if (i == WEIR_MATCH_TESTS)
		return REFUSED;
	if (i == making->count)
		making->found[making->count++] =
			(struct found){.at = at, .known = known};
	return (int)i;
}

static int verdict(const struct known *known, const struct bpf_insn *insn)
{
	if (BPF_RVAL(insn->code) != BPF_K)
		return REFUSED;
	if (insn->k == 0)
		return REJECT;
	if (is_forgotten(known) || is_index_forgotten(known))
		return REFUSED;
	return MATCH;
}

// follow goes on from an instruction to the next jump that tests something, and
// answers that test, or the verdict. A jump always leads forward.
static int follow(struct making *making, uint64_t at, struct known known)
{
	while (at < making->length) {
		const struct bpf_insn *insn = &making->program[at];
		bool goes_on = false;

		switch (BPF_CLASS(insn->code)) {
		case BPF_LD:
			goes_on = load(&known, insn);
			break;
		case BPF_LDX:
			goes_on = load_index(&known, insn);
			break;
		case BPF_ALU:
			goes_on = mask(&known, insn);
			break;
		case BPF_RET:
			return verdict(&known, insn);
		case BPF_JMP:
			if (BPF_OP(insn->code) != BPF_JA)
				return find(making, (unsigned)at, &known);
			at += insn->k;
			goes_on = true;
			break;
		}
		if (!goes_on)
			return REFUSED;
		at++;
	}
	return REFUSED;
}

static bool is_test(const struct bpf_insn *insn)
{
	return BPF_SRC(insn->code) == BPF_K &&
	       (BPF_OP(insn->code) == BPF_JEQ ||
		       BPF_OP(insn->code) == BPF_JGT ||
		       BPF_OP(insn->code) == BPF_JGE ||
		       BPF_OP(insn->code) == BPF_JSET);
}

// follow_all finds all tests that can be reached; answers the first, a verdict
// or REFUSED.
static int follow_all(struct making *making)
{
	int first = follow(making, 0, (struct known){0});

	for (unsigned i = 0; i < making->count && first != REFUSED; i++) {
		struct found *found = &making->found[i];
		const struct bpf_insn *jump = &making->program[found->at];
		uint64_t next = (uint64_t)found->at + 1;

		if (!is_test(jump))
			return REFUSED;
		found->yes = follow(making, next + jump->jt, found->known);
		found->no = follow(making, next + jump->jf, found->known);
		if (found->yes == REFUSED || found->no == REFUSED)
			return REFUSED;
	}
	return first;
}

// put_in_order gives each test its place: that of its jump in the program, so
// that it comes behind those that lead to it.
static void put_in_order(struct making *making)
{
	for (unsigned i = 0; i < making->count; i++) {
		unsigned at = making->found[i].at, before = 0;

		for (unsigned j = 0; j < i; j++)
			before += making->found[j].at <= at;
		for (unsigned j = i + 1; j < making->count; j++)
			before += making->found[j].at < at;
		making->place[i] = (uint16_t)before;
	}
}

static uint16_t place_of(const struct making *making, int index)
{
	if (index == MATCH)
		return (uint16_t)making->count;
	if (index == REJECT)
		return (uint16_t)(making->count + 1);
	return making->place[index];
}

static uint8_t is_of(const struct bpf_insn *jump)
{
	switch (BPF_OP(jump->code)) {
	case BPF_JEQ:
		return WEIR_MATCH_EQUAL;
	case BPF_JGT:
		return WEIR_MATCH_ABOVE;
	case BPF_JGE:
		return WEIR_MATCH_AT_LEAST;
	default:
		return WEIR_MATCH_ANY_BIT;
	}
}

#define HEADER_MAX 60 // what the low half of a byte can say

// reach_of answers how many bytes a packet needs so that no load fails.
static uint32_t reach_of(const struct weir_match_value *value)
{
	uint64_t end = (uint64_t)value->at + value->width;

	if (value->from == WEIR_MATCH_LENGTH)
		return 0;
	if (value->from == WEIR_MATCH_BEHIND) {
		end += HEADER_MAX;
		if (end <= value->header)
			end = (uint64_t)value->header + 1;
	}
	return end < UINT32_MAX ? (uint32_t)end : UINT32_MAX;
}

static void write_tests(const struct making *making, struct weir_match *match)
{
	match->count = (uint16_t)making->count;
	for (unsigned i = 0; i < making->count; i++) {
		const struct found *found = &making->found[i];
		const struct bpf_insn *jump = &making->program[found->at];

		match->tests[making->place[i]] = (struct weir_match_test){
			.value = found->known.value,
			.is = is_of(jump),
			.k = jump->k,
			.yes = place_of(making, found->yes),
			.no = place_of(making, found->no),
		};
		match->lengths |= found->known.value.from == WEIR_MATCH_LENGTH;
		if (reach_of(&found->known.value) > match->reach)
			match->reach = reach_of(&found->known.value);
	}
}

struct weir_match *weir_match_create(
	const struct bpf_insn *program, unsigned count)
{
	struct making *making = calloc(1, sizeof(*making));
	struct weir_match *match = NULL;
	int first;

	if (!making)
		return NULL;
	making->program = program;
	making->length = count;
	first = follow_all(making);
	if (first != REFUSED)
		match = calloc(
			1, sizeof(*match) +
				   making->count * sizeof(match->tests[0]));
	if (match) {
		put_in_order(making);
		write_tests(making, match);
		match->first = place_of(making, first);
	}
	free(making);
	return match;
}

void weir_match_destroy(struct weir_match *match)
{
	free(match);
}
