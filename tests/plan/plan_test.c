// SPDX-License-Identifier: BSD-3-Clause
//
// The planner on configs made by hand, for machines made by hand.
#include "plan/made.h"

static const struct weir_plan_edge *edge(const char *from, const char *to)
{
	for (unsigned e = 0; e < plan->edge_count; e++)
		if (!strcmp(plan->instances[plan->edges[e].from].name, from) &&
			!strcmp(plan->instances[plan->edges[e].to].name, to))
			return &plan->edges[e];
	cr_assert_fail("no edge %s -> %s", from, to);
	return NULL;
}

static unsigned lcore(const char *name)
{
	return plan->executors[find(name)->executor].id;
}

TestSuite(plan, .init = begin, .fini = end);

Test(plan, a_chain_is_fused_on_one_lcore)
{
	add("rx", &source);
	then("a", &plain);
	then("tx", &sink);
	make(&eight_cpus);
	cr_assert_eq(plan->executor_count, 1);
	cr_assert(find("rx")->root);
	cr_assert_not(find("a")->root);
	cr_assert_not(find("tx")->root);
	cr_assert_eq(edge("rx", "a")->join, WEIR_PLAN_FUSED);
	cr_assert_eq(plan->executors[0].cpu, 1);
}

static void add_sharded(void)
{
	struct weir_config_stage *web, *out;

	add("rx", &source);
	then("split", &spread);
	web = then("web", &two);
	web->replicas = 2;
	out = then("out", &plain);
	feed(out, web, 1);
	then("tx", &sink);
}

Test(plan, the_ways_of_a_shard_are_spread_over_lcores)
{
	add_sharded();
	make(&eight_cpus);
	cr_assert_neq(lcore("web[0]"), lcore("web[1]"));
	cr_assert_neq(lcore("web[0]"), lcore("rx"));
	cr_assert_eq(edge("split", "web[1]")->way, 1);
	cr_assert_eq(edge("split", "web[1]")->join, WEIR_PLAN_RING);
	cr_assert(edge("split", "web[1]")->across);
	cr_assert(find("out")->root);
	cr_assert_eq(plan->merge_bound, 3 * WEIR_BURST);
	for (unsigned x = 0; x < plan->executor_count; x++)
		cr_assert_not(plan->executors[x].shares_cpu);
}

Test(plan, with_two_cpus_all_lcore_work_is_fused_on_cpu_1)
{
	add_sharded();
	make(&two_cpus);
	cr_assert_eq(plan->executor_count, 1);
	cr_assert_eq(plan->executors[0].cpu, 1);
	for (unsigned e = 0; e < plan->edge_count; e++)
		cr_assert_eq(plan->edges[e].join, WEIR_PLAN_FUSED);
}

Test(plan, one_cpu_is_shared_with_housekeeping)
{
	add("rx", &source);
	then("tx", &sink);
	make(&one_cpu);
	cr_assert_eq(plan->executors[0].cpu, 0);
	cr_assert(plan->executors[0].shares_cpu);
}

Test(plan, place_lcore_gives_each_replica_its_own)
{
	add_sharded();
	stages[2].place = WEIR_PLACE_LCORE;
	make(&two_cpus);
	cr_assert_neq(lcore("web[0]"), lcore("web[1]"));
	cr_assert_neq(lcore("web[0]"), lcore("rx"));
	cr_assert(plan->executors[find("web[0]")->executor].shares_cpu);
}

Test(plan, a_thread_is_a_root_and_what_follows_is_not_on_it)
{
	add("rx", &source);
	then("slow", &plain)->place = WEIR_PLACE_THREAD;
	then("tx", &sink);
	make(&two_cpus);
	cr_assert_eq(
		plan->executors[find("slow")->executor].kind, WEIR_PLAN_THREAD);
	cr_assert_eq(
		plan->executors[find("tx")->executor].kind, WEIR_PLAN_LCORE);
	cr_assert(find("tx")->root);
}

Test(plan, place_channel_is_a_ring_on_the_same_lcore)
{
	add("rx", &source);
	then("seen", &plain)->place = WEIR_PLACE_CHANNEL;
	then("tx", &sink);
	make(&eight_cpus);
	cr_assert_eq(edge("rx", "seen")->join, WEIR_PLAN_RING);
	cr_assert_not(edge("rx", "seen")->across);
	cr_assert(find("seen")->root);
	cr_assert_str_eq(find("seen")->reason, "place: channel");
	cr_assert_eq(edge("seen", "tx")->join, WEIR_PLAN_FUSED);
}

Test(plan, a_source_has_no_channel_before_it)
{
	add("rx", &source)->place = WEIR_PLACE_CHANNEL;
	then("tx", &sink);
	refuse("f.yaml:10:3: error: 'rx' has no input: 'place: channel' "
	       "means nothing there; take it out");
}

Test(plan, an_edge_that_drops_is_a_ring_to_be_full_of)
{
	struct weir_config_stage *seen;

	add("rx", &source);
	seen = then("seen", &sink);
	seen->inputs[0].when_full = WEIR_WHEN_FULL_DROP_NEWEST;
	seen->inputs[0].depth = 4096;
	make(&two_cpus);
	cr_assert_eq(edge("rx", "seen")->join, WEIR_PLAN_RING);
	cr_assert_eq(edge("rx", "seen")->depth, 4096);
	cr_assert_not(edge("rx", "seen")->across);
}

Test(plan, a_task_and_what_follows_it_are_roots)
{
	add("rx", &source);
	then("ask", &waits);
	then("tx", &sink);
	make(&two_cpus);
	cr_assert(find("ask")->root);
	cr_assert(find("tx")->root);
}

