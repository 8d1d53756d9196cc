#include "study/tune_space.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ogive/facts.h>
#include <ogive/head.h>

#include "base/memory.h"
#include "base/text.h"
#include "format/json.h"

/* What a dimension sets. */
typedef enum axis_kind {
    AXIS_ACT,
    AXIS_PARAM,  /* a parameter of an arm */
    AXIS_LEARN,  /* whether an arm's parameters are trained, for a layer or for each channel */
    AXIS_OPTION, /* a training option */
    AXIS_PLACES, /* whether places have activations of their own, */
    AXIS_PLACE,  /* and which */
} axis_kind;

struct og__tune_axis {
    axis_kind kind;
    size_t arm, param;
    const char *option;
};

enum { PARAMS_MOST = 3, DOUBLINGS = 5, STEPS = 8 };
static const double step = 0.25, chi_most = 1.6, bend_least = 0.02;

static const char *const learn_names[] = {"fixed", "layer", "channel"};
static const char *const places_names[] = {"one", "apart"};
enum { PLACES_APART = 1 };

/* --- building ------------------------------------------------------------------------------------------------------
 */

typedef struct builder {
    og__tune_space *space;
    const og_train_options *train;
    bool varies_width;
    og_status status;
} builder;

/* NULL, with the status set, where there is no memory. */
static const char *keep_text(builder *b, char *text)
{
    char **texts = text ? realloc(b->space->texts, (b->space->text_count + 1) * sizeof *texts) : NULL;
    if (!texts) {
        free(text);
        b->status = og__fail(OG_ERR_MEMORY, "no memory for the space of a tuning");
        return NULL;
    }
    b->space->texts = texts;
    return texts[b->space->text_count++] = text;
}

static const char *name_of(builder *b, const char *arm, const char *part)
{
    og__text text = {0};
    og__text_format(&text, "act.%s%s%s", arm, part[0] ? "." : "", part);
    return keep_text(b, text.data);
}

static void add(builder *b, og__dimension dimension, og__tune_axis axis, double usual)
{
    if (b->status != OG_OK)
        return;
    og__tune_space *s = b->space;
    size_t count = s->space.count + 1;
    og__dimension *dimensions = realloc(s->dimensions, count * sizeof *dimensions);
    s->dimensions = dimensions ? dimensions : s->dimensions;
    og__tune_axis *axes = realloc(s->axes, count * sizeof *axes);
    s->axes = axes ? axes : s->axes;
    double *usuals = realloc(s->usual, count * sizeof *usuals);
    s->usual = usuals ? usuals : s->usual;
    if (!dimensions || !axes || !usuals) {
        b->status = og__fail(OG_ERR_MEMORY, "no memory for the space of a tuning");
        return;
    }
    dimensions[count - 1] = dimension;
    axes[count - 1] = axis;
    usuals[count - 1] = usual;
    s->space = (og__space){count, dimensions};
}

static void add_choice(builder *b, const char *name, size_t count, const char *const *choices, int parent,
                       int parent_choice, og__tune_axis axis, double usual)
{
    if (count > 1)
        add(b,
            (og__dimension){name, OG_DIMENSION_CHOICE, 0, (double)count - 1, 1, false, parent, parent_choice, choices},
            axis, usual);
}

/* --- the parameters of an activation ----------------------------------------------------------------------------- */

static bool is_sane(const og_act *act, const double *values, double chi_own)
{
    og_act_moments moments;
    return og_act_moments_at(act, 0, 1, values, &moments) == OG_OK && moments.nonlinearity >= bend_least &&
           moments.chi_norm <= fmax(chi_most, chi_own);
}

/* How far the parameter may go from its own value by `factor` (or `add`) at a time. */
static double reach(const og_act *act, double *values, size_t param, double chi_own, double factor, double shift,
                    int steps)
{
    double own = values[param], end = own;
    for (int i = 0; i < steps; i++) {
        values[param] = end * factor + shift;
        if (!is_sane(act, values, chi_own))
            break;
        end = values[param];
    }
    values[param] = own;
    return end;
}

static void add_param(builder *b, size_t arm, size_t param, double *values, double chi_own)
{
    const og_act *act = b->space->arms->items[arm].act;
    double own = values[param], low, high;
    bool log = own > 0;
    if (log) {
        low = reach(act, values, param, chi_own, 0.5, 0, DOUBLINGS);
        high = reach(act, values, param, chi_own, 2, 0, DOUBLINGS);
    } else {
        low = reach(act, values, param, chi_own, 1, -step, STEPS);
        high = reach(act, values, param, chi_own, 1, step, STEPS);
    }
    if (!(low < high))
        return;
    const char *name = name_of(b, b->space->arms->items[arm].id, og_act_param_at(act, param).name);
    add(b, (og__dimension){name, OG_DIMENSION_REAL, low, high, 0, log, 0, (int)arm, NULL},
        (og__tune_axis){AXIS_PARAM, arm, param, NULL}, own);
}

