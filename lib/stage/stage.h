// SPDX-License-Identifier: BSD-3-Clause
//
// A stage is a named part of a pipeline with an input and named outputs. This
// is what one writes against: fill in a struct weir_stage, write a kernel.
//
//	edges or a fused stage ──▶ kernel(state, in, n, out) ──▶ outputs, drops
//
// A kernel is a synchronous function over a burst of packets; it never waits,
// allocates, logs or makes system calls. The shell around it has taken credit
// on the outputs that wait before it received the burst, so a kernel's puts cannot fail.
// Each packet of in must leave in exactly one way: put on an output, dropped
// under a reason, kept (held says how many), or consumed. What does none of these is
// unaccounted, and the run says so and ends with exit code 1.
//
// Threads.  An instance runs on one executor at a time: state needs no locks.
// Memory.  state is zeroed, then the options are written into it, then init is
// called. Packets in `in` are the stage's from the call on.
#ifndef WEIR_STAGE_STAGE_H
#define WEIR_STAGE_STAGE_H

#include "base/assert.h"
#include "base/atomic.h"
#include "base/clock.h"
#include "base/error.h"
#include "option/option.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct rte_mbuf;
struct weir_executor;
struct weir_port;
struct weir_count_segment;

#define WEIR_BURST 32	      // packets a kernel is given at most
#define WEIR_STAGE_OPTIONS 16 // entries, the end included
#define WEIR_STAGE_NAMES 8    // outputs, drops or counters, the end included
#define WEIR_STAGE_WAYS_MAX 256

// Which interface a stage was built against. The number goes up when a stage
// that was built before could no longer run. Until then struct weir_stage only
// grows, at its end, and size is what the stage knows of it: what an older one
// lacks is taken for zero, and a newer one will do as long as it leaves at zero
// what this weir does not have.
#define WEIR_STAGE_ABI_NUMBER 1

struct weir_stage_abi {
	uint32_t number;
	uint32_t size; // of struct weir_stage
};

// WEIR_STAGE_ABI is what each stage's field abi is set to.
#define WEIR_STAGE_ABI                                                     \
	{                                                                  \
		WEIR_STAGE_ABI_NUMBER, (uint32_t)sizeof(struct weir_stage) \
	}

// One way out: to one instance of one consumer. The shell empties it after
// each call.
struct weir_lane {
	struct rte_mbuf **packets;
	uint32_t count;
	uint32_t size; // entries at packets
	uint32_t
		room; // credit: how many may be put in this call. UINT32_MAX where the output drops when full
};

// Where a kernel puts packets. Touch it only through the functions.
struct weir_out {
	struct weir_lane *lanes;
	uint16_t first[WEIR_STAGE_NAMES + 1]; // lane of each output's way 0
	struct weir_lane trash;		      // freed by the shell
	uint64_t *dropped;		      // by reason
	uint64_t *made;			      // e.g. clones
	uint64_t *consumed;		      // e.g. written to a port
	uint64_t now;			      // tick at which this call began
	struct weir_executor *executor;
};

// weir_out_ways answers how many ways an output has: 1, unless the stage
// spreads or copies (then: as many as consumers' instances; 0: not connected).
static inline unsigned weir_out_ways(
	const struct weir_out *out, unsigned output)
{
	return out->first[output + 1] - out->first[output];
}

// weir_out_put_way sends a packet on one way of an output.
static inline void weir_out_put_way(struct weir_out *out, unsigned output,
	unsigned way, struct rte_mbuf *packet)
{
	struct weir_lane *lane = &out->lanes[out->first[output] + way];

	weir_debug_assert(way < weir_out_ways(out, output));
	weir_debug_assert(lane->count < lane->size);
	lane->packets[lane->count++] = packet;
}

// weir_out_put sends a packet on an output. The packet is no longer the
// stage's.
static inline void weir_out_put(
	struct weir_out *out, unsigned output, struct rte_mbuf *packet)
{
	weir_out_put_way(out, output, 0, packet);
}

// weir_out_room answers how many packets may be put on an output in this call:
// needed only where a stage emits more than it was given (sources, tick,
// drain). The least over the ways.
uint32_t weir_out_room(const struct weir_out *out, unsigned output);

// weir_lane_left answers what of a lane's credit is not used up in this call.
// Where the output drops when full, the entries alone are the limit.
static inline uint32_t weir_lane_left(const struct weir_lane *lane)
{
	uint32_t limit = lane->room < lane->size ? lane->room : lane->size;

	return lane->count < limit ? limit - lane->count : 0;
}

// weir_out_space answers where the next packets of output may be written
// directly, *room of them; weir_out_added says how many were.
static inline struct rte_mbuf **weir_out_space(
	struct weir_out *out, unsigned output, uint32_t *room)
{
	struct weir_lane *lane = &out->lanes[out->first[output]];

	weir_debug_assert(weir_out_ways(out, output) > 0);
	*room = weir_lane_left(lane);
	return lane->packets + lane->count;
}

