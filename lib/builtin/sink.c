// SPDX-License-Identifier: BSD-3-Clause
//
// sink is where packets end as they should: it counts and frees them. Of those
// that gen numbered it proves what happened on the way:
//
//	numbers of a flow   0  1  2  4  3  4  7
//	                                │  │  └ 5 and 6 are lost so far
//	                                │  └ twice
//	                                └ late: no longer lost
//
// A number that is WINDOW or more behind the newest of its flow cannot be told
// from one that came before: it counts as late, and what was lost stays lost.
#include "builtin/builtin.h"
#include "builtin/number.h"
#include "mem/mem.h"
#include "mem/pool.h"

#include <errno.h>
#include <netinet/in.h>
#include <rte_ip.h>
#include <rte_mbuf.h>
#include <rte_net.h>
#include <rte_prefetch.h>

#define AHEAD 4	  // packets whose bytes are asked for before their turn
#define WINDOW 64 // bits of seen

struct flow {
	uint64_t next; // the number that should come
	uint64_t seen; // bit i: next - 1 - i came
};

struct sink {
	bool sequence, checksums; // options
	uint32_t flow_count;	  // option
	struct flow *flows;
	uint64_t bytes;
	uint64_t numbered, lost, late, twice;
	uint64_t checked, wrong;
};

static void come_new(struct sink *sink, struct flow *flow, uint64_t sequence)
{
	uint64_t skipped = sequence - flow->next;

	sink->lost += skipped;
	flow->seen = skipped + 1 < WINDOW ? flow->seen << (skipped + 1) : 0;
	flow->seen |= 1;
	flow->next = sequence + 1;
}

static void come_again(struct sink *sink, struct flow *flow, uint64_t sequence)
{
	uint64_t behind = flow->next - 1 - sequence;
	uint64_t bit = behind < WINDOW ? UINT64_C(1) << behind : 0;

	if (flow->seen & bit) {
		sink->twice++;
		return;
	}
	sink->late++;
	sink->lost -= bit != 0;
	flow->seen |= bit;
}

static void check_sequence(struct sink *sink, struct rte_mbuf *packet,
	const struct rte_net_hdr_lens *lens)
{
	uint32_t at = lens->l2_len + lens->l3_len + lens->l4_len;
	uint8_t room[WEIR_NUMBER_SIZE];
	const uint8_t *bytes = rte_pktmbuf_read(packet, at, sizeof(room), room);
	struct weir_number number;
	struct flow *flow;

	if (!bytes || !weir_number_read(bytes, &number) ||
		number.flow >= sink->flow_count)
		return;
	flow = &sink->flows[number.flow];
	sink->numbered++;
	if (number.sequence >= flow->next)
		come_new(sink, flow, number.sequence);
	else
		come_again(sink, flow, number.sequence);
}

#define IP_ROOM 60 // an IPv4 header with all options

// An IP header, and what lies behind it.
struct transport {
	const uint8_t *addresses; // both
	uint32_t addresses_size;
	uint32_t at, size; // in the packet; the header says how much
	uint32_t protocol;
	uint32_t sum_at; // of the protocol's checksum
	bool none;	 // may be: UDP over IPv4
};

static bool is_right(struct rte_mbuf *packet, const struct transport *t)
{
	uint8_t room[2];
	const uint8_t *said = rte_pktmbuf_read(packet, t->sum_at, 2, room);
	uint16_t part;
	uint32_t sum;

	if (!said || rte_raw_cksum_mbuf(packet, t->at, t->size, &part))
		return false;
	if (t->none && !said[0] && !said[1])
		return true;
	sum = part + (uint32_t)rte_raw_cksum(t->addresses, t->addresses_size) +
	      rte_cpu_to_be_16((uint16_t)t->protocol) +
	      rte_cpu_to_be_16((uint16_t)t->size);
	sum = (sum & 0xffff) + (sum >> 16);
	return ((sum & 0xffff) + (sum >> 16)) == 0xffff;
}

// check_transport: fragments, and other protocols, have nothing to be looked at.
static bool check_transport(struct rte_mbuf *packet, struct transport *t,
	uint32_t type, uint32_t total, const struct rte_net_hdr_lens *lens)
{
	bool udp = (type & RTE_PTYPE_L4_MASK) == RTE_PTYPE_L4_UDP;

	if (!udp && (type & RTE_PTYPE_L4_MASK) != RTE_PTYPE_L4_TCP)
		return true;
	if (total < lens->l3_len)
		return false;
	t->at = lens->l2_len + lens->l3_len;
	t->size = total - lens->l3_len;
	t->protocol = udp ? IPPROTO_UDP : IPPROTO_TCP;
	t->sum_at = t->at + (udp ? 6 : 16);
	t->none &= udp;
	return is_right(packet, t);
}

