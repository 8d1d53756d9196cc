/* What Optuna's dashboard shows of a study beside its trials: long texts and files, kept in attributes. */
#ifndef OG_STUDY_STORE_NOTES_H
#define OG_STUDY_STORE_NOTES_H

#include "study/store.h"

/* Keep a text in the study's system attributes PREFIX0, PREFIX1, ..., 2045 characters each; pieces of an earlier text
 * are removed, all in one transaction. */
og_status og__store_set_text(og__store *store, int64_t study, const char *prefix, const char *text);

/**
 * Set the study's note, unless somebody has edited it since: then it is theirs.
 *
 * @param text      Markdown
 * @param written   false where it was left alone
 */
og_status og__store_set_note(og__store *store, int64_t study, const char *text, bool *written);

/**
 * Attach a file to a trial: the attribute that names it; its content stands in the folder that the dashboard is told
 * of, under its id.
 *
 * @param id     any text that no other file has
 * @param name   the file's name as shown
 */
og_status og__store_attach(og__store *store, int64_t trial, const char *id, const char *name, const char *media_type);

#endif
