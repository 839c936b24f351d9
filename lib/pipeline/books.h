// SPDX-License-Identifier: BSD-3-Clause
//
// The equations: for each port, instance and edge
//
//	in + made = out + dropped + held + consumed + unaccounted
//
// All but unaccounted is counted where it happens, held by walking; unaccounted
// is what remains and must be 0.
//
// Threads.  The main thread, when no executor runs.
#ifndef WEIR_PIPELINE_BOOKS_H
#define WEIR_PIPELINE_BOOKS_H

#include "pipeline/runner.h"

struct weir_equation {
	uint64_t in, made, out, dropped, held, consumed;
	int64_t unaccounted;
};

struct weir_equation weir_equation_of_instance(
	const struct weir_instance *instance);
struct weir_equation weir_equation_of_edge(const struct weir_edge *edge);

// A port: in is what came in from outside and what tx stages gave it, out is
// what rx stages took and what it wrote.
struct weir_equation weir_equation_of_port(
	const struct weir_pipeline *pipeline, unsigned index);

// The two sides of a port, each of which must agree: what it counts as received
// and what rx stages brought in; what tx stages gave it, and what it sent,
// dropped or holds.
struct weir_port_sides {
	uint64_t counted_in, brought_in;
	uint64_t given, gone;
};

struct weir_port_sides weir_port_sides_of(
	const struct weir_pipeline *pipeline, unsigned index);

// The whole: in and out are those of the ports towards the outside.
struct weir_equation weir_equation_of_all(const struct weir_pipeline *pipeline);

// weir_drops_each calls each for every reason under which an instance dropped
// something; asked: whoever wrote the file wanted it.
void weir_drops_each(const struct weir_instance *instance,
	void (*each)(void *arg, const char *reason, uint64_t count, bool asked),
	void *arg);

#endif
