// SPDX-License-Identifier: BSD-3-Clause
//
// A stage for wirings.sh, built once as a shared object. It knows its outputs
// by name and nothing of what is before or behind it.
#include "stage/stage.h"

enum { ODD, EVEN };

struct alternate {
	uint64_t count;
};

static void alternate_burst(
	void *state, struct rte_mbuf **in, unsigned n, struct weir_out *out)
{
	struct alternate *alternate = state;

	for (unsigned i = 0; i < n; i++)
		weir_out_put(out, ++alternate->count & 1 ? ODD : EVEN, in[i]);
}

static const struct weir_stage alternate = {
	.abi = WEIR_STAGE_ABI,
	.type = "alternate",
	.help = "parts packets in turn",
	.state_size = sizeof(struct alternate),
	.outputs = {"odd", "even"},
	.kernel = alternate_burst,
};

WEIR_STAGE_EXPORT(alternate);
