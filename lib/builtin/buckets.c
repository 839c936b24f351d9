// SPDX-License-Identifier: BSD-3-Clause
//
// rte_meter reckons in ticks of EAL's counter: a rate for another clock is
// given to it as that many tokens in EAL's second. Of its contexts only times
// and tokens are touched, which its header declares.
#include "builtin/buckets.h"

#include <rte_cycles.h>

// Both errors, of the lowered rate and of the period, are about 1 in so many.
#define FINE 65536

static uint64_t lower(uint64_t rate, uint64_t stretch, uint64_t hz)
{
	unsigned __int128 eal = (unsigned __int128)rate * rte_get_tsc_hz();
	unsigned __int128 part = (unsigned __int128)hz * stretch;

	return (uint64_t)((eal + part / 2) / part);
}

int weir_buckets_profile_set(struct weir_buckets_profile *profile,
	enum weir_buckets_kind kind, const struct weir_buckets_rates *rates,
	uint64_t hz)
{
	uint64_t most = rates->rate > rates->rate2 ? rates->rate : rates->rate2;
	uint64_t stretch = most / FINE ? most / FINE : 1;
	uint64_t first = lower(rates->rate, stretch, hz);
	uint64_t second = lower(rates->rate2, stretch, hz);
	struct rte_meter_srtcm_params srtcm = {
		first, rates->burst, rates->burst2};
	struct rte_meter_trtcm_params trtcm = {
		first, second, rates->burst, rates->burst2};
	struct rte_meter_trtcm_rfc4115_params rfc4115 = {
		first, second, rates->burst, rates->burst2};

	profile->kind = kind;
	profile->stretch = stretch;
	if (kind == WEIR_BUCKETS_SRTCM)
		return rte_meter_srtcm_profile_config(&profile->srtcm, &srtcm);
	if (kind == WEIR_BUCKETS_TRTCM)
		return rte_meter_trtcm_profile_config(&profile->trtcm, &trtcm);
	return rte_meter_trtcm_rfc4115_profile_config(
		&profile->rfc4115, &rfc4115);
}

// A bucket of either kind of context: its tokens, and the most of a profile.
struct bucket {
	uint64_t *tokens, *time;
	uint64_t most;
};

static void look(struct weir_buckets *buckets,
	const struct weir_buckets_profile *profile, struct bucket both[2])
{
	switch (profile->kind) {
	case WEIR_BUCKETS_SRTCM:
		both[0] = (struct bucket){&buckets->srtcm.tc,
			&buckets->srtcm.time, profile->srtcm.cbs};
		both[1] = (struct bucket){&buckets->srtcm.te,
			&buckets->srtcm.time, profile->srtcm.ebs};
		return;
	case WEIR_BUCKETS_TRTCM:
		both[0] = (struct bucket){&buckets->trtcm.tc,
			&buckets->trtcm.time_tc, profile->trtcm.cbs};
		both[1] = (struct bucket){&buckets->trtcm.tp,
			&buckets->trtcm.time_tp, profile->trtcm.pbs};
		return;
	default:
		both[0] = (struct bucket){&buckets->rfc4115.tc,
			&buckets->rfc4115.time_tc, profile->rfc4115.cbs};
		both[1] = (struct bucket){&buckets->rfc4115.te,
			&buckets->rfc4115.time_te, profile->rfc4115.ebs};
	}
}

void weir_buckets_fill(struct weir_buckets *buckets,
	const struct weir_buckets_profile *profile, uint64_t now)
{
	struct bucket both[2];

	buckets->last = now;
	look(buckets, profile, both);
	for (unsigned i = 0; i < 2; i++) {
		*both[i].tokens = both[i].most;
		*both[i].time = now * profile->stretch;
	}
}

void weir_buckets_change(struct weir_buckets *buckets,
	const struct weir_buckets_profile *old,
	const struct weir_buckets_profile *profile, uint64_t now)
{
	struct weir_buckets_profile before = *old;
	struct bucket both[2];

	// A red packet takes nothing: this only brings the tokens up to now.
	weir_buckets_take(buckets, &before, now, 1, RTE_COLOR_RED);
	look(buckets, profile, both);
	for (unsigned i = 0; i < 2; i++) {
		if (*both[i].tokens > both[i].most)
			*both[i].tokens = both[i].most;
		*both[i].time = buckets->last * profile->stretch;
	}
}
