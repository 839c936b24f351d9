// SPDX-License-Identifier: BSD-3-Clause
//
// Latest values: a read is what was written last, and says as which version.
#include "core.h"

#include "chan/case.h"
#include "chan/latest.h"

#define BOARDS 2
#define READERS 3
#define WORDS 5

static struct board {
	bool open, tx_open;
	struct weir_latest_tx tx;
	uint64_t version;
	struct reader {
		struct weir_latest_rx rx;
		bool open, busy;
		uint64_t seen;
	} readers[READERS];
} boards[BOARDS];

static struct board *board_of(uint8_t a)
{
	return &boards[a % BOARDS];
}

static struct reader *reader_of(uint8_t a)
{
	return &board_of(a)->readers[a / BOARDS % READERS];
}

static const struct board *board_with(const struct reader *r)
{
	unsigned i = 0;

	while (r < boards[i].readers || r >= boards[i].readers + READERS)
		i++;
	return &boards[i];
}

static void fill(uint64_t *words, uint64_t version)
{
	for (unsigned i = 0; i < WORDS; i++)
		words[i] = version * WORDS + i;
}

static void open(uint8_t a, uint8_t b)
{
	struct board *board = board_of(a);
	uint64_t words[WORDS];

	if (board->open)
		return;
	*board = (struct board){.open = true,
		.tx_open = true,
		.version = b & 1,
		.readers = {{.open = true}}};
	fill(words, 1);
	claim(weir_latest_open(sizeof(words), b & 1 ? words : NULL, &board->tx,
		      &board->readers[0].rx) == 0);
}

static bool any_reader(const struct board *board)
{
	for (unsigned i = 0; i < READERS; i++)
		if (board->readers[i].open)
			return true;
	return false;
}

static void clone(uint8_t a, uint8_t b)
{
	struct reader *r = reader_of(a), *of;

	of = &board_of(a)->readers[b % READERS];
	if (r->open || !of->open)
		return;
	weir_latest_clone(&of->rx, &r->rx);
	r->open = true;
	r->seen = of->seen;
}

static void write(uint8_t a, uint8_t b)
{
	struct board *board = board_of(a);
	uint64_t words[WORDS];

	if (!board->tx_open)
		return;
	fill(words, board->version + 1);
	claim(weir_latest_write(&board->tx, words) == ++board->version);
	claim(weir_latest_unread(&board->tx) == !any_reader(board));
}

static void read_it(struct reader *r)
{
	uint64_t words[WORDS], right[WORDS];

	r->seen = weir_latest_read(&r->rx, words);
	claim(r->seen == board_with(r)->version);
	claim(r->seen == weir_latest_version(&r->rx));
	fill(right, r->seen);
	claim(!r->seen || !memcmp(words, right, sizeof(words)));
}

static void read(uint8_t a, uint8_t b)
{
	struct reader *r = reader_of(a);

	if (r->open && !r->busy)
		read_it(r);
}

static void forget(struct board *board)
{
	board->open = board->tx_open || any_reader(board);
}

static void close_tx(uint8_t a, uint8_t b)
{
	struct board *board = board_of(a);

	if (!board->tx_open)
		return;
	weir_latest_tx_close(&board->tx);
	board->tx_open = false;
	forget(board);
}

static void close_rx(uint8_t a, uint8_t b)
{
	struct reader *r = reader_of(a);

	if (!r->open || r->busy)
		return;
	weir_latest_rx_close(&r->rx);
	r->open = false;
	forget(board_of(a));
}

// ---- in a task, and as a branch ----

static bool take(struct reader *r)
{
	if (!r->open || r->busy)
		return false;
	r->busy = true;
	return true;
}

static void changed(struct reader *r, enum weir_result result)
{
	const struct board *board = board_with(r);

	claim(result != WEIR_RECEIVED || board->version != r->seen);
	claim(result != WEIR_CLOSED ||
		(!board->tx_open && board->version == r->seen));
	if (result == WEIR_RECEIVED)
		read_it(r);
}

static bool begin(struct op *op)
{
	op->object = reader_of(op->a);
	return take(op->object);
}

static void wait(struct op *op)
{
	struct reader *r = op->object;
	enum weir_result result =
		weir_latest_changed(&r->rx, r->seen, op->deadline);

	fuzz_allowed(op, (int)result);
	changed(r, result);
	r->busy = false;
}

static bool nothing_new(const struct reader *r)
{
	const struct board *board = board_with(r);

	return board->tx_open && board->version == r->seen;
}

static bool waits(const struct op *op)
{
	return nothing_new(op->object);
}

static bool claim_it(struct op *op, struct branch *branch, unsigned pick)
{
	branch->object = reader_of((uint8_t)pick);
	return take(branch->object);
}

static struct weir_case make(struct branch *branch)
{
	struct reader *r = branch->object;

	return weir_case_latest(&r->rx, &r->seen);
}

static void served(struct op *op, struct branch *branch, int result)
{
	claim(result == WEIR_RECEIVED || result == WEIR_CLOSED);
	changed(branch->object, (enum weir_result)result);
}

static void give_back(struct branch *branch)
{
	((struct reader *)branch->object)->busy = false;
}

static bool blocked(const struct branch *branch)
{
	return nothing_new(branch->object);
}

const struct branch_kind fuzz_latest_branch = {
	claim_it, make, served, give_back, blocked, false};

static void close_all(void)
{
	for (unsigned i = 0; i < BOARDS * READERS; i++)
		close_rx((uint8_t)i, 0);
	for (unsigned i = 0; i < BOARDS; i++)
		close_tx((uint8_t)i, 0);
}

static const struct verb verbs[] = {
	{.name = "open", .now = open},
	{.name = "clone", .now = clone},
	{.name = "write", .now = write},
	{.name = "read", .now = read},
	{.name = "close tx", .now = close_tx},
	{.name = "close rx", .now = close_rx},
	{"changed", NULL, begin, wait, waits},
};

const struct object fuzz_latests = {
	"latest", verbs, sizeof(verbs) / sizeof(verbs[0]), NULL, close_all};