/* Parameters that are plain numbers: those that are drawn, alternate or follow the image have their own meaning. */
static bool has_numbers(const og_act *act)
{
    for (size_t i = 0; i < og_act_param_count(act); i++)
        if (og_act_param_at(act, i).source != OG_PARAM_NUMBER)
            return false;
    return og_act_param_count(act) > 0;
}

static og_learn learning(const og_act *act)
{
    og_learn learn = OG_LEARN_NO;
    for (size_t i = 0; i < og_act_param_count(act); i++)
        if (og_act_param_at(act, i).learn > learn)
            learn = og_act_param_at(act, i).learn;
    return learn;
}

static void add_arm(builder *b, size_t arm, bool params, bool learn)
{
    const og_act *act = b->space->arms->items[arm].act;
    double values[OG_ACT_PARAMS_MAX];
    og_act_moments own;
    size_t count = og_act_param_count(act);
    if (!has_numbers(act))
        return;
    for (size_t i = 0; i < count; i++)
        values[i] = (double)og_act_param_at(act, i).value;
    if (params && count <= PARAMS_MOST && og_act_moments_at(act, 0, 1, values, &own) == OG_OK)
        for (size_t i = 0; i < count; i++)
            add_param(b, arm, i, values, own.chi_norm);
    if (learn)
        add_choice(b, name_of(b, b->space->arms->items[arm].id, "learn"), 3, learn_names, 0, (int)arm,
                   (og__tune_axis){AXIS_LEARN, arm, 0, NULL}, (double)learning(act));
}

/* --- everything else ------------------------------------------------------------------------------------------------
 */

static void add_acts(builder *b)
{
    const og__arms *arms = b->space->arms;
    const char **names = calloc(arms->count, sizeof *names);
    for (size_t a = 0; names && a < arms->count; a++)
        names[a] = og_act_text(arms->items[a].act);
    if (!keep_text(b, (char *)names))
        return;
    add(b, (og__dimension){"act", OG_DIMENSION_CHOICE, 0, (double)arms->count - 1, 1, false, OG_NO_PARENT, 0, names},
        (og__tune_axis){AXIS_ACT, 0, 0, NULL}, 0);
}

static void add_lr(builder *b)
{
    double own = b->train->learning_rate;
    add(b, (og__dimension){"lr", OG_DIMENSION_REAL, own / 10, own * 10, 0, true, OG_NO_PARENT, 0, NULL},
        (og__tune_axis){AXIS_OPTION, 0, 0, "learning-rate"}, own);
}

static void add_weight_decay(builder *b)
{
    const double low = 1e-6, high = 0.1;
    add(b, (og__dimension){"weight_decay", OG_DIMENSION_REAL, low, high, 0, true, OG_NO_PARENT, 0, NULL},
        (og__tune_axis){AXIS_OPTION, 0, 0, "weight-decay"}, fmin(fmax(b->train->weight_decay, low), high));
}

static void add_params(builder *b)
{
    for (size_t a = 0; a < b->space->arms->count; a++)
        add_arm(b, a, true, false);
}

static void add_learn(builder *b)
{
    for (size_t a = 0; a < b->space->arms->count; a++)
        add_arm(b, a, false, true);
}

static void add_places(builder *b)
{
    int parent = (int)b->space->space.count;
    size_t arms = b->space->arms->count;
    if (arms < 2)
        return;
    add_choice(b, "places", 2, places_names, OG_NO_PARENT, 0, (og__tune_axis){AXIS_PLACES, 0, 0, NULL}, 0);
    static const char *const names[] = {"act.bottleneck", "act.decoder"}, *const options[] = {"act-bottleneck",
                                                                                              "act-decoder"};
    for (size_t i = 0; i < 2; i++)
        add_choice(b, names[i], arms, b->space->dimensions[0].choices, parent, PLACES_APART,
                   (og__tune_axis){AXIS_PLACE, 0, 0, options[i]}, NAN);
}

/* Choices as texts, and which of them is the question's own. */
static void add_texts(builder *b, const char *option, size_t count, char *const *texts, size_t usual)
{
    const char **names = calloc(count, sizeof *names);
    if (!keep_text(b, (char *)names))
        return;
    for (size_t i = 0; i < count; i++)
        names[i] = keep_text(b, texts[i]);
    add_choice(b, option, count, names, OG_NO_PARENT, 0, (og__tune_axis){AXIS_OPTION, 0, 0, option}, (double)usual);
}

