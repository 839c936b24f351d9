// SPDX-License-Identifier: BSD-3-Clause
//
// shape lets packets go on no faster than a rate, in order: what comes faster
// waits before it. meter says what is too much; shape makes it wait.
//
// It is a task: it sleeps until the next packet may go, and what it has not
// received yet waits in its input, whose depth is the file's. After a rest up to
// `burst` packets' worth may go at once.
//
// Replicas have an equal share of the rate.
#include "builtin/builtin.h"
#include "builtin/pacer.h"
#include "mem/pool.h"
#include "task/task.h"

#include <errno.h>
#include <rte_mbuf.h>
#include <stdlib.h>

enum { SHAPE_OUT };

#define BURST_MS 10   // where the file says nothing
#define QUIET_S 3600u // without a packet: whatever was due is long past
#define NAP_MS 50     // a change of rate is seen after that at the latest

struct shape {
	struct weir_rate rate; // option
	uint64_t burst;	       // option
	uint32_t overhead;     // option
	const struct weir_clock *clock;
	unsigned replicas;
	struct weir_pacer pacer;
	uint64_t looked;		      // tick of the last look at it
	struct rte_mbuf *packets[WEIR_BURST]; // received, not sent
	unsigned first, count;
};

// The slack is the time that the burst takes at the rate.
static void set_pacer(struct weir_pacer *pacer, const struct shape *options,
	unsigned replicas, uint64_t hz)
{
	unsigned __int128 slack = hz / (1000 / BURST_MS) << 16;

	weir_pacer_set(pacer, &options->rate, replicas, hz);
	if (options->burst)
		slack = (unsigned __int128)pacer->per_unit * options->burst *
				(options->rate.packets ? 1 : 8) >>
			16;
	pacer->slack = slack < WEIR_PACER_COST_MAX ? (uint64_t)slack
						   : WEIR_PACER_COST_MAX;
}

// due_count answers how many of those received may go at now.
static unsigned due_count(struct shape *shape, uint64_t now)
{
	struct weir_pacer *pacer = &shape->pacer;
	unsigned n = 0;

	// No packet may come for days.
	weir_pacer_look(pacer, now, QUIET_S * shape->clock->hz);
	// What was not used in time is gone.
	if ((int64_t)((now << 16) - pacer->due) > (int64_t)pacer->slack)
		pacer->due = (now << 16) - pacer->slack;
	for (; n < shape->count && weir_pacer_ready(pacer, now); n++) {
		struct rte_mbuf *packet = shape->packets[shape->first + n];

		weir_pacer_took(
			pacer, weir_pacer_cost(pacer,
				       weir_packet_original_size(packet) +
					       shape->overhead));
	}
	return n;
}

// send_due sends what may go, or sleeps; false when the task is cancelled.
static bool send_due(struct shape *shape, struct weir_stage_io *io)
{
	uint64_t now = weir_clock_now(shape->clock);
	unsigned due = due_count(shape, now), sent;
	uint64_t until, nap;

	if (due) {
		sent = weir_stage_send(
			io, SHAPE_OUT, shape->packets + shape->first, due);
		shape->first += sent;
		shape->count -= sent;
		return sent == due;
	}
	until = now + weir_pacer_left(&shape->pacer, now);
	nap = weir_in_ms(NAP_MS);
	return weir_sleep(until < nap ? until : nap) == 0;
}

static void shape_task(void *state, struct weir_stage_io *io)
{
	struct shape *shape = state;

	weir_pacer_start(&shape->pacer, weir_clock_now(shape->clock));
	for (;;) {
		shape->first = 0;
		shape->count = weir_stage_recv(io, shape->packets, WEIR_BURST);
		if (!shape->count)
			return;
		while (shape->count)
			if (!send_due(shape, io))
				return;
	}
}

static uint64_t shape_held(const void *state)
{
	const struct shape *shape = state;

	return shape->count;
}

static unsigned shape_keeps(const void *options)
{
	(void)options;
	return WEIR_BURST;
}

static int shape_init(
	void *state, const struct weir_stage_setup *setup, struct weir_error *e)
{
	struct shape *shape = state;

	shape->clock = setup->clock;
	shape->replicas = setup->replicas;
	set_pacer(&shape->pacer, shape, shape->replicas, shape->clock->hz);
	return 0;
}

static void shape_fini(void *state)
{
	struct shape *shape = state;

	if (shape->count)
		rte_pktmbuf_free_bulk(
			shape->packets + shape->first, shape->count);
}

static const char *shape_check(const void *options, struct weir_error *e)
{
	const struct shape *shape = options;

	if (shape->rate.per_second)
		return NULL;
	weir_error_set(e, -EINVAL,
		"at a rate of 0 nothing would ever go on: 'drop' ends packets");
	return "rate";
}

static int shape_prepare(const void *state, const void *options, void **next,
	struct weir_error *e)
{
	const struct shape *shape = state;
	struct weir_pacer *pacer = malloc(sizeof(*pacer));

	if (!pacer)
		return weir_error_set(e, -ENOMEM, "out of memory");
	set_pacer(pacer, options, shape->replicas, shape->clock->hz);
	*next = pacer;
	return 0;
}

// shape_commit: what is due stays due, so that no burst comes of a change; a
// packet that a slow rate put far off need not wait that long any more.
static void *shape_commit(void *state, void *next)
{
	struct shape *shape = state;
	uint64_t due = shape->pacer.due, now = weir_clock_now(shape->clock);

	if ((int64_t)(due - (now << 16)) > 0)
		due = now << 16;
	shape->pacer = *(struct weir_pacer *)next;
	shape->pacer.due = due;
	shape->pacer.looked = now;
	return next;
}

const struct weir_stage weir_builtin_shape = {
	.abi = WEIR_STAGE_ABI,
	.type = "shape",
	.help = "makes packets wait so that they keep to a rate",
	.state_size = sizeof(struct shape),
	.options =
		{
			WEIR_OPTION_REQUIRED(WEIR_TYPE_RATE, struct shape, rate,
				"rate", "bits or packets in a second",
				.live = true),
			WEIR_OPTION_SIZE(struct shape, burst, "burst", "auto",
				"bytes, of a rate in packets packets, that may "
				"go at once after a rest; auto: 10 ms of the "
				"rate",
				.zero = "auto", .max = UINT64_C(1) << 32,
				.live = true),
			WEIR_OPTION_U32(struct shape, overhead, "overhead", 0,
				"bytes counted beside each frame; 24 is what "
				"Ethernet adds on a wire",
				.max = 1024),
		},
	.outputs = {"out"},
	.check = shape_check,
	.init = shape_init,
	.fini = shape_fini,
	.task = shape_task,
	.held = shape_held,
	.keeps = shape_keeps,
	.prepare = shape_prepare,
	.commit = shape_commit,
	.retire = free,
};
