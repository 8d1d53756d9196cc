/* The norm in front of an activation: statistics of an operand forward, its gradient's coefficients backward. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "net/pass.h"

static const float running_momentum = 0.1f;

/* A group's statistics of one channel block come from this many units, in this order. */
static int group_unit_count(const og__pass *p)
{
    return og__pass_sample_units(p) * (p->na->groups > 1 ? 1 : p->plan->options.n);
}

static og__unit group_unit(const og__pass *p, int group, int block, int index)
{
    int units = og__pass_sample_units(p);
    return og__pass_sample_unit(p, p->na->groups > 1 ? group : index / units, block, index % units);
}

/* Numbers that a mean is taken over. */
static double values_per_set(const og__pass *p)
{
    return p->sample_pixels * (p->na->groups > 1 ? 1 : p->plan->options.n) * p->node->together;
}

/* --- forward ------------------------------------------------------------------------------------------------------ */

/* Combine the means and squared deviations of the chunks of a set's channels, from `first` on (Chan, Golub, LeVeque
 * 1979). */
static void combine_moments(const og__pass *p, int group, int first, double *mean, double *m2)
{
    int lanes = p->plan->lanes;
    double count = 0;
    *mean = *m2 = 0;
    for (int channel = first; channel < first + p->node->together; channel++)
        for (int i = 0; i < group_unit_count(p); i++) {
            int lane = channel % lanes;
            og__unit u = group_unit(p, group, channel / lanes, i);
            double n = (double)u.pixels, delta = (double)u.partials[lane] - *mean;
            *m2 += (double)u.partials[lanes + lane] + delta * delta * count * n / (count + n);
            count += n;
            *mean += delta * n / count;
        }
}

static void update_running(const og__pass *p, int operand, int channel, double mean, double m2)
{
    const og__node_norm *norm = &p->node->norms[operand];
    float *running_mean = og__net_running(p->plan->net, norm->mean);
    float *running_variance = og__net_running(p->plan->net, norm->variance);
    if (!running_mean)
        return;
    double count = values_per_set(p), unbiased = count > 1 ? m2 / (count - 1) : m2;
    running_mean[channel] += running_momentum * ((float)mean - running_mean[channel]);
    running_variance[channel] += running_momentum * ((float)unbiased - running_variance[channel]);
}

static void set_affine(const og__pass *p, int operand, size_t at, int channel, double mean, double variance)
{
    const og__operand *o = &p->na->operands[operand];
    double rstd = 1 / sqrt(variance + (double)OG_NORM_EPSILON);
    double gamma = (double)og__net_weight(p->plan->net, p->node->norms[operand].weight)[channel];
    double beta = (double)og__net_weight(p->plan->net, p->node->norms[operand].bias)[channel];
    o->mean[at] = (float)mean;
    o->rstd[at] = (float)rstd;
    o->scale[at] = (float)(gamma * rstd);
    o->shift[at] = (float)(beta - mean * gamma * rstd);
}

void og__norm_gather(const og__pass *p, const og__unit *u, const float *src)
{
    p->plan->ops->moments(u->pixels, src + u->offset, u->partials, u->partials + p->plan->lanes);
}

static void compute_moments(const og__pass *p, const float *src)
{
#pragma omp parallel for num_threads(p->plan->options.threads) schedule(static)
    for (int i = 0; i < p->units; i++) {
        og__unit u = og__pass_unit(p, i);
        og__norm_gather(p, &u, src);
    }
}

static void use_statistics(const og__pass *p, int operand)
{
    int together = p->node->together;
    for (int group = 0; group < p->na->groups; group++)
        for (int first = 0; first < p->node->channels; first += together) {
            double mean, m2;
            combine_moments(p, group, first, &mean, &m2);
            for (int channel = first; channel < first + together; channel++)
                set_affine(p, operand, (size_t)group * (size_t)p->na->padded + (size_t)channel, channel, mean,
                           m2 / values_per_set(p));
            if (p->plan->options.training)
                update_running(p, operand, first, mean, m2);
        }
}

static void use_running(const og__pass *p, int operand)
{
    const og__node_norm *norm = &p->node->norms[operand];
    const float *mean = og__net_running(p->plan->net, norm->mean);
    const float *variance = og__net_running(p->plan->net, norm->variance);
    for (int c = 0; c < p->node->channels; c++)
        set_affine(p, operand, (size_t)c, c, (double)mean[c], (double)variance[c]);
}

void og__norm_prepare(const og__pass *p, int operand, bool gathered, const float *src)
{
    bool normalised = p->na->operands[operand].normalised, own = !p->na->operands[operand].running;
    if (gathered)
        assert(normalised && own);
    else if ((normalised && own) || (operand == 0 && p->node->excite.hidden > 0))
        compute_moments(p, src);
    if (normalised && own)
        use_statistics(p, operand);
    else if (normalised)
        use_running(p, operand);
}

