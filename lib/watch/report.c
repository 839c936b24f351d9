// SPDX-License-Identifier: BSD-3-Clause
//
// The verdict of a program of one's own.
#include "watch/code.h"
#include "watch/seen.h"
#include "watch/words.h"

#include <stdlib.h>

// What one report is written with: copies, since it may be written to somebody who
// is slow to read, and the books are locked for all.
struct page {
	FILE *to;
	unsigned flags;
	struct weir_symbols *symbols; // NULL: addresses have no names
	struct weir_contract *books;
	struct weir_contract_state *states;
	unsigned count, room;
	bool broken;
};

static void count(struct weir_contract *contract, void *arg)
{
	unsigned *total = arg;

	*total += !contract->borrowed;
}

static void collect(struct weir_contract *contract, void *arg)
{
	struct page *page = arg;
	struct weir_contract_state *state = &page->states[page->count];
	struct weir_contract *book = &page->books[page->count];

	if (contract->borrowed || page->count == page->room)
		return;
	page->count++;
	*book = *contract;
	weir_book_read(contract, page->flags, state);
	state->name = book->name;
	page->broken |= state->broken;
}

static void judge(struct weir_contract *contract, void *arg)
{
	struct page *page = arg;
	struct weir_contract_state state;

	weir_book_read(contract, page->flags, &state);
	page->broken |= !contract->borrowed && state.broken;
}

static void write_sighting(
	const struct page *page, const struct weir_sighting *sighting)
{
	char text[256];

	fprintf(page->to, "  %s\n",
		weir_words_sighting(sighting, text, sizeof(text)));
	for (unsigned i = 0; i < sighting->frames.count; i++)
		fprintf(page->to, "    %s\n",
			weir_words_frame(page->symbols, &sighting->frames, i,
				text, sizeof(text)));
}

static void write_broken(
	const struct page *page, const struct weir_code *code, unsigned i)
{
	struct weir_contract *book = &page->books[i];
	char text[512];

	fprintf(page->to, "%s\n",
		weir_words_broken(&page->states[i], text, sizeof(text)));
	for (unsigned j = 0; j < book->worst_count; j++) {
		weir_code_cut(code, &book->worst[j].frames);
		write_sighting(page, &book->worst[j]);
	}
}

static void write_remark(void *arg, const char *sentence)
{
	fprintf(arg, "remark: %s\n", sentence);
}

static void write_all(struct page *page)
{
	struct weir_code *code = NULL;
	char text[512];

	weir_books_each(collect, page);
	fprintf(page->to, "%s\n",
		weir_words_verdict(
			page->states, page->count, text, sizeof(text)));
	if (page->broken) {
		(void)weir_symbols_open(&page->symbols, 0, NULL);
		code = weir_code_create();
	}
	for (unsigned i = 0; i < page->count; i++)
		if (page->states[i].broken)
			write_broken(page, code, i);
	weir_code_destroy(code);
	weir_symbols_close(page->symbols);
	weir_own_remarks(NULL, 0, write_remark, page->to);
}

int weir_contract_report(FILE *to, unsigned flags)
{
	struct page page = {.to = to, .flags = flags};

	weir_books_each(count, &page.room);
	page.books = calloc(page.room + 1, sizeof(*page.books));
	page.states = calloc(page.room + 1, sizeof(*page.states));
	if (page.books && page.states) {
		write_all(&page);
	} else {
		weir_books_each(judge, &page);
		fprintf(to, "contract %s; no memory for more than that\n",
			page.broken ? "broken" : "held");
	}
	free(page.states);
	free(page.books);
	return page.broken;
}
