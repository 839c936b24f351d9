// SPDX-License-Identifier: BSD-3-Clause
//
// delay against a plain list of who came when.
#include "builtin/builtin.h"
#include "packets.h"

TestSuite(delay, .init = packets_init, .fini = packets_fini);

Test(delay, lets_a_packet_go_when_its_time_has_come_and_not_before)
{
	struct weir_kernel_test *test =
		kernel_open(&weir_builtin_delay, OPTIONS("time=1us"), 1);
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool), **out;
	unsigned count;

	weir_test_kernel(test, &m, 1);
	weir_kernel_test_tick(test, ticks + 999);
	weir_kernel_test_taken(test, 0, 0, &count);
	cr_assert_eq(count, 0);
	cr_assert_eq(weir_kernel_test_held(test), 1);
	weir_kernel_test_tick(test, ticks + 1000);
	out = weir_kernel_test_taken(test, 0, 0, &count);
	cr_assert_eq(count, 1);
	cr_assert_eq(out[0], m);
	rte_pktmbuf_free(m);
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

Test(delay, keeps_the_time_of_the_last_packets_too)
{
	struct weir_kernel_test *test =
		kernel_open(&weir_builtin_delay, OPTIONS("time=1us"), 1);
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

	weir_test_kernel(test, &m, 1);
	ticks += 999;
	weir_kernel_test_drain(test);
	cr_assert_eq(weir_kernel_test_held(test), 1);
	ticks++;
	weir_kernel_test_drain(test);
	cr_assert_eq(weir_kernel_test_held(test), 0);
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

Test(delay, holds_the_input_back_when_it_is_full)
{
	struct weir_kernel_test *test = kernel_open(
		&weir_builtin_delay, OPTIONS("time=1s", "depth=4"), 1);
	struct rte_mbuf *in[6];

	cr_assert_eq(rte_pktmbuf_alloc_bulk(pool, in, 6), 0);
	cr_assert_eq(weir_test_kernel(test, in, 6), 4);
	cr_assert_eq(weir_kernel_test_held(test), 4);
	rte_pktmbuf_free_bulk(in + 4, 2);
	cr_assert_eq(weir_kernel_test_close(test), 0); // frees what it holds
}

Test(delay, tells_the_planner_how_many_it_keeps)
{
	struct weir_kernel_test *test = kernel_open(
		&weir_builtin_delay, OPTIONS("time=1s", "depth=4"), 1);

	cr_assert_eq(weir_builtin_delay.keeps(weir_kernel_test_state(test)), 4);
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

#define DEPTH 5
#define TIME 100

// The list: who is inside, since when.
static struct {
	struct rte_mbuf *packet;
	uint64_t came;
} list[DEPTH];
static unsigned list_count;

static void come(struct weir_kernel_test *test, struct weir_random *draws)
{
	unsigned n = (unsigned)weir_random_below(draws, 4);
	unsigned fits = DEPTH - list_count < n ? DEPTH - list_count : n;
	struct rte_mbuf *in[4];

	cr_assert_eq(rte_pktmbuf_alloc_bulk(pool, in, n), 0);
	cr_assert_eq(weir_test_kernel(test, in, n), fits);
	for (unsigned i = 0; i < fits; i++) {
		list[list_count].packet = in[i];
		list[list_count++].came = ticks;
	}
	if (n > fits)
		rte_pktmbuf_free_bulk(in + fits, n - fits);
}

static void go(struct weir_kernel_test *test, struct weir_random *draws)
{
	unsigned room = (unsigned)weir_random_below(draws, 4), count, due = 0;
	struct rte_mbuf **out;

	while (due < list_count && due < room && list[due].came + TIME <= ticks)
		due++;
	weir_kernel_test_limit(test, 1 + (room & 1), room);
	if (weir_random_below(draws, 2))
		weir_kernel_test_tick(test, ticks);
	else
		weir_kernel_test_drain(test);
	out = weir_kernel_test_taken(test, 0, 0, &count);
	cr_assert_eq(count, due);
	for (unsigned i = 0; i < due; i++) {
		cr_assert_eq(out[i], list[i].packet);
		rte_pktmbuf_free(out[i]);
	}
	list_count -= due;
	memmove(list, list + due, list_count * sizeof(list[0]));
	cr_assert_eq(weir_kernel_test_held(test), list_count);
}

Test(delay, is_a_list_of_who_came_when)
{
	struct weir_random draws = random_of_test();
	struct weir_kernel_test *test = kernel_open(
		&weir_builtin_delay, OPTIONS("time=100ns", "depth=5"), 1);

	for (unsigned i = 0; i < 20000; i++) {
		ticks += weir_random_below(&draws, 60);
		come(test, &draws);
		ticks += weir_random_below(&draws, 60);
		go(test, &draws);
	}
	cr_assert_eq(weir_kernel_test_close(test), 0);
}
