// SPDX-License-Identifier: BSD-3-Clause
//
// Total store order for the models of this folder, in Promela: each process
// has a buffer for two stores, which reach memory later, in their order; its
// own loads see them at once.
//
// Memory.  mem holds what is shared so. Who includes this defines PROCS, the
// processes with a buffer, and VARS, the words; each process is numbered
// 0..PROCS-1, and init runs memory(p) for each.
#ifndef TESTS_MODEL_TSO_H
#define TESTS_MODEL_TSO_H

byte mem[VARS];
byte buf_var[PROCS * 2], buf_value[PROCS * 2], buf_count[PROCS];

inline store(p, v, x)
{
	d_step {
		buf_count[p] < 2;
		buf_var[p * 2 + buf_count[p]] = v;
		buf_value[p * 2 + buf_count[p]] = x;
		buf_count[p]++;
	}
}

inline load(p, v, out)
{
	d_step {
		if
		:: buf_count[p] == 2 && buf_var[p * 2 + 1] == v ->
			out = buf_value[p * 2 + 1]
		:: else ->
			if
			:: buf_count[p] > 0 && buf_var[p * 2] == v ->
				out = buf_value[p * 2]
			:: else ->
				out = mem[v]
			fi
		fi
	}
}

// A full fence: all that p stored has reached memory.
inline fence(p)
{
	buf_count[p] == 0
}

// Compare and swap, which waits for the buffer as a locked operation does.
inline cas(p, v, from, to, won)
{
	d_step {
		buf_count[p] == 0;
		won = mem[v] == from;
		if
		:: won -> mem[v] = to
		:: else
		fi
	}
}

proctype memory(byte p)
{
	do
	:: d_step {
		buf_count[p] > 0;
		mem[buf_var[p * 2]] = buf_value[p * 2];
		buf_var[p * 2] = buf_var[p * 2 + 1];
		buf_value[p * 2] = buf_value[p * 2 + 1];
		buf_var[p * 2 + 1] = 0;
		buf_value[p * 2 + 1] = 0;
		buf_count[p]--;
	}
	od
}

#endif
