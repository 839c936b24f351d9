// SPDX-License-Identifier: BSD-3-Clause
//
// Rows are found once, in the directory of the counters; a frame then reads
// their words. Each frame overwrites the one before, line by line, so that
// nothing flickers.
#include "live.h"

#include "base/atomic.h"
#include "pipeline/quantity.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#define FRAME_NS 250000000u
#define PARTS_MAX 16
#define ROWS_MAX 512
#define NAME_WIDTH 18
#define EDGE_BAR 8
#define PROGRESS_BAR 24
#define LINE_MAX_SIZE 512

// A number that is the sum of several counters.
struct sum {
	const uint64_t *part[PARTS_MAX];
	unsigned count;
};

enum kind { STAGE, EDGE, PORT };

struct row {
	enum kind kind;
	char name[WEIR_COUNT_PATH_SIZE];
	struct sum in, out, dropped, held;
	const uint64_t *capacity;		 // of an edge
	const uint64_t *progress, *progress_end; // of a port
	const struct weir_histogram *step;	 // of a stage
	uint64_t in_before, out_before;
	double in_rate, out_rate;
};

struct weir_live {
	FILE *to;
	struct weir_count_info info;
	struct row *rows;
	unsigned row_count;
	uint64_t drawn_ns, began_ns;
	unsigned drawn_lines; // of the last frame
	unsigned lines, lines_max, columns;
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint64_t value(const struct sum *sum)
{
	uint64_t total = 0;

	for (unsigned i = 0; i < sum->count; i++)
		total += load_relaxed(sum->part[i]);
	return total;
}

static void add(struct sum *sum, const uint64_t *part)
{
	if (sum->count < PARTS_MAX)
		sum->part[sum->count++] = part;
}

// ---- rows ----

static struct row *find_row(
	struct weir_live *live, enum kind kind, const char *name, size_t length)
{
	struct row *row = live->rows;

	for (unsigned i = 0; i < live->row_count; i++, row++)
		if (row->kind == kind && strlen(row->name) == length &&
			!memcmp(row->name, name, length))
			return row;
	if (live->row_count == ROWS_MAX)
		return NULL;
	live->row_count++;
	row->kind = kind;
	snprintf(row->name, sizeof(row->name), "%.*s", (int)length, name);
	return row;
}

static void place_stage(
	struct row *row, const char *field, const struct weir_count_entry *e)
{
	if (!strcmp(field, "in"))
		add(&row->in, e->value);
	else if (!strncmp(field, "out.", 4) || !strcmp(field, "consumed"))
		add(&row->out, e->value);
	else if (!strncmp(field, "drop.", 5))
		add(&row->dropped, e->value);
	else if (!strcmp(field, "held"))
		add(&row->held, e->value);
	else if (!strcmp(field, "step"))
		row->step = e->value;
}

static void place_edge(
	struct row *row, const char *field, const struct weir_count_entry *e)
{
	if (!strcmp(field, "in"))
		add(&row->in, e->value);
	else if (!strcmp(field, "out"))
		add(&row->out, e->value);
	else if (!strcmp(field, "depth"))
		add(&row->held, e->value);
	else if (!strcmp(field, "capacity"))
		row->capacity = e->value;
	else
		add(&row->dropped, e->value);
}

static void place_port(
	struct row *row, const char *field, const struct weir_count_entry *e)
{
	if (!strcmp(field, "rx_packets"))
		add(&row->in, e->value);
	else if (!strcmp(field, "tx_packets"))
		add(&row->out, e->value);
	else if (!strcmp(field, "rx_missed") || !strcmp(field, "tx_dropped"))
		add(&row->dropped, e->value);
	else if (!strcmp(field, "held"))
		add(&row->held, e->value);
	else if (!strcmp(field, "progress"))
		row->progress = e->value;
	else if (!strcmp(field, "progress_end"))
		row->progress_end = e->value;
}

// field_of answers where the field of a path begins. A field may have a dot of
// its own, and so may an edge's name, but never both.
static const char *field_of(enum kind kind, const char *name)
{
	return kind == EDGE ? strrchr(name, '.') : strchr(name, '.');
}

static void place(struct weir_live *live, const struct weir_count_entry *e)
{
	static void (*const places[])(
		struct row *, const char *, const struct weir_count_entry *) = {
		place_stage, place_edge, place_port};
	static const char *const prefixes[] = {"stages.", "edges.", "ports."};

	for (enum kind kind = STAGE; kind <= PORT; kind++) {
		size_t length = strlen(prefixes[kind]);
		const char *name = e->path + length, *dot;
		struct row *row;

		if (strncmp(e->path, prefixes[kind], length))
			continue;
		dot = field_of(kind, name);
		row = dot ? find_row(live, kind, name, (size_t)(dot - name))
			  : NULL;
		if (row)
			places[kind](row, dot + 1, e);
	}
}

struct weir_live *weir_live_open(struct weir_count_reader *reader, FILE *to)
{
	struct weir_live *live = calloc(1, sizeof(*live));
	struct weir_count_entry entry;

