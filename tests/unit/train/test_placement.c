/* Which activation stands where: precedence, canonical texts, and what is refused. */
#include "unit/train/tiny_data.h"

#include "train/placement.h"

static void set(og_train_options *options, const char *name, const char *value)
{
    if (og_option_add(og_option_find(og_train_option_table(), name), options, value) != OG_OK)
        fail_msg("%s", og_error_text());
}

/* Options given in some order, as pairs of name and value that end in NULL; depth 2. */
static og_train_options options_of(const char *const *given)
{
    og_train_options options = tiny_options();
    for (; given[0]; given += 2)
        set(&options, given[0], given[1]);
    return options;
}

static void check_placement(const char *const *given, const char *const expected[5])
{
    static const struct {
        og_place place;
        int stage;
    } order[5] = {{OG_PLACE_ENCODER, 0},
                  {OG_PLACE_ENCODER, 1},
                  {OG_PLACE_BOTTLENECK, 2},
                  {OG_PLACE_DECODER, 0},
                  {OG_PLACE_DECODER, 1}};
    og_train_options options = options_of(given);
    og__placement placement;
    if (og__placement_init(&options, &placement) != OG_OK)
        fail_msg("%s", og_error_text());
    for (int i = 0; i < 5; i++)
        assert_string_equal(og_act_text(og__placement_at(&placement, order[i].place, order[i].stage)), expected[i]);
    og__placement_deinit(&placement);
    og_options_deinit(og_train_option_table(), &options);
}

static void the_more_specific_wins_in_any_order(void **state)
{
    (void)state;
    check_placement((const char *[]){"act", "elu", NULL}, (const char *[]){"elu", "elu", "elu", "elu", "elu"});
    check_placement((const char *[]){"act-encoder", "silu", "act-decoder", "mish", "act-bottleneck", "tanh", NULL},
                    (const char *[]){"silu", "silu", "tanh", "mish", "mish"});
    const char *const four[4][2] = {
        {"act", "elu"}, {"act-encoder", "silu"}, {"act-stage", "0=mish"}, {"act-stage", "encoder.0=tanh"}};
    const char *const expected[] = {"tanh", "silu", "elu", "mish", "elu"};
    for (int first = 0; first < 4; first++) { /* forwards and backwards from each of them */
        const char *given[2][9] = {{0}};
        for (int i = 0; i < 4; i++)
            for (int k = 0; k < 2; k++) {
                given[0][2 * i + k] = four[(first + i) % 4][k];
                given[1][2 * i + k] = four[(first + 4 - i) % 4][k];
            }
        check_placement(given[0], expected);
        check_placement(given[1], expected);
    }
    check_placement((const char *[]){"act-stage", " 2 = leaky_relu(a = 0.2) ", "act-stage",
                                     "decoder.1=where(x == 0, x, x*x)", NULL},
                    (const char *[]){"relu", "relu", "leaky_relu(a = 0.2)", "relu", "where(x == 0, x, x^2)"});
}

static void equal_placements_are_equal_texts(void **state)
{
    (void)state;
    og_train_options one = options_of((const char *[]){"act-stage", "decoder.1= silu", "act-stage", "0 = mish",
                                                       "act-encoder", "leaky_relu(a = 0.20)", NULL});
    og_train_options other = options_of((const char *[]){"act-encoder", "leaky_relu(a=0.2)", "act-stage", "0=mish",
                                                         "act-stage", "decoder.1=silu", NULL});
    og_train_options *both[] = {&one, &other};
    for (int i = 0; i < 2; i++) {
        og__placement placement;
        if (i == 0)
            set(both[0], "act", "relu");
        if (og__placement_init(both[i], &placement) != OG_OK)
            fail_msg("%s", og_error_text());
        assert_int_equal(og__placement_store(&placement, both[i]), OG_OK);
        og__placement_deinit(&placement);
    }
    assert_string_equal(one.act_stage, "0=mish\ndecoder.1=silu");
    assert_string_equal(one.act_stage, other.act_stage);
    assert_string_equal(one.act_encoder, "leaky_relu(a = 0.2)");
    assert_string_equal(one.act_encoder, other.act_encoder);
    assert_string_equal(one.act_decoder, "");
    og_options_deinit(og_train_option_table(), &one);
    og_options_deinit(og_train_option_table(), &other);
}

