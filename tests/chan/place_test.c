// SPDX-License-Identifier: BSD-3-Clause
//
// Each class × each place where its users may be: it carries a message, or whoever
// is in the wrong place is refused in a sentence. docs/channels.md has the same
// table, which is read here: none is left out, and none says otherwise.
#include "base/error.h"
#include "chan/segments.h"
#include "dies.h"
#include "stepped.h"

static struct weir_tx tx;
static struct weir_rx rx;
static struct weir_segments *pool;

// The columns and rows of the table.
static const struct column {
	const char *name;
	struct weir_channel_options options;
	bool segments;
} columns[] = {
	{"MPMC", {.class_ = WEIR_MPMC}, false},
	{"MPSC", {.class_ = WEIR_MPSC}, false},
	{"SPMC", {.class_ = WEIR_SPMC}, false},
	{"SPSC", {.class_ = WEIR_SPSC}, false},
	{"segments", {.class_ = WEIR_MPMC}, true},
	{"`WEIR_LOCAL`", {.place = WEIR_LOCAL}, false},
};
#define COLUMNS (sizeof(columns) / sizeof(*columns))

static const struct column *column;

static void open_column(void)
{
	struct weir_channel_options options = column->options;

	options.message_size = 8;
	options.name = "orders";
	if (column->segments)
		cr_assert_eq(weir_segments_open(&pool, 2, 2, 8), 0);
	options.segments = column->segments ? pool : NULL;
	cr_assert_eq(weir_channel_open_with(2, &options, &tx, &rx), 0);
}

static void close_column(void)
{
	weir_tx_close(&tx);
	weir_rx_close(&rx);
	if (column->segments)
		cr_assert_eq(weir_segments_close(pool), 0);
}

// carry lets a task of each executor wait for what one of the other sends.
static void carry(struct weir_executor *to, struct weir_executor *from)
{
	struct op receives = {0}, sends = {0};

	recv_on(to, &receives, &rx);
	turns(to, 1);
	send_on(from, &sends, &tx, 7);
	turns(from, 1);
	turns(to, 2);
	cr_assert_eq(sends.result, WEIR_SENT, "%s", column->name);
	cr_assert_eq(receives.result, WEIR_RECEIVED, "%s", column->name);
	cr_assert_eq(receives.messages[0], 7);
}

static void on_one(void)
{
	executors(1);
	open_column();
	carry(on[0], on[0]);
	close_column();
	executors_end(1);
}

static void on_two(void)
{
	executors(2);
	open_column();
	carry(on[0], on[1]);
	close_column();
	turns(on[0], 1);
	executors_end(2);
}

// One that has a bell, as an executor that sleeps.
static void on_one_that_sleeps(void)
{
	const struct weir_executor_options sleeps = {
		.sleeps = true, .node = WEIR_NODE_ANY};

	executors(1);
	cr_assert_eq(weir_executor_create(&on[1], &sleeps, NULL), 0);
	open_column();
	carry(on[1], on[0]);
	close_column();
	turns(on[1], 1);
	executors_end(2);
}

static void sleeps_alone(void)
{
	const struct weir_executor_options sleeps = {
		.sleeps = true, .node = WEIR_NODE_ANY};

	cr_assert_eq(weir_executor_create(&on[0], &sleeps, NULL), 0);
	open_column();
	carry(on[0], on[0]);
	close_column();
	executors_end(1);
}

static void thread_sends(void)
{
	uint64_t word = 7;

	open_column();
	for (int i = 0; i < 3; i++) // the last must block
		if (weir_send_blocking(&tx, &word, weir_in_us(100)) !=
			WEIR_SENT)
			break;
	cr_assert_eq(get(&rx), 7);
	cr_assert_eq(get(&rx), 7);
	close_column();
}

static void thread_receives(void)
{
	uint64_t word = 0;

	open_column();
	put(&tx, 7);
	cr_assert_eq(weir_recv_blocking(&rx, &word, WEIR_NEVER), WEIR_RECEIVED);
	cr_assert_eq(weir_recv_blocking(&rx, &word, weir_in_us(100)),
		WEIR_TIMED_OUT);
	close_column();
}

