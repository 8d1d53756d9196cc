/* NIfTI-1 and NIfTI-2 volumes through niftilib; the only file that includes it. The header is read and checked here
 * before niftilib sees it, because it prints its complaints, and so are the pixels, because it turns NaN into 0. */
#include "image/reader.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include <nifti2_io.h>
#include <zlib.h>

#include "base/file.h"
#include "base/memory.h"

enum { HEADER1_BYTES = 348, HEADER2_BYTES = 540, EXTENDER_BYTES = 4 };

/* --- pixel types -------------------------------------------------------------------------------------------------- */

#define CONVERT(name, type)                                                                                            \
    static void name(size_t count, const void *src, double slope, double intercept, float *dst)                        \
    {                                                                                                                  \
        const type *values = src;                                                                                      \
        for (size_t i = 0; i < count; i++)                                                                             \
            dst[i] = (float)(slope * (double)values[i] + intercept);                                                   \
    }
CONVERT(convert_u8, uint8_t)
CONVERT(convert_i8, int8_t)
CONVERT(convert_u16, uint16_t)
CONVERT(convert_i16, int16_t)
CONVERT(convert_u32, uint32_t)
CONVERT(convert_i32, int32_t)
CONVERT(convert_u64, uint64_t)
CONVERT(convert_i64, int64_t)
CONVERT(convert_f32, float)
CONVERT(convert_f64, double)
#undef CONVERT

/* The pixel types that are read; colour and complex ones are not. */
static const struct pixel_type {
    int code;
    int bytes;
    void (*convert)(size_t count, const void *src, double slope, double intercept, float *dst);
} pixel_types[] = {
    {DT_UINT8, 1, convert_u8},    {DT_INT8, 1, convert_i8},     {DT_UINT16, 2, convert_u16}, {DT_INT16, 2, convert_i16},
    {DT_UINT32, 4, convert_u32},  {DT_INT32, 4, convert_i32},   {DT_UINT64, 8, convert_u64}, {DT_INT64, 8, convert_i64},
    {DT_FLOAT32, 4, convert_f32}, {DT_FLOAT64, 8, convert_f64},
};

static const struct pixel_type *find_type(int code)
{
    for (size_t i = 0; i < sizeof pixel_types / sizeof pixel_types[0]; i++)
        if (pixel_types[i].code == code)
            return &pixel_types[i];
    return NULL;
}

/* --- header ------------------------------------------------------------------------------------------------------- */

typedef union header {
    nifti_1_header v1;
    nifti_2_header v2;
    unsigned char bytes[HEADER2_BYTES];
} header;

/* Read the first bytes of a file, decompressed when they are gzip, and tell the version: 1, 2, or 0 for no NIfTI;
 * -1 when it is one of two files (.hdr and .img). */
static int sniff(const char *path, header *head)
{
    memset(head, 0, sizeof *head);
    gzFile file = gzopen(path, "rb"); /* reads plain files as they are */
    if (!file)
        return 0;
    int got = gzread(file, head->bytes, HEADER2_BYTES);
    gzclose(file);
    if (got >= HEADER2_BYTES && memcmp(head->v2.magic, "n+2", 4) == 0)
        return 2;
    if (got >= HEADER1_BYTES && memcmp(head->v1.magic, "n+1", 4) == 0)
        return 1;
    bool pair = (got >= HEADER2_BYTES && memcmp(head->v2.magic, "ni2", 4) == 0) ||
                (got >= HEADER1_BYTES && memcmp(head->v1.magic, "ni1", 4) == 0);
    return pair ? -1 : 0;
}

bool og__volume_is(const char *path)
{
    header head;
    return sniff(path, &head) != 0;
}

