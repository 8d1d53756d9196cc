#include "metric/calibration.h"

#include <math.h>

#include <ogive/net.h>

void og__calibration_count(og__calibration *calibration, size_t pixels, const uint8_t *truth, const uint8_t *labels,
                           const float *probs)
{
    for (size_t i = 0; i < pixels; i++) {
        if (truth[i] == OG_LABEL_IGNORE)
            continue;
        double confidence = (double)probs[labels[i] * pixels + i];
        int bin = (int)ceil(confidence * OG__CALIBRATION_BINS) - 1;
        bin = bin < 0 ? 0 : bin >= OG__CALIBRATION_BINS ? OG__CALIBRATION_BINS - 1 : bin;
        calibration->confidence[bin] += confidence;
        calibration->right[bin] += truth[i] == labels[i];
        calibration->pixels[bin]++;
    }
}

void og__calibration_add(og__calibration *calibration, const og__calibration *other)
{
    for (int b = 0; b < OG__CALIBRATION_BINS; b++) {
        calibration->confidence[b] += other->confidence[b];
        calibration->right[b] += other->right[b];
        calibration->pixels[b] += other->pixels[b];
    }
}

double og__calibration_error(const og__calibration *calibration)
{
    double error = 0;
    int64_t pixels = 0;
    for (int b = 0; b < OG__CALIBRATION_BINS; b++) {
        error += fabs(calibration->confidence[b] - (double)calibration->right[b]);
        pixels += calibration->pixels[b];
    }
    return pixels > 0 ? error / (double)pixels : NAN;
}
