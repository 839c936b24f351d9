// SPDX-License-Identifier: BSD-3-Clause
//
// Which pages EAL's memory is made of: huge ones where there are enough, else
// ordinary ones, of which any user has some and no device may be told. EAL can
// be started once, so that this is decided before; and since others may start
// at the same time, what is free is looked at and taken under a lock of the
// machine.
//
// Threads.  Set-up only: one thread.
#ifndef WEIR_BASE_PAGES_H
#define WEIR_BASE_PAGES_H

#include <stdbool.h>
#include <stdint.h>

enum weir_pages_wish {
	WEIR_PAGES_AUTO,
	WEIR_PAGES_HUGE, // or an error
	WEIR_PAGES_ORDINARY,
};

struct weir_pages {
	bool huge;
	char why[128]; // a phrase
	int lock;      // held until weir_pages_settled; -1: none
};

// weir_pages_choose decides for size bytes. args are EAL's arguments of the
// user, NULL-ended, or NULL: what they say goes before.
void weir_pages_choose(struct weir_pages *pages, enum weir_pages_wish wish,
	uint64_t size, const char *const *args);

// weir_pages_settled says that EAL has its memory, or will not have any.
void weir_pages_settled(struct weir_pages *pages);

// weir_pages_free answers the bytes in free huge pages as the folder says, which
// is /sys/kernel/mm/hugepages but in tests.
uint64_t weir_pages_free(const char *folder);

#endif
