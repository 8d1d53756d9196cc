/* ogive act document -o FOLDER: the catalogue as a reference for people, in English and Chinese, with a picture of each
 * function. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ogive/act.h>
#include <ogive/facts.h>
#include <ogive/head.h>

#include "act_facts.h"
#include "act_json.h"
#include "act_names.h"
#include "chinese.h"
#include "command.h"
#include "failure.h"
#include "output.h"
#include "plot.h"

typedef struct own_settings {
    char *output;
} own_settings;

static og_option_table own_options(void)
{
    static const og_option rows[] = {
        OPTION_OUTPUT(own_settings, "folder", "Where activations.md, activations.zh-CN.md and activations/*.svg go"),
    };
    return (og_option_table){rows, sizeof rows / sizeof rows[0]};
}

/* A page under construction. */
typedef struct document {
    FILE *file;
    og_language language;
} document;

static void say(const document *page, const char *english, const char *chinese)
{
    fputs(in_language(page->language, english, chinese), page->file);
}

/* A cell or a line of Markdown: what would end a table's cell or begin emphasis or HTML is escaped. */
static void say_plain(const document *page, const char *text)
{
    for (; *text; text++) {
        if (strchr("|*_<>`\\", *text))
            fputc('\\', page->file);
        fputc(*text, page->file);
    }
}

/* Code in a cell of a table, where a bar needs an escape even within code. */
static void say_code(const document *page, const char *text)
{
    fputc('`', page->file);
    for (; *text; text++)
        fprintf(page->file, *text == '|' ? "\\%c" : "%c", *text);
    fputc('`', page->file);
}

/* --- the beginning ------------------------------------------------------------------------------------------------ */

static void write_introduction(const document *page)
{
    say(page,
        "# Activation functions\n\n"
        "Every function of ogive's catalogue: its formula, its picture, what follows from the formula, what it is called "
        "elsewhere, and where it comes from. This page is written by `ogive act document` (`make docs`); edit "
        "`src/act/catalogue.def` instead. [In Chinese](activations.zh-CN.md) · [how to write formulas](formulas.md) · "
        "`ogive act show NAME` tells the same in the terminal, with the cost on your machine, and does so for any formula "
        "of your own.\n\n"
        "## How to read it\n\n"
        "**Pictures** show f on the left and its derivative f′ on the right. A ring marks a kink; at a jump the full dot "
        "belongs to the curve and the ring does not. Thin dashed lines are asymptotes. What grows fast is cut off. A "
        "function with a gate, a funnel or noise is drawn at a few of their values; the facts are those at gate = 1, "
        "funnel = 0 and noise = 1/2, and the numbers for normal inputs take the further inputs as normal too.\n\n"
        "**Numbers** are for inputs z that are normal with mean 0 and variance 1, as behind a normalisation layer: mean "
        "E f, variance Var f, and\n\n"
        "- *gain* 1/√(E f²): initial weights scaled by it keep the size of the signal; *centred* 1/√(Var f) does so for "
        "weights without a mean; *backward* 1/√(E f′²) keeps the size of the gradient;\n"
        "- *χ* = E f′²/E f²: the factor by which squared gradients grow per layer in a network without normalisation; "
        "*with a norm* E f′²/Var f. ReLU has 1 and 1.467; 1 is best in a deep network.\n\n"
        "**Parameters** with `learn(...)` are trained, one value per layer or per channel, without weight decay. "
        "Values are those of the source; libraries that differ are named.\n\n"
        "**Exactness**: values and derivatives by x and by every parameter are within 4 units in the last place of float32 "
        "on every executor, except where a row *less exact* says otherwise.\n",
        "# 激活函数\n\n"
        "本页收录 ogive 目录中的每一个激活函数：公式、图像、由公式推出的性质、在其他库中的名称以及出处。本页由 `ogive act document`"
        "（`make docs`）生成，要修改请编辑 `src/act/catalogue.def`。[English](activations.md) · [公式写法](formulas.md) · "
        "`ogive act show 名称 --language zh` 在终端里给出同样的内容，还会测量它在你的机器上的开销；对你自己写的公式也一样。\n\n"
        "## 怎么读\n\n"
        "**图像**：左边是 f，右边是导数 f′。空心圆标出折点；在间断处，实心点属于曲线，空心圆不属于。细虚线是渐近线。增长很快的部分会被截去。"
        "带门控（gate）、漏斗（funnel）或噪声（noise）的函数按这些输入的几个取值分别画出；性质一栏对应 gate = 1、funnel = 0、noise = 1/2，"
        "而正态输入下的各个数值把这些输入也当作正态变量。\n\n"
        "**数值**：假设输入 z 服从均值为 0、方差为 1 的正态分布，正如归一化层之后那样。表中给出均值 E f、方差 Var f，以及\n\n"
        "- *增益* 1/√(E f²)：用它缩放初始权重，信号的大小逐层保持不变；*中心化* 1/√(Var f) 用于去掉均值的权重；*反向* 1/√(E f′²) "
        "使梯度的大小保持不变；\n"
        "- *χ* = E f′²/E f²：没有归一化时，梯度平方每经过一层增长的倍数；*有归一化时*为 E f′²/Var f。ReLU 分别为 1 和 1.467；"
        "对深层网络来说，1 最好。\n\n"
        "**参数**：写成 `learn(...)` 的参数参与训练，每层一个值或每个通道一个值，不做权重衰减。初始值取自出处；各库不一致之处另有说明。"
        "公式、出处和备注保留英文原文。\n\n"
        "**精度**：函数值以及对 x 和各参数的导数，在每种执行方式下误差都不超过 float32 末位的 4 个单位（ulp），*精度较低处*一栏列出的除外。\n");
}

