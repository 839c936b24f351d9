// SPDX-License-Identifier: BSD-3-Clause
//
// meter colours packets by how they keep to a rate, and gives each colour an
// output: green keeps to it, yellow goes over it by what is allowed, red beyond
// that. What is to be dropped is said where it is wired: `drop: red`.
//
// Rates count bits of frames as they are on the wire, without Ethernet's
// checksum (`overhead` adds to each), or packets. Where the rate is in packets,
// so are the bursts.
//
// Replicas have an equal share of the rates, and each the whole bursts.
//
// A change of rates while it runs keeps the tokens: it neither makes a burst
// possible that was not, nor takes one away.
#include "builtin/builtin.h"
#include "builtin/buckets.h"
#include "builtin/headers.h"
#include "mem/pool.h"
#include "option/value.h"

#include <errno.h>
#include <rte_mbuf.h>
#include <stdlib.h>

enum { METER_GREEN, METER_YELLOW, METER_RED }; // as rte_color
enum { COLOUR_BLIND, COLOUR_DSCP, COLOUR_YELLOW };

#define BURST_MS 10
#define BURST_LEAST_BYTES 16384
#define BURST_LEAST_PACKETS 32

struct meter {
	// options
	uint32_t kind, colour, overhead;
	struct weir_rate rate, peak;
	uint64_t burst, peak_burst;

	struct change *change; // what is in force
	struct weir_buckets buckets;
	const struct weir_clock *clock;
	unsigned replicas;
	uint64_t bytes[3]; // by colour
};

// What rates come to.
struct change {
	struct weir_buckets_profile profile;
	bool packets;
};

static const char *const kinds[] = {"srtcm", "trtcm", "rfc4115", NULL};
static const char *const colours[] = {"blind", "dscp", "yellow", NULL};

// ---- colours ----

// colour_of_dscp: the drop precedence of the AF classes (RFC 2597) is a colour.
static enum rte_color colour_of_dscp(struct rte_mbuf *packet)
{
	struct weir_headers h;
	unsigned class;

	weir_headers_read(&h, packet, WEIR_HEADERS_OUTER);
	class = h.dscp >> 3;
	if (h.dscp & 1 || class < 1 || class > 4)
		return RTE_COLOR_GREEN;
	switch (h.dscp >> 1 & 3) {
	case 2:
		return RTE_COLOR_YELLOW;
	case 3:
		return RTE_COLOR_RED;
	default:
		return RTE_COLOR_GREEN;
	}
}

static inline enum rte_color colour_before(
	const struct meter *meter, struct rte_mbuf *packet)
{
	if (likely(meter->colour == COLOUR_BLIND))
		return RTE_COLOR_GREEN;
	return meter->colour == COLOUR_YELLOW ? RTE_COLOR_YELLOW
					      : colour_of_dscp(packet);
}

// tokens_of answers what a packet takes. A capture may say anything of a
// packet's length: rte_meter has 32 bits for it.
static inline uint32_t tokens_of(
	const struct meter *meter, bool packets, uint32_t bytes)
{
	uint64_t bits = 8 * ((uint64_t)bytes + meter->overhead);

	if (packets)
		return 1;
	return bits < UINT32_MAX ? (uint32_t)bits : UINT32_MAX;
}

static void meter_burst(
	void *state, struct rte_mbuf **in, unsigned n, struct weir_out *out)
{
	struct meter *meter = state;
	struct change *change = meter->change;

	for (unsigned i = 0; i < n; i++) {
		uint32_t bytes = weir_packet_original_size(in[i]);
		uint32_t tokens = tokens_of(meter, change->packets, bytes);
		enum rte_color colour =
			weir_buckets_take(&meter->buckets, &change->profile,
				out->now, tokens, colour_before(meter, in[i]));

		count_add(&meter->bytes[colour], bytes);
		weir_out_put(out, colour, in[i]);
	}
}

// ---- rates ----

static uint64_t tokens_of_burst(uint64_t burst, const struct weir_rate *rate)
{
	uint64_t least =
		rate->packets ? BURST_LEAST_PACKETS : 8 * BURST_LEAST_BYTES;
	uint64_t some = rate->per_second / (1000 / BURST_MS);

	if (burst)
		return rate->packets ? burst : 8 * burst;
	return some > least ? some : least;
}

static void work_out(const struct meter *options, unsigned replicas,
	struct weir_buckets_rates *rates)
{
	bool two = options->kind != WEIR_BUCKETS_SRTCM;

	rates->rate = options->rate.per_second / replicas;
	rates->rate = rates->rate ? rates->rate : 1;
	rates->burst = tokens_of_burst(options->burst, &options->rate);
	rates->rate2 = two ? options->peak.per_second / replicas : 0;
	rates->burst2 =
		two ? tokens_of_burst(options->peak_burst, &options->peak)
		    : options->peak_burst * (options->rate.packets ? 1 : 8);
}

static int prepare(const struct meter *options, unsigned replicas, uint64_t hz,
	struct change **change, struct weir_error *e)
{
	struct weir_buckets_rates rates;

