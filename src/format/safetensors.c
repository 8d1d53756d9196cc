#include "format/safetensors.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/writer.h"
#include "format/json.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "data is written and read without swapping bytes");

enum { LENGTH_BYTES = 8, HEADER_BYTES_MAX = 100000000 };

static const char metadata_key[] = "__metadata__";

static const struct {
    const char *name;
    size_t bytes;
} dtypes[OG_DTYPE_COUNT] = {
#define OG_DTYPE_ROW(name, bytes) {#name, bytes},
    OG_DTYPES(OG_DTYPE_ROW)
#undef OG_DTYPE_ROW
};

/* product(shape) * element size */
const char *og__dtype_name(og__dtype dtype)
{
    return dtypes[dtype].name;
}

static og_status tensor_bytes(og__dtype dtype, int rank, const int64_t *shape, size_t *bytes)
{
    size_t factors[OG_TENSOR_RANK_MAX + 1] = {dtypes[dtype].bytes};
    for (int i = 0; i < rank; i++)
        factors[i + 1] = (size_t)shape[i];
    return og__product(bytes, (size_t)rank + 1, factors);
}

/* --- writing --- */

/* Widest element type first, so that every tensor is aligned; then by name. */
static int compare_for_writing(const void *a, const void *b)
{
    const og__tensor *x = *(const og__tensor *const *)a, *y = *(const og__tensor *const *)b;
    if (dtypes[x->dtype].bytes != dtypes[y->dtype].bytes)
        return dtypes[x->dtype].bytes > dtypes[y->dtype].bytes ? -1 : 1;
    return strcmp(x->name, y->name);
}

static og_status describe_metadata(json_t *header, const og__metadata *metadata, size_t count)
{
    if (count == 0)
        return OG_OK;
    json_t *texts = json_object();
    OG_TRY(og__json_set(header, metadata_key, texts));
    for (size_t i = 0; i < count; i++)
        OG_TRY(og__json_set(texts, metadata[i].key, og__json_string(metadata[i].value)));
    return OG_OK;
}

static og_status describe_tensor(json_t *header, const og__tensor *tensor, size_t *offset)
{
    size_t bytes;
    if (json_object_get(header, tensor->name) || strcmp(tensor->name, metadata_key) == 0)
        return og__fail(OG_ERR_ARGUMENT, "two tensors cannot both be called '%s' in one file", tensor->name);
    OG_TRY(tensor_bytes(tensor->dtype, tensor->rank, tensor->shape, &bytes));
    json_t *row = json_pack("{s:s, s:[], s:[I,I]}", "dtype", dtypes[tensor->dtype].name, "shape", "data_offsets",
                            (json_int_t)*offset, (json_int_t)(*offset + bytes));
    OG_TRY(og__json_set(header, tensor->name, row));
    for (int i = 0; i < tensor->rank; i++)
        OG_TRY(og__json_append(json_object_get(row, "shape"), json_integer(tensor->shape[i])));
    *offset += bytes;
    return OG_OK;
}

static og_status describe(const og__tensor *const *order, size_t count, const og__metadata *metadata,
                          size_t metadata_count, og__text *text)
{
    og_status status = OG_OK;
    char *line = NULL;
    size_t offset = 0;
    json_t *header = json_object();
    OG_GO(describe_metadata(header, metadata, metadata_count));
    for (size_t i = 0; i < count; i++)
        OG_GO(describe_tensor(header, order[i], &offset));
    OG_GO(og__json_line(header, &line));
    og__text_add(text, line);
    while (text->length % 8 != 0 && og__text_status(text) == OG_OK)
        og__text_add(text, " ");
    status = og__text_status(text);
done:
    free(line);
    json_decref(header);
    return status;
}

og_status og__safetensors_save(const char *path, const og__tensor *tensors, size_t count, const og__metadata *metadata,
                               size_t metadata_count)
{
    og_status status = OG_OK;
    const og__tensor **order = NULL;
    og__writer *writer = NULL;
    og__text header = {0};
    OG_GO(og__alloc(count, sizeof *order, &order));
    for (size_t i = 0; i < count; i++)
        order[i] = &tensors[i];
    qsort(order, count, sizeof *order, compare_for_writing);
    OG_GO(describe(order, count, metadata, metadata_count, &header));

    uint64_t length = header.length;
    OG_GO(og__writer_open(path, &writer));
    OG_GO(og__writer_add(writer, &length, sizeof length));
    OG_GO(og__writer_add(writer, header.data, header.length));
    for (size_t i = 0; i < count; i++) {
        size_t bytes;
        OG_GO(tensor_bytes(order[i]->dtype, order[i]->rank, order[i]->shape, &bytes));
        OG_GO(og__writer_add(writer, order[i]->data, bytes));
    }
    OG_GO(og__writer_commit(writer));
done:
    og__writer_close(writer);
    og__text_deinit(&header);
    free(order);
    return status;
}

