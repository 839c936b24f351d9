// SPDX-License-Identifier: BSD-3-Clause
//
// Stage types and port drivers for tests of the file's reader: they are tables
// only and do nothing. Tests of the reader shall not change when a stage does.
#ifndef WEIR_TESTS_CONFIG_TYPES_H
#define WEIR_TESTS_CONFIG_TYPES_H

#include "port/port.h"
#include "stage/stage.h"

#include <errno.h>
#include <string.h>

struct types_state {
	const char *port, *expr;
	uint32_t by, level;
	uint64_t time_ns;
	double part;
	const char **classes;
};

static inline void types_kernel(
	void *state, struct rte_mbuf **in, unsigned n, struct weir_out *out)
{
}

// What a stage says of a value that its table cannot judge.
static inline const char *types_check(const void *options, struct weir_error *e)
{
	const struct types_state *state = options;

	if (strcmp(state->expr, "tcp prot") != 0)
		return NULL;
	weir_error_set(e, -EINVAL, "'%s' is not an expression", state->expr);
	return "expr";
}

static const char *const types_by[] = {
	"ethertype", "protocol", "port", "talker", NULL};
static const char *const types_hash[] = {"flow", "packet", NULL};

#define TYPES_PORT                                                             \
	WEIR_OPTION_REQUIRED(WEIR_TYPE_TEXT, struct types_state, port, "port", \
		"the port's name")

static const struct weir_stage types_stages[] = {
	{.abi = WEIR_STAGE_ABI,
		.type = "rx",
		.help = "takes packets from a port",
		.state_size = sizeof(struct types_state),
		.options = {TYPES_PORT},
		.outputs = {"out"},
		.source = true,
		.kernel = types_kernel},
	{.abi = WEIR_STAGE_ABI,
		.type = "tx",
		.help = "gives packets to a port",
		.state_size = sizeof(struct types_state),
		.options = {TYPES_PORT},
		.kernel = types_kernel},
	{.abi = WEIR_STAGE_ABI,
		.type = "filter",
		.help = "parts packets by an expression",
		.state_size = sizeof(struct types_state),
		.options = {WEIR_OPTION_REQUIRED(WEIR_TYPE_TEXT,
				    struct types_state, expr, "expr",
				    "what matches, as tcpdump takes it",
				    .live = true),
			WEIR_OPTION_U32(struct types_state, level, "level", 3,
				"a level", .min = 1, .max = 9),
			WEIR_OPTION_DOUBLE(struct types_state, part, "part",
				"0.5", "a part", .max = 1)},
		.outputs = {"match", "rest"},
		.check = types_check,
		.kernel = types_kernel},
	{.abi = WEIR_STAGE_ABI,
		.type = "shard",
		.help = "spreads packets over ways",
		.state_size = sizeof(struct types_state),
		.options = {WEIR_OPTION_CHOICE(struct types_state, by, "by",
			"flow", types_hash, "what stays together")},
		.outputs = {"out"},
		.ways = WEIR_WAYS_SPREAD,
		.no_replicas = true,
		.kernel = types_kernel},
	{.abi = WEIR_STAGE_ABI,
		.type = "tee",
		.help = "gives a copy to each",
		.outputs = {"out"},
		.ways = WEIR_WAYS_COPY,
		.kernel = types_kernel},
	{.abi = WEIR_STAGE_ABI,
		.type = "count",
		.help = "counts packets",
		.state_size = sizeof(struct types_state),
		.options = {WEIR_OPTION_CHOICES(struct types_state, by, "by",
			"protocol", types_by, "what to count by")},
		.outputs = {"out"},
		.kernel = types_kernel},
	{.abi = WEIR_STAGE_ABI,
		.type = "delay",
		.help = "keeps packets for a time",
		.state_size = sizeof(struct types_state),
		.options = {WEIR_OPTION_DURATION(struct types_state, time_ns,
			"time", "1ms", "how long")},
		.outputs = {"out"},
		.drops = {"full"},
		.kernel = types_kernel},
	{.abi = WEIR_STAGE_ABI,
		.type = "sort",
		.help = "gives each class an output",
		.state_size = sizeof(struct types_state),
		.options = {WEIR_OPTION_REQUIRED(WEIR_TYPE_TEXTS,
			struct types_state, classes, "classes", "the classes")},
		.outputs = {"rest"},
		.outputs_from = "classes",
		.kernel = types_kernel},
	{.abi = WEIR_STAGE_ABI,
		.type = "drop",
		.help = "drops packets",
		.drops = {"asked"},
		.kernel = types_kernel},
};

struct types_port {
	uint32_t format;
	double speed;
};

static const char *const types_formats[] = {"pcap", "pcapng", NULL};

static const struct weir_port_kind types_files[] = {
	{.name = "file",
		.help = "a capture's path",
		.traits = {.one_way = true, .queues_max = 1}},
	{0}};

static const struct weir_port_kind types_devices[] = {
	{.name = "null", .help = "arguments"},
	{.name = "pci", .help = "an address", .traits = {.needs_pci = true}},
	{0}};

static const struct weir_port_driver types_drivers[] = {
	{.name = "file",
		.help = "captures",
		.kinds = types_files,
		.state_size = sizeof(struct types_port),
		.options =
			(const struct weir_option[]){
				WEIR_OPTION_CHOICE(struct types_port, format,
					"format", "pcap", types_formats,
					"how it is written"),
				WEIR_OPTION_DOUBLE(struct types_port, speed,
					"speed", "0", "how fast it is read"),
				{0}}},
	{.name = "net", .help = "devices", .kinds = types_devices},
};

static inline void types_register(void)
{
	for (unsigned i = 0; i < sizeof(types_stages) / sizeof(types_stages[0]);
		i++)
		(void)weir_stage_register(&types_stages[i], NULL);
	for (unsigned i = 0;
		i < sizeof(types_drivers) / sizeof(types_drivers[0]); i++)
		weir_port_register(&types_drivers[i]);
}

#endif
