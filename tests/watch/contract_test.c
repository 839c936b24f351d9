// SPDX-License-Identifier: BSD-3-Clause
//
// The books of contracts, and the verdict in words.
#include "task/executor.h"
#include "task/task.h"
#include "task/timer.h"
#include "watch/book.h"
#include "watch/words.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define MS 1000000u

static struct weir_error error;

static struct weir_contract *make(const char *name, uint64_t ns)
{
	struct weir_contract *contract;

	cr_assert_eq(weir_contract_create(&contract, name, ns, &error), 0);
	return contract;
}

static void step(struct weir_contract *contract, uint64_t ns)
{
	weir_histogram_record(weir_contract_steps(contract),
		weir_clock_ticks(weir_clock_real(), ns));
}

static void enter(struct weir_contract *contract, enum weir_found found,
	uint64_t begin, uint64_t ns, bool unended)
{
	struct weir_sighting sighting = {
		.found = found, .begin = begin, .ns = ns, .call = -1};

	strcpy(sighting.executor, "lcore");
	weir_books_lock();
	weir_book_enter(contract, &sighting, unended);
	weir_books_unlock();
}

static struct weir_contract_state read(
	struct weir_contract *contract, unsigned flags)
{
	struct weir_contract_state state;

	weir_contract_read(contract, flags, &state);
	cr_expect_eq(state.over, state.blocked + state.blocking + state.stolen +
					 state.unwitnessed);
	return state;
}

// said answers the report, and its exit code.
static const char *said(unsigned flags, int *code)
{
	static char text[4096];
	FILE *to = fmemopen(text, sizeof(text), "w");

	*code = weir_contract_report(to, flags);
	fclose(to);
	return text;
}

Test(contract, every_step_counts_and_none_beyond_it_keeps_it)
{
	struct weir_contract *contract = make("parser", MS);
	struct weir_contract_state state;
	int code;

	for (int i = 0; i < 1000; i++)
		step(contract, 1000);
	step(contract, MS);
	state = read(contract, WEIR_CONTRACT_STRICT);
	cr_expect_eq(state.steps, 1001);
	cr_expect_eq(state.over, 0);
	cr_expect_not(state.broken);
	cr_expect_str_eq(said(WEIR_CONTRACT_STRICT, &code),
		"contract held for 1001 steps, worst 1 ms in 'parser'\n");
	cr_expect_eq(code, 0);
	weir_contract_destroy(contract);
}

Test(contract, what_nobody_saw_breaks_only_a_strict_one)
{
	struct weir_contract *contract = make("parser", MS);
	int code;

	step(contract, 2 * MS);
	cr_expect_eq(read(contract, 0).unwitnessed, 1);
	cr_expect_not(read(contract, 0).broken);
	cr_expect(read(contract, WEIR_CONTRACT_STRICT).broken);
	cr_expect(strstr(said(0, &code), "not witnessed 1"));
	cr_expect_eq(code, 0);
	cr_expect(strstr(said(WEIR_CONTRACT_STRICT, &code),
		"contract broken by 'parser': 0 of 1 held"));
	cr_expect_eq(code, 1);
}

Test(contract, what_the_machine_took_breaks_none)
{
	struct weir_contract *contract = make("parser", MS);

	step(contract, 5 * MS);
	enter(contract, WEIR_STOLEN, 1, 5 * MS, false);
	cr_expect_not(read(contract, WEIR_CONTRACT_STRICT).broken);
	cr_expect_eq(read(contract, 0).stolen, 1);
}

