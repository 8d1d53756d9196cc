#include <ogive/study.h>

static const og_option options[] = {
#define OG_SEARCH_OPTION(field, type_, name_, alias_, initial_, min_, max_, unit_, help_)                              \
    {.name = name_,                                                                                                    \
     .alias = alias_,                                                                                                  \
     .type = OG_OPTION_##type_,                                                                                        \
     .offset = offsetof(og_search_options, field),                                                                     \
     .initial = initial_,                                                                                              \
     .min = min_,                                                                                                      \
     .max = max_,                                                                                                      \
     .unit = unit_,                                                                                                    \
     .topic = "Search",                                                                                                \
     .help = help_},
#include "study/search_options.def"
#undef OG_SEARCH_OPTION
};

og_option_table og_search_option_table(void)
{
    return (og_option_table){options, sizeof options / sizeof options[0]};
}
