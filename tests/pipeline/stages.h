// SPDX-License-Identifier: BSD-3-Clause
//
// The stages that pipelines under test are made of.
//
//	numbers makes count packets, numbered from 0
//	bin     takes them, and remembers how many, in which order
//	slow    a bin that takes one packet a turn
//	pass    hands on; options make it misbehave
//	keep    hands on nothing before it must
//	echo    a task that hands on
//	idler   a task that returns at once
//	scribe  writes into packets
#ifndef WEIR_TESTS_PIPELINE_STAGES_H
#define WEIR_TESTS_PIPELINE_STAGES_H

#include "base/assert.h"
#include "builtin/builtin.h"
#include "drivers.h"
#include "mem/pool.h"
#include "stage/stage.h"
#include "task/task.h"

#include <stdio.h>

// ---- numbers ----

struct gen {
	uint64_t count, endless; // options
	uint64_t next;
	struct rte_mempool *pool;
};

static int gen_init(
	void *state, const struct weir_stage_setup *setup, struct weir_error *e)
{
	struct gen *gen = state;

	(void)e;
	gen->pool = setup->pool;
	return 0;
}

static inline uint64_t *number_of(struct rte_mbuf *packet)
{
	return rte_pktmbuf_mtod(packet, uint64_t *);
}

static void gen_burst(
	void *state, struct rte_mbuf **in, unsigned n, struct weir_out *out)
{
	struct gen *gen = state;
	uint32_t room;
	struct rte_mbuf **to = weir_out_space(out, 0, &room);
	uint64_t left = gen->count - gen->next;

	(void)in;
	(void)n;
	room = room < WEIR_BURST ? room : WEIR_BURST;
	room = room < left ? room : (uint32_t)left;
	if (!room || rte_pktmbuf_alloc_bulk(gen->pool, to, room))
		return;
	for (unsigned i = 0; i < room; i++) {
		rte_pktmbuf_append(to[i], 64);
		*number_of(to[i]) = gen->next++;
	}
	weir_out_added(out, 0, room);
	weir_out_made(out, room);
}

static bool gen_ended(void *state)
{
	const struct gen *gen = state;

	return gen->next == gen->count;
}

static const struct weir_stage gen_stage = {
	.abi = WEIR_STAGE_ABI,
	.type = "numbers",
	.help = "makes numbered packets",
	.state_size = sizeof(struct gen),
	.options = {WEIR_OPTION_U64(
		struct gen, count, "count", 100000, "packets that it makes")},
	.outputs = {"out"},
	.source = true,
	.no_replicas = true,
	.init = gen_init,
	.kernel = gen_burst,
	.ended = gen_ended,
};

// ---- bin and slow ----

// What came to a sink; the main thread reads it when the run is over.
static struct seen {
	uint64_t count, last, sum;
	bool disordered;
} seen[8];

struct sink {
	uint32_t id; // option
	uint32_t budget;
};

static void take(struct sink *sink, struct rte_mbuf **in, unsigned n,
	struct weir_out *out)
{
	struct seen *s = &seen[sink->id];

	for (unsigned i = 0; i < n; i++) {
		uint64_t number = *number_of(in[i]);

		s->disordered |= s->count && number <= s->last;
		s->last = number;
		s->sum += number;
		s->count++;
		weir_out_drop(out, 0, in[i]);
	}
}

static void sink_burst(
	void *state, struct rte_mbuf **in, unsigned n, struct weir_out *out)
{
	take(state, in, n, out);
}

#define SINK_ID WEIR_OPTION_U32(struct sink, id, "id", 0, "where it remembers")

static const struct weir_stage sink_stage = {
	.abi = WEIR_STAGE_ABI,
	.type = "bin",
	.help = "takes all",
	.state_size = sizeof(struct sink),
	.options = {SINK_ID},
	.drops = {"asked"},
	.kernel = sink_burst,
};

static void slow_burst(
	void *state, struct rte_mbuf **in, unsigned n, struct weir_out *out)
{
	struct sink *sink = state;

	weir_assert(n <= sink->budget);
	sink->budget -= n;
	take(sink, in, n, out);
}

static void slow_tick(void *state, uint64_t now, struct weir_out *out)
{
	struct sink *sink = state;

	(void)now;
	(void)out;
	sink->budget = 1;
}

static unsigned slow_room(const void *state)
{
	return ((const struct sink *)state)->budget;
}

static const struct weir_stage slow_stage = {
	.abi = WEIR_STAGE_ABI,
	.type = "slow",
	.help = "takes one packet a turn",
	.state_size = sizeof(struct sink),
	.options = {SINK_ID},
	.drops = {"asked"},
	.kernel = slow_burst,
	.tick = slow_tick,
	.room = slow_room,
};

// ---- pass ----

struct pass {
	uint64_t leak_at, twice_at, drop_at, spin_at, spin_ns; // options
	uint64_t count;
	uint64_t spin;
	struct rte_mempool *pool;
};

static int pass_init(
	void *state, const struct weir_stage_setup *setup, struct weir_error *e)
{
	struct pass *pass = state;

	(void)e;
	pass->spin = weir_clock_ticks(setup->clock, pass->spin_ns);
	pass->pool = setup->pool;
	return 0;
}

static void pass_burst(
	void *state, struct rte_mbuf **in, unsigned n, struct weir_out *out)
{
	struct pass *pass = state;

	for (unsigned i = 0; i < n; i++) {
		pass->count++;
		if (pass->count == pass->spin_at) {
			uint64_t end = weir_ticks() + pass->spin;

			while (weir_ticks() < end)
				cpu_relax();
		}
		if (pass->count == pass->leak_at)
			rte_pktmbuf_free(in[i]);
		else if (pass->count == pass->twice_at)
			continue; // neither sent nor freed: lost to the pool
		else if (pass->count == pass->drop_at)
			weir_out_drop(out, 0, in[i]);
		else
			weir_out_put(out, 0, in[i]);
	}
}

