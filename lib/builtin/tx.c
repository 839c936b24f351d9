// SPDX-License-Identifier: BSD-3-Clause
//
// tx gives packets to a port. What the port does not take at once is held, in
// order, and offered again every turn; while much is held, room keeps the
// stages before it from sending more. Nothing is dropped here while the run goes
// on. At its end a device that takes no more (nobody reads its ring, its link is
// down) must not keep the run from ending: after a second the rest is given up,
// and counted. A file, whose writer may be slow, is waited for.
//
// A sampled packet carries the tick of its arrival; how long it took is
// recorded when the port takes it.
#include "builtin/builtin.h"
#include "builtin/ends.h"
#include "count/count.h"

#define PATIENCE_NS 1000000000u // at the end, with a port that takes none

enum { TX_REFUSED };

unsigned weir_tx_by_driver(
	struct weir_tx_stage *tx, struct rte_mbuf **packets, unsigned n)
{
	if (unlikely(tx->driver->direct && !tx->direct.burst))
		tx->direct = tx->driver->direct(
			tx->port_state, WEIR_PORT_TX, tx->queue);
	return tx->driver->tx(tx->port_state, tx->queue, packets, n);
}

static const struct weir_count_field latency_field = {
	.name = "latency", .unit = "ticks", .kind = WEIR_COUNT_HISTOGRAM};

static int count_latency(struct weir_tx_stage *tx,
	const struct weir_stage_setup *setup, struct weir_error *e)
{
	char path[WEIR_COUNT_PATH_SIZE];

	if (!setup->segment)
		return 0;
	snprintf(path, sizeof(path), "stages.%s", setup->name);
	tx->latency = weir_count_add(setup->segment, path,
		sizeof(struct weir_histogram), &latency_field, 1, e);
	return tx->latency ? 0 : e ? e->code : -ENOMEM;
}

static int tx_init(
	void *state, const struct weir_stage_setup *setup, struct weir_error *e)
{
	struct weir_tx_stage *tx = state;

	weir_assert(setup->port && setup->port->driver->tx);
	tx->driver = setup->port->driver;
	tx->port_state = setup->port->state;
	tx->queue = setup->port_queue;
	tx->direct = weir_port_shut;
	tx->sampled_first = setup->sampled_first;
	if (!setup->port->traits.one_way)
		tx->patience = weir_clock_ticks(setup->clock, PATIENCE_NS);
	return count_latency(tx, setup, e);
}

static void tx_fini(void *state)
{
	struct weir_tx_stage *tx = state;

	for (uint32_t i = 0; i < tx->count; i++)
		rte_pktmbuf_free(tx->held[(tx->first + i) % WEIR_TX_HOLD]);
}

// What is known of the sampled packets of one offer.
struct samples {
	unsigned count;
	struct {
		unsigned at;
		uint64_t tick;
	} of[WEIR_TX_HOLD];
};

// take_samples looks at all: the sampled one may stand anywhere, as behind a
// ring. The flag must not leave with the packet, which may come in again.
static void take_samples(
	struct samples *samples, struct rte_mbuf **packets, unsigned n)
{
	samples->count = 0;
	for (unsigned i = 0; i < n; i++) {
		struct rte_mbuf *m = packets[i];

		if (likely(!(m->ol_flags & weir_stamp_flag)))
			continue;
		m->ol_flags &= ~weir_stamp_flag;
		samples->of[samples->count].at = i;
		samples->of[samples->count++].tick = *weir_stamp_of(m);
	}
}

// record_samples records those that the port took, and marks the others again:
// where they stand now, since a port may put a copy in a packet's place.
static void record_samples(struct weir_tx_stage *tx,
	const struct samples *samples, struct rte_mbuf **packets,
	unsigned taken, uint64_t now)
{
	for (unsigned i = 0; i < samples->count; i++) {
		if (samples->of[i].at >= taken)
			packets[samples->of[i].at]->ol_flags |= weir_stamp_flag;
		else if (tx->latency)
			weir_histogram_record(
				tx->latency, now - samples->of[i].tick);
	}
}

// offer lets the port take the first of packets, and answers how many it took.
static unsigned offer(struct weir_tx_stage *tx, struct rte_mbuf **packets,
	unsigned n, struct weir_out *out)
{
	struct samples samples;
	unsigned taken;

	take_samples(&samples, packets, n);
	taken = weir_tx_send(tx, packets, n);
	if (unlikely(samples.count))
		record_samples(tx, &samples, packets, taken, out->now);
	return taken;
}

