// SPDX-License-Identifier: BSD-3-Clause
//
// shard on flows from a seed: the model is a flow's five numbers.
#include "builtin/builtin.h"
#include "packets.h"

#include <math.h>

TestSuite(shard, .init = packets_init, .fini = packets_fini);

struct flow {
	uint32_t from, to;
	unsigned protocol, from_port, to_port;
	bool ipv6;
};

static struct weir_random draws;

static unsigned below(unsigned bound)
{
	return (unsigned)weir_random_below(&draws, bound);
}

static struct flow draw_flow(void)
{
	return (struct flow){
		.from = (uint32_t)weir_random_next(&draws),
		.to = (uint32_t)weir_random_next(&draws),
		.protocol = below(2) ? 6 : 17,
		.from_port = below(65536),
		.to_port = below(65536),
		.ipv6 = below(2),
	};
}

static struct flow back(struct flow flow)
{
	return (struct flow){flow.to, flow.from, flow.protocol, flow.to_port,
		flow.from_port, flow.ipv6};
}

static void add_flow(struct frame *f, const struct flow *flow)
{
	if (flow->ipv6)
		frame_ipv6(f, flow->protocol, flow->from, flow->to);
	else
		frame_ipv4(f, flow->protocol, flow->from, flow->to);
	frame_ports(f, flow->from_port, flow->to_port);
}

// A packet of the flow, with what is not of the flow drawn anew: tags, Ethernet
// addresses, payload, segments.
static struct rte_mbuf *packet_in(const struct flow *flow)
{
	unsigned tags = below(3), type = flow->ipv6 ? 0x86dd : 0x0800;
	struct frame f = {0};

	frame_ethernet(&f, tags ? 0x8100 : type);
	f.bytes[3] = (uint8_t)below(256);
	f.bytes[9] = (uint8_t)below(256);
	for (; tags; tags--)
		frame_vlan(&f, below(4096), tags > 1 ? 0x8100 : type);
	add_flow(&f, flow);
	frame_add(&f, below(100));
	return packet_cut(f.bytes, f.size,
		below(4) ? NULL : (const unsigned[]){1 + below(60), 0});
}

static unsigned way_of(
	struct weir_kernel_test *test, unsigned ways, struct rte_mbuf *m)
{
	unsigned way = ways;

	cr_assert_eq(weir_test_kernel(test, &m, 1), 1);
	for (unsigned i = 0; i < ways; i++) {
		unsigned count;
		struct rte_mbuf **out =
			weir_kernel_test_taken(test, 0, i, &count);

		if (count)
			way = i;
		rte_pktmbuf_free_bulk(out, count);
	}
	cr_assert_lt(way, ways);
	return way;
}

static void init(void)
{
	packets_init();
	draws = random_of_test();
}

TestSuite(shard_model, .init = init, .fini = packets_fini);

