/* PyTorch: the formula as a function, and a module that owns the parameters and makes the other inputs. */
#include "act/emit.h"

#include <ctype.h>
#include <stdlib.h>

#include "act/emit_code.h"
#include "act/emit_python.h"
#include "act/number.h"

static og_status add_formula(const og__emission *emission)
{
    og__text *text = emission->text, body = {0};
    og_status status = OG_OK;
    OG_GO(og__python_body(emission, OG_LANGUAGE_TORCH, &body));
    OG_GO(og__code_helpers(body.data, OG_LANGUAGE_TORCH, " -> Tensor", text));
    og__text_add(text, "def _formula(");
    og__python_arguments(emission, ": Tensor", text);
    og__text_format(text, ") -> Tensor:\n%s\n\n", body.data);
done:
    og__text_deinit(&body);
    return status;
}

static void add_class_name(og__text *text, const char *name)
{
    bool upper = true;
    for (const char *at = name; *at; at++) {
        char letter = upper ? (char)toupper((unsigned char)*at) : *at;
        if (*at != '_')
            og__text_add_bytes(text, &letter, 1);
        upper = *at == '_';
    }
}

/* --- __init__ ----------------------------------------------------------------------------------------------------- */

/* One hidden layer for all excited parameters of the formula; the second product starts at 0, so that each is 1/2. */
static void add_excite(og__text *text, const char *name, const og_act_param *param, bool first)
{
    char reduction[OG_NUMBER_BYTES];
    og__number_format_float(param->first, reduction);
    if (first)
        og__text_format(text,
                        "        hidden = max(%s, channels // %s)\n"
                        "        self.excite = nn.Linear(channels, hidden)\n",
                        reduction, reduction);
    og__text_format(text,
                    "        self.%s = nn.Linear(hidden, %s)\n"
                    "        nn.init.zeros_(self.%s.weight)\n"
                    "        nn.init.zeros_(self.%s.bias)\n",
                    name, param->learn == OG_LEARN_LAYER ? "1" : "channels", name, name);
}

static void add_param(og__text *text, const char *name, const og_act_param *param)
{
    char value[OG_NUMBER_BYTES], first[OG_NUMBER_BYTES], second[OG_NUMBER_BYTES];
    og__python_number(param->value, value);
    og__python_number(param->first, first);
    og__python_number(param->second, second);
    const char *shape = param->learn == OG_LEARN_CHANNEL ? "channels" : "()";
    og__text init = {0};
    if (param->source == OG_PARAM_UNIFORM)
        og__text_format(&init, "torch.empty(%s).uniform_(%s, %s)", shape, first, second);
    else if (param->source == OG_PARAM_NORMAL)
        og__text_format(&init, "torch.empty(%s).normal_(%s, %s)", shape, first, second);
    else if (param->source == OG_PARAM_ALTERNATE)
        og__text_format(&init, "%s * (1.0 - 2.0 * (torch.arange(channels) %% 2))", value);
    else if (param->learn == OG_LEARN_CHANNEL)
        og__text_format(&init, "torch.full((channels,), %s)", value);
    else
        og__text_format(&init, "torch.tensor(%s)", value);
    og__text_format(text,
                    param->learn == OG_LEARN_NO ? "        self.register_buffer(\"%s\", %s, persistent=False)\n"
                                                : "        self.%s = nn.Parameter(%s)\n",
                    name, og__text_get(&init));
    og__text_deinit(&init);
}

static void add_init(const og__emission *emission)
{
    const og_act *act = emission->act;
    og__text *text = emission->text;
    og__text_format(text, "    def __init__(self%s) -> None:\n        super().__init__()\n",
                    og__python_wants_channels(act) ? ", channels: int" : "");
    bool first = true; /* excited parameter */
    for (size_t k = 0; k < act->param_count; k++)
        if (act->params[k].source == OG_PARAM_EXCITE) {
            add_excite(text, emission->param_names[k], &act->params[k], first);
            first = false;
        } else {
            add_param(text, emission->param_names[k], &act->params[k]);
        }
    if (act->uses[OG_INPUT_FUNNEL])
        og__text_add(text, "        self.funnel = nn.Sequential(\n"
                           "            nn.Conv2d(channels, channels, 3, padding=1, groups=channels, bias=False),\n"
                           "            nn.BatchNorm2d(channels),\n        )\n");
    og__text_add(text, "\n");
}

