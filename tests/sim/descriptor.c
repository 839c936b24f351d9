// SPDX-License-Identifier: BSD-3-Clause
//
// Descriptors of the executors that are reactors. They are the system's own: what one
// thread does with sockets has one history. What is at their other end is the world's:
// between two turns it sends, receives, ends to send, to receive, or goes; it connects;
// and now and then the system tells of nothing.
//
//	reader, writer ── weir_fd ══ socket ══ the world
//	acceptor ──────── weir_fd ══ listener ◀─ the world connects
//
// Each byte tells its place, each connection its number: none is lost, doubled or
// moved. The end comes behind all that was sent, and only when it was sent. A wait that
// was too late was so, and what it waited for was not there; one that was cancelled was
// cancelled. And nobody waits longer than a turn of his reactor for what is there.
#include "play.h"

#include "base/assert.h"
#include "chan/case.h"
#include "reactor/fd_inline.h"
#include "reactor/socket.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define MOST 600    // bytes at once
#define VOLUME 6000 // of each direction
#define CONNECTS 12

// One direction: how many bytes went in and came out.
struct way {
	uint64_t sent, got;
	bool ends;
};

struct place {
	struct weir_list link;
	struct weir_fd fd;
	struct weir_executor *executor;
	int other;	     // the world's end; a listener has none: -1
	struct way down, up; // from the world, to it
	bool deaf;	     // the world ended to receive
	bool gone;	     // or went
	unsigned connected, accepted, quota;
	bool overdue; // somebody waits for what is there
	uint64_t since;
	struct sim_player reader, writer;
};

static struct weir_list places;

static char byte_at(uint64_t at)
{
	return (char)(at * 31 ^ at >> 8);
}

// ---- the world's end ----

static bool is_listener(const struct place *place)
{
	return place->quota > 0;
}

static void world_sends(struct place *place)
{
	char bytes[MOST];
	size_t size = 1 + sim_below(MOST);
	ssize_t n;

	if (place->down.ends || place->down.sent > VOLUME)
		return;
	for (size_t i = 0; i < size; i++)
		bytes[i] = byte_at(place->down.sent + i);
	n = send(place->other, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n > 0)
		place->down.sent += (uint64_t)n;
}

static void compare(struct way *way, const char *bytes, ssize_t n)
{
	for (ssize_t i = 0; i < n; i++)
		if (bytes[i] != byte_at(way->got + (uint64_t)i)) {
			sim_fault("byte %u of a descriptor is another",
				(unsigned)way->got + (unsigned)i);
			break;
		}
	way->got += (uint64_t)n;
	if (way->got > way->sent)
		sim_fault("a descriptor delivered what was not sent");
}

static void world_receives(struct place *place)
{
	char bytes[4 * MOST];
	ssize_t n;

	if (place->deaf)
		return;
	n = recv(place->other, bytes, sizeof(bytes), MSG_DONTWAIT);
	if (n > 0)
		compare(&place->up, bytes, n);
	if (n == 0 && !place->up.ends)
		sim_fault("the end came that nobody sent");
}

static void world_goes(struct place *place)
{
	place->gone = place->down.ends = place->deaf = true;
	close(place->other);
	place->other = -1;
}

static void world_talks(struct place *place)
{
	unsigned what = sim_below(80);

	if (what < 30) {
		world_sends(place);
	} else if (what < 60) {
		world_receives(place);
	} else if (what == 60) {
		place->down.ends = true;
		shutdown(place->other, SHUT_WR);
	} else if (what == 61) {
		place->deaf = true;
		shutdown(place->other, SHUT_RD);
	} else if (what < 64) {
		world_goes(place);
	}
}

// world_connects says which one it is, and goes: both lie in the backlog.
static void world_connects(struct place *place)
{
	int number =
		socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct sockaddr_un at;
	socklen_t size = sizeof(at);
	char which = (char)place->connected;

	weir_assert(number >= 0);
	getsockname(place->fd.number, (void *)&at, &size);
	if (place->connected < CONNECTS &&
		connect(number, (void *)&at, size) == 0) {
		weir_assert(send(number, &which, 1, 0) == 1);
		place->connected++;
	}
	close(number);
}