static void write_contents(const document *page)
{
    const char *family = "";
    say(page, "\n## Contents\n", "\n## 目录\n");
    for (size_t i = 0; i < og_act_entry_count(); i++) {
        const og_act_entry *entry = og_act_entry_at(i);
        bool same = strcmp(entry->family, family) == 0;
        if (!same)
            fprintf(page->file, "\n- **%s**:", family_name(page->language, entry->family));
        fprintf(page->file, "%s [%s](#%s)", same ? "," : "", entry->id, entry->id);
        family = entry->family;
    }
    say(page, "\n- [heads](#heads)\n", "\n- [输出函数](#输出函数)\n");
}

/* --- one function ------------------------------------------------------------------------------------------------- */

static void begin_row(const document *page, const char *english, const char *chinese)
{
    fprintf(page->file, "| %s | ", in_language(page->language, english, chinese));
}

static void write_numbers(const document *page, const og_act_moments *moments)
{
    const struct {
        const char *english, *chinese;
        const char *symbols[3];
        const char *chinese_symbols[3];
        double values[3];
    } rows[] = {
        {"normal inputs",
         "正态输入",
         {"E f", "E f²", "Var f"},
         {"E f", "E f²", "Var f"},
         {moments->mean, moments->second_moment, moments->variance}},
        {"gain",
         "增益",
         {"forward", "centred", "backward"},
         {"前向", "中心化", "反向"},
         {moments->gain, moments->gain_variance, moments->gain_backward}},
        {"χ",
         "χ",
         {"without a norm", "with a norm", "non-linearity"},
         {"无归一化", "有归一化", "非线性度"},
         {moments->chi, moments->chi_norm, moments->nonlinearity}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        begin_row(page, rows[i].english, rows[i].chinese);
        for (size_t k = 0; k < 3; k++) {
            char number[32];
            format_fact(rows[i].values[k], sizeof number, number);
            if (isnan(rows[i].values[k]))
                snprintf(number, sizeof number, "–");
            fprintf(page->file, "%s%s %s", k ? in_language(page->language, ", ", "，") : "",
                    in_language(page->language, rows[i].symbols[k], rows[i].chinese_symbols[k]), number);
        }
        fprintf(page->file, " |\n");
    }
}

static void write_params(const document *page, const og_act *act)
{
    size_t count = og_act_param_count(act);
    if (count == 0)
        return;
    begin_row(page, "parameters", "参数");
    for (size_t k = 0; k < count; k++) {
        char text[OG_ACT_PARAM_BYTES], both[OG_ACT_PARAM_BYTES + 64];
        og_act_param param = og_act_param_at(act, k);
        og_act_param_format(&param, text);
        snprintf(both, sizeof both, "%s = %s", param.name, text);
        fputs(k ? in_language(page->language, ", ", "，") : "", page->file);
        say_code(page, both);
    }
    fprintf(page->file, " |\n");
}

static void write_facts(const document *page, const og_act *act)
{
    og_act_facts facts;
    fact_row rows[FACT_ROWS_MAX];
    char place[160];
    bool finite = og_act_analyse(act, &facts) == OG_OK;
    size_t count = facts_describe(&facts, page->language, rows);
    fprintf(page->file, "| | |\n|---|---|\n");
    write_params(page, act);
    format_place(act, &facts, sizeof place, place);
    if (place[0]) {
        begin_row(page, "the facts are at", "以下性质对应");
        fprintf(page->file, "%s |\n", place);
    }
    for (size_t i = 0; i < count; i++) {
        begin_row(page, rows[i].label, rows[i].label);
        say_plain(page, rows[i].text);
        fprintf(page->file, " |\n");
    }
    if (finite)
        write_numbers(page, &facts.moments);
}

/* Nothing is said where the promise of 4 units in the last place holds, as the introduction has it. */
static void write_exactness(const document *page, const char *id)
{
    const og_act_inexact *range;
    for (size_t i = 0; (range = og_act_inexact_at(id, i)); i++) {
        char text[400];
        begin_row(page, i ? "" : "less exact", i ? "" : "精度较低处");
        format_inexact(range, page->language, sizeof text, text);
        say_plain(page, text);
        fprintf(page->file, " |\n");
    }
}

static og_status write_formula(const document *page, const og_act_entry *entry, const og_act *act)
{
    enum { SHOWN = 400 };
    char *slope = NULL;
    og_status status = og_act_derivative(act, NULL, &slope);
    fprintf(page->file, "```\n%s\n", entry->definition);
    if (status == OG_OK && strlen(slope) <= SHOWN)
        fprintf(page->file, "f'(x) = %s\n", slope);
    fprintf(page->file, "```\n\n");
    free(slope);
    return status == OG_ERR_UNSUPPORTED ? OG_OK : status;
}

static og_status write_remarks(const document *page, const og_act *act)
{
    static const char *const titles[][2] = {{"Strengths", "长处"}, {"Weaknesses", "短处"}, {"Advice", "建议"}};
    og_act_remark *remarks;
    size_t count;
    og_status status = og_act_remarks(act, page->language, &remarks, &count);
    if (status != OG_OK)
        return status == OG_ERR_NUMERIC ? OG_OK : status; /* without moments there is nothing to say */
    for (size_t kind = 0; kind < 3; kind++) {
        bool first = true;
        for (size_t i = 0; i < count; i++)
            if ((size_t)remarks[i].kind == kind) {
                if (first)
                    fprintf(page->file, "\n%s%s\n\n", in_language(page->language, titles[kind][0], titles[kind][1]),
                            in_language(page->language, ":", "："));
                fprintf(page->file, "- ");
                say_plain(page, remarks[i].text);
                fprintf(page->file, "\n");
                first = false;
            }
    }
    og_act_remarks_free(remarks, count);
    return OG_OK;
}

/* f and df/dx of what og_act_emit() writes as LaTeX, where they are not too long to be read. */
static og_status write_math(const document *page, const og_act *act)
{
    enum { SHOWN = 400 };
    char *latex = NULL;
    size_t count;
    og_status status = og_act_emit(act, "latex", NULL, &latex, &count);
    const char *f = latex ? strstr(latex, "  f &= ") : NULL, *end = f ? strchr(f, '\n') : NULL;
    const char *slope = end ? end + 1 : NULL;
    size_t f_length = f ? strcspn(f, "\n") : 0, slope_length = slope ? strcspn(slope, "\n") : 0;
    if (f && f_length + slope_length <= SHOWN) {
        if (slope_length > 3 && strncmp(slope + slope_length - 3, " \\\\", 3) == 0)
            slope_length -= 3; /* the mark that more lines follow */
        fprintf(page->file, "```math\n\\begin{aligned}\n%.*s\n%.*s\n\\end{aligned}\n```\n\n", (int)f_length, f,
                (int)slope_length, slope);
    }
    free(latex);
    return status == OG_ERR_UNSUPPORTED ? OG_OK : status;
}

static og_status write_entry(const document *page, const og_act_entry *entry)
{
    og_status status = OG_OK;
    og_act *act = NULL;
    GO(og_act_parse(entry->id, &act));
    fprintf(page->file, "\n### %s\n\n![%s](activations/%s.svg)\n\n", entry->id, entry->id, entry->id);
    GO(write_formula(page, entry, act));
    GO(write_math(page, act));
    write_facts(page, act);
    write_exactness(page, entry->id);
    GO(names_write(page->file, act, page->language));
    GO(write_remarks(page, act));
    say(page, "\nSource: ", "\n出处：");
    say_plain(page, entry->reference);
    fprintf(page->file, "\n");
    if (entry->note[0]) {
        char note[TRANSLATION_BYTES];
        say(page, "\nNote: ", "\n备注：");
        say_plain(page, translate(page->language, entry->note, note));
        fprintf(page->file, "\n");
    }
done:
    og_act_free(act);
    return status;
}

static void write_heads(const document *page)
{
    say(page,
        "\n## Heads\n\nThe function that makes probabilities of a network's last numbers, and the loss that fits it "
        "(`--act-head`).\n\n| head | formula | loss | source |\n|---|---|---|---|\n",
        "\n## 输出函数\n\n把网络最后的数值变成概率的函数，以及与之相配的损失（`--act-head`）。\n\n"
        "| 名称 | 公式 | 损失 | 出处 |\n|---|---|---|---|\n");
    for (size_t i = 0; i < og_head_count(); i++) {
        char loss[TRANSLATION_BYTES];
        const og_head_entry *head = og_head_at(i);
        fprintf(page->file, "| %s | ", head->id);
        say_code(page, head->formula);
        fprintf(page->file, " | %s | ", translate(page->language, head->loss, loss));
        say_plain(page, head->reference);
        fprintf(page->file, " |\n");
    }
}

/* --- files -------------------------------------------------------------------------------------------------------- */

static og_status write_page(const char *folder, const char *name, og_language language)
{
    og_status status = OG_OK;
    const char *family = "";
    char *path = join_path(folder, name);
    document page = {.language = language};
    if (!path)
        return fail(OG_ERR_MEMORY, "out of memory");
    page.file = fopen(path, "w");
    if (!page.file) {
        status = fail(OG_ERR_FILE, "cannot write '%s': %s", path, strerror(errno));
        goto done;
    }
    write_introduction(&page);
    write_contents(&page);
    for (size_t i = 0; i < og_act_entry_count(); i++) {
        const og_act_entry *entry = og_act_entry_at(i);
        if (strcmp(entry->family, family) != 0)
            fprintf(page.file, "\n## %s\n", family_name(language, entry->family));
        family = entry->family;
        GO(write_entry(&page, entry));
    }
    write_heads(&page);
done:
    if (page.file && (ferror(page.file) | fclose(page.file)) != 0 && status == OG_OK)
        status = fail(OG_ERR_FILE, "cannot write '%s'", path);
    free(path);
    return status;
}

static og_status draw_entry(const char *folder, const og_act_entry *entry)
{
    og_status status = OG_OK;
    og_act *act = NULL;
    char name[80];
    snprintf(name, sizeof name, "%s.svg", entry->id);
    char *path = join_path(folder, name);
    if (!path)
        return fail(OG_ERR_MEMORY, "out of memory");
    GO(og_act_parse(entry->id, &act));
    GO(plot_save_acts(1, &act, path));
done:
    og_act_free(act);
    free(path);
    return status;
}

static og_status run(const void *values, const char *const *positionals)
{
    const own_settings *settings = values;
    og_status status = OG_OK;
    (void)positionals;
    char *pictures = join_path(settings->output, "activations");
    if (!pictures)
        return fail(OG_ERR_MEMORY, "out of memory");
    GO(make_folder(pictures));
    for (size_t i = 0; i < og_act_entry_count(); i++)
        GO(draw_entry(pictures, og_act_entry_at(i)));
    GO(write_page(settings->output, "activations.md", OG_LANGUAGE_ENGLISH));
    GO(write_page(settings->output, "activations.zh-CN.md", OG_LANGUAGE_CHINESE));
done:
    free(pictures);
    return status;
}

const cli_command act_document_command = {
    .name = "act document",
    .summary = "write the catalogue as a reference with pictures, in English and Chinese",
    .required = "output",
    .groups = {{own_options, 0, NULL, NULL}},
    .settings_bytes = sizeof(own_settings),
    .description =
        "Writes FOLDER/activations.md and FOLDER/activations.zh-CN.md, one section per function of the catalogue, "
        "and their pictures as FOLDER/activations/NAME.svg. The same bytes every time. 'make docs' runs it for "
        "the repository's docs/.",
    .examples = "  ogive act document -o docs\n",
    .run = run,
};
