// SPDX-License-Identifier: BSD-3-Clause
#include "file/output.h"

#include "base/atomic.h"
#include "base/log.h"
#include "file/format.h"
#include "file/pcapng.h"
#include "mem/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// Room for the largest interface, whose options fill a block of an input.
#define BUFFER (WEIR_BYTES_WINDOW + WEIR_RECORD_MAX)
#define QUIT_LOOK_MS 50

static const char *name_of(const struct weir_output *output)
{
	return strcmp(output->path, "-") ? output->path : "standard output";
}

static int open_target(const char *path)
{
	if (!strcmp(path, "-"))
		return fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	// Not emptied here: another port may still turn out to be unusable.
	return open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
}

int weir_output_open(struct weir_output *output, struct weir_error *e)
{
	struct stat st;

	output->live_interface = -1;
	output->fd = open_target(output->path);
	if (output->fd < 0 || fstat(output->fd, &st) < 0)
		return weir_error_set(e, -errno,
			"%s: cannot write '%s': %s; name a file in a folder "
			"that is there and writable",
			output->who, name_of(output), strerror(errno));
	output->regular = S_ISREG(st.st_mode);
	output->buffer = malloc(BUFFER);
	output->numbers = calloc(WEIR_INTERFACES_MAX, sizeof(uint32_t));
	if (!output->buffer || !output->numbers)
		return weir_error_set(e, -ENOMEM, "%s: no memory", output->who);
	return 0;
}

int weir_output_start(struct weir_output *output, struct weir_error *e)
{
	// Standard output may be where a shell appends.
	if (!output->regular || !strcmp(output->path, "-"))
		return 0;
	if (ftruncate(output->fd, 0) < 0)
		return weir_error_set(e, -errno, "%s: cannot empty '%s': %s",
			output->who, name_of(output), strerror(errno));
	return 0;
}

// wait_writable is false when nobody waits for the output any more.
static bool wait_writable(const struct weir_output *output)
{
	struct pollfd p = {.fd = output->fd, .events = POLLOUT};

	if (output->regular)
		return true;
	while (!output->quit || !load_relaxed(output->quit))
		if (poll(&p, 1, QUIT_LOOK_MS) > 0)
			return true;
	return poll(&p, 1, 0) > 0;
}

// write_all answers how many bytes were written: fewer after an error, or
// -ECANCELED when a pipe's reader kept us waiting until the port quit. A pipe
// that has room takes PIPE_BUF bytes without putting us to sleep.
static size_t write_all(struct weir_output *output, int *error)
{
	size_t done = 0;

	*error = 0;
	while (done < output->used && !*error) {
		size_t now = output->used - done;
		ssize_t n;

		if (!wait_writable(output)) {
			*error = -ECANCELED;
			break;
		}
		if (!output->regular && now > PIPE_BUF)
			now = PIPE_BUF;
		n = write(output->fd, output->buffer + done, now);
		if (n >= 0)
			done += (size_t)n;
		else if (errno != EINTR && errno != EAGAIN)
			*error = -errno;
	}
	return done;
}

// end_short counts what a write that ended early has left, and cuts a record
// that was not written whole. What a port that quit did not get rid of is held,
// for whoever makes up the books.
static void end_short(struct weir_output *output, size_t written, int error)
{
	uint64_t packets, bytes;
	size_t whole = weir_format_whole(output, written, &packets, &bytes);
	uint64_t left = output->buffered - packets;

	count_add(&output->packets, packets);
	count_add(&output->packets_bytes, bytes);
	store_relaxed(&output->error, error);
	store_relaxed(&output->buffered, error == -ECANCELED ? left : 0);
	if (error == -ECANCELED)
		return;
	count_add(&output->dropped, left);
	if (output->regular && strcmp(output->path, "-") &&
		ftruncate(output->fd, (off_t)(output->size + whole)) < 0)
		output->regular = false; // it stays as it is
	weir_log(WEIR_LOG_WARNING, "port.unwritable",
		"%s: cannot write '%s': %s", output->who, name_of(output),
		strerror(-error));
}

void weir_output_flush(struct weir_output *output)
{
	size_t written;
	int error;

	if (output->used && !output->error) {
		written = write_all(output, &error);
		if (error) {
			end_short(output, written, error);
		} else {
			output->size += written;
			count_add(&output->packets, output->buffered);
			count_add(
				&output->packets_bytes, output->buffered_bytes);
			store_relaxed(&output->buffered, 0);
		}
	}
	output->used = 0;
	output->buffered_bytes = 0;
}

static void make_room(struct weir_output *output, size_t size)
{
	if (output->used + size > BUFFER)
		weir_output_flush(output);
}

// A live packet says nothing of its interface: it came from a device.
static unsigned live_interface(struct weir_output *output)
{
	struct weir_interface live = {
		.link_field = WEIR_LINK_ETHERNET,
		.snaplen = WEIR_RECORD_MAX,
		.nano = true,
	};
	int source, index;

	if (output->live_interface >= 0)
		return (unsigned)output->live_interface;
	source = weir_interfaces_source();
	live.source = source < 0 ? 0 : (uint32_t)source;
	index = weir_interfaces_add(&live, NULL);
	// With a full table the packets go under the first interface.
	output->live_interface = index < 0 ? 0 : index;
	return (unsigned)output->live_interface;
}