static void tend(void)
{
	static const uint32_t told[] = {
		EPOLLIN, EPOLLOUT, EPOLLIN | EPOLLOUT, EPOLLRDHUP};

	weir_list_each (link, &places) {
		struct place *place = weir_container(link, struct place, link);

		if (sim.spurious && sim_below(16) == 0)
			weir_fd_told(&place->fd, told[sim_below(4)]);
		if (is_listener(place) && sim_below(8) == 0)
			world_connects(place);
		if (!is_listener(place) && !place->gone && sim_below(2))
			world_talks(place);
		// What the system told is not heard of.
		if (sim_planted(SIM_SWALLOW, 6))
			(void)!epoll_wait(place->fd.reactor->set,
				place->fd.reactor->events, WEIR_REACTOR_EVENTS,
				0);
	}
}

// ---- nobody waits for what is there ----

static bool is_there(const struct place *place)
{
	if (is_listener(place))
		return place->connected > place->accepted;
	return place->down.sent > place->down.got || place->down.ends;
}

static void look(void)
{
	weir_list_each (link, &places) {
		struct place *place = weir_container(link, struct place, link);
		uint64_t turn = sim_turn(place->executor);

		if (weir_wait_queue_empty(&place->fd.waiting[WEIR_FD_READ]) ||
			!is_there(place))
			place->overdue = false;
		else if (!place->overdue)
			place->since = turn;
		else if (turn - place->since > 1)
			sim_fault("somebody waits for a descriptor that is "
				  "ready");
		if (!weir_wait_queue_empty(&place->fd.waiting[WEIR_FD_READ]))
			place->overdue = is_there(place);
	}
}

// ---- tasks ----

static void check_end(ssize_t err, uint64_t deadline)
{
	if (err == -ECANCELED && !weir_task_canceled())
		sim_fault("a wait for a descriptor says it is cancelled");
	if (err == -ETIMEDOUT &&
		(deadline == WEIR_NEVER || (int64_t)(sim.now - deadline) < 0))
		sim_fault("a wait for a descriptor ends too early");
}

static uint64_t draw_deadline(void)
{
	return sim_alarm();
}

// wait_somehow waits as drawn for the way to be ready.
static int wait_somehow(
	struct place *place, enum weir_fd_way way, uint64_t deadline)
{
	struct weir_case cases[] = {
		weir_case_after(sim_alarm()),
		way == WEIR_FD_READ ? weir_case_readable(&place->fd)
				    : weir_case_writable(&place->fd),
	};
	int served;

	if (sim_below(2))
		return weir_fd_wait(&place->fd, way, deadline);
	served = weir_select_until(cases, 2, deadline);
	return served == 1 ? 0 : served == 0 ? -EAGAIN : served;
}

static void check_read(struct place *place, const char *bytes, ssize_t n,
	uint64_t deadline, bool exact)
{
	bool there = is_there(place);

	check_end(n, deadline);
	if (n == -ETIMEDOUT && exact && there)
		sim_fault("too late for a descriptor that is ready");
	if (n == 0 && (!place->down.ends || place->down.got < place->down.sent))
		sim_fault("the end came before what was sent");
	if (n == -ECONNRESET && !place->gone)
		sim_fault("a peer has reset that is there");
	if (n > 0 && sim_planted(SIM_LOSE_BYTES, 4))
		n--;
	if (n > 0)
		compare(&place->down, bytes, n);
}

static ssize_t read_somehow(struct place *place)
{
	uint64_t deadline = draw_deadline(), said = deadline;
	size_t size = 1 + sim_below(MOST);
	bool exact = sim_below(2);
	char bytes[MOST];
	ssize_t n;

	if (sim_planted(SIM_IMPATIENT, 2))
		deadline = sim_in(0);
	if (exact) {
		n = weir_read(&place->fd, bytes, size, deadline);
	} else {
		n = wait_somehow(place, WEIR_FD_READ, deadline);
		if (n == 0)
			n = weir_try_read(&place->fd, bytes, size);
	}
	check_read(place, bytes, n, said, exact);
	sim_note((uint64_t)(int64_t)n);
	return n;
}

static bool goes_on(ssize_t n)
{
	return n > 0 || n == -ETIMEDOUT || n == -EAGAIN;
}

static void read_all(struct sim_player *player)
{
	struct place *place = weir_container(player, struct place, reader);

	while (goes_on(read_somehow(place)) && sim_below(64))
		if (!sim_rest(player->executor))
			break;
}

