// SPDX-License-Identifier: BSD-3-Clause
//
// A scope closes while its children run on another executor, one cannot be
// started, and a third thread cancels the scope.
//
//	home:  spawns two children away, waits for them, closes, and uses the
//	       record of one again in a second scope
//	away:  has one stack; its tasks end when they like, or are cancelled
//
// What must hold: the scope is not touched after close has returned, nor a
// record after it was given back; close returns when the children have ended,
// which they do once cancelled; nothing is under way to home at the end.
//
// of lib/task/abroad.c: weir_abroad_spawn, weir_abroad_cancel, weir_abroad_ended, on_start_away, on_cancel_away, came_home, give_back
// of lib/task/scope.c: weir_scope_close, weir_scope_ended, weir_scope_cancel, cancel_here, on_cancel_post, busy
// of lib/task/task.c: weir_task_reap
//
// wrong START_IS_ENOUGH: the record is given back while its cancel is under way
// wrong POSTED_FORGOTTEN: close does not look whether a cancel was posted
// wrong NO_WAKE: the last child does not wake who closes
// wrong ONE_LOOK: close does not look again after it was woken
// wrong CANCEL_THE_DEAD: a cancel that comes late cancels whoever has the stack
// wrong ENDED_LOST: a child that found no stack says nothing

#define CHILDREN 2
#define START 0
#define CANCEL 1
#define SCOPE 9

chan to_home = [6] of { byte, byte };
chan to_away = [6] of { byte, byte };

// Scopes. Home is in round 0 or 1, each with a scope of its own.
byte live_count;
bool scope_open, canceled, cancel_posted, cancel_handled, closing, woken;
byte round;

// Records, of home.
byte posts_out[CHILDREN];
bool used[CHILDREN], cancel_sent[CHILDREN];

// Tasks, of away: one stack. 0: nobody, n: child n - 1.
byte stack;
bool task[CHILDREN]; // the record's
bool task_canceled;
bool finished, third_done;

inline scope_ended()
{
	assert(scope_open);
	live_count--;
#ifndef NO_WAKE
	woken = woken || live_count == 0
#endif
}

inline came_home(i)
{
	assert(used[i]);
#ifdef START_IS_ENOUGH
	if
	:: kind == START ->
#else
	posts_out[i]--;
	if
	:: posts_out[i] == 0 ->
#endif
		used[i] = false;
		scope_ended()
	:: else
	fi
}

inline cancel_here()
{
	canceled = true;
	i = 0;
	do
	:: i < CHILDREN ->
		if
		:: used[i] && !cancel_sent[i] ->
			cancel_sent[i] = true;
			posts_out[i]++;
			to_away!CANCEL, i
		:: else
		fi;
		i++
	:: else -> break
	od
}

inline home_posts()
{
	if
	:: to_home?kind, i ->
		if
		:: i == SCOPE ->
			assert(scope_open);
			cancel_here();
			cancel_handled = true;
			woken = true
		:: else -> came_home(i)
		fi
	:: empty(to_home)
	fi
}

inline spawn_all()
{
	i = 0;
	do
	:: i < CHILDREN && !canceled ->
		used[i] = true;
		cancel_sent[i] = false;
		posts_out[i] = 1;
		live_count++;
		to_away!START, i;
		i++
	:: else -> break
	od
}

#ifdef POSTED_FORGOTTEN
#define busy (live_count > 0)
#else
#define busy (live_count > 0 || (cancel_posted && !cancel_handled))
#endif

// A turn of home is atomic to away: only posts go between.
proctype home()
{
	byte kind, i;
	bool spawned, waiting, gave_up;

	do
	:: atomic {
		home_posts();
		if
		:: !spawned ->
			d_step {
				scope_open = true;
				live_count = 0;
				woken = false;
				canceled = false;
				cancel_handled = false;
				cancel_posted = false
			}
			spawn_all();
			spawned = true;
			waiting = busy
		:: else ->
			if
			:: waiting && woken -> woken = false; waiting = false
			:: waiting && !woken && !gave_up ->
				gave_up = true; // the deadline
				cancel_here()
			:: else
			fi
		fi;
		if
#ifdef ONE_LOOK
		:: spawned && !waiting ->
#else
		:: spawned && !waiting && busy -> waiting = true
		:: spawned && !waiting && !busy ->
#endif
			scope_open = false;
			spawned = false;
			gave_up = false;
			round++;
			if
			:: round == 2 -> break
			:: else
			fi
		:: spawned && waiting
		fi
	}
	od;
	atomic {
		// The executor may go.
		assert(empty(to_home));
		finished = true
	}
}

inline away_posts()
{
	if
	:: to_away?kind, i ->
		if
		:: kind == START && stack == 0 ->
			stack = i + 1;
			task_canceled = false;
			task[i] = true
		:: kind == START && stack != 0 ->
#ifndef ENDED_LOST
			to_home!START, i
#endif
		:: kind == CANCEL ->
#ifdef CANCEL_THE_DEAD
			if
			:: stack != 0 ->
				assert(stack == i + 1);
				task_canceled = true
			:: else
			fi;
#else
			if
			:: task[i] -> task_canceled = true
			:: else
			fi;
#endif
			to_home!CANCEL, i
		fi
	:: empty(to_away)
	fi
}

proctype away()
{
	byte kind, i;

	do
	:: atomic {
		away_posts();
		if
		:: stack != 0 ->
			if
			:: i = stack - 1;
				task[i] = false;
				stack = 0;
				to_home!START, i
			:: !task_canceled // it works on
			fi
		:: else
		fi
	}
	:: atomic { finished && empty(to_away) -> break }
	od
}

// While the scope is open, as its caller must see to: here it lies in round 0.
proctype third()
{
	atomic {
		if
		:: round == 0 && scope_open && !cancel_posted ->
			cancel_posted = true
		:: else -> third_done = true
		fi
	}
	if
	:: !third_done -> to_home!CANCEL, SCOPE; third_done = true
	:: else
	fi
}

init
{
	atomic {
		run home();
		run away();
		run third()
	}
}

ltl closes { <> finished }
