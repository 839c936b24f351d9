// SPDX-License-Identifier: BSD-3-Clause
#include "file/file.h"

#include "file/claim.h"
#include "file/interface.h"
#include "file/reader.h"
#include "file/writer.h"
#include "port/port.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { PACE_FAST, PACE_CAPTURE };
enum { FORMAT_AUTO, FORMAT_PCAP, FORMAT_PCAPNG };

struct file {
	uint32_t pace, format, snaplen; // options
	double factor;			// option
	char *port, *path;
	bool entered; // the table of interfaces
	struct weir_claim claim;
	struct weir_reader *reader; // one of these two
	struct weir_writer *writer;
};

static enum weir_output_format choose_format(const struct file *file)
{
	const char *suffix = strrchr(file->path, '.');

	if (file->format == FORMAT_PCAP)
		return WEIR_FORMAT_PCAP;
	if (file->format == FORMAT_PCAPNG)
		return WEIR_FORMAT_PCAPNG;
	return suffix && !strcmp(suffix, ".pcapng") ? WEIR_FORMAT_PCAPNG
						    : WEIR_FORMAT_PCAP;
}

static int open_reader(struct file *file, const struct weir_port_setup *setup,
	struct weir_error *e)
{
	struct weir_reader_options options = {
		.port = file->port,
		.path = file->path,
		.pool = setup->pool,
		.node = (int)setup->node,
		.clock = setup->clock,
		.factor = file->pace == PACE_CAPTURE ? file->factor : 0,
	};
	int err = weir_reader_open(&file->reader, &options, e);

	if (err)
		return err;
	return weir_claim_take(&file->claim, file->port,
		weir_reader_fd(file->reader), false, e);
}

static int open_writer(struct file *file, const struct weir_port_setup *setup,
	struct weir_error *e)
{
	struct weir_writer_options options = {
		.port = file->port,
		.path = file->path,
		.format = choose_format(file),
		.snaplen = file->snaplen,
		.node = (int)setup->node,
	};
	int err = weir_writer_open(&file->writer, &options, e);

	if (err)
		return err;
	return weir_claim_take(&file->claim, file->port,
		weir_writer_fd(file->writer), true, e);
}

static int check(const struct file *file, const char *value,
	const struct weir_port_setup *setup, struct weir_error *e)
{
	if (!value || !*value)
		return weir_error_set(e, -EINVAL,
			"port '%s': name a file, or - for standard input or "
			"output",
			setup->name);
	if (setup->receives && setup->sends)
		return weir_error_set(e, -EINVAL,
			"port '%s': '%s' is both read and written; use two "
			"ports",
			setup->name, value);
	if (file->pace == PACE_CAPTURE && !(file->factor > 0))
		return weir_error_set(e, -EINVAL,
			"port '%s': a factor of %g is no pace; it must be "
			"above 0",
			setup->name, file->factor);
	return 0;
}

static int file_open(void *state, const char *kind, const char *value,
	const struct weir_port_setup *setup, struct weir_error *e)
{
	struct file *file = state;
	int err = check(file, value, setup, e);

	if (err)
		return err;
	file->port = strdup(setup->name);
	file->path = strdup(value);
	if (!file->port || !file->path)
		return weir_error_set(
			e, -ENOMEM, "port '%s': no memory", setup->name);
	weir_interfaces_enter();
	file->entered = true;
	return setup->receives ? open_reader(file, setup, e)
			       : open_writer(file, setup, e);
}

static int file_start(void *state, struct weir_error *e)
{
	struct file *file = state;

	return file->reader ? weir_reader_start(file->reader, e)
			    : weir_writer_start(file->writer, e);
}

static unsigned file_rx(
	void *state, unsigned queue, struct rte_mbuf **packets, unsigned count)
{
	const struct file *file = state;

	return weir_reader_take(file->reader, packets, count);
}

static unsigned file_tx(
	void *state, unsigned queue, struct rte_mbuf **packets, unsigned count)
{
	const struct file *file = state;

	return weir_writer_take(file->writer, packets, count);
}

static bool file_ended(void *state)
{
	const struct file *file = state;

	return weir_reader_ended(file->reader);
}

static void file_finish(void *state)
{
	const struct file *file = state;

	weir_writer_finish(file->writer);
}

static bool file_finished(void *state)
{
	const struct file *file = state;

	return weir_writer_finished(file->writer);
}

static void file_quit(void *state)
{
	const struct file *file = state;

	if (file->reader)
		weir_reader_quit(file->reader);
}

static int file_stop(void *state, struct weir_error *e)
{
	const struct file *file = state;

	return file->reader ? weir_reader_stop(file->reader, e)
			    : weir_writer_stop(file->writer, e);
}

static uint64_t file_held(void *state)
{
	const struct file *file = state;

	return file->writer ? weir_writer_held(file->writer) : 0;
}

static void file_stats(void *state, struct weir_port_stats *stats)
{
	const struct file *file = state;

	if (file->reader)
		weir_reader_stats(file->reader, stats);
	else
		weir_writer_stats(file->writer, stats);
}

static void file_close(void *state)
{
	struct file *file = state;

	weir_claim_drop(&file->claim);
	weir_reader_close(file->reader);
	weir_writer_close(file->writer);
	if (file->entered)
		weir_interfaces_leave();
	free(file->port);
	free(file->path);
}

static unsigned file_keeps(const char *kind, const void *options)
{
	return WEIR_READER_MBUFS > WEIR_WRITER_PACKETS ? WEIR_READER_MBUFS
						       : WEIR_WRITER_PACKETS;
}

static const struct weir_port_kind kinds[] = {
	{.name = "file",
		.help = "a capture, pcap or pcapng; - for standard input or "
			"output",
		.traits = {.one_way = true, .queues_max = 1}},
	{0},
};
static const char *const paces[] = {"fast", "capture", NULL};
static const char *const formats[] = {"auto", "pcap", "pcapng", NULL};

static const struct weir_option options[] = {
	WEIR_OPTION_CHOICE(struct file, pace, "pace", "fast", paces,
		"read as fast as it goes, or at the capture's own pace"),
	WEIR_OPTION_DOUBLE(struct file, factor, "factor", "1",
		"how many times the capture's own pace"),
	WEIR_OPTION_CHOICE(struct file, format, "format", "auto", formats,
		"what is written; auto: pcapng if the name ends so, else pcap"),
	WEIR_OPTION_U32(struct file, snaplen, "snaplen", 0,
		"write at most so many bytes of a packet; 0: all",
		.max = 262144),
	{0},
};

const struct weir_port_driver weir_file_driver = {
	.name = "file",
	.help = "captures, read and written by threads of their own",
	.kinds = kinds,
	.state_size = sizeof(struct file),
	.options = options,
	.keeps = file_keeps,
	.open = file_open,
	.start = file_start,
	.rx = file_rx,
	.tx = file_tx,
	.ended = file_ended,
	.finish = file_finish,
	.finished = file_finished,
	.quit = file_quit,
	.stop = file_stop,
	.held = file_held,
	.stats = file_stats,
	.close = file_close,
};
