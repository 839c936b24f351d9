// SPDX-License-Identifier: BSD-3-Clause
//
// Random reads and writes at both ends of sockets and pipes, against the plainest
// model of what lies between: how many bytes went in and came out. Each byte tells
// its place, so none may be lost, doubled or moved.
//
// All is on one thread, so what an operation answers can be held against the model
// at the moment when it returns.
#include "chan/case.h"
#include "ends.h"
#include "seed.h"

#include <fcntl.h>

#define PIPES 8
#define VOLUME 30000
#define MOST 6000

struct stream {
	struct weir_fd in, out;
	uint64_t sent, received;
	bool ended; // by the writer
	bool gone;  // the reader
	uint64_t readers_stop;
};

static struct stream streams[PIPES];
static struct weir_random random_;
static unsigned waits, timeouts;

static uint64_t pick(uint64_t below)
{
	return weir_random_below(&random_, below);
}

static char byte_at(const struct stream *s, uint64_t place)
{
	return (char)((place * 31) ^ (place >> 8) ^ (uint64_t)(s - streams));
}

static uint64_t some_deadline(void)
{
	switch (pick(4)) {
	case 0:
		return weir_ticks() - 1;
	case 1:
		return weir_in_us(pick(100));
	default:
		return WEIR_NEVER;
	}
}

// by_case waits in a select and then tries: that must not be in vain.
static ssize_t by_case(struct weir_case c, uint64_t deadline)
{
	int err = weir_select_until(&c, 1, deadline);

	cr_assert(err == 0 || err == -ETIMEDOUT, "%d", err);
	return err;
}

// ---- the reader ----

// A read looks once more at its deadline; a case knows what the reactor saw last.
static void check_read(
	struct stream *s, const char *text, ssize_t n, bool exact)
{
	uint64_t inside = s->sent - s->received;

	if (n == -ETIMEDOUT) {
		if (exact)
			cr_assert(inside == 0 && !s->ended, "%lu were there",
				(unsigned long)inside);
		timeouts++;
		return;
	}
	cr_assert_geq(n, 0, "%zd", n);
	if (n == 0)
		cr_assert(s->ended && inside == 0);
	cr_assert_leq((uint64_t)n, inside);
	for (ssize_t i = 0; i < n; i++)
		cr_assert_eq(text[i], byte_at(s, s->received + (uint64_t)i));
	s->received += (uint64_t)n;
}

static ssize_t read_somehow(
	struct stream *s, char *text, size_t size, bool *exact)
{
	uint64_t deadline = some_deadline();
	ssize_t n;
	int err;

	*exact = true;
	switch (pick(3)) {
	case 0:
		return weir_read(&s->in, text, size, deadline);
	case 1:
		*exact = false;
		n = by_case(weir_case_readable(&s->in), deadline);
		break;
	default:
		err = weir_fd_wait(&s->in, WEIR_FD_READ, deadline);
		n = err;
	}
	if (n)
		return n;
	n = weir_try_read(&s->in, text, size);
	cr_assert_neq(n, -EAGAIN);
	return n;
}

static void read_stream(void *arg)
{
	struct stream *s = arg;
	char text[MOST];
	ssize_t n = 1;
	bool exact;

	while (n && s->received < s->readers_stop) {
		n = read_somehow(s, text, 1 + pick(MOST), &exact);
		waits++;
		check_read(s, text, n, exact);
		if (pick(8) == 0)
			weir_yield();
	}
	weir_fd_close(&s->in);
	s->gone = true;
}

// ---- the writer ----

static ssize_t write_somehow(struct stream *s, const char *text, size_t size)
{
	uint64_t deadline = some_deadline();
	ssize_t n;

	if (pick(3) > 0)
		return weir_write(&s->out, text, size, deadline);
	n = by_case(weir_case_writable(&s->out), deadline);
	if (n)
		return n;
	n = weir_try_write(&s->out, text, size);
	cr_assert_neq(n, -EAGAIN);
	return n;
}

static void write_stream(void *arg)
{
	struct stream *s = arg;
	char text[MOST];
	ssize_t n = 1;

	while (s->sent < VOLUME) {
		size_t size = 1 + pick(MOST);

		for (size_t i = 0; i < size; i++)
			text[i] = byte_at(s, s->sent + i);
		n = write_somehow(s, text, size);
		waits++;
		if (n == -EPIPE || n == -ECONNRESET)
			break;
		cr_assert(n > 0 || n == -ETIMEDOUT, "%zd", n);
		timeouts += n < 0;
		s->sent += n > 0 ? (uint64_t)n : 0;
		if (pick(8) == 0)
			weir_yield();
	}
	if (n < 0 && n != -ETIMEDOUT)
		cr_assert(s->gone);
	weir_fd_close(&s->out);
	s->ended = true;
}

// ---- all of them ----

static void open_stream(struct stream *s, bool is_pipe)
{
	int small = 1, ends[2];

	*s = (struct stream){
		.readers_stop = pick(4) ? UINT64_MAX : pick(VOLUME)};
	if (is_pipe) {
		cr_assert_eq(pipe(ends), 0);
		fcntl(ends[1], F_SETPIPE_SZ, 4096);
	} else {
		cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
		setsockopt(
			ends[1], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	}
	open_end(&s->in, ends[0]);
	open_end(&s->out, ends[1]);
}

static void run_all(void *arg)
{
	struct weir_scope scope;

	weir_scope_open(&scope);
	for (unsigned i = 0; i < PIPES; i++) {
		open_stream(&streams[i], i % 2);
		cr_assert_eq(
			weir_spawn(&scope, NULL, read_stream, &streams[i]), 0);
		cr_assert_eq(
			weir_spawn(&scope, NULL, write_stream, &streams[i]), 0);
	}
	cr_assert_eq(weir_scope_close(&scope, WEIR_NEVER), 0);
	for (unsigned i = 0; i < PIPES; i++)
		if (!streams[i].gone || streams[i].readers_stop == UINT64_MAX)
			cr_assert_eq(streams[i].received, streams[i].sent);
}

Test(fd, is_the_queue_of_bytes_that_it_seems)
{
	random_ = random_of_test();
	for (unsigned round = 0; round < 20; round++)
		on_reactor(run_all);
	cr_assert_gt(timeouts, 0u);
	fprintf(stderr, "%u operations, %u timed out\n", waits, timeouts);
}
