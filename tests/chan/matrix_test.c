// SPDX-License-Identifier: BSD-3-Clause
//
// Every wait of this folder through the matrix of matrix.h.
#include "waits.h"

#include "matrix.h"

Test(matrix, every_cell_holds_or_says_why_it_has_no_meaning)
{
	const unsigned cells = CAUSES * MOMENTS * COUNTS;

	// One never waits, sixteen have one user, two are local.
	matrix_run(kinds, KINDS,
		cells + 16 * cells * 2 / 3 + 2 * MOMENTS * COUNTS);
}