/* --- forward ------------------------------------------------------------------------------------------------------ */

static void add_inputs(const og_act *act, og__text *text)
{
    int gates = og__python_gate_count(act);
    if (gates) {
        og__text_add(text, "        x");
        for (int i = 0; i < gates; i++)
            og__text_format(text, ", %s", og_input_name(OG_INPUT_GATE + i));
        og__text_format(text, " = torch.chunk(x, %d, dim=1)\n", gates + 1);
    }
    if (act->uses[OG_INPUT_FUNNEL])
        og__text_add(text, "        funnel = self.funnel(x)\n");
    if (act->uses[OG_INPUT_MIRROR])
        og__text_add(text, "        mirror = torch.cat((x, -x), dim=1)\n");
    if (act->uses[OG_INPUT_NOISE])
        og__text_add(text, "        noise = torch.rand_like(x) if self.training else torch.full_like(x, 0.5)\n");
}

static void add_params(const og__emission *emission)
{
    const og_act *act = emission->act;
    og__text *text = emission->text;
    const char *lead = act->uses[OG_INPUT_MIRROR] ? "mirror" : "x";
    bool first = true; /* excited parameter */
    for (size_t k = 0; k < act->param_count; k++) {
        const char *name = emission->param_names[k];
        if (act->params[k].source == OG_PARAM_EXCITE) {
            bool relu = act->params[k].second != 0;
            if (first)
                og__text_format(text, "        hidden = %sself.excite(%s.flatten(2).mean(2))%s\n",
                                relu ? "F.relu(" : "", lead, relu ? ")" : "");
            og__text_format(text,
                            "        %s = torch.sigmoid(self.%s(hidden)).view([x.size(0), -1] + [1] * (x.dim() - 2))\n",
                            name, name);
            first = false;
        } else if (og__python_is_per_channel(&act->params[k])) {
            og__text_format(text, "        %s = self.%s.view([1, -1] + [1] * (x.dim() - 2))\n", name, name);
        } else {
            og__text_format(text, "        %s = self.%s\n", name, name);
        }
    }
}

static void add_class(const og__emission *emission)
{
    const og_act *act = emission->act;
    og__text *text = emission->text;
    og__text_add(text, "class ");
    add_class_name(text, emission->options.name);
    og__text_format(text, "(nn.Module):\n    \"\"\"f = %s", act->formula);
    if (og__python_gate_count(act))
        og__text_format(text, "\n\n    Takes %d * channels channels, x first, and gives channels.",
                        1 + og__python_gate_count(act));
    if (act->uses[OG_INPUT_MIRROR])
        og__text_add(text, "\n\n    Gives twice the channels that it takes.");
    og__text_add(text, og__python_gate_count(act) || act->uses[OG_INPUT_MIRROR] ? "\n    \"\"\"\n\n" : "\"\"\"\n\n");
    if (act->param_count || act->uses[OG_INPUT_FUNNEL])
        add_init(emission);
    og__text_add(text, "    def forward(self, x: Tensor) -> Tensor:\n");
    add_inputs(act, text);
    add_params(emission);
    og__text_add(text, "        return _formula(");
    og__python_arguments(emission, "", text);
    og__text_add(text, ")\n");
}

og_status og__emit_torch(const og__emission *emission)
{
    og__text *text = emission->text;
    og__text_add(text, "\"\"\"");
    OG_TRY(og__emit_header(emission, ""));
    og__text_add(text, "\"\"\"\n\nimport torch\nimport torch.nn.functional as F\nfrom torch import Tensor, nn\n\n\n");
    OG_TRY(add_formula(emission));
    add_class(emission);
    return OG_OK;
}
