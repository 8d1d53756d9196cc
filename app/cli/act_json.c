#include "act_json.h"

#include <stdlib.h>
#include <string.h>

#include "act_facts.h"
#include "failure.h"
#include "output.h"

/* Append, and remember that memory ran out by giving the container up. */
static json_t *append(json_t *list, json_t *value)
{
    if (list && json_array_append_new(list, value) == 0)
        return list;
    json_decref(list);
    return NULL;
}

static json_t *tail_document(const og_act_tail *tail)
{
    static const char *const kinds[] = {"none", "limit", "line", "growth", "oscillates"};
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:b, s:o, s:o}", "kind", kinds[tail->kind], "limit",
                     json_number(tail->limit), "slope", json_number(tail->slope), "intercept",
                     json_number(tail->intercept), "power", json_number(tail->power), "saturates", tail->saturates,
                     "flat_from", json_number(tail->flat_from), "flat_share", json_number(tail->flat_share));
}

static json_t *interval_document(const og_interval *interval)
{
    return json_pack("[o, o]", json_number(interval->from), json_number(interval->to));
}

static int kept(int count)
{
    return count < OG_FACT_ITEMS_MAX ? count : OG_FACT_ITEMS_MAX;
}

static json_t *kinks_document(const og_act_facts *facts)
{
    json_t *list = json_array();
    for (int i = 0; i < kept(facts->kink_count); i++) {
        const og_act_kink *kink = &facts->kinks[i];
        list = append(list, json_pack("{s:o, s:b, s:[o, o], s:[o, o]}", "x", json_number(kink->x), "jump", kink->jump,
                                      "f", json_number(kink->left), json_number(kink->right), "slope",
                                      json_number(kink->slope_left), json_number(kink->slope_right)));
    }
    return list;
}

static json_t *pieces_document(const og_act_facts *facts)
{
    json_t *list = json_array();
    for (int i = 0; i < kept(facts->piece_count); i++) {
        const og_act_piece *piece = &facts->pieces[i];
        list = append(list, json_pack("{s:o, s:o, s:i}", "from", json_number(piece->from), "to", json_number(piece->to),
                                      "direction", piece->direction));
    }
    return list;
}

static json_t *intervals_document(int count, const og_interval *intervals)
{
    json_t *list = json_array();
    for (int i = 0; i < kept(count); i++)
        list = append(list, interval_document(&intervals[i]));
    return list;
}

static json_t *moments_document(const og_act_moments *m)
{
    return json_pack("{s:{s:o, s:o, s:o, s:o, s:o}, s:{s:o, s:o, s:o}, s:o, s:o, s:o, s:o}", "moments", "mean",
                     json_number(m->mean), "second_moment", json_number(m->second_moment), "variance",
                     json_number(m->variance), "slope_mean", json_number(m->slope_mean), "slope_moment",
                     json_number(m->slope_moment), "gains", "forward", json_number(m->gain), "variance",
                     json_number(m->gain_variance), "backward", json_number(m->gain_backward), "chi",
                     json_number(m->chi), "chi_norm", json_number(m->chi_norm), "nonlinearity",
                     json_number(m->nonlinearity), "odd_share", json_number(m->odd_share));
}

static json_t *shape_document(const og_act_facts *f)
{
    return json_pack(
        "{s:b, s:[o, o], s:b, s:b, s:o, s:o, s:[o, o], s:{s:o, s:o}, s:o, s:o, s:o, s:o, s:b, s:b, s:b, s:b, s:b, s:o, "
        "s:o, s:i, s:i, s:o, s:o, s:i, s:o, s:i, s:o}",
        "is_section", f->is_section, "range", json_number(f->min), json_number(f->max), "min_attained", f->min_attained,
        "max_attained", f->max_attained, "min_at", json_number(f->min_at), "max_at", json_number(f->max_at), "limits",
        json_number(f->left.limit), json_number(f->right.limit), "tails", "left", tail_document(&f->left), "right",
        tail_document(&f->right), "slope_max", json_number(f->slope_max), "slope_max_at", json_number(f->slope_max_at),
        "lipschitz", json_number(f->lipschitz), "smoothness",
        f->smoothness >= OG_SMOOTH_WITHOUT_END ? json_string("infinite") : json_integer(f->smoothness), "monotonic",
        f->monotonic, "odd", f->odd, "even", f->even, "affine", f->affine, "homogeneous", f->homogeneous, "flat_share",
        json_number(f->flat_share), "zero_share", json_number(f->zero_share), "transcendental_count", f->cost,
        "kink_count", f->kink_count, "kinks", kinks_document(f), "domain",
        intervals_document(f->domain_count, f->domain), "zero_count", f->zero_count, "zeros",
        intervals_document(f->zero_count, f->zeros), "piece_count", f->piece_count, "pieces", pieces_document(f));
}

json_t *facts_document(const og_act_facts *facts)
{
    json_t *document = moments_document(&facts->moments), *shape = shape_document(facts);
    if (!document || !shape || json_object_update(document, shape) != 0) {
        json_decref(document);
        document = NULL;
    }
    json_decref(shape);
    return document;
}

json_t *param_document(const og_act_param *param)
{
    char text[OG_ACT_PARAM_BYTES];
    og_act_param_format(param, text);
    return json_pack("{s:s, s:o, s:o, s:s}", "name", param->name, "value", json_float(param->value), "learn",
                     json_learn(param->learn), "text", text);
}

json_t *inputs_document(const og_act *act)
{
    json_t *list = json_array();
    for (og_input input = OG_INPUT_GATE; input < OG_INPUT_COUNT; input++)
        if (og_act_uses(act, input))
            list =
                append(list, json_pack("{s:s, s:s}", "name", og_input_name(input), "meaning", og_input_meaning(input)));
    return list;
}

json_t *inexact_document(const og_act_entry *entry)
{
    json_t *list = json_array();
    const og_act_inexact *range;
    for (size_t i = 0; entry && (range = og_act_inexact_at(entry->id, i)); i++)
        list =
            append(list, json_pack("{s:s, s:o, s:o, s:o, s:o, s:s}", "of", range->of, "from", json_number(range->from),
                                   "to", json_number(range->to), "ulp", json_number(range->ulp), "absolute",
                                   json_number(range->absolute), "why", range->why));
    return list;
}

const og_act_entry *entry_of(const og_act *act)
{
    const char *id = og_act_id(act);
    for (size_t i = 0; id && i < og_act_entry_count(); i++)
        if (strcmp(og_act_entry_at(i)->id, id) == 0)
            return og_act_entry_at(i);
    return NULL;
}

og_status find_same(const og_act *act, const og_act_entry **entry)
{
    og_status status = OG_OK;
    char *formula = NULL;
    *entry = NULL;
    if (og_act_id(act) || og_act_param_count(act) > 0)
        return OG_OK;
    if (og_act_formula(act, &formula) != OG_OK)
        return OG_OK; /* too large to be one of the catalogue */
    for (size_t i = 0; i < og_act_entry_count() && !*entry; i++) {
        og_act *row = NULL;
        char *other = NULL;
        if (og_act_entry_at(i)->param_count > 0)
            continue;
        status = og_act_parse(og_act_entry_at(i)->id, &row);
        if (status == OG_OK)
            status = og_act_formula(row, &other);
        if (status == OG_OK && strcmp(formula, other) == 0)
            *entry = og_act_entry_at(i);
        free(other);
        og_act_free(row);
        if (status != OG_OK)
            break;
    }
    free(formula);
    return status;
}
