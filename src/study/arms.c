#include "study/arms.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <ogive/facts.h>

#include "base/digest.h"
#include "base/memory.h"
#include "base/text.h"
#include "format/json.h"

enum { CHECKSUM_DIGITS = 8 };

static void checksum(const char *text, char digits[OG_DIGEST_TEXT_BYTES])
{
    unsigned char bytes[OG_DIGEST_BYTES];
    og__digest digest = og__digest_start();
    og__digest_add(&digest, text, strlen(text));
    og__digest_end(&digest, bytes);
    og__digest_text(bytes, digits);
    digits[CHECKSUM_DIGITS] = '\0';
}

/* A plain name is its own id; of anything else letters, digits and dots are kept and a checksum keeps ids apart. */
static og_status make_id(const char *text, char **id)
{
    enum { KEPT_MAX = 40 };
    size_t plain = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_");
    if (text[plain] == '\0')
        return og__copy_text(text, id);
    og__text kept = {0};
    bool gap = false;
    for (const char *at = text; *at && kept.length < KEPT_MAX; at++) {
        bool keep = isalnum((unsigned char)*at) || *at == '.' || *at == '_';
        if (keep && gap && kept.length > 0)
            og__text_add(&kept, "_");
        if (keep)
            og__text_add_bytes(&kept, at, 1);
        gap = !keep;
    }
    char digits[OG_DIGEST_TEXT_BYTES];
    checksum(text, digits);
    og__text_format(&kept, "-%s", digits);
    *id = kept.data;
    return og__text_status(&kept);
}

og_status og__arms_add(og__arms *arms, const char *text)
{
    og_status status = OG_OK;
    og__arm arm = {0};
    OG_GO(og_act_parse(text, &arm.act));
    OG_GO(og_act_check(arm.act, NULL)); /* not hours later, at its turn */
    for (size_t i = 0; i < arms->count; i++)
        if (strcmp(og_act_text(arms->items[i].act), og_act_text(arm.act)) == 0) {
            status = og__fail(OG_ERR_ARGUMENT, "activation %s is listed twice; leave one out", og_act_text(arm.act));
            goto done;
        }
    OG_GO(make_id(og_act_text(arm.act), &arm.id));
    og__arm *items = realloc(arms->items, (arms->count + 1) * sizeof *items);
    if (!items) {
        status = og__fail(OG_ERR_MEMORY, "cannot allocate a list of %zu activations", arms->count + 1);
        goto done;
    }
    arms->items = items;
    arms->items[arms->count++] = arm;
    arm = (og__arm){0};
done:
    og_act_free(arm.act);
    free(arm.id);
    return status;
}

void og__arms_deinit(og__arms *arms)
{
    for (size_t i = 0; i < arms->count; i++) {
        og_act_free(arms->items[i].act);
        free(arms->items[i].id);
    }
    free(arms->items);
    *arms = (og__arms){0};
}

/* Length of an unquoted element: up to a comma outside parentheses. */
static size_t element_length(const char *at)
{
    int depth = 0;
    size_t length = 0;
    for (; at[length] && !(at[length] == ',' && depth <= 0); length++)
        depth += (at[length] == '(') - (at[length] == ')');
    return length;
}

/* Cut one element off the list: *at moves to the comma behind it or to the end. */
static og_status cut_element(const char *list, const char **at, og__text *element)
{
    const char *start = *at + strspn(*at, " \t\n");
    size_t length;
    if (*start == '\'' || *start == '"') {
        const char *end = strchr(start + 1, *start);
        if (!end)
            return og__fail(OG_ERR_SYNTAX, "list of activations: the quote at position %td is not closed in: %s",
                            start - list + 1, list);
        length = (size_t)(end - start - 1);
        *at = end + 1 + strspn(end + 1, " \t\n");
        start++;
        if (**at != ',' && **at != '\0')
            return og__fail(OG_ERR_SYNTAX, "list of activations: expected a comma at position %td, found '%c' in: %s",
                            *at - list + 1, **at, list);
    } else {
        length = element_length(start);
        *at = start + length;
        while (length > 0 && isspace((unsigned char)start[length - 1]))
            length--;
    }
    if (length == 0)
        return og__fail(OG_ERR_SYNTAX, "list of activations: nothing at position %td in: %s", start - list + 1, list);
    og__text_add_bytes(element, start, length);
    return og__text_status(element);
}

og_status og__arms_parse(const char *list, og__arms *arms)
{
    og_status status = OG_OK;
    og__text element = {0};
    const char *at = list;
    *arms = (og__arms){0};
    bool cut = false; /* an element had a ';', so that a comma may have cut it short */
    for (;;) {
        og__text_deinit(&element);
        OG_GO(cut_element(list, &at, &element));
        cut |= strchr(element.data, ';') != NULL;
        status = og__arms_add(arms, element.data);
        if (status != OG_OK) {
            og__fail_in(status, "activation %zu of the list%s", arms->count + 1,
                        cut ? " (quote a formula that has a comma, as in 'a*x + b; a=1, b=2')" : "");
            goto done;
        }
        if (*at == '\0')
            break;
        at++;
    }
done:
    og__text_deinit(&element);
    if (status != OG_OK)
        og__arms_deinit(arms);
    return status;
}

og_status og__arms_read(const json_t *question, og__arms *arms)
{
    json_t *acts;
    OG_TRY(og__json_get(question, "acts", JSON_ARRAY, &acts));
    for (size_t a = 0; a < json_array_size(acts); a++) {
        const char *text = json_string_value(json_array_get(acts, a));
        if (!text)
            return og__fail(OG_ERR_FORMAT, "element %zu of acts is not a text", a);
        OG_TRY(og__arms_add(arms, text));
    }
    return arms->count > 0 ? OG_OK : og__fail(OG_ERR_FORMAT, "acts is empty");
}
