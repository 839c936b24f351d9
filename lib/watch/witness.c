// SPDX-License-Identifier: BSD-3-Clause
#include "watch/witness.h"

static struct weir_sample *nth(struct weir_witness *witness, unsigned i)
{
	return &witness->at[i % WEIR_SAMPLES];
}

static const struct weir_sample *see(
	const struct weir_witness *witness, unsigned i)
{
	return &witness->at[i % WEIR_SAMPLES];
}

const struct weir_sample *weir_witness_last(const struct weir_witness *witness)
{
	return witness->count ? see(witness, witness->count - 1) : NULL;
}

void weir_witness_add(
	struct weir_witness *witness, const struct weir_sample *sample)
{
	unsigned count = witness->count;

	if (count >= 2 && nth(witness, count - 1)->beat == sample->beat &&
		nth(witness, count - 2)->beat == sample->beat) {
		struct weir_sample *last = nth(witness, count - 1);
		bool stopped = last->stopped || sample->stopped;

		*last = *sample;
		last->stopped = stopped;
		return;
	}
	*nth(witness, count) = *sample;
	witness->count++;
}

// What lies about a stretch.
struct frame {
	const struct weir_sample *before, *behind;
	bool stopped;
};

static struct frame frame_of(
	const struct weir_witness *witness, const struct weir_stretch *stretch)
{
	struct frame frame = {0};
	unsigned kept =
		witness->count < WEIR_SAMPLES ? witness->count : WEIR_SAMPLES;

	for (unsigned i = witness->count - kept; i < witness->count; i++) {
		const struct weir_sample *sample = see(witness, i);

		if (sample->tick <= stretch->begin) {
			frame.before = sample;
			continue;
		}
		frame.stopped |= sample->stopped;
		if (sample->tick >= stretch->end) {
			frame.behind = sample;
			break;
		}
	}
	return frame;
}

enum weir_found weir_witness_judge(
	const struct weir_witness *witness, const struct weir_stretch *stretch)
{
	struct frame frame = frame_of(witness, stretch);
	uint64_t length = stretch->end - stretch->begin;
	uint64_t excess = length - stretch->limit;
	uint64_t whole, had, off;

	if (!frame.before || !frame.behind)
		return WEIR_UNWITNESSED;
	whole = frame.behind->tick - frame.before->tick;
	had = frame.behind->cpu - frame.before->cpu;
	off = whole > had ? whole - had : 0;
	if (stretch->slept && !frame.stopped &&
		(off >= excess || off > stretch->limit))
		return WEIR_BLOCKING;
	if (off < excess)
		return stretch->accounts ? WEIR_BLOCKED : WEIR_UNWITNESSED;
	return off >= excess + (whole - length) ? WEIR_STOLEN
						: WEIR_UNWITNESSED;
}
