// SPDX-License-Identifier: BSD-3-Clause
#include "config/config.h"
#include "config/types.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct weir_config *config;

static void forget(void)
{
	weir_config_destroy(config);
	config = NULL;
}

TestSuite(config, .init = types_register, .fini = forget);

static int parse(const char *text, const char *const *sets)
{
	struct weir_error e = {0};
	int error;

	forget();
	error = weir_config_parse(
		&config, "test.yaml", text, strlen(text), sets, &e);
	cr_expect_eq(error, 0, "%s", e.text);
	return error;
}

static void refuse(const char *text, const char *const *sets, const char *words)
{
	struct weir_error e = {0};

	forget();
	cr_expect_eq(weir_config_parse(&config, "test.yaml", text, strlen(text),
			     sets, &e),
		-EINVAL);
	cr_expect_str_eq(e.text, words);
}

static struct weir_config_stage *stage(const char *name)
{
	for (unsigned i = 0; i < config->stage_count; i++) {
		if (!strcmp(config->stages[i].name, name))
			return &config->stages[i];
	}
	cr_assert(false, "there is no stage '%s'", name);
	return NULL;
}

static const struct types_state *state(const char *name)
{
	return weir_option_block_data(stage(name)->options);
}

static const char whole[] =
	"version: 1\n"
	"runtime: {lcores: auto, memory: 256MiB, max_exec: 100us}\n"
	"ports:\n"
	"  in:  {file: web.pcap, speed: 2}\n"
	"  out: {file: out.pcapng, format: pcapng}\n"
	"stages:\n"
	"  rx:    {type: rx, port: in}\n"
	"  split: {type: shard, inputs: rx, by: flow}\n"
	"  web:   {type: filter, inputs: split, replicas: 2, place: lcore,\n"
	"          lcore: 1, expr: \"tcp port 443\", max_exec: 20us}\n"
	"  seen:\n"
	"    type: count\n"
	"    by: [protocol, talker]\n"
	"    inputs: [{from: web.match, depth: 4096, when_full: drop_newest}]\n"
	"  tx:    {type: tx, inputs: [seen, web.rest], port: out}\n"
	"tests:\n"
	"  - {input: tests/web.pcap, expect: {out: tests/expected.pcap}}\n"
	"  - name: counts\n"
	"    input: {in: a.pcap}\n"
	"    expect: {out: 12, web.rest: 7}\n";

Test(config, a_whole_file_is_read)
{
	const struct weir_config_input *input;

	cr_assert_eq(parse(whole, NULL), 0);
	cr_expect_str_eq(config->file, "test.yaml");
	cr_expect_eq(config->port_count, 2);
	cr_expect_eq(config->stage_count, 5);
	cr_expect_str_eq(config->ports[0].kind, "file");
	cr_expect_str_eq(config->ports[0].value, "web.pcap");
	cr_expect_str_eq(config->ports[1].name, "out");
	cr_expect_eq(config->ports[1].at.line, 5);
	cr_expect_eq(stage("rx")->port, 0);
	cr_expect_eq(stage("tx")->port, 1);
	cr_expect_eq(stage("split")->port, -1);
	cr_expect_eq(stage("web")->replicas, 2);
	cr_expect_eq(stage("web")->place, WEIR_PLACE_LCORE);
	cr_expect_eq(stage("web")->lcore, 1);
	cr_expect_eq(stage("seen")->lcore, -1);
	cr_expect_eq(stage("web")->max_exec_ns, 20000);
	cr_expect_str_eq(state("web")->expr, "tcp port 443");
	cr_expect_eq(state("seen")->by, 10);
	input = stage("seen")->inputs;
	cr_expect_eq(stage("seen")->input_count, 1);
	cr_expect_str_eq(input->from, "web.match");
	cr_expect_eq(input->stage, 2);
	cr_expect_eq(input->output, 0);
	cr_expect_eq(input->depth, 4096);
	cr_expect_eq(input->when_full, WEIR_WHEN_FULL_DROP_NEWEST);
	cr_expect_eq(stage("tx")->input_count, 2);
	cr_expect_eq(stage("tx")->inputs[1].output, 1);
	cr_expect_eq(stage("tx")->inputs[1].when_full, WEIR_WHEN_FULL_WAIT);
	cr_expect_eq(stage("tx")->inputs[1].depth, 0);
}

Test(config, the_runtime_is_read_and_has_defaults)
{
	cr_assert_eq(parse(whole, NULL), 0);
	cr_expect_eq(config->runtime.lcores, 0);
	cr_expect_eq(config->runtime.memory_size, 256u << 20);
	cr_expect_eq(config->runtime.max_exec_ns, 100000);
	cr_expect_eq(config->runtime.packets, 0);
	cr_expect_eq(config->runtime.packet_size, 2048);
	cr_expect_not(config->runtime.latency_all);
	cr_expect_eq(config->runtime.depth, 1024);
}