Test(contract, a_blocked_task_or_a_blocking_call_breaks_it)
{
	struct weir_contract *a = make("spins", MS), *b = make("sleeps", MS);
	struct weir_contract *c = make("good", MS);
	const char *text;
	int code;

	step(a, 5 * MS);
	step(b, 6 * MS);
	step(c, 10);
	enter(a, WEIR_BLOCKED, 1, 5 * MS, false);
	enter(b, WEIR_BLOCKING, 1, 6 * MS, false);
	cr_expect(read(a, 0).broken);
	cr_expect(read(b, 0).broken);
	cr_expect_not(read(c, 0).broken);
	text = said(0, &code);
	cr_expect_eq(code, 1);
	cr_expect(strstr(text, "broken by 'spins' and others: 1 of 3 held"));
	cr_expect(strstr(text, "blocked task, 5 ms on lcore\n"), "%s", text);
	cr_expect(strstr(text, "blocking call, 6 ms on lcore\n"), "%s", text);
}

// going is called with how long the step that began at 7 has taken.
static void going(struct weir_contract *contract, enum weir_found found,
	uint64_t ns, bool ends)
{
	struct weir_sighting sighting = {
		.found = found, .begin = 7, .ns = ns, .call = -1};

	sighting.frames.count = 1;
	sighting.frames.at[0] = 0xabc;
	weir_books_lock();
	if (ends)
		weir_book_end(contract, &sighting);
	else
		weir_book_go_on(contract, &sighting);
	weir_books_unlock();
}

Test(contract, one_that_has_not_ended_counts_and_counts_once)
{
	static const enum weir_found founds[] = {WEIR_BLOCKED, WEIR_BLOCKING};
	struct weir_contract_state state;

	for (int i = 0; i < 2; i++) {
		struct weir_contract *contract = make("parser", MS);

		enter(contract, founds[i], 7, 2 * MS, true);
		state = read(contract, 0);
		cr_expect_eq(state.over, 1);
		cr_expect_eq(state.unended, 1);
		cr_expect(state.broken);
		step(contract, 9 * MS);
		going(contract, founds[i], 9 * MS, true);
		state = read(contract, 0);
		cr_expect_eq(state.over, 1);
		cr_expect_eq(state.unended, 0);
		cr_expect_eq(contract->worst_count, 1);
		cr_expect_eq(contract->worst[0].ns, 9 * MS);
	}
}

Test(contract, one_that_goes_on_may_be_the_longest)
{
	struct weir_contract *contract = make("parser", MS);
	int code;

	step(contract, 3000);
	enter(contract, WEIR_BLOCKED, 7, 2 * MS, true);
	cr_expect_eq(read(contract, 0).worst_ns, 2 * MS);
	going(contract, WEIR_BLOCKED, 8 * MS, false);
	cr_expect_eq(read(contract, 0).worst_ns, 8 * MS);
	cr_expect(strstr(said(0, &code), "in 1 of 2 steps, the longest 8 ms"));
	step(contract, 5 * MS); // it ended sooner than was thought
	going(contract, WEIR_BLOCKED, 5 * MS, true);
	cr_expect_leq(read(contract, 0).worst_ns, 5 * MS);
}

Test(contract, one_that_became_the_longest_while_it_went_on_is_kept)
{
	struct weir_contract *contract = make("parser", MS);

	for (unsigned i = 0; i < WEIR_SIGHTINGS; i++)
		enter(contract, WEIR_BLOCKED, i, 4 * MS, false);
	enter(contract, WEIR_BLOCKED, 7, 2 * MS, true);
	going(contract, WEIR_BLOCKED, 9 * MS, true);
	cr_assert_eq(contract->worst_count, WEIR_SIGHTINGS);
	cr_expect_eq(contract->worst[0].ns, 9 * MS);
	cr_expect_eq(contract->worst[0].frames.count, 1);
	cr_expect_eq(contract->worst[0].frames.at[0], 0xabc);
	cr_expect_eq(contract->worst[1].ns, 4 * MS);
}

