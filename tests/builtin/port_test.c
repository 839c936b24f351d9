// SPDX-License-Identifier: BSD-3-Clause
//
// rx and tx on a port that takes and gives as much as the test says.
#include "builtin/builtin.h"
#include "count/count.h"
#include "packets.h"
#include "port/port.h"

#define TAKEN_MAX 4096

struct gate {
	struct rte_mbuf *give[WEIR_BURST];
	unsigned give_count;
	bool ended;
	unsigned open; // how many may still be taken
	struct rte_mbuf *taken[TAKEN_MAX];
	unsigned taken_count, asked_count, calls_without;
	bool finishing;
	unsigned finish_after; // calls of finished
};

static unsigned gate_rx(
	void *state, unsigned queue, struct rte_mbuf **packets, unsigned count)
{
	struct gate *gate = state;
	unsigned n = gate->give_count < count ? gate->give_count : count;

	gate->asked_count = count;
	memcpy(packets, gate->give, n * sizeof(*packets));
	gate->give_count -= n;
	return n;
}

static unsigned gate_tx(
	void *state, unsigned queue, struct rte_mbuf **packets, unsigned count)
{
	struct gate *gate = state;
	unsigned n = count < gate->open ? count : gate->open;

	gate->calls_without += count == 0;
	if (n)
		memcpy(gate->taken + gate->taken_count, packets,
			n * sizeof(*packets));
	gate->taken_count += n;
	gate->open -= n;
	return n;
}

static bool gate_ended(void *state)
{
	const struct gate *gate = state;

	return gate->ended;
}

static void gate_finish(void *state)
{
	struct gate *gate = state;

	cr_assert(!gate->finishing);
	gate->finishing = true;
}

static bool gate_finished(void *state)
{
	struct gate *gate = state;

	cr_assert(gate->finishing);
	return gate->finish_after-- == 0;
}

static const struct weir_port_driver gate_driver = {
	.name = "gate",
	.rx = gate_rx,
	.tx = gate_tx,
	.ended = gate_ended,
	.finish = gate_finish,
	.finished = gate_finished,
};

// An instance of rx or tx with all that its shell would give it.
struct instance {
	const struct weir_stage *stage;
	struct gate gate;
	struct weir_port port;
	void *state;
	struct weir_out out;
	struct weir_lane lane;
	struct rte_mbuf *packets[WEIR_BURST];
	struct rte_mbuf *trash[512];
	uint64_t consumed, made, dropped[WEIR_STAGE_NAMES];
	struct weir_count_segment *segment;
	struct weir_count_reader *counts;
};

// A file is waited for, a device is not.
static struct instance *instance_open_on(
	const struct weir_stage *stage, bool file, bool sampled_first)
{
	struct instance *i = calloc(1, sizeof(*i));
	struct weir_stage_setup setup = {.name = "it",
		.port = &i->port,
		.clock = &clock_virtual,
		.sampled_first = sampled_first};
	struct weir_error e = {0};

	i->stage = stage;
	i->port = (struct weir_port){.driver = &gate_driver,
		.state = &i->gate,
		.name = "gate",
		.traits.one_way = file};
	i->state = calloc(1, stage->state_size);
	i->lane = (struct weir_lane){
		.packets = i->packets, .size = WEIR_BURST, .room = WEIR_BURST};
	i->out = (struct weir_out){.lanes = &i->lane,
		.trash = {.packets = i->trash, .size = 512},
		.dropped = i->dropped,
		.consumed = &i->consumed,
		.made = &i->made,
		.now = ticks};
	for (unsigned o = 1; o <= WEIR_STAGE_NAMES; o++)
		i->out.first[o] = stage->outputs[0] ? 1 : 0;
	cr_assert_eq(weir_count_create(
			     &i->segment, NULL, 1 << 20, &clock_virtual, &e),
		0, "%s", e.text);
	setup.segment = i->segment;
	cr_assert_eq(stage->init(i->state, &setup, &e), 0, "%s", e.text);
	i->counts = weir_count_local(i->segment);
	return i;
}

static struct instance *instance_open(const struct weir_stage *stage)
{
	return instance_open_on(stage, true, false);
}

static void instance_close(struct instance *i)
{
	rte_pktmbuf_free_bulk(i->gate.taken, i->gate.taken_count);
	rte_pktmbuf_free_bulk(i->trash, i->out.trash.count);
	if (i->stage->fini)
		i->stage->fini(i->state);
	weir_count_close(i->counts);
	weir_count_destroy(i->segment);
	free(i->state);
	free(i);
}

static void kernel(struct instance *i, struct rte_mbuf **in, unsigned n)
{
	i->stage->kernel(i->state, in, n, &i->out);
}

