/* The sentences of warnings, from their templates. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "train/placement.h"
#include "train/warnings.h"

/* "encoder stages 1, 2 and 4, bottleneck"; items come in forward order, those of one place together. */
static void add_where(og__text *text, const og__warning_words *words)
{
    size_t groups = 0;
    for (size_t i = 0; i < words->warnings->item_count; i++)
        groups += words->warnings->items[i].stage >= 0;
    if (words->count == groups && words->items[0]->stage >= 0) {
        og__text_add(text, "every layer");
        return;
    }
    for (size_t i = 0; i < words->count; i++) {
        const og__warning_item *item = words->items[i];
        bool opens = i == 0 || words->items[i - 1]->place != item->place;
        bool last = i + 1 == words->count || words->items[i + 1]->place != item->place;
        if (opens)
            og__text_format(text, "%s%s", i > 0 ? ", " : "", og__place_name(item->place));
        if (item->place == OG_PLACE_BOTTLENECK || item->stage < 0)
            continue;
        og__text_add(text, opens ? last ? " stage " : " stages " : last ? " and " : ", ");
        og__text_format(text, "%d", item->stage);
    }
}

static void limits(const og__warning_words *words, double *low, double *high)
{
    *low = INFINITY;
    *high = -INFINITY;
    for (size_t i = 0; i < words->count; i++) {
        *low = fmin(*low, words->values[i]);
        *high = fmax(*high, words->values[i]);
    }
}

/* "41" or "41 to 63". */
static void add_span(og__text *text, const char *format, double low, double high)
{
    char from[32], to[32];
    snprintf(from, sizeof from, format, low);
    snprintf(to, sizeof to, format, high);
    og__text_add(text, from);
    if (strcmp(from, to) != 0)
        og__text_format(text, " to %s", to);
}

/* "2.5", "340", "10^7"; what divides by 0 is only known to be large. */
static void add_factor(og__text *text, double value)
{
    const double most = 1e12;
    if (value < 1e4)
        og__text_format(text, value < 10 ? "%.1f" : "%.0f", value);
    else
        og__text_format(text, "%s10^%.0f", value > most ? "over " : "", floor(log10(fmin(value, most))));
}

static void add_param(og__text *text, const og__warning_words *words)
{
    const og__health_param *param = og__warning_unmoved(words->warnings, words->items[0], true);
    if (!param)
        param = og__warning_unmoved(words->warnings, words->items[0], false);
    og__text_add(text, param ? param->name : "");
}

/* Of the items of one sentence the first stands for all where they are paths. */
static void add_growth(og__text *text, const og__warning_words *words, bool predicted)
{
    for (size_t i = 0; i < words->count; i++) {
        double value = predicted ? og__warning_predicted(words->warnings, words->items[i])
                                 : og__warning_growth(words->warnings, words->items[i]);
        og__text_format(text, "%s× %.2g", i > 0 ? " and " : "", value);
    }
}

static void add_acts(og__text *text, const og__warning_words *words)
{
    for (size_t i = 0; i < words->count; i++) {
        bool known = false;
        for (size_t j = 0; j < i; j++)
            known = known || strcmp(og_act_text(words->items[j]->act), og_act_text(words->items[i]->act)) == 0;
        if (!known)
            og__text_format(text, "%s%s", i > 0 ? " and " : "", og_act_text(words->items[i]->act));
    }
}

static void add_token(og__text *text, const char *token, size_t length, const og__warning_words *words)
{
    double low, high;
    limits(words, &low, &high);
    if (strncmp(token, "where", length) == 0)
        add_where(text, words);
    else if (strncmp(token, "percent", length) == 0) {
        add_span(text, "%.0f", 100 * low, 100 * high);
        og__text_add(text, " %");
    } else if (strncmp(token, "inverse", length) == 0) {
        add_span(text, "%.2g", 100 / high, 100 / low);
    } else if (strncmp(token, "factor", length) == 0) {
        add_factor(text, low);
        if (high > 1.1 * low) {
            og__text_add(text, " to ");
            add_factor(text, high);
        }
    } else if (strncmp(token, "since", length) == 0)
        og__text_format(text, "%lld", (long long)words->since);
    else if (strncmp(token, "act", length) == 0)
        add_acts(text, words);
    else if (strncmp(token, "param", length) == 0)
        add_param(text, words);
    else
        add_growth(text, words, strncmp(token, "predicted", length) == 0);
}

static void add_filled(og__text *text, const char *sentence, const og__warning_words *words)
{
    for (const char *open = strchr(sentence, '{'); open; open = strchr(sentence, '{')) {
        const char *close = strchr(open, '}');
        og__text_add_bytes(text, sentence, (size_t)(open - sentence));
        add_token(text, open + 1, (size_t)(close - open - 1), words);
        sentence = close + 1;
    }
    og__text_add(text, sentence);
}

/* The caller's now. */
static og_status take(og__text *text, char **taken)
{
    og_status status = og__text_status(text);
    *taken = text->data;
    if (status != OG_OK)
        og__text_deinit(text);
    return status;
}

og_status og__warning_text(const og__warning_words *words, char **text)
{
    og__text made = {0};
    *text = NULL;
    add_filled(&made, words->sentence, words);
    og__text_add(&made, "; ");
    add_filled(&made, words->advice, words);
    return take(&made, text);
}

og_status og__warning_end_text(const og__warning_words *words, const char *subject, int64_t epoch, char **text)
{
    og__text made = {0};
    *text = NULL;
    add_where(&made, words);
    og__text_format(&made, ": %s have subsided in epoch %lld", subject, (long long)epoch);
    return take(&made, text);
}