/* Groups of channels have to divide them at every width. */
static bool fits(const og_train_options *train, int norm, int64_t width)
{
    return norm != OG_NORM_GROUP || width % (train->groups > 0 ? train->groups : 8) == 0;
}

static int64_t narrowest(const builder *b)
{
    return b->varies_width && b->train->width > 1 ? b->train->width / 2 : b->train->width;
}

static void add_width(builder *b)
{
    char *texts[3];
    size_t count = 0, usual = 0;
    for (int i = -1; i <= 1; i++) {
        char text[24];
        int64_t width = i < 0 ? b->train->width / 2 : b->train->width << i;
        if (width < 1 || !fits(b->train, b->train->norm, width))
            continue;
        snprintf(text, sizeof text, "%" PRId64, width);
        usual = i == 0 ? count : usual;
        texts[count++] = strdup(text);
    }
    add_texts(b, "width", count, texts, usual);
}

/* The norms that there are, but those that this network cannot have; none only where the question has none. */
static void add_norm(builder *b)
{
    const og_option *option = og_option_find(og_train_option_table(), "norm");
    char *texts[OG_NORM_NONE + 1];
    size_t count = 0, usual = 0, length;
    int norm = 0;
    for (const char *at = option->choices; *at && norm <= OG_NORM_NONE; at += length + (at[length] == '|'), norm++) {
        length = strcspn(at, "|");
        if (!fits(b->train, norm, narrowest(b)) || (norm == OG_NORM_NONE && b->train->norm != norm))
            continue;
        usual = norm == b->train->norm ? count : usual;
        texts[count++] = strndup(at, length);
    }
    add_texts(b, "norm", count, texts, usual);
}

/* The question's own head, and the built-in ones. */
static void add_head(builder *b)
{
    size_t count = 0, room = og_head_count() + 1;
    char **texts = calloc(room, sizeof *texts);
    if (!keep_text(b, (char *)texts))
        return;
    texts[count++] = strdup(b->train->act_head);
    for (size_t i = 0; i < og_head_count(); i++)
        if (strcmp(og_head_at(i)->id, b->train->act_head) != 0)
            texts[count++] = strdup(og_head_at(i)->id);
    add_texts(b, "act-head", count, texts, 0);
}

/* In the order of OG_TUNE_VARY, which is that of the dimensions however they are asked for. */
static const struct {
    const char *name;
    void (*add)(builder *b);
} parts[] = {
    {"lr", add_lr},         {"weight-decay", add_weight_decay},
    {"params", add_params}, {"learn", add_learn},
    {"places", add_places}, {"width", add_width},
    {"norm", add_norm},     {"head", add_head},
};
enum { PART_WIDTH = 5, PART_COUNT = sizeof parts / sizeof parts[0] };

static og_status read_vary(const char *vary, bool wanted[PART_COUNT])
{
    for (const char *at = vary; *at;) {
        at += strspn(at, ", ");
        size_t length = strcspn(at, ", "), part = 0;
        while (part < PART_COUNT && !(strlen(parts[part].name) == length && strncmp(parts[part].name, at, length) == 0))
            part++;
        if (length > 0 && part == PART_COUNT)
            return og__fail(OG_ERR_ARGUMENT, "vary: '%.*s' is none of %s", (int)length, at, OG_TUNE_VARY);
        if (length > 0)
            wanted[part] = true;
        at += length;
    }
    return OG_OK;
}

og_status og__tune_space_init(const og__arms *arms, const og_train_options *train, const char *vary,
                              og__tune_space *space)
{
    *space = (og__tune_space){.arms = arms};
    builder b = {.space = space, .train = train};
    bool wanted[PART_COUNT] = {0};
    OG_TRY(read_vary(vary, wanted));
    b.varies_width = wanted[PART_WIDTH];
    add_acts(&b);
    for (size_t i = 0; i < PART_COUNT && b.status == OG_OK; i++)
        if (wanted[i])
            parts[i].add(&b);
    if (b.status == OG_OK)
        b.status = og__space_check(&space->space);
    if (b.status != OG_OK)
        og__tune_space_deinit(space);
    return b.status;
}

void og__tune_space_deinit(og__tune_space *space)
{
    for (size_t i = 0; i < space->text_count; i++)
        free(space->texts[i]);
    free(space->texts);
    free(space->dimensions);
    free(space->axes);
    free(space->usual);
    *space = (og__tune_space){0};
}

/* --- points ------------------------------------------------------------------------------------------------------ */

void og__tune_space_usual(const og__tune_space *s, size_t arm, double *point)
{
    for (size_t d = 0; d < s->space.count; d++) {
        point[d] = NAN;
        if (og__dimension_exists(&s->space, d, point))
            point[d] = d == 0 ? (double)arm : s->usual[d];
    }
}

