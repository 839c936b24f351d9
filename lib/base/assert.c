// SPDX-License-Identifier: BSD-3-Clause
#include "base/assert.h"

#include <stdio.h>
#include <stdlib.h>

void weir_assert_failed(
	const char *file, int line, const char *function, const char *what)
{
	fprintf(stderr,
		"weir: bug: %s:%d: %s: '%s' does not hold. Please report this "
		"with what you ran.\n",
		file, line, function, what);
	abort();
}
