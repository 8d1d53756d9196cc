/* What engine.c (plans), engine_layout.c (their sizes) and sweep.c (runs) share. */
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
    bool exact;         /* as it was trained */
    size_t leader;      /* the first member that is alike in all but its weights */
    size_t alike_count; /* of a leader: members that it leads, with itself */
    og__factors factors;
} og__member;

/* All that one size of image needs. */
typedef struct og__workspace {
    int size[OG_AXES];
    bool used, has_gaps;
    uint64_t when; /* used last, in plans of the engine */
    og__tiling layout;
    size_t own_bytes, room_bytes; /* of all but the room, and of the room that the plans need */
    og_plan **plans;              /* (members); of those that take turns the leaders have one */
    float *raw;                   /* (C, tile): a window as it was read */
    float *tile;                  /* (C, tile): scaled and padded */
    float *mirrored;              /* (C, tile): the same, mirrored */
    float *values;                /* (K, tile): a network's */
    float *band;                  /* (K, tile rows, row): blended */
    uint8_t *valid;               /* (tile rows, row); NULL without gaps */
} og__workspace;

enum { OG_WORKSPACES_MAX = 4 };

struct og__engine {
    og_predict_options options;
    unsigned mirrored_axes; /* bit a: copies are mirrored along axis a */
    int64_t tile[OG_AXES];  /* asked for; 0: to be chosen */
    int threads, channels, classes, dims;
    og__tile_sides sides[OG_AXES]; /* that all networks have */
    size_t member_count;
    og__member *members;
    void *room; /* of all plans, which run one after the other */
    size_t room_bytes;
    bool is_lent; /* the room */
    uint64_t plans;
    og__workspace workspaces[OG_WORKSPACES_MAX];
    og__workspace *current;
};

/* --- engine_layout.c --- */

/* Cut an image of a size into the largest tiles that fit the memory. */
og_status og__engine_choose(og__engine *engine, const int size[OG_AXES], bool has_gaps, const og__beside *beside,
                            og__tiling *layout);

/* Bytes that the engine and what is beside it may need. */
size_t og__engine_limit(const og__engine *engine);

/* A plan without a room for a tile of one network. */
og_status og__engine_open_plan(const og__engine *engine, size_t member, int d, int h, int w, og_plan **plan);

/* Of a tile, as the networks make it, and as they see it. */
size_t og__tiling_pixels(const og__tiling *layout);
size_t og__tiling_seen(const og__tiling *layout);

/* Of the blended rows, and of the tiles on their way. */
size_t og__tiling_bytes(const og__engine *engine, const og__tiling *layout, bool has_gaps);

#endif