	work_out(options, replicas, &rates);
	*change = calloc(1, sizeof(**change));
	if (!*change)
		return weir_error_set(e, -ENOMEM, "out of memory");
	(*change)->packets = options->rate.packets;
	if (!weir_buckets_profile_set(&(*change)->profile,
		    (enum weir_buckets_kind)options->kind, &rates, hz))
		return 0;
	free(*change);
	return weir_error_set(e, -EINVAL,
		"rte_meter refuses these rates: a second rate must not be "
		"less than the first");
}

static const char *meter_check(const void *options, struct weir_error *e)
{
	const struct meter *meter = options;
	bool two = meter->kind != WEIR_BUCKETS_SRTCM;

	if (!meter->rate.per_second) {
		weir_error_set(e, -EINVAL,
			"a rate of 0 lets nothing pass: 'drop' does that");
		return "rate";
	}
	if (two == !meter->peak.per_second) {
		weir_error_set(e, -EINVAL, "%s %s second rate: %s",
			kinds[meter->kind], two ? "needs a" : "has no",
			two ? "give peak" : "take peak out, or set algorithm");
		return "peak";
	}
	if (two && meter->peak.packets != meter->rate.packets) {
		weir_error_set(e, -EINVAL,
			"rate and peak must both be in bits or both in "
			"packets");
		return "peak";
	}
	if (meter->kind == WEIR_BUCKETS_TRTCM &&
		meter->peak.per_second < meter->rate.per_second) {
		weir_error_set(e, -EINVAL,
			"the peak rate of trtcm is at least its rate");
		return "peak";
	}
	return NULL;
}

// ---- life ----

static int meter_init(
	void *state, const struct weir_stage_setup *setup, struct weir_error *e)
{
	struct meter *meter = state;
	int err;

	meter->clock = setup->clock;
	meter->replicas = setup->replicas;
	err = prepare(
		meter, meter->replicas, meter->clock->hz, &meter->change, e);
	if (err)
		return err;
	weir_buckets_fill(&meter->buckets, &meter->change->profile,
		weir_clock_now(meter->clock));
	return 0;
}

static void meter_fini(void *state)
{
	struct meter *meter = state;

	free(meter->change);
}

static int meter_prepare(const void *state, const void *options, void **next,
	struct weir_error *e)
{
	const struct meter *meter = state;

	if (meter_check(options, e))
		return -EINVAL;
	return prepare(options, meter->replicas, meter->clock->hz,
		(struct change **)next, e);
}

// meter_commit: between packets and bits there is nothing to be kept.
static void *meter_commit(void *state, void *next)
{
	struct meter *meter = state;
	struct change *old = meter->change, *change = next;
	uint64_t now = weir_clock_now(meter->clock);

	if (old->packets == change->packets)
		weir_buckets_change(
			&meter->buckets, &old->profile, &change->profile, now);
	else
		weir_buckets_fill(&meter->buckets, &change->profile, now);
	meter->change = change;
	return old;
}

#define BYTES(name, index, help)                            \
	{                                                   \
		name, "bytes",                              \
			offsetof(struct meter, bytes) +     \
				(index) * sizeof(uint64_t), \
			help                                \
	}

const struct weir_stage weir_builtin_meter = {
	.abi = WEIR_STAGE_ABI,
	.type = "meter",
	.help = "colours packets by how they keep to a rate",
	.state_size = sizeof(struct meter),
	.options =
		{
			WEIR_OPTION_REQUIRED(WEIR_TYPE_RATE, struct meter, rate,
				"rate",
				"what is green: bits or packets in a second",
				.live = true),
			WEIR_OPTION_SIZE(struct meter, burst, "burst", "auto",
				"what may come at once and be green; auto: 10 "
				"ms of the rate, 16KiB or 32 packets at least",
				.zero = "auto", .live = true,
				.max = UINT64_C(1) << 40),
			WEIR_OPTION_CHOICE(struct meter, kind, "algorithm",
				"srtcm", kinds,
				"one rate (srtcm, RFC 2697), a rate and a peak "
				"rate (trtcm, RFC 2698), or two rates that add "
				"up (rfc4115)"),
			WEIR_OPTION_RATE(struct meter, peak, "peak", "none",
				"the second rate of trtcm and rfc4115: up to "
				"it, what is not green is yellow",
				.zero = "none", .live = true),
			WEIR_OPTION_SIZE(struct meter, peak_burst, "peak_burst",
				"auto",
				"what may come at once and be yellow; auto: as "
				"burst, of srtcm nothing",
				.zero = "auto", .live = true,
				.max = UINT64_C(1) << 40),
			WEIR_OPTION_CHOICE(struct meter, colour, "colour",
				"blind", colours,
				"what packets come as: none (blind), by the "
				"drop precedence in their DSCP (dscp), all "
				"yellow (yellow: behind another meter)"),
			WEIR_OPTION_U32(struct meter, overhead, "overhead", 0,
				"bytes counted beside each frame; 24 is what "
				"Ethernet adds on a wire",
				.max = 1024),
		},
	.outputs = {"green", "yellow", "red"},
	.counters =
		{
			BYTES("green_bytes", METER_GREEN, "that were green"),
			BYTES("yellow_bytes", METER_YELLOW, "that were yellow"),
			BYTES("red_bytes", METER_RED, "that were red"),
		},
	.check = meter_check,
	.init = meter_init,
	.fini = meter_fini,
	.kernel = meter_burst,
	.prepare = meter_prepare,
	.commit = meter_commit,
	.retire = free,
};
