// SPDX-License-Identifier: BSD-3-Clause
#include "watch/contract.h"
#include "watch/book.h"
#include "watch/watched.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct weir_list all = {&all, &all};

void weir_books_lock(void)
{
	pthread_mutex_lock(&lock);
}

void weir_books_unlock(void)
{
	pthread_mutex_unlock(&lock);
}

// ---- life ----

static int no_memory(struct weir_error *e, const char *name)
{
	return weir_error_set(
		e, -ENOMEM, "no memory for the contract of '%s'", name);
}

static struct weir_contract *create(
	const char *name, const struct weir_clock *clock)
{
	struct weir_contract *contract = calloc(1, sizeof(*contract));

	if (!contract)
		return NULL;
	snprintf(contract->name, sizeof(contract->name), "%s", name);
	contract->clock = clock;
	return contract;
}

static void join(struct weir_contract *contract, uint64_t max_exec_ns)
{
	weir_histogram_set_limit(contract->steps,
		weir_clock_ticks(contract->clock, max_exec_ns));
	weir_books_lock();
	weir_list_add(&all, &contract->link);
	weir_books_unlock();
	weir_watchdog_ring();
}

int weir_contract_create(struct weir_contract **contract, const char *name,
	uint64_t max_exec_ns, struct weir_error *e)
{
	struct weir_contract *c = create(name, weir_clock_real());

	if (!c)
		return no_memory(e, name);
	c->own = c->steps = calloc(1, sizeof(*c->own));
	if (!c->own) {
		free(c);
		return no_memory(e, name);
	}
	join(c, max_exec_ns);
	*contract = c;
	return 0;
}

int weir_contract_borrow(struct weir_contract **contract, const char *name,
	struct weir_histogram *steps, const struct weir_clock *clock,
	uint64_t max_exec_ns, struct weir_error *e)
{
	struct weir_contract *c = create(name, clock);

	if (!c)
		return no_memory(e, name);
	c->steps = steps;
	c->borrowed = true;
	join(c, max_exec_ns);
	*contract = c;
	return 0;
}

struct weir_histogram *weir_contract_steps(struct weir_contract *contract)
{
	return contract->steps;
}

void weir_contract_destroy(struct weir_contract *contract)
{
	if (!contract)
		return;
	weir_watchdog_forget(contract->steps);
	weir_books_lock();
	weir_list_remove(&contract->link);
	weir_books_unlock();
	free(contract->own);
	free(contract);
}

// ---- the book ----

struct weir_contract *weir_books_find(const struct weir_histogram *steps)
{
	weir_books_lock();
	weir_list_each (link, &all) {
		struct weir_contract *contract =
			weir_container(link, struct weir_contract, link);

		if (contract->steps == steps)
			return contract;
	}
	return NULL;
}

uint64_t weir_books_least(void)
{
	uint64_t least = 0;

	weir_books_lock();
	weir_list_each (link, &all) {
		uint64_t limit = load_relaxed(
			&weir_container(link, struct weir_contract, link)
				 ->steps->limit);

		if (limit && (!least || limit < least))
			least = limit;
	}
	weir_books_unlock();
	return least;
}

// keep puts a sighting among the worst. Those of the task come before those of
// the machine, the longer before the shorter.
static bool is_worse(
	const struct weir_sighting *a, const struct weir_sighting *b)
{
	bool own_a = a->found <= WEIR_BLOCKING && !a->excused,
	     own_b = b->found <= WEIR_BLOCKING && !b->excused;

	return own_a != own_b ? own_a : a->ns > b->ns;
}

static void keep(
	struct weir_contract *contract, const struct weir_sighting *sighting)
{
	unsigned i = contract->worst_count;

	if (i < WEIR_SIGHTINGS)
		contract->worst_count++;
	else if (is_worse(sighting, &contract->worst[--i]))
		;
	else
		return;
	for (; i > 0 && is_worse(sighting, &contract->worst[i - 1]); i--)
		contract->worst[i] = contract->worst[i - 1];
	contract->worst[i] = *sighting;
}

void weir_book_enter(struct weir_contract *contract,
	const struct weir_sighting *sighting, bool unended)
{
	contract->found[sighting->found]++;
	contract->excused += sighting->excused;
	if (unended) {
		contract->unended++;
		contract->going_ns = sighting->ns;
	}
	if (sighting->found != WEIR_UNWITNESSED)
		keep(contract, sighting);
}

// forget takes a sighting that was kept when it was shorter from among the worst.
static void forget(
	struct weir_contract *contract, const struct weir_sighting *sighting)
{
	struct weir_sighting *worst = contract->worst;
	unsigned i = 0;

	while (i < contract->worst_count &&
		(worst[i].begin != sighting->begin ||
			worst[i].found != sighting->found))
		i++;
	if (i == contract->worst_count)
		return;
	contract->worst_count--;
	for (; i < contract->worst_count; i++)
		worst[i] = worst[i + 1];
}

void weir_book_go_on(
	struct weir_contract *contract, const struct weir_sighting *sighting)
{
	contract->going_ns = sighting->ns;
	forget(contract, sighting);
	keep(contract, sighting);
}

void weir_book_end(
	struct weir_contract *contract, const struct weir_sighting *sighting)
{
	contract->unended--;
	weir_book_go_on(contract, sighting);
	contract->going_ns = 0;
}

// ---- the verdict ----

void weir_book_read(const struct weir_contract *contract, unsigned flags,
	struct weir_contract_state *state)
{
	const struct weir_histogram *steps = contract->steps;
	const struct weir_clock *clock = contract->clock;
	uint64_t worst_ns = weir_clock_ns(clock, load_relaxed(&steps->max));
	uint64_t seen;

	*state = (struct weir_contract_state){
		.name = contract->name,
		.limit_ns = weir_clock_ns(clock, load_relaxed(&steps->limit)),
		.worst_ns = worst_ns > contract->going_ns ? worst_ns
							  : contract->going_ns,
		.steps = weir_histogram_count(steps),
		.over = load_relaxed(&steps->over_count) + contract->unended,
		.blocked = contract->found[WEIR_BLOCKED],
		.blocking = contract->found[WEIR_BLOCKING],
		.stolen = contract->found[WEIR_STOLEN],
		.unended = contract->unended,
		.excused = contract->excused,
	};
	seen = state->blocked + state->blocking + state->stolen;
	state->unwitnessed = state->over > seen ? state->over - seen : 0;
	state->broken = state->blocked + state->blocking - state->excused > 0 ||
			((flags & WEIR_CONTRACT_STRICT) && state->unwitnessed);
}

void weir_contract_read(struct weir_contract *contract, unsigned flags,
	struct weir_contract_state *state)
{
	weir_books_lock();
	weir_book_read(contract, flags, state);
	weir_books_unlock();
}

void weir_books_each(
	void (*each)(struct weir_contract *contract, void *arg), void *arg)
{
	weir_books_lock();
	weir_list_each (link, &all)
		each(weir_container(link, struct weir_contract, link), arg);
	weir_books_unlock();
}
