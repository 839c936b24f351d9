// SPDX-License-Identifier: BSD-3-Clause
//
// Channels between actors, and books beside them: how many users there are of
// each side, how many permits are in hands.
//
//	messages + permits that are out + free credits = capacity
//	permits that are out = those in hands
//
// after every step, as long as a receiver is left. And nobody waits longer than a
// turn of his executor for what is there: for a message, for room that a message
// or a dropped permit left, for the end.
#include "world.h"

#include "base/assert.h"
#include "chan/channel.h"
#include "chan/weak.h"

static void release(void *arg, void *message)
{
	sim_settle(message, SIM_RELEASED);
}

// near_wrap makes a new channel one that has carried nearly 2^32 messages.
static void near_wrap(struct weir_tx *tx, struct weir_rx *rx)
{
	struct rte_ring *ring = tx->end.ring;

	ring->prod.head = ring->prod.tail = 0u - sim_below(40);
	ring->cons.head = ring->cons.tail = ring->prod.tail;
	weir_ring_tx_init(&tx->end, ring, tx->end.message_size);
	weir_ring_rx_init(&rx->end, ring, rx->end.message_size);
	sim.report->wraps++;
}

static enum weir_channel_class draw_class(bool many_tx, bool many_rx)
{
	// More users may be allowed than there are.
	many_tx = many_tx || sim_below(2);
	many_rx = many_rx || sim_below(2);
	if (many_tx)
		return many_rx ? WEIR_MPMC : WEIR_MPSC;
	return many_rx ? WEIR_SPMC : WEIR_SPSC;
}

static void open(struct sim_actor *sender, struct sim_actor *receiver,
	bool many_tx, bool many_rx)
{
	struct sim_pipe *pipe = &sim.pipes[sim.pipe_count++];
	struct weir_channel_options options = {
		.class_ = draw_class(many_tx, many_rx),
		.place = sim.executor_count == 1 && sim_below(2)
				 ? WEIR_LOCAL
				 : WEIR_ANYWHERE,
		.permits = sim_below(2),
		.release = release};
	int err;

	weir_assert(sim.pipe_count <= SIM_PIPES);
	if (!options.permits && sim_below(4) == 0)
		options.segments = sim.segments;
	err = weir_channel_open_with(
		1 + sim_below(4), &options, &sender->tx, &receiver->rx);
	weir_assert(!err);
	if (!options.segments && sim_below(4))
		near_wrap(&sender->tx, &receiver->rx);
	*pipe = (struct sim_pipe){.channel = sender->tx.channel,
		.handles = 2,
		.senders = 1,
		.receivers = 1,
		.many_tx = weir_class_many_tx(options.class_),
		.many_rx = weir_class_many_rx(options.class_),
		.permits = options.permits};
	sender->out = receiver->in = pipe;
}

static void share(struct sim_actor *senders, unsigned sender_count,
	struct sim_actor *receivers, unsigned receiver_count)
{
	struct sim_pipe *pipe;

	open(senders, receivers, sender_count > 1, receiver_count > 1);
	pipe = senders->out;
	for (unsigned i = 1; i < sender_count; i++) {
		weir_assert(!weir_tx_clone(&senders[0].tx, &senders[i].tx));
		senders[i].out = pipe;
	}
	for (unsigned i = 1; i < receiver_count; i++) {
		weir_assert(!weir_rx_clone(&receivers[0].rx, &receivers[i].rx));
		receivers[i].in = pipe;
	}
	pipe->senders = sender_count;
	pipe->receivers = receiver_count;
	pipe->handles = sender_count + receiver_count;
}

void sim_join(struct sim_actor *senders, unsigned sender_count,
	struct sim_actor *receivers, unsigned receiver_count)
{
	if (sender_count != receiver_count || sim_below(2)) {
		share(senders, sender_count, receivers, receiver_count);
		return;
	}
	for (unsigned i = 0; i < sender_count; i++)
		open(&senders[i], &receivers[i], false, false);
}

// ---- ends go ----

static void leave(struct sim_pipe *pipe)
{
	if (--pipe->handles == 0)
		pipe->channel = NULL;
}

void sim_tx_close(struct sim_actor *actor)
{
	if (!actor->tx.channel)
		return;
	actor->out->senders--;
	weir_tx_close(&actor->tx);
	leave(actor->out);
}

void sim_rx_close(struct sim_actor *actor)
{
	if (!actor->rx.channel)
		return;
	actor->in->receivers--;
	weir_rx_close(&actor->rx);
	leave(actor->in);
}

// ---- weak handles ----

static void hold_tx_weakly(struct sim_actor *actor, struct weir_weak_tx *weak)
{
	if (weir_tx_weak(&actor->tx, weak, NULL))
		sim_fault("an end of many has no weak handle");
	actor->out->handles++;
	if (sim_planted(SIM_STRONG_WEAKS, 4))
		weir_assert(!weir_tx_clone(
			&actor->tx, &(struct weir_tx){.channel = NULL}));
	sim_tx_close(actor);
}

