// SPDX-License-Identifier: BSD-3-Clause
//
// gen makes UDP packets: as fast as what follows takes them, or at a rate. The
// rate is kept over any length of time; never do more than `burst` packets go
// one right behind the other to catch up. What cannot be made up for, since what
// follows held gen back too long, is not sent: counted as `missed`.
//
// Packets go round the flows, and each flow goes round the sizes. Replicas share
// the rate, the count and the flows.
#include "builtin/builtin.h"
#include "builtin/frame.h"
#include "builtin/pacer.h"
#include "mem/mem.h"

#include <errno.h>
#include <rte_mbuf.h>
#include <stdlib.h>
#include <string.h>

enum { GEN_OUT };

#define SIZES_MAX 64

// Whose turn it is: of the next packet.
struct turn {
	uint32_t flow;	      // first_flow not added
	uint32_t frame;	      // of which size
	uint32_t first_frame; // of the round
	uint64_t round;	      // round all flows: the number in the flow
};

struct gen {
	// options
	struct weir_rate rate;
	uint32_t overhead, burst, flow_count, first_flow;
	const char **sizes;
	uint64_t count;
	bool sequence;
	const char *source, *destination, *source_mac, *destination_mac;
	uint32_t source_port, destination_port;

	struct weir_frame_ends ends;
	struct weir_frame *frames; // one for each size
	uint32_t frame_count;
	uint8_t *memory; // of the frames
	struct rte_mempool *pool;
	unsigned index, replicas;
	uint64_t hz;
	uint64_t left; // packets to be made
	struct turn turn;
	struct weir_pacer pacer;
	uint64_t mean_cost;
	uint64_t *costs; // of each size
	bool started;
	uint64_t bytes, missed;
};

// ---- pacing ----

// What a rate is worked out to.
struct pace {
	struct weir_pacer pacer;
	uint64_t mean_cost;
	uint64_t costs[SIZES_MAX];
};

static void make_pace(
	const struct gen *gen, const struct weir_rate *rate, struct pace *pace)
{
	unsigned __int128 sum = 0;

	weir_assert(gen->frame_count > 0);
	weir_pacer_set(&pace->pacer, rate, gen->replicas, gen->hz);
	for (uint32_t i = 0; i < gen->frame_count; i++) {
		pace->costs[i] = weir_pacer_cost(&pace->pacer,
			(uint64_t)gen->frames[i].size + gen->overhead);
		sum += pace->costs[i];
	}
	pace->mean_cost = (uint64_t)(sum / gen->frame_count);
	sum = (unsigned __int128)pace->mean_cost * (gen->burst - 1);
	pace->pacer.slack =
		sum < WEIR_PACER_COST_MAX ? (uint64_t)sum : WEIR_PACER_COST_MAX;
}

static void take_pace(struct gen *gen, const struct pace *pace)
{
	uint64_t due = gen->pacer.due;

	gen->pacer = pace->pacer;
	gen->pacer.due = due;
	gen->mean_cost = pace->mean_cost;
	memcpy(gen->costs, pace->costs, gen->frame_count * sizeof(*gen->costs));
}

// start lets replicas begin one after the other, not all at once.
static void start(struct gen *gen, uint64_t now)
{
	weir_pacer_start(&gen->pacer, now);
	gen->pacer.due += gen->mean_cost / gen->replicas * gen->index;
	gen->started = true;
}

// ---- making ----

static void step_on(const struct gen *gen, struct turn *turn)
{
	if (++turn->frame == gen->frame_count)
		turn->frame = 0;
	turn->flow += gen->replicas;
	if (turn->flow < gen->flow_count)
		return;
	turn->flow = gen->index;
	turn->round++;
	if (++turn->first_frame == gen->frame_count)
		turn->first_frame = 0;
	turn->frame = turn->first_frame;
}

static void make(struct gen *gen, struct rte_mbuf *packet)
{
	const struct weir_frame *frame = &gen->frames[gen->turn.frame];

	packet->data_len = (uint16_t)frame->size;
	packet->pkt_len = frame->size;
	weir_frame_make(frame, &gen->ends, rte_pktmbuf_mtod(packet, uint8_t *),
		gen->first_flow + gen->turn.flow, gen->turn.round);
	count_add(&gen->bytes, frame->size);
}

// due_count answers how many packets may go now, at most room, and moves pacer,
// a copy of gen's, on by what they cost.
static uint32_t due_count(
	struct gen *gen, uint64_t now, uint32_t room, struct weir_pacer *pacer)
{
	struct turn turn = gen->turn;
	uint32_t n = 0;

	if (!pacer->per_unit)
		return room;
	for (; n < room && weir_pacer_ready(pacer, now); n++) {
		weir_pacer_took(pacer, gen->costs[turn.frame]);
		step_on(gen, &turn);
	}
	return n;
}

static void keep_pace(struct gen *gen, uint64_t now)
{
	if (!gen->started)
		start(gen, now);
	count_add(&gen->missed,
		weir_pacer_miss(&gen->pacer, now, gen->mean_cost));
}

