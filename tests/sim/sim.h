// SPDX-License-Identifier: BSD-3-Clause
//
// A simulator: a whole world of executors, channels and fake ports, made from a
// seed and stepped in one thread under virtual time.
//
//	producers ─▶ | front | ─▶ workers ─▶ | back | ─▶ sinks ─▶ fake port
//
// The seed draws how many there are of each, on which executors, over what
// channels of few slots, when the port is full, who closes early, who is
// cancelled when, and which executor turns next. The same seed makes the same
// world and the same history.
//
// What must hold in each: every packet is accounted for once (delivered,
// dropped, released or kept by who was cancelled); those of one producer by way
// of one worker reach a sink in order; who is runnable runs within two turns;
// all tasks end.
#ifndef TESTS_SIM_SIM_H
#define TESTS_SIM_SIM_H

#include "base/random.h"
#include "chan/chan.h"
#include "task/executor.h"
#include "task/task.h"
#include "task/wait.h"

#include <stdbool.h>
#include <stdint.h>

// Which executor turns next.
enum sim_policy {
	SIM_RANDOM,
	SIM_ROUND_ROBIN,
	SIM_ADVERSARIAL, // starves one after the other, lets time leap
	SIM_POLICIES,
};

// What became of a packet. The first two are open, the others final.
enum sim_fate {
	SIM_UNMADE,
	SIM_ALIVE,
	SIM_DELIVERED,
	SIM_DROPPED,
	SIM_RELEASED,
	SIM_KEPT, // by who could not send it
	SIM_FATES,
};

// What one run came to.
struct sim_report {
	char fault[160];	   // "" when all held
	uint64_t trace;		   // of everything that happened, in order
	unsigned fates[SIM_FATES]; // how many packets
	unsigned turns;
};

// sim_run runs the world of seed; false when something did not hold. With
// forget_wakes the fake port forgets some of its wakeups: to see that the
// simulator notices.
bool sim_run(uint64_t seed, bool forget_wakes, struct sim_report *report);

// ---- for the sources of the simulator ----

#define SIM_EXECUTORS 4
#define SIM_PRODUCERS 3
#define SIM_WORKERS 4
#define SIM_SINKS 2
#define SIM_PACKETS 60 // of each producer
#define SIM_BURST 4

struct sim_packet {
	enum sim_fate fate;
	unsigned producer, number, worker;
};

// A fake port takes packets while it has room; its "hardware" makes room when
// the scheduler says so, and tells the port's executor by a post.
struct sim_port {
	struct weir_executor *executor;
	struct weir_wait_queue waiters;
	struct weir_post post;
	unsigned room;
	bool posted;
};

// A task of the world and its ends.
struct sim_actor {
	unsigned id;
	struct weir_executor *executor;
	struct weir_rx rx;
	struct weir_tx tx;
	struct sim_port port;
	unsigned most; // packets that it takes before it goes home
};

struct sim_world {
	struct weir_random random;
	enum sim_policy policy;
	uint64_t now;
	struct weir_clock clock;
	struct weir_executor *executors[SIM_EXECUTORS];
	unsigned executor_count;
	struct weir_scope scope;
	uint64_t scope_deadline;
	struct sim_actor producers[SIM_PRODUCERS], workers[SIM_WORKERS],
		sinks[SIM_SINKS];
	unsigned producer_count, worker_count, sink_count;
	struct sim_packet packets[SIM_PRODUCERS][SIM_PACKETS];
	unsigned packet_count; // of each producer
	unsigned last[SIM_PRODUCERS][SIM_WORKERS][SIM_SINKS]; // number + 1
	bool patient; // nobody gives up waiting or is cancelled
	bool forget_wakes;
	bool ended;
	struct sim_report *report;
};

extern struct sim_world sim;

// sim_below draws a number below bound.
unsigned sim_below(unsigned bound);

// sim_fault says what did not hold; the first one stays.
__attribute__((format(printf, 1, 2))) void sim_fault(const char *format, ...);

// sim_note enters an event in the trace.
void sim_note(uint64_t event);

// sim_settle gives an open packet its fate.
void sim_settle(struct sim_packet *packet, enum sim_fate fate);

// sim_populate draws the world's actors and channels; the tasks are started by
// sim_main, the first task.
void sim_populate(void);
void sim_main(void *arg);

// sim_port_init gives actor's port to its executor. sim_port_put answers
// whether the port took a packet; sim_port_wait waits for room.
// sim_port_interrupt is the hardware.
void sim_port_init(struct sim_port *port, struct weir_executor *executor);
bool sim_port_put(struct sim_port *port);
int sim_port_wait(struct sim_port *port, uint64_t deadline);
void sim_port_interrupt(struct sim_port *port);

#endif