/* --- reading --- */

typedef struct span {
    size_t begin, end; /* in bytes from the start of the data */
    og__tensor tensor;
} span;

struct og__safetensors {
    char *path;
    char *content; /* the whole file */
    json_t *header;
    span *spans; /* (count) by begin */
    size_t count;
};

static og_status read_shape(const json_t *row, og__tensor *tensor)
{
    json_t *shape;
    OG_TRY(og__json_get(row, "shape", JSON_ARRAY, &shape));
    if (json_array_size(shape) > OG_TENSOR_RANK_MAX)
        return og__fail(OG_ERR_FORMAT, "it has %zu dimensions; at most %d can be read", json_array_size(shape),
                        OG_TENSOR_RANK_MAX);
    tensor->rank = (int)json_array_size(shape);
    for (int i = 0; i < tensor->rank; i++) {
        const json_t *size = json_array_get(shape, (size_t)i);
        if (!json_is_integer(size) || json_integer_value(size) < 0)
            return og__fail(OG_ERR_FORMAT, "a size in \"shape\" is not an integer >= 0");
        tensor->shape[i] = json_integer_value(size);
    }
    return OG_OK;
}

static og_status read_dtype(const json_t *row, og__dtype *dtype)
{
    const char *name;
    OG_TRY(og__json_get_text(row, "dtype", &name));
    for (*dtype = 0; *dtype < OG_DTYPE_COUNT; (*dtype)++)
        if (strcmp(name, dtypes[*dtype].name) == 0)
            return OG_OK;
    return og__fail(OG_ERR_FORMAT, "its element type \"%s\" is unknown", name);
}

static og_status read_span(const json_t *row, size_t data_bytes, span *made)
{
    json_t *offsets;
    size_t bytes;
    OG_TRY(read_dtype(row, &made->tensor.dtype));
    OG_TRY(read_shape(row, &made->tensor));
    OG_TRY(og__json_get(row, "data_offsets", JSON_ARRAY, &offsets));
    json_int_t begin = json_integer_value(json_array_get(offsets, 0));
    json_int_t end = json_integer_value(json_array_get(offsets, 1));
    if (json_array_size(offsets) != 2 || !json_is_integer(json_array_get(offsets, 0)) ||
        !json_is_integer(json_array_get(offsets, 1)) || begin < 0 || end < begin || (uint64_t)end > data_bytes)
        return og__fail(OG_ERR_FORMAT, "its \"data_offsets\" are no range within the %zu bytes of data", data_bytes);
    made->begin = (size_t)begin;
    made->end = (size_t)end;
    if (tensor_bytes(made->tensor.dtype, made->tensor.rank, made->tensor.shape, &bytes) != OG_OK ||
        bytes != made->end - made->begin)
        return og__fail(OG_ERR_FORMAT, "its type and shape do not give the %zu bytes of its \"data_offsets\"",
                        made->end - made->begin);
    return OG_OK;
}

/* By place; an empty tensor stands before the one that begins where it does. */
static int compare_spans(const void *a, const void *b)
{
    const span *x = a, *y = b;
    if (x->begin != y->begin)
        return x->begin < y->begin ? -1 : 1;
    return x->end < y->end ? -1 : x->end > y->end;
}

static og_status check_cover(const og__safetensors *file, size_t data_bytes)
{
    size_t at = 0;
    for (size_t i = 0; i < file->count; i++) {
        if (file->spans[i].begin != at)
            return og__fail(OG_ERR_FORMAT,
                            "%s: tensor '%s' begins at byte %zu of the data, not at %zu where the one "
                            "before it ends",
                            file->path, file->spans[i].tensor.name, file->spans[i].begin, at);
        at = file->spans[i].end;
    }
    if (at != data_bytes)
        return og__fail(OG_ERR_FORMAT, "%s: %zu bytes after the last tensor belong to none", file->path,
                        data_bytes - at);
    return OG_OK;
}

static og_status read_header(og__safetensors *file, size_t content_bytes, size_t *data_at)
{
    uint64_t length;
    if (content_bytes < LENGTH_BYTES)
        return og__fail(OG_ERR_FORMAT, "%s: not a safetensors file: it has only %zu bytes", file->path, content_bytes);
    memcpy(&length, file->content, sizeof length);
    if (length > HEADER_BYTES_MAX || length > content_bytes - LENGTH_BYTES)
        return og__fail(OG_ERR_FORMAT,
                        "%s: not a safetensors file, or cut short: a header of %llu bytes does not fit "
                        "into its %zu bytes",
                        file->path, (unsigned long long)length, content_bytes);
    if (length == 0 || file->content[LENGTH_BYTES] != '{')
        return og__fail(OG_ERR_FORMAT, "%s: not a safetensors file: its header does not begin with '{'", file->path);
    *data_at = LENGTH_BYTES + (size_t)length;
    return og__json_parse(file->content + LENGTH_BYTES, (size_t)length, file->path, &file->header);
}

