#include "predict/case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "data/entries.h"
#include "data/mask.h"

/* "FOLDER/CASE_0002.nii.gz" of "FOLDER/CASE_0000.nii.gz" and 2; NULL where that is no first file of a case. */
static og_status channel_path(const char *first, int channel, char **path)
{
    og_status status = OG_OK;
    char *stem;
    size_t length;
    int found;
    const char *name = og__path_name(first);
    *path = NULL;
    OG_TRY(og__stem_of(name, &stem));
    if (og__cut_channel(stem, &length, &found) && found == 0) {
        og__text text = {0};
        og__text_format(&text, "%.*s%.*s_%04d%s", (int)(name - first), first, (int)length, name, channel,
                        name + strlen(stem));
        status = og__text_status(&text);
        *path = text.data;
    }
    free(stem);
    return status;
}

og_status og__case_count(const char *path, int channels, size_t *count)
{
    og__stream *stream;
    char *next;
    *count = 1;
    OG_TRY(channel_path(path, 1, &next));
    bool more = next && og__file_exists(next);
    free(next);
    if (!more)
        return OG_OK;
    OG_TRY(og__stream_open(path, &stream));
    int own = og__stream_image(stream)->channels;
    og__stream_close(stream);
    if (own < channels && channels % own == 0)
        *count = (size_t)(channels / own);
    return OG_OK;
}

/* Takes the path over. */
static og_status add_file(og__case *opened, char *path)
{
    opened->paths[opened->count] = path;
    OG_TRY(og__stream_open(path, &opened->streams[opened->count++]));
    const og_image *image = og__stream_image(opened->streams[opened->count - 1]), *all = &opened->image;
    if (opened->count == 1) {
        opened->image = *image;
        opened->image.data = NULL;
        return OG_OK;
    }
    if (image->depth != all->depth || image->height != all->height || image->width != all->width)
        return og__fail(OG_ERR_SHAPE, "'%s' is %d x %d x %d but '%s', which belongs to it, is %d x %d x %d",
                        opened->paths[0], all->width, all->height, all->depth, path, image->width, image->height,
                        image->depth);
    opened->image.channels += image->channels;
    return OG_OK;
}

static og_status add_channels(og__case *opened, int channels)
{
    const char *first = opened->paths[0];
    while (opened->image.channels < channels) {
        char *path;
        OG_TRY(channel_path(first, (int)opened->count, &path));
        if (!path)
            return OG_OK; /* too few channels in a single file: whoever runs the network says so */
        if (!og__file_exists(path)) {
            og_status status = og__fail(OG_ERR_FILE,
                                        "'%s' has %d of the %d channels that the network takes, and there is no '%s' "
                                        "beside it",
                                        first, opened->image.channels, channels, og__path_name(path));
            free(path);
            return status;
        }
        OG_TRY(add_file(opened, path));
    }
    return OG_OK;
}

og_status og__case_open(const char *path, int channels, og__case *opened)
{
    og_status status = OG_OK;
    size_t most = channels > 1 ? (size_t)channels : 1;
    char *copy;
    *opened = (og__case){0};
    OG_GO(og__alloc(most, sizeof(og__stream *), &opened->streams));
    OG_GO(og__alloc(most, sizeof(char *), &opened->paths));
    OG_GO(og__copy_text(path, &copy));
    OG_GO(add_file(opened, copy));
    OG_GO(add_channels(opened, channels));
done:
    if (status != OG_OK)
        og__case_close(opened);
    return status;
}

void og__case_close(og__case *opened)
{
    for (size_t i = 0; i < opened->count; i++) {
        og__stream_close(opened->streams[i]);
        free(opened->paths[i]);
    }
    free(opened->streams);
    free(opened->paths);
    *opened = (og__case){0};
}

og_status og__case_load(const og__case *opened, og_image *image)
{
    return og__images_load((const char *const *)opened->paths, opened->count, image);
}

og_status og__case_read(const og__case *opened, int page, int y, int x, int h, int w, float *dst)
{
    for (size_t i = 0; i < opened->count; i++) {
        OG_TRY(og__stream_read(opened->streams[i], page, y, x, h, w, dst));
        dst += (size_t)og__stream_image(opened->streams[i])->channels * (size_t)h * (size_t)w;
    }
    return OG_OK;
}

bool og__case_has_gaps(const og__case *opened)
{
    bool gaps = false;
    for (size_t i = 0; i < opened->count; i++)
        gaps = gaps || og__stream_has_gaps(opened->streams[i]);
    return gaps;
}

size_t og__case_fixed_bytes(const og__case *opened)
{
    size_t bytes = 0;
    for (size_t i = 0; i < opened->count; i++)
        bytes += og__stream_fixed_bytes(opened->streams[i]);
    return bytes;
}

size_t og__case_row_bytes(const og__case *opened)
{
    size_t bytes = 0;
    for (size_t i = 0; i < opened->count; i++)
        bytes += og__stream_row_bytes(opened->streams[i]);
    return bytes;
}
