/* The activations that a study compares. */
#ifndef OG_STUDY_ARMS_H
#define OG_STUDY_ARMS_H

#include <jansson.h>
#include <stddef.h>

#include <ogive/act.h>

#include "base/status.h"

typedef struct og__arm {
    og_act *act;
    char *id; /* safe in file names: "silu", or a short form of the formula with a checksum, "x_tanh_x-1f0c9a3e" */
} og__arm;

typedef struct og__arms {
    size_t count;
    og__arm *items;
} og__arms;

/**
 * Read a list: uses of activations separated by commas. A comma within parentheses does not separate; an element in
 * single or double quotes is taken whole, for 'x*a + b; a=2, b=3'.
 *
 * @return OG_OK, OG_ERR_SYNTAX for the list itself, OG_ERR_ARGUMENT for an activation listed twice (under whatever
 *         name), or what og_act_parse() and og_act_check() find, with the number of the element
 */
og_status og__arms_parse(const char *list, og__arms *arms);

/* Read "acts", an array of canonical texts, of a question. OG_ERR_FORMAT for anything else. */
og_status og__arms_read(const json_t *question, og__arms *arms);

/* Append one activation. */
og_status og__arms_add(og__arms *arms, const char *text);

void og__arms_deinit(og__arms *arms);

#endif
