// SPDX-License-Identifier: BSD-3-Clause
//
// A simulator: a whole world of executors, channels, locks, fake ports and a
// lane, made from a seed and stepped in one thread under virtual time.
//
//	producers ─▶ | front | ─▶ workers ─▶ | back | ─▶ sinks ─▶ fake port
//	    │                     ▲ │ ▲                    │
//	    │                     │ ▼ │                    │
//	    │                     lane│                    │
//	    └───────────┬─────────────┴────────────────────┘
//	                ▼ between two operations any of them plays:
//	   nests of scopes · one-shots · broadcasts · latest values · selects
//	   ready sets · steppers · joins · intervals · shields · questions to an
//	   owner · mutex, rwlock, semaphore, event, barrier, once, gate ·
//	   descriptors, where the executor is a reactor
//
// The seed draws how many there are of each, on which executors, which of these
// sleep when they have nothing to do, over what channels of few slots whose
// indices are about to wrap, by which ways they send and receive (bursts, tries,
// permits, selects, sets), when the port and the lane are full, who closes
// early, who is cancelled when and by whom, whose step takes long, who is woken
// for nothing, and which executor turns next. The same seed makes the same world
// and the same history.
//
// What must hold in each, looked at after every turn:
//
//	packets     each is accounted for once (delivered, dropped, released or
//	            kept by who was cancelled); those of one producer by way of
//	            one worker reach a sink in order
//	channels    hold no more than they can; messages, permits that are out
//	            and free credits are the capacity
//	fairness    a step that is runnable before a turn runs in it, one that
//	            becomes so in a turn's steps, or is woken there, in the next
//	ends        all scopes close and all tasks end; then all stacks, records
//	            of children, segments and jobs are back
//
// and what each kind of play promises: its source begins with that. A world in
// which a mistake is planted (enum sim_plant) must be found out.
#ifndef TESTS_SIM_SIM_H
#define TESTS_SIM_SIM_H

#include <stdbool.h>
#include <stdint.h>

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
	SIM_FORGET_WAKES,  // the port makes room and tells nobody
	SIM_FORGET_JOBS,   // the lane does a job and tells nobody
	SIM_LOSE,	   // a worker loses a packet
	SIM_DOUBLE,	   // a worker sends a packet twice
	SIM_REORDER,	   // a worker turns a burst round
	SIM_UNFAIR,	   // a step is passed over
	SIM_LEAK_JOBS,	   // a job that was given up is never given back
	SIM_KEEP_PERMITS,  // permits are not dropped
	SIM_DROP_SILENTLY, // or dropped, and nobody woken for the room
	SIM_STRONG_WEAKS,  // a weak handle keeps its channel open
	SIM_LOSER_SENDS,   // a branch that was not served sends all the same
	SIM_LOSER_TAKES,   // or takes a message
	SIM_FAVOUR,	   // a branch is served out of turn
	SIM_DAWDLE,	   // who was sent to runs late
	SIM_SEND_AND_KEEP, // what was sent by a one-shot is still the sender's
	SIM_SKIP_VALUES,   // a receiver of a broadcast leaves out values
	SIM_FORGET_MISSED, // or does not say how many it missed
	SIM_TEAR,	   // a latest value is written in parts
	SIM_READ_OLD,	   // or an older one read
	SIM_STEP_OVER,	   // a stepper loses a token
	SIM_JOIN_EARLY,	   // who joins a child does not wait for its end
	SIM_BEAT_EARLY,	   // an interval is early
	SIM_THIN_SHIELD,   // a shield holds less long than it says
	SIM_ANSWER_ONLY,   // a question is answered, and nothing done
	SIM_NO_LOCK,	   // somebody is inside a mutex without it
	SIM_WRITE_AS_READER, // who writes locks to read
	SIM_KEEP_SEMAPHORE,  // a permit of a semaphore does not come back
	SIM_LEAVE_LINE,	     // who gave up in its line says so to nobody
	SIM_DEAF,	     // who waits on an event waits on
	SIM_PASS_ALONE,	     // who gave up at a barrier passes
	SIM_DO_TWICE,	     // what is done once is done again
	SIM_GATE_CRASH,	     // somebody goes through a closed gate
	SIM_SWALLOW,	// what the system told of a descriptor is not heard
	SIM_LOSE_BYTES, // a byte that was read is lost
	SIM_IMPATIENT,	// a deadline is earlier than was said
	SIM_LOSE_CONNECTION, // a connection is not counted
	SIM_PLANTS,
};

// The ways of an end, besides the plain ones.
enum sim_way {
	SIM_ON_PERMITS,
	SIM_SEND_SELECTS,
	SIM_RECV_SELECTS,
	SIM_RECV_SETS,
	SIM_UPGRADES,
	SIM_WAYS
};

// The kinds of play, in the order of the table in play.c.
#define SIM_KINDS 18
#define SIM_MUTEX_KIND 10

// What one run came to.
struct sim_report {
	char fault[160];	   // "" when all held
	uint64_t trace;		   // of everything that happened, in order
	unsigned fates[SIM_FATES]; // how many packets
	unsigned ways[SIM_WAYS];   // times that they moved something
	unsigned plays[SIM_KINDS];
	unsigned turns, slept, wraps, scopes, cancels, jobs, abandoned, full,
		oneshots, missed, served, steps, joins, beats, shields,
		questions;
};

// sim_run runs the world of seed, with a mistake planted; false when something
// did not hold.
bool sim_run(uint64_t seed, enum sim_plant plant, struct sim_report *report);

#endif
