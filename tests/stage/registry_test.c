// SPDX-License-Identifier: BSD-3-Clause
#include "stage/stage.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

struct state {
	uint32_t level;
	const char *port;
	uint64_t seen;
};

static void nothing(
	void *state, struct rte_mbuf **in, unsigned n, struct weir_out *out)
{
}

static void no_task(void *state, struct weir_stage_io *io)
{
}

static void no_drain(void *state, struct weir_out *out)
{
}

static struct weir_stage sound(const char *type)
{
	return (struct weir_stage){
		.abi = WEIR_STAGE_ABI,
		.type = type,
		.help = "is sound",
		.state_size = sizeof(struct state),
		.options = {WEIR_OPTION_U32(
			struct state, level, "level", 1, "a level")},
		.outputs = {"yes", "no"},
		.drops = {"late"},
		.counters = {{"seen", "packets", offsetof(struct state, seen),
			"what it saw"}},
		.kernel = nothing,
	};
}

static void expect_fault(const struct weir_stage *stage, const char *words)
{
	struct weir_error e = {0};

	cr_expect_eq(weir_stage_register(stage, &e), -EINVAL);
	cr_expect_str_eq(e.text, words);
	cr_expect_null(weir_stage_at(0));
}

Test(stage_registry, stages_are_found_by_type_and_listed_in_order)
{
	static struct weir_stage b, a, c;

	b = sound("bb");
	a = sound("aa");
	c = sound("cc");
	cr_assert_eq(weir_stage_register(&b, NULL), 0);
	cr_assert_eq(weir_stage_register(&c, NULL), 0);
	cr_assert_eq(weir_stage_register(&a, NULL), 0);
	cr_expect_eq(weir_stage_find("aa"), &a);
	cr_expect_null(weir_stage_find("ab"));
	cr_expect_eq(weir_stage_at(0), &a);
	cr_expect_eq(weir_stage_at(1), &b);
	cr_expect_eq(weir_stage_at(2), &c);
	cr_expect_null(weir_stage_at(3));
	cr_expect_eq(weir_stage_output_count(&a), 2);
	cr_expect_eq(weir_stage_drop_count(&a), 1);
}

Test(stage_registry, a_type_cannot_be_there_twice)
{
	static struct weir_stage stage, other;
	struct weir_error e = {0};

	stage = sound("once");
	other = sound("once");
	cr_assert_eq(weir_stage_register(&stage, &e), 0);
	cr_assert_eq(weir_stage_register(&stage, &e), 0);
	cr_expect_null(weir_stage_at(1), "the same again does nothing");
	cr_expect_eq(weir_stage_register(&other, &e), -EEXIST);
	cr_expect_str_eq(e.text, "stage type 'once' is there already: give it "
				 "another name");
}

Test(stage_registry, another_abi_is_refused_by_its_number_alone)
{
	struct weir_stage stage;

	memset(&stage, 0xff, sizeof(stage));
	stage.abi.number = 2;
	expect_fault(&stage, "a stage was built for stage ABI 2, this weir has "
			     "ABI 1: build it again with this weir's headers");
}

static void expect_other_size(struct weir_stage *stage)
{
	char words[256];

	snprintf(words, sizeof(words),
		"a stage was built for stage ABI 1 of another weir and has %u "
		"bytes to say where this one reads %zu: build it again with "
		"this weir's headers",
		stage->abi.size, sizeof(*stage));
	expect_fault(stage, words);
}

Test(stage_registry, what_an_older_stage_lacks_is_zero)
{
	static struct weir_stage old, tiny;
	const struct weir_stage *found;

	tiny = sound("old");
	tiny.abi.size = offsetof(struct weir_stage, kernel);
	expect_other_size(&tiny);
	old = sound("old");
	old.abi.size = offsetof(struct weir_stage, held);
	memset((char *)&old + old.abi.size, 0xff, sizeof(old) - old.abi.size);
	cr_assert_eq(weir_stage_register(&old, NULL), 0);
	cr_assert_eq(weir_stage_register(&old, NULL), 0);
	found = weir_stage_find("old");
	cr_assert_not_null(found);
	cr_expect_eq(found->kernel, nothing);
	cr_expect_null(found->held);
	cr_expect_null(found->report);
}

