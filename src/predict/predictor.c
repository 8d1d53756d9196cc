#include <ogive/predict.h>

#include <stdlib.h>

#include "base/cpu.h"
#include "base/memory.h"
#include "base/status.h"
#include "train/labeler.h"

struct og_predictor {
    og__labeler *labeler;
};

og_status og_predictor_new(og_model *model, int threads, bool exact, og_predictor **predictor)
{
    og_status status = OG_OK;
    og_predictor *made;
    *predictor = NULL;
    if (threads < 0)
        return og__fail(OG_ERR_ARGUMENT, "a predictor on %d threads: give 0 for all cores, or a number", threads);
    OG_TRY(og__alloc(1, sizeof *made, &made));
    OG_GO(og__labeler_new(model->net, &model->scaling, model->options.scale, threads > 0 ? threads : og__cpu_count(),
                          exact, &made->labeler));
    *predictor = made;
    made = NULL;
done:
    og_predictor_free(made);
    return status;
}

void og_predictor_free(og_predictor *predictor)
{
    if (!predictor)
        return;
    og__labeler_free(predictor->labeler);
    free(predictor);
}

og_status og_predictor_run(og_predictor *predictor, int channels, int h, int w, const float *src, uint8_t *labels,
                           float *probs)
{
    return og__labeler_run(predictor->labeler, channels, h, w, src, labels, probs);
}

og_status og_predictor_score(og_predictor *predictor, const og_dataset *data, og_part part, og_scores *scores)
{
    return og__labeler_score(predictor->labeler, data, part, scores);
}
