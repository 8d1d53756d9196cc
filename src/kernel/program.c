#include "kernel/program.h"

#include <stdlib.h>

#include "act/lower.h"
#include "base/memory.h"

/* Builds one list of steps: nodes in order, a register given back after its last use. */
typedef struct builder {
    og__exprs graph; /* lowered */
    og__program *program;
    og_input operands[OG_INPUT_COUNT];
    bool *needed;   /* nodes */
    int *registers; /* registers[node], -1 where none */
    og__expr *last; /* last[node]: the last node that reads it */
    int *free;      /* a stack of registers to use again */
    int free_count;
} builder;

static void builder_deinit(builder *b)
{
    free(b->needed);
    free(b->registers);
    free(b->last);
    free(b->free);
    og__exprs_deinit(&b->graph);
}

static og_status builder_init(builder *b, const og_act *act, og__program *program, int *root_count, og__expr *roots)
{
    b->program = program;
    program->operand_count = og__act_operands(act, b->operands);
    program->gradient_count = program->operand_count - act->uses[OG_INPUT_NOISE];
    program->param_count = (int)act->param_count;
    *root_count = og__act_roots(act, roots);
    OG_TRY(og__lower(&act->graph, *root_count, roots, &b->graph, roots));
    size_t count = (size_t)b->graph.count;
    OG_TRY(og__alloc(count, sizeof *b->needed, &b->needed));
    OG_TRY(og__alloc(count, sizeof *b->registers, &b->registers));
    OG_TRY(og__alloc(count, sizeof *b->last, &b->last));
    return og__alloc(count, sizeof *b->free, &b->free);
}

/* Operands come first, parameters follow, then the constants of value and derivatives alike. */
static int register_of_input(const builder *b, og_input input)
{
    int at = 0;
    while (at < b->program->operand_count && b->operands[at] != input)
        at++;
    return at;
}

static og_status set_leaves(builder *b, int root_count, const og__expr *roots)
{
    og__program *p = b->program;
    p->leaf_count = p->operand_count + p->param_count;
    og__exprs_mark(&b->graph, root_count, roots, b->needed);
    OG_TRY(og__alloc((size_t)b->graph.count, sizeof *p->constants, &p->constants));
    for (og__expr i = 0; i < b->graph.count; i++) {
        const og__expr_node *node = &b->graph.nodes[i];
        b->registers[i] = -1;
        if (node->op == OG_OP_INPUT)
            b->registers[i] = register_of_input(b, node->input);
        else if (node->op == OG_OP_PARAM)
            b->registers[i] = p->operand_count + node->param;
        else if (node->op == OG_OP_NUMBER && b->needed[i]) {
            b->registers[i] = p->leaf_count;
            p->constants[p->constant_count++] = (og__constant){node->number, p->leaf_count++};
        }
    }
    p->register_count = p->leaf_count;
    return OG_OK;
}

static void find_last_uses(builder *b, int root_count, const og__expr *roots)
{
    og__exprs_mark(&b->graph, root_count, roots, b->needed);
    for (og__expr i = 0; i < b->graph.count; i++)
        for (int k = 0; b->needed[i] && k < og__op_arity(b->graph.nodes[i].op); k++)
            b->last[b->graph.nodes[i].args[k]] = i;
    for (int r = 0; r < root_count; r++)
        b->last[roots[r]] = b->graph.count; /* results stay */
}

/* A register for a node's result: that of an operand where it can be, for an element is read before it is written. */
static int take_register(builder *b, int *next)
{
    return b->free_count > 0 ? b->free[--b->free_count] : (*next)++;
}

static og_status set_steps(builder *b, int root_count, const og__expr *roots, og__steps *steps)
{
    og__program *p = b->program;
    int next = p->leaf_count;
    b->free_count = 0;
    find_last_uses(b, root_count, roots);
    OG_TRY(og__alloc((size_t)b->graph.count, sizeof *steps->items, &steps->items));
    for (og__expr i = 0; i < b->graph.count; i++) {
        const og__expr_node *node = &b->graph.nodes[i];
        int arity = og__op_arity(node->op);
        if (!b->needed[i] || arity == 0)
            continue;
        og__step *step = &steps->items[steps->count++];
        step->op = node->op;
        for (int k = 0; k < arity; k++) {
            og__expr arg = node->args[k];
            step->args[k] = b->registers[arg];
            if (b->last[arg] == i && og__op_arity(b->graph.nodes[arg].op) > 0) {
                b->free[b->free_count++] = b->registers[arg];
                b->last[arg] = -1; /* once, though it be two of the operands */
            }
        }
        step->dst = take_register(b, &next);
        b->registers[i] = step->dst;
    }
    for (int r = 0; r < root_count; r++)
        steps->results[r] = b->registers[roots[r]];
    if (next > p->register_count)
        p->register_count = next;
    return OG_OK;
}

static og_status fill(builder *b, int count, const og__expr *roots)
{
    og__program *p = b->program;
    OG_TRY(set_leaves(b, count, roots));
    OG_TRY(set_steps(b, 1, roots, &p->value));
    OG_TRY(set_steps(b, count - 1, roots + 1, &p->gradient));
    int block = OG_PROGRAM_FLOATS / p->register_count / OG_PROGRAM_BLOCK_MIN * OG_PROGRAM_BLOCK_MIN;
    if (block < OG_PROGRAM_BLOCK_MIN)
        return og__fail(OG_ERR_UNSUPPORTED,
                        "the formula is too large for the interpreter: %d numbers at a time, not %d", p->register_count,
                        OG_PROGRAM_FLOATS / OG_PROGRAM_BLOCK_MIN);
    p->block = block < OG_PROGRAM_BLOCK_MAX ? block : OG_PROGRAM_BLOCK_MAX;
    return OG_OK;
}

og_status og__program_new(const og_act *act, og__program **program)
{
    og_status status = OG_OK;
    builder b = {0};
    og__expr roots[OG_ACT_ROOTS_MAX];
    int root_count;
    *program = NULL;
    og__program *made;
    OG_TRY(og__alloc(1, sizeof *made, &made));
    OG_GO(builder_init(&b, act, made, &root_count, roots));
    OG_GO(fill(&b, root_count, roots));
    *program = made;
    made = NULL;
done:
    builder_deinit(&b);
    og__program_free(made);
    return status;
}

void og__program_free(og__program *program)
{
    if (!program)
        return;
    free(program->constants);
    free(program->value.items);
    free(program->gradient.items);
    free(program);
}
