/* Parameters of an activation that are predicted per sample (squeeze and excitation, Hu, Shen, Sun, CVPR 2018):
 *
 *   mean[c] = mean of z_0 over the sample's pixels,  hidden = [relu](fc1 mean + bias),  value = sigmoid(fc2 hidden +
 * bias)
 *
 * The layers are small next to any convolution, so that one thread computes them, in double and in a fixed order. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "net/pass.h"

og_status og__excite_open(og_plan *plan, const og__node *node, og__norm_act *na)
{
    og__excitation *e = &na->excitation;
    size_t samples = (size_t)plan->options.n, padded = (size_t)na->padded;
    if (node->excite.hidden == 0)
        return OG_OK;
    OG_TRY(og__alloc(samples * padded, sizeof(float), &e->mean));
    OG_TRY(og__alloc(samples * padded, sizeof(float), &e->z_mean));
    OG_TRY(og__alloc(samples * padded, sizeof(float), &e->d_z));
    OG_TRY(og__alloc(samples * (size_t)node->excite.hidden, sizeof(float), &e->hidden));
    return og__alloc((size_t)node->excite.hidden, sizeof(double), &e->d_hidden);
}

void og__excite_close(og__excitation *excitation)
{
    free(excitation->mean);
    free(excitation->z_mean);
    free(excitation->d_z);
    free(excitation->hidden);
    free(excitation->d_hidden);
}

/* An excited parameter: its values are predicted by fc2's rows from `row` on, one for all channels or one for each. */
typedef struct excited {
    int k, row;
    bool shared;
} excited;

static int list_excited(const og__pass *p, excited *list)
{
    const og_act *act = og__net_act(p->plan->net, p->node);
    int count = 0, row = 0;
    for (int k = 0; k < p->na->param_count; k++) {
        og_act_param param = og_act_param_at(act, (size_t)k);
        if (param.source != OG_PARAM_EXCITE)
            continue;
        list[count++] = (excited){k, row, param.learn == OG_LEARN_LAYER};
        row += param.learn == OG_LEARN_LAYER ? 1 : p->node->channels;
    }
    return count;
}

static float *values_of(const og__pass *p, int sample, int k)
{
    return p->na->values + ((size_t)sample * (size_t)p->na->param_count + (size_t)k) * (size_t)p->na->padded;
}

/* --- forward ------------------------------------------------------------------------------------------------------ */

/* Means over a sample's pixels, from the chunks' means. */
static void set_means(const og__pass *p, int sample)
{
    const og__excitation *e = &p->na->excitation;
    const og__operand *o = &p->na->operands[0];
    int lanes = p->plan->lanes;
    size_t at = (size_t)sample * (size_t)p->na->padded, group_at = p->na->groups > 1 ? at : 0;
    for (int c = 0; c < p->node->channels; c++) {
        double sum = 0;
        for (int i = 0; i < og__pass_sample_units(p); i++) {
            og__unit u = og__pass_sample_unit(p, sample, c / lanes, i);
            sum += (double)u.pixels * (double)u.partials[c % lanes];
        }
        double mean = sum / p->sample_pixels;
        e->mean[at + (size_t)c] = (float)mean;
        e->z_mean[at + (size_t)c] =
            (float)(mean * (double)o->scale[group_at + (size_t)c] + (double)o->shift[group_at + (size_t)c]);
    }
}

static double dot(const float *a, const float *b, int count)
{
    double sum = 0;
    for (int i = 0; i < count; i++)
        sum += (double)a[i] * (double)b[i];
    return sum;
}

static void predict(const og__pass *p, int sample, int count, const excited *list)
{
    const og_net *net = p->plan->net;
    const og__node_excite *x = &p->node->excite;
    const float *fc1 = og__net_weight(net, x->fc1_weight), *fc1_bias = og__net_weight(net, x->fc1_bias);
    const float *fc2 = og__net_weight(net, x->fc2_weight), *fc2_bias = og__net_weight(net, x->fc2_bias);
    const float *mean = p->na->excitation.z_mean + (size_t)sample * (size_t)p->na->padded;
    float *hidden = p->na->excitation.hidden + (size_t)sample * (size_t)x->hidden;
    int channels = p->node->channels;
    for (int h = 0; h < x->hidden; h++) {
        double sum = dot(fc1 + (size_t)h * (size_t)channels, mean, channels) + (double)fc1_bias[h];
        hidden[h] = (float)(x->relu && sum <= 0 ? 0 : sum);
    }
    for (int i = 0; i < count; i++) {
        float *values = values_of(p, sample, list[i].k);
        int own = list[i].shared ? 1 : channels;
        for (int c = 0; c < own; c++) {
            int row = list[i].row + c;
            double sum = dot(fc2 + (size_t)row * (size_t)x->hidden, hidden, x->hidden) + (double)fc2_bias[row];
            values[c] = (float)(1 / (1 + exp(-sum)));
        }
        for (int c = own; c < p->na->padded; c++)
            values[c] = values[0];
    }
}

