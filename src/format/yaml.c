#include "format/yaml.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"

enum { DEPTH_MAX = 32 };

struct og__yaml {
    og__yaml_kind kind;
    int line;
    const char *file; /* the name for messages, owned by the root */
    char *text;       /* SCALAR */
    size_t count, capacity;
    og__yaml **keys;  /* (count), MAP only */
    og__yaml **items; /* (count), LIST and MAP */
};

static void free_node(og__yaml *node)
{
    if (!node)
        return;
    for (size_t i = 0; i < node->count; i++) {
        free_node(node->items[i]);
        if (node->keys)
            free_node(node->keys[i]);
    }
    free(node->items);
    free(node->keys);
    free(node->text);
    free(node);
}

void og__yaml_free(og__yaml *root)
{
    if (!root)
        return;
    char *file = (char *)root->file;
    free_node(root);
    free(file);
}

/* --- building the tree from libyaml's events ---------------------------------------------------------------------- */

typedef struct builder {
    yaml_parser_t parser;
    const char *file;
} builder;

static og_status fail_at(const builder *from, yaml_mark_t mark, const char *message)
{
    return og__fail(OG_ERR_SYNTAX, "%s:%zu: %s", from->file, mark.line + 1, message);
}

/* Take the next event; the caller deletes it. */
static og_status next_event(builder *from, yaml_event_t *event)
{
    if (yaml_parser_parse(&from->parser, event))
        return OG_OK;
    const yaml_parser_t *parser = &from->parser;
    memset(event, 0, sizeof *event);
    if (parser->error == YAML_MEMORY_ERROR)
        return og__fail(OG_ERR_MEMORY, "cannot allocate memory to read '%s'", from->file);
    if (parser->error == YAML_READER_ERROR)
        return og__fail(OG_ERR_SYNTAX, "%s: %s at byte %zu; the file must be text in UTF-8", from->file,
                        parser->problem, parser->problem_offset);
    return og__fail(OG_ERR_SYNTAX, "%s:%zu:%zu: %s%s%s", from->file, parser->problem_mark.line + 1,
                    parser->problem_mark.column + 1, parser->problem, parser->context ? ", " : "",
                    parser->context ? parser->context : "");
}

static og_status append(og__yaml *parent, og__yaml *key, og__yaml *item)
{
    if (parent->count == parent->capacity) {
        size_t capacity = parent->capacity ? 2 * parent->capacity : 8;
        og__yaml **items = realloc(parent->items, capacity * sizeof *items);
        if (items)
            parent->items = items;
        og__yaml **keys = parent->kind == OG_YAML_MAP ? realloc(parent->keys, capacity * sizeof *keys) : NULL;
        if (keys)
            parent->keys = keys;
        if (!items || (parent->kind == OG_YAML_MAP && !keys))
            return og__fail(OG_ERR_MEMORY, "cannot allocate a list of %zu entries", capacity);
        parent->capacity = capacity;
    }
    parent->items[parent->count] = item;
    if (parent->keys)
        parent->keys[parent->count] = key;
    parent->count++;
    return OG_OK;
}

static bool is_null(const yaml_event_t *scalar)
{
    const char *text = (const char *)scalar->data.scalar.value;
    return scalar->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
           (text[0] == '\0' || strcmp(text, "~") == 0 || strcmp(text, "null") == 0);
}

static og_status build(builder *from, const yaml_event_t *event, int depth, og__yaml **node);

static og_status build_entry(builder *from, og__yaml *parent, const yaml_event_t *event, int depth)
{
    og_status status = OG_OK;
    og__yaml *key = NULL, *item = NULL;
    yaml_event_t value = {0};
    if (parent->kind == OG_YAML_LIST) {
        OG_GO(build(from, event, depth, &item));
    } else {
        if (event->type != YAML_SCALAR_EVENT) {
            status = fail_at(from, event->start_mark, "expected a key, which must be a simple text");
            goto done;
        }
        OG_GO(build(from, event, depth, &key));
        if (key->kind != OG_YAML_SCALAR) {
            status = fail_at(from, event->start_mark, "expected a key before ':'");
            goto done;
        }
        if (og__yaml_find(parent, key->text)) {
            status = og__yaml_fail(OG_ERR_SYNTAX, key, "'%s' is given twice (first in line %d)", key->text,
                                   og__yaml_find(parent, key->text)->line);
            goto done;
        }
        OG_GO(next_event(from, &value));
        OG_GO(build(from, &value, depth, &item));
    }
    OG_GO(append(parent, key, item));
    key = item = NULL;
done:
    yaml_event_delete(&value);
    free_node(key);
    free_node(item);
    return status;
}

