/* C99 and CUDA: one function for the value and one for each derivative, and loops over arrays. */
#include "act/emit.h"

#include <stdlib.h>
#include <string.h>

#include "act/emit_code.h"
#include "base/memory.h"

typedef struct dialect {
    const char *function; /* before "real NAME(" */
    const char *helper;
    const char *loop; /* before "void NAME_forward(" */
    const char *each; /* the head of a loop over i < count */
    const char *size; /* type of count */
    bool cuda;
} dialect;

static const dialect c_dialect = {
    .function = "",
    .helper = "static real ",
    .loop = "void ",
    .each = "    for (size_t i = 0; i < count; i++)",
    .size = "size_t",
};

static const dialect cuda_dialect = {
    .function = "static __device__ ",
    .helper = "static __device__ real ",
    .loop = "extern \"C\" __global__ void ",
    .each =
        "    const size_t first = blockIdx.x * (size_t)blockDim.x + threadIdx.x, step = (size_t)gridDim.x * blockDim.x;\n"
        "    for (size_t i = first; i < count; i += step)",
    .size = "size_t",
    .cuda = true,
};

typedef struct leaf {
    const char *name;
    og__expr derivative;
    bool param; /* a number for all elements, rather than an array */
} leaf;

typedef struct portable {
    const og__emission *emission;
    const dialect *dialect;
    og__text *text;
    leaf leaves[OG_INPUT_COUNT + OG_ACT_PARAMS_MAX]; /* inputs, then parameters: the order of arguments */
    int leaf_count;
} portable;

static void list_leaves(portable *p)
{
    const og_act *act = p->emission->act;
    for (og_input i = 0; i < OG_INPUT_COUNT; i++)
        if (act->uses[i])
            p->leaves[p->leaf_count++] = (leaf){og_input_name(i), act->by_input[i], false};
    for (size_t k = 0; k < act->param_count; k++)
        p->leaves[p->leaf_count++] = (leaf){p->emission->param_names[k], act->by_param[k], true};
}

static const char *name_of(const portable *p)
{
    return p->emission->options.name;
}

/* "f(x[i], a)" */
static void add_call(const portable *p, const char *before, const char *of)
{
    og__text_format(p->text, "%s%s%s%s(", before, name_of(p), of ? "_d_" : "", of ? of : "");
    for (int i = 0; i < p->leaf_count; i++)
        og__text_format(p->text, "%s%s%s", i ? ", " : "", p->leaves[i].name, p->leaves[i].param ? "" : "[i]");
    og__text_add(p->text, ")");
}

/* Compilers that warn of unused arguments shall find none. */
static og_status use_arguments(const portable *p, og__expr root)
{
    const og_act *act = p->emission->act;
    bool *needed;
    OG_TRY(og__alloc((size_t)act->graph.count, sizeof *needed, &needed));
    og__exprs_mark(&act->graph, 1, &root, needed);
    for (int i = 0; i < p->leaf_count; i++) {
        bool used = false;
        for (og__expr e = 0; e < act->graph.count; e++) {
            const og__expr_node *node = &act->graph.nodes[e];
            const char *name = node->op == OG_OP_INPUT   ? og_input_name(node->input)
                               : node->op == OG_OP_PARAM ? p->emission->param_names[node->param]
                                                         : "";
            used |= needed[e] && strcmp(name, p->leaves[i].name) == 0;
        }
        if (!used)
            og__text_format(p->text, "    (void)%s;\n", p->leaves[i].name);
    }
    free(needed);
    return OG_OK;
}

static og_status add_function(const portable *p, const char *of, og__expr root)
{
    const char *name = name_of(p);
    if (of)
        og__text_format(p->text, "/* d%s / d%s */\n%sreal %s_d_%s(", name, of, p->dialect->function, name, of);
    else
        og__text_format(p->text, "%sreal %s(", p->dialect->function, name);
    for (int i = 0; i < p->leaf_count; i++)
        og__text_format(p->text, "%sreal %s", i ? ", " : "", p->leaves[i].name);
    og__text_add(p->text, ")\n{\n");
    OG_TRY(use_arguments(p, root));
    OG_TRY(og__code_body(&p->emission->act->graph, root, OG_LANGUAGE_C, p->emission->param_names, "    ", p->text));
    og__text_add(p->text, "}\n\n");
    return OG_OK;
}

