// SPDX-License-Identifier: BSD-3-Clause
//
// Posts to an executor that is stopped while they are under way, and runs again
// later: a stack that is pushed to with compare and swap, taken as a whole, and
// turned round.
//
// Two threads post twice each; one of them stops the executor in between.
//
// What must hold: each post is handled once, those of a thread in its order;
// run returns after a stop.
//
// of lib/task/executor.c: weir_executor_post, take, handle_posts, turn, weir_executor_run, weir_executor_stop
//
// wrong PUSH_BY_STORE: a post is pushed by a store, not by compare and swap
// wrong TAKE_IN_TWO: what was posted is read, then set to nothing
// wrong NOT_TURNED: the newest is handled first
// wrong TAKE_EARLY: what is new is taken before the inbox is empty
// wrong STOP_FORGOTTEN: run clears the stop when it begins

#define NONE 0
#define POSTS 4 // 1, 2 of one thread, 3, 4 of the other

byte posted = NONE; // newest first
byte inbox = NONE;
byte next[POSTS + 1];
byte handled;
byte seen[3]; // the last of each thread
bool stopping, stopped;

inline push(post)
{
	old = posted;
	do
	:: next[post] = old;
#ifdef PUSH_BY_STORE
		posted = post;
		break
#else
		if
		:: atomic { posted == old -> posted = post }; break
		:: atomic { posted != old -> old = posted }
		fi
#endif
	od
}

proctype poster(byte first)
{
	byte old;

	push(first);
	if
	:: first == 1 -> stopping = true
	:: else
	fi;
	push(first + 1)
}

inline take()
{
#ifdef TAKE_IN_TWO
	newest = posted;
	posted = NONE;
#else
	atomic { newest = posted; posted = NONE }
#endif
	do
	:: newest != NONE ->
		older = next[newest];
#ifdef NOT_TURNED
		if
		:: inbox == NONE -> inbox = newest
		:: else -> next[end] = newest
		fi;
		end = newest;
		next[newest] = NONE;
#else
		next[newest] = inbox;
		inbox = newest;
#endif
		newest = older
	:: else -> break
	od
}

inline handle_one()
{
	if
	:: inbox != NONE ->
		atomic {
			post = inbox;
			inbox = next[post];
			// In its thread's order, and once.
			assert(post > seen[(post + 1) / 2]);
			seen[(post + 1) / 2] = post;
			handled++;
			assert(post % 2 == 1 || first_seen[(post + 1) / 2]);
			first_seen[(post + 1) / 2] = true
		}
	:: else
	fi
}

inline turn()
{
	if
#ifdef TAKE_EARLY
	:: true -> take()
#else
	:: inbox == NONE -> take()
	:: else
#endif
	fi;
	handle_one() // as if WEIR_TURN_POSTS were 1
}

proctype executor()
{
	byte newest, older, post, end;
	bool first_seen[3];

	do
	::
#ifdef STOP_FORGOTTEN
		stopping = false;
#endif
		do
		:: turn();
			if
			:: stopping -> break
			:: else
			fi
		od;
		stopping = false;
		stopped = true
	od
}

init
{
	atomic {
		run executor();
		run poster(1);
		run poster(3)
	}
}

ltl handled_all { <> (handled == POSTS) && <> stopped }
