// SPDX-License-Identifier: BSD-3-Clause
//
// Where the library is missing.
#include "ctf.h"

#include <errno.h>

bool weir_ctf_is_there(void)
{
	return false;
}

int weir_ctf_read(const char *folder, struct weir_chrome *chrome,
	struct weir_ctf_sum *sum, struct weir_error *e)
{
	return weir_error_set(e, -ENOTSUP,
		"this weir was built without libbabeltrace2 and cannot read "
		"traces: build it with libbabeltrace2-dev, or read '%s' with "
		"babeltrace2",
		folder);
}
