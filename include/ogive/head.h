/* Heads: the function that makes probabilities of a network's last numbers (logits), and the loss that fits it.
 *
 * softmax and sparsemax look at all classes of a pixel. Any other head is pointwise: a squashing formula s(x) with
 * values in [0, 1], applied to each class by itself: p_k = s(z_k). Its loss is the binary cross-entropy, averaged over
 * classes and labelled pixels:
 *
 *   -log s(z_k)         where the label is k
 *   -log (1 - s(z_k))   elsewhere
 *
 * The built-in pointwise heads have logarithms of their own that lose no digits. For a formula the loss is that of
 * s + OG_HEAD_FLOOR and of 1 - s + OG_HEAD_FLOOR, so that a class costs at most 16.6 where s rounds to 0 or 1. */
#ifndef OGIVE_HEAD_H
#define OGIVE_HEAD_H

#include <stddef.h>

#include <ogive/status.h>

#ifdef __cplusplus
extern "C" {
#endif

#define OG_HEAD_FLOOR 0x1p-24 /* half the distance from 1 to the next float below: what rounding leaves of 1 - s */

/** A head. Immutable. */
typedef struct og_head og_head;

/**
 * Parse the name of a head, or a squashing formula as og_act_parse() takes it.
 *
 * @param head   released with og_head_free(); NULL on failure
 *
 * @return OG_OK, what og_act_parse() finds, OG_ERR_MEMORY, or
 *         OG_ERR_NAME         neither a head nor an activation, with the nearest name
 *         OG_ERR_ARGUMENT     a formula with learned parameters or other inputs than x, or whose range is not within
 *                             [0, 1]; the text says which it is and how to bring it there
 *         OG_ERR_NUMERIC      a formula that is not finite somewhere
 */
OG_API og_status og_head_parse(const char *text, og_head **head);
OG_API void og_head_free(og_head *head);

/** Return the canonical text; og_head_parse() of it gives an equal head. Lives as long as `head`. */
OG_API const char *og_head_text(const og_head *head);

/** Return what the network is trained with, in words: "cross-entropy". */
OG_API const char *og_head_loss(const og_head *head);

/** One built-in head. */
typedef struct og_head_entry {
    const char *id;        /* "softmax" */
    const char *aliases;   /* other names, separated by spaces, or "" */
    const char *formula;   /* of one class, "sigmoid(x)"; with z_k for the logits where all classes are looked at */
    const char *loss;      /* in words */
    const char *reference; /* source */
} og_head_entry;

OG_API size_t og_head_count(void);
OG_API const og_head_entry *og_head_at(size_t index);

#ifdef __cplusplus
}
#endif
#endif
