// SPDX-License-Identifier: BSD-3-Clause
#include "stage/ethernet.h"
#include "../builtin/packets.h"

TestSuite(ethernet, .init = packets_init, .fini = packets_fini);

// What the shell does before the kernel of a stage that says `ethernet`.
static const struct weir_stage picky = {.type = "picky", .ethernet = true};

static struct rte_mbuf *of_type(uint16_t link_type)
{
	return packet_meta(packet_of((const uint8_t *)"x", 1), link_type, 1);
}

Test(ethernet, is_all_that_a_stage_that_needs_it_is_given)
{
	struct rte_mbuf *trashed[3], *in[5] = {of_type(1), of_type(101),
					     packet_of((const uint8_t *)"y", 1),
					     of_type(147), of_type(1)};
	struct rte_mbuf *first = in[0], *second = in[2], *third = in[4];
	struct weir_lane trash = {.packets = trashed, .size = 3};
	struct weir_ethernet_sifted sifted = {0};

	cr_assert(picky.ethernet);
	cr_assert_eq(weir_ethernet_sift(in, 5, &trash, &sifted), 3);
	cr_assert_eq(in[0], first);
	cr_assert_eq(in[1], second);
	cr_assert_eq(in[2], third);
	cr_assert_eq(trash.count, 2);
	cr_assert_eq(sifted.count, 2);
	cr_assert_eq(sifted.link_type, 147);
	rte_pktmbuf_free_bulk(in, 3);
	rte_pktmbuf_free_bulk(trashed, 2);
}

Test(ethernet, is_missed_by_the_stages_name_and_the_link_types)
{
	struct weir_ethernet_sifted sifted = {12, 101};
	char text[256];

	weir_ethernet_finding(&sifted, "picky[0]", text, sizeof(text));
	cr_assert_str_eq(text,
		"stage 'picky[0]' needs Ethernet: it dropped 12 packets of "
		"other link types, such as 101 (RAW); lead them around it");
}

static struct rte_mbuf *slots[4];

Test(out, room_is_the_least_over_the_ways)
{
	struct weir_lane lanes[3] = {
		{slots, 0, 4, 4}, {slots, 1, 4, UINT32_MAX}, {slots, 1, 4, 3}};
	struct weir_out out = {.lanes = lanes, .first = {0, 3, 3}};
	uint32_t room;

	cr_assert_eq(weir_out_room(&out, 0), 2);
	cr_assert_eq(weir_out_room(&out, 1), 0, "nobody is connected");
	cr_assert_eq(weir_out_space(&out, 0, &room), slots);
	cr_assert_eq(room, 4);
	weir_out_added(&out, 0, 3);
	cr_assert_eq(weir_out_room(&out, 0), 1);
	cr_assert_eq(weir_out_space(&out, 0, &room), slots + 3);
	lanes[2].room = 1;
	cr_assert_eq(weir_out_room(&out, 0), 0);
}
