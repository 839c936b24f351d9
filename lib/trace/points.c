// SPDX-License-Identifier: BSD-3-Clause
//
// What a point does when a trace is taken: an event in rte_trace's form, into the
// memory of the calling thread.
//
//	| up to 8 bytes | number 16 bits | tick 48 bits | fields, as they come |
#define ALLOW_EXPERIMENTAL_API
#include "trace/writer.h"
#include "base/clock.h"
#include "base/text.h"

#include <fnmatch.h>
#include <rte_trace_point.h>
#include <string.h>

#define TICK_BITS 48

#define POINT(call, name, parameters, fields, meaning) \
	extern rte_trace_point_t __weir_point_##call;
#define FIELD(type, field)
#include "trace/points.h"

static inline char *put_u64(char *at, uint64_t value)
{
	memcpy(at, &value, sizeof(value));
	return at + sizeof(value);
}

static inline char *put_u32(char *at, uint32_t value)
{
	memcpy(at, &value, sizeof(value));
	return at + sizeof(value);
}

static inline char *put_ptr(char *at, const void *value)
{
	return put_u64(at, (uintptr_t)value);
}

// As long as rte_trace has it, and ended.
static inline char *put_string(char *at, const char *text)
{
	weir_text_copy(at, WEIR_TRACE_NAME, text);
	return at + WEIR_TRACE_NAME;
}

static inline char *put_head(
	char *at, const rte_trace_point_t *point, uint64_t tick)
{
	uint64_t number = (load_relaxed(point) & __RTE_TRACE_FIELD_ID_MASK) >>
			  __RTE_TRACE_FIELD_ID_SHIFT;

	tick &= (UINT64_C(1) << TICK_BITS) - 1;
	return put_u64(at, number << TICK_BITS | tick);
}

static inline uint64_t later(struct weir_trace_writer *writer, uint64_t tick)
{
	if (tick == 0)
		tick = weir_ticks();
	if ((int64_t)(tick - writer->last) > 0)
		writer->last = tick;
	return writer->last;
}

#define POINT(call, name, parameters, fields, meaning)                     \
	void weir_trace_##call(uint64_t tick, WEIR_TRACE_STRIP parameters) \
	{                                                                  \
		struct weir_trace_writer *writer;                          \
		uint64_t word = load_relaxed(&__weir_point_##call);        \
		char *at;                                                  \
                                                                           \
		if (!(word & __RTE_TRACE_FIELD_ENABLE_MASK))               \
			return;                                            \
		writer = weir_trace_enter();                               \
		if (!writer)                                               \
			return;                                            \
		at = weir_trace_next(writer,                               \
			(uint32_t)(word & __RTE_TRACE_FIELD_SIZE_MASK));   \
		tick = later(writer, tick);                                \
		at = put_head(at, &__weir_point_##call, tick);             \
		fields;                                                    \
		(void)at;                                                  \
		store_release(&writer->busy, 0); /* "the trace" */         \
	}
#define FIELD(type, field) at = put_##type(at, field);
#include "trace/points.h"

// ---- what is added when a trace is saved ----

size_t weir_trace_write_named(char *at, uint64_t tick, const void *object,
	const char *kind, const char *name)
{
	char *begin = at;

	at = put_head(at, &__weir_point_trace_named, tick);
	at = put_ptr(at, object);
	at = put_string(at, kind);
	return (size_t)(put_string(at, name) - begin);
}

size_t weir_trace_write_lost(
	char *at, uint64_t tick, uint64_t events, uint64_t nested)
{
	char *begin = at;

	at = put_head(at, &__weir_point_trace_lost, tick);
	at = put_u64(at, events);
	return (size_t)(put_u64(at, nested) - begin);
}

// ---- all of them ----

static rte_trace_point_t *const points[] = {
#define POINT(call, name, parameters, fields, meaning) &__weir_point_##call,
#define FIELD(type, field)
#include "trace/points.h"
};

static const char *const names[] = {
#define POINT(call, name, parameters, fields, meaning) "weir." #name,
#define FIELD(type, field)
#include "trace/points.h"
};

#define COUNT (sizeof(points) / sizeof(*points))

void weir_trace_points_off(void)
{
	for (size_t i = 0; i < COUNT; i++)
		rte_trace_point_disable(points[i]);
}

// What says what the others mean is always there.
static bool is_always(const char *name)
{
	return strncmp(name, "weir.trace.", 11) == 0;
}

unsigned weir_trace_points_on(const char *pattern)
{
	unsigned count = 0;

	for (size_t i = 0; i < COUNT; i++) {
		bool fits = !pattern || fnmatch(pattern, names[i], 0) == 0;

		count += fits;
		if (fits || is_always(names[i]))
			rte_trace_point_enable(points[i]);
	}
	return count;
}
