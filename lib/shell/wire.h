// SPDX-License-Identifier: BSD-3-Clause
//
// Set-up of what lies between instances: lanes and where they lead, and the
// places that can be full.
//
// Threads.  One, before the start.
#ifndef WEIR_SHELL_WIRE_H
#define WEIR_SHELL_WIRE_H

#include "shell/instance.h"

// weir_wire gives each instance its lanes and links, as the plan's edges say.
// edges[i] is the ring of the plan's i-th edge; unused where that is a call.
int weir_wire(struct weir_instance *instances, const struct weir_plan *plan,
	struct weir_edge *edges, struct weir_error *e);

// weir_credit_check refuses in words a stage whose room, empty as it is, is
// less than what one packet may become before it.
int weir_credit_check(const struct weir_instance *instances, unsigned count,
	struct weir_error *e);

// weir_credit_find finds the leaves of each wired instance. Refuses in words an
// edge that is too shallow for what one packet may become before it.
int weir_credit_find(struct weir_instance *instances,
	const struct weir_plan *plan, struct weir_edge *edges,
	struct weir_error *e);

#endif