static ssize_t write_somehow(struct place *place)
{
	size_t size = 1 + sim_below(MOST);
	uint64_t deadline = draw_deadline();
	char bytes[MOST];
	ssize_t n = 0;

	for (size_t i = 0; i < size; i++)
		bytes[i] = byte_at(place->up.sent + i);
	if (sim_below(3) == 0)
		n = wait_somehow(place, WEIR_FD_WRITE, deadline);
	if (n == 0)
		n = weir_write(&place->fd, bytes, size, deadline);
	check_end(n, deadline);
	if ((n == -EPIPE || n == -ECONNRESET) && !place->deaf)
		sim_fault("nobody receives, though the world does");
	if (n > 0)
		place->up.sent += (uint64_t)n;
	sim_note((uint64_t)(int64_t)n);
	return n;
}

static void write_all(struct sim_player *player)
{
	struct place *place = weir_container(player, struct place, writer);

	while (goes_on(write_somehow(place)) && place->up.sent < VOLUME &&
		sim_below(64))
		if (!sim_rest(player->executor))
			break;
	if (sim_below(2)) {
		place->up.ends = true;
		shutdown(place->fd.number, SHUT_WR);
	}
}

static void open_place(struct place *place, int number)
{
	weir_assert(weir_fd_open(&place->fd, number, NULL) == 0);
	weir_list_add_head(&places, &place->link);
}

static void close_place(struct place *place)
{
	weir_list_remove(&place->link);
	weir_fd_close(&place->fd);
	if (place->other >= 0)
		close(place->other);
}

static void play_talk(struct weir_executor *executor)
{
	const int small = 1; // as small as the system has it
	struct place place = {.executor = executor};
	struct sim_troupe troupe;
	int ends[2];

	weir_assert(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
	for (unsigned i = 0; i < 2; i++)
		setsockopt(
			ends[i], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	place.other = ends[1];
	open_place(&place, ends[0]);
	sim_troupe_open(&troupe);
	sim_troupe_cast(&troupe, executor, &place.reader, read_all);
	sim_troupe_cast(&troupe, executor, &place.writer, write_all);
	sim_troupe_close(&troupe);
	close_place(&place);
}

// ---- accepting ----

static void took(struct place *place, struct weir_fd *connection)
{
	char which = 0;

	if (sim_planted(SIM_LOSE_CONNECTION, 2))
		place->accepted--;
	if (weir_try_read(connection, &which, 1) != 1 ||
		(unsigned)which != place->accepted)
		sim_fault("connection %u is accepted as number %u",
			(unsigned)which, place->accepted);
	place->accepted++;
	weir_fd_close(connection);
}

static void play_accept(struct weir_executor *executor)
{
	const struct sockaddr_un any = {.sun_family = AF_UNIX};
	struct place place = {.executor = executor,
		.other = -1,
		.quota = 1 + sim_below(CONNECTS)};
	int number = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), err = 0;

	weir_assert(bind(number, (const void *)&any, sizeof(sa_family_t)) == 0);
	weir_assert(listen(number, 2) == 0);
	open_place(&place, number);
	while (place.accepted < place.quota && err != -ECANCELED) {
		uint64_t deadline = draw_deadline();
		struct weir_fd connection;

		err = weir_accept(&place.fd, &connection, deadline);
		sim_note((uint64_t)(int64_t)err);
		check_end(err, deadline);
		if (err == -ETIMEDOUT && is_there(&place))
			sim_fault("too late for a connection that is there");
		if (err == 0)
			took(&place, &connection);
		if (!sim_rest(executor))
			break;
	}
	close_place(&place);
}

static void play_here(struct sim_player *player)
{
	if (sim_below(3))
		play_talk(player->executor);
	else
		play_accept(player->executor);
}

// play plays on one of the reactors, if this world has any.
static bool play(struct weir_executor *executor)
{
	unsigned first = sim_below(sim.executor_count), i = first;
	struct sim_troupe troupe;
	struct sim_player player;

	while (!sim.reactors[i]) {
		i = (i + 1) % sim.executor_count;
		if (i == first)
			return !weir_task_canceled();
	}
	sim_troupe_open(&troupe);
	sim_troupe_cast(&troupe, sim.executors[i], &player, play_here);
	sim_troupe_close(&troupe);
	return !weir_task_canceled();
}

static void open_all(void)
{
	weir_list_init(&places);
}

static void close_all(void)
{
	for (unsigned i = 0; i < sim.executor_count; i++)
		if (sim.reactors[i] && sim.reactors[i]->fd_count > 0)
			sim_fault("a descriptor is still open");
}

const struct sim_kind sim_descriptors = {.name = "descriptor",
	.open = open_all,
	.play = play,
	.tend = tend,
	.look = look,
	.close = close_all};
