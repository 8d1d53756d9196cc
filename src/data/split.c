/* Which samples are learned from and which are held out: as declared, a share, or one of several folds. */
#include <math.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/dataset.h"
#include "data/deal.h"

/* A split on its way. Units are pairs, or groups of pairs. */
typedef struct splitting {
    og_dataset *data;
    const og_data_options *options;
    size_t unit_count;
    og__unit *units;
    size_t *unit_of;  /* (pairs) */
    bool *takes_part; /* (pairs) */
    regex_t pattern;
    bool has_pattern, grouped;
} splitting;

static bool is_declared(const og__listing *listing)
{
    for (size_t i = 0; i < listing->count; i++)
        if (listing->pairs[i].part == OG_PART_VALIDATION || listing->pairs[i].validation.count)
            return true;
    return false;
}

/* --- groups ------------------------------------------------------------------------------------------------------- */

static og_status compile(splitting *in)
{
    const char *text = in->options->group;
    char reason[128];
    if (!text || !*text)
        return OG_OK;
    int failed = regcomp(&in->pattern, text, REG_EXTENDED);
    if (failed) {
        regerror(failed, &in->pattern, reason, sizeof reason);
        return og__fail(OG_ERR_ARGUMENT, "--group must be an extended regular expression, found '%s': %s", text,
                        reason);
    }
    in->has_pattern = true;
    return OG_OK;
}

/* The group of a pair: what the pattern finds in its name (the first part in parentheses), or what the data set says,
 * or the pair alone. */
static og_status group_of(splitting *in, og__pair *pair)
{
    regmatch_t found[2];
    if (!in->has_pattern)
        return OG_OK;
    if (regexec(&in->pattern, pair->name, 2, found, 0) != 0)
        return og__fail(OG_ERR_DATA, "--group '%s' finds nothing in the name '%s'; every image needs a group",
                        in->options->group, pair->name);
    const regmatch_t *part = found[1].rm_so >= 0 ? &found[1] : &found[0];
    free(pair->group);
    OG_TRY(og__copy_text(pair->name + part->rm_so, &pair->group));
    pair->group[part->rm_eo - part->rm_so] = '\0';
    return OG_OK;
}

static const char *unit_name(const og__pair *pair)
{
    return pair->group ? pair->group : pair->name;
}

typedef struct member {
    const char *name;
    size_t pair;
} member;

static int compare_members(const void *a, const void *b)
{
    const member *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    return order ? order : (x->pair > y->pair) - (x->pair < y->pair);
}

/* Pairs of the same group are one unit; pairs that happen to share a name are not. */
static og_status make_units(splitting *in)
{
    og_status status = OG_OK;
    og__listing *listing = &in->data->listing;
    member *members = NULL;
    size_t count = 0;
    OG_GO(og__alloc(listing->count, sizeof *members, &members));
    OG_GO(og__alloc(listing->count, sizeof *in->units, &in->units));
    OG_GO(og__alloc(listing->count, sizeof *in->unit_of, &in->unit_of));
    for (size_t i = 0; i < listing->count; i++) {
        OG_GO(group_of(in, &listing->pairs[i]));
        if (in->takes_part[i])
            members[count++] = (member){unit_name(&listing->pairs[i]), i};
    }
    qsort(members, count, sizeof *members, compare_members);
    for (size_t m = 0; m < count; m++) {
        const og__pair *pair = &listing->pairs[members[m].pair];
        bool same = m > 0 && pair->group && listing->pairs[members[m - 1].pair].group &&
                    strcmp(members[m].name, members[m - 1].name) == 0;
        if (!same)
            in->units[in->unit_count++] = (og__unit){.name = members[m].name};
        in->unit_of[members[m].pair] = in->unit_count - 1;
        in->grouped = in->grouped || pair->group;
    }
    for (size_t s = 0; s < in->data->count; s++)
        if (in->takes_part[in->data->samples[s].pair])
            in->units[in->unit_of[in->data->samples[s].pair]].size++;
done:
    free(members);
    return status;
}

/* --- traits ------------------------------------------------------------------------------------------------------- */

enum { QUARTERS = 4 };

