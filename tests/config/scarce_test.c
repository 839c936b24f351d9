// SPDX-License-Identifier: BSD-3-Clause
//
// Where memory ends while a file is read, it says so, whatever it was at.
#include "scarce.h"
#include "config/config.h"
#include "config/types.h"

#include <stdlib.h>

// Of everything one, beside what is but checked.
static const char whole[] =
	"version: 1\n"
	"runtime: {lcores: auto, memory: 256MiB, max_exec: 100us}\n"
	"ports:\n"
	"  in:  &port {file: \"${HOME}.pcap\", speed: 2}\n"
	"  out: {file: out.pcapng, format: pcapng}\n"
	"stages:\n"
	"  rx:    {type: rx, port: in}\n"
	"  split: {type: shard, inputs: rx, by: flow}\n"
	"  web:   {type: filter, inputs: split, replicas: 2, place: lcore,\n"
	"          expr: \"tcp port 443\", max_exec: 20us}\n"
	"  seen:\n"
	"    type: count\n"
	"    by: [protocol, talker]\n"
	"    inputs: [{from: web.match, depth: 4096, when_full: drop_newest}]\n"
	"  sort:  {type: sort, inputs: web.rest, classes: [a, b]}\n"
	"  tx:    {type: tx, inputs: [seen, sort.a, sort.b, sort.rest],\n"
	"          port: out}\n"
	"tests:\n"
	"  - {input: tests/web.pcap, expect: {out: tests/expected.pcap}}\n"
	"  - name: counts\n"
	"    input: {in: a.pcap}\n"
	"    expect: {out: 12, sort.a: 7}\n";

static int parse(struct weir_error *e)
{
	static const char *const sets[] = {
		"runtime.packets=2000", "stages.web.expr=udp", NULL};
	struct weir_config *config = NULL;
	int err = weir_config_parse(
		&config, "test.yaml", whole, sizeof(whole) - 1, sets, e);

	if (err)
		cr_assert(strstr(e->text, "no memory"), "%d: %s", err, e->text);
	weir_config_destroy(config);
	return err;
}

Test(scarce, a_file_is_read_whole_or_not_at_all, .init = types_register)
{
	cr_assert_geq(in_want_of_memory(parse), 20);
}

static int shorten(struct weir_error *e)
{
	char *text = NULL;
	int err = weir_config_short(
		&text, "file:a.pcap ! filter expr=udp ! file:b.pcap", e);

	if (err)
		cr_assert_str_eq(e->text, "-e: error: no memory");
	free(text);
	return err;
}

Test(scarce, nor_is_the_short_form, .init = types_register)
{
	in_want_of_memory(shorten);
}
