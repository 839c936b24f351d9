// SPDX-License-Identifier: BSD-3-Clause
#include "trial.h"
#include "compare.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARGUMENTS_MAX 256
#define PATH_SIZE 256

__attribute__((format(printf, 2, 3))) static void fault(
	struct weir_trial *trial, const char *format, ...)
{
	va_list args;

	if (trial->fault_count == WEIR_TRIAL_FAULTS)
		return;
	va_start(args, format);
	vsnprintf(trial->faults[trial->fault_count++], sizeof(trial->faults[0]),
		format, args);
	va_end(args);
}

// ---- what it runs ----

// The command line; the texts made for it are its own.
struct arguments {
	char *text[ARGUMENTS_MAX + 1];
	unsigned count;
};

__attribute__((format(printf, 2, 3))) static void add(
	struct arguments *arguments, const char *format, ...)
{
	char *text;
	va_list args;

	if (arguments->count == ARGUMENTS_MAX)
		return;
	va_start(args, format);
	if (vasprintf(&text, format, args) >= 0)
		arguments->text[arguments->count++] = text;
	va_end(args);
}

static void free_arguments(struct arguments *arguments)
{
	for (unsigned i = 0; i < arguments->count; i++)
		free(arguments->text[i]);
}

static bool has_direction(
	const struct weir_config *config, unsigned port, bool receives)
{
	for (unsigned i = 0; i < config->stage_count; i++)
		if (config->stages[i].port == (int)port &&
			config->stages[i].type->source == receives)
			return true;
	return false;
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), end_length = strlen(end);

	return length >= end_length && !strcmp(text + length - end_length, end);
}

// output_path writes where an output goes: its format is that of the expected
// capture, or of what the file says.
static void output_path(
	const struct weir_trial *trial, unsigned port, char *path)
{
	const char *name = trial->config->ports[port].name;
	const char *like = trial->config->ports[port].value;

	for (unsigned i = 0; i < trial->test->expect_count; i++) {
		const struct weir_config_expect *expect =
			&trial->test->expects[i];

		if (expect->file && !strcmp(expect->key, name))
			like = expect->file;
	}
	snprintf(path, PATH_SIZE, "%s/%s%s", trial->folder, name,
		ends_with(like, ".pcapng") ? ".pcapng" : ".pcap");
}

static bool is_input(const struct weir_trial *trial, unsigned port)
{
	const char *wanted = trial->test->input_port;

	return has_direction(trial->config, port, true) &&
	       (!wanted || !strcmp(wanted, trial->config->ports[port].name));
}

static void add_ports(
	const struct weir_trial *trial, struct arguments *arguments)
{
	for (unsigned i = 0; i < trial->config->port_count; i++) {
		const struct weir_config_port *port = &trial->config->ports[i];
		char path[PATH_SIZE];

		if (strcmp(port->kind, "file"))
			continue;
		if (trial->test->input && is_input(trial, i)) {
			add(arguments, "--set");
			add(arguments, "ports.%s.file=%s", port->name,
				trial->test->input);
		} else if (has_direction(trial->config, i, false)) {
			output_path(trial, i, path);
			add(arguments, "--set");
			add(arguments, "ports.%s.file=%s", port->name, path);
		}
	}
}

static void fill(const struct weir_trial *trial, struct arguments *arguments)
{
	add(arguments, "weir");
	add(arguments, "run");
	add(arguments, "%s", trial->file);
	add(arguments, "--quiet");
	add(arguments, "--report");
	add(arguments, "%s/report.json", trial->folder);
	for (const char *const *set = trial->sets; *set; set++) {
		add(arguments, "--set");
		add(arguments, "%s", *set);
	}
	for (const char *const *load = trial->loads; *load; load++) {
		add(arguments, "--load");
		add(arguments, "%s", *load);
	}
	add_ports(trial, arguments);
}

static void become(const struct weir_trial *trial, char **arguments)
{
	char path[PATH_SIZE];
	int words, nothing = open("/dev/null", O_RDWR);

	snprintf(path, sizeof(path), "%s/words", trial->folder);
	words = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	dup2(nothing, STDIN_FILENO);
	dup2(nothing, STDOUT_FILENO);
	dup2(words, STDERR_FILENO);
	execv("/proc/self/exe", arguments);
	fprintf(stderr, "cannot start the run: %s\n", strerror(errno));
	_exit(2);
}

// run_child answers the exit code of the run, -1 when it was killed.
static int run_child(const struct weir_trial *trial, char **arguments)
{
	pid_t child;
	int status;

	fflush(NULL);
	child = fork();
	if (child == 0)
		become(trial, arguments);
	if (child < 0)
		return -1;
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// ---- what came of it ----

static json_t *read_report(const struct weir_trial *trial)
{
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "%s/report.json", trial->folder);
	return json_load_file(path, 0, NULL);
}

