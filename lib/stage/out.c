// SPDX-License-Identifier: BSD-3-Clause
#include "stage/stage.h"

// lane_left answers what of a lane's credit is not used up in this call. Where
// the output drops when full, the entries alone are the limit.
static uint32_t lane_left(const struct weir_lane *lane)
{
	uint32_t limit = lane->room < lane->size ? lane->room : lane->size;

	return lane->count < limit ? limit - lane->count : 0;
}

uint32_t weir_out_room(const struct weir_out *out, unsigned output)
{
	const struct weir_lane *lane = &out->lanes[out->first[output]];
	const struct weir_lane *end = &out->lanes[out->first[output + 1]];
	uint32_t least = lane < end ? lane_left(lane) : 0;

	for (; lane < end; lane++) {
		uint32_t left = lane_left(lane);

		least = left < least ? left : least;
	}
	return least;
}

struct rte_mbuf **weir_out_space(
	struct weir_out *out, unsigned output, uint32_t *room)
{
	struct weir_lane *lane = &out->lanes[out->first[output]];

	weir_debug_assert(weir_out_ways(out, output) > 0);
	*room = lane_left(lane);
	return lane->packets + lane->count;
}

void weir_out_added(struct weir_out *out, unsigned output, uint32_t count)
{
	struct weir_lane *lane = &out->lanes[out->first[output]];

	weir_debug_assert(count <= lane->size - lane->count);
	lane->count += count;
}
