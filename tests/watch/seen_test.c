// SPDX-License-Identifier: BSD-3-Clause
//
// What is seen of tasks of this process, and of others.
#include "watch/looking.h"

#include "task/stepper.h"
#include "watch/process.h"
#include "watch/symbols.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

TestSuite(seen, .init = open_many);

// ---- since when ----

static void works_and_sleeps(void *arg)
{
	ticks += 70;
	weir_yield();
	ticks += 30;
	cr_assert_eq(weir_sleep(weir_in_ns(3000)), 0);
}

Test(seen, durations_are_exact)
{
	const struct weir_seen_task *t;

	begin("one", works_and_sleeps, NULL);
	begin("two", works_and_sleeps, NULL);
	turn(); // 70 each
	ticks += 5;
	look();
	t = task_of("one");
	cr_assert_eq(t->state, WEIR_SEEN_READY);
	cr_assert_eq(t->for_ns, 145); // since it began, which is the last read
	cr_assert_eq(t->steps, 1);
	cr_assert_eq(t->step_ns_max, 70);
	cr_assert_str_eq(t->waits_for, "");
	turn();
	ticks += 1000;
	look();
	t = task_of("two");
	cr_assert_eq(t->state, WEIR_SEEN_WAITING);
	cr_assert_eq(t->steps, 2);
	cr_assert_eq(t->for_ns, 1030);
	cr_assert_eq(t->left_ns, 2000);
	cr_assert_eq(t->waits, 1);
	cr_assert_eq(t->step_ns_max, 70);
	// From when one began to yield up to its second step.
	cr_assert_eq(task_of("one")->ready_ns_max, 145);
	cr_assert_eq(seen->executors[0].ready_ns_max, 145);
	cr_assert_leq(seen->executors[0].ready_ns_max,
		2 * seen->executors[0].turn_ns_max + 5);
}

Test(seen, what_was_started_early_was_not_ready_before_the_first_turn)
{
	begin("early", works_and_sleeps, NULL);
	ticks += 1000000;
	turn();
	look();
	cr_assert_eq(task_of("early")->ready_ns_max, 0);
}

// ---- stacks ----

static __attribute__((noinline)) void inner(void)
{
	cr_assert_eq(weir_sleep(WEIR_NEVER), 0);
}

static __attribute__((noinline)) void outer(void *arg)
{
	inner();
	ticks++; // no tail call
}

static bool has_frame(const struct weir_seen_task *t, const char *function)
{
	struct weir_symbols *symbols;
	bool found = false;
	char text[256];

	cr_assert_eq(weir_symbols_open(&symbols, 0, NULL), 0);
	for (unsigned i = 0; i < t->frames.count; i++) {
		weir_symbols_name(
			symbols, t->frames.at[i] - (i > 0), text, sizeof(text));
		found = found || strncmp(text, function, strlen(function)) == 0;
	}
	weir_symbols_close(symbols);
	return found;
}

Test(seen, a_parked_stack_has_its_callers)
{
	begin("nested", outer, NULL);
	settle();
	look();
	cr_assert(has_frame(task_of("nested"), "inner"));
	cr_assert(has_frame(task_of("nested"), "outer"));
	cr_assert(has_frame(task_of("nested"), "task_entry"));
}

Test(seen, names_are_text_and_are_cut_between_letters)
{
	begin("a task whose name is cut in a ü", outer, NULL);
	begin("a \xff\xfe b\n", outer, NULL);
	settle();
	look();
	task_of("a task whose name is cut in a ");
	task_of("a \xef\xbf\xbd\xef\xbf\xbd b?");
}

static void looks_itself(void *arg)
{
	ticks += 400;
	look();
	ticks = 0;
}

Test(seen, a_task_that_runs_has_no_stack)
{
	begin("me", looks_itself, NULL);
	turn();
	cr_assert_eq(task_of("me")->state, WEIR_SEEN_RUNNING);
	cr_assert_eq(task_of("me")->for_ns, 400);
	cr_assert_eq(task_of("me")->frames.count, 0);
	cr_assert(seen->executors[0].runs);
	look();
	cr_assert_eq(seen->executors[0].count, 0); // it has ended
	cr_assert_not(seen->executors[0].runs);
}

static enum weir_stepper_next sits(struct weir_stepper *s)
{
	return weir_stepper_wait(s, weir_case_after(WEIR_NEVER), WEIR_NEVER);
}