static int compare_reals(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* pixels[unit, class] */
static void count_pixels(const splitting *in, double *pixels)
{
    int classes = in->data->listing.classes.count;
    for (size_t s = 0; s < in->data->count; s++) {
        const og__source *sample = &in->data->samples[s];
        if (!in->takes_part[sample->pair])
            continue;
        double *row = pixels + in->unit_of[sample->pair] * (size_t)classes;
        for (size_t p = 0; p < og_sample_pixels(&sample->view); p++)
            if (sample->view.labels[p] < classes)
                row[sample->view.labels[p]]++;
    }
}

/* A class is a trait where it occurs; one that nearly all units have is four: the quarters by its share of pixels. */
static og_status make_traits(const splitting *in, int *trait_count, bool **traits)
{
    og_status status = OG_OK;
    size_t classes = (size_t)in->data->listing.classes.count, units = in->unit_count;
    double *pixels = NULL, *shares = NULL, *sorted = NULL;
    size_t width = classes * QUARTERS;
    OG_GO(og__alloc(units * classes, sizeof *pixels, &pixels));
    OG_GO(og__alloc(units, sizeof *shares, &shares));
    OG_GO(og__alloc(units, sizeof *sorted, &sorted));
    OG_GO(og__alloc(units * width, sizeof **traits, traits));
    count_pixels(in, pixels);
    for (size_t k = 1; k < classes; k++) {
        size_t present = 0;
        for (size_t u = 0; u < units; u++) {
            double total = 0;
            for (size_t other = 0; other < classes; other++)
                total += pixels[u * classes + other];
            shares[u] = sorted[u] = total > 0 ? pixels[u * classes + k] / total : 0;
            present += shares[u] > 0;
        }
        qsort(sorted, units, sizeof *sorted, compare_reals);
        for (size_t u = 0; u < units; u++) {
            size_t quarter = 0;
            while (present * 10 >= units * 9 && quarter + 1 < QUARTERS &&
                   shares[u] >= sorted[(quarter + 1) * units / QUARTERS])
                quarter++;
            (*traits)[u * width + k * QUARTERS + quarter] = shares[u] > 0;
        }
    }
    *trait_count = (int)width;
done:
    free(pixels);
    free(shares);
    free(sorted);
    return status;
}

/* --- holding out -------------------------------------------------------------------------------------------------- */

static og_status fail_few(const splitting *in, int64_t needed)
{
    return og__fail(OG_ERR_DATA, "'%s' has %zu %s, too few for %lld folds", in->data->listing.name, in->unit_count,
                    in->grouped ? "groups" : "images", (long long)needed);
}

/* Deal the units out and hold out those of one share. */
static og_status deal_out(splitting *in, int share_count, const double *parts, int held_share)
{
    og_status status = OG_OK;
    bool *traits = NULL, *held = NULL;
    int trait_count = 0;
    OG_GO(og__alloc(in->unit_count, sizeof *held, &held));
    if (in->options->stratify)
        OG_GO(make_traits(in, &trait_count, &traits));
    for (size_t u = 0; u < in->unit_count; u++)
        in->units[u].position = u;
    OG_GO(og__deal((uint64_t)in->options->split_seed, in->unit_count, in->units, share_count, parts, trait_count,
                   traits));
    for (size_t u = 0; u < in->unit_count; u++)
        held[in->units[u].position] = in->units[u].share == held_share;
    for (size_t s = 0; s < in->data->count; s++) {
        og__source *sample = &in->data->samples[s];
        if (in->takes_part[sample->pair])
            sample->part = held[in->unit_of[sample->pair]] ? OG_PART_VALIDATION : OG_PART_TRAIN;
    }
done:
    free(traits);
    free(held);
    return status;
}

/* Slices of a single volume: a slab [begin, end) of them is held out, and the slices beside it belong to no part. */
static og_status hold_out_slab(splitting *in, size_t begin, size_t end)
{
    og_dataset *data = in->data;
    size_t left_out = 0;
    bool gap = data->count - (end - begin) > 2; /* where something to learn from remains */
    for (size_t s = 0; s < data->count; s++) {
        bool held = s >= begin && s < end, beside = gap && (s + 1 == begin || s == end);
        data->samples[s].part = held ? OG_PART_VALIDATION : beside ? OG_PART_OPEN : OG_PART_TRAIN;
        left_out += beside;
    }
    return og__findings_add(&data->listing.findings, OG_SEVERITY_NOTE,
                            "one volume: its slices %d to %d are held out together, and %zu beside them left out, "
                            "because neighbours are nearly the same picture",
                            data->samples[begin].slice, data->samples[end - 1].slice, left_out);
}

static const char *units_word(const splitting *in)
{
    return in->grouped ? "groups" : "images";
}

static og_status hold_out_fold(splitting *in)
{
    int64_t folds = in->options->folds, fold = in->options->fold;
    double *parts;
    size_t count = in->data->count;
    if (in->unit_count == 1 && !in->grouped && in->data->samples[0].slices > 1) {
        if (count < (size_t)folds * 2)
            return og__fail(OG_ERR_DATA, "'%s' has %zu slices, too few for %lld folds", in->data->listing.name, count,
                            (long long)folds);
        return hold_out_slab(in, count * (size_t)fold / (size_t)folds, count * (size_t)(fold + 1) / (size_t)folds);
    }
    if (in->unit_count < (size_t)folds)
        return fail_few(in, folds);
    OG_TRY(og__alloc((size_t)folds, sizeof *parts, &parts));
    for (int64_t f = 0; f < folds; f++)
        parts[f] = 1 / (double)folds;
    og_status status = deal_out(in, (int)folds, parts, (int)fold);
    free(parts);
    OG_TRY(status);
    return og__findings_add(&in->data->listing.findings, OG_SEVERITY_NOTE,
                            "fold %lld of 0 to %lld is held out; %zu %s were dealt out%s (split seed %lld)",
                            (long long)fold, (long long)folds - 1, in->unit_count, units_word(in),
                            in->options->stratify ? " by their classes" : "", (long long)in->options->split_seed);
}

/* Hold out whole pairs, never slices of a volume among others: neighbouring slices are nearly the same picture. */
static og_status hold_out_share(splitting *in)
{
    size_t count = 0, held = 0;
    for (size_t u = 0; u < in->unit_count; u++)
        count += in->units[u].size;
    if (in->unit_count < 2 && count < 2)
        return og__findings_add(&in->data->listing.findings, OG_SEVERITY_WARNING,
                                "a single image: nothing is held out");
    if (in->unit_count < 2 && in->grouped)
        return og__fail(OG_ERR_DATA,
                        "all images of '%s' are in the group '%s'; at least two are needed to hold one out",
                        in->data->listing.name, in->units[0].name);
    double wish = floor(in->options->validation * (double)count + 0.5);
    wish = fmin(fmax(wish, 1), (double)count - 1);
    if (in->unit_count < 2)
        return hold_out_slab(in, count - (size_t)wish, count);
    const double parts[2] = {wish / (double)count, 1 - wish / (double)count};
    OG_TRY(deal_out(in, 2, parts, 0));
    for (size_t u = 0; u < in->unit_count; u++)
        held += in->units[u].share == 0;
    return og__findings_add(&in->data->listing.findings, OG_SEVERITY_NOTE,
                            "%zu of %zu %s are held out at random%s (split seed %lld)", held, in->unit_count,
                            units_word(in), in->options->stratify ? ", by their classes" : "",
                            (long long)in->options->split_seed);
}

static og_status choose(splitting *in)
{
    const og__listing *listing = &in->data->listing;
    const og_data_options *options = in->options;
    bool declared = is_declared(listing), some_open = false;
    if (options->folds == 1)
        return og__fail(OG_ERR_ARGUMENT, "--folds 1 leaves nothing to learn from; give 2 or more");
    if (listing->fold_count && (options->folds == 0 || options->folds == listing->fold_count))
        return OG_OK;
    if (options->fold >= (options->folds ? options->folds : 1))
        return og__fail(OG_ERR_ARGUMENT, "--fold %lld needs --folds %lld or more; folds are counted from 0",
                        (long long)options->fold, (long long)options->fold + 1);
    if (options->folds == 0 && (declared || options->validation <= 0))
        return OG_OK;
    for (size_t i = 0; i < listing->count; i++)
        some_open = some_open || listing->pairs[i].part == OG_PART_OPEN;
    OG_TRY(og__alloc(listing->count, sizeof *in->takes_part, &in->takes_part));
    for (size_t i = 0; i < listing->count; i++)
        in->takes_part[i] = options->folds || !some_open || listing->pairs[i].part == OG_PART_OPEN;
    OG_TRY(compile(in));
    OG_TRY(make_units(in));
    if (options->folds && declared)
        OG_TRY(og__findings_add(&in->data->listing.findings, OG_SEVERITY_NOTE,
                                "the parts that the data set declares are dealt out anew, for --folds"));
    return options->folds ? hold_out_fold(in) : hold_out_share(in);
}

og_status og__split(og_dataset *data, const og_data_options *options)
{
    splitting in = {.data = data, .options = options};
    og_status status = choose(&in);
    if (in.has_pattern)
        regfree(&in.pattern);
    free(in.units);
    free(in.unit_of);
    free(in.takes_part);
    OG_TRY(status);
    for (int p = 0; p < OG_PART_COUNT; p++) {
        OG_TRY(og__alloc(data->count, sizeof *data->parts[p], &data->parts[p]));
        for (size_t i = 0; i < data->count; i++)
            if (data->samples[i].part == p)
                data->parts[p][data->part_counts[p]++] = i;
    }
    for (size_t i = 0; i < data->count; i++)
        data->digest = (data->digest ^ (uint64_t)(unsigned)data->samples[i].part) * 0x100000001b3u;
    if (data->part_counts[OG_PART_TRAIN] == 0)
        return og__fail(OG_ERR_DATA, "'%s' has no training images: %zu are held out, the others are left out",
                        data->listing.name, data->part_counts[OG_PART_VALIDATION]);
    return OG_OK;
}
