// SPDX-License-Identifier: BSD-3-Clause
//
// Edges: what joins shells.
#include "shell/edge.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <string.h>

static struct rte_mbuf *packet(uintptr_t number)
{
	return (struct rte_mbuf *)number; // never looked at
}

static void open_edge(struct weir_edge *edge, enum weir_when_full when_full)
{
	struct weir_error e = {0};

	memset(edge, 0, sizeof(*edge));
	cr_assert(weir_edge_open(edge, "a->b", 4, when_full, -1, NULL, &e) == 0,
		"%s", e.text);
}

Test(edge, holds_exactly_its_depth)
{
	struct rte_mbuf *five[5] = {
		packet(64), packet(128), packet(192), packet(256), packet(320)};
	struct weir_edge edge;

	open_edge(&edge, WEIR_WHEN_FULL_WAIT);
	cr_assert(weir_edge_room(&edge, 32) == 4);
	cr_assert(weir_edge_send(&edge, five, 5) == 4);
	cr_assert(weir_edge_room(&edge, 32) == 0);
	cr_assert(weir_edge_count(&edge) == 4);
	cr_assert(weir_edge_recv(&edge, five, 5) == 4);
	weir_edge_close(&edge);
}

Test(edge, has_ended_when_it_is_closed_and_empty)
{
	struct rte_mbuf *one = packet(64);
	struct weir_edge edge;

	open_edge(&edge, WEIR_WHEN_FULL_WAIT);
	cr_assert(weir_edge_send(&edge, &one, 1) == 1);
	cr_assert(not(weir_edge_ended(&edge)));
	weir_edge_end(&edge);
	cr_assert(not(weir_edge_ended(&edge)));
	cr_assert(weir_edge_recv(&edge, &one, 1) == 1);
	cr_assert(weir_edge_ended(&edge));
	weir_edge_close(&edge);
}

Test(edge, that_drops_its_oldest_knows_what_is_too_much)
{
	struct rte_mbuf *packets[10];
	struct weir_edge edge;

	for (uintptr_t i = 0; i < 10; i++)
		packets[i] = packet(64 * (i + 1));
	open_edge(&edge, WEIR_WHEN_FULL_DROP_OLDEST);
	cr_assert(weir_edge_send(&edge, packets, 4) == 4);
	cr_assert(weir_edge_excess(&edge) == 0);
	cr_assert(weir_edge_send(&edge, packets + 4, 6) == 6);
	cr_assert(weir_edge_excess(&edge) == 6);
	weir_edge_close(&edge);
}

Test(edge, refuses_a_depth_that_no_ring_has)
{
	struct weir_error e = {0};
	struct weir_edge edge = {0};

	cr_assert(weir_edge_open(&edge, "a->b", 0, WEIR_WHEN_FULL_WAIT, -1,
			  NULL, &e) == -EINVAL);
	cr_assert(strstr(e.text, "a->b") != NULL);
}
