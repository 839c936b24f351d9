// SPDX-License-Identifier: BSD-3-Clause
#include "command.h"
#include "only.h"

#include "count/count.h"
#include "pipeline/quantity.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

struct request {
	const char *instance, *pattern;
	bool json;
};

static const struct weir_argument operands[] = {
	{
		.value = "INSTANCE",
		.type = WEIR_ARGUMENT_TEXT,
		.at = offsetof(struct request, instance),
		.offer = WEIR_OFFER_INSTANCES,
	},
	{
		.value = "PATTERN",
		.type = WEIR_ARGUMENT_TEXT,
		.at = offsetof(struct request, pattern),
		.offer = WEIR_OFFER_COUNTERS,
	},
	{0},
};

static const struct weir_argument options[] = {
	WEIR_ARGUMENT_JSON(struct request, json,
		"print it as JSON; durations are nanoseconds"),
	{0},
};

// Brackets are part of paths, so that only '*' and '?' have a meaning.
static bool wildcards_match(const char *pattern, const char *path)
{
	for (; *pattern && *pattern != '*'; pattern++, path++)
		if (!*path || (*pattern != '?' && *pattern != *path))
			return false;
	if (!*pattern)
		return !*path;
	for (;; path++) {
		if (wildcards_match(pattern + 1, path))
			return true;
		if (!*path)
			return false;
	}
}

static bool matches(const char *pattern, const char *path)
{
	size_t length;

	if (!pattern)
		return true;
	if (strpbrk(pattern, "*?"))
		return wildcards_match(pattern, path);
	length = strlen(pattern);
	return strncmp(pattern, path, length) == 0 &&
	       strchr(".[", path[length]) != NULL; // or its end
}

static bool is_ticks(const struct weir_count_entry *entry)
{
	return strcmp(entry->unit, "ticks") == 0;
}

// What people and scripts get: nanoseconds in place of ticks.
static uint64_t shown(const struct weir_clock *clock,
	const struct weir_count_entry *entry, uint64_t value)
{
	return is_ticks(entry) ? weir_clock_ns(clock, value) : value;
}

static uint64_t number(
	const struct weir_clock *clock, const struct weir_count_entry *entry)
{
	return shown(
		clock, entry, load_relaxed((const uint64_t *)entry->value));
}

static struct weir_quantity quantity(const struct weir_clock *clock,
	const struct weir_count_entry *entry, uint64_t value)
{
	struct weir_quantity q;

	if (is_ticks(entry))
		return weir_quantity_ns(weir_clock_ns(clock, value));
	snprintf(q.text, sizeof(q.text), "%" PRIu64, value);
	return q;
}

static void print_histogram(
	const struct weir_clock *clock, const struct weir_count_entry *entry)
{
	const struct weir_histogram *h = entry->value;

	printf("%" PRIu64 " counted", weir_histogram_count(h));
	if (weir_histogram_count(h))
		printf(", p50 %s, p99 %s, max %s",
			quantity(
				clock, entry, weir_histogram_percentile(h, 0.5))
				.text,
			quantity(clock, entry,
				weir_histogram_percentile(h, 0.99))
				.text,
			quantity(clock, entry, load_relaxed(&h->max)).text);
	if (load_relaxed(&h->limit))
		printf(", %" PRIu64 " over %s", load_relaxed(&h->over_count),
			quantity(clock, entry, load_relaxed(&h->limit)).text);
}

static void print_entry(const struct weir_clock *clock,
	const struct weir_count_entry *entry, int width)
{
	printf("%-*s  ", width, entry->path);
	switch (entry->kind) {
	case WEIR_COUNT_HISTOGRAM:
		print_histogram(clock, entry);
		break;
	case WEIR_COUNT_TEXT:
		printf("%.*s", WEIR_COUNT_PATH_SIZE,
			(const char *)entry->value);
		break;
	default:
		fputs(quantity(clock, entry,
			      load_relaxed((const uint64_t *)entry->value))
				.text,
			stdout);
		if (!is_ticks(entry))
			printf(" %s", entry->unit);
	}
	putchar('\n');
}

static unsigned print_text(const struct weir_count_reader *reader,
	const struct weir_count_info *info, const char *pattern)
{
	struct weir_count_entry entry;
	unsigned count = 0;
	int width = 0;

	for (unsigned i = 0; weir_count_at(reader, i, &entry); i++)
		if (matches(pattern, entry.path) &&
			(int)strlen(entry.path) > width)
			width = (int)strlen(entry.path);
	for (unsigned i = 0; weir_count_at(reader, i, &entry); i++)
		if (matches(pattern, entry.path)) {
			print_entry(&info->clock, &entry, width);
			count++;
		}
	if (!info->alive)
		fprintf(stderr,
			"weir stats: '%s' has ended: these are its last "
			"counters\n",
			info->instance);
	return count;
}