// upgraded keeps the books of a weak handle that was upgraded and dropped.
static void upgraded(struct sim_pipe *pipe, unsigned *users, bool open)
{
	if (open != (*users > 0))
		sim_fault("an upgrade with %u users answered %d", *users, open);
	*users += open;
	if (!open)
		leave(pipe);
	sim.report->ways[SIM_UPGRADES] += open;
}

bool sim_tx_weaken(struct sim_actor *actor)
{
	struct sim_pipe *pipe = actor->out;
	struct weir_weak_tx weak;
	bool open;

	if (!pipe->many_tx)
		return true;
	hold_tx_weakly(actor, &weak);
	(void)sim_rest(actor->executor);
	open = weir_weak_tx_upgrade(&weak, &actor->tx);
	weir_weak_tx_drop(&weak);
	upgraded(pipe, &pipe->senders, open);
	return open;
}

bool sim_rx_weaken(struct sim_actor *actor)
{
	struct sim_pipe *pipe = actor->in;
	struct weir_weak_rx weak;
	bool open;

	if (!pipe->many_rx)
		return true;
	if (weir_rx_weak(&actor->rx, &weak, NULL))
		sim_fault("an end of many has no weak handle");
	pipe->handles++;
	sim_rx_close(actor);
	(void)sim_rest(actor->executor);
	open = weir_weak_rx_upgrade(&weak, &actor->rx);
	weir_weak_rx_drop(&weak);
	upgraded(pipe, &pipe->receivers, open);
	return open;
}

// ---- the books ----

static void look(const struct sim_pipe *pipe)
{
	const struct weir_channel *channel = pipe->channel;
	unsigned len = weir_channel_len(channel);

	if (len > channel->capacity)
		sim_fault("a channel holds more than it can");
	if (channel->shared->tx_count != pipe->senders ||
		channel->shared->rx_count != pipe->receivers)
		sim_fault("a channel knows of %u senders and %u receivers, "
			  "there are %u and %u",
			channel->shared->tx_count, channel->shared->rx_count,
			pipe->senders, pipe->receivers);
	if (pipe->receivers == 0 && len > 0)
		sim_fault("%u messages lie where nobody receives", len);
	if (!pipe->permits)
		return;
	if (channel->permits_out.count != pipe->reserved)
		sim_fault("%u permits are out, in hands are %u",
			channel->permits_out.count, pipe->reserved);
	if (pipe->receivers > 0 &&
		len + channel->permits_out.count + channel->credits !=
			channel->capacity)
		sim_fault("%u messages, %u permits, %u credits: not %u", len,
			channel->permits_out.count, channel->credits,
			channel->capacity);
}

// ---- nobody waits for what is there ----

// could_go_on tells whether somebody waits on a side for what is there, and
// nobody was woken for it. Who reserves several may need all the room.
static bool could_go_on(
	const struct sim_pipe *pipe, const struct weir_side *side)
{
	unsigned need = pipe->wanting ? pipe->channel->capacity : 1;

	return !weir_wait_queue_empty(&side->watch.queue) &&
	       side->granted == 0 &&
	       pipe->channel->parking.available(side) >= need;
}

// done tells one moment from another in which something was received, or sent or
// reserved.
static uint64_t done(const struct sim_pipe *pipe, unsigned kind)
{
	const struct weir_channel *channel = pipe->channel;
	const struct rte_ring *ring = &channel->shared->ring;

	if (kind == WEIR_SIDE_RECV)
		return channel->chain.taken.count + ring->cons.tail;
	return (uint64_t)pipe->reserved_ever << 32 |
	       (uint32_t)(channel->chain.put.count + ring->prod.tail);
}

// first tells one who waits first from another: when he came.
static uint64_t first(const struct weir_side *side)
{
	return weir_container(
		side->watch.queue.waiters.next, struct weir_wait_node, link)
		->since;
}

// An executor asks for its waiters, or is told of what is there, once a turn. If
// it was there all the time, nobody has had it and the same one waits, he was
// forgotten.
static void look_at_side(struct sim_pipe *pipe, unsigned place, unsigned kind)
{
	const struct weir_place *p = &pipe->channel->parking.places[place];
	const struct weir_side *side = &p->side[kind];
	struct sim_overdue *overdue = &pipe->overdue[place][kind];
	uint64_t turn = weir_executor_counts(p->executor)->turns;
	uint64_t now = done(pipe, kind);

	if (!could_go_on(pipe, side)) {
		overdue->is = false;
		return;
	}
	if (!overdue->is || overdue->done != now || overdue->who != first(side))
		*overdue = (struct sim_overdue){true, turn, first(side), now};
	else if (turn != overdue->since)
		sim_fault("somebody waits for what is there");
}

static void look_at_waiters(struct sim_pipe *pipe)
{
	for (unsigned i = 0; i < SIM_EXECUTORS; i++) {
		if (!pipe->channel->parking.places[i].executor)
			break;
		for (unsigned kind = 0; kind < WEIR_SIDES; kind++)
			look_at_side(pipe, i, kind);
	}
}

void sim_pipes_look(void)
{
	for (unsigned i = 0; i < sim.pipe_count; i++) {
		if (!sim.pipes[i].channel)
			continue;
		look(&sim.pipes[i]);
		look_at_waiters(&sim.pipes[i]);
	}
}
