// SPDX-License-Identifier: BSD-3-Clause
//
//	numbers ──▶ … ──▶ wall (takes nothing, ever)
//
// What went wrong with whole pipelines elsewhere, each as a test of its own.
// docs/neighbours.md lists them all, with those that lie in other files.
#include "pipeline/rig.h"
#include "port/port.h"

#include <errno.h>
#include <stdlib.h>

// ---- wall ----

static void wall_burst(
	void *state, struct rte_mbuf **in, unsigned n, struct weir_out *out)
{
	weir_assert(n == 0); // it has no room
}

static unsigned wall_room(const void *state)
{
	return 0;
}

// Its number can be changed; what was committed is looked at from outside.
struct wall {
	uint32_t number; // option
};

static uint32_t committed;

static int wall_prepare(const void *state, const void *options, void **next,
	struct weir_error *e)
{
	uint32_t *number = malloc(sizeof(*number));

	if (!number)
		return weir_error_set(e, -ENOMEM, "out of memory");
	*number = ((const struct wall *)options)->number;
	*next = number;
	return 0;
}

static void *wall_commit(void *state, void *next)
{
	store_release(&committed, *(uint32_t *)next);
	return next;
}

static const struct weir_stage wall_stage = {
	.abi = WEIR_STAGE_ABI,
	.type = "wall",
	.help = "takes nothing",
	.state_size = sizeof(struct wall),
	.options = {WEIR_OPTION_U32(
		struct wall, number, "number", 0, "nothing", .live = true)},
	.kernel = wall_burst,
	.room = wall_room,
	.prepare = wall_prepare,
	.commit = wall_commit,
	.retire = free,
};

static void begin(struct rig *rig, const char *text)
{
	struct weir_error e = {0};

	cr_assert(register_stages(&e) == 0, "%s", e.text);
	cr_assert(weir_stage_register(&wall_stage, &e) == 0, "%s", e.text);
	rig_begin(rig, text, NULL);
}

// wait_until polls until a counter is at least so much.
static void wait_until(struct rig *rig, const char *path, uint64_t value)
{
	struct weir_count_reader *reader = weir_pipeline_reader(rig->pipeline);

	while (weir_count_value(reader, path) < value)
		cr_assert(weir_pipeline_poll(rig->pipeline));
}

static void stop_and_close(struct rig *rig)
{
	weir_pipeline_stop(rig->pipeline, true);
	rig_finish(rig);
	balanced(rig);
	rig_close(rig);
}

// firedancer#9347: the word to stop stood in the same queue as the data, behind
// what could not move. disruptor#506: a ring that was full for good kept those
// that wrote to it from ever ending. Here every ring is full for good, over two
// lcores and a thread, and the run ends all the same, with each packet booked.
Test(neighbours, firedancer_9347_disruptor_506_a_stop_gets_through_full_rings)
{
	struct rig rig;

	begin(&rig, "stages:\n"
		    "  gen: {type: numbers, count: 1000000000000}\n"
		    "  a: {type: pass, inputs: [{from: gen, depth: 64}],\n"
		    "    place: lcore}\n"
		    "  b: {type: echo, inputs: [{from: a, depth: 64}],\n"
		    "    place: thread}\n"
		    "  wall: {type: wall, inputs: [{from: b, depth: 64}],\n"
		    "    place: lcore}\n");
	wait_until(&rig, "edges.b->wall.in", 64);
	wait_until(&rig, "stages.gen.out.out", 3 * 64);
	weir_pipeline_stop(rig.pipeline, true);
	rig_finish(&rig);
	balanced(&rig);
	cr_assert(said(json_object_get(rig.report, "total"), "held") >= 3 * 64);
	cr_assert(rig.verdict == 0);
	rig_close(&rig);
}

// vpp#345: a worker slept until there was room in a queue, and the main thread,
// which would have made room, waited at a barrier for all workers. Here a change
// of options reaches a stage whose input is full and stays so.
Test(neighbours, vpp_345_a_change_reaches_a_stage_behind_a_full_ring)
{
	static const char *const to[] = {"number=7", NULL};
	struct weir_error e = {0};
	struct rig rig;

	begin(&rig, "stages:\n"
		    "  gen: {type: numbers, count: 1000000000000}\n"
		    "  wall: {type: wall, inputs: [{from: gen, depth: 64}],\n"
		    "    place: lcore}\n");
	wait_until(&rig, "edges.gen->wall.in", 64);
	cr_assert(weir_pipeline_change(rig.pipeline, "wall", to, &e) == 0, "%s",
		e.text);
	while (load_acquire(&committed) != 7)
		cr_assert(weir_pipeline_poll(rig.pipeline));
	stop_and_close(&rig);
}