	if (!live)
		return NULL;
	live->rows = calloc(ROWS_MAX, sizeof(*live->rows));
	if (!live->rows) {
		free(live);
		return NULL;
	}
	live->to = to;
	live->began_ns = live->drawn_ns = now_ns();
	weir_count_info(reader, &live->info);
	for (unsigned i = 0; weir_count_at(reader, i, &entry); i++)
		place(live, &entry);
	return live;
}

// ---- frame ----

static void measure(struct weir_live *live, uint64_t elapsed_ns)
{
	double seconds = (double)elapsed_ns / 1e9;

	for (unsigned i = 0; i < live->row_count; i++) {
		struct row *row = &live->rows[i];
		uint64_t in = value(&row->in), out = value(&row->out);

		row->in_rate = (double)(in - row->in_before) / seconds;
		row->out_rate = (double)(out - row->out_before) / seconds;
		row->in_before = in;
		row->out_before = out;
	}
}

static void look_at_terminal(struct weir_live *live)
{
	struct winsize size = {.ws_row = 24, .ws_col = 80};

	ioctl(fileno(live->to), TIOCGWINSZ, &size);
	live->lines_max = size.ws_row > 2 ? size.ws_row - 1u : 23;
	live->columns = size.ws_col > 20 ? size.ws_col : 80;
}

// line prints one, cut at the terminal's edge: a wrapped one would spoil the
// way back. False when the screen is full.
static bool line(struct weir_live *live, const char *text)
{
	unsigned width = 0;

	if (live->lines == live->lines_max)
		return false;
	live->lines++;
	for (; *text; text++) {
		width += (*text & 0xc0) != 0x80;
		if (width > live->columns)
			break;
		fputc(*text, live->to);
	}
	fputs("\033[K\n", live->to);
	return true;
}

static struct weir_quantity rate(double per_second)
{
	return weir_quantity_pad(weir_quantity_of(per_second, ""), 8);
}

static void bar(char *text, size_t size, int width, double share)
{
	int cells = (int)(share * width + 0.5);

	*text = '\0';
	for (int i = 0; i < width; i++)
		strncat(text, i < cells ? "█" : "░", size - strlen(text) - 1);
}

static void draw_row(
	struct weir_live *live, const struct row *row, const char *last)
{
	uint64_t in = value(&row->in), out = value(&row->out);
	char text[LINE_MAX_SIZE];