#define OTHERS "' cannot block while it "
#define MANY                                                                  \
	": others use that end too, and would wait for it whenever it loses " \
	"its CPU: give it a channel of its own"
#define CHAIN                                                               \
	": it would hold up all that take segments from the pool whenever " \
	"it loses its CPU: give it a bounded channel"
#define LOCAL                                                              \
	" channel 'orders', which is local to executor executor: open it " \
	"without WEIR_LOCAL"

// Of each row what is said in each column, NULL: it works.
static const struct row {
	const char *name;
	void (*use)(void);
	const char *refusals[COLUMNS];
	void (*instead)(void); // what works where that is refused, or NULL
} rows[] = {
	{"tasks of one executor", on_one, {NULL}, NULL},
	{"executors that poll", on_two,
		{NULL, NULL, NULL, NULL, NULL, "task 'task' uses" LOCAL}, NULL},
	{"an executor that sleeps", on_one_that_sleeps,
		{NULL, NULL, NULL, NULL, NULL, "task 'task' uses" LOCAL},
		sleeps_alone},
	{"a thread that blocks sends", thread_sends,
		{OTHERS "sends on channel 'orders' (MPMC)" MANY,
			OTHERS "sends on channel 'orders' (MPSC)" MANY, NULL,
			NULL, OTHERS "sends on channel 'orders' (MPMC)" CHAIN,
			""},
		NULL},
	{"a thread that blocks receives", thread_receives,
		{OTHERS "receives from channel 'orders' (MPMC)" MANY, NULL,
			OTHERS "receives from channel 'orders' (SPMC)" MANY,
			NULL,
			OTHERS "receives from channel 'orders' (MPMC)" CHAIN,
			""},
		NULL},
};
#define ROWS (sizeof(rows) / sizeof(*rows))

// cell_of finds what the page says of a row in a column.
static void cell_of(const char *row, unsigned column_of, char cell[200])
{
	FILE *page = fopen(WEIR_TESTS "/../docs/channels.md", "r");
	char line[600], begin[100];

	cr_assert(page);
	snprintf(begin, sizeof(begin), "| %s |", row);
	while (fgets(line, sizeof(line), page)) {
		char *rest = line + strlen(begin);

		if (strncmp(line, begin, strlen(begin)))
			continue;
		for (unsigned i = 0; i < column_of; i++)
			rest = strchr(rest, '|') + 1;
		snprintf(cell, 200, "%.*s", (int)strcspn(rest + 1, "|"),
			rest + 1);
		fclose(page);
		return;
	}
	cr_assert_fail("docs/channels.md has no row '%s'", row);
}

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

Test(place, each_class_in_each_place_works_or_is_refused_as_the_page_says)
{
	char said[1000], cell[200];
	unsigned work = 0, refused = 0;

	for (unsigned r = 0; r < ROWS; r++) {
		for (unsigned c = 0; c < COLUMNS; c++) {
			const char *refusal = rows[r].refusals[c];

			column = &columns[c];
			cell_of(rows[r].name, c, cell);
			if (!refusal) {
				rows[r].use();
				cr_expect(begins(cell, "yes"),
					"%s, %s works, and the page says: %s",
					rows[r].name, column->name, cell);
				work++;
				continue;
			}
			cr_expect(dies(rows[r].use, said, sizeof(said)),
				"%s, %s is not refused", rows[r].name,
				column->name);
			cr_expect(strstr(said, refusal), "%s, %s says: %s",
				rows[r].name, column->name, said);
			cr_expect(strstr(said, "channel 'orders'"));
			if (rows[r].instead)
				rows[r].instead();
			cr_expect(begins(cell,
					  rows[r].instead ? "its own" : "no"),
				"%s, %s is refused, and the page says: %s",
				rows[r].name, column->name, cell);
			refused++;
		}
	}
	cr_log_info("%u work, %u are refused", work, refused);
	cr_assert_eq(work + refused, ROWS * COLUMNS);
}
