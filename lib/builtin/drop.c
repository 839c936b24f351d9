// SPDX-License-Identifier: BSD-3-Clause
//
// drop ends the way of what an output has and nobody wants. Its one reason is
// "asked": the runner counts it, and does not hold it against the run.
#include "builtin/builtin.h"

enum { DROP_ASKED };

static void drop_burst(
	void *state, struct rte_mbuf **in, unsigned n, struct weir_out *out)
{
	for (unsigned i = 0; i < n; i++)
		weir_out_drop(out, DROP_ASKED, in[i]);
}

const struct weir_stage weir_builtin_drop = {
	.abi = WEIR_STAGE_ABI,
	.type = "drop",
	.help = "drops every packet, as asked",
	.drops = {"asked"},
	.kernel = drop_burst,
	.blind = true,
};
