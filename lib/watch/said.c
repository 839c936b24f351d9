// SPDX-License-Identifier: BSD-3-Clause
#include "watch/said.h"
#include "task/executor_inline.h"
#include "watch/sample.h"

void weir_said_take(struct weir_said *said, struct weir_executor *executor)
{
	struct weir_reading begun;

	said->count = said->old = 0;
	do {
		said->run = weir_executor_begun(executor, &said->begun);
		said->over = !load_acquire(&executor->thread);
		while (said->count < WEIR_OVERRUNS &&
			weir_overruns_get(&executor->overruns,
				&said->overruns[said->count]))
			said->count++;
	} while (weir_executor_begun(executor, &begun) != said->run);
	while (said->old < said->count &&
		said->overruns[said->old].begin < said->begun.tick)
		said->old++;
}

void weir_said_add(struct weir_witness *witness,
	const struct weir_overrun *overruns, unsigned count, uint64_t stopped,
	uint64_t halted)
{
	for (unsigned i = 0; i < count; i++) {
		const struct weir_sample *last = weir_witness_last(witness);
		struct weir_sample sample;

		if (overruns[i].reading.tick <= (last ? last->tick : 0))
			continue;
		sample = weir_sample_of(&overruns[i].reading, overruns[i].end);
		sample.stopped = stopped;
		sample.halted = halted;
		weir_witness_add(witness, &sample);
	}
}
