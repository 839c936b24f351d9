// SPDX-License-Identifier: BSD-3-Clause
//
// One-shots between two tasks on any executors. One sends now and then, or goes
// without; the other waits, in a select now and then, gives up, or goes. After
// that the token is with exactly one of the two, and both know with whom.
#include "play.h"

#include "chan/case.h"
#include "chan/oneshot.h"

struct token {
	unsigned sender, receiver; // how often each says that it is his
};

struct play {
	struct sim_player player;
	struct weir_oneshot_tx tx;
	struct weir_oneshot_rx rx;
	struct token token;
};

static void send(struct play *play)
{
	struct token *token = &play->token;
	enum weir_result result;

	if (sim_below(8) == 0 || weir_task_canceled()) {
		weir_oneshot_tx_close(&play->tx);
		return;
	}
	result = weir_oneshot_send(&play->tx, &token);
	if (result != WEIR_SENT && result != WEIR_CLOSED)
		sim_fault("a one-shot's send answered %d", result);
	if ((result == WEIR_SENT) != !token)
		sim_fault("a one-shot's sender has %s token",
			token ? "still its" : "no");
	if (result == WEIR_SENT) {
		play->token.sender--;
		sim.report->oneshots++;
	}
	if (sim_planted(SIM_SEND_AND_KEEP, 1))
		play->token.sender = 1;
}

static void got(struct play *play, const struct token *token)
{
	if (token != &play->token)
		sim_fault("a one-shot delivered what was not sent");
	play->token.receiver++;
}

// wait answers whether it is over, and token there if it came.
static bool wait(struct play *play, struct token **token)
{
	struct weir_case cases[] = {
		weir_case_after(sim_alarm()),
		weir_case_oneshot(&play->rx, token),
	};
	enum weir_result result;

	if (sim_below(2)) {
		result = weir_oneshot_recv(&play->rx, token, sim_patience());
	} else {
		int served = weir_select_until(cases, 2, sim_patience());

		result = served == 0   ? WEIR_TIMED_OUT
			 : served == 1 ? (enum weir_result)cases[1].result
				       : (enum weir_result)served;
	}
	return result == WEIR_RECEIVED || result == WEIR_CLOSED;
}

static void receive(struct play *play)
{
	struct token *token = NULL;
	bool over = false;

	while (!over && !weir_task_canceled() && sim_below(8))
		over = wait(play, &token);
	if (!over && weir_oneshot_rx_close(&play->rx, &token) != WEIR_RECEIVED)
		token = NULL;
	if (token)
		got(play, token);
}

static void sender(struct sim_player *player)
{
	(void)sim_pause(player->executor);
	send(weir_container(player, struct play, player));
}

static void receiver(struct sim_player *player)
{
	(void)sim_rest(player->executor);
	receive(weir_container(player, struct play, player));
}

static bool play_it(struct weir_executor *executor)
{
	struct play play = {.token = {.sender = 1}};
	struct sim_troupe troupe;
	bool sends = sim_below(2);

	if (weir_oneshot_open(0, &play.tx, &play.rx))
		return true;
	sim_troupe_open(&troupe);
	sim_troupe_cast(&troupe, NULL, &play.player, sends ? receiver : sender);
	sim_troupe_gather(&troupe);
	// Whose part nobody plays is over.
	if (!play.player.begun && !sends)
		weir_oneshot_tx_close(&play.tx);
	if (!play.player.begun && sends)
		(void)!weir_oneshot_rx_close(&play.rx, &(void *){NULL});
	if (sends)
		send(&play);
	else
		receive(&play);
	sim_troupe_close(&troupe);
	if (play.token.sender + play.token.receiver != 1)
		sim_fault("a token is with its sender %u, receiver %u times",
			play.token.sender, play.token.receiver);
	return !weir_task_canceled();
}

const struct sim_kind sim_oneshots = {.name = "one-shot", .play = play_it};
