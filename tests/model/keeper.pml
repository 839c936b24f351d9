// SPDX-License-Identifier: BSD-3-Clause
//
// The keeper of the bells, who rings for executors that may make no call.
//
//	asker:   an executor that polls, acts, asks for the bell, and goes at once
//	sleeper: arms its bell, looks once more, and sleeps until it rings
//	keeper:  turns while there is who may ask and whom for, and rests else
//
// What must hold: nobody sleeps for ever for what was done.
//
// of lib/task/bell.c: keeper_needed, keeper_rest, keeper_wake, ring_asked
// of lib/task/bell.c: weir_bell_arm, weir_bell_askers, weir_bell_ring
//
// right ASKER_FIRST: the asker is there before all others
// wrong RING_FIRST: who rests looks what was asked for before it reads the counts
// wrong NO_RING: who rests does not look what was asked for
// wrong NO_FENCE: who rests reads the counts without a fence
// wrong NO_LOOK: who has armed its bell sleeps without another look
// wrong ARM_WAKES_NOBODY: who arms its bell does not wake the keeper
// wrong ASKER_WAKES_NOBODY: who begins to poll does not wake the keeper

#define PROCS 3
#define VARS 5
#include "tso.inc"

#define BELL 0
#define ARMED 1 // how many are
#define ASKERS 2
#define RESTS 3 // the keeper's word
#define DONE 4	// what the asker does

#define QUIET 0 // values of the bell
#define SLEEPS 1
#define ASKED 2

bool asleep = true;

// A locked addition.
inline add(p, v, by)
{
	d_step {
		buf_count[p] == 0;
		mem[v] = mem[v] + by
	}
}

inline wake(p)
{
	load(p, RESTS, rests);
	if
	:: rests -> cas(p, RESTS, 1, 0, won)
	:: else
	fi
}

proctype asker()
{
	byte armed, bell;
	bool rests, won;

#ifndef ASKER_FIRST
	add(1, ASKERS, 1);
	fence(1);
	load(1, ARMED, armed);
	if
#ifndef ASKER_WAKES_NOBODY
	:: armed -> wake(1)
#endif
	:: else
	fi;
#endif
	store(1, DONE, 1);
	fence(1);
	load(1, BELL, bell);
	if
	:: bell == SLEEPS -> cas(1, BELL, SLEEPS, ASKED, won)
	:: else
	fi;
	add(1, ASKERS, -1)
}

proctype sleeper()
{
	byte askers, done;
	bool rests, won;

	store(2, BELL, SLEEPS);
	add(2, ARMED, 1);
	fence(2);
	load(2, ASKERS, askers);
	if
#ifndef ARM_WAKES_NOBODY
	:: askers -> wake(2)
#endif
	:: else
	fi;
#ifndef NO_LOOK
	load(2, DONE, done);
#endif
	if
	:: done
	:: else -> mem[BELL] == QUIET
	fi;
	asleep = false;
	add(2, ARMED, -1)
}

inline ring()
{
	load(0, BELL, bell);
	if
	:: bell == ASKED -> cas(0, BELL, ASKED, QUIET, won)
	:: else
	fi
}

inline count()
{
	load(0, ARMED, armed);
	load(0, ASKERS, askers)
}

proctype keeper()
{
	byte armed, askers, bell;
	bool won;

end:	do
	:: count();
		if
		:: armed && askers -> ring()
		:: else ->
#ifdef RING_FIRST
			ring();
#endif
			store(0, RESTS, 1);
#ifndef NO_FENCE
			fence(0);
#endif
			count();
			if
			:: armed && askers
			:: else ->
#if !defined(RING_FIRST) && !defined(NO_RING)
				ring();
#endif
				fence(0); // the call
				mem[RESTS] == 0
			fi;
			store(0, RESTS, 0)
		fi
	od
}

init
{
	atomic {
#ifdef ASKER_FIRST
		mem[ASKERS] = 1;
#endif
		run memory(0);
		run memory(1);
		run memory(2);
		run asker();
		run sleeper();
		run keeper()
	}
}

ltl woken { <> (!asleep) }
