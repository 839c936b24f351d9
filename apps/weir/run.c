// SPDX-License-Identifier: BSD-3-Clause
#include "command.h"
#include "live.h"
#include "traced.h"

#include "base/atomic.h"
#include "base/eal.h"
#include "pipeline/pipeline.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NUMBERED_MAX 99
#define POLL_US 2000

struct request {
	const char *file, *expression;
	struct weir_texts sets, loads;
	const char *name, *report, *trace;
	uint64_t duration_ns, packets, trace_memory_mib;
	const char *const *eal_args;
	const char *contract, *check;
	bool json, quiet;
};

static const char *const strictness[] = {"strict", NULL};
static const char *const checks[] = {"blocking", NULL};

static const struct weir_argument operands[] = {
	{
		.value = "FILE",
		.type = WEIR_ARGUMENT_TEXT,
		.at = offsetof(struct request, file),
		.offer = WEIR_OFFER_PIPELINES,
	},
	{
		.value = "EAL ARGUMENTS",
		.type = WEIR_ARGUMENT_REST,
		.at = offsetof(struct request, eal_args),
	},
	{0},
};

static const struct weir_argument options[] = {
	WEIR_ARGUMENT_EXPRESSION(struct request, expression),
	WEIR_ARGUMENT_SET(struct request, sets),
	WEIR_ARGUMENT_LOAD(struct request, loads),
	{"name", .type = WEIR_ARGUMENT_TEXT, .value = "NAME",
		.at = offsetof(struct request, name),
		.help = "of the instance, for weir ls and weir stats"},
	{"for", .type = WEIR_ARGUMENT_DURATION, .value = "DURATION",
		.at = offsetof(struct request, duration_ns),
		.help = "end the inputs after this time: 10s, 2m"},
	{"packets", .type = WEIR_ARGUMENT_NUMBER, .value = "N",
		.at = offsetof(struct request, packets),
		.help = "end after this many packets came in"},
	{"contract", .type = WEIR_ARGUMENT_MAYBE, .value = "strict",
		.at = offsetof(struct request, contract), .choices = strictness,
		.offer = WEIR_OFFER_CHOICES,
		.help = "hold every stage to its max_exec, 1ms where the file "
			"has none; strict: also where nobody saw why"},
	{"check", .type = WEIR_ARGUMENT_TEXT, .value = "blocking",
		.at = offsetof(struct request, check), .choices = checks,
		.offer = WEIR_OFFER_CHOICES,
		.help = "fail where a stage makes a system call on its lcore, "
			"and say where; such calls take longer"},
	{"report", .type = WEIR_ARGUMENT_TEXT, .value = "FILE",
		.at = offsetof(struct request, report),
		.offer = WEIR_OFFER_FILES,
		.help = "write the report as JSON too"},
	{"trace", .type = WEIR_ARGUMENT_TEXT, .value = "FOLDER",
		.at = offsetof(struct request, trace),
		.offer = WEIR_OFFER_FOLDERS,
		.help = "trace the whole run, for weir trace and babeltrace2"},
	{"trace-memory", .type = WEIR_ARGUMENT_NUMBER, .value = "MIB",
		.at = offsetof(struct request, trace_memory_mib),
		.help = "memory of each thread for that; the newest events "
			"stay; 4 where it is not said"},
	WEIR_ARGUMENT_JSON(struct request, json, "print the report as JSON"),
	{"quiet", .type = WEIR_ARGUMENT_FLAG,
		.at = offsetof(struct request, quiet),
		.help = "print no report, and no table while it runs"},
	{0},
};

// read_request answers -1 to go on, or the exit code.
static int read_request(int argc, char **argv, struct request *request)
{
	int code = weir_arguments_read(&weir_command_run, argc, argv, request);

	if (code >= 0)
		return code;
	if (request->trace_memory_mib > WEIR_TRACE_MIB_MAX)
		return weir_usage_error(argv[0],
			"--trace-memory: a trace takes up to %" PRIu64
			" MiB for each thread",
			WEIR_TRACE_MIB_MAX);
	if (!request->file == !request->expression)
		return weir_usage_error(argv[0],
			"give a pipeline file or -e EXPRESSION, one of them");
	return -1;
}

// ---- the instance's name ----

