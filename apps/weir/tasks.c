// SPDX-License-Identifier: BSD-3-Clause
#include "command.h"
#include "only.h"

#include "base/clock.h"
#include "count/count.h"
#include "pipeline/quantity.h"
#include "watch/seen.h"
#include "watch/symbols.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define NO_PID UINT64_MAX

struct request {
	const char *instance;
	uint64_t pid; // NO_PID: not said
	bool stacks, json;
};

static const struct weir_argument operands[] = {
	{
		.value = "INSTANCE",
		.type = WEIR_ARGUMENT_TEXT,
		.at = offsetof(struct request, instance),
		.offer = WEIR_OFFER_INSTANCES,
	},
	{0},
};

static const struct weir_argument options[] = {
	{
		.name = "stacks",
		.type = WEIR_ARGUMENT_FLAG,
		.at = offsetof(struct request, stacks),
		.help = "with the call stack of each task that does not run",
	},
	{
		.name = "pid",
		.type = WEIR_ARGUMENT_NUMBER,
		.at = offsetof(struct request, pid),
		.value = "N",
		.help = "of process N, which may be any program that uses "
			"libweir",
	},
	WEIR_ARGUMENT_JSON(struct request, json,
		"print it as JSON; durations are nanoseconds"),
	{0},
};

static const char *const states[] = {
	[WEIR_SEEN_RUNNING] = "running",
	[WEIR_SEEN_READY] = "ready",
	[WEIR_SEEN_WAITING] = "waiting",
};

// frame_name writes where frame i goes on. A caller's frame holds the address
// behind its call.
static void frame_name(struct weir_symbols *symbols,
	const struct weir_frames *frames, unsigned i, char *text, size_t size)
{
	weir_symbols_name(symbols, frames->at[i] - (i > 0), text, size);
}

// ---- for people ----

static void print_stack(
	const struct weir_seen_task *task, struct weir_symbols *symbols)
{
	char text[256];

	if (task->state == WEIR_SEEN_RUNNING)
		puts("      it runs: the stack of what runs cannot be copied");
	else if (task->restless)
		puts("      it ran each time its stack was copied");
	for (unsigned i = 0; i < task->frames.count; i++) {
		frame_name(symbols, &task->frames, i, text, sizeof(text));
		printf("      #%u %s\n", i, text);
	}
}

static int name_width(const struct weir_seen_executor *executor)
{
	int width = 4;

	for (unsigned i = 0; i < executor->count; i++) {
		int w = weir_quantity_width(executor->tasks[i].name);

		width = w > width ? w : width;
	}
	return width;
}

static void print_cell(const char *text, int width)
{
	printf("  %*s%s", width - weir_quantity_width(text), "", text);
}

static void print_task(const struct weir_seen_task *task, int width)
{
	printf("  %s%*s  %-7s", task->name,
		width - weir_quantity_width(task->name), "",
		states[task->state]);
	print_cell(weir_quantity_ns(task->for_ns).text, 8);
	printf("  %10" PRIu64, task->steps);
	print_cell(weir_quantity_ns(task->step_ns_max).text, 8);
	print_cell(weir_quantity_ns(task->ready_ns_max).text, 8);
	printf("  %s", task->waits_for);
	if (task->state == WEIR_SEEN_WAITING && task->left_ns != WEIR_NEVER)
		printf(", %s more at most",
			weir_quantity_ns(task->left_ns).text);
	if (task->locks_held)
		printf(" (holds %u lock%s)", task->locks_held,
			task->locks_held > 1 ? "s" : "");
	puts(task->canceled ? " (cancelled)" : "");
}

static void print_stepper(const struct weir_seen_stepper *stepper)
{
	printf("  %s%s%s  %-7s  %s", stepper->class_, *stepper->name ? " " : "",
		stepper->name, states[stepper->state], stepper->waits_for);
	if (stepper->state == WEIR_SEEN_WAITING &&
		stepper->left_ns != WEIR_NEVER)
		printf(", %s more at most",
			weir_quantity_ns(stepper->left_ns).text);
	putchar('\n');
}

static void print_steppers(const struct weir_seen_executor *executor)
{
	if (executor->stepper_count == 0)
		return;
	puts("  STEPPER");
	for (unsigned i = 0; i < executor->stepper_listed; i++)
		print_stepper(&executor->steppers[i]);
	if (executor->stepper_count > executor->stepper_listed)
		printf("  … and %" PRIu64 " more\n",
			executor->stepper_count - executor->stepper_listed);
}

// print_functions prints the function steps that have a name.
static void print_functions(const struct weir_seen_executor *executor)
{
	if (executor->function_count)
		puts("  FUNCTION STEP");
	for (unsigned i = 0; i < executor->function_count; i++)
		printf("  %s  %s\n", executor->functions[i].name,
			executor->functions[i].ready ? "ready" : "waiting");
}

