// SPDX-License-Identifier: BSD-3-Clause
//
// Which of Linux's capabilities a kind of port needs, and whether this process
// has them: without, DPDK's drivers answer in riddles.
//
// Threads.  Set-up only: one thread.
#ifndef WEIR_DRIVERS_NET_RIGHTS_H
#define WEIR_DRIVERS_NET_RIGHTS_H

#include "base/error.h"

// weir_rights_check answers 0 where this process may open a port of kind, else
// -EPERM, in words that name what it lacks. name is the port's.
int weir_rights_check(const char *kind, const char *name, struct weir_error *e);

#endif