static void covering_every_layer_leaves_none_to_act(void **state)
{
    (void)state;
    const char *const given[] = {"act-encoder", "silu",   "act-stage", "decoder.0=mish", "act-stage", "2=silu",
                                 "act-stage",   "1=tanh", NULL};
    for (int last = 0; last < 2; last++) { /* with and without the stages 1 */
        const char *copy[9] = {0};
        memcpy(copy, given, (last ? 8 : 6) * sizeof *copy);
        og_train_options options = options_of(copy);
        og__placement placement;
        assert_int_equal(og__placement_init(&options, &placement), OG_OK);
        assert_int_equal(og__placement_uses_act(&placement), !last);
        og__placement_deinit(&placement);
        og_options_deinit(og_train_option_table(), &options);
    }
}

static void what_cannot_be_placed_is_refused(void **state)
{
    (void)state;
    const struct {
        const char *given[5];
        og_status status;
        const char *says;
    } cases[] = {
        {{"act-stage", "3=silu"}, OG_ERR_ARGUMENT, "no stage 3; with depth 2"},
        {{"act-stage", "encoder.2=silu"}, OG_ERR_ARGUMENT, "no stage encoder.2"},
        {{"act-stage", "99999999999999999999=silu"}, OG_ERR_ARGUMENT, "no stage 9999"},
        {{"act-stage", "-1=silu"}, OG_ERR_NAME, "'-1' is no stage"},
        {{"act-stage", "1.5=silu"}, OG_ERR_NAME, "'1.5' is no stage"},
        {{"act-stage", "encoder=silu"}, OG_ERR_NAME, "'encoder' is no stage"},
        {{"act-stage", "encodr.0=silu"}, OG_ERR_NAME, "did you mean 'encoder'?"},
        {{"act-stage", "bottleneck=silu"}, OG_ERR_NAME, "use act-bottleneck"},
        {{"act-stage", "silu"}, OG_ERR_SYNTAX, "expected STAGE=ACTIVATION"},
        {{"act-stage", "=silu"}, OG_ERR_SYNTAX, "expected STAGE=ACTIVATION"},
        {{"act-stage", "0="}, OG_ERR_SYNTAX, "option 'act-stage'"},
        {{"act-stage", "0=sliu"}, OG_ERR_NAME, "silu"},
        {{"act-encoder", "sliu"}, OG_ERR_NAME, "option 'act-encoder'"},
        {{"act-stage", "0=silu", "act-stage", "0=mish"}, OG_ERR_ARGUMENT, "stage 0 is given twice"},
        {{"act-stage", "encoder.0=silu", "act-stage", "encoder.0=silu"}, OG_ERR_ARGUMENT, "encoder.0 is given twice"},
        {{"act-stage", "2=silu", "act-bottleneck", "mish"}, OG_ERR_ARGUMENT, "stage 2 is the bottleneck"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        og_train_options options = options_of(cases[i].given);
        og__placement placement;
        og_status status = og__placement_init(&options, &placement);
        if (status != cases[i].status || !strstr(og_error_text(), cases[i].says))
            fail_msg("%s: status %d, \"%s\"", cases[i].given[1], status, og_error_text());
        og_options_deinit(og_train_option_table(), &options);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_more_specific_wins_in_any_order),
        cmocka_unit_test(equal_placements_are_equal_texts),
        cmocka_unit_test(covering_every_layer_leaves_none_to_act),
        cmocka_unit_test(what_cannot_be_placed_is_refused),
    };
    return cmocka_run_group_tests_name("placement", tests, NULL, NULL);
}
