// SPDX-License-Identifier: BSD-3-Clause
//
// Where memory ends no stage of ours opens, or changes, by halves: it says so,
// and leaves nothing behind.
#include "builtin/packets.h"
#include "builtin/builtin.h"
#include "scarce.h"

#define OPTIONS_MAX 6

// One of each stage that takes memory when it opens or is changed.
static const struct {
	const char *type;
	const char *const options[OPTIONS_MAX];
	bool live;  // can be changed
	bool spare; // does some of it another way where memory ends
} kinds[] = {
	{"classify", {"classes=web", "rules=web: tcp dport 443", NULL}, true},
	{"count", {"by=port", "by=talker", NULL}},
	{"delay", {"time=1ms", NULL}},
	{"filter", {"expr=tcp port 443", NULL}, true, true},
	{"gen", {"flows=4", "rate=1Mpps", NULL}, true},
	{"meter", {"rate=1Mpps", NULL}, true},
	{"rewrite", {"ttl=9", NULL}, true},
	{"sample", {"one_in=7", NULL}, true},
	{"sink", {"sequence=yes", NULL}},
};

static unsigned at;

// named makes of an error what in_want_of_memory expects, if it speaks of
// memory: a stage's check has but words for it.
static int named(int err, const struct weir_error *e)
{
	cr_assert(strstr(e->text, "memory"), "%s: %s", kinds[at].type, e->text);
	return err == -EINVAL ? -ENOMEM : err;
}

static int open_one(struct weir_error *e)
{
	const struct weir_stage *type = weir_stage_find(kinds[at].type);
	struct weir_kernel_test *test = NULL;
	int err;

	cr_assert_not_null(type, "%s", kinds[at].type);
	err = weir_kernel_test_open(
		&test, type, kinds[at].options, 1, pool, &clock_virtual, e);
	if (err)
		return named(err, e);
	if (kinds[at].live)
		err = weir_kernel_test_change(test, kinds[at].options, e);
	cr_assert_eq(weir_kernel_test_close(test), 0);
	if (err)
		return named(err, e);
	return kinds[at].spare && scarce_end() ? -ENOMEM : 0;
}

Test(scarce, a_stage_opens_and_changes_whole_or_not_at_all,
	.init = packets_init, .fini = packets_fini)
{
	struct weir_error e = {0};

	cr_assert_eq(weir_builtins_register(&e), 0, "%s", e.text);
	for (at = 0; at < sizeof(kinds) / sizeof(kinds[0]); at++)
		cr_expect_geq(
			in_want_of_memory(open_one), 4, "%s", kinds[at].type);
}