Test(seen, steppers_are_counted)
{
	static const struct weir_stepper_class class_ = {"s", sits, NULL, NULL};
	static struct weir_stepper s[3];

	for (int i = 0; i < 3; i++)
		weir_stepper_start(executor, &s[i], &class_);
	begin("nested", outer, NULL);
	settle();
	look();
	cr_assert_eq(seen->executors[0].stepper_count, 3);
	cr_assert_eq(seen->executors[0].count, 1);
}

// ---- other processes ----

static int other; // a process

static void begin_other(void (*fn)(void))
{
	int pipes[2];
	char byte;

	cr_assert_eq(pipe(pipes), 0);
	other = fork();
	if (other == 0) {
		// A test that fails does not come to its end.
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		fn();
		cr_assert_eq(write(pipes[1], "", 1), 1);
		for (;;)
			pause();
	}
	cr_assert_eq(read(pipes[0], &byte, 1), 1);
}

static void end_other(void)
{
	kill(other, SIGKILL);
	waitpid(other, NULL, 0);
}

static void in_other(void)
{
	begin("theirs", outer, NULL);
	settle();
}

Test(seen, another_process_is_looked_into)
{
	struct weir_error e = {0};

	begin_other(in_other);
	cr_assert_eq(weir_seen_take(&seen, other, &e), 0, "%s", e.text);
	cr_assert(has_frame(task_of("theirs"), "inner"));
	end_other();
	cr_assert_eq(weir_seen_take(&seen, other, &e), -ESRCH);
	cr_assert(strstr(e.text, "there is no process "), "%s", e.text);
}

static size_t spoiled; // which member of the map
static uint32_t spoil; // what it becomes

static void with_a_spoiled_map(void)
{
	uintptr_t page = (uintptr_t)&weir_map & ~UINT64_C(4095);

	in_other();
	cr_assert_eq(
		mprotect((void *)page, 2 * 4096, PROT_READ | PROT_WRITE), 0);
	memcpy((char *)(uintptr_t)&weir_map + spoiled, &spoil, sizeof(spoil));
}

#define MEMBER(name) offsetof(struct weir_map, name)

Test(seen, a_map_that_leads_beyond_its_tasks_is_refused)
{
	static const size_t members[] = {MEMBER(name_size),
		MEMBER(task_context), MEMBER(task_ended), MEMBER(task_parked),
		MEMBER(task_live), MEMBER(task_canceled), MEMBER(task_switches),
		MEMBER(task_first_switch), MEMBER(task_since),
		MEMBER(task_ready_max), MEMBER(task_step_max),
		MEMBER(task_parks), MEMBER(task_vain_wakes),
		MEMBER(task_idle_yields), MEMBER(task_waits_in),
		MEMBER(task_select), MEMBER(task_deadline), MEMBER(task_stack),
		MEMBER(task_locks_held), MEMBER(task_name), MEMBER(timer_next),
		MEMBER(timer_tick), MEMBER(stepper_executor),
		MEMBER(stepper_class), MEMBER(stepper_phase),
		MEMBER(stepper_deadline)};
	const uint32_t values[] = {weir_map.task_size, 0x7fffff00, UINT32_MAX};

	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++)
		for (size_t j = 0; j < 3; j++) {
			struct weir_error e = {0};

			spoiled = members[i];
			spoil = values[j];
			begin_other(with_a_spoiled_map);
			cr_assert_eq(weir_seen_take(&seen, other, &e), -EPROTO,
				"member at %zu, %#x", spoiled, spoil);
			end_other();
		}
}

Test(seen, a_map_of_what_is_too_large_is_refused)
{
	static const size_t sizes[] = {MEMBER(task_size), MEMBER(stepper_size)};

	for (size_t i = 0; i < 2; i++) {
		struct weir_error e = {0};

		spoiled = sizes[i];
		spoil = 1u << 20;
		begin_other(with_a_spoiled_map);
		cr_assert_eq(weir_seen_take(&seen, other, &e), -EPROTO);
		cr_assert(strstr(e.text, "another version of weir"), "%s",
			e.text);
		end_other();
	}
}

static void other_program(void)
{
	close(1);
	execl("/bin/sleep", "sleep", "100", NULL);
}

Test(seen, a_process_without_weir_is_a_sentence)
{
	struct weir_error e = {0};

	other = fork();
	if (other == 0)
		other_program();
	do { // until it has become the other program
		weir_error_clear(&e);
		usleep(1000);
	} while (weir_seen_take(&seen, other, &e) != -ENOENT);
	cr_assert(strstr(e.text, "has no weir in it"), "%s", e.text);
	end_other();
}

