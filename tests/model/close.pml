// SPDX-License-Identifier: BSD-3-Clause
//
// Closing a channel from either side while the other is at work: the last
// value, and who takes what no receiver is left for.
//
// Two senders send up to one value each; a receiver takes some, then closes.
// Each sender has a tail of its own, which waits in its store buffer as the tail
// of a ring does. The receiver that closes sets sleepy, and membarrier empties
// the buffers of the others, each at a point of its own. Who receives and who
// drains takes in one step.
//
// What must hold: each value is received, released or still its sender's, once;
// who hears that it is closed has got all; one at a time takes from the ring;
// when nobody is inside an operation and the receiver has gone, nothing is left.
//
// of lib/chan/recv.c: recv_now, recv_last
// of lib/chan/send.c: send_now, try_send_near, sent_near
// of lib/chan/channel.h: weir_channel_acted
// of lib/chan/channel.c: weir_channel_drain, weir_channel_leave, weir_channel_look_after, stop_senders, weir_tx_close, weir_rx_close, weir_rx_closed
// of lib/chan/place.c: weir_parking_sleepy
//
// right KNOWN_BEFORE: sleepy was known before, and no fence is put into others
// right SET_BEFORE: another has set sleepy, and its fence is under way
// wrong NO_SECOND_LOOK: closed is believed before the last value is looked for
// wrong LENGTH_FIRST: what is held is counted before the senders are
// wrong FLAG_AFTER_LOOK: draining is cleared after the last look at the ring
// wrong PLAIN_CLEAR: draining is cleared by a store that nothing waits for
// wrong TWO_DRAIN: nobody looks whether another drains already
// wrong SENT_IS_ENOUGH: who has sent does not look at the receivers again
// wrong NO_MEMBARRIER: who closes sets sleepy, and drains without a fence in others
// wrong DRAIN_FIRST: who closes drains before its fence in others
// wrong TRUST_SET: who closes takes another's sleepy for known
// wrong NO_FENCE: who has seen sleepy looks at the receivers without a fence

#ifdef TRUST_SET
#define SET_BEFORE
#endif
#ifdef NO_FENCE
#define KNOWN_BEFORE
#endif

#define PROCS 3
#define VARS 4
#include "tso.inc"

#define TAIL 0 // of sender 1 and 2 at 1 and 2
#define DRAINING 0
#define SLEEPY 3

#ifdef SET_BEFORE
#define VALUES 1
#else
#define VALUES 2
#endif

#define NOBODY 0 // values of sleepy
#define SET 1
#define KNOWN 2

byte taken;	  // of both senders
byte senders = 2; // tx_count
bool receiver = true;
byte handles = 3;
byte sent, received, released, kept;
byte inside; // take from the ring to release
bool freed, closed;
byte working; // senders inside an operation

#define held (mem[1] + mem[2] - taken)

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
	:: d_step { held > 0 -> taken++; released++ }
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
		buf_count[p] == 0;
		assert(!freed);
		handles--;
		if
		:: handles == 0 -> freed = true
		:: else
		fi
	}
}

proctype sender(byte self; byte left)
{
	byte sleepy, done;
	bool was, seen;

	do
	:: left > 0 ->
		d_step { working++; left-- }
		seen = receiver;
		if
		:: !seen -> kept++
		:: else ->
			d_step { assert(!freed); done++; sent++ }
			store(self, self, done);
			load(self, SLEEPY, sleepy);
			if
			:: sleepy != NOBODY ->
#ifndef NO_FENCE
				fence(self);
#endif
#ifndef SENT_IS_ENOUGH
				if
				:: !receiver -> drain(self)
				:: else
				fi
#else
				skip
#endif
			:: else
			fi
		fi;
		working--
	:: true -> kept = kept + left; break
	od;
	// One may stay: what is left must not wait for its end.
	if
	:: true ->
		d_step { buf_count[self] == 0; senders-- }
		leave(self)
	:: self == 2
	fi
}

inline membarrier()
{
	fence(0);
	fence(1);
	fence(2)
}

inline stop_senders()
{
#ifdef TRUST_SET
	load(0, SLEEPY, known);
#else
	d_step { known = mem[SLEEPY] == KNOWN }
#endif
	if
	:: known
	:: else ->
		store(0, SLEEPY, SET);
#ifndef NO_MEMBARRIER
		membarrier();
#endif
		store(0, SLEEPY, KNOWN)
	fi;
	fence(0)
}

proctype reader()
{
	byte n, known;
	bool was, none, more = true;

	do
	:: more ->
		if
		:: d_step { held > 0 -> taken++; received++ }
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
				:: d_step { held > 0 -> taken++; received++ }
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
#ifdef DRAIN_FIRST
	drain(0);
	stop_senders();
#else
	stop_senders();
	drain(0);
#endif
	closed = true;
	leave(0)
}

// Another that goes to sleep, and whose fence reaches the senders late or never.
proctype sleeper()
{
	mem[SLEEPY] = SET;
	fence(1);
	fence(2);
	if
	:: mem[SLEEPY] = KNOWN
	:: true
	fi
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
#ifdef KNOWN_BEFORE
		mem[SLEEPY] = KNOWN;
#endif
		run idle();
		run memory(0);
		run memory(1);
		run memory(2);
#ifdef SET_BEFORE
		run sleeper();
#endif
		run reader();
#ifdef SET_BEFORE
		run sender(1, 1);
		run sender(2, 0)
#else
		run sender(1, 1);
		run sender(2, 1)
#endif
	}
}

#define quiet (closed && working == 0)

ltl told { [] (quiet -> (held == 0 && sent == received + released)) && <> [] (working == 0 && sent + kept == VALUES && held == 0) }
