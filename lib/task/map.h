// SPDX-License-Identifier: BSD-3-Clause
//
// The map says where in this process the executors and their tasks lie, and where
// in each what lies: for readers elsewhere (another process, a debugger, a core
// file), which copy memory and know no more than this.
//
//	ELF note "weir" ──▶ struct weir_map ──▶ roster ──▶ executor ──▶ tasks
//	                    offsets of all these
//
// It is found from outside in each program and library that has weir in it: a
// note lies in memory, says how far behind itself the map begins, and is not
// stripped. So the program needs no name, no socket and no thread for it.
//
// A map of another version is refused: VERSION grows when a member changes its
// meaning or place. What the members point at may change from build to build.
//
// Threads.  Written once, by the linker.
#ifndef WEIR_TASK_MAP_H
#define WEIR_TASK_MAP_H

#include "base/list.h"
#include "task/wait.h"

#include <stdint.h>

#define WEIR_MAP_MAGIC UINT64_C(0x70616d2d72696577) // "weir-map"
#define WEIR_MAP_VERSION 3
#define WEIR_MAP_NOTE "weir"
#define WEIR_MAP_NOTE_TYPE 1

// Offsets in bytes, each in the struct that its name begins with.
struct weir_map {
	uint64_t magic;
	uint32_t version;
	uint32_t size;				 // of this
	const struct weir_list *roster;		 // of executors
	const struct weir_wait_what *scope_what; // of each scope's closer
	uint32_t name_size; // of an executor's, of a task's
	uint32_t list_next;
	uint32_t executor_size;
	uint32_t executor_link; // in the roster
	uint32_t executor_name;
	uint32_t executor_now;
	uint32_t executor_current; // the task that runs
	uint32_t executor_running; // the class of what runs; NULL: none
	uint32_t executor_clock;
	uint32_t executor_counts;
	uint32_t executor_ready_waits;
	uint32_t executor_thread;
	uint32_t executor_tasks;
	uint32_t executor_stack_count; // how many tasks
	uint32_t executor_stack_memory, executor_stack_memory_size;
	uint32_t executor_context; // sp, fp, pc: while a task runs
	uint32_t executor_scopes, executor_steppers, executor_labels; // lists
	uint32_t executor_ended;
	uint32_t clock_virtual_ticks, clock_hz;
	uint32_t counts_steps, counts_tasks, counts_turn_max;
	uint32_t histogram_max;
	uint32_t task_size;
	uint32_t task_queued;			     // bool: ready
	uint32_t task_context;			     // sp, fp, pc
	uint32_t task_ended, task_parked, task_live; // bools
	uint32_t task_canceled;			     // bool
	uint32_t task_switches, task_first_switch, task_since, task_ready_max,
		task_step_max, task_parks, task_vain_wakes, task_idle_yields;
	uint32_t task_waits_in, task_select;
	uint32_t task_deadline; // struct weir_timer
	uint32_t task_stack, task_scope;
	uint32_t task_locks_held; // unsigned
	uint32_t task_name;
	uint32_t timer_next, timer_tick; // pending unless next is the timer
	uint32_t stack_base, stack_size;
	uint32_t queue_what;
	uint32_t what_kind, what_name, what_hold, what_handles;
	uint32_t hold_task, hold_began, hold_since, hold_count, hold_bound;
	uint32_t handles_first, handles_second, handles_mark, handles_all,
		handles_these, handles_those;
	uint32_t select_cases, select_count;
	uint32_t case_size, case_ops, case_object, case_disabled;
	uint32_t ops_kind, ops_name_from, ops_name_at; // the last two: 16 bits
	uint32_t scope_link, scope_steppers, scope_closer;
	uint32_t scope_live_count; // unsigned
	uint32_t stepper_size, stepper_link, stepper_executor, stepper_class;
	uint32_t stepper_queued, stepper_phase, stepper_case, stepper_deadline;
	uint32_t stepper_parked; // a value of phase, which is a byte
	uint32_t class_name, class_name_at;
	uint32_t label_link, label_step, label_name;
	uint32_t step_queued, step_steps;
	uint32_t ended_count, ended_at, ended_size, ended_max;
	uint32_t ended_name, ended_steps, ended_idle_yields, ended_waits,
		ended_vain_wakes;
};

extern const struct weir_map weir_map;

#endif
