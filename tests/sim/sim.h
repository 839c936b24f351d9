// SPDX-License-Identifier: BSD-3-Clause
//
// A simulator: a whole world of executors, channels, fake ports and a lane, made
// from a seed and stepped in one thread under virtual time.
//
//	producers ─▶ | front | ─▶ workers ─▶ | back | ─▶ sinks ─▶ fake port
//	                          ▲ │ nests of scopes and children
//	                          │ ▼
//	                          lane
//
// The seed draws how many there are of each, on which executors, which of these
// sleep when they have nothing to do, over what channels of few slots whose
// indices are about to wrap, when the port and the lane are full, who closes
// early, who is cancelled when and by whom, whose step takes long, who is woken
// for nothing, and which executor turns next. The same seed makes the same world
// and the same history.
//
// What must hold in each: every packet is accounted for once (delivered,
// dropped, released or kept by who was cancelled); those of one producer by way
// of one worker reach a sink in order; a step that is runnable before a turn
// runs in it, one that becomes so in a turn's steps in the next; a channel never
// holds more than it can; all scopes close and all tasks end; at the end all
// stacks, records of children and jobs are back.
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
	SIM_ADVERSARIAL, // who waits longest comes last; time leaps
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

// Mistakes that the world makes now and then, to see that they are noticed.
enum sim_plant {
	SIM_NO_PLANT,
	SIM_FORGET_WAKES, // the port makes room and tells nobody
	SIM_FORGET_JOBS,  // the lane does a job and tells nobody
	SIM_LOSE,	  // a worker loses a packet
	SIM_DOUBLE,	  // a worker sends a packet twice
	SIM_REORDER,	  // a worker turns a burst round
	SIM_UNFAIR,	  // a step is passed over
	SIM_LEAK_JOBS,	  // a job that was given up is never given back
	SIM_PLANTS,
};

// What one run came to.
struct sim_report {
	char fault[160];	   // "" when all held
	uint64_t trace;		   // of everything that happened, in order
	unsigned fates[SIM_FATES]; // how many packets
	unsigned turns, slept, wraps, scopes, cancels, jobs, abandoned, full;
};

// sim_run runs the world of seed, with a mistake planted; false when something
// did not hold.
bool sim_run(uint64_t seed, enum sim_plant plant, struct sim_report *report);

// ---- for the sources of the simulator ----

#define SIM_EXECUTORS 4
#define SIM_STACKS 20
#define SIM_PRODUCERS 3
#define SIM_WORKERS 4
#define SIM_SINKS 2
#define SIM_ACTORS (SIM_PRODUCERS + SIM_WORKERS + SIM_SINKS)
#define SIM_PACKETS 60 // of each producer
#define SIM_BURST 4
#define SIM_JOBS 2

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

// A job of the lane: it has its packet from submit until it is done, and is
// answered late, by a post.
struct sim_job {
	struct weir_executor *executor;
	struct weir_wait_queue waiters;
	struct weir_post post;
	struct sim_packet *packet;
	bool taken, queued, done, abandoned;
};

// A task of the world and its ends.
struct sim_actor {
	unsigned id;
	struct weir_executor *executor;
	void (*fn)(void *arg);
	bool ran;
	struct weir_rx rx;
	struct weir_tx tx;
	struct sim_port port;
	unsigned most; // packets that it takes before it goes home
};

struct sim_world {
	struct weir_random random;
	enum sim_policy policy;
	enum sim_plant plant;
	uint64_t now;
	struct weir_clock clock;
	struct weir_executor *executors[SIM_EXECUTORS];
	bool sleeps[SIM_EXECUTORS]; // when it has nothing to do
	uint64_t turned[SIM_EXECUTORS];
	unsigned executor_count;
	struct weir_scope scope;
	uint64_t scope_deadline;
	struct sim_actor producers[SIM_PRODUCERS], workers[SIM_WORKERS],
		sinks[SIM_SINKS];
	unsigned producer_count, worker_count, sink_count, actors_started;
	struct sim_packet packets[SIM_PRODUCERS][SIM_PACKETS];
	unsigned packet_count; // of each producer
	unsigned last[SIM_PRODUCERS][SIM_WORKERS][SIM_SINKS]; // number + 1
	struct sim_job jobs[SIM_JOBS];
	unsigned scopes_open;
	bool spurious; // some are woken for nothing
	bool patient;  // nobody gives up waiting or is cancelled
	bool ended;
	struct sim_report *report;
};

extern struct sim_world sim;

// sim_below draws a number below bound.
unsigned sim_below(unsigned bound);

// sim_planted tells whether to make the mistake plant now: one time in odds.
bool sim_planted(enum sim_plant plant, unsigned odds);

// sim_in answers the deadline some ticks from now.
uint64_t sim_in(uint64_t ticks);

// sim_fault says what did not hold; the first one stays.
__attribute__((format(printf, 1, 2))) void sim_fault(const char *format, ...);

// sim_note enters an event in the trace.
void sim_note(uint64_t event);

// sim_settle gives an open packet its fate.
void sim_settle(struct sim_packet *packet, enum sim_fate fate);

// sim_actors_all tells whether all actors of the world have begun: until then
// nobody else takes a stack.
bool sim_actors_all(void);

// sim_populate draws the world's actors and channels; the tasks are started by
// sim_main, the first task.
void sim_populate(void);
void sim_main(void *arg);

// sim_pause does now and then what a task may do between two operations. False
// when the task is cancelled.
bool sim_pause(struct weir_executor *executor);

// sim_patience draws a deadline, or never.
uint64_t sim_patience(void);

// sim_probes_init puts probes on each executor that see when they run.
// sim_probe_maybe makes one runnable before a turn of executor i, sim_probe_here
// one in a step.
void sim_probes_init(void);
void sim_probe_maybe(unsigned i);
void sim_probe_here(struct weir_executor *executor);

// sim_next_executor answers who turns next.
unsigned sim_next_executor(void);

// sim_asleep tells whether executor i sleeps: nothing was posted to it, nothing
// is runnable, watched or due.
bool sim_asleep(unsigned i);

// sim_nest opens a scope in the calling task with children here and elsewhere,
// some of which nest in turn, fail, or cancel it; and closes it. False when the
// task is cancelled.
bool sim_nest(struct weir_executor *executor, unsigned depth);

// sim_lane_do has the lane do a job with the packet for the calling task, on
// executor. Answers whether it is the caller's again; if not, it was released,
// or will be. sim_lane_work is the lane's thread, sim_lane_idle tells whether
// nobody has a job.
bool sim_lane_do(struct weir_executor *executor, struct sim_packet *packet);
void sim_lane_work(void);
bool sim_lane_idle(void);

// sim_port_init gives actor's port to its executor. sim_port_put answers
// whether the port took a packet; sim_port_wait waits for room.
// sim_port_interrupt is the hardware.
void sim_port_init(struct sim_port *port, struct weir_executor *executor);
bool sim_port_put(struct sim_port *port);
int sim_port_wait(struct sim_port *port, uint64_t deadline);
void sim_port_interrupt(struct sim_port *port);

#endif
