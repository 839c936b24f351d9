// SPDX-License-Identifier: BSD-3-Clause
//
// tx gives packets to a port. What the port does not take at once is held, in
// order, and offered again every turn; while much is held, room keeps the
// stages before it from sending more. Nothing is dropped here.
//
// A sampled packet carries the tick of its arrival; how long it took is
// recorded when the port takes it.
#include "builtin/builtin.h"

#include "count/count.h"
#include "mem/pool.h"
#include "port/port.h"

#define HOLD 256u // packets; a power of two

struct tx {
	const char *port_name; // option
	void *port_state;
	unsigned (*send)(void *state, unsigned queue, struct rte_mbuf **packets,
		unsigned count);
	unsigned queue;
	bool sampled_first; // in a burst
	bool sent;	    // the port was offered some since the last tick
	bool finishing, finished;
	uint32_t first, count; // of held
	struct weir_histogram *latency;
	const struct weir_port_driver *driver;
	struct rte_mbuf *held[HOLD];
};

static const struct weir_count_field latency_field = {
	.name = "latency", .unit = "ticks", .kind = WEIR_COUNT_HISTOGRAM};

static int count_latency(struct tx *tx, const struct weir_stage_setup *setup,
	struct weir_error *e)
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
	struct tx *tx = state;

	weir_assert(setup->port && setup->port->driver->tx);
	tx->driver = setup->port->driver;
	tx->port_state = setup->port->state;
	tx->send = tx->driver->tx;
	tx->queue = setup->port_queue;
	tx->sampled_first = setup->sampled_first;
	return count_latency(tx, setup, e);
}

static void tx_fini(void *state)
{
	struct tx *tx = state;

	for (uint32_t i = 0; i < tx->count; i++)
		rte_pktmbuf_free(tx->held[(tx->first + i) % HOLD]);
}

// What is known of the sampled packets of one offer.
struct samples {
	unsigned count;
	struct {
		unsigned at;
		struct rte_mbuf *packet;
		uint64_t tick;
	} of[HOLD];
};

// take_samples looks at the first n packets: at all where the sampled one may
// stand anywhere, as behind a ring. The flag must not leave with the packet, which
// may come in again on a port that is a ring.
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
		samples->of[samples->count].packet = m;
		samples->of[samples->count++].tick = *weir_stamp_of(m);
	}
}

// record_samples records those that the port took, and marks the others again.
static void record_samples(struct tx *tx, const struct samples *samples,
	unsigned taken, uint64_t now)
{
	for (unsigned i = 0; i < samples->count; i++) {
		if (samples->of[i].at >= taken)
			samples->of[i].packet->ol_flags |= weir_stamp_flag;
		else if (tx->latency)
			weir_histogram_record(
				tx->latency, now - samples->of[i].tick);
	}
}

// offer lets the port take the first of packets, and answers how many it took.
// Sampled ones are among the first sampled.
static unsigned offer(struct tx *tx, struct rte_mbuf **packets, unsigned n,
	unsigned sampled, struct weir_out *out)
{
	struct samples samples;
	unsigned taken;

	take_samples(&samples, packets, sampled);
	taken = tx->send(tx->port_state, tx->queue, packets, n);
	tx->sent = true;
	if (unlikely(samples.count))
		record_samples(tx, &samples, taken, out->now);
	if (taken)
		weir_out_consumed(out, taken);
	return taken;
}

static void hold(struct tx *tx, struct rte_mbuf **packets, unsigned n)
{
	weir_assert(n <= HOLD - tx->count);
	for (unsigned i = 0; i < n; i++)
		tx->held[(tx->first + tx->count++) % HOLD] = packets[i];
}

// offer_held is true when nothing is held any more. At most two rounds, since
// what is held may go round the end of the ring.
static bool offer_held(struct tx *tx, struct weir_out *out)
{
	for (int round = 0; round < 2 && tx->count; round++) {
		uint32_t n = HOLD - tx->first;
		uint32_t taken;

		if (n > tx->count)
			n = tx->count;
		taken = offer(tx, &tx->held[tx->first], n, n, out);
		tx->first = (tx->first + taken) % HOLD;
		tx->count -= taken;
		if (taken < n)
			break;
	}
	return tx->count == 0;
}

static void tx_burst(
	void *state, struct rte_mbuf **in, unsigned n, struct weir_out *out)
{
	struct tx *tx = state;
	unsigned taken = 0;

	if (likely(offer_held(tx, out)))
		taken = offer(tx, in, n, tx->sampled_first ? 1 : n, out);
	if (unlikely(taken < n))
		hold(tx, in + taken, n - taken);
}

// tx_tick does what must happen on the lcore when no packet comes: the port
// frees what it has written, and is offered again what it did not take.
static void tx_tick(void *state, uint64_t now, struct weir_out *out)
{
	struct tx *tx = state;

	if (tx->count)
		offer_held(tx, out);
	else if (!tx->sent)
		tx->send(tx->port_state, tx->queue, NULL, 0);
	tx->sent = false;
}

static unsigned tx_room(const void *state)
{
	const struct tx *tx = state;

	return HOLD - tx->count;
}

static void tx_drain(void *state, struct weir_out *out)
{
	struct tx *tx = state;

	if (!offer_held(tx, out))
		return;
	if (!tx->finishing && tx->driver->finish)
		tx->driver->finish(tx->port_state);
	tx->finishing = true;
	tx->finished =
		!tx->driver->finished || tx->driver->finished(tx->port_state);
}

static bool tx_ended(void *state)
{
	const struct tx *tx = state;

	return tx->finished;
}

static uint64_t tx_held(const void *state)
{
	const struct tx *tx = state;

	return tx->count;
}

static unsigned tx_keeps(const void *options)
{
	return HOLD;
}

const struct weir_stage weir_builtin_tx = {
	.abi = WEIR_STAGE_ABI,
	.type = "tx",
	.help = "gives packets to a port",
	.state_size = sizeof(struct tx),
	.options = {WEIR_OPTION_TEXT(struct tx, port_name, "port", NULL,
		"name of the port to send to")},
	.init = tx_init,
	.fini = tx_fini,
	.kernel = tx_burst,
	.tick = tx_tick,
	.room = tx_room,
	.drain = tx_drain,
	.held = tx_held,
	.keeps = tx_keeps,
	.ended = tx_ended,
};