/* What has to hold before niftilib may see the header. */
static og_status check_header(const char *path, int version, const header *head)
{
    header native = *head;
    int head_bytes = version == 1 ? native.v1.sizeof_hdr : native.v2.sizeof_hdr;
    int expected = version == 1 ? HEADER1_BYTES : HEADER2_BYTES;
    if (head_bytes != expected) {
        swap_nifti_header(&native, version);
        head_bytes = version == 1 ? native.v1.sizeof_hdr : native.v2.sizeof_hdr;
    }
    if (head_bytes != expected)
        return og__fail(OG_ERR_FORMAT, "'%s' has a damaged NIfTI header (its length is not %d)", path, expected);
    int64_t rank = version == 1 ? native.v1.dim[0] : native.v2.dim[0];
    if (rank < 1 || rank > 7)
        return og__fail(OG_ERR_FORMAT, "'%s' has a damaged NIfTI header (%lld dimensions)", path, (long long)rank);
    size_t sizes[7], voxels;
    for (int i = 1; i <= rank; i++) {
        int64_t size = version == 1 ? native.v1.dim[i] : native.v2.dim[i];
        sizes[i - 1] = (size_t)size;
        if (size < 1 || size > INT_MAX)
            return og__fail(OG_ERR_FORMAT, "'%s' has a damaged NIfTI header (dimension %d has the size %lld)", path, i,
                            (long long)size);
    }
    if (og__product(&voxels, (size_t)rank, sizes) != OG_OK || voxels > INT64_MAX / sizeof(double))
        return og__fail(OG_ERR_FORMAT, "'%s' has a damaged NIfTI header (its sizes overflow)", path);
    int code = version == 1 ? native.v1.datatype : native.v2.datatype;
    if (!find_type(code))
        return og__fail(OG_ERR_UNSUPPORTED, "'%s' has pixels of NIfTI type %d (%s); save it as integers or reals first",
                        path, code, nifti_datatype_to_string(code));
    double offset = version == 1 ? (double)native.v1.vox_offset : (double)native.v2.vox_offset;
    if (!(offset >= expected && offset <= 1 << 30))
        return og__fail(OG_ERR_FORMAT, "'%s' has a damaged NIfTI header (pixels begin at byte %g)", path, offset);
    return OG_OK;
}

static og_status parse_header(const char *path, nifti_image **volume)
{
    header head;
    *volume = NULL;
    int version = sniff(path, &head);
    if (version < 0)
        return og__fail(OG_ERR_UNSUPPORTED,
                        "'%s' is one of two NIfTI files (.hdr and .img); save it as one .nii or .nii.gz", path);
    OG_TRY(check_header(path, version, &head));
    *volume = version == 1 ? nifti_convert_n1hdr2nim(head.v1, path) : nifti_convert_n2hdr2nim(head.v2, path);
    return *volume ? OG_OK : og__fail(OG_ERR_FORMAT, "'%s' has a NIfTI header that niftilib refuses", path);
}

/* --- reading ------------------------------------------------------------------------------------------------------ */

typedef struct volume_geo {
    og__geo base;
    nifti_image *volume; /* header only */
} volume_geo;

static void release_geo(og__geo *geo)
{
    volume_geo *owner = (volume_geo *)geo;
    if (owner->volume)
        nifti_image_free(owner->volume);
    free(owner);
}

/* Refuse sizes that the file cannot hold, before memory is claimed for them. */
static og_status check_length(const char *path, const nifti_image *volume, size_t bytes)
{
    enum { DEFLATE_RATIO_MAX = 1032 }; /* zlib's documented bound */
    struct stat info;
    if (stat(path, &info) != 0)
        return og__fail_file("read", path);
    if (bytes / DEFLATE_RATIO_MAX <= (size_t)info.st_size)
        return OG_OK;
    return og__fail(OG_ERR_FORMAT, "'%s' claims %lld voxels, more than a file of %lld bytes can hold", path,
                    (long long)volume->nvox, (long long)info.st_size);
}