// weir_out_added says that count packets were written there.
static inline void weir_out_added(
	struct weir_out *out, unsigned output, uint32_t count)
{
	struct weir_lane *lane = &out->lanes[out->first[output]];

	weir_debug_assert(count <= lane->size - lane->count);
	lane->count += count;
}

// weir_out_drop gives a packet up under one of the stage's reasons.
static inline void weir_out_drop(
	struct weir_out *out, unsigned reason, struct rte_mbuf *packet)
{
	weir_debug_assert(out->trash.count < out->trash.size);
	count_add(&out->dropped[reason], 1);
	out->trash.packets[out->trash.count++] = packet;
}

// weir_out_consume ends a packet's way here, as it should: the shell frees it.
static inline void weir_out_consume(
	struct weir_out *out, struct rte_mbuf *packet)
{
	weir_debug_assert(out->trash.count < out->trash.size);
	count_add(out->consumed, 1);
	out->trash.packets[out->trash.count++] = packet;
}

// weir_out_lost counts packets under a reason that never came into being, such
// as clones for which the pool had no mbuf: they are also said to be made.
static inline void weir_out_lost(
	struct weir_out *out, unsigned reason, uint64_t count)
{
	count_add(&out->dropped[reason], count);
}

// weir_out_made says that the stage brought count packets into being.
static inline void weir_out_made(struct weir_out *out, uint64_t count)
{
	count_add(out->made, count);
}

// weir_out_consumed says that count packets ended here as they should, and were
// given on by the stage itself, to a port say.
static inline void weir_out_consumed(struct weir_out *out, uint64_t count)
{
	count_add(out->consumed, count);
}

// What init is told of the world. Borrowed for the time of the call, except
// what is said to live longer.
struct weir_stage_setup {
	const char *name; // of the instance: "web[0]"; lives as long as it
	unsigned index, replicas;
	unsigned ways[WEIR_STAGE_NAMES]; // of each output
	struct weir_port *port; // of the option "port", else NULL; lives longer
	unsigned port_queue;
	const struct weir_clock *clock; // lives longer
	// For clones and new packets; lives longer. NULL on a thread, unless the
	// stage is a source, writes, copies or has an out_max above 1: then it
	// is the thread's own. A thread may take from it and never gives back:
	// what it is done with goes through out, or weir_stage_drop and the
	// like.
	struct rte_mempool *pool;
	struct weir_count_segment *segment; // lives longer
	int node;
	bool sampled_first; // a stamped packet stands first in what comes
	uint64_t seed;	    // the same in each replica
};

// A counter of a stage's own: a uint64_t in its state, published under the
// stage's name.
struct weir_stage_counter {
	const char *name;
	const char *unit;
	size_t offset; // in state
	const char *help;
};

// What a stage has to say in the report, a row at a time. Rows of replicas with
// the same table and key are added up (stage/rows.h does that); of each table
// the top keys are shown, by packets, and the others as one row "other". A key
// in parentheses is no key: it is shown after the others and not counted among
// them. table and key are borrowed for the time of the call.
struct weir_report_rows {
	void (*row)(struct weir_report_rows *rows, const char *table,
		const char *key, uint64_t packets, uint64_t bytes);
	unsigned top; // written by the stage before its first row; 0: all
};

// How an output deals with several consumers.
enum weir_ways {
	WEIR_WAYS_ONE,	  // one consumer instance
	WEIR_WAYS_SPREAD, // the kernel chooses a way for each packet (shard)
	WEIR_WAYS_COPY,	  // the kernel puts one on each way (tee)
};

// What a task stage may do. Only from its task function.
struct weir_stage_io;

struct weir_stage {
	struct weir_stage_abi abi; // WEIR_STAGE_ABI; first, for ever
	const char *type;
	const char *help; // a sentence without a full stop
	size_t state_size;
	struct weir_option options[WEIR_STAGE_OPTIONS];
	const char *outputs[WEIR_STAGE_NAMES];
	// A reason named "asked" is one that whoever wrote the file wanted: it
	// does not count against the run.
	const char *drops[WEIR_STAGE_NAMES];
	struct weir_stage_counter counters[WEIR_STAGE_NAMES];
	unsigned out_max
		[WEIR_STAGE_NAMES]; // the most that one packet may become on each way of this
				    // output; 0: 1
	enum weir_ways ways;
	bool source; // has no input: kernel is called with n = 0 and puts up to room
	bool writes;   // changes packets: gets a private copy of what is shared
	bool ethernet; // needs Ethernet frames
	bool no_replicas;