static bool check_ipv4(struct rte_mbuf *packet, uint32_t type,
	const struct rte_net_hdr_lens *lens)
{
	uint8_t room[IP_ROOM];
	const uint8_t *bytes =
		rte_pktmbuf_read(packet, lens->l2_len, lens->l3_len, room);
	struct transport t = {.addresses_size = 8, .none = true};

	if (!bytes || lens->l3_len < 20 ||
		rte_raw_cksum(bytes, lens->l3_len) != 0xffff)
		return false;
	t.addresses = bytes + 12;
	return check_transport(
		packet, &t, type, bytes[2] << 8 | bytes[3], lens);
}

static bool check_ipv6(struct rte_mbuf *packet, uint32_t type,
	const struct rte_net_hdr_lens *lens)
{
	uint8_t room[IP_ROOM];
	const uint8_t *bytes = rte_pktmbuf_read(packet, lens->l2_len, 40, room);
	struct transport t = {.addresses_size = 32};

	if (!bytes)
		return false;
	t.addresses = bytes + 8;
	return check_transport(
		packet, &t, type, 40u + (bytes[4] << 8 | bytes[5]), lens);
}

static void check_sums(struct sink *sink, struct rte_mbuf *packet,
	uint32_t type, const struct rte_net_hdr_lens *lens)
{
	bool right;

	if (RTE_ETH_IS_IPV4_HDR(type))
		right = check_ipv4(packet, type, lens);
	else if (RTE_ETH_IS_IPV6_HDR(type))
		right = check_ipv6(packet, type, lens);
	else
		return;
	sink->checked++;
	sink->wrong += !right;
}

static void look(struct sink *sink, struct rte_mbuf *packet)
{
	struct rte_net_hdr_lens lens = {0};
	uint32_t type;

	if (weir_packet_link_type(packet) != WEIR_LINK_ETHERNET)
		return;
	type = rte_net_get_ptype(packet, &lens, RTE_PTYPE_ALL_MASK);
	if (sink->sequence && (type & RTE_PTYPE_L4_MASK) == RTE_PTYPE_L4_UDP)
		check_sequence(sink, packet, &lens);
	if (sink->checksums)
		check_sums(sink, packet, type, &lens);
}

static void sink_burst(
	void *state, struct rte_mbuf **in, unsigned n, struct weir_out *out)
{
	struct sink *sink = state;
	uint64_t bytes = 0;

	for (unsigned i = 0; i < n; i++)
		bytes += weir_packet_original_size(in[i]);
	count_add(&sink->bytes, bytes);
	for (unsigned i = 0; i < n && (sink->sequence || sink->checksums);
		i++) {
		if (i + AHEAD < n)
			rte_prefetch0(rte_pktmbuf_mtod(in[i + AHEAD], void *));
		look(sink, in[i]);
	}
	for (unsigned i = 0; i < n; i++)
		weir_out_consume(out, in[i]);
}

static int sink_init(
	void *state, const struct weir_stage_setup *setup, struct weir_error *e)
{
	struct sink *sink = state;
	size_t size = sink->flow_count * sizeof(*sink->flows);

	if (!sink->sequence)
		return 0;
	sink->flows = weir_mem_create(size, setup->node);
	if (!sink->flows)
		return weir_error_set(e, -ENOMEM,
			"%s: no memory for %u flows (%zu bytes); lower flows "
			"or raise runtime.memory",
			setup->name, sink->flow_count, size);
	return 0;
}

static void sink_fini(void *state)
{
	struct sink *sink = state;

	weir_mem_destroy(sink->flows);
}

#define COUNTER(name, unit, field, help)                       \
	{                                                      \
		name, unit, offsetof(struct sink, field), help \
	}

const struct weir_stage weir_builtin_sink = {
	.abi = WEIR_STAGE_ABI,
	.type = "sink",
	.help = "takes packets and frees them; checks those that gen made",
	.state_size = sizeof(struct sink),
	.options =
		{
			WEIR_OPTION_BOOL(struct sink, sequence, "sequence",
				"no",
				"look for the numbers that gen writes: what "
				"was lost, late or came twice"),
			WEIR_OPTION_BOOL(struct sink, checksums, "checksums",
				"no",
				"look whether the checksums of IP, UDP and "
				"TCP are right"),
			WEIR_OPTION_U32(struct sink, flow_count, "flows", 4096,
				"numbered flows it knows: those from 0 on",
				.min = 1, .max = 1u << 24),
		},
	.counters =
		{
			COUNTER("bytes", "bytes", bytes, "on the wire"),
			COUNTER("numbered", "packets", numbered,
				"had a number of gen's"),
			COUNTER("lost", "packets", lost,
				"numbers passed over that have not come yet"),
			COUNTER("late", "packets", late,
				"came after one with a higher number"),
			COUNTER("twice", "packets", twice,
				"had a number that came before"),
			COUNTER("checked", "packets", checked,
				"are IP, and were looked at"),
			COUNTER("wrong", "packets", wrong,
				"have a wrong checksum"),
		},
	.init = sink_init,
	.fini = sink_fini,
	.kernel = sink_burst,
};