static void print_executor(
	const struct weir_seen_executor *executor, struct weir_symbols *symbols)
{
	int width = name_width(executor);

	printf("executor %s: %u task%s", executor->name, executor->count,
		executor->count == 1 ? "" : "s");
	if (executor->stepper_count)
		printf(" and %" PRIu64 " stepper%s", executor->stepper_count,
			executor->stepper_count == 1 ? "" : "s");
	if (executor->thread)
		printf(", thread %d", executor->thread);
	printf(", %" PRIu64 " steps; longest turn %s", executor->steps,
		weir_quantity_ns(executor->turn_ns_max).text);
	printf(", a ready task waited %s at most (bound %s)\n",
		weir_quantity_ns(executor->ready_ns_max).text,
		weir_quantity_ns(2 * executor->turn_ns_max).text);
	if (executor->count)
		printf("  %-*s  %-7s  %8s  %10s  %8s  %8s  %s\n", width, "TASK",
			"STATE", "SINCE", "STEPS", "LONGEST", "READY",
			"WAITS FOR");
	for (unsigned i = 0; i < executor->count; i++) {
		print_task(&executor->tasks[i], width);
		if (symbols)
			print_stack(&executor->tasks[i], symbols);
	}
	print_steppers(executor);
	print_functions(executor);
}

static void print_remark(void *arg, const char *sentence)
{
	bool *headed = arg;

	if (!*headed)
		puts("");
	*headed = true;
	printf("remark: %s\n", sentence);
}

static void print_text(
	const struct weir_seen *seen, struct weir_symbols *symbols)
{
	bool headed = false;

	if (seen->count == 0)
		puts("no executors: nothing runs there at the moment");
	for (unsigned i = 0; i < seen->count; i++)
		print_executor(&seen->executors[i], symbols);
	weir_seen_remarks(seen, print_remark, &headed);
}

// ---- for programs ----

static json_t *json_stack(
	const struct weir_seen_task *task, struct weir_symbols *symbols)
{
	json_t *stack = json_array();
	char text[256];

	for (unsigned i = 0; i < task->frames.count; i++) {
		frame_name(symbols, &task->frames, i, text, sizeof(text));
		json_array_append_new(stack,
			json_pack("{s:I, s:s}", "address",
				(json_int_t)task->frames.at[i], "name", text));
	}
	return stack;
}

static json_t *json_task(
	const struct weir_seen_task *task, struct weir_symbols *symbols)
{
	json_t *all = json_pack(
		"{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:i, s:b, s:I, "
		"s:I}",
		"name", task->name, "state", states[task->state], "since_ns",
		(json_int_t)task->for_ns, "steps", (json_int_t)task->steps,
		"step_ns_max", (json_int_t)task->step_ns_max, "ready_ns_max",
		(json_int_t)task->ready_ns_max, "waits",
		(json_int_t)task->waits, "vain_wakes",
		(json_int_t)task->vain_wakes, "idle_yields",
		(json_int_t)task->idle_yields, "locks_held",
		(int)task->locks_held, "cancelled", task->canceled,
		"stack_size", (json_int_t)task->stack_size, "stack_left_min",
		(json_int_t)task->stack_left);

	if (task->state == WEIR_SEEN_WAITING)
		json_object_set_new(
			all, "waits_for", json_string(task->waits_for));
	if (task->state == WEIR_SEEN_WAITING && task->left_ns != WEIR_NEVER)
		json_object_set_new(all, "left_ns",
			json_integer((json_int_t)task->left_ns));
	if (symbols && task->state != WEIR_SEEN_RUNNING && !task->restless)
		json_object_set_new(all, "stack", json_stack(task, symbols));
	return all;
}

static json_t *json_steppers(const struct weir_seen_executor *executor)
{
	json_t *all = json_array();

	for (unsigned i = 0; i < executor->stepper_listed; i++) {
		const struct weir_seen_stepper *s = &executor->steppers[i];
		json_t *one = json_pack("{s:s, s:s, s:s}", "class", s->class_,
			"name", s->name, "state", states[s->state]);

		if (s->state == WEIR_SEEN_WAITING)
			json_object_set_new(
				one, "waits_for", json_string(s->waits_for));
		if (s->left_ns != WEIR_NEVER)
			json_object_set_new(one, "left_ns",
				json_integer((json_int_t)s->left_ns));
		json_array_append_new(all, one);
	}
	return all;
}

static json_t *json_functions(const struct weir_seen_executor *executor)
{
	json_t *all = json_array();

	for (unsigned i = 0; i < executor->function_count; i++)
		json_array_append_new(
			all, json_pack("{s:s, s:s}", "name",
				     executor->functions[i].name, "state",
				     states[executor->functions[i].ready
						     ? WEIR_SEEN_READY
						     : WEIR_SEEN_WAITING]));
	return all;
}