// firedancer#4388: one number said how much room there was on all links
// together, so that one that stood still, or one that nobody had to wait for,
// held all back. Here two chains share an lcore, and an edge that drops stands
// beside one that waits: only who feeds the wall and waits stands still.
Test(neighbours, firedancer_4388_who_takes_nothing_holds_no_other_chain_back)
{
	struct rig rig;

	begin(&rig,
		"stages:\n"
		"  one: {type: numbers, count: 1000000000000}\n"
		"  wall: {type: wall, inputs: [{from: one, depth: 64}],\n"
		"    place: channel}\n"
		"  two: {type: numbers, count: 100000}\n"
		"  bin: {type: bin, inputs: two}\n"
		"  three: {type: numbers, count: 100000}\n"
		"  tee: {type: tee, inputs: three}\n"
		"  lossy: {type: wall, place: channel,\n"
		"    inputs: [{from: tee, depth: 1, when_full: drop_newest}]}\n"
		"  sound: {type: bin, inputs: tee, id: 1}\n");
	wait_until(&rig, "stages.bin.in", 100000);
	wait_until(&rig, "stages.sound.in", 100000);
	weir_pipeline_stop(rig.pipeline, true);
	rig_finish(&rig);
	balanced(&rig);
	cr_assert(said(named(&rig, "edges", "one->wall"), "in") == 64);
	cr_assert(said(named(&rig, "edges", "tee->lossy"), "full") == 99999);
	rig_close(&rig);
}

// disruptor#415: a handler published to a ring that fed it, and waited for room
// that only it could make. Here no such pipeline starts: the circle is named.
Test(neighbours, disruptor_415_a_stage_that_feeds_what_feeds_it_does_not_start)
{
	struct rig rig;

	cr_assert(rig_open(&rig,
			  "stages:\n"
			  "  gen: {type: numbers}\n"
			  "  join: {type: merge, inputs: [gen, again]}\n"
			  "  tee: {type: tee, inputs: join}\n"
			  "  again: {type: pass, inputs: tee}\n"
			  "  bin: {type: bin, inputs: tee}\n",
			  NULL) != 0);
	cr_assert(
		strstr(rig.error.text, "cycle") != NULL, "%s", rig.error.text);
	cr_assert(
		strstr(rig.error.text, "again") != NULL, "%s", rig.error.text);
	rig_close(&rig);
}

// pktgen#60, #153: nobody could believe what was measured, since what came back
// was counted and not looked at. Here gen numbers its packets, and sink says
// which of them were lost on the way.
Test(neighbours, pktgen_60_153_what_was_lost_on_the_way_is_found_by_its_number)
{
	struct weir_pipeline_options options = {.packets = 10000};
	struct rig rig;

	rig_run(&rig,
		"stages:\n"
		"  gen: {type: gen}\n"
		"  pass: {type: pass, inputs: gen, drops: 5000}\n"
		"  sink: {type: sink, inputs: pass, sequence: yes}\n",
		&options);
	balanced(&rig);
	cr_assert(said(named(&rig, "stages", "sink"), "in") == 9999);
	cr_assert(
		said(json_object_get(named(&rig, "stages", "sink"), "counters"),
			"lost") == 1);
	rig_close(&rig);
}

// ---- ports that take a part ----

// A device that takes up to three packets in every other call; one that takes
// none at all; and one that has what it took until the end.
enum mood { RELUCTANT, DEAF, HOARDS };

#define HOARD 512

struct device {
	uint32_t mood; // option
	uint64_t calls, next;
	unsigned hoarded;
	struct rte_mbuf *hoard[HOARD];
};

static uint64_t taken[3];

static int device_open(void *state, const char *kind, const char *value,
	const struct weir_port_setup *setup, struct weir_error *e)
{
	return 0;
}

static unsigned takes(struct device *device, unsigned count)
{
	if (device->mood == HOARDS)
		return count < HOARD - device->hoarded
			       ? count
			       : HOARD - device->hoarded;
	if (device->mood == DEAF || device->calls++ % 2)
		return 0;
	return count < 3 ? count : 3;
}

