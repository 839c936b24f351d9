// SPDX-License-Identifier: BSD-3-Clause
//
// The core by sequences of operations: three bytes are one of them, on a few
// executors that are turned by hand under a virtual clock. Every object that
// tasks have is there, a file each in tests/fuzz/core, beside the plainest model
// of it: opened, cloned and closed; tried by plain code between two turns; waited
// for by tasks with deadlines, here and elsewhere, each in a scope of its own,
// that are cancelled; and as one of several, in selects, sets and steppers.
//
// Every answer must be one that the model allows; who waits when all has come to
// rest waits with reason; at the end all is given back. With WEIR_SAY=1 in the
// environment it says what it does, for who reads a sequence that failed.
#include "core/core.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct object *const objects[] = {
	&fuzz_tasks,
	&fuzz_times,
	&fuzz_channels,
	&fuzz_permits,
	&fuzz_oneshots,
	&fuzz_broadcasts,
	&fuzz_latests,
	&fuzz_lines,
	&fuzz_groups,
	&fuzz_asks,
	&fuzz_branches,
};

#define OBJECTS (sizeof(objects) / sizeof(objects[0]))

// pick answers what a byte says: each verb of each object in turn.
static const struct verb *pick(uint8_t what, const struct object **of)
{
	unsigned count = 0, i = 0;

	for (unsigned k = 0; k < OBJECTS; k++)
		count += objects[k]->count;
	what = (uint8_t)(what % count);
	while (what >= objects[i]->count)
		what = (uint8_t)(what - objects[i++]->count);
	*of = objects[i];
	return &objects[i]->verbs[what];
}

static void obey(uint8_t what, uint8_t a, uint8_t b)
{
	const struct object *of;
	const struct verb *verb = pick(what, &of);

	if (getenv("WEIR_SAY"))
		fprintf(stderr, "%s: %s %u %u\n", of->name, verb->name, a, b);
	if (verb->now)
		verb->now(a, b);
	else
		fuzz_start(verb, a, b);
}

static void begin(void)
{
	fuzz_init();
	for (unsigned i = 0; i < OBJECTS; i++)
		if (objects[i]->init)
			objects[i]->init();
}

static void give_all_back(void)
{
	fuzz_cancel_all();
	for (unsigned i = 0; i < OBJECTS; i++)
		if (objects[i]->let_go)
			objects[i]->let_go();
	fuzz_settle();
	fuzz_check_ended();
	for (unsigned i = OBJECTS; i > 0; i--)
		if (objects[i - 1]->close)
			objects[i - 1]->close();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!fuzz_on[0])
		begin();
	for (; size >= 3; data += 3, size -= 3)
		obey(data[0], data[1], data[2]);
	fuzz_settle();
	fuzz_check_waiters();
	give_all_back();
	return 0;
}