	snprintf(text, sizeof(text),
		"  %-*.*s %8s %8s %12" PRIu64 " %9" PRIu64 " %7" PRIu64 "  %s",
		NAME_WIDTH, NAME_WIDTH, row->name, rate(row->in_rate).text,
		rate(row->out_rate).text, in > out ? in : out,
		value(&row->dropped), value(&row->held), last);
	line(live, text);
}

static void draw_port(struct weir_live *live, const struct row *row)
{
	draw_row(live, row, "");
}

static void draw_stage(struct weir_live *live, const struct row *row)
{
	uint64_t p99 =
		row->step ? weir_histogram_percentile(row->step, 0.99) : 0;
	struct weir_quantity step =
		weir_quantity_ns(weir_clock_ns(&live->info.clock, p99));

	draw_row(live, row, weir_quantity_pad(step, 8).text);
}

static void draw_edge(struct weir_live *live, const struct row *row)
{
	uint64_t capacity = row->capacity ? load_relaxed(row->capacity) : 0;
	char cells[3 * EDGE_BAR + 1];

	bar(cells, sizeof(cells), EDGE_BAR,
		capacity ? (double)value(&row->held) / (double)capacity : 0);
	draw_row(live, row, cells);
}

static void draw_rows(struct weir_live *live, enum kind kind, const char *title,
	const char *depth, const char *last,
	void (*draw)(struct weir_live *live, const struct row *row))
{
	char text[LINE_MAX_SIZE];
	bool any = false;

	for (unsigned i = 0; i < live->row_count; i++) {
		if (live->rows[i].kind != kind)
			continue;
		if (!any) {
			snprintf(text, sizeof(text),
				"%-*s %8s %8s %12s %9s %7s  %8s",
				NAME_WIDTH + 2, title, "in/s", "out/s",
				"packets", "dropped", depth, last);
			line(live, text);
		}
		any = true;
		draw(live, &live->rows[i]);
	}
}

static uint64_t limit_of(const struct row *row)
{
	return row->step ? load_relaxed(&row->step->limit) : 0;
}

// has_contract tells whether a stage has one: then there is a line about them.
static bool has_contract(const struct weir_live *live)
{
	for (unsigned i = 0; i < live->row_count; i++)
		if (limit_of(&live->rows[i]))
			return true;
	return false;
}

// draw_contracts tells which stages had steps over their contract, and how many.
static void draw_contracts(struct weir_live *live)
{
	char text[LINE_MAX_SIZE] = "contracts  steps over:";
	size_t used = strlen(text), before = used;

	for (unsigned i = 0; i < live->row_count; i++) {
		const struct row *row = &live->rows[i];
		uint64_t over = limit_of(row)
					? load_relaxed(&row->step->over_count)
					: 0;

		if (over && used < sizeof(text))
			used += (size_t)snprintf(text + used,
				sizeof(text) - used, "%s %.32s %" PRIu64,
				used > before ? "," : "", row->name, over);
	}
	line(live, used > before ? text : "contracts  no step over");
}

static unsigned lines_needed(const struct weir_live *live)
{
	bool has[3] = {false};

	for (unsigned i = 0; i < live->row_count; i++)
		has[live->rows[i].kind] = true;
	return 1 + live->row_count + has[STAGE] + has[EDGE] + has[PORT] +
	       has_contract(live);
}

// progress answers how far the inputs whose end is known are, or -1.
static double progress(const struct weir_live *live)
{
	uint64_t done = 0, end = 0;

	for (unsigned i = 0; i < live->row_count; i++) {
		const struct row *row = &live->rows[i];

		if (!row->progress || !row->progress_end ||
			!load_relaxed(row->progress_end))
			continue;
		done += load_relaxed(row->progress);
		end += load_relaxed(row->progress_end);
	}
	if (!end)
		return -1;
	return done < end ? (double)done / (double)end : 1;
}

static void draw_head(struct weir_live *live, uint64_t now)
{
	unsigned seconds = (unsigned)((now - live->began_ns) / 1000000000u);
	double share = progress(live);
	char text[LINE_MAX_SIZE], cells[3 * PROGRESS_BAR + 1];
	int used = snprintf(text, sizeof(text), "weir %.32s  %02u:%02u:%02u",
		live->info.instance, seconds / 3600, seconds / 60 % 60,
		seconds % 60);

	if (share >= 0) {
		bar(cells, sizeof(cells), PROGRESS_BAR, share);
		snprintf(text + used, sizeof(text) - (size_t)used,
			"  %s %.0f %%", cells, 100 * share);
	}
	line(live, text);
}

void weir_live_draw(struct weir_live *live)
{
	uint64_t now = now_ns();
	bool cut;

	if (!live || now - live->drawn_ns < FRAME_NS)
		return;
	measure(live, now - live->drawn_ns);
	live->drawn_ns = now;
	look_at_terminal(live);
	if (live->drawn_lines)
		fprintf(live->to, "\033[%uA\r", live->drawn_lines);
	live->lines = 0;
	cut = lines_needed(live) > live->lines_max;
	live->lines_max -= cut;
	draw_head(live, now);
	draw_rows(live, PORT, "ports", "held", "", draw_port);
	draw_rows(live, STAGE, "stages", "held", "p99 step", draw_stage);
	if (has_contract(live))
		draw_contracts(live);
	draw_rows(live, EDGE, "edges", "depth", "    fill", draw_edge);
	live->lines_max += cut;
	if (cut)
		line(live, "  … more than fits: 'weir stats' shows all");
	fputs("\033[J", live->to);
	fflush(live->to);
	live->drawn_lines = live->lines;
}

void weir_live_close(struct weir_live *live)
{
	if (!live)
		return;
	if (live->drawn_lines)
		fprintf(live->to, "\033[%uA\r\033[J", live->drawn_lines);
	fflush(live->to);
	free(live->rows);
	free(live);
}
