// SPDX-License-Identifier: BSD-3-Clause
//
// Closing a channel from either side while the other is at work: the last
// value, and who takes what no receiver is left for.
//
// Two senders send up to two and one values; a receiver takes some, then closes.
// The store of a ring's tail is made visible by what follows it (a locked
// operation), so held counts what is there; draining is in memory that has
// store buffers.
//
// What must hold: each value is received, released or still its sender's, once;
// who hears that it is closed has got all; one at a time takes from the ring;
// a value whose sender has looked for it is not left in the ring.
//
// of lib/chan/recv.c: recv_now, recv_last
// of lib/chan/send.c: send_now
// of lib/chan/channel.c: weir_channel_drain, weir_channel_leave, weir_tx_close, weir_rx_close, weir_rx_closed
//
// right KEPT_OPEN: nobody leaves, and each sender tries once more at the end
// wrong NO_SECOND_LOOK: closed is believed before the last value is looked for
// wrong LENGTH_FIRST: what is held is counted before the senders are
// wrong FLAG_AFTER_LOOK: draining is cleared after the last look at the ring
// wrong PLAIN_CLEAR: draining is cleared by a store that nothing waits for
// wrong NOBODY_AT_THE_END: the last one that leaves does not drain
// wrong TWO_DRAIN: nobody looks whether another drains already

#if defined(FLAG_AFTER_LOOK) || defined(PLAIN_CLEAR)
#define KEPT_OPEN
#endif

#define PROCS 3
#define VARS 1
#include "tso.inc"

#define DRAINING 0

byte held;	  // in the ring
byte senders = 2; // tx_count
bool receiver = true;
byte handles = 3;
byte sent, received, released, kept;
byte inside; // take from the ring to release
bool freed;
byte at_work = 3; // processes

inline exchange(p, v, x, was)
{
	d_step {
		buf_count[p] == 0;
		was = mem[v];
		mem[v] = x
	}
}

inline take_all(p)
{
	d_step {
		inside++;
		assert(inside == 1)
	}
	do
	:: d_step { held > 0 -> held--; released++ }
	:: else -> break
	od;
	inside--
}

inline drain(p)
{
	do
	:: held > 0 ->
#ifndef TWO_DRAIN
		exchange(p, DRAINING, 1, was);
#endif
		if
		:: was -> break
		:: else
		fi;
		take_all(p);
#ifdef FLAG_AFTER_LOOK
		if
		:: held > 0
		:: else -> exchange(p, DRAINING, 0, was); break
		fi;
#endif
#ifdef PLAIN_CLEAR
		store(p, DRAINING, 0);
#else
		exchange(p, DRAINING, 0, was);
#endif
		was = false
	:: else -> break
	od;
	was = false
}

inline leave(p)
{
	d_step {
		assert(!freed);
		handles--;
		last = handles == 0
	}
	if
	:: last ->
#ifndef NOBODY_AT_THE_END
		drain(p);
#endif
		freed = true
	:: else
	fi
}

proctype sender(byte self; byte left)
{
	bool was, last, seen;

	do
	:: left > 0 ->
		left--;
		seen = receiver;
		if
		:: !seen ->
			drain(self);
			kept++
		:: else ->
			d_step { assert(!freed); held++; sent++ }
		fi
	:: true -> kept = kept + left; break
	od;
	if // as a further send does
	:: !receiver -> drain(self)
	:: receiver
#ifndef KEPT_OPEN
	:: true
#endif
	fi;
	d_step { senders--; at_work-- }
#ifndef KEPT_OPEN
	leave(self)
#endif
}

proctype reader()
{
	byte n;
	bool was, last, none, more = true;

	do
	:: more ->
		if
		:: d_step { held > 0 -> held--; received++ }
		:: d_step { held == 0 ->
#ifdef LENGTH_FIRST
			n = held
#else
			skip
#endif
			};
			none = senders == 0;
			if
			:: none ->
#if !defined(NO_SECOND_LOOK) && !defined(LENGTH_FIRST)
				if
				:: d_step { held > 0 -> held--; received++ }
				:: else -> assert(received == sent); more = false
				fi
#else
				assert(received == sent);
				more = false
#endif
			:: else
			fi
		fi
	:: true -> break // it has had enough
	od;
	receiver = false;
	drain(0);
	at_work--;
#ifndef KEPT_OPEN
	leave(0)
#endif
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
		run reader();
		run sender(1, 2);
		run sender(2, 1)
	}
}

#ifdef KEPT_OPEN
ltl told { <> (at_work == 0) && [] (at_work == 0 -> held == 0) }
#else
ltl told { <> freed && [] (freed -> (sent == received + released && sent + kept == 3)) }
#endif