#define PASS_AT(field, name) \
	WEIR_OPTION_U64(struct pass, field, name, 0, "which packet")

static const struct weir_stage pass_stage = {
	.abi = WEIR_STAGE_ABI,
	.type = "pass",
	.help = "hands on",
	.state_size = sizeof(struct pass),
	.options = {PASS_AT(leak_at, "leak"), PASS_AT(twice_at, "lose"),
		PASS_AT(drop_at, "drops"), PASS_AT(spin_at, "spin"),
		WEIR_OPTION_DURATION(
			struct pass, spin_ns, "spin_for", "0", "how long")},
	.outputs = {"out"},
	.drops = {"unwanted"},
	.init = pass_init,
	.kernel = pass_burst,
};

// ---- keep ----

#define KEEP_MAX 512

struct keep {
	struct rte_mbuf *packets[KEEP_MAX];
	uint32_t first, count;
};

static void keep_burst(
	void *state, struct rte_mbuf **in, unsigned n, struct weir_out *out)
{
	struct keep *keep = state;

	(void)out;
	for (unsigned i = 0; i < n; i++)
		keep->packets[(keep->first + keep->count++) % KEEP_MAX] = in[i];
}

static void keep_give(struct keep *keep, struct weir_out *out, uint32_t least)
{
	uint32_t room = weir_out_room(out, 0);

	for (; keep->count > least && room; room--, keep->count--)
		weir_out_put(out, 0, keep->packets[keep->first++ % KEEP_MAX]);
}

static void keep_tick(void *state, uint64_t now, struct weir_out *out)
{
	(void)now;
	keep_give(state, out, KEEP_MAX - WEIR_BURST);
}

static void keep_drain(void *state, struct weir_out *out)
{
	keep_give(state, out, 0);
}

static unsigned keep_room(const void *state)
{
	return KEEP_MAX - ((const struct keep *)state)->count;
}

static uint64_t keep_held(const void *state)
{
	return ((const struct keep *)state)->count;
}

static unsigned keep_keeps(const void *options)
{
	(void)options;
	return KEEP_MAX;
}

static void keep_fini(void *state)
{
	struct keep *keep = state;

	for (; keep->count; keep->count--)
		rte_pktmbuf_free(keep->packets[keep->first++ % KEEP_MAX]);
}

static const struct weir_stage keep_stage = {
	.abi = WEIR_STAGE_ABI,
	.type = "keep",
	.help = "gives back only what it must",
	.state_size = sizeof(struct keep),
	.outputs = {"out"},
	.fini = keep_fini,
	.kernel = keep_burst,
	.tick = keep_tick,
	.room = keep_room,
	.drain = keep_drain,
	.held = keep_held,
	.keeps = keep_keeps,
};

// ---- tasks ----

struct echo {
	uint64_t drops; // option: every so many
	uint64_t count;
	uint32_t asks; // option
	bool sleeps;   // option
};

static void echo_task(void *state, struct weir_stage_io *io)
{
	struct echo *echo = state;
	struct rte_mbuf *packets[WEIR_BURST];
	unsigned n, sent;

	while ((n = weir_stage_recv(io, packets, echo->asks)) > 0) {
		weir_assert(n <= WEIR_BURST);
		echo->count += n;
		if (echo->sleeps && weir_sleep(weir_in_us(10)))
			break;
		if (echo->drops && echo->count / 24 % echo->drops == 0) {
			weir_stage_drop(io, 0, packets, n);
			continue;
		}
		sent = weir_stage_send(io, 0, packets, n);
		if (sent < n)
			weir_stage_drop(io, 0, packets + sent, n - sent);
	}
}

static const struct weir_stage echo_stage = {
	.abi = WEIR_STAGE_ABI,
	.type = "echo",
	.help = "a task that hands on",
	.state_size = sizeof(struct echo),
	.options = {WEIR_OPTION_U64(struct echo, drops, "drops", 0,
			    "drop every so many bursts"),
		WEIR_OPTION_U32(struct echo, asks, "asks", 24,
			"how many packets it would receive"),
		WEIR_OPTION_BOOL(struct echo, sleeps, "sleeps", "false",
			"sleep before each")},
	.outputs = {"out"},
	.drops = {"asked"},
	.task = echo_task,
};

static void idler_task(void *state, struct weir_stage_io *io)
{
	(void)state;
	(void)io;
}

static const struct weir_stage idler_stage = {
	.abi = WEIR_STAGE_ABI,
	.type = "idler",
	.help = "a task that returns at once",
	.task = idler_task,
};

// ---- scribe ----

static void scribe_burst(
	void *state, struct rte_mbuf **in, unsigned n, struct weir_out *out)
{
	(void)state;
	for (unsigned i = 0; i < n; i++) {
		*number_of(in[i]) += 1000000;
		weir_out_put(out, 0, in[i]);
	}
}

static const struct weir_stage scribe_stage = {
	.abi = WEIR_STAGE_ABI,
	.type = "scribe",
	.help = "writes into packets",
	.outputs = {"out"},
	.writes = true,
	.kernel = scribe_burst,
};

static inline int register_stages(struct weir_error *e)
{
	static const struct weir_stage *const stages[] = {&gen_stage,
		&sink_stage, &slow_stage, &pass_stage, &keep_stage, &echo_stage,
		&idler_stage, &scribe_stage};
	int err;

	weir_drivers_register();
	err = weir_builtins_register(e);
	for (size_t i = 0; !err && i < sizeof(stages) / sizeof(*stages); i++)
		err = weir_stage_register(stages[i], e);
	return err;
}

#endif
