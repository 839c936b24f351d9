// SPDX-License-Identifier: BSD-3-Clause
#include "file/format.h"

#include <rte_mbuf.h>
#include <string.h>

#define PCAP_HEADER 24u
#define PCAP_RECORD 16u
#define MAGIC_MICRO 0xa1b2c3d4u
#define MAGIC_NANO 0xa1b23c4du

#define BLOCK_SECTION 0x0a0d0d0au
#define BLOCK_INTERFACE 1u
#define BLOCK_PACKET 6u
#define OPTION_TSRESOL 9u
#define NS 1000000000ull

static void put32(struct weir_output *output, uint32_t v)
{
	memcpy(output->buffer + output->used, &v, sizeof(v));
	output->used += sizeof(v);
}

static void put16(struct weir_output *output, uint16_t v)
{
	memcpy(output->buffer + output->used, &v, sizeof(v));
	output->used += sizeof(v);
}

static void put_bytes(
	struct weir_output *output, const void *bytes, uint32_t size)
{
	memcpy(output->buffer + output->used, bytes, size);
	output->used += size;
}

static void put_mbuf(
	struct weir_output *output, const struct rte_mbuf *m, uint32_t size)
{
	while (size) {
		uint32_t now = m->data_len < size ? m->data_len : size;

		put_bytes(output, rte_pktmbuf_mtod(m, const void *), now);
		size -= now;
		m = m->next;
	}
}

static void begin_pcap(struct weir_output *output)
{
	put32(output, output->nano ? MAGIC_NANO : MAGIC_MICRO);
	put16(output, 2); // version 2.4
	put16(output, 4);
	put32(output, 0); // time zone
	put32(output, 0); // accuracy
	put32(output, output->pcap_snaplen);
	put32(output, output->link_field);
}

static void begin_pcapng(struct weir_output *output)
{
	put32(output, BLOCK_SECTION);
	put32(output, 28);
	put32(output, 0x1a2b3c4d);
	put16(output, 1); // version 1.0
	put16(output, 0);
	put32(output, UINT32_MAX); // the section's length is not known
	put32(output, UINT32_MAX);
	put32(output, 28);
}

void weir_format_begin(struct weir_output *output)
{
	if (output->format == WEIR_FORMAT_PCAP)
		begin_pcap(output);
	else
		begin_pcapng(output);
}

void weir_format_interface(
	struct weir_output *output, const struct weir_interface *interface)
{
	uint32_t size = 20 + interface->options_size + 8 + 4;

	put32(output, BLOCK_INTERFACE);
	put32(output, size);
	put16(output, (uint16_t)interface->link_field);
	put16(output, 0);
	put32(output, output->snaplen ? output->snaplen : interface->snaplen);
	put_bytes(output, interface->options, interface->options_size);
	put16(output, OPTION_TSRESOL);
	put16(output, 1);
	put32(output, interface->nano ? 9 : 6); // one byte and its padding
	put32(output, 0);			// the end of the options
	put32(output, size);
}

static void packet_pcap(
	struct weir_output *output, const struct weir_format_packet *packet)
{
	uint64_t part = packet->time_ns % NS;

	put32(output, (uint32_t)(packet->time_ns / NS));
	put32(output, (uint32_t)(output->nano ? part : part / 1000));
	put32(output, packet->size);
	put32(output, packet->original_size);
	put_mbuf(output, packet->mbuf, packet->size);
}

static void packet_pcapng(
	struct weir_output *output, const struct weir_format_packet *packet)
{
	uint32_t padding = -packet->size & 3;
	uint32_t size = 32 + packet->size + padding;
	uint64_t units =
		packet->nano ? packet->time_ns : packet->time_ns / 1000;

	put32(output, BLOCK_PACKET);
	put32(output, size);
	put32(output, packet->interface);
	put32(output, (uint32_t)(units >> 32));
	put32(output, (uint32_t)units);
	put32(output, packet->size);
	put32(output, packet->original_size);
	put_mbuf(output, packet->mbuf, packet->size);
	put_bytes(output, "\0\0\0", padding);
	put32(output, size);
}

void weir_format_packet(
	struct weir_output *output, const struct weir_format_packet *packet)
{
	if (output->format == WEIR_FORMAT_PCAP)
		packet_pcap(output, packet);
	else
		packet_pcapng(output, packet);
}

static uint32_t u32_at(const struct weir_output *output, size_t at)
{
	uint32_t v;

	memcpy(&v, output->buffer + at, sizeof(v));
	return v;
}

// step answers the size of the record at `at`, and how many bytes of a packet
// it has, or -1 where it is not a packet.
static size_t step(const struct weir_output *output, size_t at, bool header,
	int64_t *packet_bytes)
{
	*packet_bytes = -1;
	if (output->format == WEIR_FORMAT_PCAPNG) {
		if (u32_at(output, at) == BLOCK_PACKET)
			*packet_bytes = u32_at(output, at + 20);
		return u32_at(output, at + 4);
	}
	if (header)
		return PCAP_HEADER;
	*packet_bytes = u32_at(output, at + 8);
	return PCAP_RECORD + (size_t)*packet_bytes;
}

size_t weir_format_whole(const struct weir_output *output, size_t size,
	uint64_t *packets, uint64_t *packets_bytes)
{
	size_t at = 0;

	*packets = *packets_bytes = 0;
	while (at < output->used) {
		bool header = output->size == 0 && at == 0;
		int64_t bytes;
		size_t next = at + step(output, at, header, &bytes);

		if (next > size)
			break;
		at = next;
		*packets += bytes >= 0;
		*packets_bytes += bytes >= 0 ? (uint64_t)bytes : 0;
	}
	return at;
}