// stem writes the file's name without folder and suffix, in characters that an
// instance may have.
static void stem(const char *file, char *name, size_t size)
{
	const char *base = strrchr(file, '/');
	const char *dot;
	size_t length;

	base = base ? base + 1 : file;
	dot = strrchr(base, '.');
	length = dot && dot > base ? (size_t)(dot - base) : strlen(base);
	if (!strcmp(base, "-") || !length)
		base = "stdin", length = 5;
	length = length < size - 1 ? length : size - 1;
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)base[i];

		name[i] = isalnum(c) || strchr("-_.", c) ? (char)c : '_';
	}
	name[length] = '\0';
}

// open_named opens the pipeline under the name asked for, or under the file's
// stem and, where a living process has that, with a number behind it.
static int open_named(struct weir_pipeline **pipeline,
	const struct weir_plan *plan, const struct request *request,
	struct weir_error *e)
{
	char base[WEIR_COUNT_INSTANCE_SIZE - 4];
	char name[WEIR_COUNT_INSTANCE_SIZE];
	struct weir_pipeline_options how = {
		.instance = request->name,
		.duration_ns = request->duration_ns,
		.packets = request->packets,
		.eal_args = request->eal_args,
		.check_blocking = request->check,
	};

	if (request->contract)
		how.contract = *request->contract ? WEIR_CONTRACT_ASKED_STRICTLY
						  : WEIR_CONTRACT_ASKED;
	int err;

	if (request->name)
		return weir_pipeline_open(pipeline, plan, &how, e);
	stem(request->file ? request->file : "weir", base, sizeof(base));
	snprintf(name, sizeof(name), "%s", base);
	how.instance = name;
	err = weir_pipeline_open(pipeline, plan, &how, e);
	for (int i = 2; err == -EEXIST && i <= NUMBERED_MAX; i++) {
		weir_error_clear(e);
		snprintf(name, sizeof(name), "%s-%d", base, i);
		err = weir_pipeline_open(pipeline, plan, &how, e);
	}
	return err;
}

// ---- signals ----

// The handler may run on any thread, and long after the pipeline has gone: it
// only counts, and who watches the run does what was asked.
static unsigned signals;

// The first signal drains, the second stops at once, a third is the system's.
static void on_signal(int signal_number)
{
	if (add_relaxed(&signals, 1) > 0)
		signal(signal_number, SIG_DFL);
}

static void heed_signals(struct weir_pipeline *pipeline)
{
	unsigned count = load_relaxed(&signals);

	if (count)
		weir_pipeline_stop(pipeline, count > 1);
}

static void catch_signals(void)
{
	struct sigaction action = {.sa_handler = on_signal};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	// A reader of standard output that goes away is a port's finding.
	signal(SIGPIPE, SIG_IGN);
}

// ---- running ----

static bool is_standard_output(const struct weir_config *config, unsigned index)
{
	const struct weir_config_port *port = &config->ports[index];

	if (strcmp(port->kind, "file") || strcmp(port->value, "-"))
		return false;
	for (unsigned i = 0; i < config->stage_count; i++)
		if (config->stages[i].port == (int)index &&
			!config->stages[i].type->source)
			return true;
	return false;
}

// report_stream answers where people read: not where packets go.
static FILE *report_stream(const struct weir_config *config)
{
	for (unsigned i = 0; i < config->port_count; i++)
		if (is_standard_output(config, i))
			return stderr;
	return stdout;
}

static void watch(struct weir_pipeline *pipeline, struct weir_traced *traced,
	FILE *to, bool show)
{
	struct weir_live *live =
		show ? weir_live_open(weir_pipeline_reader(pipeline), to)
		     : NULL;

	while (weir_pipeline_poll(pipeline)) {
		heed_signals(pipeline);
		weir_traced_poll(traced);
		weir_live_draw(live);
		usleep(POLL_US);
	}
	weir_live_close(live);
}

