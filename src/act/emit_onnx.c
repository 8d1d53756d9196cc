/* ONNX models of an activation. */
#include "act/emit_onnx.h"

#include <stdlib.h>

#include <ogive/version.h>

enum { OPSET_MIN = 13, OPSET_DEFAULT = 17, OPSET_MAX = 24, CHANNELS_MAX = 1 << 20 };

static og_status check_options(const og_emit_options *options)
{
    if (options->opset != 0 && (options->opset < OPSET_MIN || options->opset > OPSET_MAX))
        return og__fail(OG_ERR_ARGUMENT, "opset %d is unknown: give one from %d to %d", options->opset, OPSET_MIN,
                        OPSET_MAX);
    if (options->channels < 0 || options->channels > CHANNELS_MAX)
        return og__fail(OG_ERR_ARGUMENT, "%d channels are impossible: give 1 to %d", options->channels, CHANNELS_MAX);
    return OG_OK;
}

static og_status choose_opset(const og__emission *emission, const og__onnx_native *native, int *opset)
{
    int least = native->op ? native->opset : 0;
    *opset = emission->options.opset ? emission->options.opset : OPSET_DEFAULT;
    if (*opset >= least)
        return OG_OK;
    if (emission->options.opset)
        return og__fail(OG_ERR_ARGUMENT, "ONNX has the operator %s since opset %d; opset %d was asked for", native->op,
                        least, emission->options.opset);
    *opset = least;
    return OG_OK;
}

static og_status fill(og__onnx_builder *b, const og__onnx_native *native)
{
    og__onnx_value value;
    OG_TRY(og__onnx_add_inputs(b));
    if (native->op)
        return og__onnx_add_native(b, native);
    OG_TRY(og__onnx_lower(b, &value));
    og__onnx_add_node(b->model, "Identity", (const char *const[OG_ONNX_PORTS_MAX]){b->rows[value].name},
                      (const char *const[OG_ONNX_PORTS_MAX]){"y"}, NULL);
    return OG_OK;
}

og_status og__emit_onnx(const og__emission *emission)
{
    og_status status = OG_OK;
    og__text doc = {0};
    og__emission described = *emission;
    og__onnx_native native = {0};
    og__onnx_builder b = {.emission = emission};
    char *bytes = NULL;
    size_t count;
    int opset;
    described.text = &doc;
    OG_GO(check_options(&emission->options));
    if (emission->options.native)
        OG_GO(og__onnx_find_native(emission->act, &native));
    OG_GO(choose_opset(emission, &native, &opset));
    OG_GO(og__emit_header(&described, ""));
    OG_GO(og__onnx_new(emission->options.name, doc.data, og_version(), opset, &b.model));
    og__onnx_add_metadata(b.model, "ogive.formula", emission->act->formula);
    og__onnx_add_metadata(b.model, "ogive.text", emission->act->text);
    og__onnx_add_metadata(b.model, "ogive.version", og_version());
    OG_GO(fill(&b, &native));
    OG_GO(og__onnx_pack(b.model, &bytes, &count));
    og__text_add_bytes(emission->text, bytes, count);
done:
    free(bytes);
    free(b.rows);
    og__onnx_free(b.model);
    og_act_free((og_act *)native.like);
    og__text_deinit(&doc);
    return status;
}
