/* Pages of a TIFF: NAME-volume.tif with NAME-labels.tif (ISBI 2012); test-volume.tif has no labels and stays out. */
#include "data/entries.h"
#include "data/layout.h"

static const char image_name[] = "train-volume.tif", mask_name[] = "train-labels.tif";

bool og__layout_volumes_matches(const og__layout *layout, const char *path)
{
    (void)layout;
    return og__holds_file(path, image_name) && og__holds_file(path, mask_name);
}

og_status og__layout_volumes_list(const og__layout *layout, const char *path, const og_data_options *options,
                                  og__listing *listing)
{
    (void)layout;
    (void)options;
    return og__listing_add_files(listing, "train-volume", path, image_name, path, mask_name, OG_PART_OPEN);
}
