// SPDX-License-Identifier: BSD-3-Clause
#include "watch/words.h"
#include "watch/thread.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *weir_found_name(enum weir_found found)
{
	static const char *const names[] = {"blocked task", "blocking call",
		"stolen core", "not witnessed"};

	return names[found];
}

struct duration {
	char text[24];
};

static struct duration duration(uint64_t ns)
{
	static const struct {
		const char *unit;
		double ns;
	} units[] = {{"s", 1e9}, {"ms", 1e6}, {"us", 1e3}};
	struct duration d;

	for (int i = 0; i < 3; i++)
		if ((double)ns >= units[i].ns) {
			snprintf(d.text, sizeof(d.text), "%.4g %s",
				(double)ns / units[i].ns, units[i].unit);
			return d;
		}
	snprintf(d.text, sizeof(d.text), "%" PRIu64 " ns", ns);
	return d;
}

const char *weir_words_broken(
	const struct weir_contract_state *state, char *text, size_t size)
{
	snprintf(text, size,
		"contract broken: '%s' took more than %s in %" PRIu64
		" of %" PRIu64 " steps, the longest %s: blocked task %" PRIu64
		", blocking call %" PRIu64 ", stolen core %" PRIu64
		", not witnessed %" PRIu64,
		state->name, duration(state->limit_ns).text, state->over,
		state->steps + state->unended, duration(state->worst_ns).text,
		state->blocked, state->blocking, state->stolen,
		state->unwitnessed);
	return text;
}

const char *weir_words_verdict(const struct weir_contract_state *states,
	unsigned count, char *text, size_t size)
{
	const struct weir_contract_state *worst = NULL, *bad = NULL;
	unsigned limited = 0, broken = 0;
	char calls[64] = "";
	uint64_t steps = 0, stolen = 0, unseen = 0, excused = 0;

	for (unsigned i = 0; i < count; i++) {
		const struct weir_contract_state *one = &states[i];

		if (!one->limit_ns)
			continue;
		limited++;
		steps += one->steps;
		stolen += one->stolen;
		unseen += one->unwitnessed;
		excused += one->excused;
		broken += one->broken;
		bad = one->broken && !bad ? one : bad;
		if (!worst || one->worst_ns > worst->worst_ns)
			worst = one;
	}
	if (excused)
		snprintf(calls, sizeof(calls),
			", calls where they may be made %" PRIu64, excused);
	if (!worst)
		snprintf(text, size, "no contract: nothing has a max_exec");
	else if (broken)
		snprintf(text, size, "contract broken by '%s'%s: %u of %u held",
			bad->name, broken > 1 ? " and others" : "",
			limited - broken, limited);
	else if (stolen + unseen + excused)
		snprintf(text, size,
			"contract held for %" PRIu64
			" steps, worst %s in '%s'; too long without a proof "
			"against the task: stolen core %" PRIu64
			", not witnessed %" PRIu64 "%s",
			steps, duration(worst->worst_ns).text, worst->name,
			stolen, unseen, calls);
	else
		snprintf(text, size,
			"contract held for %" PRIu64 " steps, worst %s in '%s'",
			steps, duration(worst->worst_ns).text, worst->name);
	return text;
}

// call_of writes " in nanosleep" for a sighting that slept there.
static const char *call_of(
	const struct weir_sighting *sighting, char *text, size_t size)
{
	const char *name = weir_call_name(sighting->call);

	if (sighting->call < 0)
		*text = '\0';
	else if (name)
		snprintf(text, size, " in %s", name);
	else
		snprintf(text, size, " in system call %ld", sighting->call);
	return text;
}

const char *weir_words_sighting(
	const struct weir_sighting *sighting, char *text, size_t size)
{
	char call[48];

	snprintf(text, size, "%s%s, %s on %s%s%s%s",
		weir_found_name(sighting->found),
		call_of(sighting, call, sizeof(call)),
		duration(sighting->ns).text, sighting->executor,
		*sighting->task ? " in task '" : "", sighting->task,
		*sighting->task ? "'" : "");
	return text;
}

const char *weir_words_frame(struct weir_symbols *symbols,
	const struct weir_frames *frames, unsigned frame, char *text,
	size_t size)
{
	uintptr_t at = frames->at[frame];

	// A call may be the last instruction of its function.
	if (symbols)
		weir_symbols_name(
			symbols, at - (frame > 0 ? 1 : 0), text, size);
	else
		snprintf(text, size, "%#jx", (uintmax_t)at);
	return text;
}

const char *weir_words_stack(struct weir_symbols *symbols,
	const struct weir_frames *frames, char *text, size_t size)
{
	char name[256];

	*text = '\0';
	for (unsigned i = 0; i < frames->count; i++) {
		size_t used = strlen(text);

		snprintf(text + used, size - used, "%s%s", i ? " < " : ": ",
			weir_words_frame(
				symbols, frames, i, name, sizeof(name)));
	}
	return text;
}

const char *weir_words_seen(struct weir_symbols *symbols,
	const struct weir_sighting *sighting, char *text, size_t size)
{
	size_t used = strlen(weir_words_sighting(sighting, text, size));

	weir_words_stack(symbols, &sighting->frames, text + used, size - used);
	return text;
}
