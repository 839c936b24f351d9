// SPDX-License-Identifier: BSD-3-Clause
//
// A service that the three topologies beside it have in common: who connects sends
// lines of whole numbers, and gets a line with their sum for each.
//
//	"1 2 3" ──▶ "6"        "1 two" ──▶ "'two' is no number"
//
//	sums_reactor.c   one reactor does it all
//	sums_edge.c      a reactor has the connections, an lcore the kernels
//	sums_spread.c    several reactors share the address
//
// They differ in who works on a line and in how many reactors accept. What a
// client sees, and what the books say, is the same.
//
// Threads.  A server's reactor's.
// Memory.  A connection is allocated when it is accepted, and freed when it ends.
#ifndef SUMS_H
#define SUMS_H

#include <weir/weir.h>

// A line that has no end within that is too long.
#define SUMS_LINE 64
#define SUMS_NUMBERS (SUMS_LINE / 2)

struct sums_line {
	char text[SUMS_LINE];
};

// ---- the kernels ----

struct sums_job {
	const struct sums_line *line;
	struct sums_line *answer;
	long long number[SUMS_NUMBERS];
	long long sum;
	unsigned count;
	const char *wrong; // the first word that is no number
};

// sums_work does count jobs, of which line and answer are set: it reads the numbers
// of all, adds those of all, and writes all answers. It never waits.
void sums_work(struct sums_job *jobs, unsigned count);

// ---- the service ----

// Why a request was not answered.
enum sums_drop {
	SUMS_TOO_LONG, // no end of the line
	SUMS_CUT_OFF,  // the client went in the middle of it
	SUMS_LATE,     // or took longer for it than the server's patience
	SUMS_UNREAD,   // it took no answer
	SUMS_STOPPED,  // the service ends
	SUMS_DROPS,
};

// in = out + held + dropped, at any time. A request is in from its first byte on.
struct sums_books {
	uint64_t in, out, held;
	uint64_t dropped[SUMS_DROPS];
	uint64_t refused; // connections, for want of descriptors or memory
};

struct sums_server {
	struct weir_address at;
	bool spread;		   // other listeners have the same address
	unsigned long patience_ms; // for a request, from its first byte on
	// answer answers a line, in a task of the server's reactor: 0, or -errno
	// when it cannot.
	int (*answer)(void *arg, const struct sums_line *line,
		struct sums_line *answer, uint64_t deadline);
	void *arg;
	struct weir_fd listener;
	struct sums_books books;
};

// sums_main sets at and patience_ms as the arguments say (any port of 127.0.0.1, and
// 2000, where they say nothing) and runs run(server) on a reactor.
int sums_main(int argc, char **argv, struct sums_server *server,
	void (*run)(void *server));

// sums_listen begins to listen on the calling reactor, after which at is the
// address that it really has. False after saying why not.
bool sums_listen(struct sums_server *server);

// sums_serve, a task for sums_server, serves until it is cancelled, and ends to
// listen.
void sums_serve(void *server);

// sums_until_told says that the service is there, and waits for SIGTERM or SIGINT.
void sums_until_told(const struct sums_server *server);

// sums_print prints the sum of the books of count servers. False: they do not add
// up.
bool sums_print(const struct sums_server *servers, unsigned count);

#endif
