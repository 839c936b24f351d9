// SPDX-License-Identifier: BSD-3-Clause
//
// Reads a saved trace, by libbabeltrace2.
#ifndef WEIR_APPS_CTF_H
#define WEIR_APPS_CTF_H

#include "base/error.h"
#include "trace/chrome.h"

struct weir_ctf_sum {
	uint64_t events; // those that say what something is called left out
	unsigned threads;
};

// weir_ctf_is_there tells whether this weir was built with the library.
bool weir_ctf_is_there(void);

// weir_ctf_read gives all events of the trace in folder to chrome, in the order
// of time. -ENOTSUP: it is not there.
int weir_ctf_read(const char *folder, struct weir_chrome *chrome,
	struct weir_ctf_sum *sum, struct weir_error *e);

#endif
