// SPDX-License-Identifier: BSD-3-Clause
//
// A server of several channels, a clock's beat and a point in time, by a select
// or by a ready set.
//
//	client ─▶ | | ─╮
//	client ─▶ | | ─┼─▶ select, or set ─▶ one of them
//	 beat, alarm ──╯
//
// One that is ready is passed over at most once by each other before it is
// served; who waits runs in the turn after the one in which it was sent to; what
// was not served has done nothing: its message is where it was. Nothing of what
// clients send is lost or out of order.
#include "play.h"

#include "chan/case.h"
#include "task/interval.h"
#include "task/set.h"

#define CLIENTS 4
#define BRANCHES (CLIENTS + 2)
#define MESSAGES 12

struct server;

struct client {
	struct sim_player player;
	struct weir_tx tx;
	struct weir_rx rx;
	uint64_t sent, message, got;
	uint64_t sent_in[MESSAGES + 1]; // which turn of the server
	struct server *server;
	uint64_t ready_since; // turn + 1; 0: it was not when last looked at
	unsigned passed_by[BRANCHES];
	bool open;
};

struct server {
	struct weir_executor *executor;
	struct client clients[CLIENTS];
	unsigned count;
	bool is_set, left;
	uint64_t waits_since; // turn
	struct weir_interval beat;
	struct weir_case cases[BRANCHES];
	struct weir_set set;
	struct weir_member members[BRANCHES];
};

static void wait_closed(struct client *client)
{
	enum weir_result result =
		weir_tx_wait_closed(&client->tx, sim_in(sim_below(100)));

	if (result == WEIR_CLOSED && !client->server->left)
		sim_fault("a client was told that its server has gone");
}

static void ask(struct sim_player *player)
{
	struct client *client = weir_container(player, struct client, player);

	for (unsigned i = sim_below(MESSAGES); i > 0; i--) {
		uint64_t message = client->sent + 1;
		enum weir_result result =
			weir_send_until(&client->tx, &message, sim_patience());

		if (result == WEIR_SENT)
			client->sent_in[++client->sent] =
				sim_turn(client->server->executor);
		if (result == WEIR_CLOSED || !sim_pause(player->executor))
			break;
	}
	if (sim_below(4) == 0)
		wait_closed(client);
	weir_tx_close(&client->tx);
}

// ---- who is ready, and who is passed over ----

static void look_who_is_ready(struct server *server)
{
	for (unsigned i = 0; i < server->count; i++) {
		struct client *client = &server->clients[i];
		bool ready =
			client->open && (weir_rx_len(&client->rx) > 0 ||
						weir_rx_closed(&client->rx));

		if (!ready)
			client->ready_since = 0;
		else if (!client->ready_since)
			client->ready_since = sim_turn(server->executor) + 1;
	}
}

// A set learns of what lives elsewhere when its executor has asked: in the turn
// after, at the latest.
static bool is_known(const struct server *server, const struct client *client)
{
	return client->ready_since &&
	       (!server->is_set ||
		       sim_turn(server->executor) >= client->ready_since);
}

static void count_passed(struct server *server, unsigned served)
{
	for (unsigned i = 0; i < server->count; i++) {
		struct client *client = &server->clients[i];

		if (i == served || !client->ready_since) {
			for (unsigned k = 0; k < BRANCHES; k++)
				client->passed_by[k] = 0;
			continue;
		}
		if (!is_known(server, client))
			continue;
		if (++client->passed_by[served] > 1)
			sim_fault("branch %u, which is ready, was passed over "
				  "by %u twice",
				i, served);
	}
}

// ---- serving ----

// check_bound: who waits when a message is sent, from wherever, runs in the turn
// after the present one of its executor.
static void check_bound(
	const struct server *server, const struct client *client)
{
	uint64_t sent_in = client->sent_in[client->got];

	// A sender that has not run on yet has not said when.
	if (client->sent >= client->got && server->waits_since <= sent_in)
		sim_promptly(
			server->executor, sent_in, "who waits for a message");
}

static void take(struct server *server, unsigned i, int result)
{
	struct client *client = &server->clients[i];

	if (result == WEIR_CLOSED) {
		client->open = false;
		if (client->got != client->sent)
			sim_fault("a client's last message did not come");
	} else if (result != WEIR_RECEIVED ||
		   client->message != ++client->got) {
		sim_fault("message %u of a client came as %u",
			(unsigned)client->message, (unsigned)client->got);
	} else {
		check_bound(server, client);
	}
	client->message = 0;
}

