// SPDX-License-Identifier: BSD-3-Clause
#include "base/text.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

// encode writes a letter as RFC 3629 does, and answers its size.
static unsigned encode(uint32_t letter, char *to)
{
	if (letter < 0x80)
		return to[0] = (char)letter, 1;
	if (letter < 0x800)
		return to[0] = (char)(0xc0 | letter >> 6),
		       to[1] = (char)(0x80 | (letter & 0x3f)), 2;
	if (letter < 0x10000)
		return to[0] = (char)(0xe0 | letter >> 12),
		       to[1] = (char)(0x80 | (letter >> 6 & 0x3f)),
		       to[2] = (char)(0x80 | (letter & 0x3f)), 3;
	return to[0] = (char)(0xf0 | letter >> 18),
	       to[1] = (char)(0x80 | (letter >> 12 & 0x3f)),
	       to[2] = (char)(0x80 | (letter >> 6 & 0x3f)),
	       to[3] = (char)(0x80 | (letter & 0x3f)), 4;
}

Test(text, letters_are_those_of_unicode)
{
	for (uint32_t letter = 1; letter < 0x1fffff; letter++) {
		char text[8] = {0};
		unsigned size = encode(letter, text);
		bool is_one = letter <= 0x10ffff &&
			      (letter < 0xd800 || letter > 0xdfff);

		cr_assert_eq(weir_text_letter(text), is_one ? size : 0, "U+%X",
			letter);
		for (unsigned cut = 1; cut < size; cut++) {
			memset(text + cut, 0, sizeof(text) - cut);
			encode(letter, text);
			text[cut] = '\0';
			cr_assert_eq(weir_text_letter(text), 0);
		}
	}
	cr_assert_eq(weir_text_letter(""), 0);
	cr_assert_eq(weir_text_letter("\xc0\xaf"), 0);	   // '/', too long
	cr_assert_eq(weir_text_letter("\xe0\x9f\xbf"), 0); // likewise
	cr_assert_eq(weir_text_letter("\xf0\x8f\xbf\xbf"), 0);
	cr_assert_eq(weir_text_letter("\x80"), 0);
	cr_assert_eq(weir_text_letter("\xff"), 0);
}

static const char *copy(size_t size, const char *text)
{
	static char to[16];

	memset(to, 'x', sizeof(to));
	weir_text_copy(to, size, text);
	cr_assert_eq(to[size], 'x');
	for (size_t i = strlen(to); i < size; i++)
		cr_assert_eq(to[i], '\0');
	return to;
}

Test(text, a_copy_is_cut_between_letters)
{
	cr_expect_str_eq(copy(8, "short"), "short");
	cr_expect_str_eq(copy(6, "short"), "short");
	cr_expect_str_eq(copy(5, "short"), "shor");
	cr_expect_str_eq(copy(1, "short"), "");
	cr_expect_str_eq(copy(4, "für"), "fü");
	cr_expect_str_eq(copy(3, "für"), "f");
	cr_expect_str_eq(copy(2, "für"), "f");
	cr_expect_str_eq(copy(4, "a€b"), "a");
	cr_expect_str_eq(copy(5, "a€b"), "a€");
	for (size_t size = 2; size < 6; size++)
		cr_expect_str_eq(copy(size, "a\U0001f600b"), "a");
	cr_expect_str_eq(copy(6, "a\U0001f600b"), "a\U0001f600");
	cr_expect_str_eq(copy(5, "\x80\x80\x80\x80\x80\x80\x80"),
		"\x80\x80\x80\x80"); // no letters
}

static const char *clean(size_t size, const char *text)
{
	static char at[32];

	memset(at, 'x', sizeof(at));
	memcpy(at, text, strlen(text) < size ? strlen(text) + 1 : size);
	weir_text_clean(at, size);
	cr_assert_lt(strlen(at), size);
	for (size_t i = size; i < sizeof(at); i++)
		cr_assert_eq(at[i], 'x');
	return at;
}

Test(text, what_is_cleaned_is_printable_and_utf_8)
{
	cr_expect_str_eq(clean(16, "für €\U0001f600"), "für €\U0001f600");
	cr_expect_str_eq(clean(16, "a\nb\x7f"), "a?b?");
	cr_expect_str_eq(clean(16, "a\xff"
				   "b"),
		"a\xef\xbf\xbd"
		"b");
	cr_expect_str_eq(clean(16, "\xff\xfe"), "\xef\xbf\xbd\xef\xbf\xbd");
	cr_expect_str_eq(clean(4, "für"), "fü");
	cr_expect_str_eq(clean(3, "für"), "f"); // no room for a sign
	cr_expect_str_eq(clean(5, "ab\xff"
				  "cd"),
		"ab");
	cr_expect_str_eq(clean(6, "ab\xff"
				  "cd"),
		"ab\xef\xbf\xbd");
	cr_expect_str_eq(clean(7, "ab\xff"
				  "cd"),
		"ab\xef\xbf\xbd"
		"c");
	cr_expect_str_eq(clean(7, "ab\xffü"), "ab\xef\xbf\xbd");
	cr_expect_str_eq(clean(1, "a"), "");
}
