// SPDX-License-Identifier: BSD-3-Clause
#include "task/map.h"
#include "task/roster.h"
#include "task/select_inline.h"
#include "task/stepper.h"
#include "task/task_inline.h"

#define AT(member, type, path) .member = offsetof(struct type, path)

// Debuggers look for this name, others for the note.
__attribute__((used)) const struct weir_map weir_map = {
	.magic = WEIR_MAP_MAGIC,
	.version = WEIR_MAP_VERSION,
	.size = sizeof(struct weir_map),
	.roster = &weir_roster,
	.scope_what = &weir_scope_what,
	.name_size = WEIR_NAME_SIZE,
	AT(list_next, weir_list, next),
	.executor_size = sizeof(struct weir_executor),
	AT(executor_link, weir_executor, roster),
	AT(executor_name, weir_executor, name),
	AT(executor_now, weir_executor, now),
	AT(executor_current, weir_executor, current),
	AT(executor_running, weir_executor, running),
	AT(executor_clock, weir_executor, clock),
	AT(executor_counts, weir_executor, counts),
	AT(executor_ready_waits, weir_executor, ready_waits),
	AT(executor_thread, weir_executor, thread),
	AT(executor_tasks, weir_executor, tasks),
	AT(executor_stack_count, weir_executor, stack_count),
	AT(executor_stack_memory, weir_executor, stack_memory),
	AT(executor_stack_memory_size, weir_executor, stack_memory_size),
	AT(executor_context, weir_executor, context),
	AT(executor_scopes, weir_executor, scopes),
	AT(executor_steppers, weir_executor, steppers),
	AT(executor_labels, weir_executor, labels),
	AT(executor_ended, weir_executor, ended),
	AT(clock_virtual_ticks, weir_clock, virtual_ticks),
	AT(clock_hz, weir_clock, hz),
	AT(counts_steps, weir_executor_counts, steps),
	AT(counts_tasks, weir_executor_counts, tasks),
	AT(counts_turn_max, weir_executor_counts, turn_ticks_max),
	AT(histogram_max, weir_histogram, max),
	.task_size = sizeof(struct weir_task),
	AT(task_queued, weir_task, step.queued),
	AT(task_context, weir_task, context),
	AT(task_ended, weir_task, ended),
	AT(task_parked, weir_task, parked),
	AT(task_live, weir_task, live),
	AT(task_canceled, weir_task, canceled),
	AT(task_switches, weir_task, switches),
	AT(task_first_switch, weir_task, first_switch),
	AT(task_since, weir_task, since),
	AT(task_ready_max, weir_task, ready_max),
	AT(task_step_max, weir_task, step_max),
	AT(task_parks, weir_task, parks),
	AT(task_vain_wakes, weir_task, vain_wakes),
	AT(task_idle_yields, weir_task, idle_yields),
	AT(task_waits_in, weir_task, waits_in),
	AT(task_select, weir_task, select),
	AT(task_deadline, weir_task, timer),
	AT(task_stack, weir_task, stack),
	AT(task_scope, weir_task, scope),
	AT(task_locks_held, weir_task, locks_held),
	AT(task_name, weir_task, name),
	AT(timer_next, weir_timer, link.next),
	AT(timer_tick, weir_timer, tick),
	AT(stack_base, weir_stack, base),
	AT(stack_size, weir_stack, size),
	AT(queue_what, weir_wait_queue, what),
	AT(what_kind, weir_wait_what, kind),
	AT(what_name, weir_wait_what, name),
	AT(what_hold, weir_wait_what, hold),
	AT(what_handles, weir_wait_what, handles),
	AT(hold_task, weir_wait_hold, task),
	AT(hold_began, weir_wait_hold, began),
	AT(hold_since, weir_wait_hold, since),
	AT(hold_count, weir_wait_hold, count),
	AT(hold_bound, weir_wait_hold, bound),
	AT(handles_first, weir_wait_handles, first),
	AT(handles_second, weir_wait_handles, second),
	AT(handles_mark, weir_wait_handles, mark),
	AT(handles_all, weir_wait_handles, all),
	AT(handles_these, weir_wait_handles, these),
	AT(handles_those, weir_wait_handles, those),
	AT(select_cases, weir_select, cases),
	AT(select_count, weir_select, count),
	.case_size = sizeof(struct weir_case),
	AT(case_ops, weir_case, ops),
	AT(case_object, weir_case, object),
	AT(case_disabled, weir_case, disabled),
	AT(ops_kind, weir_case_ops, kind),
	AT(ops_name_from, weir_case_ops, name_from),
	AT(ops_name_at, weir_case_ops, name_at),
	AT(scope_link, weir_scope, link),
	AT(scope_steppers, weir_scope, steppers),
	AT(scope_closer, weir_scope, closer),
	AT(scope_live_count, weir_scope, live_count),
	.stepper_size = sizeof(struct weir_stepper),
	AT(stepper_link, weir_stepper, link),
	AT(stepper_executor, weir_stepper, executor),
	AT(stepper_class, weir_stepper, class_),
	AT(stepper_queued, weir_stepper, step.queued),
	AT(stepper_phase, weir_stepper, phase),
	AT(stepper_case, weir_stepper, wait),
	AT(stepper_deadline, weir_stepper, timer),
	.stepper_parked = WEIR_STEPPER_PARKED,
	AT(class_name, weir_stepper_class, name),
	AT(class_name_at, weir_stepper_class, name_at),
	AT(label_link, weir_step_label, link),
	AT(label_step, weir_step_label, step),
	AT(label_name, weir_step_label, name),
	AT(step_queued, weir_step, queued),
	AT(step_steps, weir_step, steps),
	AT(ended_count, weir_ended_list, count),
	AT(ended_at, weir_ended_list, at),
	.ended_size = sizeof(struct weir_ended),
	.ended_max = WEIR_ENDED_MAX,
	AT(ended_name, weir_ended, name),
	AT(ended_steps, weir_ended, steps),
	AT(ended_idle_yields, weir_ended, idle_yields),
	AT(ended_waits, weir_ended, waits),
	AT(ended_vain_wakes, weir_ended, vain_wakes),
};

// The note lies in memory that is never written, so it holds a distance, which
// needs no relocation.
__asm__(".pushsection .note.weir, \"a\", %note\n\t"
	".balign 4\n\t"
	".long 5, 8, 1\n\t" // sizes of name and contents, type
	".asciz \"weir\"\n\t"
	".balign 4\n"
	"1:\n\t"
#if defined(__x86_64__) || defined(__aarch64__)
	".quad weir_map - 1b\n\t"
#else
#error "weir needs a distance of 64 bits here"
#endif
	".popsection");