static void add_arguments(const portable *p)
{
    og__text_format(p->text, "%s count", p->dialect->size);
    for (int i = 0; i < p->leaf_count; i++)
        og__text_format(p->text, p->leaves[i].param ? ", real %s" : ", const real *%s", p->leaves[i].name);
}

static void add_forward(const portable *p)
{
    og__text_format(p->text, "/* y[i] = %s */\n%s%s_forward(", name_of(p), p->dialect->loop, name_of(p));
    add_arguments(p);
    og__text_format(p->text, ", real *y)\n{\n%s\n", p->dialect->each);
    add_call(p, "        y[i] = ", NULL);
    og__text_add(p->text, ";\n}\n\n");
}

static void add_backward(const portable *p)
{
    og__text_format(
        p->text,
        "/* Gradients of a loss with d_y[i] = dloss / dy[i]: written for arrays, added to *d_p for a parameter p. "
        "*/\n%s%s_backward(",
        p->dialect->loop, name_of(p));
    add_arguments(p);
    og__text_add(p->text, ", const real *d_y");
    for (int i = 0; i < p->leaf_count; i++)
        og__text_format(p->text, ", real *d_%s", p->leaves[i].name);
    og__text_add(p->text, ")\n{\n");
    for (int i = 0; i < p->leaf_count; i++)
        if (p->leaves[i].param)
            og__text_format(p->text, "    real sum_%s = 0;\n", p->leaves[i].name);
    og__text_format(p->text, "%s {\n", p->dialect->each);
    for (int i = 0; i < p->leaf_count; i++) {
        og__text_format(p->text, p->leaves[i].param ? "        sum_%s += d_y[i] * " : "        d_%s[i] = d_y[i] * ",
                        p->leaves[i].name);
        add_call(p, "", p->leaves[i].name);
        og__text_add(p->text, ";\n");
    }
    og__text_add(p->text, "    }\n");
    for (int i = 0; i < p->leaf_count; i++)
        if (p->leaves[i].param)
            og__text_format(p->text, p->dialect->cuda ? "    atomicAdd(d_%s, sum_%s);\n" : "    *d_%s += sum_%s;\n",
                            p->leaves[i].name, p->leaves[i].name);
    og__text_add(p->text, "}\n");
}

/* Everything after the headers, into a text of its own: it says which helpers are wanted. */
static og_status add_functions(portable *p)
{
    OG_TRY(add_function(p, NULL, p->emission->act->value));
    for (int i = 0; i < p->leaf_count; i++)
        OG_TRY(add_function(p, p->leaves[i].name, p->leaves[i].derivative));
    add_forward(p);
    add_backward(p);
    return og__text_status(p->text);
}

static og_status add_comment(const og__emission *emission)
{
    og__text_add(emission->text, "/*\n");
    OG_TRY(og__emit_header(emission, " * "));
    for (og_input i = OG_INPUT_X + 1; i < OG_INPUT_COUNT; i++)
        if (emission->act->uses[i])
            og__text_format(emission->text, " *\n * %s: %s\n", og_input_name(i), og_input_meaning(i));
    og__text_add(emission->text, " */\n");
    return OG_OK;
}

static og_status emit(const og__emission *emission, const dialect *to, const char *preamble)
{
    og_status status = OG_OK;
    og__text functions = {0};
    portable p = {.emission = emission, .dialect = to, .text = &functions};
    list_leaves(&p);
    OG_GO(add_functions(&p));
    OG_GO(add_comment(emission));
    og__text_add(emission->text, preamble);
    OG_GO(og__code_helpers(functions.data, OG_LANGUAGE_C, to->helper, emission->text));
    og__text_add(emission->text, functions.data);
done:
    og__text_deinit(&functions);
    return status;
}

og_status og__emit_portable(const og__emission *emission)
{
    return emit(emission, &c_dialect,
                "#include <math.h>\n#include <stddef.h>\n#include <tgmath.h>\n\n"
                "/* The type of numbers: float, or what -DOGIVE_REAL=double says. */\n"
                "#ifndef OGIVE_REAL\n#define OGIVE_REAL float\n#endif\n"
                "typedef OGIVE_REAL real;\n#define REAL(number) ((real)(number))\n\n");
}

og_status og__emit_cuda(const og__emission *emission)
{
    return emit(emission, &cuda_dialect, "typedef float real;\n#define REAL(number) ((real)(number))\n\n");
}
