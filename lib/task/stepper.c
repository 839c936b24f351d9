// SPDX-License-Identifier: BSD-3-Clause
#include "task/stepper.h"
#include "base/assert.h"
#include "task/select_inline.h"
#include "task/task.h"
#include "task/task_inline.h"

#include <errno.h>

_Static_assert(sizeof(struct weir_stepper) <= 192,
	"a million of them shall leave room for what they serve");

static void end_wait(struct weir_stepper *s, int answer)
{
	weir_list_remove(&s->wait.link);
	weir_timer_cancel(&s->timer);
	s->phase = WEIR_STEPPER_WOKEN;
	s->answer = (int16_t)answer;
	WEIR_TRACE(stepper_woken, s, (uint32_t)-answer);
	weir_step_ready_inline(s->executor, &s->step);
}

static void case_woken(struct weir_case *c)
{
	end_wait(weir_container(c, struct weir_stepper, wait), 0);
}

static void timed_out(struct weir_executor *executor, struct weir_timer *timer)
{
	end_wait(weir_container(timer, struct weir_stepper, timer), -ETIMEDOUT);
}

void weir_stepper_cancel(struct weir_stepper *s)
{
	s->canceled = true;
	if (s->phase == WEIR_STEPPER_PARKED)
		end_wait(s, -ECANCELED);
}

static bool is_late(const struct weir_stepper *s)
{
	uint64_t deadline = s->timer.tick;

	return deadline != WEIR_NEVER &&
	       (int64_t)(s->executor->now - deadline) >= 0;
}

// park puts s where it is woken.
static void park(struct weir_stepper *s, enum weir_wait_place place)
{
	s->wait.wake = case_woken;
	weir_list_init(&s->wait.link);
	if (!s->wait.ops->enlist(&s->wait, s->executor, place)) {
		s->phase = WEIR_STEPPER_POLLING;
		weir_step_ready_inline(s->executor, &s->step);
		return;
	}
	s->phase = WEIR_STEPPER_PARKED;
	WEIR_TRACE(stepper_parked, s, s->wait.object, s->timer.tick);
	weir_timer_set(s->executor, &s->timer, s->timer.tick);
}

// look tries to end a wait; false when s must park.
static bool look(struct weir_stepper *s)
{
	if (s->canceled)
		s->answer = -ECANCELED;
	else if (s->wait.disabled)
		s->answer = -EPIPE;
	else if (s->wait.ops->attempt(&s->wait))
		s->answer = 0;
	else
		return false;
	return true;
}

// look_again goes on with a wait that was parked or polls; false: not yet over.
static bool look_again(struct weir_stepper *s)
{
	bool over;

	if (s->phase == WEIR_STEPPER_WOKEN && !weir_case_delist(&s->wait)) {
		weir_step_ready_inline(s->executor, &s->step);
		return false;
	}
	// Who was woken keeps it, even if it was cancelled since.
	if (s->phase == WEIR_STEPPER_WOKEN && s->answer == 0)
		over = s->wait.ops->attempt(&s->wait) || look(s);
	else
		over = s->phase == WEIR_STEPPER_WOKEN || look(s);
	weir_case_pass(&s->wait);
	if (!over && s->phase == WEIR_STEPPER_POLLING && is_late(s)) {
		s->answer = -ETIMEDOUT;
		over = true;
	}
	if (!over)
		park(s, WEIR_WAIT_AGAIN);
	return over;
}

static void end(struct weir_stepper *s)
{
	struct weir_scope *scope = s->scope;
	int error = s->error;

	WEIR_TRACE(stepper_ended, s, (uint32_t)-error);
	weir_list_remove(&s->link);
	count_add(&s->executor->counts->tasks, -UINT64_C(1));
	if (s->class_->ended)
		s->class_->ended(s);
	if (scope)
		weir_scope_ended(scope, error);
}

static void again(struct weir_stepper *s)
{
	s->phase = WEIR_STEPPER_STEPPING;
	weir_step_ready_inline(s->executor, &s->step);
}

static void run(struct weir_executor *executor, struct weir_step *step)
{
	struct weir_stepper *s =
		weir_container(step, struct weir_stepper, step);

	weir_executor_worked_inline(executor, s->phase != WEIR_STEPPER_POLLING);
	if (weir_trace_is_on() && s->phase != WEIR_STEPPER_POLLING)
		weir_trace_stepper_stepped(weir_executor_tick(executor), s);
	if (s->phase != WEIR_STEPPER_STEPPING && !look_again(s))
		return;
	for (unsigned left = WEIR_STEP_BUDGET; left > 0; left--) {
		switch (s->class_->step(s)) {
		case WEIR_STEPPER_END:
			end(s);
			return;
		case WEIR_STEPPER_AGAIN:
			again(s);
			return;
		case WEIR_STEPPER_WAIT:
			break;
		}
		if (!look(s)) {
			park(s, WEIR_WAIT_BACK);
			return;
		}
	}
	again(s);
}

static void start(struct weir_executor *executor, struct weir_stepper *s,
	const struct weir_stepper_class *class_, struct weir_list *list)
{
	*s = (struct weir_stepper){.executor = executor, .class_ = class_};
	weir_step_init(&s->step, run, class_->steps);
	weir_timer_init(&s->timer, timed_out);
	weir_list_add(list, &s->link);
	count_add(&executor->counts->tasks, 1);
	WEIR_TRACE(stepper_started, s, class_);
	weir_step_ready_inline(executor, &s->step);
}

void weir_stepper_start(struct weir_executor *executor, struct weir_stepper *s,
	const struct weir_stepper_class *class_)
{
	start(executor, s, class_, &executor->steppers);
}

int weir_stepper_spawn(struct weir_scope *scope, struct weir_stepper *s,
	const struct weir_stepper_class *class_)
{
	weir_scope_check_open(scope, "weir_stepper_spawn");
	weir_home_only(scope->executor, "weir_stepper_spawn", "the scope");
	if (scope->canceled)
		return -ECANCELED;
	start(scope->executor, s, class_, &scope->steppers);
	s->scope = scope;
	if (weir_list_empty(&scope->link))
		weir_list_add(&scope->executor->scopes, &scope->link);
	scope->live_count++;
	return 0;
}

void weir_stepper_fail(struct weir_stepper *s, int error)
{
	s->error = (int16_t)error;
}
