#include "data/ranges.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static bool is_colour(const char *text)
{
    return *text == '#' && strlen(text) == 7 && strspn(text + 1, "0123456789abcdefABCDEF") == 6;
}

static bool parse(const char *text, og__range *range)
{
    char *end;
    errno = 0;
    if (is_colour(text)) {
        range->first = range->last = strtoll(text + 1, NULL, 16);
        return true;
    }
    range->first = range->last = strtoll(text, &end, 10);
    if (end != text && *end == '-') {
        text = end + 1;
        range->last = strtoll(text, &end, 10);
    }
    return end != text && *end == '\0' && errno == 0 && range->first <= range->last;
}

static og_status read_one(const og__yaml *node, const char *what, og__ranges *ranges)
{
    const char *text;
    OG_TRY(og__yaml_text(node, what, &text));
    if (!parse(text, &ranges->items[ranges->count]))
        return og__yaml_fail(OG_ERR_SYNTAX, node, "%s must be a whole number (7) or a range (50-69), found '%s'", what,
                             text);
    ranges->colours = ranges->colours || is_colour(text);
    ranges->count++;
    return OG_OK;
}

og_status og__ranges_read(const og__yaml *node, const char *what, og__ranges *ranges)
{
    bool list = og__yaml_kind_of(node) == OG_YAML_LIST;
    *ranges = (og__ranges){0};
    OG_TRY(og__alloc(list ? og__yaml_count(node) : 1, sizeof *ranges->items, &ranges->items));
    og_status status = list ? OG_OK : read_one(node, what, ranges);
    for (size_t i = 0; list && i < og__yaml_count(node) && status == OG_OK; i++)
        status = read_one(og__yaml_at(node, i), what, ranges);
    if (status != OG_OK)
        og__ranges_deinit(ranges);
    return status;
}

void og__ranges_deinit(og__ranges *ranges)
{
    free(ranges->items);
    *ranges = (og__ranges){0};
}

og_status og__ranges_add(og__ranges *ranges, int64_t first, int64_t last)
{
    og__range *larger = realloc(ranges->items, (ranges->count + 1) * sizeof *larger);
    if (!larger)
        return og__fail(OG_ERR_MEMORY, "cannot allocate a list of %zu ranges", ranges->count + 1);
    ranges->items = larger;
    ranges->items[ranges->count++] = (og__range){first, last};
    return OG_OK;
}

og_status og__ranges_parse(const char *text, og__ranges *ranges)
{
    og_status status = OG_OK;
    char *copy;
    *ranges = (og__ranges){0};
    OG_TRY(og__copy_text(text, &copy));
    for (char *item = copy, *next; item && *item && status == OG_OK; item = next) {
        og__range range;
        next = strchr(item, ',');
        if (next)
            *next++ = '\0';
        status = parse(item, &range) ? og__ranges_add(ranges, range.first, range.last)
                                     : og__fail(OG_ERR_ARGUMENT,
                                                "'%s' must be whole numbers (255), ranges (250-255) or colours "
                                                "(#ff00ff) with commas between them; found '%s'",
                                                text, item);
    }
    free(copy);
    if (status != OG_OK)
        og__ranges_deinit(ranges);
    return status;
}

bool og__ranges_meet(const og__ranges *a, const og__ranges *b, int64_t *value)
{
    for (size_t i = 0; i < a->count; i++)
        for (size_t j = 0; j < b->count; j++) {
            int64_t first = a->items[i].first > b->items[j].first ? a->items[i].first : b->items[j].first;
            *value = first;
            if (first <= a->items[i].last && first <= b->items[j].last)
                return true;
        }
    return false;
}

bool og__ranges_has(const og__ranges *ranges, int64_t value)
{
    for (size_t i = 0; i < ranges->count; i++)
        if (value >= ranges->items[i].first && value <= ranges->items[i].last)
            return true;
    return false;
}
