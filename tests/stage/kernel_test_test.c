// SPDX-License-Identifier: BSD-3-Clause
//
// The test of what tests kernels: a stage that does what its option says.
#include "../builtin/packets.h"

enum { PASS, LEAK, KEEP, BEND };

struct odd {
	uint32_t what;
	uint64_t seen;
	uint32_t *live; // prepared
	struct rte_mbuf *kept;
};

static void odd_burst(
	void *state, struct rte_mbuf **in, unsigned n, struct weir_out *out)
{
	struct odd *odd = state;

	odd->seen += n;
	for (unsigned i = 0; i < n; i++) {
		if (odd->what == LEAK && i == 0) {
			rte_pktmbuf_free(in[i]);
			continue;
		}
		if (odd->what == KEEP && !odd->kept) {
			odd->kept = in[i];
			continue;
		}
		weir_out_put(out, 0, in[i]);
	}
}

static unsigned odd_room(const void *state)
{
	return ((const struct odd *)state)->seen < 40 ? 3 : 0;
}

static uint64_t odd_held(const void *state)
{
	return ((const struct odd *)state)->kept != NULL;
}

static void odd_fini(void *state)
{
	rte_pktmbuf_free(((struct odd *)state)->kept);
}

static int odd_prepare(const void *state, const void *options, void **next,
	struct weir_error *e)
{
	const struct odd *odd = options;

	if (odd->what == BEND)
		return weir_error_set(e, -EINVAL, "cannot bend");
	*next = malloc(sizeof(uint32_t));
	*(uint32_t *)*next = odd->what;
	return 0;
}

static void *odd_commit(void *state, void *next)
{
	((struct odd *)state)->what = *(uint32_t *)next;
	return next;
}

static const char *const whats[] = {"pass", "leak", "keep", "bend", NULL};

#define ODD                                                                   \
	.abi = WEIR_STAGE_ABI, .type = "odd", .help = "is odd",               \
	.state_size = sizeof(struct odd),                                     \
	.options = {WEIR_OPTION_CHOICE(struct odd, what, "what", NULL, whats, \
		"what it does", .live = true)},                               \
	.outputs = {"out"},                                                   \
	.counters = {{"seen", "packets", offsetof(struct odd, seen), "all"}}, \
	.kernel = odd_burst, .held = odd_held, .fini = odd_fini,              \
	.prepare = odd_prepare, .commit = odd_commit, .retire = free

static const struct weir_stage odd_stage = {ODD};
static const struct weir_stage narrow_stage = {ODD, .room = odd_room};

TestSuite(kernel_test, .init = packets_init, .fini = packets_fini);

static unsigned give(struct weir_kernel_test *test, unsigned n)
{
	struct rte_mbuf *in[64];
	unsigned taken;

	cr_assert_eq(rte_pktmbuf_alloc_bulk(pool, in, n), 0);
	taken = weir_test_kernel(test, in, n);
	rte_pktmbuf_free_bulk(in + taken, n - taken);
	return taken;
}

Test(kernel_test, accounts_for_what_passes)
{
	struct weir_kernel_test *test =
		kernel_open(&odd_stage, OPTIONS("what=pass"), 1);

	cr_assert_eq(give(test, 64), 64);
	cr_assert_eq(weir_kernel_test_counter(test, "seen"), 64);
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

Test(kernel_test, finds_the_packet_that_a_stage_lost)
{
	struct weir_kernel_test *test =
		kernel_open(&odd_stage, OPTIONS("what=leak"), 1);

	give(test, 20);
	cr_assert_eq(weir_kernel_test_close(test), 1);
}

Test(kernel_test, counts_what_is_held)
{
	struct weir_kernel_test *test =
		kernel_open(&odd_stage, OPTIONS("what=keep"), 1);

	give(test, 20);
	cr_assert_eq(weir_kernel_test_held(test), 1);
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

Test(kernel_test, stops_where_the_stage_has_no_room)
{
	struct weir_kernel_test *test =
		kernel_open(&narrow_stage, OPTIONS("what=pass"), 1);

	cr_assert_eq(give(test, 64), 42);
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

Test(kernel_test, changes_options_live)
{
	struct weir_kernel_test *test =
		kernel_open(&odd_stage, OPTIONS("what=pass"), 1);
	struct weir_error e = {0};

	cr_assert_eq(
		weir_kernel_test_change(test, OPTIONS("what=keep"), &e), 0);
	give(test, 1);
	cr_assert_eq(weir_kernel_test_held(test), 1);
	cr_assert_eq(weir_kernel_test_change(test, OPTIONS("what=bend"), &e),
		-EINVAL);
	cr_assert_str_eq(e.text, "cannot bend");
	cr_assert_eq(weir_kernel_test_close(test), 0);
}

Test(kernel_test, refuses_options_in_words)
{
	struct weir_kernel_test *test;
	struct weir_error e = {0};

	cr_assert_eq(weir_kernel_test_open(&test, &odd_stage, OPTIONS("wat=1"),
			     1, pool, &clock_virtual, &e),
		-EINVAL);
	cr_assert_str_eq(e.text, "unknown option 'wat'");
	weir_error_clear(&e);
	cr_assert_eq(weir_kernel_test_open(&test, &odd_stage, OPTIONS(), 1,
			     pool, &clock_virtual, &e),
		-EINVAL);
	cr_assert_str_eq(e.text, "option 'what' must be given");
}
