// SPDX-License-Identifier: BSD-3-Clause
#include "command.h"
#include "examine.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct request {
	const char *sysroot;
	bool json;
};

static const struct weir_argument options[] = {
	WEIR_ARGUMENT_JSON(struct request, json, "print it as JSON"),
	{"sysroot", .type = WEIR_ARGUMENT_TEXT,
		.at = offsetof(struct request, sysroot), .value = "FOLDER",
		.offer = WEIR_OFFER_FOLDERS,
		.help = "look at the /sys, /proc and /dev below a folder"},
	{0},
};

static const char *const health_words[] = {
	[WEIR_HEALTH_OK] = "ok",
	[WEIR_HEALTH_WARNING] = "warning",
	[WEIR_HEALTH_FAULT] = "fault",
};

struct weir_finding weir_finding_say(
	enum weir_health health, const char *what, const char *format, ...)
{
	struct weir_finding finding = {.health = health, .what = what};
	va_list args;

	va_start(args, format);
	vsnprintf(finding.text, sizeof(finding.text), format, args);
	va_end(args);
	return finding;
}

// ---- a run, tried ----

// run_trial runs a small pipeline in a process of its own. What that says of
// faults comes back in words. It ends by itself: no reader need hurry.
static int run_trial(char *words, size_t size)
{
	char *argv[] = {"weir", "run", "-e", "null:size=64 ! drop", "--packets",
		"1000", "--for", "10s", "--quiet", NULL};
	posix_spawn_file_actions_t actions;
	int status = -1, ends[2], err;
	ssize_t length;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(
		&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
	err = posix_spawn(
		&pid, "/proc/self/exe", &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	if (!err) {
		length = read(ends[0], words, size - 1);
		words[length > 0 ? length : 0] = '\0';
		waitpid(pid, &status, 0);
	}
	close(ends[0]);
	return err ? -err : status;
}

static struct weir_finding examine_run(void)
{
	char words[200] = "";
	int result = run_trial(words, sizeof(words));

	words[strcspn(words, "\n")] = '\0';
	if (result == 0)
		return weir_finding_say(WEIR_HEALTH_OK, "a run",
			"packets of a software device went through a pipeline");
	if (result < 0)
		return weir_finding_say(WEIR_HEALTH_FAULT, "a run",
			"cannot be tried: %s", strerror(-result));
	if (WIFEXITED(result))
		return weir_finding_say(WEIR_HEALTH_FAULT, "a run",
			"of software devices fails with exit code %d: %s",
			WEXITSTATUS(result), words);
	return weir_finding_say(WEIR_HEALTH_FAULT, "a run",
		"of software devices ends by signal %d: %s", WTERMSIG(result),
		words);
}

// ---- telling ----

static weir_examine *const examinations[] = {
	weir_examine_memory,
	weir_examine_cpus,
	weir_examine_clock,
	weir_examine_files,
	weir_examine_drivers,
	weir_examine_pages,
	weir_examine_iommu,
	weir_examine_vfio,
	weir_examine_locking,
	weir_examine_devices,
};
#define EXAMINATIONS (sizeof(examinations) / sizeof(examinations[0]))

static void print_finding(const struct weir_finding *finding)
{
	printf("%-8s %s: %s\n", health_words[finding->health], finding->what,
		finding->text);
	if (*finding->mend)
		printf("         type: %s\n", finding->mend);
}

static void print_verdict(bool works)
{
	puts(works ? "\nweir works here. What a warning is about may go worse, "
		     "or not at all."
		   : "\nweir does not work here: mend the fault first.");
}

static json_t *json_finding(const struct weir_finding *finding)
{
	return json_pack("{s:s, s:s, s:s, s:o}", "what", finding->what,
		"health", health_words[finding->health], "text", finding->text,
		"mend",
		*finding->mend ? json_string(finding->mend) : json_null());
}

// tell answers whether a run works.
static bool tell(const struct request *request)
{
	const char *root = request->sysroot ? request->sysroot : "";
	json_t *all = json_array();
	struct weir_finding finding;
	bool works = true;

	for (size_t i = 0; i <= EXAMINATIONS; i++) {
		// Of another machine's files no run can be tried.
		if (i == 0 && request->sysroot)
			continue;
		finding = i ? examinations[i - 1](root) : examine_run();
		works &= finding.health != WEIR_HEALTH_FAULT;
		json_array_append_new(all, json_finding(&finding));
		if (!request->json)
			print_finding(&finding);
	}
	if (request->json) {
		json_dumpf(all, stdout, JSON_INDENT(2));
		putchar('\n');
	} else if (!request->sysroot) {
		print_verdict(works);
	}
	json_decref(all);
	return works;
}

static int doctor(int argc, char **argv)
{
	struct request request = {0};
	int code =
		weir_arguments_read(&weir_command_doctor, argc, argv, &request);

	if (code >= 0)
		return code;
	return tell(&request) ? WEIR_EXIT_DONE : WEIR_EXIT_FAILED;
}

const struct weir_command weir_command_doctor = {
	.name = "doctor",
	.help = "tell whether this machine is fit, and what to type if not",
	.usage = (const char *const[]){"[--json]", NULL},
	.about = "Tries a run, then looks at what runs and PCI ports need: "
		 "memory, CPUs, clock, DPDK's drivers, hugepages, IOMMU, vfio, "
		 "limits, devices. Each line is ok, a warning or a fault, with "
		 "what to type where a command mends it. It tells what holds "
		 "for the user who calls it, and changes nothing.",
	.options = options,
	.passages =
		(const struct weir_passage[]){
			{"Examples", "weir doctor\n"
				     "weir doctor --json | jq -r '.[] | "
				     "select(.health != \"ok\") | .what'\n"},
			{0}},
	.exits = "0 the default run works, warnings or not; 1 it does not; 2 "
		 "wrong use.",
	.run = doctor,
};
