/* Objects of label images as lists: CSV, and GeoJSON with their boxes. */
#include "image/objects.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <ogive/score.h>

#include "base/file.h"
#include "base/text.h"
#include "image/reader.h"

static const char *name_of(const og__target_spec *spec, int class_index)
{
    return spec->class_names && class_index < spec->class_count ? spec->class_names[class_index] : "";
}

/* In quotes, as CSV and JSON have it. */
static void add_quoted(og__text *text, const char *value, bool json)
{
    og__text_add(text, "\"");
    for (; *value; value++) {
        if (*value == '"')
            og__text_add(text, json ? "\\\"" : "\"\"");
        else if (json && *value == '\\')
            og__text_add(text, "\\\\");
        else if (json && (unsigned char)*value < ' ')
            og__text_format(text, "\\u%04x", *value);
        else
            og__text_add_bytes(text, value, 1);
    }
    og__text_add(text, "\"");
}

static void add_csv(og__text *text, const og__target_spec *spec, const og_object *objects, size_t count)
{
    og__text_add(text, "object,class,name,pixels,x_min,y_min,z_min,x_max,y_max,z_max,x_centre,y_centre,z_centre\n");
    for (size_t i = 0; i < count; i++) {
        const og_object *o = &objects[i];
        og__text_format(text, "%zu,%d,", i + 1, o->class_index);
        add_quoted(text, name_of(spec, o->class_index), false);
        og__text_format(text, ",%lld,%d,%d,%d,%d,%d,%d,%.9g,%.9g,%.9g\n", (long long)o->pixels, o->first[0],
                        o->first[1], o->first[2], o->last[0] + 1, o->last[1] + 1, o->last[2] + 1, o->centre[0],
                        o->centre[1], o->centre[2]);
    }
}

/* The corners of a box on the map, around it. */
static void add_ring(og__text *text, const og__geo *geo, const og_object *o)
{
    const double xs[2] = {o->first[0], o->last[0] + 1}, ys[2] = {o->first[1], o->last[1] + 1};
    static const int corners[5][2] = {{0, 1}, {1, 1}, {1, 0}, {0, 0}, {0, 1}};
    for (int i = 0; i < 5; i++) {
        double at[2] = {xs[corners[i][0]], ys[corners[i][1]]};
        og__raster_map(geo, at);
        og__text_format(text, "%s[%.15g, %.15g]", i > 0 ? ", " : "", at[0], at[1]);
    }
}

static void add_geojson(og__text *text, const og__target_spec *spec, const og_object *objects, size_t count)
{
    const og__geo *geo = spec->like ? spec->like->geo : NULL;
    char crs[64];
    og__raster_crs(geo, sizeof crs, crs);
    og__text_add(text, "{\"type\": \"FeatureCollection\",\n");
    if (crs[0])
        og__text_format(text, "\"crs\": {\"type\": \"name\", \"properties\": {\"name\": \"%s\"}},\n", crs);
    og__text_add(text, "\"features\": [");
    for (size_t i = 0; i < count; i++) {
        const og_object *o = &objects[i];
        double centre[2] = {o->centre[0], o->centre[1]};
        og__raster_map(geo, centre);
        og__text_format(text, "%s\n{\"type\": \"Feature\", \"properties\": {\"object\": %zu, \"class\": %d, \"name\": ",
                        i > 0 ? "," : "", i + 1, o->class_index);
        add_quoted(text, name_of(spec, o->class_index), true);
        og__text_format(text, ", \"pixels\": %lld, \"box\": [%d, %d, %d, %d], \"centre\": [%.15g, %.15g]}, ",
                        (long long)o->pixels, o->first[0], o->first[1], o->last[0] + 1, o->last[1] + 1, centre[0],
                        centre[1]);
        og__text_add(text, "\"geometry\": {\"type\": \"Polygon\", \"coordinates\": [[");
        add_ring(text, geo, o);
        og__text_add(text, "]]}}");
    }
    og__text_add(text, "\n]}\n");
}

og_status og__objects_save(const char *path, const uint8_t *labels, const og__target_spec *spec, int64_t *written)
{
    og_status status = OG_OK;
    og_object *objects = NULL;
    size_t count, length = strlen(path);
    og__text text = {0};
    OG_GO(og_objects_find(spec->depth, spec->height, spec->width, labels, true, 1, NULL, &objects, &count));
    if (length > 4 && strcasecmp(path + length - 4, ".csv") == 0)
        add_csv(&text, spec, objects, count);
    else
        add_geojson(&text, spec, objects, count);
    OG_GO(og__text_status(&text));
    OG_GO(og__file_write(path, text.data, text.length));
    *written = (int64_t)count;
done:
    og__text_deinit(&text);
    free(objects);
    return status;
}