static og_status build_entries(builder *from, og__yaml *parent, yaml_event_type_t end, int depth)
{
    for (;;) {
        yaml_event_t event;
        OG_TRY(next_event(from, &event));
        bool ended = event.type == end;
        og_status status = ended ? OG_OK : build_entry(from, parent, &event, depth);
        yaml_event_delete(&event);
        if (ended || status != OG_OK)
            return status;
    }
}

static og_status build(builder *from, const yaml_event_t *event, int depth, og__yaml **node)
{
    og_status status = OG_OK;
    og__yaml *made = NULL;
    *node = NULL;
    if (depth > DEPTH_MAX)
        return fail_at(from, event->start_mark, "lists and maps are nested more than 32 deep");
    OG_GO(og__alloc(1, sizeof *made, &made));
    made->line = (int)event->start_mark.line + 1;
    made->file = from->file;
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        made->kind = is_null(event) ? OG_YAML_NULL : OG_YAML_SCALAR;
        if (strlen((const char *)event->data.scalar.value) != event->data.scalar.length) {
            status = fail_at(from, event->start_mark, "a text holds a NUL character");
            goto done;
        }
        if (made->kind == OG_YAML_SCALAR)
            OG_GO(og__copy_text((const char *)event->data.scalar.value, &made->text));
        break;
    case YAML_SEQUENCE_START_EVENT:
        made->kind = OG_YAML_LIST;
        OG_GO(build_entries(from, made, YAML_SEQUENCE_END_EVENT, depth + 1));
        break;
    case YAML_MAPPING_START_EVENT:
        made->kind = OG_YAML_MAP;
        OG_GO(build_entries(from, made, YAML_MAPPING_END_EVENT, depth + 1));
        break;
    case YAML_ALIAS_EVENT: /* refused: a few nested aliases unfold to gigabytes */
        status = fail_at(from, event->start_mark, "aliases (*name) are not supported; repeat the value");
        goto done;
    default:
        status = fail_at(from, event->start_mark, "expected a value");
        goto done;
    }
    *node = made;
    made = NULL;
done:
    free_node(made);
    return status;
}

/* Skip the events that open a stream and a document; *first is the document's first event, or the stream's end. */
static og_status open_document(builder *from, yaml_event_t *first)
{
    for (;;) {
        OG_TRY(next_event(from, first));
        if (first->type != YAML_STREAM_START_EVENT && first->type != YAML_DOCUMENT_START_EVENT)
            return OG_OK;
        yaml_event_delete(first);
    }
}

static og_status close_document(builder *from)
{
    for (;;) {
        yaml_event_t event;
        OG_TRY(next_event(from, &event));
        yaml_event_type_t type = event.type;
        yaml_mark_t mark = event.start_mark;
        yaml_event_delete(&event);
        if (type == YAML_STREAM_END_EVENT)
            return OG_OK;
        if (type != YAML_DOCUMENT_END_EVENT)
            return fail_at(from, mark, "a second document begins here; expected one");
    }
}

og_status og__yaml_parse(const char *text, size_t length, const char *name, og__yaml **root)
{
    og_status status = OG_OK;
    char *file = NULL;
    og__yaml *made = NULL;
    yaml_event_t first = {0};
    builder from = {0};
    *root = NULL;
    if (!yaml_parser_initialize(&from.parser))
        return og__fail(OG_ERR_MEMORY, "cannot allocate memory to read '%s'", name);
    yaml_parser_set_input_string(&from.parser, (const unsigned char *)text, length);
    OG_GO(og__copy_text(name, &file));
    from.file = file;
    OG_GO(open_document(&from, &first));
    if (first.type == YAML_STREAM_END_EVENT) {
        OG_GO(og__alloc(1, sizeof *made, &made));
        *made = (og__yaml){.kind = OG_YAML_NULL, .line = 1, .file = file};
    } else {
        OG_GO(build(&from, &first, 0, &made));
        OG_GO(close_document(&from));
    }
    *root = made;
    made = NULL;
    file = NULL;
done:
    free_node(made);
    free(file);
    yaml_event_delete(&first);
    yaml_parser_delete(&from.parser);
    return status;
}

og_status og__yaml_load(const char *path, og__yaml **root)
{
    char *text;
    size_t length;
    *root = NULL;
    OG_TRY(og__file_read(path, &text, &length));
    og_status status = og__yaml_parse(text, length, path, root);
    free(text);
    return status;
}

