// SPDX-License-Identifier: BSD-3-Clause
//
// A port is where packets come from or go to: a NIC's queue pair, a software
// device, a file. A driver is a table of functions; drivers lie outside lib
// and register themselves by name.
//
// Life: open → start → rx/tx on lcores → finish → stop → close. open to start
// and stop to close happen on the main thread, which may sleep.
//
// Threads.  rx and tx of one queue: one lcore. Different queues are free to
// run together. held and stats: anyone, exact when quiet.
//
// Memory.  Packets come from setup.pool. rx gives, tx takes what it answers.
// Only rx and tx touch the pool, since only they run on lcores: a driver with
// a thread gets empty mbufs through rx and frees through tx (which the runner
// calls with count 0 when there is nothing to send).
#ifndef WEIR_PORT_PORT_H
#define WEIR_PORT_PORT_H

#include "base/clock.h"
#include "base/error.h"
#include "option/option.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct rte_mbuf;
struct rte_mempool;
struct weir_count_segment;

struct weir_port_setup {
	const char *name;	       // "in": for messages and counters
	bool receives, sends;	       // how the pipeline uses it
	unsigned rx_queues, tx_queues; // wanted, at least 1 each if used
	struct rte_mempool *pool;
	unsigned node;
	const struct weir_clock *clock;
	struct weir_count_segment *segment; // for counters "ports.NAME.…"
};

// What a port knows of its own traffic. Packets unless said otherwise.
struct weir_port_stats {
	uint64_t rx_packets, rx_bytes; // came in from outside
	uint64_t rx_missed;	       // the device had no room
	uint64_t rx_errors;	       // the device refused
	uint64_t rx_no_mbuf;	       // were lost, as the pool was empty
	uint64_t rx_ahead; // read ahead or in a NIC's ring, and given up when
			   // the port stopped: never came in
	uint64_t tx_packets, tx_bytes; // went out
	uint64_t tx_dropped;	       // accepted from tx, then not written
	uint64_t progress,
		progress_end; // of a bounded input, any unit; 0: no end known
};

// What the planner and the runner must know of a port before it is open.
struct weir_port_traits {
	bool makes_system_calls; // on the lcore
	bool brief_calls; // rx and tx take some ten cycles a packet and never
			  // wait; a chain of them is timed as one
	bool needs_pci;	  // its value begins with the address of a PCI device
	bool needs_hugepages;
	bool exclusive;	     // two ports cannot have the same value
	bool one_way;	     // its value names a file, which is read or written
	unsigned queues_max; // in each direction; 0: known when it is open
};

// A kind is a key that chooses a driver in a port's mapping: "file", "null".
struct weir_port_kind {
	const char *name;
	const char *help; // a phrase: what its value is
	struct weir_port_traits traits;
};

// One more thing that a device counts, under the device's name for it.
struct weir_port_row {
	char name[64];
	uint64_t value;
};

// Something that happened to a port while it ran, in a sentence.
struct weir_port_event {
	bool fault; // the run has failed by it
	char text[256];
};

// How an lcore may call the device of a queue without the driver between: burst
// with the queue's entry of queues, as long as *gate is open and the queue's entry
// of watchers is NULL: both are looked at before each burst. burst and queue stay as
// they are while lcores run.
struct weir_port_direct {
	const uint32_t *gate;
	uint32_t open;
	uint32_t queue;
	uint16_t (*const *burst)(
		void *queue, struct rte_mbuf **packets, uint16_t count);
	void **const *queues;
	void **const *watchers;
};

enum weir_port_way { WEIR_PORT_RX, WEIR_PORT_TX };

struct weir_port_driver {
	const char *name;		    // "file"
	const char *help;		    // a sentence
	const struct weir_port_kind *kinds; // ended by one without a name
	size_t state_size;
	const struct weir_option *options; // beside the kind's own key

	// traits refines those of the kind by the value in the file; NULL: they
	// hold for all.
	void (*traits)(const char *kind, const char *value,
		struct weir_port_traits *traits);
	// check judges the value and the options together, before anything is
	// opened. Answers NULL, or the key that is wrong and in e why, a phrase
	// for "port 'in': …". NULL: the tables say all.
	const char *(*check)(const char *kind, const char *value,
		const void *options, struct weir_error *e);
	// keeps answers the most packets that a port of the kind with these
	// options (a struct of state_size) holds in rings and descriptors of one
	// queue; NULL: 4096. The planner sizes the pool by it.
	unsigned (*keeps)(const char *kind, const void *options);

