// SPDX-License-Identifier: BSD-3-Clause
//
// A one-shot: one word carries one value once from a sender to a receiver,
// either of which may go away first; the receiver may park, and may give up; so
// may the sender, until the receiver has gone, before it sends.
//
//	EMPTY ──▶ VALUE ──▶ TAKEN          sender: sends or closes
//	  │ ▲  ╲    ▲                      receiver: receives, waits, gives up,
//	  ▼ │   ╲   │                                closes
//	WAITING ───▶ GONE (either side)
//
// A bit of the same word says that the sender waits: what changes the word leaves
// it or takes it, in one.
//
// What must hold: the value is received, released or still its sender's, once;
// a receiver that waits is woken by a value and by a close, a sender that waits by
// a close; no post finds its executor gone.
//
// of lib/chan/oneshot.c: leave, tell, begin, give_up, shift, heed, unheed, weir_oneshot_try_recv, weir_oneshot_rx_close, weir_oneshot_wait_closed
// of lib/task/executor.c: weir_executor_post, handle_posts
// of lib/task/wait.c: weir_task_wait, weir_wake
//
// wrong LOOK_THEN_PARK: the receiver looks, then says by a store that it waits
// wrong SEND_BY_STORE: the sender looks, then puts the value by a store
// wrong CLOSE_IN_SILENCE: a sender that closes does not wake who waits
// wrong GIVE_UP_BY_STORE: who gives up does not look whether it is too late
// wrong NOT_RETURNED: a receiver that closes does not look what is there
// wrong LEAVES_EARLY: who gave up too late does not await the post
// wrong GOES_IN_SILENCE: a receiver that closes does not wake the sender that waits
// wrong BIT_LOST: a receiver that parks forgets that the sender waits
// wrong UNHEED_BY_STORE: a sender that gives up does not look whether it is too late
// wrong SENDER_LEAVES_EARLY: a sender that gave up too late does not await the post

#define EMPTY 0
#define VALUE 1
#define WAITING 2
#define TAKEN 3
#define SENDER_GONE 4
#define RECEIVER_GONE 5

byte word = EMPTY;
bool posted, executor_gone, sender_ended, receiver_ended, tried;
byte received, released, kept;
bool heeded; // a bit of word
bool told, sender_gone;

inline post()
{
	assert(!executor_gone);
	posted = true
}

inline tell_sender()
{
	assert(!sender_gone);
	told = true
}

// The sender waits for the receiver to go: as long as it takes, or for a while.
inline heed_receiver()
{
	atomic {
		h = (word != RECEIVER_GONE);
		heeded = h
	}
	if
	:: h -> told; told = false
	:: h && told -> told = false
	:: h ->
#ifdef UNHEED_BY_STORE
		heeded = false
#else
		if
		:: atomic { word != RECEIVER_GONE -> heeded = false }
		:: atomic { word == RECEIVER_GONE -> skip };
#ifndef SENDER_LEAVES_EARLY
			told;
			told = false
#endif
		fi
#endif
	:: !h
	fi
}

proctype sender()
{
	byte was;
	bool h;

	if
	:: true -> heed_receiver()
	:: true
	fi;
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
	atomic {
		assert(!told);
		sender_gone = true
	}
	sender_ended = true
}

inline close_receiver()
{
	d_step {
		was = word;
		word = RECEIVER_GONE;
		h = heeded;
		heeded = false
	}
#ifndef NOT_RETURNED
	if
	:: was == VALUE -> released++
	:: else
	fi;
#endif
#ifndef GOES_IN_SILENCE
	if
	:: h -> tell_sender()
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
	bool h;

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
			:: was == EMPTY ->
				word = WAITING;
#ifdef BIT_LOST
				heeded = false
#endif
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
