/* The Chinese of texts that the library has in English only: notes of the catalogue, meanings of inputs, reasons for
 * inexact ranges. */
#ifndef CLI_CHINESE_H
#define CLI_CHINESE_H

#include <stddef.h>

#include <ogive/facts.h>

enum { TRANSLATION_BYTES = 640 };

/* The text in a language: chinese.def's entry for it, or for what it begins with; a text without one as it is. */
const char *translate(og_language language, const char *english, char room[TRANSLATION_BYTES]);

#endif
