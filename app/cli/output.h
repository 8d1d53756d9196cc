/* Results on standard output. */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include <ogive/act.h>
#include <ogive/status.h>

/* Print a document and release it, reals with up to `digits` digits; NULL means that memory ran out while it was built.
 */
og_status print_json(json_t *document, int digits);

/* Print a document and release it, in words unless it is asked for as it is. */
og_status print_json_or_words(json_t *document, bool json, void (*words)(const json_t *document));

/* Read what the library has written as JSON, and release the text. */
og_status read_json(char *text, json_t **document);

/* Write a document to a file that holds the old content or all of the new one. */
og_status save_json(const char *path, const json_t *document);

/* Read a JSON file that ogive wrote. Released with json_decref(). */
og_status load_json(const char *path, json_t **document);

/* A text; one that is not UTF-8, as names of files and folders can be, has a U+FFFD for each of its other bytes. */
json_t *json_text(const char *text);

/* A number, or null where it is not finite. */
json_t *json_number(double value);

/* A float32 as the shortest decimal that gives it back (0.2, not 0.200000003), or null where it is not finite. */
json_t *json_float(float value);

/* null, "layer" or "channel". */
json_t *json_learn(og_learn learn);

/* A field of a CSV file, in quotes, those within doubled. */
void print_csv_text(FILE *file, const char *text);

/* Add "planned_bytes", and "peak_bytes": the most memory that the process has had. */
void set_memory(json_t *document, size_t planned_bytes);

/* Join two paths. Released with free(); NULL when memory ran out. */
char *join_path(const char *folder, const char *name);

/* Make a folder and its parents; fine when it exists. */
og_status make_folder(const char *path);

#endif
