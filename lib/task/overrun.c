// SPDX-License-Identifier: BSD-3-Clause
#include "task/overrun.h"

void weir_overruns_put(
	struct weir_overruns *overruns, const struct weir_overrun *overrun)
{
	uint64_t written = overruns->written;

	if (written - load_acquire(&overruns->read) == WEIR_OVERRUNS) {
		count_add(&overruns->lost, 1);
		return;
	}
	overruns->at[written % WEIR_OVERRUNS] = *overrun;
	store_release(&overruns->written, written + 1);
}

bool weir_overruns_get(
	struct weir_overruns *overruns, struct weir_overrun *overrun)
{
	uint64_t read = overruns->read;

	if (read == load_acquire(&overruns->written))
		return false;
	*overrun = overruns->at[read % WEIR_OVERRUNS];
	store_release(&overruns->read, read + 1);
	return true;
}
