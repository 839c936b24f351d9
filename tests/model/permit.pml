// SPDX-License-Identifier: BSD-3-Clause
//
// Permits: credits that are reserved before something is sent, spent by a send
// or returned by a drop, while the receiver takes, or closes meanwhile. One
// function returns credit, and it alone wakes.
//
//	here:     an executor with a task that wants all credits, once
//	dropper:  elsewhere; holds a permit from the start, sends on it, drops it or
//	          keeps it for ever
//	receiver: elsewhere; returns the credit of what it takes; may close
//
// It is the rule that permits of lib/chan keep, over waits and posts.
//
// What must hold: credit, permits and messages sum to the capacity; who wants
// all gets it, or hears that it is closed; what was sent on a permit is
// received or released.
//
// of lib/task/executor.c: weir_executor_post, handle_posts
// of lib/task/wait.c: weir_task_wait, weir_wake
// of lib/chan/permit.c: weir_reserve
// of lib/chan/channel.h: weir_credits_take, weir_channel_room_made
//
// right AGAIN: another task there takes one again and again
// wrong NO_FENCE: the waiter says that it waits and looks, without a fence
// wrong LOOK_THEN_PARK: the waiter looks before it says that it waits only
// wrong DROP_IN_SILENCE: a dropped permit returns credit and wakes nobody
// wrong TAKE_IN_SILENCE: a receiver returns credit and wakes nobody
// wrong CLOSE_IN_SILENCE: a receiver that closes wakes nobody
// wrong DROP_KEEPS: a permit dropped after the close returns nothing
// wrong BARGING: who comes takes what another waits for
// wrong PERMIT_UNCOUNTED: closed is told while a permit is out

#ifdef BARGING
#define AGAIN
#endif

#define PROCS 3
#define VARS 1
#include "tso.inc"

#define CAPACITY 2
#define WAITS 0 // word in memory: somebody waits here

byte credit = CAPACITY - 1;
byte permits = 1;
byte held, sent, received, released;
bool posted, closed, receiver_ended, told;
bool kept;	  // the dropper's permit, for ever
bool wanted_ended; // who wants all
byte senders = 2;  // dropper and here

// The one function, from elsewhere. Its add is a locked operation.
inline credit_return(p, waits)
{
	fence(p);
	credit++;
	load(p, WAITS, waits);
	if
	:: waits -> posted = true
	:: else
	fi
}

inline wake()
{
	woken = true
}

// The task that wants all.
inline want()
{
	if
	:: parked && !woken
	:: else ->
		woken = false;
		parked = false;
#ifndef LOOK_THEN_PARK
		store(0, WAITS, 1);
#ifndef NO_FENCE
		fence(0);
#endif
#endif
		if
		:: d_step {
			credit == CAPACITY && !closed ->
			credit = 0;
			permits = permits + CAPACITY
			};
			store(0, WAITS, 0);
			d_step {
				permits = permits - CAPACITY;
				credit = CAPACITY // it drops them
			}
			wanted_ended = true
		:: closed ->
			store(0, WAITS, 0);
			wanted_ended = true
		:: else ->
#ifdef LOOK_THEN_PARK
			store(0, WAITS, 1);
			fence(0);
#endif
			parked = true
		fi
	fi
}

#ifdef AGAIN
// The task that takes one, drops it in its next step, and takes one again.
inline again()
{
	if
	:: mine ->
		d_step { mine = false; permits--; credit++ }
		if
		:: parked -> wake()
		:: else
		fi
	:: else
	fi;
	if
#ifndef BARGING
	:: parked
#endif
	:: atomic {
#ifndef BARGING
		!parked &&
#endif
		credit > 0 && !closed && !wanted_ended ->
		credit--;
		permits++;
		mine = true
	}
	:: else
	fi
}
#endif

proctype here()
{
	bool parked, woken, mine;

	if
	:: true -> wanted_ended = true // it wants nothing
	:: true
	fi;
	do
	:: !wanted_ended || mine ->
		if
		:: posted -> posted = false; wake()
		:: else
		fi;
#ifdef AGAIN
		again();
#endif
		if
		:: !wanted_ended -> want()
		:: else
		fi
	:: else -> break
	od;
	senders--
}

proctype dropper()
{
	bool waits, over;

	senders--; // its handle is gone before its permit
	if
	:: true -> // it sends
		d_step {
			permits--;
			sent++;
			if
			:: closed || told -> released++; over = true
			:: else -> held++
			fi;
			assert(!told)
		}
		if
		:: over -> credit_return(1, waits)
		:: else
		fi
	:: true -> kept = true
	:: true -> // it drops
#ifdef DROP_KEEPS
		if
		:: closed -> permits--; goto dropped
		:: else
		fi;
#endif
		permits--;
#ifdef DROP_IN_SILENCE
		credit++
#else
		credit_return(1, waits)
#endif
	fi;
#ifdef DROP_KEEPS
dropped:
	skip
#endif
}

proctype receiver()
{
	bool waits, some, may_close;

	if
	:: may_close = true
	:: true
	fi;
	do
	:: held > 0 ->
		d_step {
			some = held > 0;
			if
			:: some -> held--; received++
			:: else
			fi
		}
		if
		:: some ->
#ifdef TAKE_IN_SILENCE
			credit++
#else
			credit_return(2, waits)
#endif
		:: else
		fi
	:: atomic {
		// Closed: nobody can send any more.
#ifdef PERMIT_UNCOUNTED
		senders == 0 && held == 0 ->
#else
		senders == 0 && permits == 0 && held == 0 ->
#endif
		told = true
		};
		break
	:: may_close ->
		// It closes, and releases what is there.
		fence(2);
		closed = true;
#ifndef CLOSE_IN_SILENCE
		load(2, WAITS, waits);
		if
		:: waits -> posted = true
		:: else
		fi;
#endif
		do
		:: d_step { held > 0 -> held--; released++ };
			credit_return(2, waits)
		:: held == 0 && (permits == 0 || kept) -> break
		od;
		break
	od;
	receiver_ended = true
}

// Time goes on when all else has come to rest.
proctype idle()
{
	do
	:: true; true
	od
}

init
{
	atomic {
		run idle();
		run memory(0);
		run memory(1);
		run memory(2);
		run here();
		run dropper();
		run receiver()
	}
}

#define at_rest (wanted_ended && receiver_ended && senders == 0 && !kept)

ltl conserved { (<> (wanted_ended || (kept && !closed))) && (<> [] (at_rest -> (credit == CAPACITY && held == 0 && permits == 0 && sent == received + released))) && [] (credit + permits + held <= CAPACITY) }
