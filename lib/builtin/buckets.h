// SPDX-License-Identifier: BSD-3-Clause
//
// Token buckets that colour packets: rte_meter's, on any clock and in any unit.
//
//	srtcm    RFC 2697: one rate fills the first bucket, what overflows
//	         the second
//	trtcm    RFC 2698: each bucket has a rate; a packet takes from both
//	rfc4115  each bucket has a rate; a packet takes from one
//
// rte_meter takes whole tokens in whole periods of the time stamp counter, of a
// hundred ticks at least: up to 1 % off. So time is stretched and rates are
// lowered by the same factor, which makes it less than 1 in 10000.
//
// Threads.  One.
#ifndef WEIR_BUILTIN_BUCKETS_H
#define WEIR_BUILTIN_BUCKETS_H

#include "base/error.h"

#include <rte_meter.h>
#include <stdint.h>

enum weir_buckets_kind {
	WEIR_BUCKETS_SRTCM,
	WEIR_BUCKETS_TRTCM,
	WEIR_BUCKETS_RFC4115
};

// Tokens are whatever a packet is measured in.
struct weir_buckets_rates {
	uint64_t rate, burst;	// the first bucket: in a second, at most
	uint64_t rate2, burst2; // the second; srtcm has no rate2
};

// What the rates are worked out to; constant.
struct weir_buckets_profile {
	enum weir_buckets_kind kind;
	uint64_t stretch;
	union {
		struct rte_meter_srtcm_profile srtcm;
		struct rte_meter_trtcm_profile trtcm;
		struct rte_meter_trtcm_rfc4115_profile rfc4115;
	};
};

struct weir_buckets {
	uint64_t last; // tick
	union {
		struct rte_meter_srtcm srtcm;
		struct rte_meter_trtcm trtcm;
		struct rte_meter_trtcm_rfc4115 rfc4115;
	};
};

// weir_buckets_profile_set works out rates for a clock of hz. 0, or -EINVAL
// for rates that rte_meter refuses.
int weir_buckets_profile_set(struct weir_buckets_profile *profile,
	enum weir_buckets_kind kind, const struct weir_buckets_rates *rates,
	uint64_t hz);

// weir_buckets_fill makes both buckets full at now.
void weir_buckets_fill(struct weir_buckets *buckets,
	const struct weir_buckets_profile *profile, uint64_t now);

// weir_buckets_change goes over to another profile of the same kind and unit at
// now: tokens stay, as far as the new buckets hold them.
void weir_buckets_change(struct weir_buckets *buckets,
	const struct weir_buckets_profile *old,
	const struct weir_buckets_profile *profile, uint64_t now);

// weir_buckets_take answers the colour of a packet of so many tokens that came
// with a colour, green where none is known. A now before the last one is taken
// for the last one.
static inline enum rte_color weir_buckets_take(struct weir_buckets *buckets,
	struct weir_buckets_profile *profile, uint64_t now, uint32_t tokens,
	enum rte_color colour)
{
	uint64_t time;

	if ((int64_t)(now - buckets->last) > 0)
		buckets->last = now;
	time = buckets->last * profile->stretch;
	switch (profile->kind) {
	case WEIR_BUCKETS_SRTCM:
		return rte_meter_srtcm_color_aware_check(
			&buckets->srtcm, &profile->srtcm, time, tokens, colour);
	case WEIR_BUCKETS_TRTCM:
		return rte_meter_trtcm_color_aware_check(
			&buckets->trtcm, &profile->trtcm, time, tokens, colour);
	default:
		return rte_meter_trtcm_rfc4115_color_aware_check(
			&buckets->rfc4115, &profile->rfc4115, time, tokens,
			colour);
	}
}

#endif
