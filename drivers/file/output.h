// SPDX-License-Identifier: BSD-3-Clause
//
// A capture that is written, pcap or pcapng.
//
//	put ──▶ | records in a buffer | ──▶ write(2)
//
// A pcap is what tcpdump -r IN -w OUT makes of the same packets, byte for
// byte: its header says the link type, snap length and precision of the
// interface of its first packet. A pcapng has the interfaces of every input
// whose packets it was given.
//
// What it promises.  Each packet put is counted once: written when all its
// bytes are, else dropped. After a write has failed nothing more is written,
// and what is there ends with a whole packet.
//
// Threads.  One at a time: opened by one, then used by another. The counters
// may be read by all.
#ifndef WEIR_DRIVERS_FILE_OUTPUT_H
#define WEIR_DRIVERS_FILE_OUTPUT_H

#include "base/error.h"

#include "file/interface.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rte_mbuf;

enum weir_output_format { WEIR_FORMAT_PCAP, WEIR_FORMAT_PCAPNG };

struct weir_output {
	const char *who;  // borrowed: "port 'out'"
	const char *path; // borrowed
	enum weir_output_format format;
	uint32_t snaplen;    // option: cut packets; 0: no
	bool regular, began; // the header is in the buffer
	int fd;
	const bool *quit; // borrowed: gives up waiting for a pipe's reader
	bool nano;	  // of a pcap, as all in this group
	uint32_t link_field, pcap_snaplen;
	uint64_t size;	    // bytes written to fd
	uint64_t live_ns;   // time for packets that have none
	int live_interface; // of packets that have none; -1: not yet

	uint8_t *buffer;
	size_t used;
	uint64_t buffered, buffered_bytes; // packets in buffer

	// Of a pcapng: its number of each interface of the table, plus 1; how
	// far the table was looked through; whose interfaces belong to it.
	uint32_t *numbers;
	uint32_t number_count, scanned_count;
	bool sources[WEIR_INTERFACE_SOURCES_MAX];

	// Read by others.
	uint64_t packets, packets_bytes; // written
	uint64_t dropped;
	uint64_t other_link_type; // of dropped
	int error;		  // the first, -errno
};

// weir_output_open opens path ("-": standard output) but leaves what is there
// until start. Answers 0 or -errno with words.
int weir_output_open(struct weir_output *output, struct weir_error *e);

// weir_output_start empties the file.
int weir_output_start(struct weir_output *output, struct weir_error *e);

// weir_output_put formats a packet, which stays the caller's.
void weir_output_put(struct weir_output *output, struct rte_mbuf *packet);

// weir_output_flush writes what is in the buffer.
void weir_output_flush(struct weir_output *output);

// weir_output_finish writes all there is, a header where there was no packet
// too, and closes the file.
void weir_output_finish(struct weir_output *output);

// weir_output_finding answers 0 or what went wrong, with words.
int weir_output_finding(const struct weir_output *output, struct weir_error *e);

// weir_output_close frees; harmless after a failed open.
void weir_output_close(struct weir_output *output);

#endif
