// SPDX-License-Identifier: BSD-3-Clause
//
// Questions: what was answered was taken, what failed was not and never is; who
// is not answered waits for an owner that is there.
#include "core.h"

#include "sync/ask.h"

#define ASKERS 3

static struct asker {
	struct weir_asker end;
	bool open, busy;
	uint64_t number; // of its present question
	bool asking;	 // it is neither answered nor given up
	bool taken, owed;
	uint64_t refused; // the last that nobody may take any more
} askers[ASKERS];

static struct weir_owner owner;
static bool owner_open, owner_busy;

static bool any_asker(void)
{
	for (unsigned i = 0; i < ASKERS; i++)
		if (askers[i].open)
			return true;
	return false;
}

static void begin_asker(struct asker *asker)
{
	asker->open = true;
	asker->busy = asker->asking = asker->taken = asker->owed = false;
	asker->number = asker->refused = 0;
}

static void open(uint8_t a, uint8_t b)
{
	if (owner_open || any_asker())
		return;
	claim(weir_ask_open(1 + a % 3, 8, 8, &askers[0].end, &owner) == 0);
	begin_asker(&askers[0]);
	owner_open = true;
}

static void clone(uint8_t a, uint8_t b)
{
	struct asker *from = &askers[a % ASKERS], *to = &askers[b % ASKERS];

	if (!from->open || to->open)
		return;
	claim(weir_asker_clone(&from->end, &to->end) == 0);
	begin_asker(to);
}

// ---- asking ----

static bool take_asker(struct op *op)
{
	unsigned i = op->a % ASKERS;

	if (!askers[i].open || askers[i].busy)
		return false;
	askers[i].busy = true;
	op->object = &askers[i];
	op->where = fuzz_on[i % EXECUTORS]; // always the same
	return true;
}

static void ask(struct op *op)
{
	struct asker *asker = op->object;
	uint64_t number = asker->number + 1, reply = 0;
	bool owed = asker->owed;
	int err;

	asker->number = number;
	asker->asking = true;
	asker->taken = false;
	err = weir_ask(&asker->end, &number, &reply, op->deadline);
	asker->asking = false;
	fuzz_allowed(op, err);
	switch (err) {
	case 0:
		claim(asker->taken && !asker->owed && reply == ~number);
		break;
	case -EINPROGRESS:
		claim(asker->taken);
		claim(op->canceled || fuzz_due(op->deadline));
		break;
	case -ESHUTDOWN:
		claim(!owner_open);
		claim(!asker->taken);
		asker->refused = number;
		break;
	default:
		claim(err == -ETIMEDOUT || err == -ECANCELED);
		claim(!asker->taken || owed);
		asker->refused = number;
	}
	asker->busy = false;
}

static bool ask_waits(const struct op *op)
{
	return owner_open || ((const struct asker *)op->object)->owed;
}

// It waits for who owes an answer, though it be cancelled.
static void close_asker(struct op *op)
{
	struct asker *asker = op->object;

	weir_asker_close(&asker->end);
	claim(!asker->owed);
	asker->open = asker->busy = false;
}

// ---- owning ----

static void taken(struct weir_asker *asked)
{
	struct asker *asker = weir_container(asked, struct asker, end);
	uint64_t number;

	memcpy(&number, asked->request, sizeof(number));
	claim(asker->asking && number == asker->number);
	claim(number > asker->refused && !asker->taken && !asker->owed);
	asker->taken = asker->owed = true;
}

static void try_take(uint8_t a, uint8_t b)
{
	struct weir_asker *asked;
	int err;

	if (!owner_open || owner_busy)
		return;
	err = weir_owner_try_take(&owner, &asked);
	claim(err == 0 || err == -EAGAIN || err == -ESHUTDOWN);
	claim(err != -ESHUTDOWN || !any_asker());
	if (err == 0)
		taken(asked);
}

static bool take_owner(struct op *op)
{
	if (!owner_open || owner_busy)
		return false;
	owner_busy = true;
	return true;
}

static void take(struct op *op)
{
	struct weir_asker *asked;
	int err = weir_owner_take(&owner, &asked, op->deadline);

	fuzz_allowed(op, err);
	claim(err == 0 || err == -ESHUTDOWN || err == -ETIMEDOUT ||
		err == -ECANCELED);
	claim(err != -ESHUTDOWN || !any_asker());
	if (err == 0)
		taken(asked);
	owner_busy = false;
}

static bool take_waits(const struct op *op)
{
	for (unsigned i = 0; i < ASKERS; i++)
		if (askers[i].asking && !askers[i].owed)
			return false;
	return any_asker();
}

static void answer(uint8_t a, uint8_t b)
{
	struct asker *asker = &askers[a % ASKERS];
	uint64_t reply;

	if (!asker->owed)
		return;
	memcpy(&reply, asker->end.request, sizeof(reply));
	reply = ~reply;
	memcpy(asker->end.reply, &reply, sizeof(reply));
	asker->owed = false;
	weir_owner_answer(&asker->end);
}

static void close_owner(uint8_t a, uint8_t b)
{
	if (!owner_open || owner_busy)
		return;
	owner_open = false;
	weir_owner_close(&owner);
}

// ---- all of it ----

static void let_go(void)
{
	close_owner(0, 0);
	for (uint8_t i = 0; i < ASKERS; i++)
		answer(i, 0);
}

static void close_all(void)
{
	for (unsigned i = 0; i < ASKERS; i++) {
		struct asker *asker = &askers[i];

		claim(!asker->busy && !asker->owed);
		if (asker->open)
			weir_asker_close(&asker->end); // it is at home
		asker->open = false;
	}
}

static const struct verb verbs[] = {
	{.name = "open", .now = open},
	{.name = "clone", .now = clone},
	{.name = "try take", .now = try_take},
	{.name = "answer", .now = answer},
	{.name = "close owner", .now = close_owner},
	{"ask", NULL, take_asker, ask, ask_waits},
	{"take", NULL, take_owner, take, take_waits},
	{"close asker", NULL, take_asker, close_asker, ask_waits, true},
};

const struct object fuzz_asks = {"ask", verbs, sizeof(verbs) / sizeof(verbs[0]),
	NULL, close_all, let_go};
