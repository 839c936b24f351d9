// SPDX-License-Identifier: BSD-3-Clause
//
// The world, for the sources of the simulator: who lives in it, and what all of
// them may call.
#ifndef TESTS_SIM_WORLD_H
#define TESTS_SIM_WORLD_H

#include "sim.h"

#include "base/random.h"
#include "chan/chan.h"
#include "reactor/reactor.h"
#include "task/executor.h"
#include "task/task.h"
#include "task/wait.h"

// Which executor turns next.
enum sim_policy {
	SIM_RANDOM,
	SIM_ROUND_ROBIN,
	SIM_ADVERSARIAL, // who waits longest comes last; time leaps
	SIM_POLICIES,
};

#define SIM_EXECUTORS 4
#define SIM_STACKS 20
#define SIM_PRODUCERS 3
#define SIM_WORKERS 4
#define SIM_SINKS 2
#define SIM_ACTORS (SIM_PRODUCERS + SIM_WORKERS + SIM_SINKS)
#define SIM_PACKETS 60 // of each producer
#define SIM_BURST 4
#define SIM_JOBS 2
#define SIM_PIPES 8
#define SIM_SEGMENTS 12

struct sim_packet {
	enum sim_fate fate;
	unsigned producer, number, worker;
};

// A channel between actors, with books of its own.
struct sim_pipe {
	struct weir_channel *channel; // NULL: the last handle is gone
	unsigned handles, senders, receivers;
	unsigned reserved; // permits in somebody's hands
	unsigned reserved_ever;
	bool many_tx, many_rx, permits;
	unsigned wanting; // that reserve more than one
	struct sim_overdue {
		bool is;
		uint64_t since; // turn of its executor
		uint64_t who, done;
	} overdue[SIM_EXECUTORS][3]; // each side of each place
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
	struct sim_pipe *in, *out;
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
	struct weir_reactor *reactors[SIM_EXECUTORS]; // those that are some
	bool sleeps[SIM_EXECUTORS]; // when it has nothing to do
	uint64_t turned[SIM_EXECUTORS];
	unsigned executor_count, spread; // all, those of the actors
	struct weir_scope scope;
	uint64_t scope_deadline;
	struct sim_actor producers[SIM_PRODUCERS], workers[SIM_WORKERS],
		sinks[SIM_SINKS];
	unsigned producer_count, worker_count, sink_count, actors_started;
	struct sim_packet packets[SIM_PRODUCERS][SIM_PACKETS];
	unsigned packet_count; // of each producer
	struct sim_pipe pipes[SIM_PIPES];
	unsigned pipe_count;
	struct weir_segments *segments;
	unsigned last[SIM_PRODUCERS][SIM_WORKERS][SIM_SINKS]; // number + 1
	struct sim_job jobs[SIM_JOBS];
	unsigned scopes_open;
	uint32_t kinds;		  // of play that this world has
	unsigned playing, played; // now, so far
	bool spurious;		  // some are woken for nothing
	bool patient;		  // nobody gives up waiting or is cancelled
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

// The lives of the actors.
void sim_produce(void *arg);
void sim_work(void *arg);
void sim_sink(void *arg);

// sim_send_all sends a burst, however long it takes, in ways that it draws.
// False when it cannot; then what is left was kept. sim_recv_some receives a
// burst of SIM_BURST at most; 0 when nothing more comes.
bool sim_send_all(
	struct sim_actor *actor, struct sim_packet **burst, unsigned count);
unsigned sim_recv_some(struct sim_actor *actor, struct sim_packet **burst);

// sim_join connects senders to receivers: pairs with a channel each, or all
// through one.
void sim_join(struct sim_actor *senders, unsigned sender_count,
	struct sim_actor *receivers, unsigned receiver_count);

// sim_tx_close and sim_rx_close give up an actor's end; twice is harmless.
void sim_tx_close(struct sim_actor *actor);
void sim_rx_close(struct sim_actor *actor);

// sim_tx_weaken and sim_rx_weaken have an actor hold its end weakly for a while,
// where the class allows it. False when it has none after that: nobody else held
// it.
bool sim_tx_weaken(struct sim_actor *actor);
bool sim_rx_weaken(struct sim_actor *actor);

// sim_pipes_look looks at each channel: between two steps its books are exact.
void sim_pipes_look(void);

// sim_rest does now and then what a task may do while it holds something: sleep,
// yield, take long. sim_pause does what it may do between two operations, plays
// too. False when the task is cancelled.
bool sim_rest(struct weir_executor *executor);
bool sim_pause(struct weir_executor *executor);

// sim_patience draws a deadline, or never: of what is given up. sim_alarm draws
// one of what is tried again, so also where nobody gives up.
uint64_t sim_patience(void);
uint64_t sim_alarm(void);

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
