/* What engine.c (plans) and sweep.c (runs) share. */
#ifndef OG_PREDICT_ENGINE_TYPES_H
#define OG_PREDICT_ENGINE_TYPES_H

#include "predict/engine.h"

/* value * scale + shift, per channel */
typedef struct og__factors {
    float scale[OG_CHANNELS_MAX], shift[OG_CHANNELS_MAX];
} og__factors;

typedef struct og__member {
    og_net *net;
    const og_scaling *scaling;
    bool exact; /* as it was trained */
    og__factors factors;
    double fixed_bytes, pixel_bytes; /* of a plan, fitted to two small ones; 0 before */
} og__member;

/* All that one size of image needs. */
typedef struct og__workspace {
    int size[OG_AXES];
    bool used, has_gaps;
    uint64_t when; /* used last, in plans of the engine */
    og__tiling layout;
    og_plan **plans; /* (members) */
    float *raw;      /* (C, tile): a window as it was read */
    float *tile;     /* (C, tile): scaled and padded */
    float *mirrored; /* (C, tile): the same, mirrored */
    float *values;   /* (K, tile): a network's */
    float *band;     /* (K, tile rows, row): blended */
    uint8_t *valid;  /* (tile rows, row); NULL without gaps */
} og__workspace;

enum { OG_WORKSPACES_MAX = 4 };

struct og__engine {
    og_predict_options options;
    int threads, channels, classes, dims, multiple, slice_multiple;
    size_t member_count;
    og__member *members;
    uint64_t plans;
    og__workspace workspaces[OG_WORKSPACES_MAX];
    og__workspace *current;
};

#endif
