// SPDX-License-Identifier: BSD-3-Clause
//
// What is too much, or too little, is refused with the number that would do.
#include "plan/made.h"

TestSuite(limits, .init = begin, .fini = end);

Test(limits, more_ways_than_an_output_can_have_are_refused)
{
	add("rx", &source);
	then("shard", &spread);
	then("web", &plain)->replicas = WEIR_STAGE_WAYS_MAX + 1;
	refuse("f.yaml:12:20: error: 'shard' would have more than 256 ways");
}

Test(limits, more_users_of_a_port_than_it_has_queues_are_named)
{
	static struct weir_port_driver driver;
	static struct weir_config_port port = {.name = "out",
		.kind = "file",
		.driver = &driver,
		.traits = {.queues_max = 1}};

	config.ports = &port;
	config.port_count = 1;
	add("rx", &source);
	then("one", &sink)->port = 0;
	add("two", &source);
	then("another", &sink)->port = 0;
	refuse("f.yaml:13:3: error: port 'out' (file) has 1 queue, but "
	       "'another' would be number 2 to use it; merge");
}

Test(limits, more_instances_than_can_be_are_refused_before_memory_is)
{
	add("rx", &source)->replicas = 70000;
	then("tx", &sink)->replicas = 70000;
	refuse("f.yaml: error: 140000 instances and 4900000000 edges are too "
	       "many");
}

Test(limits, too_few_packets_for_who_copies_are_refused)
{
	config.runtime.packets = 64;
	add("rx", &source);
	then("tee", &copy);
	then("tx", &sink);
	refuse("runtime.packets is 64, but a stage that copies needs");
}

Test(limits, fewer_packets_are_taken_as_said_where_nobody_copies)
{
	config.runtime.packets = 64;
	add("rx", &source);
	then("tx", &sink);
	make(&two_cpus);
	cr_assert_eq(plan->packet_count, 64);
}

Test(limits, more_than_any_machine_holds_is_refused)
{
	config.runtime.packets = UINT32_MAX;
	add("rx", &source);
	then("tx", &sink);
	refuse("4294967295 packets of 2048 bytes are more than a machine "
	       "holds");
}

Test(limits, more_memory_than_this_machine_has_is_refused)
{
	config.runtime.memory_size = 1ull << 50;
	add("rx", &source);
	then("tx", &sink);
	refuse("f.yaml: error: this needs 1073741824 MiB");
}
