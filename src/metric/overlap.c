#include "metric/overlap.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"

static int compare_pairs(const void *a, const void *b)
{
    const og__pair *x = a, *y = b;
    if (x->truth != y->truth)
        return x->truth < y->truth ? -1 : 1;
    return (x->guess > y->guess) - (x->guess < y->guess);
}

/* Runs of pixels with the same two numbers: written unless `pairs` is NULL; how many there are. */
static size_t find_runs(size_t pixels, const uint32_t *truth, const uint32_t *guess, og__pair *pairs)
{
    size_t count = 0;
    for (size_t i = 0, begin = 0; i < pixels; i++) {
        if (i + 1 < pixels && truth[i + 1] == truth[i] && guess[i + 1] == guess[i])
            continue;
        if (pairs)
            pairs[count] = (og__pair){truth[i], guess[i], (int64_t)(i + 1 - begin)};
        begin = i + 1;
        count++;
    }
    return count;
}

static size_t merge_equal(size_t count, og__pair *pairs)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (kept > 0 && compare_pairs(&pairs[kept - 1], &pairs[i]) == 0)
            pairs[kept - 1].pixels += pairs[i].pixels;
        else
            pairs[kept++] = pairs[i];
    }
    return kept;
}

og_status og__overlap_init(size_t pixels, const uint32_t *truth, uint32_t truth_count, const uint32_t *guess,
                           uint32_t guess_count, og__overlap *overlap)
{
    og_status status = OG_OK;
    size_t runs = find_runs(pixels, truth, guess, NULL);
    *overlap = (og__overlap){.truth_count = truth_count, .guess_count = guess_count};
    OG_GO(og__alloc((size_t)truth_count + 1, sizeof *overlap->truth_pixels, &overlap->truth_pixels));
    OG_GO(og__alloc((size_t)guess_count + 1, sizeof *overlap->guess_pixels, &overlap->guess_pixels));
    OG_GO(og__alloc(runs + 1, sizeof *overlap->pairs, &overlap->pairs));
    find_runs(pixels, truth, guess, overlap->pairs);
    qsort(overlap->pairs, runs, sizeof *overlap->pairs, compare_pairs);
    overlap->pair_count = merge_equal(runs, overlap->pairs);
    for (size_t i = 0; i < overlap->pair_count; i++) {
        overlap->truth_pixels[overlap->pairs[i].truth] += overlap->pairs[i].pixels;
        overlap->guess_pixels[overlap->pairs[i].guess] += overlap->pairs[i].pixels;
    }
done:
    if (status != OG_OK)
        og__overlap_deinit(overlap);
    return status;
}

void og__overlap_deinit(og__overlap *overlap)
{
    free(overlap->truth_pixels);
    free(overlap->guess_pixels);
    free(overlap->pairs);
    *overlap = (og__overlap){0};
}

og__object_counts og__overlap_objects(const og__overlap *overlap)
{
    og__object_counts counts = {0};
    for (size_t i = 0; i < overlap->pair_count; i++) {
        og__pair pair = overlap->pairs[i];
        if (pair.truth == 0 || pair.guess == 0)
            continue;
        int64_t either = overlap->truth_pixels[pair.truth] + overlap->guess_pixels[pair.guess] - pair.pixels;
        if (2 * pair.pixels <= either)
            continue;
        counts.true_positive++;
        counts.iou_sum += (double)pair.pixels / (double)either;
    }
    counts.false_negative = overlap->truth_count - counts.true_positive;
    counts.false_positive = overlap->guess_count - counts.true_positive;
    return counts;
}

/* Sums over the parts of one partition. */
typedef struct part_sums {
    double squares; /* of the pixels */
    double entropy; /* of the shares, natural units */
} part_sums;

static void add_part(part_sums *sums, int64_t pixels, double all)
{
    double count = (double)pixels;
    if (pixels == 0)
        return;
    sums->squares += count * count;
    sums->entropy -= count / all * log(count / all);
}

og_status og__overlap_partition(const og__overlap *overlap, og__partition *partition)
{
    part_sums pairs = {0}, truths = {0}, guesses = {0};
    double all = 0;
    int64_t *inside; /* pixels of each of the prediction's numbers where the truth has a number */
    *partition = (og__partition){NAN, NAN, NAN};
    OG_TRY(og__alloc((size_t)overlap->guess_count + 1, sizeof *inside, &inside));
    for (uint32_t n = 1; n <= overlap->truth_count; n++)
        all += (double)overlap->truth_pixels[n];
    for (size_t i = 0; i < overlap->pair_count; i++) {
        og__pair pair = overlap->pairs[i];
        if (pair.truth == 0)
            continue;
        inside[pair.guess] += pair.pixels;
        add_part(&pairs, pair.pixels, all);
    }
    for (uint32_t n = 1; n <= overlap->truth_count; n++)
        add_part(&truths, overlap->truth_pixels[n], all);
    for (size_t n = 0; n <= overlap->guess_count; n++)
        add_part(&guesses, inside[n], all);
    free(inside);
    if (all == 0)
        return OG_OK;
    double half = truths.squares / 2 + guesses.squares / 2, entropy = truths.entropy / 2 + guesses.entropy / 2;
    double information = truths.entropy + guesses.entropy - pairs.entropy;
    partition->v_rand = pairs.squares / half;
    partition->rand_error =
        half > all ? 1 - (pairs.squares - all) / (half - all) : 0; /* else all parts are one pixel */
    partition->v_info = entropy > 0 ? information / entropy : 1;
    return OG_OK;
}