static void tick(struct instance *i)
{
	i->stage->tick(i->state, ticks, &i->out);
}

TestSuite(rx, .init = packets_init, .fini = packets_fini);

Test(rx, puts_what_the_port_gives_where_the_next_stage_takes_it)
{
	struct instance *i = instance_open(&weir_builtin_rx);

	cr_assert_eq(rte_pktmbuf_alloc_bulk(pool, i->gate.give, 20), 0);
	i->gate.give_count = 20;
	kernel(i, NULL, 0);
	cr_expect_eq(i->gate.asked_count, WEIR_BURST);
	cr_expect_eq(i->lane.count, 20);
	cr_expect_arr_eq(i->packets, i->gate.give, 20 * sizeof(void *));
	rte_pktmbuf_free_bulk(i->packets, 20);
	instance_close(i);
}

Test(rx, asks_for_no_more_than_there_is_room)
{
	struct instance *i = instance_open(&weir_builtin_rx);

	i->lane.room = 5;
	kernel(i, NULL, 0);
	cr_expect_eq(i->gate.asked_count, 5);
	instance_close(i);
}

Test(rx, ends_when_its_port_ends)
{
	struct instance *i = instance_open(&weir_builtin_rx);

	cr_expect(!i->stage->ended(i->state));
	i->gate.ended = true;
	cr_expect(i->stage->ended(i->state));
	instance_close(i);
}

TestSuite(tx, .init = packets_init, .fini = packets_fini);

Test(tx, holds_in_order_what_the_port_does_not_take)
{
	struct instance *i = instance_open(&weir_builtin_tx);
	struct rte_mbuf *in[200];

	cr_assert_eq(rte_pktmbuf_alloc_bulk(pool, in, 200), 0);
	i->gate.open = 10;
	for (unsigned n = 0; n < 200; n += 20)
		kernel(i, in + n, 20);
	cr_expect_eq(i->gate.taken_count, 10);
	cr_expect_eq(i->stage->held(i->state), 190);
	cr_expect_eq(i->stage->room(i->state), 256 - 190);
	while (i->stage->held(i->state)) {
		i->gate.open = 7;
		tick(i);
	}
	cr_expect_eq(i->gate.taken_count, 200);
	cr_expect_arr_eq(i->gate.taken, in, sizeof(in));
	cr_expect_eq(i->consumed, 200);
	instance_close(i);
}

// Random amounts in and out against the plainest queue there is.
Test(tx, is_a_queue)
{
	struct weir_random random = random_of_test();
	struct instance *i = instance_open(&weir_builtin_tx);
	static struct rte_mbuf *in[1900];
	unsigned sent = 0;

	cr_assert_eq(rte_pktmbuf_alloc_bulk(pool, in, 1900), 0);
	while (sent < 1900 || i->stage->held(i->state)) {
		unsigned n = (unsigned)weir_random_below(&random, 33);
		unsigned room = i->stage->room(i->state);

		n = n < room ? n : room;
		n = n < 1900 - sent ? n : 1900 - sent;
		i->gate.open = (unsigned)weir_random_below(&random, 40);
		kernel(i, in + sent, n);
		sent += n;
		if (weir_random_below(&random, 2))
			tick(i);
		cr_assert_eq(
			i->gate.taken_count + i->stage->held(i->state), sent);
		cr_assert_leq(i->stage->held(i->state), 256);
	}
	cr_expect_arr_eq(i->gate.taken, in, sizeof(in));
	cr_expect_eq(i->consumed, 1900);
	instance_close(i);
}

Test(tx, calls_the_port_in_each_turn_without_packets)
{
	struct instance *i = instance_open(&weir_builtin_tx);
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

	i->gate.open = 1;
	tick(i);
	tick(i);
	cr_expect_eq(i->gate.calls_without, 2);
	kernel(i, &m, 1);
	tick(i);
	cr_expect_eq(i->gate.calls_without, 2);
	tick(i);
	cr_expect_eq(i->gate.calls_without, 3);
	instance_close(i);
}

Test(tx, waits_at_the_end_until_its_port_has_finished)
{
	struct instance *i = instance_open(&weir_builtin_tx);
	struct rte_mbuf *in[3];

	cr_assert_eq(rte_pktmbuf_alloc_bulk(pool, in, 3), 0);
	kernel(i, in, 3);
	i->stage->drain(i->state, &i->out);
	cr_expect(!i->gate.finishing);
	i->gate.open = 3;
	i->gate.finish_after = 2;
	for (unsigned n = 0; n < 2; n++) {
		i->stage->drain(i->state, &i->out);
		cr_expect(i->gate.finishing);
		cr_expect_eq(i->stage->held(i->state), 0);
		cr_expect(!i->stage->ended(i->state));
	}
	i->stage->drain(i->state, &i->out);
	cr_expect(i->stage->ended(i->state));
	instance_close(i);
}

