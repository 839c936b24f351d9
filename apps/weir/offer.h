// SPDX-License-Identifier: BSD-3-Clause
//
// Offers are what a shell shows when a user asks how a word may go on: a line
// for each, the word and a phrase with a tab between. A line that begins with
// ':' leaves it to the shell: ":files", ":files .yaml .yml", ":folders".
#ifndef WEIR_APPS_OFFER_H
#define WEIR_APPS_OFFER_H

#include "arguments.h"

// What else stands on the line, as far as offers depend on it.
struct weir_offer_line {
	const char *first; // operand, or NULL
	const char *expression;
	const char *word; // that is to go on
	const char *head; // put before each offer: "--set=", or ""
};

// weir_offer prints what may stand for the value of an argument.
void weir_offer(const struct weir_argument *argument,
	const struct weir_offer_line *line);

// weir_offer_word prints one offer.
void weir_offer_word(const char *head, const char *word, const char *help);

#endif