/* --- reading the tree --------------------------------------------------------------------------------------------- */

og__yaml_kind og__yaml_kind_of(const og__yaml *node)
{
    return node->kind;
}

int og__yaml_line(const og__yaml *node)
{
    return node->line;
}

size_t og__yaml_count(const og__yaml *node)
{
    return node->count;
}

const og__yaml *og__yaml_at(const og__yaml *node, size_t index)
{
    return node->items[index];
}

const og__yaml *og__yaml_key_at(const og__yaml *map, size_t index)
{
    return map->keys[index];
}

const og__yaml *og__yaml_find(const og__yaml *map, const char *name)
{
    for (size_t i = 0; map->kind == OG_YAML_MAP && i < map->count; i++)
        if (strcmp(map->keys[i]->text, name) == 0)
            return map->items[i];
    return NULL;
}

const char *og__yaml_scalar(const og__yaml *node)
{
    return node->text;
}

og_status og__yaml_fail(og_status status, const og__yaml *node, const char *format, ...)
{
    char message[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    return og__fail(status, "%s:%d: %s", node->file, node->line, message);
}

/* What a node is, for "expected X, found Y". */
static void describe(const og__yaml *node, char text[64])
{
    static const char *const kinds[] = {"nothing", "a value", "a list", "a map"};
    if (node->kind == OG_YAML_SCALAR)
        snprintf(text, 64, "'%.40s'", node->text);
    else
        snprintf(text, 64, "%s", kinds[node->kind]);
}

og_status og__yaml_expect(const og__yaml *node, const char *what, og__yaml_kind kind)
{
    static const char *const kinds[] = {"nothing", "a single value", "a list ([a, b] or lines of '- a')",
                                        "a map (lines of 'key: value')"};
    if (node->kind == kind)
        return OG_OK;
    char found[64];
    describe(node, found);
    return og__yaml_fail(OG_ERR_SYNTAX, node, "%s must be %s, found %s", what, kinds[kind], found);
}

og_status og__yaml_text(const og__yaml *node, const char *what, const char **value)
{
    *value = NULL;
    OG_TRY(og__yaml_expect(node, what, OG_YAML_SCALAR));
    *value = node->text;
    return OG_OK;
}

og_status og__yaml_int(const og__yaml *node, const char *what, int64_t min, int64_t max, int64_t *value)
{
    *value = min;
    OG_TRY(og__yaml_expect(node, what, OG_YAML_SCALAR));
    char *end;
    errno = 0;
    long long number = strtoll(node->text, &end, 10);
    if (end == node->text || *end != '\0' || errno != 0 || number < min || number > max)
        return og__yaml_fail(OG_ERR_SYNTAX, node, "%s must be a whole number from %lld to %lld, found '%s'", what,
                             (long long)min, (long long)max, node->text);
    *value = number;
    return OG_OK;
}

og_status og__yaml_real(const og__yaml *node, const char *what, double min, double max, double *value)
{
    *value = min;
    OG_TRY(og__yaml_expect(node, what, OG_YAML_SCALAR));
    char *end;
    double number = strtod(node->text, &end);
    if (end == node->text || *end != '\0' || !(number >= min && number <= max))
        return og__yaml_fail(OG_ERR_SYNTAX, node, "%s must be a number from %g to %g, found '%s'", what, min, max,
                             node->text);
    *value = number;
    return OG_OK;
}

og_status og__yaml_check_keys(const og__yaml *node, const char *what, const char *const *names, size_t count)
{
    OG_TRY(og__yaml_expect(node, what, OG_YAML_MAP));
    for (size_t i = 0; i < node->count; i++) {
        const char *key = node->keys[i]->text;
        size_t known = 0;
        while (known < count && strcmp(names[known], key) != 0)
            known++;
        if (known < count)
            continue;
        og__text list = {0};
        const char *nearest = og__nearest_name(key, names, count);
        for (size_t k = 0; k < count; k++)
            og__text_format(&list, "%s%s", k ? ", " : "", names[k]);
        og_status status = og__yaml_fail(OG_ERR_NAME, node->keys[i], "unknown key '%s' in %s; %s %s%s", key, what,
                                         nearest ? "did you mean" : "known are",
                                         nearest ? nearest : og__text_get(&list), nearest ? "?" : "");
        og__text_deinit(&list);
        return status;
    }
    return OG_OK;
}
