/* Tensors of real numbers, whatever type the file stores them in, as float32. */
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "format/safetensors.h"

static uint64_t load(const unsigned char *src, int bytes)
{
    uint64_t bits = 0;
    for (int i = bytes - 1; i >= 0; i--)
        bits = bits << 8 | src[i];
    return bits;
}

static float float_of_bits(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static float from_f32(const unsigned char *src)
{
    return float_of_bits((uint32_t)load(src, 4));
}

/* The upper half of a float32. */
static float from_bf16(const unsigned char *src)
{
    return float_of_bits((uint32_t)load(src, 2) << 16);
}

/* IEEE 754 binary16: sign, 5 bits of exponent with a bias of 15, 10 of fraction. */
static float from_f16(const unsigned char *src)
{
    uint32_t half = (uint32_t)load(src, 2), sign = half >> 15, exponent = half >> 10 & 31, fraction = half & 1023;
    if (exponent == 0)
        return ldexpf(sign ? -(float)fraction : (float)fraction, -24);
    exponent = exponent == 31 ? 255 : exponent + 127 - 15;
    return float_of_bits(sign << 31 | exponent << 23 | fraction << 13);
}

static float from_f64(const unsigned char *src)
{
    uint64_t bits = load(src, 8);
    double value;
    memcpy(&value, &bits, sizeof value);
    return (float)value;
}

static const struct {
    og__dtype dtype;
    int bytes;
    float (*read)(const unsigned char *src);
} kinds[] = {{OG_DTYPE_F32, 4, from_f32},
             {OG_DTYPE_F16, 2, from_f16},
             {OG_DTYPE_BF16, 2, from_bf16},
             {OG_DTYPE_F64, 8, from_f64}};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

og_status og__safetensors_expect_reals(const og__safetensors *file, const char *name, int rank, const int64_t *shape,
                                       const og__tensor **found)
{
    const og__tensor *tensor = og__safetensors_find(file, name);
    bool real = false;
    for (int i = 0; tensor && i < KINDS; i++)
        real = real || tensor->dtype == kinds[i].dtype;
    if (tensor && !real)
        return og__fail(OG_ERR_FORMAT, "%s: tensor '%s' is of type %s; F32, F16, BF16 and F64 are taken",
                        og__safetensors_path(file), name, og__dtype_name(tensor->dtype));
    return og__safetensors_expect(file, name, tensor ? tensor->dtype : OG_DTYPE_F32, rank, shape, found);
}

og_status og__safetensors_read_reals(const og__safetensors *file, const char *name, int rank, const int64_t *shape,
                                     float *dst)
{
    const og__tensor *tensor;
    size_t count = 1;
    int kind = 0;
    OG_TRY(og__safetensors_expect_reals(file, name, rank, shape, &tensor));
    for (int i = 0; i < rank; i++)
        count *= (size_t)shape[i];
    while (kinds[kind].dtype != tensor->dtype)
        kind++;
    const unsigned char *src = tensor->data;
    for (size_t i = 0; i < count; i++)
        dst[i] = kinds[kind].read(src + i * (size_t)kinds[kind].bytes);
    return OG_OK;
}
