// SPDX-License-Identifier: BSD-3-Clause
//
// A one-shot: one word carries one value once from a sender to a receiver,
// either of which may go away first; the receiver may park, and may give up.
//
//	EMPTY ──▶ VALUE ──▶ TAKEN          sender: sends or closes
//	  │ ▲  ╲    ▲                      receiver: receives, waits, gives up,
//	  ▼ │   ╲   │                                closes
//	WAITING ───▶ GONE (either side)
//
// What must hold: the value is received, released or still its sender's, once;
// a receiver that waits is woken by a value and by a close; no post finds the
// receiver's executor gone.
//
// of lib/chan/oneshot.c: leave, tell, begin, give_up, weir_oneshot_try_recv, weir_oneshot_rx_close
// of lib/task/executor.c: weir_executor_post, handle_posts
// of lib/task/wait.c: weir_task_wait, weir_wake
//
// wrong LOOK_THEN_PARK: the receiver looks, then says by a store that it waits
// wrong SEND_BY_STORE: the sender looks, then puts the value by a store
// wrong CLOSE_IN_SILENCE: a sender that closes does not wake who waits
// wrong GIVE_UP_BY_STORE: who gives up does not look whether it is too late
// wrong NOT_RETURNED: a receiver that closes does not look what is there
// wrong LEAVES_EARLY: who gave up too late does not await the post

#define EMPTY 0
#define VALUE 1
#define WAITING 2
#define TAKEN 3
#define SENDER_GONE 4
#define RECEIVER_GONE 5

byte word = EMPTY;
bool posted, executor_gone, sender_ended, receiver_ended, tried;
byte received, released, kept;

inline exchange(x, was)
{
	d_step { was = word; word = x }
}

inline post()
{
	assert(!executor_gone);
	posted = true
}

proctype sender()
{
	byte was;

	if
	:: true -> // it sends
		tried = true;
#ifdef SEND_BY_STORE
		was = word;
		if
		:: was != RECEIVER_GONE -> word = VALUE
		:: else
		fi;
#else
		atomic {
			was = word;
			if
			:: was != RECEIVER_GONE -> word = VALUE
			:: else
			fi
		}
#endif
		if
		:: was == RECEIVER_GONE -> kept++
		:: was == WAITING -> post()
		:: else
		fi
	:: true -> // it goes away
		atomic {
			was = word;
			if
			:: was != RECEIVER_GONE -> word = SENDER_GONE
			:: else
			fi
		}
#ifndef CLOSE_IN_SILENCE
		if
		:: was == WAITING -> post()
		:: else
		fi
#endif
	fi;
	sender_ended = true
}

inline close_receiver()
{
#ifdef NOT_RETURNED
	word = RECEIVER_GONE;
#else
	exchange(RECEIVER_GONE, was);
	if
	:: was == VALUE -> released++
	:: else
	fi;
#endif
	receiver_ended = true
}

inline take()
{
	if
	:: atomic { word == VALUE -> word = TAKEN; received++ }
	:: else
	fi
}

proctype receiver()
{
	byte was;

	if
	:: word == VALUE -> take()
	:: word == SENDER_GONE
	:: true -> // it does not want it
		skip
	:: word == EMPTY ->
#ifdef LOOK_THEN_PARK
		word = WAITING;
#else
		atomic {
			was = word;
			if
			:: was == EMPTY -> word = WAITING
			:: else
			fi
		}
		if
		:: was != EMPTY -> take(); goto done
		:: else
		fi;
#endif
		if
		:: posted -> posted = false; take()
		:: true -> // it gives up
#ifdef GIVE_UP_BY_STORE
			word = EMPTY
#else
			if
			:: atomic { word == WAITING -> word = EMPTY }
			:: atomic { word != WAITING -> skip };
#ifndef LEAVES_EARLY
				posted;
				posted = false;
#endif
				take()
			fi
#endif
		fi
	fi;
done:
	close_receiver();
	atomic {
		assert(!posted);
		executor_gone = true
	}
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
		run sender();
		run receiver()
	}
}

#define at_rest (sender_ended && receiver_ended && !posted)

ltl once { (<> at_rest) && [] (at_rest -> (tried -> received + released + kept == 1)) && [] (received + released + kept <= 1) }
