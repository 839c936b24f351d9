// SPDX-License-Identifier: BSD-3-Clause
//
// rewrite changes the headers of Ethernet frames: addresses, VLAN tag, TTL, DSCP,
// ports; and keeps the checksums right.
//
// The outer headers: a tunnel is what the wire sees. All of a packet is changed
// or nothing: one whose headers are cut short, contradict themselves or reach
// beyond the first HEADERS_SIZE bytes passes as it came, counted as `malformed`
// (or is dropped under that reason, where the file says so). What is not there
// is left alone and counted: a packet without IP, without ports, without a tag.
//
// Checksums are brought up to date by what changed (builtin/checksum.h): of
// IPv4's header, and of what covers the addresses with it: TCP, UDP, UDP-Lite,
// DCCP, ICMPv6, OSPF and PIM over IPv6, HIP, Mobile IPv6. A UDP checksum of 0
// stays. In fragments the first one has the checksum and the ports. SCTP's ports
// stay as they are: its CRC is over the whole packet.
//
// Headers that lie over several segments are gathered, changed and put back.
#include "builtin/builtin.h"
#include "builtin/apply.h"
#include "builtin/offload.h"
#include "mem/pool.h"

#include <errno.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_prefetch.h>
#include <stdlib.h>

#define AHEAD 4 // packets whose bytes are asked for before their turn
#define HEADERS_SIZE 512

enum { REWRITE_OUT };
enum { CHECKSUMS_SOFTWARE, CHECKSUMS_OFFLOAD };

struct rewrite {
	struct weir_edit_words words; // of the start
	const struct weir_edit *edit;
	uint32_t checksums; // option
	uint64_t tx;	    // RTE_ETH_TX_OFFLOAD_…: left to the ports
	uint64_t malformed_count;
	struct weir_edit_missing missing;
};

// edit_cut is weir_edit_bytes where the headers may lie over several segments.
static enum weir_edit_fate edit_cut(struct rewrite *rewrite,
	const struct weir_edit *edit, struct rte_mbuf *m)
{
	uint8_t bytes[HEADERS_SIZE];
	uint32_t size = m->pkt_len < HEADERS_SIZE ? m->pkt_len : HEADERS_SIZE;
	enum weir_edit_fate fate;

	weir_gather(m, bytes, size);
	// A tag is taken out by moving the beginning.
	if (edit->vlan == WEIR_VLAN_POP && m->data_len <= WEIR_TAG_SIZE)
		return WEIR_EDIT_MALFORMED;
	fate = weir_edit_bytes(&rewrite->missing, edit, bytes, size);
	if (fate == WEIR_EDIT_DONE)
		weir_scatter(m, bytes, size);
	return fate;
}

// edit_vlan does what is left to do: what moves the beginning of the packet.
static enum weir_edit_fate edit_vlan(struct rewrite *rewrite,
	const struct weir_edit *edit, struct rte_mbuf *m)
{
	uint8_t bytes[14];

	if (edit->vlan == WEIR_VLAN_PUSH)
		return weir_vlan_push(m, edit->tag_type, edit->tag_set)
			       ? WEIR_EDIT_DONE
			       : WEIR_EDIT_NO_ROOM;
	weir_gather(m, bytes, sizeof(bytes));
	if (!weir_edit_is_tagged(bytes))
		count_add(&rewrite->missing.tag, 1);
	else if (edit->vlan == WEIR_VLAN_POP)
		weir_vlan_pop(m);
	return WEIR_EDIT_DONE;
}

static inline enum weir_edit_fate edit_packet(struct rewrite *rewrite,
	const struct weir_edit *edit, struct rte_mbuf *m)
{
	enum weir_edit_fate fate;

	if (unlikely(m->nb_segs > 1 && m->data_len < HEADERS_SIZE))
		fate = edit_cut(rewrite, edit, m);
	else
		fate = weir_edit_bytes(&rewrite->missing, edit,
			rte_pktmbuf_mtod(m, uint8_t *),
			m->data_len < HEADERS_SIZE ? m->data_len
						   : HEADERS_SIZE);
	if (unlikely(edit->vlan) && fate == WEIR_EDIT_DONE)
		fate = edit_vlan(rewrite, edit, m);
	return fate;
}

