// SPDX-License-Identifier: BSD-3-Clause
#include "builtin/builtin.h"

static const struct weir_stage *const builtins[] = {
	&weir_builtin_classify,
	&weir_builtin_count,
	&weir_builtin_delay,
	&weir_builtin_drop,
	&weir_builtin_filter,
	&weir_builtin_gen,
	&weir_builtin_merge,
	&weir_builtin_meter,
	&weir_builtin_repeat,
	&weir_builtin_rewrite,
	&weir_builtin_rx,
	&weir_builtin_sample,
	&weir_builtin_shape,
	&weir_builtin_shard,
	&weir_builtin_sink,
	&weir_builtin_tee,
	&weir_builtin_tx,
};

int weir_builtins_register(struct weir_error *e)
{
	unsigned count = sizeof(builtins) / sizeof(builtins[0]);

	for (unsigned i = 0; i < count; i++) {
		int err = weir_stage_register(builtins[i], e);

		if (err)
			return err;
	}
	return 0;
}