Test(stage_registry, a_newer_stage_will_do_while_it_uses_nothing_newer)
{
	static struct {
		struct weir_stage stage;
		uint64_t newer[2];
	} there, not_there;

	not_there.stage = sound("newer");
	not_there.stage.abi.size = sizeof(not_there);
	not_there.newer[1] = 1;
	expect_other_size(&not_there.stage);
	there.stage = sound("newer");
	there.stage.abi.size = sizeof(there);
	cr_assert_eq(weir_stage_register(&there.stage, NULL), 0);
	cr_expect_eq(weir_stage_find("newer"), &there.stage);
}

Test(stage_registry, exactly_one_of_kernel_and_task_is_wanted)
{
	struct weir_stage stage = sound("one");

	stage.kernel = NULL;
	expect_fault(&stage, "stage type 'one' has neither kernel nor task: "
			     "set one of them");
	stage.kernel = nothing;
	stage.task = no_task;
	expect_fault(&stage, "stage type 'one' has both kernel and task: set "
			     "one of them");
}

Test(stage_registry, what_names_outputs_is_an_option_of_texts)
{
	struct weir_stage stage = sound("names");

	stage.outputs_from = "no";
	expect_fault(&stage,
		"stage type 'names': option 'no' names outputs, so it must be "
		"there, hold texts and not be live");
}

Test(stage_registry, names_are_legal_and_unique)
{
	struct weir_stage stage = sound("Bad");

	expect_fault(
		&stage, "stage type 'Bad': a type is made of a-z, 0-9 and '_'");
	stage = sound("twice");
	stage.outputs[1] = "yes";
	expect_fault(&stage, "stage type 'twice': output 'yes' stands twice");
	stage.outputs[1] = "a.b";
	expect_fault(&stage, "stage type 'twice': output 'a.b' is not made of "
			     "a-z, 0-9 and '_'");
	stage.outputs[1] = NULL;
	stage.outputs[2] = "lost";
	expect_fault(&stage, "stage type 'twice': output 'lost' stands behind "
			     "the table's end");
	stage = sound("many");
	for (unsigned i = 0; i < WEIR_STAGE_NAMES; i++)
		stage.drops[i] = "full";
	expect_fault(&stage, "stage type 'many': drop 'full' is one too many: "
			     "the last entry ends the table");
}

Test(stage_registry, options_and_counters_do_not_shadow_the_common_ones)
{
	struct weir_stage stage = sound("shadow");

	stage.options[0].name = "inputs";
	expect_fault(&stage, "stage type 'shadow': option 'inputs' has a name "
			     "that every stage has already");
	stage.options[0].name = "port";
	expect_fault(&stage, "stage type 'shadow': option 'port' names a port, "
			     "so it must be a text");
	stage = sound("shadow");
	stage.counters[0].name = "held";
	expect_fault(&stage, "stage type 'shadow': counter 'held' has a name "
			     "that every stage has already");
	stage.counters[0].name = "seen";
	stage.counters[0].offset = sizeof(struct state) - 4;
	expect_fault(&stage, "stage type 'shadow': counter 'seen' lies outside "
			     "the state");
}

Test(stage_registry, what_does_not_go_together_is_refused)
{
	struct weir_stage stage = sound("odd");

	stage.drain = no_drain;
	expect_fault(&stage, "stage type 'odd' has drain without held or "
			     "ended, which say when it is done");
	stage = sound("odd");
	stage.source = true;
	stage.outputs[0] = stage.outputs[1] = NULL;
	expect_fault(&stage, "stage type 'odd' is a source without outputs");
	stage = sound("odd");
	stage.out_max[2] = 3;
	expect_fault(&stage, "stage type 'odd' has an out_max for an output "
			     "that it lacks");
	stage = sound("odd");
	stage.options[0].preset = "high";
	expect_fault(&stage, "stage type 'odd': default of option 'level': "
			     "'high' is not a number: write 12, 0x10, 4k or "
			     "4Ki");
}