/* --- backward ----------------------------------------------------------------------------------------------------- */

/* Sums over a group's pixels of dz and dz (src - mean). */
typedef struct sums {
    double dz, dz_src;
} sums;

static sums group_sums(const og__pass *p, int operand, int group, int channel)
{
    const og__operand *o = &p->na->operands[operand];
    const og__excitation *e = &p->na->excitation;
    bool excited = operand == 0 && p->node->excite.hidden > 0;
    int first = p->na->groups > 1 ? group : 0, end = p->na->groups > 1 ? group + 1 : p->plan->options.n;
    double mean = (double)o->mean[(size_t)group * (size_t)p->na->padded + (size_t)channel];
    sums s = {0};
    for (int sample = first; sample < end; sample++) {
        size_t at = (size_t)sample * (size_t)p->na->padded + (size_t)channel;
        double added = excited ? (double)e->d_z[at] * p->sample_pixels : 0;
        s.dz += og__pass_sample_sum(p, sample, channel, 2 * operand) + added;
        s.dz_src += og__pass_sample_sum(p, sample, channel, 2 * operand + 1);
        if (excited)
            s.dz_src += added * ((double)e->mean[at] - mean);
    }
    return s;
}

/* Coefficients of one channel, in the rows of one group's samples; what excitation adds to dz is the same for all
 * pixels of a sample, and so goes into k2. */
static void set_coefficients(const og__pass *p, int operand, int group, int channel, double k1, double k2)
{
    const og__operand *o = &p->na->operands[operand];
    const og__excitation *e = &p->na->excitation;
    bool excited = operand == 0 && p->node->excite.hidden > 0;
    int per_group = p->na->apply_rows / p->na->groups;
    float scale = o->scale[(size_t)group * (size_t)p->na->padded + (size_t)channel];
    for (int row = group * per_group; row < (group + 1) * per_group; row++) {
        size_t at = (size_t)row * (size_t)p->na->padded + (size_t)channel;
        o->k0[at] = scale;
        o->k1[at] = (float)k1;
        o->k2[at] = (float)(k2 + (excited ? (double)scale * (double)e->d_z[at] : 0));
    }
}

/* Over the channels c of a set, with M values:
 *
 *   d_src = scale dz - sum_c(scale sum(dz))/M - (src - mean) rstd^2 sum_c(scale sum(dz (src - mean)))/M
 *         = k0 dz + k1 src + k2
 *
 * Running statistics do not depend on src: k1 = k2 = 0. */
static void set_gradients(const og__pass *p, int operand, int group, int first, double *d_gamma, double *d_beta)
{
    const og__operand *o = &p->na->operands[operand];
    size_t at = (size_t)group * (size_t)p->na->padded + (size_t)first;
    double count = values_per_set(p), dz_sum = 0, dz_src_sum = 0;
    double rstd = (double)o->rstd[at], mean = (double)o->mean[at];
    int together = p->node->together;
    for (int i = 0; i < together; i++) {
        sums s = group_sums(p, operand, group, first + i);
        double scale = (double)o->scale[at + (size_t)i];
        dz_sum += scale * s.dz;
        dz_src_sum += scale * s.dz_src;
        d_gamma[first + i] += s.dz_src * rstd;
        d_beta[first + i] += s.dz;
    }
    double k1 = o->running ? 0 : -rstd * rstd * dz_src_sum / count;
    double k2 = o->running ? 0 : -k1 * mean - dz_sum / count;
    for (int i = 0; i < together; i++)
        set_coefficients(p, operand, group, first + i, k1, k2);
}

static void gradients_of_norm(const og__pass *p, int operand)
{
    float *d_gamma = og__net_gradient(p->plan->net, p->node->norms[operand].weight);
    float *d_beta = og__net_gradient(p->plan->net, p->node->norms[operand].bias);
    double *sums_of = p->plan->channel_sums; /* (2, channels) */
    int channels = p->node->channels;
    memset(sums_of, 0, 2 * (size_t)channels * sizeof *sums_of);
    for (int group = 0; group < p->na->groups; group++)
        for (int first = 0; first < channels; first += p->node->together)
            set_gradients(p, operand, group, first, sums_of, sums_of + channels);
    for (int channel = 0; channel < channels; channel++) {
        d_gamma[channel] = (float)sums_of[channel];
        d_beta[channel] = (float)sums_of[channels + channel];
    }
}

void og__norm_gradients(const og__pass *p, int operand)
{
    if (p->na->operands[operand].normalised) {
        gradients_of_norm(p, operand);
        return;
    }
    for (int group = 0; group < p->na->groups; group++)
        for (int channel = 0; channel < p->node->channels; channel++)
            set_coefficients(p, operand, group, channel, 0, 0);
}
