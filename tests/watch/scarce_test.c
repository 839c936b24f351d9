// SPDX-License-Identifier: BSD-3-Clause
//
// Where memory ends a verdict is still given, and is still the right one.
#include "scarce.h"
#include "watch/book.h"

#include <stdio.h>
#include <string.h>

#define MS 1000000u

static struct weir_contract *contract;
static char text[4096];

static struct weir_contract *make(const char *name, struct weir_error *e)
{
	struct weir_contract *made = NULL;

	(void)weir_contract_create(&made, name, MS, e);
	return made;
}

static int make_again(struct weir_error *e)
{
	struct weir_contract *made = make("parser", e);

	if (!made)
		return -ENOMEM;
	weir_contract_destroy(made);
	return 0;
}

Test(scarce, a_contract_is_made_whole_or_not_at_all)
{
	cr_assert_eq(in_want_of_memory(make_again), 2);
}

// break_it gives it a step that was too long, with a stack of one address.
static void break_it(void)
{
	struct weir_sighting sighting = {
		.found = WEIR_BLOCKED, .ns = 5 * MS, .call = -1};

	sighting.frames.count = 1;
	sighting.frames.at[0] = 0xabc0;
	weir_histogram_record(weir_contract_steps(contract),
		weir_clock_ticks(weir_clock_real(), 5 * MS));
	weir_books_lock();
	weir_book_enter(contract, &sighting, false);
	weir_books_unlock();
}

// report_without makes a report in which that allocation fails; false when there
// is none of this number.
static bool report_without(unsigned allocation, int *code)
{
	FILE *to = fmemopen(text, sizeof(text), "w");

	cr_assert(to);
	memset(text, 0, sizeof(text));
	setbuf(to, NULL);
	scarce_from(allocation);
	*code = weir_contract_report(to, 0);
	fclose(to);
	return scarce_end();
}

Test(scarce, a_report_gives_its_verdict_all_the_same)
{
	struct weir_error e = {0};
	unsigned allocations = 0;
	int code;

	contract = make("parser", &e);
	while (report_without(allocations + 1, &code)) {
		allocations++;
		cr_expect_eq(code, 0, "%u", allocations);
		cr_expect(strstr(text, "contract held"), "%s", text);
	}
	break_it();
	for (unsigned i = 1; report_without(i, &code); i++) {
		allocations++;
		cr_expect_eq(code, 1, "%u", i);
		cr_expect(strstr(text, "contract broken"), "%s", text);
	}
	cr_expect_geq(allocations, 2 + 3);
	weir_contract_destroy(contract);
}

Test(scarce, without_names_a_stack_is_addresses)
{
	struct weir_error e = {0};
	int code;

	contract = make("parser", &e);
	break_it();
	cr_assert(report_without(3, &code));
	cr_expect_eq(code, 1);
	cr_expect(strstr(text, "blocked task, 5 ms"), "%s", text);
	cr_expect(strstr(text, "\n    0xabc0\n"), "%s", text);
	weir_contract_destroy(contract);
}
