/* What a formula reads, as ONNX nodes and constants. */
#include "act/emit_onnx.h"

#include <stdio.h>
#include <stdlib.h>

#include "act/emit_python.h"
#include "base/memory.h"

static og__onnx_value add_node(og__onnx_builder *b, const char *op, const char *const *inputs, const char *output,
                               const og__onnx_attribute *attributes)
{
    const char *outputs[OG_ONNX_PORTS_MAX] = {output};
    og__onnx_add_node(b->model, op, inputs, outputs, attributes);
    return og__onnx_named(b, output);
}

/* A constant of `count` equal numbers. */
static void add_filled(og__onnx_builder *b, const char *name, int rank, const int64_t *sizes, float value)
{
    size_t count = 1;
    float *values = NULL;
    for (int i = 0; i < rank; i++)
        count *= (size_t)sizes[i];
    if (b->status == OG_OK)
        b->status = og__alloc(count, sizeof *values, &values);
    for (size_t i = 0; values && i < count; i++)
        values[i] = value;
    if (values)
        og__onnx_add_floats(b->model, name, rank, sizes, values);
    free(values);
}

/* --- inputs ------------------------------------------------------------------------------------------------------- */

static void split_gates(og__onnx_builder *b, int gates)
{
    int64_t sizes[1 + 3];
    const char *outputs[OG_ONNX_PORTS_MAX] = {"x_itself", "gate", "gate2", "gate3"};
    const og__onnx_attribute attributes[] = {{.kind = OG_ONNX_INT, .name = "axis", .ints = {1}}, {.kind = OG_ONNX_END}};
    for (int i = 0; i <= gates; i++)
        sizes[i] = b->emission->options.channels;
    outputs[gates + 1] = NULL;
    og__onnx_add_ints(b->model, "split_sizes", gates + 1, sizes);
    og__onnx_add_node(b->model, "Split", (const char *const[OG_ONNX_PORTS_MAX]){"x", "split_sizes"}, outputs,
                      attributes);
    b->inputs[OG_INPUT_X] = og__onnx_named(b, outputs[0]);
    for (int i = 0; i < gates; i++)
        b->inputs[OG_INPUT_GATE + i] = og__onnx_named(b, outputs[1 + i]);
}

/* A depthwise 3 x 3 convolution that starts as the identity, and a norm with the statistics 0 and 1. */
static void add_funnel(og__onnx_builder *b)
{
    int64_t channels = b->emission->options.channels, sizes[] = {channels, 1, 3, 3};
    const og__onnx_attribute attributes[] = {
        {.kind = OG_ONNX_INT, .name = "group", .ints = {channels}},
        {.kind = OG_ONNX_INTS, .name = "pads", .ints = {1, 1, 1, 1}, .int_count = 4},
        {.kind = OG_ONNX_END}};
    const og__onnx_attribute norm[] = {{.kind = OG_ONNX_FLOAT, .name = "epsilon", .number = 1e-5f},
                                       {.kind = OG_ONNX_END}};
    float *weights = NULL;
    if (b->status == OG_OK)
        b->status = og__alloc((size_t)channels * 9, sizeof *weights, &weights);
    for (int64_t c = 0; weights && c < channels; c++)
        weights[c * 9 + 4] = 1;
    if (weights)
        og__onnx_add_floats(b->model, "funnel_weights", 4, sizes, weights);
    free(weights);
    add_filled(b, "funnel_scale", 1, sizes, 1);
    add_filled(b, "funnel_shift", 1, sizes, 0);
    add_filled(b, "funnel_mean", 1, sizes, 0);
    add_filled(b, "funnel_variance", 1, sizes, 1);
    add_node(b, "Conv", (const char *const[OG_ONNX_PORTS_MAX]){b->rows[b->inputs[OG_INPUT_X]].name, "funnel_weights"},
             "funnel_conv", attributes);
    b->inputs[OG_INPUT_FUNNEL] =
        add_node(b, "BatchNormalization",
                 (const char *const[OG_ONNX_PORTS_MAX]){"funnel_conv", "funnel_scale", "funnel_shift", "funnel_mean",
                                                        "funnel_variance"},
                 "funnel", norm);
}

static void add_mirror(og__onnx_builder *b)
{
    const og__onnx_attribute attributes[] = {{.kind = OG_ONNX_INT, .name = "axis", .ints = {1}}, {.kind = OG_ONNX_END}};
    add_node(b, "Neg", (const char *const[OG_ONNX_PORTS_MAX]){"x"}, "x_negated", NULL);
    b->inputs[OG_INPUT_MIRROR] =
        add_node(b, "Concat", (const char *const[OG_ONNX_PORTS_MAX]){"x", "x_negated"}, "mirror", attributes);
}

/* --- parameters --------------------------------------------------------------------------------------------------- */

/* A matrix product as a 1 x 1 convolution, with all weights the same; its result is called `name`. */
static og__onnx_value add_product(og__onnx_builder *b, const char *name, const char *input, int64_t from, int64_t to,
                                  float weight)
{
    char weights[OG_ONNX_NAME_BYTES + 16], bias[OG_ONNX_NAME_BYTES + 16];
    snprintf(weights, sizeof weights, "%s_weights", name);
    snprintf(bias, sizeof bias, "%s_bias", name);
    add_filled(b, weights, 4, (const int64_t[]){to, from, 1, 1}, weight);
    add_filled(b, bias, 1, &to, 0);
    return add_node(b, "Conv", (const char *const[OG_ONNX_PORTS_MAX]){input, weights, bias}, name, NULL);
}

