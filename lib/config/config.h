// SPDX-License-Identifier: BSD-3-Clause
//
// A pipeline file, read and checked against the registries of stages and
// ports: what is said, not yet how it will run (that is the plan).
//
// Form.  A mapping: version (1), load, runtime, ports, stages, tests; keys that
// begin with "x-" are for the writer's own use. weir_config_schema has it in
// full. What stands under load is loaded (stage/load.h) when the file is read:
// it may run code.
//
// Every fault is reported as "FILE:LINE:COLUMN: error: …" with what is wrong
// and what to do; several at once where they do not follow from each other.
//
// Threads.  Set-up only: one thread.
// Memory.  weir_config_read gives a config that owns all it points to.
#ifndef WEIR_CONFIG_CONFIG_H
#define WEIR_CONFIG_CONFIG_H

#include "base/error.h"
#include "document/fault.h"
#include "option/option.h"
#include "port/port.h"
#include "stage/stage.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

enum weir_when_full {
	WEIR_WHEN_FULL_WAIT,
	WEIR_WHEN_FULL_DROP_NEWEST,
	WEIR_WHEN_FULL_DROP_OLDEST,
};

enum weir_place_choice {
	WEIR_PLACE_AUTO,
	WEIR_PLACE_FUSED,   // with what is before it; an error if it cannot be
	WEIR_PLACE_LCORE,   // an lcore of its own, each replica
	WEIR_PLACE_THREAD,  // a plain thread of its own
	WEIR_PLACE_CHANNEL, // where it would run by itself, behind a ring
};

struct weir_config_runtime {
	uint32_t lcores; // 0: auto
	uint64_t
		memory_size; // bytes for packets and EAL; 0: what the plan needs
	uint64_t max_exec_ns; // 0: none
	uint32_t packets;     // mbufs in the pool; 0: what the plan needs
	uint32_t packet_size; // data room of an mbuf
	bool latency_all;     // stamp every packet, not one a burst
	uint32_t depth;	      // of edges that do not say
	uint32_t hugepages;   // enum weir_pages_wish
};

struct weir_config_port {
	const char *name;
	const struct weir_port_driver *driver;
	const char *kind, *value;
	struct weir_port_traits traits;
	uint32_t queues; // in each direction; 0: as many as stages use it
	struct weir_option_block *options; // a struct of driver->state_size
	struct weir_at at;
};

struct weir_config_input {
	const char *from;	// as written: "web.match"
	unsigned stage, output; // what it means
	uint32_t depth;		// 0: the runtime's
	enum weir_when_full when_full;
	struct weir_at at;
};

struct weir_config_stage {
	const char *name;
	const struct weir_stage *type;
	struct weir_option_block *options; // a struct of type->state_size
	struct weir_config_input *inputs;
	unsigned input_count;
	const char *outputs[WEIR_STAGE_NAMES]; // NULL-ended
	unsigned output_count;
	bool drop_rest[WEIR_STAGE_NAMES]; // outputs that the file says to drop
	int port; // index of the port of option "port"; -1: none
	unsigned replicas;
	enum weir_place_choice place;
	int lcore;	      // asked for by number; -1: any
	uint64_t max_exec_ns; // 0: the runtime's
	struct weir_at at;
};

struct weir_config_expect {
	const char
		*key; // a port's name or "stage.output" or "stage.drops.reason"
	const char *file; // expected capture, or NULL
	uint64_t count;	  // expected packets, if file is NULL
	struct weir_at at;
};

struct weir_config_test {
	const char *name;	// or NULL
	const char *input;	// capture for the only file input, or NULL
	const char *input_port; // NULL: the only one
	struct weir_config_expect *expects;
	unsigned expect_count;
	struct weir_at at;
};

struct weir_config {
	const char *file;
	struct weir_config_runtime runtime;
	struct weir_config_port *ports;
	unsigned port_count;
	struct weir_config_stage *stages;
	unsigned stage_count;
	struct weir_config_test *tests;
	unsigned test_count;
	void *memory; // all of the above
};

// Tables of what may stand in the runtime mapping, beside its kind and the
// driver's options in each port's, beside its type and options in each stage's,
// and in a mapping of an input.
extern const struct weir_option weir_runtime_options[];
extern const struct weir_option weir_port_common_options[];
extern const struct weir_option weir_stage_common_options[];
extern const struct weir_option weir_input_options[];

// weir_config_read reads file ("-": standard input), applies sets ("PATH=VALUE",
// NULL-ended, or NULL), expands variables from the environment, and checks
// all. Answers 0, or -EINVAL, -ENOENT, … with lines for the user in e.
int weir_config_read(struct weir_config **config, const char *file,
	const char *const *sets, struct weir_error *e);

// weir_config_parse does the same for text, called name in messages. The name
// "-e" is for text that the short form was turned into: messages then leave out
// lines and columns, which the user never saw.
int weir_config_parse(struct weir_config **config, const char *name,
	const char *text, size_t size, const char *const *sets,
	struct weir_error *e);

// weir_config_short turns the short form ("file:a.pcap ! filter expr=udp !
// file:b.pcap") into the text of a file, which the caller frees. Elements are
// joined by '!'; the first and last are ports KIND:VALUE (or a stage that is a source or ends), each other a stage TYPE with NAME=VALUE; quotes as in a shell.
// What a filter does not match is dropped: the first output goes on, others say drop.
int weir_config_short(
	char **text, const char *expression, struct weir_error *e);

// weir_config_schema answers the JSON Schema of the file as text that the
// caller frees.
char *weir_config_schema(void);

// weir_config_destroy frees all of it. NULL is harmless.
void weir_config_destroy(struct weir_config *config);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