static json_t *json_executor(
	const struct weir_seen_executor *executor, struct weir_symbols *symbols)
{
	json_t *tasks = json_array();

	for (unsigned i = 0; i < executor->count; i++)
		json_array_append_new(
			tasks, json_task(&executor->tasks[i], symbols));
	return json_pack("{s:s, s:i, s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:o}",
		"name", executor->name, "thread", executor->thread, "steps",
		(json_int_t)executor->steps, "steppers",
		(json_int_t)executor->stepper_count, "turn_ns_max",
		(json_int_t)executor->turn_ns_max, "ready_ns_max",
		(json_int_t)executor->ready_ns_max, "ready_ns_bound",
		2 * (json_int_t)executor->turn_ns_max, "tasks", tasks,
		"steppers_seen", json_steppers(executor), "function_steps",
		json_functions(executor));
}

static void append_remark(void *arg, const char *sentence)
{
	json_array_append_new(arg, json_string(sentence));
}

static void print_json(
	const struct weir_seen *seen, struct weir_symbols *symbols)
{
	json_t *executors = json_array(), *remarks = json_array(), *all;

	for (unsigned i = 0; i < seen->count; i++)
		json_array_append_new(
			executors, json_executor(&seen->executors[i], symbols));
	weir_seen_remarks(seen, append_remark, remarks);
	all = json_pack("{s:i, s:o, s:o}", "pid", seen->pid, "executors",
		executors, "remarks", remarks);
	json_dumpf(all, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(all);
}

// ---- which process ----

static int pid_of_instance(int *pid, const char *instance, struct weir_error *e)
{
	struct weir_count_reader *reader;
	struct weir_count_info info;
	int err = weir_count_open(&reader, instance, e);

	if (err)
		return err;
	weir_count_info(reader, &info);
	weir_count_close(reader);
	*pid = info.pid;
	if (info.alive)
		return 0;
	return weir_error_set(e, -1,
		"'%s' has ended: it has no tasks any more; 'weir stats %s' "
		"reads its last counters",
		instance, instance);
}

static int find_process(
	int *pid, const struct request *request, struct weir_error *e)
{
	char only[WEIR_COUNT_INSTANCE_SIZE];
	int err;

	if (request->pid != NO_PID &&
		(request->pid == 0 || request->pid > INT32_MAX))
		return weir_error_set(
			e, -1, "there is no process %" PRIu64, request->pid);
	*pid = (int)request->pid;
	if (request->pid != NO_PID)
		return 0;
	if (request->instance)
		return pid_of_instance(pid, request->instance, e);
	err = weir_only_instance(only,
		"'weir run' starts a pipeline, '--pid N' names a program of "
		"your own",
		e);
	return err ? err : pid_of_instance(pid, only, e);
}

static int look(const struct request *request, struct weir_error *e)
{
	struct weir_symbols *symbols = NULL;
	struct weir_seen *seen;
	int pid = 0, err = find_process(&pid, request, e);

	if (err)
		return err;
	err = weir_seen_take(&seen, pid, e);
	if (err)
		return err;
	if (request->stacks)
		err = weir_symbols_open(&symbols, pid, e);
	if (!err && request->json)
		print_json(seen, symbols);
	else if (!err)
		print_text(seen, symbols);
	weir_symbols_close(symbols);
	weir_seen_free(seen);
	return err;
}

static int tasks(int argc, char **argv)
{
	struct request request = {.pid = NO_PID};
	struct weir_error error = {0};
	int code =
		weir_arguments_read(&weir_command_tasks, argc, argv, &request);

	if (code >= 0)
		return code;
	if (request.pid != NO_PID && request.instance)
		return weir_usage_error("tasks",
			"'%s' and --pid: say one of both", request.instance);
	if (look(&request, &error)) {
		fprintf(stderr, "weir tasks: %s\n", error.text);
		return WEIR_EXIT_USAGE;
	}
	return WEIR_EXIT_DONE;
}

const struct weir_command weir_command_tasks = {
	.name = "tasks",
	.help = "show the tasks of a run, and what each waits for",
	.usage = (const char *const[]){"[--stacks] [--json] [INSTANCE]",
		"[--stacks] [--json] --pid N", NULL},
	.about = "Looks into a run, or any program that uses libweir, from "
		 "outside: nothing in it stops or is slowed down. Of each task "
		 "it shows the state (running, ready, waiting) and since when, "
		 "how many steps it made, the longest of them, the longest it "
		 "was ready and did not run, and what it waits for. INSTANCE "
		 "may be left out where one run is going on.\n\n"
		 "A stack is copied, and copied again if its task ran "
		 "meanwhile; that of a task that runs at the moment cannot be. "
		 "Each task is seen as it was at some moment, not all at the "
		 "same.\n\n"
		 "What is worth a look follows as remarks: a stack that was "
		 "nearly full, a step that does not end, steps that yield and "
		 "do nothing, wakes that find nothing, locks held over a long "
		 "wait, tasks that wait for what nobody will do.",
	.operands = operands,
	.options = options,
	.passages =
		(const struct weir_passage[]){
			{"Examples",
				"weir tasks\n"
				"weir tasks web --stacks\n"
				"weir tasks --pid $(pidof server)\n"
				"weir tasks web --json | jq -r '.remarks[]'\n"},
			{0}},
	.exits = "0 done; 2 there is no such instance or process, it may not "
		 "be looked into, or it has no weir of this version in it.",
	.run = tasks,
};
