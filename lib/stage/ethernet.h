// SPDX-License-Identifier: BSD-3-Clause
//
// What happens to packets that are not Ethernet frames. They pass through every
// stage but those that say `ethernet`: before the kernel of such a stage the
// shell sifts them out, drops them as WEIR_ETHERNET_REASON, and the run's end
// names the stage and the link type.
//
//	in[n] ──▶ sift ──▶ in[0..kept) to the kernel
//	            └────▶ trash, counted, the link type remembered
#ifndef WEIR_STAGE_ETHERNET_H
#define WEIR_STAGE_ETHERNET_H

#include "stage/stage.h"

#ifdef __cplusplus
extern "C" {
#endif

#define WEIR_ETHERNET_REASON "not_ethernet"

// What was sifted out before one instance. One writer: its executor.
struct weir_ethernet_sifted {
	uint64_t count;
	uint16_t link_type; // of the last; LINKTYPE_…
};

// weir_ethernet_sift moves the Ethernet frames among n packets to the front, in
// order, and the others to trash; answers how many stay.
unsigned weir_ethernet_sift(struct rte_mbuf **in, unsigned n,
	struct weir_lane *trash, struct weir_ethernet_sifted *sifted);

// weir_ethernet_finding writes the sentence for people on what was sifted out
// before stage name: which stage, how many, what link type, what to do.
void weir_ethernet_finding(const struct weir_ethernet_sifted *sifted,
	const char *name, char *text, size_t size);

// weir_link_type_name answers what libpcap calls a LINKTYPE_ value, "RAW"; NULL
// where it knows none.
const char *weir_link_type_name(uint16_t link_type);

#ifdef __cplusplus
}
#endif

#endif
