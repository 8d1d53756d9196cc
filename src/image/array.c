/* Arrays as NumPy saves them (.npy, format versions 1 to 3): a header in Python's notation, then the values.
 * Source: numpy.lib.format in NumPy's documentation. */
#include "image/reader.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/memory.h"

enum { MAGIC_BYTES = 6, RANK_MAX = 4, HEADER_MAX = 65536, COLOURS_MAX = 4, CHUNK = 65536 };
static const unsigned char magic[MAGIC_BYTES] = {0x93, 'N', 'U', 'M', 'P', 'Y'};

typedef struct header {
    char kind;   /* of a value: 'b', 'u', 'i' or 'f' */
    int bytes;   /* of a value */
    bool swap;   /* the other byte order than this machine's */
    bool column; /* the first index is the fastest (Fortran) */
    int rank;
    int64_t shape[RANK_MAX];
} header;

/* --- values ------------------------------------------------------------------------------------------------------- */

/* IEEE 754 binary16. */
static double half(uint16_t bits)
{
    int exponent = bits >> 10 & 31, mantissa = bits & 1023;
    double size = exponent == 0    ? ldexp(mantissa, -24)
                  : exponent == 31 ? (mantissa ? NAN : INFINITY)
                                   : ldexp(1024 + mantissa, exponent - 25);
    return bits & 0x8000 ? -size : size;
}

#define READ(name, type)                                                                                               \
    static double name(const unsigned char *src)                                                                       \
    {                                                                                                                  \
        type value;                                                                                                    \
        memcpy(&value, src, sizeof value);                                                                             \
        return (double)value;                                                                                          \
    }
READ(read_u8, uint8_t)
READ(read_i8, int8_t)
READ(read_u16, uint16_t)
READ(read_i16, int16_t)
READ(read_u32, uint32_t)
READ(read_i32, int32_t)
READ(read_u64, uint64_t)
READ(read_i64, int64_t)
READ(read_f32, float)
READ(read_f64, double)
#undef READ

static double read_f16(const unsigned char *src)
{
    uint16_t bits;
    memcpy(&bits, src, sizeof bits);
    return half(bits);
}

static const struct value_type {
    char kind;
    int bytes;
    double (*read)(const unsigned char *src);
} value_types[] = {
    {'b', 1, read_u8},  {'u', 1, read_u8},  {'i', 1, read_i8},  {'u', 2, read_u16},
    {'i', 2, read_i16}, {'u', 4, read_u32}, {'i', 4, read_i32}, {'u', 8, read_u64},
    {'i', 8, read_i64}, {'f', 2, read_f16}, {'f', 4, read_f32}, {'f', 8, read_f64},
};

static const struct value_type *find_type(const header *head)
{
    for (size_t i = 0; i < sizeof value_types / sizeof value_types[0]; i++)
        if (value_types[i].kind == head->kind && value_types[i].bytes == head->bytes)
            return &value_types[i];
    return NULL;
}

/* --- the header --------------------------------------------------------------------------------------------------- */

bool og__array_is(const char *path)
{
    unsigned char first[MAGIC_BYTES];
    FILE *file = fopen(path, "rb");
    if (!file)
        return false;
    bool found = fread(first, 1, sizeof first, file) == sizeof first && memcmp(first, magic, sizeof first) == 0;
    fclose(file);
    return found;
}

static og_status fail_damaged(const char *path, const char *what)
{
    return og__fail(OG_ERR_FORMAT, "'%s' has a damaged NPY header (%s)", path, what);
}

/* What stands behind "'key': ", or NULL. */
static const char *find_entry(const char *text, const char *key)
{
    const char *at = strstr(text, key);
    if (!at)
        return NULL;
    at += strlen(key);
    at += strspn(at, "'\" ");
    return *at == ':' ? at + 1 + strspn(at + 1, " ") : NULL;
}

static og_status parse_type(const char *path, const char *text, header *head)
{
    const unsigned one = 1;
    bool little = *(const unsigned char *)&one == 1;
    char quote = *text, order = quote ? text[1] : '\0';
    if ((quote != '\'' && quote != '"') || !strchr("<>|=", order) || !order)
        return og__fail(OG_ERR_UNSUPPORTED, "'%s' holds records, not numbers; save one field as an array of its own",
                        path);
    head->kind = text[2];
    head->bytes = head->kind ? atoi(text + 3) : 0;
    head->swap = (order == '<' && !little) || (order == '>' && little);
    if (!find_type(head))
        return og__fail(OG_ERR_UNSUPPORTED, "'%s' holds values of NumPy type '%.3s'; save integers or reals", path,
                        text + 1);
    return OG_OK;
}

static og_status parse_shape(const char *path, const char *text, header *head)
{
    if (*text != '(')
        return fail_damaged(path, "no shape");
    for (text++; *text != ')'; text += strspn(text, ", ")) {
        char *end;
        long long size = strtoll(text, &end, 10);
        if (end == text)
            return fail_damaged(path, "its shape is no list of numbers");
        if (head->rank == RANK_MAX)
            return og__fail(OG_ERR_UNSUPPORTED, "'%s' has more than %d dimensions", path, RANK_MAX);
        if (size < 1 || size > INT_MAX)
            return og__fail(OG_ERR_FORMAT, "'%s' claims a dimension of %lld", path, size);
        head->shape[head->rank++] = size;
        text = end;
    }
    return head->rank >= 2 ? OG_OK
                           : og__fail(OG_ERR_UNSUPPORTED, "'%s' has %d dimensions; an image has 2 to %d", path,
                                      head->rank, RANK_MAX);
}

