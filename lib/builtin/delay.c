// SPDX-License-Identifier: BSD-3-Clause
//
// delay lets each packet go on when a time has passed since it came, in the
// order in which they came: never early, late by a turn of the loop at most
// while there is room.
//
// It keeps them in a ring of `depth`; a full ring holds the input back. At the
// end of the input what is inside still waits its time.
#include "builtin/builtin.h"
#include "mem/mem.h"

#include <errno.h>
#include <rte_mbuf.h>

enum { DELAY_OUT };

struct slot {
	struct rte_mbuf *packet; // NULL: free
	uint64_t due;		 // tick
};

struct delay {
	uint64_t time_ns;
	uint32_t depth;
	uint64_t ticks;
	struct slot *slots; // depth of them
	uint32_t head;	    // the oldest
	uint32_t tail;	    // the next free one
	uint32_t count;
};

static void delay_burst(
	void *state, struct rte_mbuf **in, unsigned n, struct weir_out *out)
{
	struct delay *delay = state;
	uint64_t due = out->now + delay->ticks;

	weir_debug_assert(n <= delay->depth - delay->count);
	for (unsigned i = 0; i < n; i++) {
		delay->slots[delay->tail++] = (struct slot){in[i], due};
		if (delay->tail == delay->depth)
			delay->tail = 0;
	}
	delay->count += n;
}

static void delay_tick(void *state, uint64_t now, struct weir_out *out)
{
	struct delay *delay = state;
	uint32_t room, given = 0;
	struct rte_mbuf **to = weir_out_space(out, DELAY_OUT, &room);

	while (given < room && delay->count > 0) {
		struct slot *slot = &delay->slots[delay->head];

		if (slot->due > now)
			break;
		to[given++] = slot->packet;
		slot->packet = NULL;
		delay->count--;
		if (++delay->head == delay->depth)
			delay->head = 0;
	}
	weir_out_added(out, DELAY_OUT, given);
}

static void delay_drain(void *state, struct weir_out *out)
{
	delay_tick(state, out->now, out);
}

static unsigned delay_room(const void *state)
{
	const struct delay *delay = state;

	return delay->depth - delay->count;
}

static bool delay_ended(void *state)
{
	const struct delay *delay = state;

	return delay->count == 0;
}

static uint64_t delay_held_now(const void *state)
{
	const struct delay *delay = state;

	return delay->count;
}

// delay_held walks from the oldest on, so that the books do not rest on the
// number that the ring goes by.
static uint64_t delay_held(const void *state)
{
	const struct delay *delay = state;
	uint64_t held = 0;

	for (uint32_t i = delay->head; held < delay->depth; held++) {
		if (!delay->slots[i].packet)
			break;
		if (++i == delay->depth)
			i = 0;
	}
	return held;
}

static unsigned delay_keeps(const void *options)
{
	const struct delay *delay = options;

	return delay->depth;
}

static int delay_init(
	void *state, const struct weir_stage_setup *setup, struct weir_error *e)
{
	struct delay *delay = state;
	size_t size = delay->depth * sizeof(*delay->slots);

	delay->ticks = weir_clock_ticks(setup->clock, delay->time_ns);
	delay->slots = weir_mem_create(size, setup->node);
	if (!delay->slots)
		return weir_error_set(e, -ENOMEM,
			"%s: no memory for a depth of %u packets (%zu bytes); "
			"lower depth or raise runtime.memory",
			setup->name, delay->depth, size);
	return 0;
}

static void delay_fini(void *state)
{
	struct delay *delay = state;

	for (uint32_t i = 0; i < delay->depth; i++)
		rte_pktmbuf_free(delay->slots[i].packet);
	weir_mem_destroy(delay->slots);
}

const struct weir_stage weir_builtin_delay = {
	.abi = WEIR_STAGE_ABI,
	.type = "delay",
	.help = "lets each packet go on after a time, in order",
	.state_size = sizeof(struct delay),
	.options =
		{
			WEIR_OPTION_REQUIRED(WEIR_TYPE_DURATION, struct delay,
				time_ns, "time", "how long each packet waits",
				.max = 3600000000000u),
			WEIR_OPTION_U32(struct delay, depth, "depth", 8192,
				"packets kept at most; more wait before it",
				.min = 1, .max = 1u << 24),
		},
	.outputs = {"out"},
	.init = delay_init,
	.fini = delay_fini,
	.kernel = delay_burst,
	.tick = delay_tick,
	.room = delay_room,
	.drain = delay_drain,
	.held = delay_held,
	.held_now = delay_held_now,
	.ended = delay_ended,
	.keeps = delay_keeps,
	.blind = true,
};
