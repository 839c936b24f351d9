// SPDX-License-Identifier: BSD-3-Clause
//
// classify beside plain rte_acl: keys made by hand from plain IPv4 packets, one
// lookup for a burst, packets put by class. What classify adds is that it takes
// any packet.
#include "base/eal.h"
#include "base/random.h"
#include "bench.h"
#include "builtin/builtin.h"
#include "mem/pool.h"

#include <rte_acl.h>
#include <rte_mbuf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PACKETS 200000
#define FEW 256
#define RULES_MAX 10000
#define CLASSES 3

static struct rte_mempool *pool;
static struct rte_mbuf *packets[FEW];

static void must(int err, const struct weir_error *e)
{
	if (!err)
		return;
	fprintf(stderr, "classify_bench: %s\n", e->text);
	exit(1);
}

// What is drawn for a rule: two prefixes, UDP and a port.
struct drawn {
	uint32_t source, destination;
	uint16_t port;
	uint8_t class;
};

static struct drawn drawn[RULES_MAX];

static void draw_rules(struct weir_random *draws)
{
	for (unsigned i = 0; i < RULES_MAX; i++)
		drawn[i] = (struct drawn){
			.source = 10u << 24 |
				  (uint32_t)weir_random_below(draws, 1 << 16)
					  << 8,
			.destination =
				172u << 24 |
				(uint32_t)weir_random_below(draws, 1 << 16)
					<< 8,
			.port = (uint16_t)weir_random_below(draws, 65536),
			.class = (uint8_t)weir_random_below(draws, CLASSES),
		};
}

// Half of the packets match one of the first rules.
static void make_packet(
	struct rte_mbuf *m, struct weir_random *draws, unsigned rules)
{
	uint8_t *bytes = (uint8_t *)rte_pktmbuf_append(m, 60);
	const struct drawn *like = &drawn[weir_random_below(draws, rules)];
	uint32_t ends[2] = {rte_cpu_to_be_32(like->source | 5),
		rte_cpu_to_be_32(like->destination | 9)};
	uint16_t port = rte_cpu_to_be_16(
		(uint16_t)(like->port + weir_random_below(draws, 2)));

	memset(bytes, 0, 60);
	bytes[12] = 0x08;
	bytes[14] = 0x45;
	bytes[23] = 17;
	memcpy(bytes + 26, ends, 8);
	memcpy(bytes + 36, &port, 2);
}

// ---- by hand ----

struct key {
	uint8_t protocol, unused[3];
	uint32_t source, destination;
	uint16_t source_port, destination_port;
};

RTE_ACL_RULE_DEF(rule, 5);

#define FIELD(member, type_, index, input)                  \
	{                                                   \
		.type = RTE_ACL_FIELD_TYPE_##type_,         \
		.size = sizeof(((struct key *)0)->member),  \
		.field_index = index, .input_index = input, \
		.offset = offsetof(struct key, member)      \
	}

static const struct rte_acl_config config = {.num_categories = 1,
	.num_fields = 5,
	.defs = {FIELD(protocol, BITMASK, 0, 0), FIELD(source, MASK, 1, 1),
		FIELD(destination, MASK, 2, 2), FIELD(source_port, RANGE, 3, 3),
		FIELD(destination_port, RANGE, 4, 3)}};

struct plain {
	struct rte_acl_ctx *context;
	struct rte_mbuf *out[CLASSES + 1][WEIR_BURST];
};

static void open_plain(struct plain *plain, unsigned rules)
{
	struct rte_acl_param param = {.name = "plain",
		.socket_id = SOCKET_ID_ANY,
		.rule_size = RTE_ACL_RULE_SZ(5),
		.max_rule_num = rules};

	plain->context = rte_acl_create(&param);
	for (unsigned i = 0; i < rules; i++) {
		struct rule rule = {
			.data = {1, (int32_t)(rules - i), drawn[i].class + 1u},
			.field = {{{.u8 = 17}, {.u8 = 0xff}},
				{{.u32 = drawn[i].source}, {.u32 = 24}},
				{{.u32 = drawn[i].destination}, {.u32 = 24}},
				{{.u16 = 0}, {.u16 = 65535}},
				{{.u16 = drawn[i].port},
					{.u16 = drawn[i].port}}}};

		if (rte_acl_add_rules(plain->context,
			    (const struct rte_acl_rule *)&rule, 1))
			abort();
	}
	if (rte_acl_build(plain->context, &config))
		abort();
}

static double run_plain(void *arg)
{
	struct plain *plain = arg;
	uint64_t begin = weir_ticks();

	for (unsigned i = 0; i < PACKETS; i += WEIR_BURST) {
		struct rte_mbuf **in = packets + i % FEW;
		struct key keys[WEIR_BURST];
		const uint8_t *at[WEIR_BURST];
		uint32_t found[WEIR_BURST];
		unsigned counts[CLASSES + 1] = {0};

		for (unsigned p = 0; p < WEIR_BURST; p++) {
			const uint8_t *bytes =
				rte_pktmbuf_mtod(in[p], const uint8_t *);

			keys[p].protocol = bytes[23];
			memcpy(&keys[p].source, bytes + 26, 12);
			at[p] = (const uint8_t *)&keys[p];
		}
		rte_acl_classify(plain->context, at, found, WEIR_BURST, 1);
		for (unsigned p = 0; p < WEIR_BURST; p++)
			plain->out[found[p]][counts[found[p]]++] = in[p];
	}
	return (double)weir_clock_ns(weir_clock_real(), weir_ticks() - begin) /
	       PACKETS;
}

