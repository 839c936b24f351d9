// SPDX-License-Identifier: BSD-3-Clause
//
// merge joins several inputs into one. Any stage may have several: they are
// served round robin, and a burst of one is at most WEIR_BURST packets, so a
// flood on one holds the others back by that much each. merge only gives the
// place a name.
#include "builtin/builtin.h"

#include <string.h>

enum { MERGE_OUT };

static void merge_burst(
	void *state, struct rte_mbuf **in, unsigned n, struct weir_out *out)
{
	uint32_t room;
	struct rte_mbuf **to = weir_out_space(out, MERGE_OUT, &room);

	memcpy(to, in, n * sizeof(*in));
	weir_out_added(out, MERGE_OUT, n);
}

const struct weir_stage weir_builtin_merge = {
	.abi = WEIR_STAGE_ABI,
	.type = "merge",
	.help = "joins several inputs into one, each in its turn",
	.outputs = {"out"},
	.kernel = merge_burst,
	.blind = true,
};
