// SPDX-License-Identifier: BSD-3-Clause
//
// Parking on a channel while it becomes one that several executors use, and
// who wakes: lib/chan/parking.h, "Who wakes" and "The change".
//
//	first:  an executor with a receiver and a sender of its own
//	others: two threads that each send one message
//
// What must hold: nobody waits for ever for what is there; the receiver gets
// what the others sent unless it gives up; the post finds its executor and its
// channel alive.
//
// of lib/chan/place.c: weir_side_park, weir_side_unpark, leave, share, shared_now, weir_side_push, place_owns
// of lib/chan/channel.c: weir_channel_leave
// of lib/task/wait.c: weir_watch_start, ask, weir_task_end_wait
// of lib/task/executor.c: turn, serve, weir_executor_post
//
// right ALONE: nobody else comes
// wrong NO_FENCE: parked is written and owner read without a fence between
// wrong LOOK_FIRST: the second reads parked before it writes owner
// wrong CHECK_ONCE: owner is checked before parked is written, and not again
// wrong NO_WATCH: the post does not start the watch
// wrong NO_PUSH: who sends on the waiter's own executor does not wake it
// wrong LEAVES_EARLY: a waiter leaves while the post is under way
// wrong LOOK_AND_LEAVE: a waiter looks for the post, then says that it leaves
// wrong COLD_FOR_EVER: a watch that found nothing once is not asked again

#ifdef NO_PUSH
#define ALONE
#endif

#define PROCS 3
#define VARS 2
#include "tso.inc"

#define OWNER 0
#define PARKED 1
#define FIRST 0 // values of owner
#define SHARING 1
#define SHARED 2

#define WANTED 2 // messages

byte held;	  // in the ring
byte handles = 3; // of the channel
bool freed;	  // the channel
bool posted;	  // to the first executor
bool waiting;	  // the receiver is in the queue
bool watching;	  // the watch is started
bool gone;	  // the first executor
bool ended;	  // the receiver

inline leave()
{
	d_step {
		assert(!freed);
		handles--;
		freed = handles == 0;
	}
}

inline wake()
{
	waiting = false;
	unparking = true
}

inline handle_posts()
{
	if
	:: posted ->
		atomic {
			posted = false;
			assert(!freed);
#ifndef NO_WATCH
			watching = watching || waiting;
#endif
		}
		store(0, OWNER, SHARED)
	:: else
	fi
}

inline ask_watches()
{
	if
	:: watching && !waiting -> watching = false
	:: watching && waiting && held > 0 -> wake()
#ifdef COLD_FOR_EVER
	:: watching && waiting && held == 0 -> watching = false
#else
	:: watching && waiting && held == 0
#endif
	:: !watching
	fi
}

inline send_here()
{
	if
	:: here > 0 && !ended ->
		load(0, OWNER, owner);
		atomic {
			here--;
			assert(!freed);
			held++;
		}
#ifndef NO_PUSH
		if
		:: owner == FIRST && waiting -> wake()
		:: else
		fi
#endif
	:: true
	fi
}

inline park()
{
#ifdef CHECK_ONCE
	load(0, OWNER, owner);
	store(0, PARKED, 1);
	fence(0);
#else
	store(0, PARKED, 1);
#ifndef NO_FENCE
	load(0, OWNER, owner);
	if
	:: owner != SHARED -> fence(0)
	:: else
	fi;
#endif
	load(0, OWNER, owner);
#endif
	if
	:: owner != FIRST -> watching = true
	:: else
	fi;
	parked = true;
	waiting = true
}

inline unpark()
{
	if
	:: !waiting && watching -> watching = false
	:: else
	fi;
#ifdef LOOK_AND_LEAVE
	load(0, OWNER, owner);
	if
	:: owner == SHARING -> goto next_turn
	:: else
	fi;
#endif
	if
	:: parked -> store(0, PARKED, 0); parked = false
	:: else
	fi;
	load(0, OWNER, owner);
	if
	:: owner != SHARED -> fence(0)
	:: else
	fi;
#if !defined(LEAVES_EARLY) && !defined(LOOK_AND_LEAVE)
	load(0, OWNER, owner);
	if
	:: owner == SHARING -> goto next_turn
	:: else
	fi;
#endif
	unparking = false;
	ended = given_up
}

inline receive()
{
	if
	:: waiting || ended
	:: !waiting && !ended && unparking -> unpark()
	:: !waiting && !ended && !unparking ->
		if
		:: atomic { held > 0 -> assert(!freed); held-- };
			got++;
			ended = got == WANTED
		:: else -> park()
		fi
	fi
}

// Turn after turn. The receiver may give up once, when it waits.
proctype first()
{
	byte owner, got, here = 1;
	bool parked, unparking, given_up;

	do
	:: !ended ->
		handle_posts();
		ask_watches();
		if
		:: waiting -> given_up = true; wake()
		:: true
		fi;
		send_here();
		receive();
next_turn:
		skip
	:: ended -> break
	od;
	leave();
	// The executor may go now: nothing is under way to it.
	atomic {
		assert(!posted);
		gone = true
	}
}

inline enter()
{
	load(self, OWNER, owner);
	if
	:: owner == FIRST ->
#ifdef LOOK_FIRST
		load(self, PARKED, parked);
#endif
		cas(self, OWNER, FIRST, SHARING, won);
		if
		:: won ->
#ifndef LOOK_FIRST
			fence(self);
			load(self, PARKED, parked);
#endif
			if
			:: parked == 0 -> store(self, OWNER, SHARED)
			:: else ->
				atomic {
					assert(!gone);
					posted = true
				}
			fi
		:: else
		fi
	:: else
	fi
}

proctype other(byte self)
{
	byte owner, parked;
	bool won;

	enter();
	atomic {
		assert(!freed);
		held++
	}
	fence(self); // the close counts down
	leave()
}

init
{
	atomic {
		run memory(0);
		run memory(1);
		run memory(2);
#ifndef ALONE
		run other(1);
		run other(2);
#endif
		run first()
	}
}

#ifdef ALONE
ltl served { [] ((held > 0 && waiting) -> <> !waiting) }
#else
ltl served { ([] ((held > 0 && waiting) -> <> !waiting)) && <> ended }
#endif