	// check looks at options (a struct of state_size) when a file is
	// read, before anything is opened; NULL: their table says all. Answers
	// NULL when they are good, else the name of the one that is not, with
	// words in e.
	const char *(*check)(const void *options, struct weir_error *e);
	int (*init)(void *state, const struct weir_stage_setup *setup,
		struct weir_error *e);
	// fini undoes an init that answered 0 and frees the packets that the
	// stage still holds; the executor no longer runs.
	void (*fini)(void *state);
	// Exactly one of these two.
	void (*kernel)(void *state, struct rte_mbuf **in, unsigned n,
		struct weir_out *out);
	void (*task)(void *state, struct weir_stage_io *io);
	// tick is called once a turn, with room, for what happens without
	// input. now is a tick of the clock.
	void (*tick)(void *state, uint64_t now, struct weir_out *out);
	// room answers how many packets the kernel could take now; NULL: any.
	unsigned (*room)(const void *state);
	// drain is called when no more input will come, with room, once and
	// then once a turn until ended answers true or, where there is none, held
	// answers 0
	// answers true.
	void (*drain)(void *state, struct weir_out *out);
	// held answers how many packets the stage keeps, by counting them.
	uint64_t (*held)(const void *state);
	// held_now answers the same without counting, for the live table;
	// NULL: held is quick.
	uint64_t (*held_now)(const void *state);
	// keeps answers the most packets that an instance with these options
	// (a struct of state_size) ever holds; NULL: 0. The planner sizes the
	// pool by it.
	unsigned (*keeps)(const void *options);
	// ended tells that a source has given its last; of another stage, that
	// drain has nothing left to wait for: tx waits for its port so.
	bool (*ended)(void *state);
	// Live change: prepare builds what new options need (main thread, may
	// fail), commit swaps it in between two steps, retire frees the old
	// one after every executor has passed a turn, or what was prepared and
	// came to nothing. options is a struct of state_size with the new values.
	int (*prepare)(const void *state, const void *options, void **next,
		struct weir_error *e);
	void *(*commit)(void *state, void *next);
	void (*retire)(void *old);
	// report adds rows; the executor no longer runs.
	void (*report)(const void *state, struct weir_report_rows *rows);
	// drops_asked has a bit for each of drops, from the lowest on, that whoever
	// wrote the file wanted, beside one that is named "asked".
	uint32_t drops_asked;
	// outputs_from is an option of type WEIR_TYPE_TEXTS whose values are the
	// first outputs, before those of the table. It cannot be live. NULL:
	// there is none.
	const char *outputs_from;
	// memory answers how many bytes of EAL memory, beside packets, an
	// instance with these options (a struct of state_size) wants; NULL: so
	// few that they do not count. The planner adds them up.
	uint64_t (*memory)(const void *options);
	// offloads is called before the first packet, when all ports are open. tx
	// has the RTE_ETH_TX_OFFLOAD_… that will be done for a packet that asks,
	// by every port that it can reach from here; nothing where a stage that
	// is not blind gets it before.
	void (*offloads)(void *state, uint64_t tx);
	bool blind; // never looks at packets' bytes: a checksum may be missing
};

// weir_stage_recv waits for input and answers up to count packets, and at most
// WEIR_BURST; 0 when the input has ended or the task is cancelled.
unsigned weir_stage_recv(
	struct weir_stage_io *io, struct rte_mbuf **packets, unsigned count);
// weir_stage_send waits for room on output and sends all count packets; answers
// how many were sent: fewer only when the task is cancelled, or a source's run
// has all the packets that it was asked for. What is left is still the task's.
unsigned weir_stage_send(struct weir_stage_io *io, unsigned output,
	struct rte_mbuf **packets, unsigned count);
// weir_stage_drop gives packets up under a reason.
void weir_stage_drop(struct weir_stage_io *io, unsigned reason,
	struct rte_mbuf **packets, unsigned count);
// weir_stage_made says that the task brought count packets into being: those it
// sends, and those it drops.
void weir_stage_made(struct weir_stage_io *io, uint64_t count);
// weir_stage_consumed takes packets that ended here as they should, and frees
// them.
void weir_stage_consumed(
	struct weir_stage_io *io, struct rte_mbuf **packets, unsigned count);

// weir_stage_check tells whether a stage is of this ABI and its table sound.
// Answers 0 or -EINVAL with words in e.
int weir_stage_check(const struct weir_stage *stage, struct weir_error *e);

// weir_stage_register makes a stage type known; the struct must live on. The
// same struct again does nothing. Answers 0, -EINVAL for another ABI or a
// malformed table (words in e), -EEXIST for a type that is there.
int weir_stage_register(const struct weir_stage *stage, struct weir_error *e);

// weir_stage_find answers the stage of that type, or NULL; weir_stage_at the
// index-th in order of name.
const struct weir_stage *weir_stage_find(const char *type);
const struct weir_stage *weir_stage_at(unsigned index);

// weir_stage_output_count, … answer how many names a stage has.
unsigned weir_stage_output_count(const struct weir_stage *stage);
unsigned weir_stage_drop_count(const struct weir_stage *stage);

// WEIR_STAGE_EXPORT is what a shared object says once, of its stage, so that a
// pipeline file can load it; WEIR_STAGES_EXPORT of several, by their addresses.
#define WEIR_STAGE_EXPORT(stage) WEIR_STAGES_EXPORT(&(stage))
#define WEIR_STAGES_EXPORT(...)                                  \
	__attribute__((visibility("default"), used))             \
	const struct weir_stage *const weir_stage_exported[] = { \
		__VA_ARGS__, 0}

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