Test(tx, frees_what_it_still_holds)
{
	struct instance *i = instance_open(&weir_builtin_tx);
	struct rte_mbuf *in[WEIR_BURST];

	for (unsigned n = 0; n < 5; n++) {
		cr_assert_eq(rte_pktmbuf_alloc_bulk(pool, in, WEIR_BURST), 0);
		kernel(i, in, WEIR_BURST);
	}
	cr_expect_eq(weir_pool_held(pool), 5 * WEIR_BURST);
	instance_close(i);
}

static const struct weir_histogram *latency_of(const struct instance *i)
{
	struct weir_count_entry entry;

	cr_assert(weir_count_find(i->counts, "stages.it.latency", &entry));
	return entry.value;
}

Test(tx, records_how_long_sampled_packets_took_when_the_port_takes_them)
{
	struct instance *i = instance_open(&weir_builtin_tx);
	struct rte_mbuf *in[4];

	cr_assert_eq(rte_pktmbuf_alloc_bulk(pool, in, 4), 0);
	*weir_stamp_of(in[1]) = ticks - 10;
	in[1]->ol_flags |= weir_stamp_flag;
	*weir_stamp_of(in[3]) = ticks - 20;
	in[3]->ol_flags |= weir_stamp_flag;
	i->gate.open = 2;
	kernel(i, in, 4);
	cr_expect_eq(weir_histogram_count(latency_of(i)), 1);
	cr_expect_eq(latency_of(i)->sum, 10);
	cr_expect(!(in[1]->ol_flags & weir_stamp_flag));
	// The other is still held, and was not forgotten.
	i->out.now = ticks + 100;
	i->gate.open = 2;
	tick(i);
	cr_expect_eq(latency_of(i)->max, 120);
	cr_expect_eq(weir_histogram_count(latency_of(i)), 2);
	cr_expect(!(in[3]->ol_flags & weir_stamp_flag));
	instance_close(i);
}

Test(tx, lets_no_mark_leave_where_only_the_first_is_sampled)
{
	struct instance *i = instance_open_on(&weir_builtin_tx, true, true);
	struct rte_mbuf *in[4];

	cr_assert_eq(rte_pktmbuf_alloc_bulk(pool, in, 4), 0);
	*weir_stamp_of(in[0]) = ticks - 10;
	in[0]->ol_flags |= weir_stamp_flag;
	// Refused, it is still marked, and recorded when it is taken.
	kernel(i, in, 2);
	cr_expect_eq(weir_histogram_count(latency_of(i)), 0);
	cr_expect(in[0]->ol_flags & weir_stamp_flag);
	i->gate.open = 2;
	tick(i);
	cr_expect_eq(latency_of(i)->sum, 10);
	cr_expect(!(in[0]->ol_flags & weir_stamp_flag));
	*weir_stamp_of(in[2]) = ticks - 7;
	in[2]->ol_flags |= weir_stamp_flag;
	i->gate.open = 2;
	kernel(i, in + 2, 2);
	cr_expect_eq(latency_of(i)->sum, 17);
	cr_expect(!(in[2]->ol_flags & weir_stamp_flag));
	cr_expect_eq(i->consumed, 4);
	instance_close(i);
}

Test(tx, gives_up_at_the_end_a_device_that_takes_none_for_a_second)
{
	struct instance *i = instance_open_on(&weir_builtin_tx, false, false);
	uint64_t second = weir_clock_ticks(&clock_virtual, 1000000000);
	struct rte_mbuf *in[200];

	cr_assert_eq(rte_pktmbuf_alloc_bulk(pool, in, 200), 0);
	kernel(i, in, 200);
	i->stage->drain(i->state, &i->out);
	i->out.now += second - 1;
	i->stage->drain(i->state, &i->out);
	cr_expect_eq(i->stage->held(i->state), 200);
	cr_expect(!i->gate.finishing);
	// It took some: the second begins anew.
	i->gate.open = 5;
	i->stage->drain(i->state, &i->out);
	i->out.now += second - 1;
	i->stage->drain(i->state, &i->out);
	cr_expect(!i->stage->ended(i->state));
	cr_expect_eq(i->stage->held(i->state), 195);
	i->out.now += 1;
	i->stage->drain(i->state, &i->out);
	cr_expect(i->stage->ended(i->state));
	cr_expect_eq(i->stage->held(i->state), 0);
	cr_expect_eq(i->dropped[0], 195);
	cr_expect_eq(i->consumed, 5);
	instance_close(i);
}
