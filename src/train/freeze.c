#include "train/freeze.h"

#include <string.h>

#include "base/status.h"

/* The next part of a list; false at its end. */
static bool next_part(const char **list, const char **part, size_t *length)
{
    *list += strspn(*list, ", ");
    *part = *list;
    *length = strcspn(*list, ", ");
    *list += *length;
    return *length > 0;
}

static bool belongs(const char *tensor, const char *part, size_t length)
{
    return strncmp(tensor, part, length) == 0 && (tensor[length] == '.' || tensor[length] == '\0');
}

bool og__is_frozen(const char *parts, const char *tensor)
{
    const char *part;
    size_t length;
    while (next_part(&parts, &part, &length))
        if (belongs(tensor, part, length))
            return true;
    return false;
}

og_status og__freeze_check(const char *parts, const og_net *net)
{
    const char *rest = parts, *part;
    size_t length, count = og_net_param_count(net), frozen = 0;
    while (next_part(&rest, &part, &length)) {
        bool found = false;
        for (size_t i = 0; i < count && !found; i++)
            found = belongs(og_net_param_at(net, i)->name, part, length);
        if (!found)
            return og__fail(
                OG_ERR_ARGUMENT,
                "freeze: no tensor's name begins with '%.*s'; the parts are encoder, bottleneck, decoder and "
                "head, with stages as in encoder.0",
                (int)length, part);
    }
    for (size_t i = 0; i < count; i++)
        frozen += og__is_frozen(parts, og_net_param_at(net, i)->name);
    return frozen < count ? OG_OK
                          : og__fail(OG_ERR_ARGUMENT, "freeze = %s leaves nothing to train; freeze fewer parts", parts);
}

void og__freeze_norms(const char *parts, og_net *net)
{
    for (size_t i = 0; i < og_net_state_count(net); i++)
        if (og__is_frozen(parts, og_net_state_at(net, i)->name))
            og_net_fix_state(net, i);
}