Test(config, tests_name_captures_and_counts)
{
	const struct weir_config_test *test;

	cr_assert_eq(parse(whole, NULL), 0);
	cr_assert_eq(config->test_count, 2);
	test = &config->tests[0];
	cr_expect_null(test->name);
	cr_expect_str_eq(test->input, "tests/web.pcap");
	cr_expect_null(test->input_port);
	cr_expect_str_eq(test->expects[0].key, "out");
	cr_expect_str_eq(test->expects[0].file, "tests/expected.pcap");
	test = &config->tests[1];
	cr_expect_str_eq(test->name, "counts");
	cr_expect_str_eq(test->input, "a.pcap");
	cr_expect_str_eq(test->input_port, "in");
	cr_expect_eq(test->expect_count, 2);
	cr_expect_null(test->expects[1].file);
	cr_expect_str_eq(test->expects[1].key, "web.rest");
	cr_expect_eq(test->expects[1].count, 7);
}

Test(config, sets_override_any_value)
{
	const char *const sets[] = {"ports.in.file=other.pcap",
		"stages.web.expr=tcp port 80 and ether[0] & 1 = 0",
		"runtime.lcores=2", "stages.tx.inputs[0].depth=64",
		"stages.tx.inputs[1]={from: web.rest, when_full: drop_oldest}",
		"stages.seen.by=[port, ethertype]", "ports.out={null: ''}",
		"tests[0].expect.out=5", "stages.rx.max_exec=1ms", NULL};

	cr_assert_eq(parse(whole, sets), 0);
	cr_expect_str_eq(config->ports[0].value, "other.pcap");
	cr_expect_str_eq(
		state("web")->expr, "tcp port 80 and ether[0] & 1 = 0");
	cr_expect_eq(config->runtime.lcores, 2);
	cr_expect_eq(stage("tx")->inputs[0].depth, 64);
	cr_expect_eq(
		stage("tx")->inputs[1].when_full, WEIR_WHEN_FULL_DROP_OLDEST);
	cr_expect_eq(state("seen")->by, 5);
	cr_expect_str_eq(config->ports[1].kind, "null");
	cr_expect_eq(config->tests[0].expects[0].count, 5);
	cr_expect_eq(stage("rx")->max_exec_ns, 1000000);
}

Test(config, an_input_that_is_a_name_can_be_set_in_its_parts)
{
	const char *const sets[] = {"stages.split.inputs[0].depth=4",
		"stages.split.inputs=rx",
		"stages.split.inputs[0].when_full=drop_newest", NULL};

	cr_assert_eq(parse(whole, sets), 0);
	cr_expect_eq(stage("split")->inputs[0].depth, 0);
	cr_expect_eq(stage("split")->inputs[0].when_full,
		WEIR_WHEN_FULL_DROP_NEWEST);
}

Test(config, a_runtime_that_is_not_there_can_be_set)
{
	const char *const sets[] = {"runtime.depth=8", NULL};

	cr_assert_eq(parse("version: 1\n"
			   "ports: {in: {null: ''}}\n"
			   "stages:\n"
			   "  rx: {type: rx, port: in}\n"
			   "  gone: {type: drop, inputs: rx}\n",
			     sets),
		0);
	cr_expect_eq(config->runtime.depth, 8);
}

static const char small[] = "version: 1\n"
			    "ports: {in: {file: \"%s\"}}\n"
			    "stages:\n"
			    "  rx: {type: rx, port: in}\n"
			    "  gone: {type: drop, inputs: rx}\n";

static void expect_value(const char *written, const char *value)
{
	char text[1024];

	snprintf(text, sizeof(text), small, written);
	cr_assert_eq(parse(text, NULL), 0);
	cr_expect_str_eq(config->ports[0].value, value);
}

Test(config, variables_are_put_in_after_parsing)
{
	setenv("WEIR_A", "a: [b}, \"c\" # ${WEIR_B}", 1);
	setenv("WEIR_EMPTY", "", 1);
	unsetenv("WEIR_UNSET");
	expect_value("${WEIR_A}", "a: [b}, \"c\" # ${WEIR_B}");
	expect_value("x${WEIR_UNSET:-y}z", "xyz");
	expect_value("x${WEIR_EMPTY:-y}z", "xyz");
	expect_value("x${WEIR_EMPTY}z", "xz");
	expect_value("${WEIR_UNSET:-a:-b}", "a:-b");
	expect_value("a$$b$$$$", "a$b$$");
	expect_value("${WEIR_UNSET:-a}${WEIR_UNSET:-b}", "ab");
}

Test(config, what_is_set_is_taken_as_it_is)
{
	const char *const sets[] = {"ports.in.file=$HOME ${X} [a]", NULL};
	char text[1024];

	snprintf(text, sizeof(text), small, "${WEIR_UNSET}");
	cr_assert_eq(parse(text, sets), 0);
	cr_expect_str_eq(config->ports[0].value, "$HOME ${X} [a]");
}