static void rewrite_burst(
	void *state, struct rte_mbuf **in, unsigned n, struct weir_out *out)
{
	struct rewrite *rewrite = state;
	const struct weir_edit *edit = rewrite->edit;
	uint32_t room;
	struct rte_mbuf **to = weir_out_space(out, REWRITE_OUT, &room);
	unsigned done = 0;

	for (unsigned i = 0; i < n; i++) {
		enum weir_edit_fate fate;

		if (i + AHEAD < n)
			rte_prefetch0(rte_pktmbuf_mtod(in[i + AHEAD], void *));
		if (likely(weir_edit_hop(edit,
			    rte_pktmbuf_mtod(in[i], uint8_t *),
			    in[i]->data_len))) {
			if (unlikely(rewrite->tx))
				weir_offload_ask(in[i], rewrite->tx);
			to[done++] = in[i];
			continue;
		}
		fate = edit_packet(rewrite, edit, in[i]);
		if (unlikely(fate == WEIR_EDIT_MALFORMED &&
			     !edit->drops_malformed)) {
			count_add(&rewrite->malformed_count, 1);
			fate = WEIR_EDIT_DONE;
		} else if (unlikely(rewrite->tx) && edit->ip &&
			   fate == WEIR_EDIT_DONE) {
			weir_offload_ask(in[i], rewrite->tx);
		}
		if (likely(fate == WEIR_EDIT_DONE))
			to[done++] = in[i];
		else
			weir_out_drop(out, fate, in[i]);
	}
	weir_out_added(out, REWRITE_OUT, done);
}

static int rewrite_prepare(const void *state, const void *options, void **next,
	struct weir_error *e)
{
	struct weir_edit *edit = malloc(sizeof(*edit));

	if (!edit)
		return weir_error_set(e, -ENOMEM, "out of memory");
	if (weir_edit_make(edit, options, e)) {
		free(edit);
		return -EINVAL;
	}
	*next = edit;
	return 0;
}

static void *rewrite_commit(void *state, void *next)
{
	struct rewrite *rewrite = state;
	void *old = (void *)(uintptr_t)rewrite->edit;

	rewrite->edit = next;
	return old;
}

static const char *rewrite_check(const void *options, struct weir_error *e)
{
	struct weir_edit edit;

	return weir_edit_make(&edit, options, e);
}

static int rewrite_init(
	void *state, const struct weir_stage_setup *setup, struct weir_error *e)
{
	void *edit = NULL;
	int err = rewrite_prepare(state, state, &edit, e);

	if (!err)
		rewrite_commit(state, edit);
	return err;
}

static void rewrite_offloads(void *state, uint64_t tx)
{
	struct rewrite *rewrite = state;

	rewrite->tx = rewrite->checksums == CHECKSUMS_OFFLOAD
			      ? tx & (RTE_ETH_TX_OFFLOAD_IPV4_CKSUM |
					     RTE_ETH_TX_OFFLOAD_UDP_CKSUM |
					     RTE_ETH_TX_OFFLOAD_TCP_CKSUM)
			      : 0;
}

static void rewrite_fini(void *state)
{
	free(rewrite_commit(state, NULL));
}

static const char *const vlans[] = {"keep", "push", "pop", "set", NULL};
static const char *const vlan_types[] = {"802.1q", "802.1ad", NULL};
static const char *const swaps[] = {"macs", "addresses", "ports", NULL};
static const char *const checksums[] = {"software", "offload", NULL};
static const char *const malformed[] = {"pass", "drop", NULL};

