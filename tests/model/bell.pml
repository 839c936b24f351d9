// SPDX-License-Identifier: BSD-3-Clause
//
// Going to sleep on an object that others use: lib/chan/parking.h, "Who sleeps".
//
//	actor:    an executor that owns the object or shares it, and acts once
//	sleepers: two that come, look, and sleep until the bell rings
//
// Each sleeper makes itself known first: owner becomes SHARED. The actor may
// have looked at owner before that. Membarrier empties the actor's buffer, since
// it puts a full fence into each other thread; it is one step when it happens,
// but the second sleeper may come between the store of sleepy and it.
//
// What must hold: nobody sleeps for ever for what was done.
//
// of lib/chan/place.c: weir_parking_sleepy, weir_parking_ring, weir_parking_meet, weir_side_park
// of lib/chan/block.c: prepare, weir_blocker_wait
// of lib/task/bell.c: weir_bell_arm, weir_bell_ring, weir_bell_fence_others
//
// right SHARED_BEFORE: the object is shared from the start
// wrong OWNER_RINGS_NOBODY: who owned the object when it began looks for no bell
// wrong SET_IS_ENOUGH: sleepy is believed before its fence is done
// wrong NO_MEMBARRIER: nobody puts a fence into the actor
// wrong NO_FENCE: who rings reads the bells without a fence
// wrong NO_LOOK: who has armed its bell sleeps without another look
// wrong ARM_LATE: the bell is armed after the last look

#define PROCS 3
#define VARS 5
#include "tso.inc"

#define DONE 0 // what the actor does
#define OWNED 1
#define SLEEPY 2
#define BELL 3 // and one more: armed

#define NOBODY 0 // values of sleepy
#define SET 1
#define KNOWN 2

byte awake = 2;

proctype actor()
{
	byte owned, sleepy, armed, i;

	load(0, OWNED, owned);
	store(0, DONE, 1);
	load(0, SLEEPY, sleepy);
#ifdef OWNER_RINGS_NOBODY
	if
	:: owned -> sleepy = NOBODY
	:: else
	fi;
#endif
	if
	:: sleepy != NOBODY ->
#ifndef NO_FENCE
		fence(0);
#endif
		do
		:: i < 2 ->
			load(0, BELL + i, armed);
			if
			:: armed -> store(0, BELL + i, 0)
			:: else
			fi;
			i++
		:: else -> break
		od
	:: else
	fi
}

inline arm()
{
	store(self, BELL + self - 1, 1);
	fence(self)
}

proctype sleeper(byte self)
{
	byte sleepy, done, armed;

	store(self, OWNED, 0);
	load(self, DONE, done);
	if
	:: done -> goto up
	:: else
	fi;
	load(self, SLEEPY, sleepy);
	if
#ifdef SET_IS_ENOUGH
	:: sleepy != NOBODY
#else
	:: sleepy == KNOWN
#endif
	:: else ->
		store(self, SLEEPY, SET);
		fence(self);
#ifndef NO_MEMBARRIER
		fence(0);
#endif
		store(self, SLEEPY, KNOWN)
	fi;
#ifndef ARM_LATE
	arm();
#endif
#ifndef NO_LOOK
	load(self, DONE, done);
	if
	:: done -> goto up
	:: else
	fi;
#endif
#ifdef ARM_LATE
	arm();
#endif
	mem[BELL + self - 1] == 0; // asleep
up:
	awake--
}

init
{
	atomic {
#ifndef SHARED_BEFORE
		mem[OWNED] = 1;
#endif
		run memory(0);
		run memory(1);
		run memory(2);
		run actor();
		run sleeper(1);
		run sleeper(2)
	}
}

ltl woken { <> (awake == 0) }