// ---- the stage ----

struct alone {
	struct weir_option_block *block;
	void *state;
	struct weir_out out;
	struct weir_lane lanes[CLASSES + 1];
	struct rte_mbuf *room[CLASSES + 1][WEIR_BURST];
};

static void set(struct alone *alone, const char *name, const char *const *texts,
	unsigned count)
{
	struct weir_error e = {0};

	must(weir_option_set(alone->block,
		     weir_option_find(weir_builtin_classify.options, name),
		     texts, count, &e),
		&e);
}

static void open_alone(struct alone *alone, const char *file)
{
	static const char *const classes[] = {"a", "b", "c"};
	struct weir_stage_setup setup = {.name = "classify", .node = -1};
	struct weir_error e = {0};

	must(weir_option_block_create(&alone->block,
		     weir_builtin_classify.state_size,
		     weir_builtin_classify.options),
		&e);
	set(alone, "classes", classes, CLASSES);
	set(alone, "rules_file", &file, 1);
	alone->state = weir_option_block_data(alone->block);
	for (unsigned i = 0; i <= CLASSES; i++)
		alone->lanes[i] = (struct weir_lane){
			alone->room[i], 0, WEIR_BURST, WEIR_BURST};
	for (unsigned i = 0; i <= WEIR_STAGE_NAMES; i++)
		alone->out.first[i] =
			(uint16_t)(i < CLASSES + 1 ? i : CLASSES + 1);
	alone->out.lanes = alone->lanes;
	must(weir_builtin_classify.init(alone->state, &setup, &e), &e);
}

static double run_alone(void *arg)
{
	struct alone *alone = arg;
	uint64_t begin = weir_ticks();

	for (unsigned i = 0; i < PACKETS; i += WEIR_BURST) {
		weir_builtin_classify.kernel(alone->state, packets + i % FEW,
			WEIR_BURST, &alone->out);
		for (unsigned c = 0; c <= CLASSES; c++)
			alone->lanes[c].count = 0;
	}
	return (double)weir_clock_ns(weir_clock_real(), weir_ticks() - begin) /
	       PACKETS;
}

static void write_rules(const char *path, unsigned rules)
{
	FILE *file = fopen(path, "w");

	for (unsigned i = 0; i < rules; i++)
		fprintf(file,
			"%c: udp src %u.%u.%u.0/24 dst %u.%u.%u.0/24 dport "
			"%u\n",
			'a' + drawn[i].class, drawn[i].source >> 24,
			drawn[i].source >> 16 & 255, drawn[i].source >> 8 & 255,
			drawn[i].destination >> 24,
			drawn[i].destination >> 16 & 255,
			drawn[i].destination >> 8 & 255, drawn[i].port);
	fclose(file);
}

static void compare(unsigned rules, struct weir_random *draws)
{
	static struct plain plain;
	static struct alone alone;
	const struct bench_variant variants[] = {{"rte_acl", run_plain, &plain},
		{"classify", run_alone, &alone}};
	char path[] = "/tmp/weir-rules-XXXXXX", parameters[32];
	int file = mkstemp(path);
	uint64_t begin;

	if (file < 0)
		abort();
	close(file);
	for (unsigned i = 0; i < FEW; i++) {
		rte_pktmbuf_reset(packets[i]);
		make_packet(packets[i], draws, rules);
	}
	write_rules(path, rules);
	snprintf(parameters, sizeof(parameters), "rules=%u", rules);
	begin = weir_ticks();
	open_alone(&alone, path);
	printf("builtin.classify.build %s %.1f ms\n", parameters,
		(double)weir_clock_ns(weir_clock_real(), weir_ticks() - begin) /
			1e6);
	unlink(path);
	open_plain(&plain, rules);
	bench_compare("builtin.classify", parameters, "ns", variants, 2, false);
	rte_acl_free(plain.context);
	weir_builtin_classify.fini(alone.state);
	weir_option_block_destroy(alone.block);
}

int main(int argc, char **argv)
{
	struct weir_eal_options options = {
		.memory_size = 512u << 20, .no_huge = true};
	struct weir_random draws = {1};
	struct weir_error e = {0};

	must(weir_eal_open(&options, &e), &e);
	must(weir_pool_create(&pool, "bench", 1023, 2048, -1, &e), &e);
	bench_begin(argc, argv);
	if (rte_pktmbuf_alloc_bulk(pool, packets, FEW) != 0)
		abort();
	draw_rules(&draws);
	compare(10, &draws);
	compare(1000, &draws);
	compare(RULES_MAX, &draws);
	return bench_end();
}