static json_t *json_histogram(
	const struct weir_clock *clock, const struct weir_count_entry *entry)
{
	const struct weir_histogram *h = entry->value;
	uint64_t limit = load_relaxed(&h->limit);
	json_t *object = json_pack("{s:I, s:I, s:I, s:I}", "count",
		(json_int_t)weir_histogram_count(h), "p50",
		(json_int_t)shown(
			clock, entry, weir_histogram_percentile(h, 0.5)),
		"p99",
		(json_int_t)shown(
			clock, entry, weir_histogram_percentile(h, 0.99)),
		"max", (json_int_t)shown(clock, entry, load_relaxed(&h->max)));

	if (!limit)
		return object;
	json_object_set_new(object, "limit",
		json_integer((json_int_t)shown(clock, entry, limit)));
	json_object_set_new(object, "over",
		json_integer((json_int_t)load_relaxed(&h->over_count)));
	return object;
}

static json_t *json_value(
	const struct weir_clock *clock, const struct weir_count_entry *entry)
{
	char text[WEIR_COUNT_PATH_SIZE + 1];

	switch (entry->kind) {
	case WEIR_COUNT_HISTOGRAM:
		return json_histogram(clock, entry);
	case WEIR_COUNT_TEXT:
		snprintf(text, sizeof(text), "%.*s", WEIR_COUNT_PATH_SIZE,
			(const char *)entry->value);
		return json_string(text);
	default:
		return json_integer((json_int_t)number(clock, entry));
	}
}

static unsigned print_json(const struct weir_count_reader *reader,
	const struct weir_count_info *info, const char *pattern)
{
	json_t *counters = json_object(), *units = json_object(), *all;
	struct weir_count_entry entry;
	unsigned count = 0;

	for (unsigned i = 0; weir_count_at(reader, i, &entry); i++) {
		if (!matches(pattern, entry.path))
			continue;
		count++;
		json_object_set_new(
			counters, entry.path, json_value(&info->clock, &entry));
		json_object_set_new(units, entry.path,
			json_string(is_ticks(&entry) ? "ns" : entry.unit));
	}
	all = json_pack("{s:s, s:i, s:b, s:I, s:o, s:o}", "instance",
		info->instance, "pid", info->pid, "alive", info->alive,
		"started_ns", (json_int_t)info->started_ns, "counters",
		counters, "units", units);
	json_dumpf(all, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(all);
	return count;
}

static int open_reader(struct weir_count_reader **reader,
	const struct request *request, struct weir_error *e)
{
	char only[WEIR_COUNT_INSTANCE_SIZE];
	int err;

	if (request->instance)
		return weir_count_open(reader, request->instance, e);
	err = weir_only_instance(only, "'weir run' starts a pipeline", e);
	return err ? err : weir_count_open(reader, only, e);
}

static int show(const struct request *request)
{
	struct weir_count_reader *reader;
	struct weir_error error = {0};
	struct weir_count_info info;
	unsigned count;

	if (open_reader(&reader, request, &error)) {
		fprintf(stderr, "weir stats: %s\n", error.text);
		return WEIR_EXIT_USAGE;
	}
	weir_count_info(reader, &info);
	count = request->json ? print_json(reader, &info, request->pattern)
			      : print_text(reader, &info, request->pattern);
	weir_count_close(reader);
	if (count > 0 || !request->pattern)
		return WEIR_EXIT_DONE;
	fprintf(stderr,
		"weir stats: '%s' has no counter '%s'; 'weir stats %s' lists "
		"what it has\n",
		info.instance, request->pattern, info.instance);
	return WEIR_EXIT_USAGE;
}

static int stats(int argc, char **argv)
{
	struct request request = {0};
	int code =
		weir_arguments_read(&weir_command_stats, argc, argv, &request);

	if (code >= 0)
		return code;
	if (request.instance && !request.pattern &&
		strpbrk(request.instance, "*?[")) {
		request.pattern = request.instance;
		request.instance = NULL;
	}
	return show(&request);
}

const struct weir_command weir_command_stats = {
	.name = "stats",
	.help = "print the counters of a run",
	.usage = (const char *const[]){"[--json] [INSTANCE] [PATTERN]", NULL},
	.about = "Reads the counters of a run from another terminal, at no "
		 "cost to it. INSTANCE may be left out where one run is going "
		 "on; 'weir ls' lists them. PATTERN keeps the counters whose "
		 "path it matches: '*' stands for any characters, '?' for one; "
		 "a path alone means it and all below it. Alone, what has a "
		 "'*', '?' or '[' in it is a PATTERN.",
	.operands = operands,
	.options = options,
	.passages =
		(const struct weir_passage[]){
			{"Paths are those of the report, such as",
				"ports.in.rx_packets        what a port "
				"received\n"
				"stages.web[0].in           what an instance "
				"of "
				"a stage was given\n"
				"stages.web[0].step         how long its steps "
				"took\n"
				"edges.split->web[0].depth  what waits between "
				"two instances\n"
				"lcores.1.time.waiting      how long an lcore "
				"had nothing to do\n"},
			{"Examples", "weir stats\n"
				     "weir stats web stages.web\n"
				     "weir stats web '*.drop.*'\n"
				     "weir stats web --json | jq "
				     "'.counters[\"ports.in.rx_packets\"]'\n"},
			{0}},
	.exits = "0 done, 2 there is no such instance or counter.",
	.run = stats,
};