static int64_t hidden_count(const og__onnx_builder *b, const og_act_param *param)
{
    int64_t reduction = (int64_t)param->first, count = b->emission->options.channels / reduction;
    return count > reduction ? count : reduction;
}

/* The hidden layer that all excited parameters of a formula share; it starts as the mean over the channels. */
static const char *add_hidden(og__onnx_builder *b, const og_act_param *param, const char *lead)
{
    int64_t channels = b->emission->options.channels;
    add_node(b, "GlobalAveragePool", (const char *const[OG_ONNX_PORTS_MAX]){lead}, "excite_means", NULL);
    add_product(b, "excite", "excite_means", channels, hidden_count(b, param), 1.0f / (float)channels);
    if (param->second == 0)
        return "excite";
    add_node(b, "Relu", (const char *const[OG_ONNX_PORTS_MAX]){"excite"}, "excite_relu", NULL);
    return "excite_relu";
}

/* The second product starts at 0, so that every value starts at 1/2. */
static og__onnx_value add_excited(og__onnx_builder *b, const char *name, const og_act_param *param, const char *hidden)
{
    char product[OG_ONNX_NAME_BYTES];
    snprintf(product, sizeof product, "%s_excite", name);
    add_product(b, product, hidden, hidden_count(b, param),
                param->learn == OG_LEARN_LAYER ? 1 : b->emission->options.channels, 0);
    return add_node(b, "Sigmoid", (const char *const[OG_ONNX_PORTS_MAX]){product}, name, NULL);
}

static og__onnx_value add_per_channel(og__onnx_builder *b, const char *name, const og_act_param *param)
{
    int64_t channels = b->emission->options.channels, sizes[] = {channels, 1, 1};
    float *values = NULL;
    if (b->status == OG_OK)
        b->status = og__alloc((size_t)channels, sizeof *values, &values);
    for (int64_t c = 0; values && c < channels; c++)
        values[c] = param->source == OG_PARAM_ALTERNATE && c % 2 ? -param->value : param->value;
    if (values)
        og__onnx_add_floats(b->model, name, 3, sizes, values);
    free(values);
    return og__onnx_named(b, name);
}

static void add_params(og__onnx_builder *b, const char *lead)
{
    const og_act *act = b->emission->act;
    const char *hidden = NULL;
    for (size_t k = 0; k < act->param_count; k++) {
        const char *name = b->emission->param_names[k];
        const og_act_param *param = &act->params[k];
        if (param->source == OG_PARAM_EXCITE) {
            hidden = hidden ? hidden : add_hidden(b, param, lead);
            b->params[k] = add_excited(b, name, param, hidden);
        } else if (og__python_is_per_channel(param)) {
            b->params[k] = add_per_channel(b, name, param);
        } else {
            og__onnx_add_floats(b->model, name, 0, NULL, &param->value);
            b->params[k] = og__onnx_named(b, name);
        }
    }
}

/* --- all of it ---------------------------------------------------------------------------------------------------- */

static og_status check_channels(const og_act *act, int channels, int gates)
{
    if (channels == 0 && (gates || act->uses[OG_INPUT_MIRROR] || og__python_wants_channels(act)))
        return og__fail(OG_ERR_ARGUMENT,
                        "'%s' differs from channel to channel or reads more than x: give the number of channels",
                        act->text);
    if (act->uses[OG_INPUT_MIRROR] && channels % 2)
        return og__fail(OG_ERR_ARGUMENT,
                        "'%s' gives every channel twice, so %d channels are impossible: give an even number", act->text,
                        channels);
    return OG_OK;
}

og_status og__onnx_add_inputs(og__onnx_builder *b)
{
    const og_act *act = b->emission->act;
    int64_t channels = b->emission->options.channels;
    int gates = og__python_gate_count(act);
    bool mirror = act->uses[OG_INPUT_MIRROR];
    OG_TRY(check_channels(act, (int)channels, gates));
    og__onnx_size sizes[] = {{.name = "N"}, {.name = "C"}, {.name = "H"}, {.name = "W"}};
    if (channels)
        sizes[1] = (og__onnx_size){.count = mirror ? channels / 2 : channels * (gates + 1)};
    og__onnx_add_input(b->model, "x", 4, sizes);
    if (channels)
        sizes[1].count = channels;
    og__onnx_add_output(b->model, "y", 4, sizes);
    b->inputs[OG_INPUT_X] = og__onnx_named(b, "x");
    if (gates)
        split_gates(b, gates);
    if (act->uses[OG_INPUT_FUNNEL])
        add_funnel(b);
    if (mirror)
        add_mirror(b);
    if (act->uses[OG_INPUT_NOISE])
        b->inputs[OG_INPUT_NOISE] = og__onnx_number(b, 0.5); /* as in evaluation */
    OG_TRY(b->status);
    char lead[OG_ONNX_NAME_BYTES];
    snprintf(lead, sizeof lead, "%s", b->rows[b->inputs[mirror ? OG_INPUT_MIRROR : OG_INPUT_X]].name);
    add_params(b, lead);
    return b->status;
}