/* Read the header; *begin is where the values begin. */
static og_status read_header(const char *path, FILE *file, header *head, long *begin)
{
    og_status status = OG_OK;
    unsigned char front[12] = {0};
    char *text = NULL;
    *head = (header){0};
    if (fread(front, 1, 10, file) != 10)
        return fail_damaged(path, "too short");
    size_t length = front[8] | (size_t)front[9] << 8;
    if (front[6] >= 2) {
        if (fread(front + 10, 1, 2, file) != 2)
            return fail_damaged(path, "too short");
        length |= (size_t)front[10] << 16 | (size_t)front[11] << 24;
    }
    if (length > HEADER_MAX)
        return fail_damaged(path, "too long");
    OG_GO(og__alloc(length + 1, 1, &text));
    if (fread(text, 1, length, file) != length) {
        status = fail_damaged(path, "too short");
        goto done;
    }
    *begin = (front[6] >= 2 ? 12 : 10) + (long)length;
    const char *type = find_entry(text, "descr"), *order = find_entry(text, "fortran_order"),
               *shape = find_entry(text, "shape");
    if (!type || !order || !shape) {
        status = fail_damaged(path, "descr, fortran_order or shape is missing");
        goto done;
    }
    head->column = strncmp(order, "True", 4) == 0;
    OG_GO(parse_type(path, type, head));
    OG_GO(parse_shape(path, shape, head));
done:
    free(text);
    return status;
}

/* --- pixels ------------------------------------------------------------------------------------------------------- */

/* Which axis of the array each of C, D, H, W is; -1: there is none. */
typedef struct axes {
    int of[4];
} axes;

/* (H, W); (H, W, C) where C <= 4; (C, H, W) where C <= 4; (D, H, W); (D, H, W, C) where C <= 4; (C, D, H, W). */
static axes guess_axes(const header *head)
{
    bool last = head->shape[head->rank - 1] <= COLOURS_MAX, first = head->shape[0] <= COLOURS_MAX;
    if (head->rank == 2)
        return (axes){{-1, -1, 0, 1}};
    if (head->rank == 3)
        return last ? (axes){{2, -1, 0, 1}} : first ? (axes){{0, -1, 1, 2}} : (axes){{-1, 0, 1, 2}};
    return last ? (axes){{3, 0, 1, 2}} : (axes){{0, 1, 2, 3}};
}

/* Refuse sizes that the file does not hold, before memory is claimed for them. */
static og_status check_length(const char *path, const header *head, long begin)
{
    struct stat info;
    size_t sizes[RANK_MAX + 1] = {(size_t)head->bytes}, bytes;
    for (int i = 0; i < head->rank; i++)
        sizes[i + 1] = (size_t)head->shape[i];
    if (stat(path, &info) != 0)
        return og__fail_file("read", path);
    if (og__product(&bytes, (size_t)head->rank + 1, sizes) == OG_OK && info.st_size >= begin &&
        bytes <= (size_t)(info.st_size - begin))
        return OG_OK;
    return og__fail(OG_ERR_FORMAT, "'%s' is truncated: it claims more values than its %lld bytes hold", path,
                    (long long)info.st_size);
}

/* Read the values in the order of the file, and put each where it belongs. */
static og_status read_values(const char *path, FILE *file, const header *head, const axes *where, const og_image *image)
{
    og_status status = OG_OK;
    const struct value_type *type = find_type(head);
    const int64_t extents[4] = {image->channels, image->depth, image->height, image->width};
    int64_t strides[RANK_MAX] = {0}, at[RANK_MAX] = {0}, count = 1, stride = 1;
    unsigned char *chunk;
    for (int i = 3; i >= 0; stride *= extents[i--])
        if (where->of[i] >= 0)
            strides[where->of[i]] = stride;
    for (int i = 0; i < head->rank; i++)
        count *= head->shape[i];
    OG_TRY(og__alloc(CHUNK, (size_t)head->bytes, &chunk));
    for (int64_t done = 0; done < count;) {
        size_t here = count - done < CHUNK ? (size_t)(count - done) : CHUNK;
        if (fread(chunk, (size_t)head->bytes, here, file) != here) {
            status = og__fail(OG_ERR_FORMAT, "'%s' is truncated or cannot be read", path);
            break;
        }
        for (size_t i = 0; i < here; i++) {
            unsigned char *value = chunk + i * (size_t)head->bytes;
            int64_t target = 0;
            for (int b = 0; head->swap && b < head->bytes / 2; b++) {
                unsigned char spare = value[b];
                value[b] = value[head->bytes - 1 - b];
                value[head->bytes - 1 - b] = spare;
            }
            for (int axis = 0; axis < head->rank; axis++)
                target += at[axis] * strides[axis];
            image->data[target] = (float)type->read(value);
            for (int step = 0; step < head->rank; step++) { /* the next index, in the order of the file */
                int axis = head->column ? step : head->rank - 1 - step;
                if (++at[axis] < head->shape[axis])
                    break;
                at[axis] = 0;
            }
        }
        done += (int64_t)here;
    }
    free(chunk);
    return status;
}

og_status og__array_load(const char *path, og_image *image)
{
    og_status status = OG_OK;
    header head;
    long begin = 0;
    int64_t sizes[4];
    FILE *file = fopen(path, "rb");
    if (!file)
        return og__fail_file("open", path);
    OG_GO(read_header(path, file, &head, &begin));
    OG_GO(check_length(path, &head, begin));
    const axes where = guess_axes(&head);
    for (int i = 0; i < 4; i++)
        sizes[i] = where.of[i] < 0 ? 1 : head.shape[where.of[i]];
    OG_GO(og__image_alloc(image, path, sizes[0], sizes[1], sizes[2], sizes[3]));
    OG_GO(read_values(path, file, &head, &where, image));
done:
    fclose(file);
    return status;
}
