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
		uint64_t stopped = last->stopped + sample->stopped;
		uint64_t halted = last->halted + sample->halted;

		*last = *sample;
		last->stopped = stopped;
		last->halted = halted;
		return;
	}
	*nth(witness, count) = *sample;
	witness->count++;
}

// What lies about a stretch.
struct frame {
	const struct weir_sample *before, *behind;
	uint64_t stopped, halted;
};

static struct frame frame_of(
	const struct weir_witness *witness, const struct weir_stretch *stretch)
{
	struct frame frame = {
		.behind = stretch->ended, .stopped = stretch->stopped};
	unsigned kept =
		witness->count < WEIR_SAMPLES ? witness->count : WEIR_SAMPLES;

	for (unsigned i = witness->count - kept; i < witness->count; i++) {
		const struct weir_sample *sample = see(witness, i);

		if (sample->tick <= stretch->begin) {
			frame.before = sample;
			continue;
		}
		frame.stopped += sample->stopped;
		frame.halted += sample->halted;
		if (sample->tick < stretch->end)
			continue;
		if (!frame.behind)
			frame.behind = sample;
		break;
	}
	return frame;
}

static uint64_t less(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

// What became of the time that the thread was off its CPU. Of the wait that the
// system tells of, as much as may have been before the first sample may not count.
struct off {
	uint64_t all;
	uint64_t asleep_min, asleep_max;
};

static struct off off_of(const struct frame *frame, uint64_t whole)
{
	const struct weir_sample *before = frame->before,
				 *behind = frame->behind;
	struct off off = {.all = less(whole, behind->cpu - before->cpu)};
	uint64_t waited = behind->waited - before->waited;

	if (before->sleeps == behind->sleeps)
		return off;
	off.asleep_max = off.all;
	if (!before->waits || !behind->waits)
		return off;
	off.asleep_min = less(off.all, waited);
	off.asleep_max = less(off.all, less(waited, before->waiting));
	return off;
}

// slept answers for how much of the stretch it slept in a call, at least.
static uint64_t slept(const struct frame *frame,
	const struct weir_stretch *stretch, uint64_t asleep, uint64_t slack)
{
	uint64_t sleeps = frame->behind->sleeps - frame->before->sleeps;
	uint64_t own = less(asleep, frame->stopped + slack);

	if (stretch->robbed)
		own = 0;
	else if (sleeps == 1 && !frame->stopped && own)
		own = asleep;
	return own > stretch->dozed ? own : stretch->dozed;
}

static bool is_call(const struct weir_stretch *stretch, uint64_t slept)
{
	return slept >= stretch->end - stretch->begin - stretch->limit ||
	       slept > stretch->limit;
}

enum weir_found weir_witness_judge(
	const struct weir_witness *witness, const struct weir_stretch *stretch)
{
	struct frame frame = frame_of(witness, stretch);
	uint64_t length = stretch->end - stretch->begin;
	uint64_t excess = length - stretch->limit;
	uint64_t whole, slack;
	struct off off;

	if (!frame.before || !frame.behind)
		return is_call(stretch, stretch->dozed) ? WEIR_BLOCKING
							: WEIR_UNWITNESSED;
	whole = frame.behind->tick - frame.before->tick;
	slack = whole - length + frame.before->width + frame.behind->width;
	off = off_of(&frame, whole);
	if (is_call(stretch, slept(&frame, stretch, off.asleep_min, slack)))
		return WEIR_BLOCKING;
	if (off.all < excess)
		return stretch->accounts ? WEIR_BLOCKED : WEIR_UNWITNESSED;
	return off.all - less(off.asleep_max, frame.halted) >= excess + slack
		       ? WEIR_STOLEN
		       : WEIR_UNWITNESSED;
}