bool og__tune_space_is_apart(const og__tune_space *s, const double *point, bool *asked)
{
    *asked = false;
    for (size_t d = 0; d < s->space.count; d++) {
        if (s->axes[d].kind != AXIS_PLACES)
            continue;
        *asked = true;
        return point[d] == PLACES_APART;
    }
    return false;
}

void og__tune_space_round(const og__tune_space *s, double *point)
{
    char text[32];
    for (size_t d = 0; d < s->space.count; d++) {
        const og__dimension *dimension = &s->space.dimensions[d];
        if (dimension->kind != OG_DIMENSION_REAL || isnan(point[d]))
            continue;
        snprintf(text, sizeof text, "%.4g", point[d]);
        point[d] = fmin(fmax(strtod(text, NULL), dimension->low), dimension->high);
    }
}

/* The activation of an arm with the parameters that a point gives it: "elu(a = learn(0.5))". */
static og_status write_act(const og__tune_space *s, size_t arm, const double *point, og__text *text)
{
    const og_act *act = s->arms->items[arm].act;
    double values[OG_ACT_PARAMS_MAX];
    size_t count = og_act_param_count(act);
    int learn = -1;
    if (!has_numbers(act)) {
        og__text_add(text, og_act_text(act));
        return og__text_status(text);
    }
    for (size_t i = 0; i < count; i++)
        values[i] = (double)og_act_param_at(act, i).value;
    for (size_t d = 0; d < s->space.count; d++) {
        if (s->axes[d].arm != arm || isnan(point[d]))
            continue;
        if (s->axes[d].kind == AXIS_PARAM)
            values[s->axes[d].param] = point[d];
        else if (s->axes[d].kind == AXIS_LEARN)
            learn = (int)point[d];
    }
    static const char *const endings[] = {"", ")", ", channel)"};
    const char *whole = og_act_text(act), *id = og_act_id(act);
    og__text_add_bytes(text, id ? id : whole, id ? strlen(id) : strcspn(whole, ";"));
    og__text_add(text, id ? "(" : ";");
    for (size_t i = 0; i < count; i++) {
        og_act_param param = og_act_param_at(act, i);
        og_learn own = learn >= 0 ? (og_learn)learn : param.learn;
        og__text_format(text, "%s%s = ", i ? ", " : id ? "" : " ", param.name);
        og__text_format(text, "%s%.9g%s", own == OG_LEARN_NO ? "" : "learn(", values[i], endings[own]);
    }
    og__text_add(text, id ? ")" : "");
    return og__text_status(text);
}

/* As ogive writes it, which is what a run's result says. */
static og_status set_act(const og__tune_space *s, const char *option, size_t arm, const double *point, bool usual,
                         json_t *settings)
{
    og_status status = OG_OK;
    og__text text = {0};
    og_act *act = NULL;
    if (usual) {
        OG_GO(og__json_set(settings, option, og__json_string(og_act_text(s->arms->items[arm].act))));
        goto done;
    }
    OG_GO(write_act(s, arm, point, &text));
    OG_GO(og_act_parse(text.data, &act));
    OG_GO(og__json_set(settings, option, og__json_string(og_act_text(act))));
done:
    og_act_free(act);
    og__text_deinit(&text);
    return status;
}

static og_status set_axis(const og__tune_space *s, size_t d, const double *point, bool usual, json_t *settings)
{
    const og__dimension *dimension = &s->space.dimensions[d];
    const og__tune_axis *axis = &s->axes[d];
    switch (axis->kind) {
    case AXIS_ACT:
        return set_act(s, "act", (size_t)point[d], point, usual, settings);
    case AXIS_PLACE:
        return set_act(s, axis->option, (size_t)point[d], point, usual, settings);
    case AXIS_OPTION:
        if (usual)
            return OG_OK;
        return og__json_set(settings, axis->option,
                            dimension->kind == OG_DIMENSION_CHOICE
                                ? og__json_string(dimension->choices[(size_t)point[d]])
                                : og__json_real(point[d]));
    case AXIS_PARAM:
    case AXIS_LEARN:
    case AXIS_PLACES:
        return OG_OK;
    }
    return OG_OK;
}

og_status og__tune_space_settings(const og__tune_space *s, const double *point, bool usual, int64_t seed,
                                  json_t **settings)
{
    json_t *made = json_object();
    og_status status = OG_OK;
    *settings = NULL;
    for (size_t d = 0; d < s->space.count && status == OG_OK; d++)
        if (!isnan(point[d]))
            status = set_axis(s, d, point, usual, made);
    if (status == OG_OK)
        status = og__json_set(made, "seed", json_integer(seed));
    if (status == OG_OK)
        *settings = made;
    else
        json_decref(made);
    return status;
}
