// SPDX-License-Identifier: BSD-3-Clause
//
// Prints what a stage and the weir that loads it must agree on, a line each:
// where fields lie that both touch, how large elements of arrays are. Structs
// that only ever are handed over by a pointer may grow.
#include <stdio.h>
#include <weir/weir.h>

#define SIZE(name) printf("%s: %zu bytes\n", #name, sizeof(struct name))
#define FIELD(name, field) \
	printf("%s.%s: %zu\n", #name, #field, offsetof(struct name, field))
#define NUMBER(name) printf("%s: %d\n", #name, name)

static void print_stage(void)
{
	FIELD(weir_stage, abi);
	FIELD(weir_stage, type);
	FIELD(weir_stage, help);
	FIELD(weir_stage, state_size);
	FIELD(weir_stage, options);
	FIELD(weir_stage, outputs);
	FIELD(weir_stage, drops);
	FIELD(weir_stage, counters);
	FIELD(weir_stage, out_max);
	FIELD(weir_stage, ways);
	FIELD(weir_stage, source);
	FIELD(weir_stage, writes);
	FIELD(weir_stage, ethernet);
	FIELD(weir_stage, no_replicas);
	FIELD(weir_stage, check);
	FIELD(weir_stage, init);
	FIELD(weir_stage, fini);
	FIELD(weir_stage, kernel);
	FIELD(weir_stage, task);
	FIELD(weir_stage, tick);
	FIELD(weir_stage, room);
	FIELD(weir_stage, drain);
	FIELD(weir_stage, held);
	FIELD(weir_stage, held_now);
	FIELD(weir_stage, keeps);
	FIELD(weir_stage, ended);
	FIELD(weir_stage, prepare);
	FIELD(weir_stage, commit);
	FIELD(weir_stage, retire);
	FIELD(weir_stage, report);
	FIELD(weir_stage, drops_asked);
}

static void print_others(void)
{
	SIZE(weir_option);
	FIELD(weir_option, name);
	FIELD(weir_option, type);
	FIELD(weir_option, offset);
	FIELD(weir_option, preset);
	FIELD(weir_option, min);
	FIELD(weir_option, max);
	FIELD(weir_option, choices);
	FIELD(weir_option, zero);
	FIELD(weir_option, help);
	FIELD(weir_option, live);
	SIZE(weir_stage_counter);
	FIELD(weir_stage_counter, name);
	FIELD(weir_stage_counter, unit);
	FIELD(weir_stage_counter, offset);
	FIELD(weir_stage_counter, help);
	FIELD(weir_out, lanes);
	FIELD(weir_out, first);
	FIELD(weir_out, trash);
	FIELD(weir_out, dropped);
	FIELD(weir_out, made);
	FIELD(weir_out, consumed);
	FIELD(weir_out, now);
	FIELD(weir_out, executor);
	SIZE(weir_lane);
	FIELD(weir_lane, packets);
	FIELD(weir_lane, count);
	FIELD(weir_lane, size);
	FIELD(weir_lane, room);
	FIELD(weir_stage_setup, name);
	FIELD(weir_stage_setup, index);
	FIELD(weir_stage_setup, replicas);
	FIELD(weir_stage_setup, ways);
	FIELD(weir_stage_setup, port);
	FIELD(weir_stage_setup, port_queue);
	FIELD(weir_stage_setup, clock);
	FIELD(weir_stage_setup, pool);
	FIELD(weir_stage_setup, segment);
	FIELD(weir_stage_setup, node);
	FIELD(weir_stage_setup, sampled_first);
	FIELD(weir_stage_setup, seed);
	FIELD(weir_report_rows, row);
	FIELD(weir_report_rows, top);
	FIELD(weir_packet, time_ns);
	FIELD(weir_packet, original_size);
	FIELD(weir_packet, link_type);
	FIELD(weir_packet, interface);
}

int main(void)
{
	NUMBER(WEIR_BURST);
	NUMBER(WEIR_STAGE_OPTIONS);
	NUMBER(WEIR_STAGE_NAMES);
	print_stage();
	print_others();
	return 0;
}
