// SPDX-License-Identifier: BSD-3-Clause
//
// The verdict of a program of one's own.
#include "watch/seen.h"
#include "watch/words.h"

#include <stdlib.h>

// What one report is written with.
struct page {
	FILE *to;
	unsigned flags;
	struct weir_symbols *symbols;
	struct weir_contract_state *states;
	unsigned count, room;
	bool broken;
};

static void collect(struct weir_contract *contract, void *arg)
{
	struct page *page = arg;

	if (!contract->borrowed && page->count < page->room)
		weir_book_read(
			contract, page->flags, &page->states[page->count++]);
}

static void count(struct weir_contract *contract, void *arg)
{
	unsigned *total = arg;

	*total += !contract->borrowed;
}

static void write_sighting(
	struct page *page, const struct weir_sighting *sighting)
{
	char text[256];

	fprintf(page->to, "  %s\n",
		weir_words_sighting(sighting, text, sizeof(text)));
	for (unsigned i = 0; i < sighting->frames.count; i++)
		fprintf(page->to, "    %s\n",
			weir_words_frame(page->symbols, &sighting->frames, i,
				text, sizeof(text)));
}

static void write_broken(struct weir_contract *contract, void *arg)
{
	struct page *page = arg;
	struct weir_contract_state state;
	char text[512];

	if (contract->borrowed)
		return;
	weir_book_read(contract, page->flags, &state);
	if (!state.broken)
		return;
	page->broken = true;
	fprintf(page->to, "%s\n",
		weir_words_broken(&state, text, sizeof(text)));
	for (unsigned i = 0; i < contract->worst_count; i++)
		write_sighting(page, &contract->worst[i]);
}

static void write_remark(void *arg, const char *sentence)
{
	fprintf(arg, "remark: %s\n", sentence);
}

int weir_contract_report(FILE *to, unsigned flags)
{
	struct page page = {.to = to, .flags = flags};
	char text[512];

	weir_books_each(count, &page.room);
	page.states = calloc(page.room + 1, sizeof(*page.states));
	if (!page.states || weir_symbols_open(&page.symbols, 0, NULL)) {
		fprintf(to, "no memory for the report of the contracts\n");
		free(page.states);
		return 1;
	}
	weir_books_each(collect, &page);
	fprintf(to, "%s\n",
		weir_words_verdict(
			page.states, page.count, text, sizeof(text)));
	weir_books_each(write_broken, &page);
	weir_own_remarks(NULL, 0, write_remark, to);
	weir_symbols_close(page.symbols);
	free(page.states);
	return page.broken;
}