static void write_json(const json_t *report, FILE *to)
{
	json_dumpf(report, to, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
	fputc('\n', to);
}

static void print_findings(const json_t *report)
{
	const json_t *findings = json_object_get(report, "findings");

	for (size_t i = 0; i < json_array_size(findings); i++)
		fprintf(stderr, "weir: %s\n",
			json_string_value(json_array_get(findings, i)));
}

static int write_report(const json_t *report, const char *path, FILE *file)
{
	write_json(report, file);
	if (fflush(file) == 0 && !ferror(file))
		return WEIR_EXIT_DONE;
	fprintf(stderr, "weir: cannot write the report to '%s': %s\n", path,
		strerror(errno));
	return WEIR_EXIT_FAILED;
}

static int show(struct weir_pipeline *pipeline, const struct request *request,
	FILE *to, FILE *file)
{
	json_t *report = weir_pipeline_report(pipeline);
	int code = weir_pipeline_verdict(pipeline);

	if (request->json)
		write_json(report, to);
	else if (!request->quiet)
		weir_report_print(report, to, isatty(fileno(to)));
	else if (code)
		print_findings(report);
	if (file && write_report(report, request->report, file))
		code = WEIR_EXIT_FAILED;
	json_decref(report);
	return code;
}

static int run_open(struct weir_pipeline *pipeline,
	const struct request *request, struct weir_traced *traced, FILE *to,
	FILE *file, struct weir_error *e)
{
	bool live = !request->json && !request->quiet && isatty(fileno(to));
	int code, err;

	catch_signals();
	if (weir_traced_begin(
		    traced, pipeline, request->trace_memory_mib << 20, e) ||
		weir_pipeline_start(pipeline, e))
		return WEIR_EXIT_USAGE;
	watch(pipeline, traced, to, live);
	err = weir_traced_end(traced, request->quiet || request->json, e);
	if (weir_pipeline_finish(pipeline, e))
		return WEIR_EXIT_FAILED;
	code = show(pipeline, request, to, file);
	if (weir_pipeline_given_up(pipeline)) {
		fflush(NULL);
		_exit(WEIR_EXIT_FAILED);
	}
	return err ? WEIR_EXIT_FAILED : code;
}

// open_report opens the file before the run: a wrong path is not worth one.
static int open_report(const struct request *request, FILE **file)
{
	*file = NULL;
	if (!request->report)
		return 0;
	*file = fopen(request->report, "we");
	if (*file)
		return 0;
	return weir_usage_error("run", "--report: cannot write '%s': %s",
		request->report, strerror(errno));
}

static int run(int argc, char **argv)
{
	struct request request = {0};
	struct weir_error error = {0};
	struct weir_config *config = NULL;
	struct weir_plan *plan = NULL;
	struct weir_pipeline *pipeline = NULL;
	struct weir_traced traced;
	FILE *file = NULL;
	int code = read_request(argc, argv, &request);

	if (code >= 0)
		return code;
	code = weir_register_loads(argv[0], request.loads.text);
	if (code >= 0)
		return code;
	code = WEIR_EXIT_USAGE;
	if (weir_traced_open(&traced, request.trace, &error) ||
		weir_load(&config, request.file, request.expression,
			request.sets.text, &error) ||
		weir_plan_create(&plan, config, NULL, &error) ||
		open_report(&request, &file) ||
		open_named(&pipeline, plan, &request, &error))
		goto out;
	code = run_open(pipeline, &request, &traced, report_stream(config),
		file, &error);
out:
	if (error.code)
		fprintf(stderr, "%s\n", error.text);
	if (file)
		fclose(file);
	weir_traced_close(&traced);
	weir_pipeline_close(pipeline);
	weir_plan_destroy(plan);
	weir_config_destroy(config);
	if (weir_eal_is_open())
		weir_eal_close();
	return code;
}

const struct weir_command weir_command_run = {
	.name = "run",
	.help = "run a pipeline and say where every packet went",
	.usage = (const char *const[]){"[OPTIONS] FILE [-- EAL ARGUMENTS]",
		"[OPTIONS] -e EXPRESSION [-- EAL ARGUMENTS]", NULL},
	.about = "Runs a pipeline until its inputs end, then says where every "
		 "packet went. FILE '-' is standard input. Ctrl-C ends the "
		 "inputs and drains; a second one stops at once, and "
		 "gives up a step that does not end.",
	.operands = operands,
	.options = options,
	.passages =
		(const struct weir_passage[]){
			{"Examples",
				"weir run pipeline.yaml\n"
				"weir run pipeline.yaml --set "
				"ports.in.file=other.pcap\n"
				"weir run -e 'file:a.pcap ! filter "
				"expr=\"udp\" ! file:b.pcap'\n"
				"weir run pipeline.yaml --set ports.out.file=- "
				"| tcpdump -r -\n"},
			{0}},
	.exits = "0 done, drops that the file asks for included; 1 something "
		 "is unaccounted, was dropped though nobody asked, or an input "
		 "is truncated or a disk full, or a stage broke its contract: "
		 "the report says what; 2 wrong "
		 "use or an unreadable input.",
	.run = run,
};