static void gen_burst(
	void *state, struct rte_mbuf **in, unsigned n, struct weir_out *out)
{
	struct gen *gen = state;
	struct weir_pacer pacer;
	uint32_t room, due;
	struct rte_mbuf **to = weir_out_space(out, GEN_OUT, &room);

	room = room < WEIR_BURST ? room : WEIR_BURST;
	room = room < gen->left ? room : (uint32_t)gen->left;
	keep_pace(gen, out->now);
	pacer = gen->pacer;
	due = due_count(gen, out->now, room, &pacer);
	if (!due || rte_pktmbuf_alloc_bulk(gen->pool, to, due))
		return;
	gen->pacer = pacer;
	for (uint32_t i = 0; i < due; i++) {
		make(gen, to[i]);
		step_on(gen, &gen->turn);
	}
	gen->left -= due;
	weir_out_added(out, GEN_OUT, due);
	weir_out_made(out, due);
}

static bool gen_ended(void *state)
{
	const struct gen *gen = state;

	return !gen->left;
}

// ---- options ----

static int read_sizes(const struct gen *gen, const struct weir_frame_ends *ends,
	uint32_t *sizes, uint32_t *count, struct weir_error *e)
{
	uint64_t size;
	int err;

	for (*count = 0; gen->sizes[*count]; (*count)++) {
		const char *text = gen->sizes[*count];

		if (*count == SIZES_MAX)
			return weir_error_set(e, -EINVAL,
				"size: more than %d sizes", SIZES_MAX);
		err = weir_size_parse(text, &size, e);
		if (err)
			return err;
		if (size < weir_frame_least(ends) || size > WEIR_FRAME_SIZE_MAX)
			return weir_error_set(e, -EINVAL,
				"size: %s: a frame with these headers has from "
				"%u to %d bytes%s",
				text, weir_frame_least(ends),
				WEIR_FRAME_SIZE_MAX,
				ends->numbered
					? "; sequence: no takes 16 bytes less"
					: "");
		sizes[*count] = (uint32_t)size;
	}
	return *count ? 0
		      : weir_error_set(
				e, -EINVAL, "size: give at least one size");
}

static const char *read_ends(const struct gen *gen,
	struct weir_frame_ends *ends, struct weir_error *e)
{
	bool ipv6;

	*ends = (struct weir_frame_ends){
		.source_port = (uint16_t)gen->source_port,
		.destination_port = (uint16_t)gen->destination_port,
		.numbered = gen->sequence,
	};
	if (weir_frame_read_mac(gen->source_mac, ends->source_mac, e))
		return "source_mac";
	if (weir_frame_read_mac(gen->destination_mac, ends->destination_mac, e))
		return "destination_mac";
	if (weir_frame_read_address(gen->source, ends->source, &ends->ipv6, e))
		return "source";
	if (weir_frame_read_address(
		    gen->destination, ends->destination, &ipv6, e))
		return "destination";
	if (ipv6 == ends->ipv6)
		return NULL;
	weir_error_set(e, -EINVAL,
		"source %s and destination %s are not of the same IP version",
		gen->source, gen->destination);
	return "destination";
}

static const char *gen_check(const void *options, struct weir_error *e)
{
	const struct gen *gen = options;
	struct weir_frame_ends ends;
	uint32_t sizes[SIZES_MAX], count;
	const char *wrong = read_ends(gen, &ends, e);

	if (wrong)
		return wrong;
	return read_sizes(gen, &ends, sizes, &count, e) ? "size" : NULL;
}

// ---- life ----

static int fill_frames(struct gen *gen, const uint32_t *sizes,
	const struct weir_stage_setup *setup, struct weir_error *e)
{
	uint32_t count = gen->frame_count;
	size_t size = count * (sizeof(*gen->frames) + sizeof(*gen->costs));
	uint32_t data = rte_pktmbuf_data_room_size(setup->pool);
	uint8_t *bytes;

	for (uint32_t i = 0; i < count; i++) {
		size += sizes[i];
		if (sizes[i] > data - RTE_PKTMBUF_HEADROOM)
			return weir_error_set(e, -EINVAL,
				"%s: a size of %u is more than a packet of "
				"this run holds; set runtime.packet_size to %u",
				setup->name, sizes[i], sizes[i]);
	}
	gen->memory = weir_mem_create(size, setup->node);
	if (!gen->memory)
		return weir_error_set(e, -ENOMEM,
			"%s: no memory for %zu bytes; raise runtime.memory",
			setup->name, size);
	gen->frames = (struct weir_frame *)(void *)gen->memory;
	gen->costs = (uint64_t *)(void *)(gen->frames + count);
	bytes = (uint8_t *)(gen->costs + count);
	for (uint32_t i = 0; i < count; i++) {
		gen->frames[i].bytes = bytes;
		gen->frames[i].size = sizes[i];
		weir_frame_fill(&gen->frames[i], &gen->ends);
		bytes += sizes[i];
	}
	return 0;
}