Test(shard_model, leads_a_flow_one_way)
{
	struct weir_kernel_test *test =
		kernel_open(&weir_builtin_shard, OPTIONS(), 7);

	for (unsigned i = 0; i < 500; i++) {
		struct flow flow = draw_flow();
		unsigned way = way_of(test, 7, packet_in(&flow));

		for (unsigned j = 0; j < 5; j++)
			cr_assert_eq(way_of(test, 7, packet_in(&flow)), way);
	}
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

Test(shard_model, keeps_the_order_on_each_way)
{
	struct weir_kernel_test *test =
		kernel_open(&weir_builtin_shard, OPTIONS(), 3);
	struct rte_mbuf *in[600];
	unsigned seen = 0;

	for (unsigned i = 0; i < 600; i++) {
		struct flow flow = draw_flow();

		in[i] = packet_in(&flow);
		in[i]->hash.usr = i;
	}
	weir_test_kernel(test, in, 600);
	for (unsigned way = 0; way < 3; way++) {
		unsigned count, last = 0;
		struct rte_mbuf **out =
			weir_kernel_test_taken(test, 0, way, &count);

		for (unsigned i = 0; i < count; i++) {
			cr_assert(i == 0 || out[i]->hash.usr > last);
			last = out[i]->hash.usr;
		}
		seen += count;
		rte_pktmbuf_free_bulk(out, count);
	}
	cr_assert_eq(seen, 600);
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

// together tells whether both directions went one way each time.
static bool together(const char *option)
{
	struct weir_kernel_test *test =
		kernel_open(&weir_builtin_shard, OPTIONS(option), 7);
	bool all = true;

	for (unsigned i = 0; i < 500; i++) {
		struct flow flow = draw_flow(), other = back(flow);

		if (i % 5 == 0) // the same host at both ends
			flow.to = other.from = flow.from;
		all &= way_of(test, 7, packet_in(&flow)) ==
		       way_of(test, 7, packet_in(&other));
	}
	cr_assert_eq(weir_kernel_test_close(test), 0);
	return all;
}

Test(shard_model, leads_both_directions_one_way_if_asked)
{
	cr_assert(together("symmetric=yes"));
	cr_assert_not(together("symmetric=no"));
}

// check_spread sums the squares of what each way is off the mean, over the
// mean. Chance exceeds the bound once in e^CHANCE (Laurent and Massart 2000).
#define CHANCE 20

static void check_spread(const unsigned *counts, unsigned ways, unsigned all)
{
	double mean = (double)all / ways, chi = 0, free = ways - 1, bound;

	for (unsigned i = 0; i < ways; i++)
		chi += (counts[i] - mean) * (counts[i] - mean) / mean;
	bound = free + 2 * sqrt(free * CHANCE) + 2 * CHANCE;
	cr_assert_lt(chi, bound, "%u ways: %f", ways, chi);
}

enum { RANDOM, HOSTS, PORTS, SWEEP, KINDS };

static struct flow flow_of(unsigned kind, unsigned i)
{
	struct flow flow = {0x0a000001, 0x0a000002, 6, 50000, 443, false};

	switch (kind) {
	case RANDOM:
		return draw_flow();
	case HOSTS:
		flow.from += i;
		break;
	case PORTS:
		flow.from_port = i & 0xffff;
		break;
	case SWEEP: // a network that talks to itself, on IPv6
		flow.ipv6 = true;
		flow.from += i & 63;
		flow.to += i >> 6;
		break;
	}
	return flow;
}

Test(shard_model, spreads_flows_evenly)
{
	static const unsigned ways[] = {2, 3, 4, 7, 16, 64};

	for (unsigned w = 0; w < sizeof(ways) / sizeof(ways[0]); w++) {
		for (unsigned kind = 0; kind < 2 * KINDS; kind++) {
			struct weir_kernel_test *test = kernel_open(
				&weir_builtin_shard,
				OPTIONS(kind & 1 ? "symmetric=yes" : "seed=9"),
				ways[w]);
			unsigned counts[64] = {0};

			for (unsigned i = 0; i < 2048; i++) {
				struct flow flow = flow_of(kind / 2, i);

				counts[way_of(
					test, ways[w], packet_in(&flow))]++;
			}
			check_spread(counts, ways[w], 2048);
			cr_assert_eq(weir_kernel_test_close(test), 0);
		}
	}
}

static bool same_ways(const char *seed, const char *other)
{
	struct weir_kernel_test *a =
		kernel_open(&weir_builtin_shard, OPTIONS(seed), 7);
	struct weir_kernel_test *b =
		kernel_open(&weir_builtin_shard, OPTIONS(other), 7);
	bool same = true;

	for (unsigned i = 0; i < 100; i++) {
		struct flow flow = draw_flow();

		same &= way_of(a, 7, packet_in(&flow)) ==
			way_of(b, 7, packet_in(&flow));
	}
	weir_kernel_test_close(a);
	weir_kernel_test_close(b);
	return same;
}

Test(shard_model, goes_by_its_seed)
{
	cr_assert(same_ways("seed=5", "seed=5"));
	cr_assert_not(same_ways("seed=5", "seed=6"));
}

static struct rte_mbuf *fragment_of(
	const struct flow *flow, unsigned id, unsigned offset, bool more)
{
	struct frame f = {0};
	uint8_t *bytes;

	frame_ethernet(&f, flow->ipv6 ? 0x86dd : 0x0800);
	if (flow->ipv6) {
		frame_ipv6(&f, 44, flow->from, flow->to);
		bytes = frame_add(&f, 8);
		bytes[0] = (uint8_t)flow->protocol;
		put16(bytes + 2, offset << 3 | more);
		put32(bytes + 4, id);
	} else {
		bytes = frame_ipv4(&f, flow->protocol, flow->from, flow->to);
		put16(bytes + 4, id & 0xffff);
		put16(bytes + 6, offset | (more ? 0x2000 : 0));
	}
	// Only the first has ports; in the others there is something else.
	if (offset)
		frame_ports(&f, below(65536), below(65536));
	else
		frame_ports(&f, flow->from_port, flow->to_port);
	return packet(&f);
}

Test(shard_model, leads_all_fragments_of_a_packet_one_way)
{
	struct weir_kernel_test *test =
		kernel_open(&weir_builtin_shard, OPTIONS(), 7);

	for (unsigned i = 0; i < 300; i++) {
		struct flow flow = draw_flow();
		unsigned way = way_of(test, 7, fragment_of(&flow, i, 0, true));

		for (unsigned j = 1; j < 5; j++)
			cr_assert_eq(
				way_of(test, 7,
					fragment_of(&flow, i, j * 100, j < 4)),
				way);
	}
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

Test(shard_model, by_addresses_keeps_fragments_with_the_rest_of_a_flow)
{
	struct weir_kernel_test *test = kernel_open(&weir_builtin_shard,
		OPTIONS("by=addresses", "symmetric=yes"), 7);

	for (unsigned i = 0; i < 300; i++) {
		struct flow flow = draw_flow(), other = back(flow);
		unsigned way = way_of(test, 7, packet_in(&flow));

		cr_assert_eq(
			way_of(test, 7, fragment_of(&flow, i, 0, true)), way);
		cr_assert_eq(
			way_of(test, 7, fragment_of(&other, i, 50, true)), way);
	}
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

Test(shard_model, by_one_address_looks_at_no_other)
{
	static const char *const options[] = {"by=source", "by=destination"};

	for (unsigned side = 0; side < 2; side++) {
		struct weir_kernel_test *test = kernel_open(
			&weir_builtin_shard, OPTIONS(options[side]), 7);
		struct flow flow = draw_flow();
		unsigned way = way_of(test, 7, packet_in(&flow)), others = 0;

		for (unsigned i = 0; i < 100; i++) {
			struct flow same = draw_flow(), swapped = draw_flow();

			same.ipv6 = swapped.ipv6 = flow.ipv6;
			*(side ? &same.to : &same.from) =
				side ? flow.to : flow.from;
			cr_assert_eq(way_of(test, 7, packet_in(&same)), way);
			others += way_of(test, 7, packet_in(&swapped)) != way;
		}
		cr_assert_gt(others, 50);
		cr_assert_eq(weir_kernel_test_close(test), 0);
	}
}

Test(shard_model, looks_into_tunnels)
{
	struct weir_kernel_test *test =
		kernel_open(&weir_builtin_shard, OPTIONS(), 7);
	unsigned counts[7] = {0};

	for (unsigned i = 0; i < 1400; i++) {
		struct flow flow = draw_flow();
		struct frame f = {0};
		unsigned plain = way_of(test, 7, packet_in(&flow)), way;

		frame_ethernet(&f, 0x0800);
		frame_ipv4(&f, 17, 1, 2);
		frame_ports(&f, below(65536), 4789);
		frame_add(&f, 8)[0] = 8;
		frame_ethernet(&f, flow.ipv6 ? 0x86dd : 0x0800);
		add_flow(&f, &flow);
		way = way_of(test, 7, packet(&f));
		cr_assert_eq(way, plain);
		counts[way]++;
	}
	check_spread(counts, 7, 1400);
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

Test(shard, goes_by_ethernet_addresses_where_there_is_no_ip)
{
	struct weir_kernel_test *test =
		kernel_open(&weir_builtin_shard, OPTIONS(), 7);
	unsigned counts[7] = {0};

	for (unsigned i = 0; i < 700; i++) {
		struct frame f = {0};
		unsigned way;

		frame_ethernet(&f, 0x0806);
		put16(f.bytes + 10, i);
		way = way_of(test, 7, packet(&f));
		frame_add(&f, 28);
		cr_assert_eq(way_of(test, 7, packet(&f)), way);
		counts[way]++;
	}
	check_spread(counts, 7, 700);
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

Test(shard, leads_what_it_cannot_read_the_first_way_and_counts_it)
{
	struct weir_kernel_test *test =
		kernel_open(&weir_builtin_shard, OPTIONS(), 7);
	struct frame f = {0};

	frame_ethernet(&f, 0x0800);
	frame_ipv4(&f, 17, 1, 2);
	cr_assert_eq(way_of(test, 7, packet_meta(packet(&f), 147, f.size)), 0);
	cr_assert_eq(weir_kernel_test_counter(test, "unspread"), 1);
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

Test(shard, spreads_raw_ip_like_the_same_in_ethernet)
{
	struct weir_kernel_test *test =
		kernel_open(&weir_builtin_shard, OPTIONS(), 7);

	for (uint32_t i = 0; i < 50; i++) {
		struct frame raw = {0}, framed = {0};

		frame_ipv4(&raw, 6, i, 2);
		frame_ethernet(&framed, 0x0800);
		frame_ipv4(&framed, 6, i, 2);
		cr_assert_eq(
			way_of(test, 7, packet_meta(packet(&raw), 101, 20)),
			way_of(test, 7, packet(&framed)));
	}
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

Test(shard, refuses_symmetric_by_one_address)
{
	struct weir_kernel_test *test;
	struct weir_error e = {0};

	cr_assert_eq(weir_kernel_test_open(&test, &weir_builtin_shard,
			     OPTIONS("by=source", "symmetric=yes"), 7, pool,
			     &clock_virtual, &e),
		-EINVAL);
	cr_assert_str_eq(e.text,
		"test: symmetric has no meaning by source alone: the two "
		"directions differ in it; leave one of them out");
}
