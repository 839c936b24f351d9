// SPDX-License-Identifier: BSD-3-Clause
//
// Stages that do what a stage must not, to see that the run says so. They are
// linked into weir-test, which is weir in all else.
#include "stage/stage.h"

#include <rte_mbuf.h>
#include <stdio.h>
#include <stdlib.h>

enum { FORWARD };

// leak frees one packet itself and tells nobody.
struct leak {
	uint64_t at;
	uint64_t seen;
};

static void leak_burst(
	void *state, struct rte_mbuf **in, unsigned n, struct weir_out *out)
{
	struct leak *leak = state;

	for (unsigned i = 0; i < n; i++) {
		if (++leak->seen == leak->at)
			rte_pktmbuf_free(in[i]);
		else
			weir_out_put(out, FORWARD, in[i]);
	}
}

static const struct weir_stage leak_stage = {
	.abi = WEIR_STAGE_ABI,
	.type = "leak",
	.help = "frees one packet itself, for tests",
	.state_size = sizeof(struct leak),
	.options = {WEIR_OPTION_U64(
		struct leak, at, "at", 1, "which packet, counted from 1")},
	.outputs = {"forward"},
	.kernel = leak_burst,
};

// spin works for a time on one packet.
struct spin {
	uint64_t at;
	uint64_t for_ns;
	uint64_t seen;
	uint64_t ticks;
};

static int spin_init(
	void *state, const struct weir_stage_setup *setup, struct weir_error *e)
{
	struct spin *spin = state;

	spin->ticks = weir_clock_ticks(setup->clock, spin->for_ns);
	return 0;
}

static void spin_burst(
	void *state, struct rte_mbuf **in, unsigned n, struct weir_out *out)
{
	struct spin *spin = state;

	for (unsigned i = 0; i < n; i++) {
		if (++spin->seen == spin->at) {
			uint64_t end = weir_ticks() + spin->ticks;

			while (weir_ticks() < end)
				cpu_relax();
		}
		weir_out_put(out, FORWARD, in[i]);
	}
}

static const struct weir_stage spin_stage = {
	.abi = WEIR_STAGE_ABI,
	.type = "spin",
	.help = "works for a time on one packet, for tests",
	.state_size = sizeof(struct spin),
	.options = {WEIR_OPTION_U64(struct spin, at, "at", 1,
			    "which packet, counted from 1"),
		WEIR_OPTION_DURATION(
			struct spin, for_ns, "for", "300us", "how long")},
	.outputs = {"forward"},
	.init = spin_init,
	.kernel = spin_burst,
};

// bridge stands for a stage that needs Ethernet frames.
static void bridge_burst(
	void *state, struct rte_mbuf **in, unsigned n, struct weir_out *out)
{
	for (unsigned i = 0; i < n; i++)
		weir_out_put(out, FORWARD, in[i]);
}

static const struct weir_stage bridge_stage = {
	.abi = WEIR_STAGE_ABI,
	.type = "bridge",
	.help = "needs Ethernet frames, for tests",
	.outputs = {"forward"},
	.ethernet = true,
	.kernel = bridge_burst,
};

__attribute__((constructor)) static void add_stages(void)
{
	struct weir_error error = {0};

	if (weir_stage_register(&leak_stage, &error) ||
		weir_stage_register(&spin_stage, &error) ||
		weir_stage_register(&bridge_stage, &error)) {
		fprintf(stderr, "%s\n", error.text);
		abort();
	}
}
