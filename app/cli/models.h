/* The networks that a command works with: one run, several, or the folds of a cross-validation. */
#ifndef CLI_MODELS_H
#define CLI_MODELS_H

#include <stdbool.h>
#include <stddef.h>

#include <ogive/train.h>

enum { MODELS_MAX = 64 };

typedef struct model_list {
    og_model models[MODELS_MAX];
    const og_model *pointers[MODELS_MAX];
    size_t count;
} model_list;

/* Whether a folder is that of a run or of a cross-validation. */
bool models_are_in(const char *folder);

/* Load the networks of run folders or model files; a folder of `ogive cv` gives the networks of all its folds. */
og_status models_load(const char *const *paths, size_t count, model_list *list);
void models_deinit(model_list *list);

#endif
