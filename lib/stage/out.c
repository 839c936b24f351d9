// SPDX-License-Identifier: BSD-3-Clause
#include "stage/stage.h"

uint32_t weir_out_room(const struct weir_out *out, unsigned output)
{
	const struct weir_lane *lane = &out->lanes[out->first[output]];
	const struct weir_lane *end = &out->lanes[out->first[output + 1]];
	uint32_t least = lane < end ? weir_lane_left(lane) : 0;

	for (; lane < end; lane++) {
		uint32_t left = weir_lane_left(lane);

		least = left < least ? left : least;
	}
	return least;
}
