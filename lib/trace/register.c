// SPDX-License-Identifier: BSD-3-Clause
//
// Makes the points known to rte_trace, before main: it numbers them, and what
// FIELD says becomes its metadata. DPDK's header for registering makes its other
// header mean something else, so this is a source of its own.
#define ALLOW_EXPERIMENTAL_API
#include <rte_trace_point_register.h>

#include <stddef.h>
#include <stdint.h>

#define POINT(call, name, parameters, fields, meaning)                      \
	RTE_TRACE_POINT(                                                    \
		weir_point_##call, RTE_TRACE_POINT_ARGS parameters, fields) \
	RTE_TRACE_POINT_REGISTER(weir_point_##call, weir.name)
#define FIELD(type, field) rte_trace_point_emit_##type(field);
#include "trace/points.h"
