// SPDX-License-Identifier: BSD-3-Clause
//
// What a stage is told that it may leave to the ports.
#include "pipeline/rig.h"

static uint64_t told; // to the only asker

static void asker_burst(
	void *state, struct rte_mbuf **in, unsigned n, struct weir_out *out)
{
	for (unsigned i = 0; i < n; i++)
		weir_out_put(out, 0, in[i]);
}

static void asker_offloads(void *state, uint64_t tx)
{
	told = tx;
}

static const struct weir_stage asker = {
	.abi = WEIR_STAGE_ABI,
	.type = "asker",
	.help = "wants to know",
	.outputs = {"out"},
	.kernel = asker_burst,
	.offloads = asker_offloads,
};

// ---- ports that do something ----

static int able_open(void *state, const char *kind, const char *value,
	const struct weir_port_setup *setup, struct weir_error *e)
{
	return 0;
}

static unsigned able_tx(
	void *state, unsigned queue, struct rte_mbuf **packets, unsigned count)
{
	rte_pktmbuf_free_bulk(packets, count);
	return count;
}

struct able {
	uint64_t does; // option
};

static uint64_t able_offloads(const void *state)
{
	return ((const struct able *)state)->does;
}

static const struct weir_port_kind able_kinds[] = {
	{.name = "able", .help = "nothing"}, {0}};
static const struct weir_option able_options[] = {
	WEIR_OPTION_U64(struct able, does, "does", 0, "bits"), {0}};
static const struct weir_port_driver able = {
	.name = "able",
	.help = "does what it is told",
	.kinds = able_kinds,
	.state_size = sizeof(struct able),
	.options = able_options,
	.open = able_open,
	.tx = able_tx,
	.tx_offloads = able_offloads,
};

// told_by runs a pipeline of ports and of stages from the asker on.
static uint64_t told_by(const char *ports, const char *stages)
{
	struct rig rig;
	char text[1024];

	told = 0xdead;
	if (!weir_port_find("able"))
		weir_port_register(&able);
	cr_assert(weir_stage_register(&asker, NULL) == 0);
	snprintf(text, sizeof(text),
		"ports: {in: {\"null\": \"\"}, %s}\n"
		"stages:\n"
		"  rx: {type: rx, port: in}\n"
		"  ask: {type: asker, inputs: rx}\n%s",
		ports, stages);
	rig_run(&rig, text, &(struct weir_pipeline_options){.packets = 100});
	rig_close(&rig);
	return told;
}

#define A "a: {able: \"\", does: 14}"
#define B "b: {able: \"\", does: 6}"
#define C "c: {\"null\": \"\"}"

Test(offloads, are_those_of_the_port_behind)
{
	cr_assert(told_by(A, "  ta: {type: tx, inputs: ask, port: a}\n") == 14);
}

Test(offloads, of_several_ports_are_those_of_all)
{
	cr_assert(told_by(A ", " B,
			  "  all: {type: tee, inputs: ask}\n"
			  "  ta: {type: tx, inputs: all, port: a}\n"
			  "  tb: {type: tx, inputs: all, port: b}\n") == 6);
}

Test(offloads, are_none_where_a_port_says_nothing)
{
	cr_assert(told_by(A ", " C,
			  "  all: {type: tee, inputs: ask}\n"
			  "  ta: {type: tx, inputs: all, port: a}\n"
			  "  tc: {type: tx, inputs: all, port: c}\n") == 0);
}

Test(offloads, pass_stages_that_never_look)
{
	cr_assert(told_by(A, "  m: {type: merge, inputs: ask}\n"
			     "  w: {type: delay, inputs: m, time: 1us,"
			     " place: lcore}\n"
			     "  ta: {type: tx, inputs: w, port: a}\n") == 14);
}

Test(offloads, end_before_a_stage_that_looks)
{
	cr_assert(told_by(A, "  m: {type: merge, inputs: ask}\n"
			     "  p: {type: pass, inputs: m}\n"
			     "  ta: {type: tx, inputs: p, port: a}\n") == 0);
}

Test(offloads, end_where_a_copy_is_looked_at)
{
	cr_assert(told_by(A, "  all: {type: tee, inputs: ask}\n"
			     "  p: {type: count, inputs: all, drop: out}\n"
			     "  ta: {type: tx, inputs: all, port: a}\n") == 0);
}

Test(offloads, do_not_matter_to_what_is_dropped)
{
	cr_assert(told_by(A, "  all: {type: tee, inputs: ask}\n"
			     "  d: {type: drop, inputs: all}\n"
			     "  ta: {type: tx, inputs: all, port: a}\n") == 14);
}
