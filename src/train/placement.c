#include "train/placement.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/status.h"
#include "base/text.h"

static const char *const names[] = {
    [OG_PLACE_ENCODER] = "encoder",
    [OG_PLACE_BOTTLENECK] = "bottleneck",
    [OG_PLACE_DECODER] = "decoder",
};

const char *og__place_name(og_place place)
{
    return names[place];
}

void og__place_text(og_place place, int stage, size_t size, char text[size])
{
    if (place == OG_PLACE_BOTTLENECK)
        snprintf(text, size, "%s", names[place]);
    else
        snprintf(text, size, "%s.%d", names[place], stage);
}

/* --- reading --- */

/* "decoder.1" or "1", cut off an item "decoder.1=silu". */
typedef struct target {
    const char *text; /* not terminated */
    int length;
    bool any_place; /* a number alone */
    og_place place;
    int stage;
} target;

static og_status fail_place(const target *t)
{
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(t->text, ".="), t->text);
    if (strncmp(t->text, names[OG_PLACE_BOTTLENECK], strlen(names[OG_PLACE_BOTTLENECK])) == 0)
        return og__fail(OG_ERR_NAME, "option 'act-stage': the bottleneck has one stage; use act-bottleneck");
    const char *near = og__nearest_name(name, names, OG_PLACE_COUNT);
    return og__fail(OG_ERR_NAME, "option 'act-stage': '%.*s' is no stage; give N, encoder.N or decoder.N%s%s%s",
                    t->length, t->text, near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static og_status read_stage(const char *digits, int depth, target *t)
{
    char *end;
    long stage = isdigit((unsigned char)*digits) ? strtol(digits, &end, 10) : -1;
    if (stage < 0 || end != t->text + t->length)
        return fail_place(t);
    bool bottleneck = t->any_place && stage == depth;
    if (stage >= depth && !bottleneck)
        return og__fail(OG_ERR_ARGUMENT,
                        "option 'act-stage': there is no stage %.*s; with depth %d encoder and decoder have the stages "
                        "0 to %d, and the bottleneck is stage %d",
                        t->length, t->text, depth, depth - 1, depth);
    t->stage = (int)stage;
    return OG_OK;
}

static og_status read_target(const char *text, int length, int depth, target *t)
{
    *t = (target){.text = text, .length = length};
    if (isdigit((unsigned char)*text)) {
        t->any_place = true;
        return read_stage(text, depth, t);
    }
    for (og_place place = 0; place < OG_PLACE_COUNT; place++) {
        size_t name = strlen(names[place]);
        if (place == OG_PLACE_BOTTLENECK || strncmp(text, names[place], name) != 0 || text[name] != '.')
            continue;
        t->place = place;
        return read_stage(text + name + 1, depth, t);
    }
    return fail_place(t);
}

static og_status read_act(const char *option, const char *text, og_act **act)
{
    og_status status = og_act_parse(text, act);
    return status == OG_OK ? OG_OK : og__fail_in(status, "option '%s'", option);
}

/* "STAGE=ACT" */
static og_status read_item(const char *item, og__placement *p)
{
    target t;
    item += strspn(item, " \t");
    const char *equals = strchr(item, '=');
    int length = equals ? (int)(equals - item) : 0;
    while (length > 0 && isspace((unsigned char)item[length - 1]))
        length--;
    if (length == 0)
        return og__fail(OG_ERR_SYNTAX, "option 'act-stage': expected STAGE=ACTIVATION, as in '0=silu', found '%s'",
                        item);
    OG_TRY(read_target(item, length, p->depth, &t));
    og_act **slot = t.any_place ? &p->levels[t.stage] : &p->stages[t.place][t.stage];
    if (*slot)
        return og__fail(OG_ERR_ARGUMENT, "option 'act-stage': stage %.*s is given twice, %s and %s; leave one out",
                        length, item, og_act_text(*slot), equals + 1 + strspn(equals + 1, " \t"));
    return read_act("act-stage", equals + 1, slot);
}

static og_status read_items(const char *list, og__placement *p)
{
    og_status status = OG_OK;
    char *copy, *rest;
    OG_TRY(og__copy_text(list, &copy));
    rest = copy;
    for (char *item; status == OG_OK && (item = strsep(&rest, "\n")) != NULL;)
        if (item[strspn(item, " \t")])
            status = read_item(item, p);
    free(copy);
    return status;
}

/* The options that set a whole place; "" where nothing is set. */
static char **place_option(const og_train_options *options, og_place place)
{
    og_train_options *all = (og_train_options *)options;
    char **const fields[] = {
        [OG_PLACE_ENCODER] = &all->act_encoder,
        [OG_PLACE_BOTTLENECK] = &all->act_bottleneck,
        [OG_PLACE_DECODER] = &all->act_decoder,
    };
    return fields[place];
}

static og_status read_options(const og_train_options *options, og__placement *p)
{
    OG_TRY(read_act("act", options->act, &p->everywhere));
    for (og_place place = 0; place < OG_PLACE_COUNT; place++) {
        char name[OG_PLACE_TEXT_BYTES];
        const char *text = *place_option(options, place);
        snprintf(name, sizeof name, "act-%s", names[place]);
        if (text[0])
            OG_TRY(read_act(name, text, &p->places[place]));
    }
    OG_TRY(read_items(options->act_stage, p));
    og_status status = og_head_parse(options->act_head, &p->head);
    if (status != OG_OK)
        return og__fail_in(status, "option 'act-head'");
    const og_act *bottleneck = p->places[OG_PLACE_BOTTLENECK];
    if (bottleneck && p->levels[p->depth])
        return og__fail(OG_ERR_ARGUMENT,
                        "options 'act-bottleneck' and 'act-stage': stage %d is the bottleneck, so that it is given "
                        "twice, %s and %s; leave one out",
                        p->depth, og_act_text(bottleneck), og_act_text(p->levels[p->depth]));
    return OG_OK;
}

og_status og__placement_init(const og_train_options *options, og__placement *placement)
{
    /* a depth that follows from the patch is not known yet */
    *placement = (og__placement){.depth = options->depth > 0 ? (int)options->depth : OG_DEPTH_MAX};
    og_status status = read_options(options, placement);
    if (status != OG_OK)
        og__placement_deinit(placement);
    return status;
}

void og__placement_deinit(og__placement *placement)
{
    og_act_free(placement->everywhere);
    og_head_free(placement->head);
    for (int stage = 0; stage < OG_STAGES_MAX; stage++)
        og_act_free(placement->levels[stage]);
    for (og_place place = 0; place < OG_PLACE_COUNT; place++) {
        og_act_free(placement->places[place]);
        for (int stage = 0; stage < OG_STAGES_MAX; stage++)
            og_act_free(placement->stages[place][stage]);
    }
    *placement = (og__placement){0};
}

/* --- looking up --- */

const og_act *og__placement_at(const og__placement *p, og_place place, int stage)
{
    const og_act *const order[] = {p->stages[place][stage], p->levels[stage], p->places[place]};
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
        if (order[i])
            return order[i];
    return p->everywhere;
}

void og__placement_fill(const og__placement *placement, og_net_spec *spec)
{
    spec->head = placement->head;
    og_net_spec_fill(spec, NULL);
    for (og_place place = 0; place < OG_PLACE_COUNT; place++)
        for (int stage = 0; stage < OG_STAGES_MAX; stage++)
            if (og_place_exists(spec->depth, place, stage))
                spec->acts[place][stage] = og__placement_at(placement, place, stage);
}

bool og__placement_uses_act(const og__placement *placement)
{
    for (og_place place = 0; place < OG_PLACE_COUNT; place++)
        for (int stage = 0; stage < OG_STAGES_MAX; stage++)
            if (og_place_exists(placement->depth, place, stage) &&
                og__placement_at(placement, place, stage) == placement->everywhere)
                return true;
    return false;
}

/* --- writing --- */

static og_status replace_text(const char *text, char **field)
{
    char *copy;
    OG_TRY(og__copy_text(text, &copy));
    free(*field);
    *field = copy;
    return OG_OK;
}

static void add_item(og__text *list, const char *where, const og_act *act)
{
    if (act)
        og__text_format(list, "%s%s=%s", list->length ? "\n" : "", where, og_act_text(act));
}

static void add_items(const og__placement *p, og__text *list)
{
    char where[OG_PLACE_TEXT_BYTES];
    for (int stage = 0; stage < OG_STAGES_MAX; stage++) {
        snprintf(where, sizeof where, "%d", stage);
        add_item(list, where, p->levels[stage]);
    }
    for (og_place place = 0; place < OG_PLACE_COUNT; place++)
        for (int stage = 0; stage < OG_STAGES_MAX; stage++) {
            og__place_text(place, stage, sizeof where, where);
            add_item(list, where, p->stages[place][stage]);
        }
}

og_status og__placement_store(const og__placement *p, og_train_options *options)
{
    og__text list = {0};
    OG_TRY(replace_text(og_act_text(p->everywhere), &options->act));
    OG_TRY(replace_text(og_head_text(p->head), &options->act_head));
    for (og_place place = 0; place < OG_PLACE_COUNT; place++)
        if (p->places[place])
            OG_TRY(replace_text(og_act_text(p->places[place]), place_option(options, place)));
    add_items(p, &list);
    og_status status = og__text_status(&list);
    if (status == OG_OK)
        status = replace_text(og__text_get(&list), &options->act_stage);
    og__text_deinit(&list);
    return status;
}