	// ready tells, before EAL starts with so much memory, whether the device
	// could be opened: 0, or -errno with the command that mends it. name is
	// the port's. NULL: it needs nothing.
	int (*ready)(const char *kind, const char *value, const char *name,
		uint64_t memory_size, struct weir_error *e);
	// open prepares. kind and value are what the file says ({file: a.pcap}:
	// "file", "a.pcap"). State is zero but for the options.
	int (*open)(void *state, const char *kind, const char *value,
		const struct weir_port_setup *setup, struct weir_error *e);
	int (*start)(void *state, struct weir_error *e);
	// rx receives up to count packets. 0 may mean nothing now: see ended.
	unsigned (*rx)(void *state, unsigned queue, struct rte_mbuf **packets,
		unsigned count);
	// tx takes the first packets, as many as it answers; the rest is the
	// caller's. With count 0 it does what else must be done on an lcore.
	unsigned (*tx)(void *state, unsigned queue, struct rte_mbuf **packets,
		unsigned count);
	// direct answers how a queue may be called on the shortest way, with at
	// least one packet or room for one; on the lcore, after start. NULL: by
	// rx and tx only.
	struct weir_port_direct (*direct)(
		void *state, enum weir_port_way way, unsigned queue);
	// ended tells whether rx has given out all there will ever be; NULL: never.
	bool (*ended)(void *state);
	// finish says that no more will be sent; on the lcore; NULL: no matter.
	void (*finish)(void *state);
	// finished tells, on the lcore after finish, whether all that tx took has left and been freed; NULL: yes.
	bool (*finished)(void *state);
	// quit makes the port stop taking input, and waiting for what may never
	// come: what it gave out stays. The main thread.
	void (*quit)(void *state);
	// stop ends its threads. Lcores no longer call. Answers what went wrong
	// while it ran: -EBADMSG truncated input, -ENOSPC, …, in words in e.
	int (*stop)(void *state, struct weir_error *e);
	uint64_t (*held)(void *state); // packets inside, by walking
	// may_miss tells whether the file allows the port to miss packets: then
	// that does not fail the run. NULL: no.
	bool (*may_miss)(const void *state);
	void (*stats)(void *state, struct weir_port_stats *stats);
	// rows writes what else the device counts, count at most, and answers
	// how many there are; also after stop. NULL: nothing.
	unsigned (*rows)(
		void *state, struct weir_port_row *rows, unsigned count);
	// watch tells what happened since it was last called, one at a time, and
	// false when that was all. The main thread calls it between start and
	// stop, every few milliseconds. NULL: nothing ever happens.
	bool (*watch)(void *state, struct weir_port_event *event);
	// tx_offloads answers which RTE_ETH_TX_OFFLOAD_… the open port does for
	// packets that ask for it; NULL: none.
	uint64_t (*tx_offloads)(const void *state);
	void (*close)(void *state); // also after a failed open or start
	// kept answers how many mbufs the closed port does not give back though
	// no packet was in them: its device took them when it was set up. NULL: none.
	unsigned (*kept)(const void *state);
};

// weir_port_register makes a driver known. At start-up, before any file is
// read.
void weir_port_register(const struct weir_port_driver *driver);

// weir_port_find answers the driver that has kind, or NULL.
const struct weir_port_driver *weir_port_find(const char *kind);

// weir_port_kind_find answers what kind is, or NULL.
const struct weir_port_kind *weir_port_kind_find(const char *kind);

// weir_port_traits_of answers the traits of a port of a kind that there is,
// with that value.
struct weir_port_traits weir_port_traits_of(
	const char *kind, const char *value);

// weir_port_at answers the index-th registered driver, NULL past the last.
const struct weir_port_driver *weir_port_at(unsigned index);

// An open port, as stages see it.
struct weir_port {
	const struct weir_port_driver *driver;
	void *state;
	const char *name;
	struct weir_port_traits traits;
};

// weir_port_shut is a way that is never open: what a queue has until its port
// runs, and for ever where its driver has no shortest way.
extern const struct weir_port_direct weir_port_shut;

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