static uint64_t number(const json_t *object, const char *key)
{
	return (uint64_t)json_integer_value(json_object_get(object, key));
}

static const char *name_of(const json_t *object)
{
	const char *name = json_string_value(json_object_get(object, "name"));

	return name ? name : "";
}

static uint64_t port_count(
	const struct weir_trial *trial, const json_t *report, const char *key)
{
	const json_t *ports = json_object_get(report, "ports");

	(void)trial;
	for (size_t i = 0; i < json_array_size(ports); i++) {
		const json_t *port = json_array_get(ports, i);

		if (!strcmp(name_of(port), key))
			return json_is_true(json_object_get(port, "sends"))
				       ? number(port, "tx_packets")
				       : number(port, "rx_packets");
	}
	return 0;
}

// is_of tells whether an instance's name, "web" or "web[1]", is of a stage.
static bool is_of(const char *instance, const char *stage, size_t length)
{
	return !strncmp(instance, stage, length) &&
	       (!instance[length] || instance[length] == '[');
}

// stage_count adds up over replicas what key says: "web.rest" or
// "web.drops.reason". An output that the file drops is counted with its drops.
static uint64_t stage_count(const json_t *report, const char *key)
{
	const json_t *stages = json_object_get(report, "stages");
	const char *dot = strchr(key, '.');
	bool drop = !strncmp(dot, ".drops.", 7);
	const char *field = drop ? dot + 7 : dot + 1;
	uint64_t count = 0;

	for (size_t i = 0; i < json_array_size(stages); i++) {
		const json_t *stage = json_array_get(stages, i);

		if (!is_of(name_of(stage), key, (size_t)(dot - key)))
			continue;
		count += number(json_object_get(stage, "drops"), field);
		if (!drop)
			count += number(
				json_object_get(stage, "outputs"), field);
	}
	return count;
}

static int port_index(const struct weir_config *config, const char *name)
{
	for (unsigned i = 0; i < config->port_count; i++)
		if (!strcmp(config->ports[i].name, name))
			return (int)i;
	return -1;
}

static void check_capture(
	struct weir_trial *trial, const struct weir_config_expect *expect)
{
	int port = port_index(trial->config, expect->key);
	char path[PATH_SIZE], words[512];

	if (port < 0 || strcmp(trial->config->ports[port].kind, "file")) {
		fault(trial,
			"%s: only what a file port writes can be compared with "
			"a capture; give a count",
			expect->key);
		return;
	}
	output_path(trial, (unsigned)port, path);
	if (!weir_compare(path, expect->file, words, sizeof(words)))
		fault(trial, "%s: %s", expect->key, words);
}

static void check_expect(struct weir_trial *trial, const json_t *report,
	const struct weir_config_expect *expect)
{
	uint64_t count;

	if (expect->file) {
		check_capture(trial, expect);
		return;
	}
	count = strchr(expect->key, '.')
			? stage_count(report, expect->key)
			: port_count(trial, report, expect->key);
	if (count != expect->count)
		fault(trial, "%s: %" PRIu64 " packets, expected %" PRIu64,
			expect->key, count, expect->count);
}

// pass_on makes what the run said on standard error into faults.
static void pass_on(struct weir_trial *trial, int code)
{
	char path[PATH_SIZE], line[400];
	FILE *words;

	snprintf(path, sizeof(path), "%s/words", trial->folder);
	words = fopen(path, "re");
	if (code < 0)
		fault(trial, "the run died");
	else
		fault(trial, "the run ended with exit code %d", code);
	while (words && fgets(line, sizeof(line), words)) {
		line[strcspn(line, "\n")] = '\0';
		fault(trial, "%s", line);
	}
	if (words)
		fclose(words);
}

static void remove_folder(const char *folder)
{
	DIR *entries = opendir(folder);
	struct dirent *entry;

	while (entries && (entry = readdir(entries)))
		unlinkat(dirfd(entries), entry->d_name, 0);
	if (entries)
		closedir(entries);
	rmdir(folder);
}

void weir_trial_run(struct weir_trial *trial)
{
	struct arguments arguments = {.count = 0};
	json_t *report;
	int code;

	snprintf(trial->folder, sizeof(trial->folder), "/tmp/weir-test-XXXXXX");
	if (!mkdtemp(trial->folder)) {
		fault(trial, "cannot make a folder in /tmp: %s",
			strerror(errno));
		return;
	}
	fill(trial, &arguments);
	code = run_child(trial, arguments.text);
	free_arguments(&arguments);
	report = read_report(trial);
	if (code)
		pass_on(trial, code);
	for (unsigned i = 0; report && i < trial->test->expect_count; i++)
		check_expect(trial, report, &trial->test->expects[i]);
	json_decref(report);
	remove_folder(trial->folder);
}