static og_status check_metadata(const og__safetensors *file)
{
    json_t *texts = json_object_get(file->header, metadata_key), *value;
    const char *key;
    if (texts && !json_is_object(texts))
        return og__fail(OG_ERR_FORMAT, "%s: \"__metadata__\" is no object", file->path);
    json_object_foreach(texts, key, value)
        if (!json_is_string(value))
            return og__fail(OG_ERR_FORMAT, "%s: the metadata of \"%s\" is no text", file->path, key);
    return OG_OK;
}

static og_status read_tensors(og__safetensors *file, size_t data_at, size_t data_bytes)
{
    json_t *row;
    const char *name;
    OG_TRY(check_metadata(file));
    OG_TRY(og__alloc(json_object_size(file->header), sizeof *file->spans, &file->spans));
    json_object_foreach(file->header, name, row) {
        if (strcmp(name, metadata_key) == 0)
            continue;
        span *made = &file->spans[file->count++];
        made->tensor.name = name;
        og_status status = read_span(row, data_bytes, made);
        if (status != OG_OK)
            return og__fail_in(status, "%s: tensor '%s'", file->path, name);
        made->tensor.data = file->content + data_at + made->begin;
    }
    qsort(file->spans, file->count, sizeof *file->spans, compare_spans);
    return check_cover(file, data_bytes);
}

og_status og__safetensors_load(const char *path, og__safetensors **file)
{
    og_status status = OG_OK;
    og__safetensors *made;
    size_t content_bytes, data_at = 0;
    *file = NULL;
    OG_TRY(og__alloc(1, sizeof *made, &made));
    OG_GO(og__copy_text(path, &made->path));
    OG_GO(og__file_read(path, &made->content, &content_bytes));
    OG_GO(read_header(made, content_bytes, &data_at));
    OG_GO(read_tensors(made, data_at, content_bytes - data_at));
    *file = made;
    made = NULL;
done:
    og__safetensors_free(made);
    return status;
}

void og__safetensors_free(og__safetensors *file)
{
    if (!file)
        return;
    json_decref(file->header);
    free(file->spans);
    free(file->content);
    free(file->path);
    free(file);
}

const char *og__safetensors_path(const og__safetensors *file)
{
    return file->path;
}

size_t og__safetensors_count(const og__safetensors *file)
{
    return file->count;
}

const og__tensor *og__safetensors_at(const og__safetensors *file, size_t index)
{
    return &file->spans[index].tensor;
}

const og__tensor *og__safetensors_find(const og__safetensors *file, const char *name)
{
    for (size_t i = 0; i < file->count; i++)
        if (strcmp(file->spans[i].tensor.name, name) == 0)
            return &file->spans[i].tensor;
    return NULL;
}

const char *og__safetensors_metadata(const og__safetensors *file, const char *key)
{
    return json_string_value(json_object_get(json_object_get(file->header, metadata_key), key));
}

static void format_shape(og__text *text, og__dtype dtype, int rank, const int64_t *shape)
{
    og__text_format(text, "%s[", dtypes[dtype].name);
    for (int i = 0; i < rank; i++)
        og__text_format(text, "%s%lld", i ? ", " : "", (long long)shape[i]);
    og__text_add(text, "]");
}

og_status og__safetensors_expect(const og__safetensors *file, const char *name, og__dtype dtype, int rank,
                                 const int64_t *shape, const og__tensor **found)
{
    const og__tensor *tensor = *found = og__safetensors_find(file, name);
    if (!tensor)
        return og__fail(OG_ERR_FORMAT, "%s: there is no tensor '%s'", file->path, name);
    if (tensor->dtype != dtype || tensor->rank != rank ||
        memcmp(tensor->shape, shape, (size_t)rank * sizeof *shape) != 0) {
        og__text here = {0}, expected = {0};
        format_shape(&here, tensor->dtype, tensor->rank, tensor->shape);
        format_shape(&expected, dtype, rank, shape);
        og_status status = og__fail(OG_ERR_FORMAT, "%s: tensor '%s' is %s; %s is expected", file->path, name,
                                    og__text_get(&here), og__text_get(&expected));
        og__text_deinit(&here);
        og__text_deinit(&expected);
        return status;
    }
    return OG_OK;
}

og_status og__safetensors_read(const og__safetensors *file, const char *name, og__dtype dtype, int rank,
                               const int64_t *shape, void *dst)
{
    const og__tensor *tensor;
    size_t bytes;
    OG_TRY(og__safetensors_expect(file, name, dtype, rank, shape, &tensor));
    OG_TRY(tensor_bytes(dtype, rank, shape, &bytes));
    memcpy(dst, tensor->data, bytes);
    return OG_OK;
}
