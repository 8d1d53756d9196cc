/* The settings of prediction. */
#include <stddef.h>

#include <ogive/predict.h>

static const og_option rows[] = {
    /* clang-format off */
    {"as", NULL, OG_OPTION_CHOICE, offsetof(og_predict_options, output), "labels", 0, 0,
     "labels|probabilities|logits|polygons|objects", NULL, "Output",
     "What to write: the class of each pixel, the classes' probabilities, the network's own output before its head, the outlines of the classes but class 0, or the list of their connected components with boxes"},
    {"tile", NULL, OG_OPTION_INT, offsetof(og_predict_options, tile), "0", 0, 65536, NULL, "px", "Tiles",
     "Side of the squares that go through the network one by one; 0 takes the whole image where it fits --memory, else the largest square that does; or the training's --patch, where the norm is by instance, group or layer"},
    {"overlap", NULL, OG_OPTION_REAL, offsetof(og_predict_options, overlap), "0.5", 0, 0.9, NULL, "share of the tile", "Tiles",
     "How much neighbouring tiles overlap at least"},
    {"blend", NULL, OG_OPTION_CHOICE, offsetof(og_predict_options, blend), "gaussian", 0, 0, "gaussian|flat|center", NULL, "Tiles",
     "How overlapping tiles make one value: a mean that counts a tile's middle more, a plain mean, or the value of the tile with the nearest middle"},
    {"mirror", NULL, OG_OPTION_FLAG, offsetof(og_predict_options, mirror), "false", 0, 0, NULL, NULL, "Prediction",
     "Take the mean over the image and its mirror images along every combination of the axes that the training mirrored"},
    {"memory", NULL, OG_OPTION_INT, offsetof(og_predict_options, memory), "0", 0, 1e9, NULL, "MB", "Tiles",
     "Most memory to use; 0 is 1000, or what tiles of 256 px (volumes: 96) need, where the tile is chosen by itself, and no bound with --tile"},
    {"threads", "j", OG_OPTION_INT, offsetof(og_predict_options, threads), "0", 0, 1024, NULL, NULL, "Running",
     "Cores to compute on; 0 takes all"},
    /* clang-format on */
};

og_option_table og_predict_option_table(void)
{
    return (og_option_table){rows, sizeof rows / sizeof rows[0]};
}