Test(plan, a_copying_stage_has_a_way_for_each_consumer)
{
	struct weir_config_stage *tee;

	add("rx", &source);
	tee = then("tee", &copy);
	feed(add("a", &sink), tee, 0);
	feed(add("b", &sink), tee, 0);
	make(&two_cpus);
	cr_assert_eq(find("tee")->ways[0], 2);
	cr_assert_eq(edge("tee", "b")->way, 1);
}

Test(plan, equal_replicas_are_joined_one_to_one)
{
	add("rx", &source);
	then("split", &spread);
	then("a", &plain)->replicas = 3;
	then("b", &plain)->replicas = 3;
	then("tx", &sink);
	make(&eight_cpus);
	cr_assert_not_null(edge("a[2]", "b[2]"));
	cr_assert_eq(edge("a[2]", "b[2]")->join, WEIR_PLAN_FUSED);
	cr_assert_eq(find("a[0]")->ways[0], 1);
}

Test(plan, unequal_replicas_need_a_shard_between)
{
	add("rx", &source);
	then("split", &spread);
	then("a", &plain)->replicas = 3;
	then("b", &plain)->replicas = 2;
	refuse("f.yaml:13:20: error: 'a' has 3 instances and 'b' has 2");
}

Test(plan, a_cycle_is_refused_and_written_out)
{
	struct weir_config_stage *a, *b;

	add("rx", &source);
	a = then("a", &plain);
	b = then("b", &two);
	feed(a, b, 1);
	feed(add("tx", &sink), b, 0);
	refuse("f.yaml:");
	cr_assert(strstr(error.text, "a → b → a") ||
			  strstr(error.text, "b → a → b"),
		"said: %s", error.text);
}

Test(plan, an_lcore_that_does_not_exist_is_refused)
{
	add("rx", &source)->lcore = 9;
	then("tx", &sink);
	refuse("f.yaml:10:3: error: lcore 9 of stage 'rx' does not exist");
}

Test(plan, runtime_lcores_makes_more_lcores_than_cpus)
{
	config.runtime.lcores = 3;
	add("rx", &source)->lcore = 1;
	then("tx", &sink)->lcore = 3;
	make(&two_cpus);
	cr_assert_eq(lcore("tx"), 3);
	cr_assert_eq(plan->executors[find("tx")->executor].cpu, 1);
	cr_assert(plan->executors[find("tx")->executor].shares_cpu);
}

Test(plan, too_few_stated_lcores_for_those_that_want_their_own)
{
	config.runtime.lcores = 2;
	add("rx", &source);
	then("a", &plain)->place = WEIR_PLACE_LCORE;
	then("b", &plain)->place = WEIR_PLACE_LCORE;
	then("tx", &sink);
	refuse("f.yaml:12:3: error: there is no lcore left for 'b'");
}

Test(plan, fused_that_cannot_be_is_refused_with_the_reason)
{
	add("rx", &source);
	then("ask", &waits);
	then("tx", &sink)->place = WEIR_PLACE_FUSED;
	refuse("'tx' cannot be fused: a task is before it");
}

Test(plan, what_makes_packets_has_a_pool_of_its_own_on_a_thread)
{
	uint64_t memory;

	add("rx", &source);
	then("it", &plain)->place = WEIR_PLACE_THREAD;
	then("tx", &sink);
	make(&two_cpus);
	memory = plan->memory_size;
	cr_assert_not(plan->executors[find("it")->executor].own_pool);
	weir_plan_destroy(plan);
	stages[1].type = &writes;
	make(&two_cpus);
	cr_assert(plan->executors[find("it")->executor].own_pool);
	cr_assert_not(plan->executors[find("rx")->executor].own_pool);
	cr_assert_geq(plan->memory_size,
		memory + (uint64_t)plan->packet_count * 2048);
}

Test(plan, what_copies_or_is_a_source_has_one_too)
{
	add("rx", &source);
	stages[0].place = WEIR_PLACE_THREAD;
	then("tee", &copy)->place = WEIR_PLACE_THREAD;
	then("tx", &sink);
	make(&two_cpus);
	cr_assert(plan->executors[find("rx")->executor].own_pool);
	cr_assert(plan->executors[find("tee")->executor].own_pool);
}

Test(plan, what_uses_a_port_cannot_run_on_a_thread)
{
	static struct weir_port_driver driver;
	static struct weir_config_port port = {
		.name = "out", .kind = "null", .driver = &driver};

	config.ports = &port;
	config.port_count = 1;
	add("rx", &source);
	then("tx", &sink)->place = WEIR_PLACE_THREAD;
	stages[1].port = 0;
	refuse("'tx' cannot run on a thread: it uses a port");
}

Test(plan, too_little_memory_is_said_with_what_is_needed)
{
	config.runtime.memory_size = 1 << 20;
	add("rx", &source);
	then("tx", &sink);
	refuse("but runtime.memory is 1 MiB");
}

Test(plan, rings_find_room_in_the_pool)
{
	uint32_t small;

	add("rx", &source);
	then("a", &plain)->place = WEIR_PLACE_LCORE;
	then("tx", &sink);
	make(&two_cpus);
	small = plan->packet_count;
	weir_plan_destroy(plan);
	stages[1].inputs[0].depth = 100000;
	make(&two_cpus);
	cr_assert_geq(plan->packet_count, small + 98000);
}

Test(plan, an_output_that_the_file_drops_has_a_way_and_no_edge)
{
	struct weir_config_stage *web;

	add("rx", &source);
	web = then("web", &two);
	web->drop_rest[1] = true;
	then("tx", &sink);
	make(&two_cpus);
	cr_assert_eq(find("web")->ways[1], 1);
	cr_assert_eq(plan->edge_count, 2);
}