static unsigned device_tx(
	void *state, unsigned queue, struct rte_mbuf **packets, unsigned count)
{
	struct device *device = state;

	count = takes(device, count);
	for (unsigned i = 0; i < count; i++) {
		weir_assert(*number_of(packets[i]) == device->next);
		device->next++;
		if (device->mood == HOARDS)
			device->hoard[device->hoarded++] = packets[i];
		else
			rte_pktmbuf_free(packets[i]);
	}
	taken[device->mood] += count;
	return count;
}

static void device_finish(void *state)
{
	struct device *device = state;

	rte_pktmbuf_free_bulk(device->hoard, device->hoarded);
	device->hoarded = 0;
}

static void device_stats(void *state, struct weir_port_stats *stats)
{
	const struct device *device = state;

	*stats = (struct weir_port_stats){
		.tx_packets = device->next - device->hoarded};
}

static uint64_t device_held(void *state)
{
	return ((struct device *)state)->hoarded;
}

static unsigned device_keeps(const char *kind, const void *options)
{
	return HOARD;
}

static void register_device(void)
{
	static const struct weir_port_kind kinds[] = {
		{.name = "device", .help = "nothing"}, {0}};
	static const struct weir_option options[] = {
		WEIR_OPTION_U32(
			struct device, mood, "mood", 0, "how it behaves"),
		{0}};
	static const struct weir_port_driver driver = {
		.name = "device",
		.help = "takes a part",
		.kinds = kinds,
		.state_size = sizeof(struct device),
		.options = options,
		.keeps = device_keeps,
		.open = device_open,
		.tx = device_tx,
		.finish = device_finish,
		.held = device_held,
		.stats = device_stats,
		.close = device_finish,
	};

	weir_port_register(&driver);
}

// spdk#2907: a device that took a part of what it was given was never offered
// the rest. Here the rest is offered again, in order; and what a device never
// takes is given up at the end of the run, and booked.
Test(neighbours, spdk_2907_what_a_device_did_not_take_is_offered_again)
{
	struct rig rig;

	register_device();
	rig_run(&rig,
		"ports: {out: {device: \"\", mood: 0}}\n"
		"stages:\n"
		"  gen: {type: numbers, count: 5000}\n"
		"  tx: {type: tx, inputs: gen, port: out}\n",
		NULL);
	balanced(&rig);
	cr_assert(taken[RELUCTANT] == 5000, "%" PRIu64, taken[RELUCTANT]);
	rig_close(&rig);
}

Test(neighbours, spdk_2907_what_a_device_never_takes_is_given_up_at_the_end)
{
	struct rig rig;

	register_device();
	rig_run(&rig,
		"ports: {out: {device: \"\", mood: 1}}\n"
		"stages:\n"
		"  gen: {type: numbers, count: 50}\n"
		"  tx: {type: tx, inputs: gen, port: out}\n",
		NULL);
	balanced(&rig);
	cr_assert(said(named(&rig, "stages", "tx"), "dropped") == 50);
	rig_close(&rig);
}

// spdk#2504: with several devices, each of which held buffers of one pool, there
// were none left, and some of them stood still for ever. Here the pool is sized
// for what all ports may hold: four that have all they can leave enough to the
// fifth chain, and to each other.
Test(neighbours, spdk_2504_devices_that_hold_all_they_can_starve_no_other)
{
	struct rig rig;

	register_device();
	begin(&rig, "ports:\n"
		    "  a: {device: \"a\", mood: 2}\n"
		    "  b: {device: \"b\", mood: 2}\n"
		    "  c: {device: \"c\", mood: 2}\n"
		    "  d: {device: \"d\", mood: 2}\n"
		    "stages:\n"
		    "  to_a: {type: numbers, count: 1000000000000}\n"
		    "  tx_a: {type: tx, inputs: to_a, port: a}\n"
		    "  to_b: {type: numbers, count: 1000000000000}\n"
		    "  tx_b: {type: tx, inputs: to_b, port: b}\n"
		    "  to_c: {type: numbers, count: 1000000000000}\n"
		    "  tx_c: {type: tx, inputs: to_c, port: c}\n"
		    "  to_d: {type: numbers, count: 1000000000000}\n"
		    "  tx_d: {type: tx, inputs: to_d, port: d}\n"
		    "  gen: {type: numbers, count: 100000}\n"
		    "  bin: {type: bin, inputs: gen}\n");
	wait_until(&rig, "stages.bin.in", 100000);
	stop_and_close(&rig);
	cr_assert(taken[HOARDS] == 4 * HOARD, "%" PRIu64, taken[HOARDS]);
}