Test(config, aliases_and_merges_are_resolved)
{
	cr_assert_eq(parse("version: 1\n"
			   "x-web: &web {type: filter, expr: udp, level: 2}\n"
			   "x-more: &more {level: 3, part: 0.25, expr: tcp}\n"
			   "ports: {in: &port {null: ''}, out: *port}\n"
			   "stages:\n"
			   "  rx: {type: rx, port: in}\n"
			   "  a: {<<: *web, inputs: rx, level: 5, drop: rest}\n"
			   "  b: {<<: [*web, *more], inputs: a.match,\n"
			   "      drop: rest}\n"
			   "  tx: {type: tx, inputs: b.match, port: out}\n",
			     NULL),
		0);
	cr_expect_eq(state("a")->level, 5);
	cr_expect_str_eq(state("a")->expr, "udp");
	cr_expect_eq(state("b")->level, 2);
	cr_expect_eq(state("b")->part, 0.25);
	cr_expect_str_eq(config->ports[1].kind, "null");
}

Test(config, keys_that_begin_with_x_are_the_writers_own_at_every_level)
{
	cr_expect_eq(
		parse("version: 1\n"
		      "x-a: 1\n"
		      "runtime: {x-b: 1}\n"
		      "ports: {in: {null: '', x-c: 1}, x-d: 2}\n"
		      "stages:\n"
		      "  x-e: 1\n"
		      "  rx: {type: rx, port: in, x-f: [1]}\n"
		      "  gone: {type: drop, inputs: [{from: rx, x-g: 1}]}\n",
			NULL),
		0);
}

Test(config, an_output_may_be_dropped_and_a_tee_gives_to_many)
{
	cr_assert_eq(parse("version: 1\n"
			   "ports: {in: {null: ''}}\n"
			   "stages:\n"
			   "  rx: {type: rx, port: in}\n"
			   "  two: {type: tee, inputs: rx}\n"
			   "  web: {type: filter, inputs: two, expr: udp,\n"
			   "        drop: [match, rest]}\n"
			   "  gone: {type: drop, inputs: two.out}\n",
			     NULL),
		0);
	cr_expect(stage("web")->drop_rest[0]);
	cr_expect(stage("web")->drop_rest[1]);
	cr_expect_not(stage("two")->drop_rest[0]);
}

Test(config, an_option_may_name_outputs)
{
	cr_assert_eq(parse("version: 1\n"
			   "ports: {in: {null: ''}}\n"
			   "stages:\n"
			   "  rx: {type: rx, port: in}\n"
			   "  two: {type: sort, inputs: rx, drop: [rest, b],\n"
			   "        classes: [a, b]}\n"
			   "  gone: {type: drop, inputs: two.a}\n",
			     NULL),
		0);
	cr_expect_eq(stage("two")->output_count, 3);
	cr_expect_str_eq(stage("two")->outputs[0], "a");
	cr_expect_str_eq(stage("two")->outputs[1], "b");
	cr_expect_str_eq(stage("two")->outputs[2], "rest");
	cr_expect_null(stage("two")->outputs[3]);
	cr_expect_not(stage("two")->drop_rest[0]);
	cr_expect(stage("two")->drop_rest[1]);
	cr_expect(stage("two")->drop_rest[2]);
	cr_expect_eq(stage("gone")->inputs[0].output, 0);
	cr_expect_eq(stage("rx")->output_count, 1);
}

Test(config, replicas_follow_a_shard_or_as_many_replicas)
{
	cr_assert_eq(parse("version: 1\n"
			   "ports: {in: {pci: '0000:3b:00.0', queues: 4}}\n"
			   "stages:\n"
			   "  rx: {type: rx, port: in}\n"
			   "  n: {type: count, inputs: rx, replicas: 4}\n"
			   "  split: {type: shard, inputs: n}\n"
			   "  m: {type: count, inputs: split, replicas: 3}\n"
			   "  gone: {type: drop, inputs: m}\n",
			     NULL),
		0);
	cr_expect_eq(stage("rx")->replicas, 4);
	cr_expect_eq(stage("m")->replicas, 3);
}

Test(config, a_set_without_a_file_to_blame_is_still_told)
{
	refuse(whole, (const char *const[]){"stages.web.level=ten", NULL},
		"--set stages.web.level: error: level: 'ten' is not a number: "
		"write 12, 0x10, 4k or 4Ki");
}

Test(config, what_cannot_be_read_is_said)
{
	struct weir_error e = {0};

	cr_expect_eq(
		weir_config_read(&config, "/no/such.yaml", NULL, &e), -ENOENT);
	cr_expect_str_eq(e.text,
		"/no/such.yaml: error: there is no such file; check the path");
	weir_error_clear(&e);
	cr_expect_eq(weir_config_read(&config, "/", NULL, &e), -EISDIR);
	cr_expect_str_eq(e.text, "/: error: this is a directory; name a "
				 "pipeline file in it");
}
