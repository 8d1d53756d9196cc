/* ogive act emit EXPR --to TARGET: an activation as source or model for another world. */
#include <ogive/act.h>

#include "command.h"
#include "emission.h"
#include "failure.h"

static og_status run(const void *given, const char *const *positionals)
{
    og_status status = OG_OK;
    og_act *act = NULL;
    GO(emission_check(given));
    GO(og_act_parse(positionals[0], &act));
    GO(emission_write(given, act));
done:
    og_act_free(act);
    return status;
}

const cli_command act_emit_command = {
    .name = "act emit",
    .summary = "write an activation function for another world",
    .positionals = {{"EXPR", "a name, a name with values, or a formula"}},
    .required = "to",
    .groups = {{emission_options, 0, NULL, NULL}},
    .settings_bytes = sizeof(emission),
    .description =
        "Writes the function as C99 or CUDA with its derivatives, as an ONNX model, as a PyTorch module, as a JAX "
        "function, or as LaTeX. Every form avoids cancellation and overflow as far as its target allows; a file "
        "starts with the formula, the parameters and ogive's version.\n\n"
        "A parameter that training changes is one there too: an nn.Parameter, an entry of a dict, an initialiser.",
    .examples = "  ogive act emit mish --to c -o mish.c\n"
                "  ogive act emit 'x*sigmoid(b*x); b=learn(1, channel)' --to pytorch --name Swish\n"
                "  ogive act emit gelu --to onnx --native -o gelu.onnx\n",
    .run = run,
};
