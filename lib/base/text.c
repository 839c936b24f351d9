// SPDX-License-Identifier: BSD-3-Clause
#include "base/text.h"

#include <stdbool.h>
#include <string.h>

#define UNKNOWN "\xef\xbf\xbd" // U+FFFD
#define UNKNOWN_SIZE (sizeof(UNKNOWN) - 1)
#define LETTER_MAX 4

static bool goes_on(char byte)
{
	return ((unsigned char)byte & 0xc0) == 0x80;
}

// The first two bytes tell all: the others only have to go on. Shorter ways to
// say the same, surrogates and what lies beyond U+10FFFF are none.
unsigned weir_text_letter(const char *text)
{
	static const struct {
		unsigned char first, last; // of the first byte
		unsigned char from, to;	   // of the second
		unsigned char size;
	} kinds[] = {
		{0xc2, 0xdf, 0x80, 0xbf, 2},
		{0xe0, 0xe0, 0xa0, 0xbf, 3},
		{0xe1, 0xec, 0x80, 0xbf, 3},
		{0xed, 0xed, 0x80, 0x9f, 3},
		{0xee, 0xef, 0x80, 0xbf, 3},
		{0xf0, 0xf0, 0x90, 0xbf, 4},
		{0xf1, 0xf3, 0x80, 0xbf, 4},
		{0xf4, 0xf4, 0x80, 0x8f, 4},
	};
	unsigned char first = (unsigned char)text[0], second;
	unsigned size = 2, i = 0;

	if (first < 0x80)
		return first != 0;
	while (i < sizeof(kinds) / sizeof(*kinds) &&
		(first < kinds[i].first || first > kinds[i].last))
		i++;
	if (i == sizeof(kinds) / sizeof(*kinds))
		return 0;
	second = (unsigned char)text[1];
	if (second < kinds[i].from || second > kinds[i].to)
		return 0;
	while (size < kinds[i].size && goes_on(text[size]))
		size++;
	return size == kinds[i].size ? size : 0;
}

void weir_text_copy(char *to, size_t size, const char *text)
{
	size_t length = strnlen(text, size), cut = size - 1;

	if (length == size) {
		while (cut > 0 && size - cut < LETTER_MAX && goes_on(text[cut]))
			cut--;
		length = goes_on(text[cut]) ? size - 1 : cut;
	}
	memcpy(to, text, length);
	memset(to + length, 0, size - length);
}

// put_unknown makes U+FFFD of the byte at, and answers what follows.
static char *put_unknown(char *at, size_t room)
{
	size_t rest = strlen(at + 1);

	if (room <= UNKNOWN_SIZE) {
		*at = '\0';
		return at;
	}
	if (rest > room - UNKNOWN_SIZE - 1)
		rest = room - UNKNOWN_SIZE - 1;
	memmove(at + UNKNOWN_SIZE, at + 1, rest);
	memcpy(at, UNKNOWN, UNKNOWN_SIZE);
	at[UNKNOWN_SIZE + rest] = '\0';
	return at + UNKNOWN_SIZE;
}

void weir_text_clean(char *text, size_t size)
{
	char *at = text;

	text[size - 1] = '\0';
	while (*at) {
		unsigned letter = weir_text_letter(at);

		if ((unsigned char)*at < ' ' || *at == 0x7f)
			*at = '?';
		if (letter)
			at += letter;
		else
			at = put_unknown(at, size - (size_t)(at - text));
	}
}
