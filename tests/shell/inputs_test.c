// SPDX-License-Identifier: BSD-3-Clause
//
//	a ══ring══▶ ┐
//	…           ├▶ a shell: bursts, round robin
//	h ══ring══▶ ┘
//
// How often an input is passed over while others flood: the bound is printed
// beside the worst that was measured, and the two are the same.
#include "base/random.h"
#include "shell/burst.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define INPUTS 8
#define GATHERS 100000

static struct weir_edge edges[INPUTS], *inputs[INPUTS];
static struct weir_edge_taken books[INPUTS];
static struct weir_shell shell;
static uint64_t sent[INPUTS], came[INPUTS];

static void open_inputs(void)
{
	shell.inputs = inputs;
	shell.input_count = INPUTS;
	for (unsigned i = 0; i < INPUTS; i++) {
		inputs[i] = &edges[i];
		cr_assert_eq(weir_edge_open(&edges[i], "edge", 2 * WEIR_BURST,
				     WEIR_WHEN_FULL_WAIT, -1, NULL, NULL),
			0);
		edges[i].taken = &books[i];
	}
}

static void empty_inputs(void)
{
	struct rte_mbuf *packets[WEIR_BURST];

	for (unsigned i = 0; i < INPUTS; i++) {
		while (weir_edge_recv(&edges[i], packets, WEIR_BURST))
			;
		sent[i] = came[i] = 0;
	}
}

static void close_inputs(void)
{
	empty_inputs();
	for (unsigned i = 0; i < INPUTS; i++)
		weir_edge_close(&edges[i]);
}

TestSuite(inputs, .init = open_inputs, .fini = close_inputs);

// fill sends as many as fit, or one; a packet is a number that says its input.
static void fill(unsigned input, bool floods)
{
	struct rte_mbuf *packet = (struct rte_mbuf *)(uintptr_t)(64 * input);

	do {
		if (weir_edge_send(&edges[input], &packet, 1) == 0)
			break;
		sent[input]++;
	} while (floods);
}

// look counts, of one burst, who was served; passed over was who held something
// and got nothing.
static void look(struct rte_mbuf **packets, unsigned got, unsigned *passed_over)
{
	for (unsigned i = 0; i < INPUTS; i++)
		passed_over[i] += sent[i] > came[i];
	for (unsigned i = 0; i < got; i++) {
		unsigned from = (unsigned)((uintptr_t)packets[i] / 64);

		passed_over[from] = 0;
		came[from]++;
	}
}

// worst_of gathers bursts while the first floods inputs are full, and answers how
// often in a row one that held something was passed over. The others send a
// packet now and then, when they have none.
static unsigned worst_of(unsigned floods)
{
	unsigned passed_over[INPUTS] = {0}, worst = 0;
	struct weir_random chance = {42};

	empty_inputs();
	shell.next_input = 0; // those that flood, first
	for (unsigned n = 0; n < GATHERS; n++) {
		struct rte_mbuf *packets[WEIR_BURST];
		unsigned got;

		for (unsigned i = 0; i < INPUTS; i++) {
			bool waits = sent[i] > came[i];
			bool now = n == 0 || !weir_random_below(&chance, 16);

			if (i < floods || (!waits && now))
				fill(i, i < floods);
		}
		got = weir_shell_gather(&shell, packets, WEIR_BURST);
		cr_assert_leq(got, WEIR_BURST);
		look(packets, got, passed_over);
		for (unsigned i = 0; i < INPUTS; i++)
			if (passed_over[i] > worst)
				worst = passed_over[i];
	}
	fprintf(stderr,
		"%u of %u inputs flood: bound %u bursts, worst passed over "
		"%u\n",
		floods, INPUTS, floods < INPUTS ? floods : INPUTS - 1, worst);
	return worst;
}

// Each that floods takes one burst, however much more it has, and then all others
// are served.
Test(inputs, each_that_floods_takes_one_burst_in_front_of_another)
{
	for (unsigned floods = 1; floods < INPUTS; floods++)
		cr_assert_eq(worst_of(floods), floods);
}

// All flood: who was served waits for seven others.
Test(inputs, those_that_all_flood_are_passed_over_seven_times)
{
	cr_assert_eq(worst_of(INPUTS), INPUTS - 1);
	for (unsigned i = 0; i < INPUTS; i++)
		cr_assert_eq(books[i].out, GATHERS / INPUTS * WEIR_BURST);
}
