// SPDX-License-Identifier: BSD-3-Clause
//
// Which files the ports of this process use. A capture that is written over
// while it is read, or written by two, would be destroyed without a word.
//
// Threads.  The main thread.
#ifndef WEIR_DRIVERS_FILE_CLAIM_H
#define WEIR_DRIVERS_FILE_CLAIM_H

#include "base/error.h"
#include "base/list.h"

#include <stdbool.h>
#include <sys/types.h>

struct weir_claim {
	struct weir_list link;
	const char *port; // borrowed
	bool writes;
	dev_t device;
	ino_t inode;
};

// weir_claim_take claims the regular file behind fd; what is none, all may use.
// Answers 0, or -EBUSY with words that name both ports.
int weir_claim_take(struct weir_claim *claim, const char *port, int fd,
	bool writes, struct weir_error *e);

// weir_claim_drop gives it up; harmless where nothing was claimed.
void weir_claim_drop(struct weir_claim *claim);

#endif
