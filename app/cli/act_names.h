/* What an activation is called elsewhere. */
#ifndef CLI_ACT_NAMES_H
#define CLI_ACT_NAMES_H

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

#include <ogive/act.h>
#include <ogive/facts.h>

/* {"names": {"PyTorch": "nn.Mish()", ...}}, of the libraries that have one. */
og_status names_document(const og_act *act, json_t **document);

/* A block for the terminal; nothing where no library has a name. */
og_status names_print(const og_act *act, og_language language);

/* A row of a table in Markdown. */
og_status names_write(FILE *file, const og_act *act, og_language language);

/* The name in PyTorch, else "ONNX Name", else ""; without what stands in front of it or behind. */
og_status names_short(const og_act *act, size_t size, char text[size]);

/* Whether a name in another library contains a text. */
og_status names_contain(const og_act *act, const char *piece, bool *found);

#endif
