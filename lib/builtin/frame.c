// SPDX-License-Identifier: BSD-3-Clause
#include "builtin/frame.h"
#include "builtin/number.h"
#include "option/value.h"

#include <arpa/inet.h>
#include <errno.h>
#include <rte_ip.h>
#include <rte_memcpy.h>
#include <rte_udp.h>
#include <stdio.h>

#define ETHERNET_SIZE 14
#define UDP_SIZE 8
#define TTL 64

int weir_frame_read_mac(const char *text, uint8_t mac[6], struct weir_error *e)
{
	char quoted[WEIR_QUOTED_SIZE], end;

	if (sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%c", &mac[0],
		    &mac[1], &mac[2], &mac[3], &mac[4], &mac[5], &end) == 6)
		return 0;
	return weir_error_set(e, -EINVAL,
		"%s is not an Ethernet address: write 02:00:00:00:00:01",
		weir_quote(text, quoted));
}

int weir_frame_read_address(
	const char *text, uint8_t address[16], bool *ipv6, struct weir_error *e)
{
	char quoted[WEIR_QUOTED_SIZE];

	*ipv6 = false;
	if (inet_pton(AF_INET, text, address) == 1)
		return 0;
	*ipv6 = true;
	if (inet_pton(AF_INET6, text, address) == 1)
		return 0;
	return weir_error_set(e, -EINVAL,
		"%s is not an IP address: write 198.18.0.1 or fd00::1",
		weir_quote(text, quoted));
}

static uint32_t ip_size(const struct weir_frame_ends *ends)
{
	return ends->ipv6 ? 40 : 20;
}

uint32_t weir_frame_least(const struct weir_frame_ends *ends)
{
	return ETHERNET_SIZE + ip_size(ends) + UDP_SIZE +
	       (ends->numbered ? WEIR_NUMBER_SIZE : 0);
}

static void put16(uint8_t *bytes, uint32_t value)
{
	bytes[0] = (uint8_t)(value >> 8);
	bytes[1] = (uint8_t)value;
}

static void fill_ethernet(uint8_t *bytes, const struct weir_frame_ends *ends)
{
	memcpy(bytes, ends->destination_mac, 6);
	memcpy(bytes + 6, ends->source_mac, 6);
	put16(bytes + 12, ends->ipv6 ? 0x86dd : 0x0800);
}

static void fill_ip(
	uint8_t *bytes, const struct weir_frame_ends *ends, uint32_t size)
{
	if (ends->ipv6) {
		bytes[0] = 0x60;
		put16(bytes + 4, size - 40);
		bytes[6] = IPPROTO_UDP;
		bytes[7] = TTL;
		memcpy(bytes + 8, ends->source, 16);
		memcpy(bytes + 24, ends->destination, 16);
		return;
	}
	bytes[0] = 0x45;
	put16(bytes + 2, size);
	put16(bytes + 6, 0x4000); // not to be fragmented: no number needed
	bytes[8] = TTL;
	bytes[9] = IPPROTO_UDP;
	memcpy(bytes + 12, ends->source, 4);
	memcpy(bytes + 16, ends->destination, 4);
}

// source_at answers where the four bytes lie in which flows differ.
static uint32_t source_at(const struct weir_frame_ends *ends)
{
	return ETHERNET_SIZE + (ends->ipv6 ? 8 + 12 : 12);
}

void weir_frame_fill(
	struct weir_frame *frame, const struct weir_frame_ends *ends)
{
	uint8_t *ip = frame->bytes + ETHERNET_SIZE;
	uint8_t *udp = ip + ip_size(ends);
	uint8_t *source = frame->bytes + source_at(ends);
	uint32_t udp_size = frame->size - ETHERNET_SIZE - ip_size(ends);

	memset(frame->bytes, 0, frame->size);
	fill_ethernet(frame->bytes, ends);
	fill_ip(ip, ends, frame->size - ETHERNET_SIZE);
	put16(udp + 2, ends->destination_port);
	put16(udp + 4, udp_size);
	memset(source, 0, 4);
	frame->ip_sum = rte_raw_cksum(ip, 20);
	frame->sum = (uint32_t)rte_raw_cksum(udp, udp_size) +
		     (uint32_t)rte_raw_cksum(
			     ip + (ends->ipv6 ? 8 : 12), ends->ipv6 ? 32 : 8) +
		     rte_cpu_to_be_16(IPPROTO_UDP) +
		     rte_cpu_to_be_16((uint16_t)udp_size);
}

// flow_of answers the source of a flow.
static uint32_t flow_of(
	const struct weir_frame_ends *ends, uint32_t flow, uint16_t *port)
{
	uint32_t ports = 65536 - ends->source_port, address;

	memcpy(&address, ends->source + (ends->ipv6 ? 12 : 0), 4);
	*port = (uint16_t)(ends->source_port + flow % ports);
	return rte_cpu_to_be_32(rte_be_to_cpu_32(address) + flow / ports);
}

static inline uint32_t words_of(uint32_t value)
{
	return (value & 0xffff) + (value >> 16);
}

static inline uint16_t fold(uint32_t sum)
{
	sum = words_of(sum);
	return (uint16_t)~words_of(sum);
}

static uint32_t write_number(uint8_t *to, uint32_t flow, uint64_t sequence)
{
	const struct weir_number number = {flow, sequence};

	weir_number_write(to, &number);
	return rte_raw_cksum(to, WEIR_NUMBER_SIZE);
}

void weir_frame_make(const struct weir_frame *frame,
	const struct weir_frame_ends *ends, uint8_t *to, uint32_t flow,
	uint64_t sequence)
{
	uint8_t *ip = to + ETHERNET_SIZE, *udp = ip + ip_size(ends);
	uint32_t sum = frame->sum;
	uint16_t port, value;
	uint32_t address = flow_of(ends, flow, &port);

	rte_memcpy(to, frame->bytes, frame->size);
	memcpy(to + source_at(ends), &address, 4);
	put16(udp, port);
	sum += words_of(address) + rte_cpu_to_be_16(port);
	if (ends->numbered)
		sum += write_number(udp + UDP_SIZE, flow, sequence);
	value = fold(sum);
	value = value ? value : 0xffff; // 0 is for none
	memcpy(udp + 6, &value, 2);
	if (ends->ipv6)
		return;
	value = fold(frame->ip_sum + words_of(address));
	memcpy(ip + 10, &value, 2);
}