Test(contract, the_worst_are_kept_those_of_the_task_first)
{
	struct weir_contract *contract = make("parser", MS);

	enter(contract, WEIR_STOLEN, 1, 50 * MS, false);
	enter(contract, WEIR_BLOCKED, 2, 2 * MS, false);
	enter(contract, WEIR_BLOCKED, 3, 4 * MS, false);
	enter(contract, WEIR_BLOCKED, 4, 3 * MS, false);
	enter(contract, WEIR_BLOCKED, 5, 1 * MS, false);
	cr_assert_eq(contract->worst_count, WEIR_SIGHTINGS);
	cr_expect_eq(contract->worst[0].ns, 4 * MS);
	cr_expect_eq(contract->worst[1].ns, 3 * MS);
	cr_expect_eq(contract->worst[2].ns, 2 * MS);
}

Test(contract, a_call_where_calls_may_be_made_breaks_none)
{
	struct weir_contract *contract = make("thread", MS);
	struct weir_sighting sighting = {.found = WEIR_BLOCKING,
		.begin = 1,
		.ns = 6 * MS,
		.call = -1,
		.excused = true};
	int code;

	step(contract, 6 * MS);
	weir_books_lock();
	weir_book_enter(contract, &sighting, false);
	weir_books_unlock();
	cr_expect_eq(read(contract, 0).blocking, 1);
	cr_expect_not(read(contract, WEIR_CONTRACT_STRICT).broken);
	cr_expect(strstr(said(0, &code), ", calls where they may be made 1\n"));
	cr_expect_eq(code, 0);
	step(contract, 6 * MS);
	enter(contract, WEIR_BLOCKING, 2, 6 * MS, false);
	cr_expect(read(contract, 0).broken);
}

Test(contract, a_borrowed_one_is_left_to_who_lent_it)
{
	static struct weir_histogram steps;
	struct weir_contract *contract;
	int code;

	cr_assert_eq(weir_contract_borrow(&contract, "stage", &steps,
			     weir_clock_real(), MS, &error),
		0);
	cr_expect_eq(steps.limit, weir_clock_ticks(weir_clock_real(), MS));
	cr_expect(strstr(said(0, &code), "no contract"));
	cr_expect_eq(weir_books_find(&steps), contract);
	weir_books_unlock();
	weir_contract_destroy(contract);
	cr_expect_null(weir_books_find(&steps));
	weir_books_unlock();
}

Test(contract, the_least_limit_is_that_of_any_that_has_one)
{
	struct weir_contract *a, *b;

	cr_expect_eq(weir_books_least(), 0);
	a = make("any", 0);
	cr_expect_eq(weir_books_least(), 0);
	b = make("slow", 3 * MS);
	make("fast", 2 * MS);
	cr_expect_eq(weir_books_least(),
		weir_clock_ticks(weir_clock_real(), 2 * MS));
	weir_contract_destroy(a);
	weir_contract_destroy(b);
}

Test(contract, a_call_has_its_name_where_it_has_one)
{
	struct weir_sighting sighting = {
		.found = WEIR_BLOCKING, .ns = 1500, .call = 999};
	char text[128];

	cr_expect_str_eq(weir_words_sighting(&sighting, text, sizeof(text)),
		"blocking call in system call 999, 1.5 us on ");
}

// ---- a program of weir_run ----

static bool handled;

static void spin(struct weir_executor *executor, struct weir_post *post)
{
	uint64_t until = weir_in_ms(20);

	while (weir_ticks() < until)
		;
	handled = true;
}

static void post_spin(void *arg)
{
	struct weir_post *post = arg;

	weir_executor_post(weir_executor_self(), post);
	while (!handled)
		weir_yield();
}

Test(contract, what_weir_run_runs_is_of_the_class_it_was_given)
{
	struct weir_contract *contract = make("all", 10 * MS);
	const struct weir_run_options options = {
		.steps = weir_contract_steps(contract)};
	struct weir_post post = {.fn = spin};

	cr_assert_eq(weir_run_with(post_spin, &post, &options), 0);
	cr_expect_geq(read(contract, 0).over, 1);
	cr_expect_geq(read(contract, 0).worst_ns, 19 * MS);
	cr_expect_geq(read(contract, 0).steps, 2);
	weir_contract_destroy(contract);
}
