// SPDX-License-Identifier: BSD-3-Clause
//
// A capture that is read: pcap through libpcap, pcapng by our own blocks. It
// answers one packet after another and enters its interfaces into the
// process's table.
//
// Threads.  One at a time: opened by one, then read by another.
#ifndef WEIR_DRIVERS_FILE_CAPTURE_H
#define WEIR_DRIVERS_FILE_CAPTURE_H

#include "base/error.h"
#include "file/bytes.h"
#include "file/pcapng.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

struct pcap;

struct weir_capture {
	const char *who;  // borrowed: "port 'in'"
	const char *path; // borrowed
	struct weir_bytes bytes;
	struct pcap *pcap; // NULL: pcapng
	struct weir_pcapng pcapng;
	uint64_t records;   // that next has given
	uint64_t too_large; // passed over
	uint64_t progress;  // bytes of the input behind us
	uint16_t interface; // of all packets of a pcap
	uint16_t link_type;
};

// weir_capture_open opens path ("-": standard input) and reads its header; it
// may have to wait for a pipe. Answers 0, or -errno with words: no such file,
// empty, not a capture.
int weir_capture_open(struct weir_capture *capture, const char *who,
	const char *path, struct weir_error *e);

// weir_capture_next answers 1 and the next packet, valid until the next call;
// 0 at the end; -EBADMSG, or what reading failed with, and words that name the
// packet.
int weir_capture_next(struct weir_capture *capture, struct weir_record *record,
	struct weir_error *e);

// weir_capture_name answers what to call the input in a message.
const char *weir_capture_name(const struct weir_capture *capture);

void weir_capture_close(struct weir_capture *capture);

#endif