static void check_losers(struct server *server, unsigned served)
{
	for (unsigned i = 0; i < server->count; i++)
		if (i != served && server->clients[i].message)
			sim_fault("a branch that lost has a message");
}

// favour is a mistake: one that is ready is served out of turn.
static bool favour(struct server *server)
{
	const struct client *client = &server->clients[0];

	return client->ready_since && weir_rx_len(&client->rx) > 0 &&
	       sim_planted(SIM_FAVOUR, 1) &&
	       weir_try_recv(&server->clients[0].rx,
		       &server->clients[0].message) == WEIR_RECEIVED;
}

static int by_select(struct server *server, uint64_t deadline, int *result)
{
	int served =
		weir_select_until(server->cases, server->count + 2, deadline);

	if (served >= 0)
		*result = server->cases[served].result;
	return served;
}

static int by_set(struct server *server, uint64_t deadline, int *result)
{
	struct weir_member *served;
	int err = weir_set_wait(&server->set, &served, deadline);

	if (err)
		return err;
	*result = served->wait.result;
	return (int)(served - server->members);
}

static bool any_open(const struct server *server)
{
	for (unsigned i = 0; i < server->count; i++)
		if (server->clients[i].open)
			return true;
	return false;
}

static void serve_all(struct server *server)
{
	while (any_open(server) && sim_below(64)) {
		int served = 0, result = WEIR_RECEIVED;

		look_who_is_ready(server);
		server->waits_since = sim_turn(server->executor);
		if (!favour(server))
			served = (server->is_set ? by_set : by_select)(
				server, sim_alarm(), &result);
		for (unsigned i = 0; i < 2 && sim_planted(SIM_DAWDLE, 1); i++)
			weir_yield();
		if (served == WEIR_CANCELED)
			break;
		if (served < 0)
			continue;
		count_passed(server, (unsigned)served);
		if ((unsigned)served < server->count)
			take(server, (unsigned)served, result);
		check_losers(server, (unsigned)served);
		sim.report->served++;
		if (sim_below(4) == 0 && !sim_rest(server->executor))
			break;
	}
}

// ---- opening and closing ----

static struct weir_case branch(struct server *server, unsigned i)
{
	if (i < server->count)
		return weir_case_recv(
			&server->clients[i].rx, &server->clients[i].message);
	if (i == server->count)
		return weir_case_tick(&server->beat);
	return weir_case_after(sim_alarm());
}

static void add_branches(struct server *server)
{
	weir_interval_init(&server->beat, sim_in(50), 1 + sim_below(90),
		(enum weir_missed)sim_below(3));
	weir_set_open(&server->set);
	for (unsigned i = 0; i < server->count + 2; i++) {
		server->cases[i] = branch(server, i);
		if (server->is_set)
			weir_set_add(&server->set, &server->members[i],
				server->cases[i]);
	}
}

static void open_clients(struct server *server)
{
	const struct weir_channel_options options = {
		.class_ = sim_below(2) ? WEIR_SPSC : WEIR_MPMC,
		.message_size = 8};

	for (unsigned i = 0; i < server->count; i++) {
		struct client *client = &server->clients[i];

		*client = (struct client){.open = true, .server = server};
		if (weir_channel_open_with(1 + sim_below(4), &options,
			    &client->tx, &client->rx))
			sim_fault("a client's channel did not open");
	}
}

static void close_all(struct server *server)
{
	for (unsigned i = 0; server->is_set && i < server->count + 2; i++)
		weir_set_remove(&server->members[i]);
	weir_set_close(&server->set);
	check_losers(server, BRANCHES);
	server->left = true;
	for (unsigned i = 0; i < server->count; i++)
		weir_rx_close(&server->clients[i].rx);
}

static bool play(struct weir_executor *executor)
{
	struct server server = {.executor = executor,
		.count = 1 + sim_below(CLIENTS),
		.is_set = sim_below(2)};
	struct sim_troupe troupe;

	open_clients(&server);
	sim_troupe_open(&troupe);
	for (unsigned i = 0; i < server.count; i++)
		sim_troupe_cast(&troupe, NULL, &server.clients[i].player, ask);
	sim_troupe_gather(&troupe);
	for (unsigned i = 0; i < server.count; i++)
		if (!server.clients[i].player.begun)
			weir_tx_close(&server.clients[i].tx);
	add_branches(&server);
	serve_all(&server);
	close_all(&server);
	sim_troupe_close(&troupe);
	return !weir_task_canceled();
}

const struct sim_kind sim_servers = {.name = "server", .play = play};
