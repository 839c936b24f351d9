// SPDX-License-Identifier: BSD-3-Clause
//
// A table of a running instance, redrawn in place on a terminal: rates, depth,
// drops. It reads the counters and nothing else, so it could be drawn from
// another process as well.
#ifndef WEIR_APPS_LIVE_H
#define WEIR_APPS_LIVE_H

#include "count/count.h"

#include <stdio.h>

struct weir_live;

// weir_live_open answers a table of what reader sees, which it borrows; NULL
// when there is no memory: then nothing is drawn.
struct weir_live *weir_live_open(struct weir_count_reader *reader, FILE *to);

// weir_live_draw draws it, if a quarter of a second has passed since the last
// time. NULL is harmless.
void weir_live_draw(struct weir_live *live);

// weir_live_close wipes the table off the terminal.
void weir_live_close(struct weir_live *live);

#endif