void og__excite_forward(const og__pass *p)
{
    excited list[OG_ACT_PARAMS_MAX];
    int count = list_excited(p, list);
    for (int sample = 0; sample < p->plan->options.n; sample++) {
        set_means(p, sample);
        predict(p, sample, count, list);
    }
}

/* --- backward ----------------------------------------------------------------------------------------------------- */

/* dL/dvalue of parameter k in one sample and channel. */
static double d_value(const og__pass *p, int sample, int channel, int k)
{
    return og__pass_sample_sum(p, sample, channel, 2 * p->na->gradient_count + k);
}

/* Gradients of fc2 by one row's d = dL/d(fc2 hidden + bias), and of the hidden layer. */
static void back_through_row(const og__pass *p, int row, double d, const float *hidden, double *d_hidden)
{
    const og_net *net = p->plan->net;
    const og__node_excite *x = &p->node->excite;
    size_t at = (size_t)row * (size_t)x->hidden;
    const float *fc2 = og__net_weight(net, x->fc2_weight) + at;
    float *d_fc2 = og__net_gradient(net, x->fc2_weight) + at;
    for (int h = 0; h < x->hidden; h++) {
        d_fc2[h] += (float)(d * (double)hidden[h]);
        d_hidden[h] += d * (double)fc2[h];
    }
    og__net_gradient(net, x->fc2_bias)[row] += (float)d;
}

static void back_through_fc2(const og__pass *p, int sample, const float *hidden, double *d_hidden)
{
    excited list[OG_ACT_PARAMS_MAX];
    int count = list_excited(p, list);
    for (int i = 0; i < count; i++) {
        const float *values = values_of(p, sample, list[i].k);
        double sum = 0;
        for (int c = 0; c < p->node->channels; c++) {
            double slope = (double)values[c] * (1 - (double)values[c]);
            double d = d_value(p, sample, c, list[i].k) * slope;
            sum += d;
            if (!list[i].shared)
                back_through_row(p, list[i].row + c, d, hidden, d_hidden);
        }
        if (list[i].shared)
            back_through_row(p, list[i].row, sum, hidden, d_hidden);
    }
}

static void back_through_fc1(const og__pass *p, int sample, const float *hidden, const double *d_hidden)
{
    const og_net *net = p->plan->net;
    const og__node_excite *x = &p->node->excite;
    const og__excitation *e = &p->na->excitation;
    const float *fc1 = og__net_weight(net, x->fc1_weight);
    float *d_fc1 = og__net_gradient(net, x->fc1_weight), *d_bias = og__net_gradient(net, x->fc1_bias);
    size_t at = (size_t)sample * (size_t)p->na->padded, channels = (size_t)p->node->channels;
    memset(e->d_z + at, 0, channels * sizeof(float));
    for (int h = 0; h < x->hidden; h++) {
        double d = x->relu && hidden[h] <= 0 ? 0 : d_hidden[h];
        d_bias[h] += (float)d;
        for (size_t c = 0; c < channels; c++) {
            d_fc1[(size_t)h * channels + c] += (float)(d * (double)e->z_mean[at + c]);
            e->d_z[at + c] += (float)(d * (double)fc1[(size_t)h * channels + c] / p->sample_pixels);
        }
    }
}

static void clear_gradient(const og_net *net, int param)
{
    memset(og__net_gradient(net, param), 0, net->graph.params[param].count * sizeof(float));
}

void og__excite_backward(const og__pass *p)
{
    const og__node_excite *x = &p->node->excite;
    const int params[] = {x->fc1_weight, x->fc1_bias, x->fc2_weight, x->fc2_bias};
    double *d_hidden = p->na->excitation.d_hidden;
    for (size_t i = 0; i < sizeof params / sizeof params[0]; i++)
        clear_gradient(p->plan->net, params[i]);
    for (int sample = 0; sample < p->plan->options.n; sample++) {
        const float *hidden = p->na->excitation.hidden + (size_t)sample * (size_t)x->hidden;
        memset(d_hidden, 0, (size_t)x->hidden * sizeof *d_hidden);
        back_through_fc2(p, sample, hidden, d_hidden);
        back_through_fc1(p, sample, hidden, d_hidden);
    }
}