// begin_pcap takes over what the interface says. The precision is the finest
// of all inputs so far: a capture of microseconds may be merged with one of
// nanoseconds.
static void begin_pcap(
	struct weir_output *output, const struct weir_interface *interface)
{
	unsigned count = weir_interfaces_count();

	output->link_field = interface->link_field;
	output->pcap_snaplen =
		output->snaplen ? output->snaplen : interface->snaplen;
	for (unsigned i = 0; i < count; i++)
		output->nano |= weir_interfaces_at(i)->nano;
}

static void begin(
	struct weir_output *output, const struct weir_interface *interface)
{
	if (output->format == WEIR_FORMAT_PCAP)
		begin_pcap(output, interface);
	weir_format_begin(output);
	output->began = true;
}

static void write_interface(
	struct weir_output *output, const struct weir_interface *interface)
{
	make_room(output, WEIR_FORMAT_EXTRA + interface->options_size);
	weir_format_interface(output, interface);
}

// write_interfaces writes all that is known by now of the interfaces of inputs
// that packets came from, in the order of the table: so those of one input
// have the numbers that they have there.
static void write_interfaces(struct weir_output *output)
{
	unsigned count = weir_interfaces_count();

	for (unsigned i = output->scanned_count; i < count; i++) {
		const struct weir_interface *interface = weir_interfaces_at(i);

		if (!output->sources[interface->source] || output->numbers[i])
			continue;
		write_interface(output, interface);
		output->numbers[i] = ++output->number_count;
	}
	output->scanned_count = count;
}

static void join_source(struct weir_output *output, uint32_t source)
{
	if (!output->sources[source]) {
		output->sources[source] = true;
		output->scanned_count = 0;
	}
	write_interfaces(output);
}

static uint32_t number_of(struct weir_output *output, unsigned index)
{
	if (!output->numbers[index])
		join_source(output, weir_interfaces_at(index)->source);
	return output->numbers[index] - 1;
}

static void drop(struct weir_output *output)
{
	count_add(&output->dropped, 1);
}

void weir_output_put(struct weir_output *output, struct rte_mbuf *m)
{
	bool known = m->ol_flags & weir_packet_flag;
	unsigned index =
		known ? weir_packet_of(m)->interface : live_interface(output);
	const struct weir_interface *interface = weir_interfaces_at(index);
	struct weir_format_packet packet = {
		.mbuf = m,
		.size = RTE_MIN(m->pkt_len, WEIR_RECORD_MAX),
		.original_size = weir_packet_original_size(m),
		.time_ns = known ? weir_packet_of(m)->time_ns : output->live_ns,
		.nano = interface->nano,
	};

	if (output->error) {
		drop(output);
		return;
	}
	if (!output->began)
		begin(output, interface);
	if (output->format == WEIR_FORMAT_PCAPNG) {
		packet.interface = number_of(output, index);
	} else if (weir_packet_link_type(m) != (uint16_t)output->link_field) {
		count_add(&output->other_link_type, 1);
		drop(output);
		return;
	}
	// A stage may have made it longer than it was on the wire.
	packet.original_size = RTE_MAX(packet.original_size, packet.size);
	if (output->snaplen)
		packet.size = RTE_MIN(packet.size, output->snaplen);
	make_room(output, WEIR_FORMAT_EXTRA + packet.size);
	if (output->error) {
		drop(output);
		return;
	}
	weir_format_packet(output, &packet);
	store_relaxed(&output->buffered, output->buffered + 1);
	output->buffered_bytes += packet.size;
}

void weir_output_finish(struct weir_output *output)
{
	if (output->fd < 0)
		return;
	if (!output->began) {
		unsigned index =
			weir_interfaces_count() ? 0 : live_interface(output);
		const struct weir_interface *first = weir_interfaces_at(index);

		begin(output, first);
		output->sources[first->source] = true;
	}
	if (output->format == WEIR_FORMAT_PCAPNG && !output->error)
		write_interfaces(output);
	weir_output_flush(output);
	if (close(output->fd) < 0 && !output->error)
		store_relaxed(&output->error, -errno);
	output->fd = -1;
}

int weir_output_finding(const struct weir_output *output, struct weir_error *e)
{
	int error = output->error == -ECANCELED ? 0 : output->error;

	if (error)
		weir_error_set(e, error,
			"%s: cannot write '%s': %s; it has the first %" PRIu64
			" packets, %" PRIu64 " were dropped",
			output->who, name_of(output), strerror(-error),
			output->packets, output->dropped);
	if (output->other_link_type)
		weir_error_set(e, -EINVAL,
			"%s: '%s' is a pcap, which has one link type (%u): "
			"%" PRIu64 " packets of others were dropped; write a "
			"pcapng instead",
			output->who, name_of(output),
			(uint16_t)output->link_field, output->other_link_type);
	return error ? error : output->other_link_type ? -EINVAL : 0;
}

void weir_output_close(struct weir_output *output)
{
	if (output->fd >= 0)
		close(output->fd);
	output->fd = -1;
	free(output->buffer);
	free(output->numbers);
	output->buffer = NULL;
	output->numbers = NULL;
}
