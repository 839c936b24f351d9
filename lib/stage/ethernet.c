// SPDX-License-Identifier: BSD-3-Clause
#include "stage/ethernet.h"

#include "mem/pool.h"

#include <inttypes.h>
#include <pcap/pcap.h>
#include <stdio.h>

#define LINKTYPE_RAW 101 // the one common value that is not its DLT_

unsigned weir_ethernet_sift(struct rte_mbuf **in, unsigned n,
	struct weir_lane *trash, struct weir_ethernet_sifted *sifted)
{
	unsigned kept = 0;

	// Mostly all of them stay where they are.
	while (kept < n &&
		likely(weir_packet_link_type(in[kept]) == WEIR_LINK_ETHERNET))
		kept++;
	for (unsigned i = kept; i < n; i++) {
		uint16_t link_type = weir_packet_link_type(in[i]);

		if (likely(link_type == WEIR_LINK_ETHERNET)) {
			in[kept++] = in[i];
			continue;
		}
		weir_debug_assert(trash->count < trash->size);
		trash->packets[trash->count++] = in[i];
		count_add(&sifted->count, 1);
		store_relaxed(&sifted->link_type, link_type);
	}
	return kept;
}

const char *weir_link_type_name(uint16_t link_type)
{
	return pcap_datalink_val_to_name(
		link_type == LINKTYPE_RAW ? DLT_RAW : link_type);
}

void weir_ethernet_finding(const struct weir_ethernet_sifted *sifted,
	const char *name, char *text, size_t size)
{
	const char *type = weir_link_type_name(sifted->link_type);

	snprintf(text, size,
		"stage '%s' needs Ethernet: it dropped %" PRIu64
		" packets of other link types, such as %u (%s); lead them "
		"around it",
		name, sifted->count, sifted->link_type, type ? type : "?");
}