Test(seen, a_process_of_another_user_is_a_sentence)
{
	struct weir_error e = {0};
	int status, parent = getpid();

	if (geteuid() != 0)
		cr_skip_test("needs root to become another");
	other = fork();
	if (other == 0) {
		if (setgid(65534) || setuid(65534))
			_exit(9);
		status = weir_seen_take(&seen, parent, &e);
		_exit(status == -EPERM && strstr(e.text, "another user") ? 0
									 : 1);
	}
	cr_assert_eq(waitpid(other, &status, 0), other);
	cr_assert_eq(status, 0);
}

// ---- steppers and function steps ----

struct session {
	struct weir_stepper stepper;
	char name[16];
};

static struct session one, two;
static struct weir_stepper plain;
static struct weir_wait_queue bell;

static enum weir_stepper_next waits_once(struct weir_stepper *s)
{
	if (s->state++)
		return WEIR_STEPPER_END;
	return weir_stepper_wait(s, weir_case_queue(&bell), WEIR_NEVER);
}

static enum weir_stepper_next runs_on(struct weir_stepper *s)
{
	return s->canceled ? WEIR_STEPPER_END : WEIR_STEPPER_AGAIN;
}

static const struct weir_stepper_class sessions = {.name = "session",
	.step = waits_once,
	.name_at = WEIR_STEPPER_NAME(struct session, stepper, name)};
static const struct weir_stepper_class nameless = {
	.name = "runner", .step = runs_on};

static void has_steppers(void *arg)
{
	struct weir_scope scope;

	weir_scope_open(&scope);
	cr_assert_eq(weir_stepper_spawn(&scope, &one.stepper, &sessions), 0);
	cr_assert_eq(weir_stepper_spawn(&scope, &plain, &nameless), 0);
	weir_scope_close(&scope, weir_in_ns(1000));
}

static const struct weir_seen_stepper *stepper_of(
	const char *class_, const char *name)
{
	const struct weir_seen_executor *x = &seen->executors[0];

	for (unsigned i = 0; i < x->stepper_listed; i++)
		if (!strcmp(x->steppers[i].class_, class_) &&
			!strcmp(x->steppers[i].name, name))
			return &x->steppers[i];
	return NULL;
}

Test(seen, steppers_are_listed_with_their_names)
{
	weir_wait_queue_init(&bell);
	strcpy(one.name, "the first");
	strcpy(two.name, "alone");
	begin("parent", has_steppers, NULL);
	weir_stepper_start(executor, &two.stepper, &sessions);
	turn();
	turn();
	look();
	cr_assert_eq(seen->executors[0].stepper_listed, 3);
	cr_assert_eq(seen->executors[0].stepper_count, 3);
	cr_assert(stepper_of("session", "the first"));
	cr_assert_eq(
		stepper_of("session", "the first")->state, WEIR_SEEN_WAITING);
	cr_assert_str_eq(stepper_of("session", "alone")->waits_for, "a wakeup");
	cr_assert_eq(stepper_of("session", "alone")->left_ns, WEIR_NEVER);
	cr_assert(stepper_of("runner", ""));
	cr_assert_eq(stepper_of("runner", "")->state, WEIR_SEEN_READY);
	ticks += 1000;
	turn();
	turn();
	weir_wake_all(&bell);
	settle();
	look();
	cr_assert_eq(seen->executors[0].stepper_listed, 0);
	weir_executor_destroy(executor);
}

static struct session many[WEIR_SEEN_STEPPERS + 5];

Test(seen, more_steppers_than_are_listed_are_counted)
{
	weir_wait_queue_init(&bell);
	for (unsigned i = 0; i < WEIR_SEEN_STEPPERS + 5; i++)
		weir_stepper_start(executor, &many[i].stepper, &sessions);
	turn();
	look();
	cr_assert_eq(seen->executors[0].stepper_listed, WEIR_SEEN_STEPPERS);
	cr_assert_eq(seen->executors[0].stepper_count, WEIR_SEEN_STEPPERS + 5);
}

static void does_nothing(struct weir_executor *x, struct weir_step *step)
{
}

Test(seen, function_steps_are_listed_by_their_labels)
{
	struct weir_step first, second;
	struct weir_step_label label, gone;

	weir_step_init(&first, does_nothing, NULL);
	weir_step_init(&second, does_nothing, NULL);
	weir_step_label(executor, &label, &first, "shell");
	weir_step_label(executor, &gone, &second, "gone");
	weir_step_unlabel(&gone);
	look();
	cr_assert_eq(seen->executors[0].function_count, 1);
	cr_assert_str_eq(seen->executors[0].functions[0].name, "shell");
	cr_assert(!seen->executors[0].functions[0].ready);
	weir_step_ready(executor, &first);
	look();
	cr_assert(seen->executors[0].functions[0].ready);
	turn();
}