void weir_tx_hold(
	struct weir_tx_stage *tx, struct rte_mbuf **packets, unsigned n)
{
	weir_assert(n <= WEIR_TX_HOLD - tx->count);
	for (unsigned i = 0; i < n; i++)
		tx->held[(tx->first + tx->count++) % WEIR_TX_HOLD] = packets[i];
}

// offer_held is true when nothing is held any more. At most two rounds, since
// what is held may go round the end of the ring.
static bool offer_held(struct weir_tx_stage *tx, struct weir_out *out)
{
	for (int round = 0; round < 2 && tx->count; round++) {
		uint32_t n = WEIR_TX_HOLD - tx->first;
		uint32_t taken;

		if (n > tx->count)
			n = tx->count;
		taken = offer(tx, &tx->held[tx->first], n, out);
		weir_out_consumed(out, taken);
		tx->first = (tx->first + taken) % WEIR_TX_HOLD;
		tx->count -= taken;
		if (taken < n)
			break;
	}
	return tx->count == 0;
}

static void tx_burst(
	void *state, struct rte_mbuf **in, unsigned n, struct weir_out *out)
{
	struct weir_tx_stage *tx = state;
	unsigned taken = 0;

	tx->sent = true;
	if (likely(!tx->count) || offer_held(tx, out)) {
		taken = tx->sampled_first
				? weir_tx_send_first(tx, in, n, out->now)
				: offer(tx, in, n, out);
		weir_out_consumed(out, taken);
	}
	if (unlikely(taken < n))
		weir_tx_hold(tx, in + taken, n - taken);
}

// tx_tick does what must happen on the lcore when no packet comes: the port
// frees what it has written, and is offered again what it did not take.
static void tx_tick(void *state, uint64_t now, struct weir_out *out)
{
	struct weir_tx_stage *tx = state;

	if (tx->count)
		offer_held(tx, out);
	else if (!tx->sent)
		tx->driver->tx(tx->port_state, tx->queue, NULL, 0);
	tx->sent = false;
}

static unsigned tx_room(const void *state)
{
	const struct weir_tx_stage *tx = state;

	return WEIR_TX_HOLD - tx->count;
}

// given_up is true when what is held has been dropped.
static bool given_up(struct weir_tx_stage *tx, struct weir_out *out)
{
	if (!tx->patience)
		return false;
	if (!tx->refused)
		tx->refused = out->now;
	if (out->now - tx->refused < tx->patience)
		return false;
	for (; tx->count; tx->count--)
		weir_out_drop(
			out, TX_REFUSED, tx->held[tx->first++ % WEIR_TX_HOLD]);
	return true;
}

static void tx_drain(void *state, struct weir_out *out)
{
	struct weir_tx_stage *tx = state;
	uint32_t before = tx->count;

	if (!offer_held(tx, out)) {
		if (tx->count < before)
			tx->refused = 0;
		if (!given_up(tx, out))
			return;
	}
	if (!tx->finishing && tx->driver->finish)
		tx->driver->finish(tx->port_state);
	tx->finishing = true;
	tx->finished =
		!tx->driver->finished || tx->driver->finished(tx->port_state);
}

static bool tx_ended(void *state)
{
	const struct weir_tx_stage *tx = state;

	return tx->finished;
}

static uint64_t tx_held(const void *state)
{
	const struct weir_tx_stage *tx = state;

	return tx->count;
}

static unsigned tx_keeps(const void *options)
{
	return WEIR_TX_HOLD;
}

const struct weir_stage weir_builtin_tx = {
	.abi = WEIR_STAGE_ABI,
	.type = "tx",
	.help = "gives packets to a port",
	.state_size = sizeof(struct weir_tx_stage),
	.options = {WEIR_OPTION_TEXT(struct weir_tx_stage, port_name, "port",
		NULL, "name of the port to send to")},
	.drops = {"refused"},
	.init = tx_init,
	.fini = tx_fini,
	.kernel = tx_burst,
	.tick = tx_tick,
	.room = tx_room,
	.drain = tx_drain,
	.held = tx_held,
	.keeps = tx_keeps,
	.ended = tx_ended,
	.blind = true,
};