const struct weir_stage weir_builtin_rewrite = {
	.abi = WEIR_STAGE_ABI,
	.type = "rewrite",
	.help = "changes addresses, VLAN tag, TTL, DSCP and ports, and keeps "
		"checksums right",
	.state_size = sizeof(struct rewrite),
	.options =
		{
			WEIR_OPTION_TEXT(struct rewrite, words.source_mac,
				"source_mac", "keep",
				"Ethernet address, 02:00:00:00:00:01",
				.live = true),
			WEIR_OPTION_TEXT(struct rewrite, words.destination_mac,
				"destination_mac", "keep",
				"Ethernet address, 02:00:00:00:00:02",
				.live = true),
			WEIR_OPTION_CHOICE(struct rewrite, words.vlan, "vlan",
				"keep", vlans,
				"what becomes of the outermost tag; push puts "
				"a new one before it, set changes what it says",
				.live = true),
			WEIR_OPTION_U32(struct rewrite, words.vlan_id,
				"vlan_id", keep, "of the tag pushed or set",
				.max = 4094, .zero = "keep", .live = true),
			WEIR_OPTION_TEXT(struct rewrite, words.vlan_priority,
				"vlan_priority", "keep",
				"0 to 7, of the tag pushed (keep: 0) or set",
				.live = true),
			WEIR_OPTION_CHOICE(struct rewrite, words.vlan_type,
				"vlan_type", "802.1q", vlan_types,
				"of the tag pushed", .live = true),
			WEIR_OPTION_TEXT(struct rewrite, words.ttl, "ttl",
				"keep",
				"TTL or hop limit: 1 to 255, or decrement, "
				"which drops what has none left (expired)",
				.live = true),
			WEIR_OPTION_TEXT(struct rewrite, words.dscp, "dscp",
				"keep", "0 to 63, or a name: ef, af41, cs6",
				.live = true),
			WEIR_OPTION_TEXTS(struct rewrite, words.source,
				"source", "",
				"source address: of IPv4, of IPv6, or one of "
				"each; with /LENGTH only the first bits of it",
				.live = true),
			WEIR_OPTION_TEXTS(struct rewrite, words.destination,
				"destination", "",
				"destination address, likewise", .live = true),
			WEIR_OPTION_U32(struct rewrite, words.source_port,
				"source_port", keep,
				"of TCP, UDP, UDP-Lite and DCCP", .max = 65535,
				.zero = "keep", .live = true),
			WEIR_OPTION_U32(struct rewrite, words.destination_port,
				"destination_port", keep, "likewise",
				.max = 65535, .zero = "keep", .live = true),
			WEIR_OPTION_CHOICES(struct rewrite, words.swap, "swap",
				"", swaps,
				"source and destination change places, before "
				"one of them is set",
				.live = true),
			WEIR_OPTION_CHOICE(struct rewrite, words.malformed,
				"malformed", "pass", malformed,
				"what becomes of packets whose headers cannot "
				"be read: they pass as they came, or not",
				.live = true),
			WEIR_OPTION_CHOICE(struct rewrite, checksums,
				"checksums", "software", checksums,
				"who makes them; offload: the ports, where all "
				"that packets can reach do, and the receiving "
				"one has found them good"),
		},
	.outputs = {"out"},
	.drops = {"expired", "malformed", "no_room"},
	.drops_asked = 1u << WEIR_EDIT_EXPIRED | 1u << WEIR_EDIT_MALFORMED,
	.counters =
		{
			{"malformed", "packets",
				offsetof(struct rewrite, malformed_count),
				"passed as they came: headers that cannot be "
				"read"},
			{"no_ip", "packets",
				offsetof(struct rewrite, missing.ip),
				"had no IP header to change"},
			{"no_ports", "packets",
				offsetof(struct rewrite, missing.ports),
				"had no ports to change"},
			{"no_tag", "packets",
				offsetof(struct rewrite, missing.tag),
				"had no VLAN tag to pop or set"},
		},
	.offloads = rewrite_offloads,
	.writes = true,
	.ethernet = true,
	.check = rewrite_check,
	.init = rewrite_init,
	.fini = rewrite_fini,
	.kernel = rewrite_burst,
	.prepare = rewrite_prepare,
	.commit = rewrite_commit,
	.retire = free,
};