static og_status read_pixels(const char *path, const nifti_image *volume, const og_image *image)
{
    og_status status = OG_OK;
    const struct pixel_type *type = find_type(volume->datatype);
    unsigned char *slice = NULL;
    size_t plane = (size_t)image->height * (size_t)image->width;
    size_t slices = (size_t)image->channels * (size_t)image->depth, slice_bytes = plane * (size_t)type->bytes;
    bool scaled = isfinite(volume->scl_slope) && volume->scl_slope != 0 && isfinite(volume->scl_inter);
    double slope = scaled ? volume->scl_slope : 1, intercept = scaled ? volume->scl_inter : 0;
    gzFile file = gzopen(path, "rb");
    if (!file)
        return og__fail_file("open", path);
    OG_GO(og__alloc(slice_bytes, 1, &slice));
    if (gzseek(file, (z_off_t)volume->iname_offset, SEEK_SET) < 0) {
        status = og__fail(OG_ERR_FORMAT, "'%s' is truncated: no pixels", path);
        goto done;
    }
    for (size_t s = 0; s < slices; s++) {
        if (gzfread(slice, 1, slice_bytes, file) != slice_bytes) {
            status = og__fail(OG_ERR_FORMAT, "'%s' is truncated or damaged: slice %zu of %zu cannot be read", path,
                              s + 1, slices);
            goto done;
        }
        if (volume->byteorder != nifti_short_order() && type->bytes > 1)
            nifti_swap_Nbytes((int64_t)plane, type->bytes, slice);
        type->convert(plane, slice, slope, intercept, image->data + s * plane);
    }
done:
    gzclose(file);
    free(slice);
    return status;
}

og_status og__volume_load(const char *path, og_image *image)
{
    og_status status = OG_OK;
    nifti_image *volume;
    volume_geo *geo = NULL;
    size_t bytes;
    OG_TRY(parse_header(path, &volume));
    int64_t channels = volume->nvox / (volume->nx * volume->ny * volume->nz);
    OG_GO(og__product(&bytes, 5,
                      (size_t[]){(size_t)volume->nx, (size_t)volume->ny, (size_t)volume->nz, (size_t)channels,
                                 (size_t)volume->nbyper}));
    OG_GO(check_length(path, volume, bytes));
    OG_GO(og__image_alloc(image, path, channels, volume->nz, volume->ny, volume->nx));
    const double spacing[3] = {volume->dx, volume->dy, volume->dz};
    for (int i = 0; i < 3; i++)
        image->spacing[i] = isfinite(spacing[i]) && spacing[i] != 0 ? fabs(spacing[i]) : 1;
    OG_GO(read_pixels(path, volume, image));
    OG_GO(og__alloc(1, sizeof *geo, &geo));
    *geo = (volume_geo){{OG_GEO_VOLUME, release_geo}, volume};
    image->geo = geo;
    volume = NULL;
done:
    if (volume)
        nifti_image_free(volume);
    return status;
}

/* --- writing ------------------------------------------------------------------------------------------------------ */

