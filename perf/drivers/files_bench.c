// SPDX-License-Identifier: BSD-3-Clause
//
// A pipeline from a capture to nowhere, and from a capture to a capture: what a
// packet costs from the first that is read until the last is written. The lcore
// is this thread; reader and writer have their own.
//
//	in.pcap ─▶ reader ══ rx ─▶ tx ─▶ null
//	in.pcap ─▶ reader ══ rx ─▶ tx ══ writer ─▶ out.pcap
//
// KIND in the environment chooses one: file_null or file_file.
#include "pipeline/rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SIZE 64
#define COUNT 200000u

static char folder[] = "/tmp/weir-files-XXXXXX";

static void remove_folder(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -r %s", folder);
	if (system(command))
		fprintf(stderr, "%s is left\n", folder);
}

static void make_capture(void)
{
	const uint32_t head[6] = {0xa1b23c4d, 4 << 16 | 2, 0, 0, 262144, 1};
	const uint32_t record[4] = {1700000000, 0, SIZE, SIZE};
	const char bytes[SIZE] = {0};
	FILE *file = fopen("in.pcap", "w");
	bool written = file && fwrite(head, sizeof(head), 1, file) == 1;

	for (unsigned i = 0; written && i < COUNT; i++)
		written = fwrite(record, sizeof(record), 1, file) == 1 &&
			  fwrite(bytes, sizeof(bytes), 1, file) == 1;
	if (!written || fclose(file)) {
		fprintf(stderr, "no capture can be written in %s\n", folder);
		exit(1);
	}
}

static const struct weir_port *port_of(const struct rig *rig, const char *name)
{
	for (unsigned i = 0; i < rig->plan->config->port_count; i++)
		if (!strcmp(rig->pipeline->ports[i].port.name, name))
			return &rig->pipeline->ports[i].port;
	abort();
}

static bool has_read(const struct rig *rig)
{
	const struct weir_port *in = port_of(rig, "in");

	return in->driver->ended(in->state);
}

// The last is written when the port says so: in a build without counters there
// is nothing else to go by.
static void finish(struct rig *rig, uint64_t step)
{
	const struct weir_port *out = port_of(rig, "out");

	if (out->driver->finish)
		out->driver->finish(out->state);
	while (out->driver->finished && !out->driver->finished(out->state))
		rig_run(rig, 0, step);
}

static double copy(void *arg)
{
	char text[512];
	struct rig rig;
	uint64_t begin, ticks, step;

	snprintf(text, sizeof(text),
		"version: 1\n"
		"runtime: {packets: 16k}\n"
		"ports:\n"
		"  in: {file: in.pcap}\n"
		"  out: {%s}\n"
		"stages:\n"
		"  rx: {type: rx, port: in}\n"
		"  tx: {type: tx, inputs: rx, port: out}\n",
		(const char *)arg);
	step = weir_clock_ticks(weir_clock_real(), 200000);
	rig_open(&rig, text);
	begin = weir_ticks();
	while (!has_read(&rig))
		rig_run(&rig, 0, step);
	finish(&rig, step);
	ticks = weir_ticks() - begin;
	rig_close(&rig);
	return (double)ticks / COUNT;
}

static bool wants(const char *kind)
{
	const char *only = getenv("KIND");

	return !only || !strcmp(only, kind);
}

int main(int argc, char **argv)
{
	static char null[] = "null: ''", file[] = "file: out.pcap";

	bench_begin(argc, argv);
	if (!mkdtemp(folder) || chdir(folder))
		return 1;
	atexit(remove_folder);
	make_capture();
	rig_register();
	if (wants("file_null"))
		bench_measure("drivers.files", "file_null", "cycles/packet",
			copy, null);
	if (wants("file_file"))
		bench_measure("drivers.files", "file_file", "cycles/packet",
			copy, file);
	return bench_end();
}
