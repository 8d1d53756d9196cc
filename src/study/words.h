/* Activations in sentences. */
#ifndef OG_STUDY_WORDS_H
#define OG_STUDY_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

/* Whether a sentence speaks of an arm. */
typedef bool (*og__arm_choice)(const void *context, size_t arm);

/* A formula among words gets quotes. */
void og__words_add_name(og__text *text, const char *name);

/* "relu, silu and mish": those of the arms that are chosen. */
void og__words_add_names(og__text *text, size_t arms, const char *const *names, og__arm_choice chosen,
                         const void *context);

#endif
