// SPDX-License-Identifier: BSD-3-Clause
//
// Cancel, or a deadline, against a grant: a waiter was woken, and before it
// runs it is cancelled, or what it was woken for is taken by another.
//
// Three tasks of one executor each receive once. Somebody sends up to three
// messages, now and then; two of the tasks may be cancelled at any time.
//
// What must hold: there is never something while somebody waits, for good; as
// many are granted as were woken and have not run; those that wait are served
// in the order in which they came.
//
// of lib/task/wait.c: weir_task_end_wait, weir_task_cancel, weir_task_wait, weir_wake, ask
// of lib/chan/place.c: ungranted, grant, weir_side_push, weir_side_unpark, weir_waiter_wait, weir_waiter_end
// of lib/chan/recv.c: recv_waiting, recv_now
//
// right PUSH: who sends is on the same executor, and nothing is watched
// right GREEDY: the second task can take more than one
// right PUSH_GREEDY: the same, pushed
// right THIEF: another executor takes a message once
// wrong SWALLOWED: who was woken and then cancelled leaves with the wakeup
// wrong GRANT_KEPT: who was woken and then cancelled stays counted as granted
// wrong NO_END: who leaves does not look whether something is left
// wrong NOT_BEHIND: who comes does not look whether others wait
// wrong BACK_AGAIN: who finds nothing waits at the back
// wrong ANY_NUMBER: all are woken for each message

#if defined(PUSH_GREEDY) || defined(NO_END)
#define PUSH
#define GREEDY
#endif
#ifdef BACK_AGAIN
#define THIEF
#endif
#if defined(SWALLOWED) || defined(ANY_NUMBER)
#define PUSH
#endif

#define TASKS 3
#define MESSAGES 3
#define NOTHING 0 // answers of a wait
#define WOKEN 1
#define CANCELED 2

chan queue = [TASKS] of { byte };
chan ready = [TASKS] of { byte };
byte held, sent, granted, greedy;
byte answer[TASKS];
bool parked[TASKS], canceled[TASKS], waited[TASKS], gone[TASKS];
byte came, arrival[TASKS];

#ifdef GREEDY
#define is_greedy(t) (t == 1)
#else
#define is_greedy(t) false
#endif

inline end_wait(t, what)
{
	n = len(queue);
	do
	:: n > 0 ->
		queue?x;
		if
		:: x != t -> queue!x
		:: else
		fi;
		n--
	:: else -> break
	od;
	parked[t] = false;
	answer[t] = what;
	ready!t
}

inline put_front(t)
{
	n = len(queue);
	queue!t;
	do
	:: n > 0 -> queue?x; queue!x; n--
	:: else -> break
	od
}

inline ungranted(count)
{
	if
	:: greedy > 0 -> count = (held > 0 && granted == 0 -> 1 : 0)
	:: else -> count = (held > granted -> held - granted : 0)
	fi;
#ifdef ANY_NUMBER
	count = (held > 0 -> len(queue) : 0);
#endif
	if
	:: count > len(queue) -> count = len(queue)
	:: else
	fi
}

// What a push does, and a watch when it is asked.
inline wake_some()
{
	ungranted(count);
	do
	:: count > 0 ->
		granted++;
		queue?<t>;
		end_wait(t, WOKEN);
		count--
	:: else -> break
	od
}

inline waiter_end()
{
#ifdef NO_END
	skip
#else
	if
	:: waited[self] && len(queue) > 0 -> wake_some()
	:: else
	fi
#endif
}

inline receive()
{
	// Nobody that came before and is not cancelled still waits.
	k = 0;
	do
	:: k < TASKS ->
		assert(gone[k] || canceled[k] || arrival[k] == 0 ||
			arrival[k] >= arrival[self]);
		k++
	:: else -> break
	od;
	k = 0;
	held--;
	if
	:: is_greedy(self) && held > 0 -> held--
	:: else
	fi;
	gone[self] = true
}

inline park_again()
{
	if
	:: canceled[self] -> gone[self] = true
	:: else ->
		greedy = greedy + is_greedy(self);
		parked[self] = true;
#ifdef BACK_AGAIN
		queue!self;
#else
		if
		:: waited[self] -> put_front(self)
		:: else -> queue!self
		fi;
#endif
		waited[self] = true
	fi
}

// One step of a task.
inline step()
{
	if
	:: answer[self] == NOTHING -> // it begins
		if
		:: canceled[self] -> gone[self] = true
		:: else ->
			came++;
			arrival[self] = came;
			if
#ifdef NOT_BEHIND
			:: held > 0 ->
#else
			:: held > 0 && granted == 0 && len(queue) == 0 ->
#endif
				receive()
			:: else -> park_again()
			fi
		fi
#ifdef BACK_AGAIN
#define THIEF
#endif
#if defined(SWALLOWED) || defined(GRANT_KEPT)
	:: answer[self] == WOKEN && canceled[self] ->
#ifdef SWALLOWED
		granted--;
#endif
		greedy = greedy - is_greedy(self);
		gone[self] = true
	:: answer[self] == WOKEN && !canceled[self] ->
#else
	:: answer[self] == WOKEN ->
#endif
		granted--;
		greedy = greedy - is_greedy(self);
		if
		:: held > 0 -> receive()
		:: else -> park_again()
		fi
	:: answer[self] == CANCELED ->
		greedy = greedy - is_greedy(self);
		gone[self] = true
	fi;
#ifdef SWALLOWED
	if
	:: gone[self] && answer[self] == WOKEN && canceled[self]
	:: else -> waiter_end()
	fi
#else
	if
	:: gone[self] -> waiter_end()
	:: else
	fi
#endif
}

inline send()
{
	held++;
	sent++;
#ifdef PUSH
	if
	:: len(queue) > 0 -> wake_some()
	:: else
	fi
#endif
}

// One thread does all that follows, a piece at a time; each piece comes again
// sooner or later.
proctype steps()
{
	byte n, x, t, k, count, self;

	do
	:: atomic {
		ready?self ->
		step();
		d_step { n = 0; x = 0; t = 0; count = 0; self = 0 }
	}
	od
}

#ifndef PUSH
proctype watch()
{
	byte n, x, t, count;

	do
	:: atomic {
		len(queue) > 0 ->
		wake_some();
		d_step { n = 0; x = 0; t = 0; count = 0 }
	}
	od
}
#endif

proctype sender()
{
	byte n, x, t, count;

	do
	:: atomic {
		sent < MESSAGES ->
		send();
		d_step { n = 0; x = 0; t = 0; count = 0 }
	}
	:: true -> break
	od
}

// The first task is never cancelled.
proctype canceler(byte t)
{
	byte n, x;

	if
	:: atomic {
		!gone[t] ->
		canceled[t] = true;
		if
		:: parked[t] -> end_wait(t, CANCELED)
		:: else
		fi;
		d_step { n = 0; x = 0 }
	}
	:: true // not this time
	fi
}

#ifdef THIEF
proctype thief()
{
	d_step { held > 0 -> held-- }
}
#endif

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
		if
		:: ready!0; ready!1; ready!2
		:: ready!1; ready!0; ready!2
		:: ready!1; ready!2; ready!0
		fi;
		run steps();
		run sender();
		run canceler(1);
		run canceler(2);
#ifdef THIEF
		run thief();
#endif
#ifndef PUSH
		run watch()
#endif
	}
}

ltl settled { <> [] !(held > 0 && len(queue) > 0) }
