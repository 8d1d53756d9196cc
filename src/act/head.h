/* A head from the inside. Public side: ogive/head.h. */
#ifndef OG_ACT_HEAD_H
#define OG_ACT_HEAD_H

#include <ogive/act.h>
#include <ogive/head.h>

typedef enum og__head_kind { OG_HEAD_SOFTMAX, OG_HEAD_SPARSEMAX, OG_HEAD_POINTWISE } og__head_kind;

/* The functions of a pointwise head. */
typedef enum og__head_part {
    OG_HEAD_VALUE,    /* s(x) */
    OG_HEAD_LOG,      /* log s(x) */
    OG_HEAD_LOG_REST, /* log(1 - s(x)) */
    OG_HEAD_PARTS
} og__head_part;

struct og_head {
    og__head_kind kind;
    char *text;                  /* canonical */
    const char *loss;            /* in words */
    og_act *acts[OG_HEAD_PARTS]; /* POINTWISE; else NULL */
};

#endif