// share answers this replica's part of count.
static uint64_t share(const struct gen *gen, uint64_t count)
{
	return count / gen->replicas + (gen->index < count % gen->replicas);
}

static int gen_init(
	void *state, const struct weir_stage_setup *setup, struct weir_error *e)
{
	struct gen *gen = state;
	uint32_t sizes[SIZES_MAX];
	struct pace pace = {0};
	int err;

	gen->pool = setup->pool;
	gen->hz = setup->clock->hz;
	gen->index = setup->index;
	gen->replicas = setup->replicas;
	gen->left = gen->count ? share(gen, gen->count) : UINT64_MAX;
	gen->turn.flow = gen->index;
	if (gen->flow_count < gen->replicas)
		return weir_error_set(e, -EINVAL,
			"%s: %u replicas cannot share %u flow%s: set flows to "
			"%u or more",
			setup->name, gen->replicas, gen->flow_count,
			gen->flow_count == 1 ? "" : "s", gen->replicas);
	if (read_ends(gen, &gen->ends, e))
		return -EINVAL;
	err = read_sizes(gen, &gen->ends, sizes, &gen->frame_count, e);
	if (!err)
		err = fill_frames(gen, sizes, setup, e);
	if (err)
		return err;
	make_pace(gen, &gen->rate, &pace);
	take_pace(gen, &pace);
	return 0;
}

static void gen_fini(void *state)
{
	struct gen *gen = state;

	weir_mem_destroy(gen->memory);
}

// ---- change ----

static int gen_prepare(const void *state, const void *options, void **next,
	struct weir_error *e)
{
	struct pace *pace = calloc(1, sizeof(*pace));

	if (!pace)
		return weir_error_set(e, -ENOMEM, "out of memory");
	make_pace(state, &((const struct gen *)options)->rate, pace);
	*next = pace;
	return 0;
}

// gen_commit begins to count anew where there was no limit: nothing is due.
static void *gen_commit(void *state, void *next)
{
	struct gen *gen = state;

	if (!gen->pacer.per_unit)
		gen->started = false;
	take_pace(gen, next);
	return next;
}

const struct weir_stage weir_builtin_gen = {
	.abi = WEIR_STAGE_ABI,
	.type = "gen",
	.help = "makes UDP packets, at a rate or as fast as they are taken",
	.state_size = sizeof(struct gen),
	.options =
		{
			WEIR_OPTION_RATE(struct gen, rate, "rate", "max",
				"packets or bits in a second; max: as fast as "
				"they are taken",
				.zero = "max", .live = true),
			WEIR_OPTION_U32(struct gen, overhead, "overhead", 0,
				"bytes that a rate in bits counts beside each "
				"frame; 24 is what Ethernet adds on a wire",
				.max = 1024),
			WEIR_OPTION_U32(struct gen, burst, "burst", 32,
				"packets that go at once at most, to catch up",
				.min = 1, .max = 65536),
			WEIR_OPTION_TEXTS(struct gen, sizes, "size", "60",
				"bytes of a frame without its checksum, or a "
				"list of which each has its turn"),
			WEIR_OPTION_U64(struct gen, count, "count", 0,
				"packets to make; endless: until the run ends",
				.zero = "endless"),
			WEIR_OPTION_U32(struct gen, flow_count, "flows", 1,
				"flows, each with a source address and port "
				"of its own",
				.min = 1, .max = 1u << 24),
			WEIR_OPTION_U32(struct gen, first_flow, "first_flow", 0,
				"the number of the first flow",
				.max = 1u << 24),
			WEIR_OPTION_BOOL(struct gen, sequence, "sequence",
				"yes", "number the packets of each flow"),
			WEIR_OPTION_TEXT(struct gen, source, "source",
				"198.18.0.1", "IP address of the first flow"),
			WEIR_OPTION_TEXT(struct gen, destination, "destination",
				"198.19.0.1", "IP address to send to"),
			WEIR_OPTION_U32(struct gen, source_port, "source_port",
				1024, "UDP port of the first flow",
				.max = 65535),
			WEIR_OPTION_U32(struct gen, destination_port,
				"destination_port", 9, "UDP port to send to",
				.max = 65535),
			WEIR_OPTION_TEXT(struct gen, source_mac, "source_mac",
				"02:00:00:00:00:01", "Ethernet address"),
			WEIR_OPTION_TEXT(struct gen, destination_mac,
				"destination_mac", "02:00:00:00:00:02",
				"Ethernet address to send to"),
		},
	.outputs = {"out"},
	.counters =
		{
			{"bytes", "bytes", offsetof(struct gen, bytes), "made"},
			{"missed", "packets", offsetof(struct gen, missed),
				"not made, since it was held back too long"},
		},
	.source = true,
	.check = gen_check,
	.init = gen_init,
	.fini = gen_fini,
	.kernel = gen_burst,
	.ended = gen_ended,
	.prepare = gen_prepare,
	.commit = gen_commit,
	.retire = free,
};
