// SPDX-License-Identifier: BSD-3-Clause
#include "examine.h"

#include "host/sys.h"

#include <inttypes.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#define MEMORY_MIB_MIN 256 // a small run, with room
#define FILES_MIN 256

// find_line copies what stands behind name in a file of lines "name : value".
static bool find_line(char *value, size_t size, const char *root,
	const char *file_name, const char *name)
{
	char path[WEIR_SYS_PATH_SIZE], line[8192];
	bool found = false;
	FILE *file = NULL;

	if (weir_sys_path(path, root, "%s", file_name))
		file = fopen(path, "re");
	while (file && !found && fgets(line, sizeof(line), file)) {
		const char *colon = strchr(line, ':');

		found = colon && !strncmp(line, name, strlen(name));
		if (found)
			snprintf(value, size, "%s", colon + 1);
	}
	if (file)
		fclose(file);
	return found;
}

static unsigned count_cpus(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set)
		       ? 1
		       : (unsigned)CPU_COUNT(&set);
}

// A share of the CPUs that a group of processes may use up: pollers always do.
static double quota(const char *root)
{
	char text[64];
	double most, period;

	weir_sys_text(text, sizeof(text), root, "/sys/fs/cgroup/cpu.max");
	return sscanf(text, "%lf %lf", &most, &period) == 2 && period > 0
		       ? most / period
		       : 0;
}

struct weir_finding weir_examine_cpus(const char *root)
{
	unsigned count = count_cpus();
	double share = quota(root);
	char isolated[128];

	weir_sys_text(isolated, sizeof(isolated), root,
		"/sys/devices/system/cpu/isolated");
	if (share > 0 && share < count)
		return weir_finding_say(WEIR_HEALTH_WARNING, "CPUs",
			"%u may be used, but the control group stops its "
			"processes after %.1f of them: cores that poll will "
			"stand still in between; raise or lift cpu.max",
			count, share);
	if (count == 1)
		return weir_finding_say(WEIR_HEALTH_WARNING, "CPUs",
			"1 may be used: all lcores and threads share it");
	if (!*isolated)
		return weir_finding_say(WEIR_HEALTH_WARNING, "CPUs",
			"%u may be used, none is isolated: others run there "
			"too, and packets wait meanwhile; for steady latency "
			"give lcores CPUs of their own (isolcpus= on the "
			"kernel's command line)",
			count);
	return weir_finding_say(WEIR_HEALTH_OK, "CPUs",
		"%u may be used; isolated: %s", count, isolated);
}

// weir reads the processor's counter by itself, whatever the kernel uses.
struct weir_finding weir_examine_clock(const char *root)
{
	char source[64], flags[8192];

	if (!weir_sys_text(source, sizeof(source), root,
		    "/sys/devices/system/clocksource/clocksource0/"
		    "current_clocksource"))
		snprintf(source, sizeof(source), "unknown");
	if (!find_line(flags, sizeof(flags), root, "/proc/cpuinfo", "flags"))
		return weir_finding_say(WEIR_HEALTH_OK, "clock",
			"the kernel's clock source is %s", source);
	if (strstr(flags, " constant_tsc") && strstr(flags, " nonstop_tsc"))
		return weir_finding_say(WEIR_HEALTH_OK, "clock",
			"the TSC is steady; the kernel's clock source is %s",
			source);
	return weir_finding_say(WEIR_HEALTH_WARNING, "clock",
		"this processor does not promise that its TSC is steady (no "
		"constant_tsc and nonstop_tsc): times may be wrong; the "
		"kernel's clock source is %s",
		source);
}

struct weir_finding weir_examine_memory(const char *root)
{
	char value[64];
	uint64_t kib;

	if (!find_line(value, sizeof(value), root, "/proc/meminfo",
		    "MemAvailable") ||
		sscanf(value, "%" SCNu64, &kib) != 1)
		return weir_finding_say(WEIR_HEALTH_WARNING, "memory",
			"the kernel does not say how much is free");
	return weir_finding_say(kib / 1024 < MEMORY_MIB_MIN
					? WEIR_HEALTH_WARNING
					: WEIR_HEALTH_OK,
		"memory", "%" PRIu64 " MiB available", kib / 1024);
}

struct weir_finding weir_examine_files(const char *root)
{
	struct weir_finding finding;
	struct rlimit limit;

	(void)root;
	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur == RLIM_INFINITY)
		return weir_finding_say(
			WEIR_HEALTH_OK, "open files", "any number");
	finding = weir_finding_say(limit.rlim_cur < FILES_MIN
					   ? WEIR_HEALTH_WARNING
					   : WEIR_HEALTH_OK,
		"open files", "at most %" PRIu64, (uint64_t)limit.rlim_cur);
	if (finding.health != WEIR_HEALTH_OK)
		snprintf(finding.mend, sizeof(finding.mend), "ulimit -n 1024");
	return finding;
}