/* The header of labels, or of reals in several channels: geometry from `like`, everything about its pixels anew. */
static og_status make_header(const char *path, bool labels, int channels, int depth, int height, int width,
                             const og_image *like, nifti_1_header *head)
{
    const int64_t dims[8] = {channels > 1 ? 4 : 3, width, height, depth, channels, 1, 1, 1};
    int type = labels ? DT_UINT8 : DT_FLOAT32;
    const og__geo *geo = like ? like->geo : NULL;
    if (width > SHRT_MAX || height > SHRT_MAX || depth > SHRT_MAX)
        return og__fail(OG_ERR_UNSUPPORTED, "cannot write '%s': NIfTI-1 holds up to %d pixels a side, not %d x %d x %d",
                        path, SHRT_MAX, width, height, depth);
    nifti_image *volume = geo && geo->kind == OG_GEO_VOLUME ? nifti_copy_nim_info(((const volume_geo *)geo)->volume)
                                                            : nifti_make_new_nim(dims, type, 0);
    if (!volume)
        return og__fail(OG_ERR_MEMORY, "cannot allocate a NIfTI header");
    memcpy(volume->dim, dims, sizeof dims);
    if (!geo || geo->kind != OG_GEO_VOLUME)
        for (int i = 0; like && i < 3; i++)
            volume->pixdim[i + 1] = like->spacing[i];
    nifti_update_dims_from_array(volume);
    volume->datatype = type;
    volume->nbyper = labels ? sizeof(uint8_t) : sizeof(float);
    volume->nifti_type = NIFTI_FTYPE_NIFTI1_1;
    volume->scl_slope = 1;
    volume->scl_inter = 0;
    volume->cal_min = volume->cal_max = 0;
    volume->intent_code = labels ? NIFTI_INTENT_LABEL : NIFTI_INTENT_NONE;
    int failed = nifti_convert_nim2n1hdr(volume, head);
    nifti_image_free(volume);
    if (failed)
        return og__fail(OG_ERR_UNSUPPORTED, "cannot write '%s': its geometry does not fit into a NIfTI-1 header", path);
    head->vox_offset = HEADER1_BYTES + EXTENDER_BYTES;
    memcpy(head->magic, "n+1", 4);
    return OG_OK;
}

static og_status gzip(const unsigned char *src, size_t src_bytes, unsigned char **dst, size_t *dst_bytes)
{
    enum { GZIP_WINDOW_BITS = 15 + 16, MEMORY_LEVEL = 8 };
    og_status status = OG_OK;
    z_stream stream = {0};
    *dst = NULL;
    *dst_bytes = 0;
    if (src_bytes > UINT_MAX / 2)
        return og__fail(OG_ERR_UNSUPPORTED, "cannot compress %zu MB at once; write .nii instead of .nii.gz",
                        src_bytes >> 20);
    if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW_BITS, MEMORY_LEVEL, Z_DEFAULT_STRATEGY) !=
        Z_OK)
        return og__fail(OG_ERR_MEMORY, "cannot allocate memory to compress %zu MB", src_bytes >> 20);
    size_t bound = deflateBound(&stream, (uLong)src_bytes);
    OG_GO(og__alloc(bound, 1, dst));
    stream.next_in = (unsigned char *)src;
    stream.avail_in = (uInt)src_bytes;
    stream.next_out = *dst;
    stream.avail_out = (uInt)bound;
    if (deflate(&stream, Z_FINISH) != Z_STREAM_END)
        status = og__fail(OG_ERR_MEMORY, "cannot compress %zu MB", src_bytes >> 20);
    *dst_bytes = stream.total_out;
done:
    deflateEnd(&stream);
    return status;
}

og_status og__volume_save(const char *path, const uint8_t *labels, const float *reals, int channels, int depth,
                          int height, int width, const og_image *like)
{
    og_status status = OG_OK;
    unsigned char *plain = NULL, *packed = NULL;
    size_t packed_bytes, length = strlen(path);
    size_t voxels = (size_t)channels * (size_t)depth * (size_t)height * (size_t)width;
    size_t pixel_bytes = labels ? voxels : voxels * sizeof *reals;
    size_t plain_bytes = HEADER1_BYTES + EXTENDER_BYTES + pixel_bytes;
    nifti_1_header head;
    OG_GO(make_header(path, labels != NULL, channels, depth, height, width, like, &head));
    OG_GO(og__alloc(plain_bytes, 1, &plain));
    memcpy(plain, &head, HEADER1_BYTES);
    memcpy(plain + HEADER1_BYTES + EXTENDER_BYTES, labels ? (const void *)labels : reals, pixel_bytes);
    if (length > 3 && strcasecmp(path + length - 3, ".gz") == 0) {
        OG_GO(gzip(plain, plain_bytes, &packed, &packed_bytes));
        OG_GO(og__file_write(path, packed, packed_bytes));
    } else {
        OG_GO(og__file_write(path, plain, plain_bytes));
    }
done:
    free(plain);
    free(packed);
    return status;
}
