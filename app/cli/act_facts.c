#include "act_facts.h"

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "chinese.h"

const char *in_language(og_language language, const char *english, const char *chinese)
{
    return language == OG_LANGUAGE_CHINESE ? chinese : english;
}

const char *family_name(og_language language, const char *family)
{
    const char *const names[][2] = {
        {"linear", "线性"},
        {"rectifier", "整流类"},
        {"exponential rectifier", "指数整流类"},
        {"smooth rectifier", "光滑整流类"},
        {"self-gated", "自门控类"},
        {"sigmoid-like", "S 形与压缩类"},
        {"shrinkage", "收缩类"},
        {"periodic", "周期类"},
        {"bump", "钟形类"},
        {"learned shape", "可学习形状"},
        {"beyond one element", "超出单个元素"},
    };
    for (size_t i = 0; language == OG_LANGUAGE_CHINESE && i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i][0], family) == 0)
            return names[i][1];
    return family;
}

void format_fact(double value, size_t size, char text[size])
{
    if (isnan(value))
        snprintf(text, size, "-");
    else if (isinf(value))
        snprintf(text, size, "%s∞", value < 0 ? "-" : "");
    else
        snprintf(text, size, "%.4g", fabs(value) < 1e-9 ? 0 : value);
}

/* A text of fixed size under construction, and its language. */
typedef struct sentence {
    og_language language;
    fact_row *row;
} sentence;

static void add(sentence *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(sentence *s, const char *format, ...)
{
    va_list args;
    size_t length = strlen(s->row->text);
    va_start(args, format);
    vsnprintf(s->row->text + length, sizeof s->row->text - length, format, args);
    va_end(args);
}

static void add_in(sentence *s, const char *english, const char *chinese)
{
    add(s, "%s", in_language(s->language, english, chinese));
}

/* English, or Chinese, with one number in the place of "%s". */
static void add_number(sentence *s, const char *english, double value, const char *chinese)
{
    char number[32];
    const char *pattern = in_language(s->language, english, chinese), *place = strstr(pattern, "%s");
    format_fact(value, sizeof number, number);
    add(s, "%.*s%s%s", (int)(place - pattern), pattern, number, place + 2);
}

/* "2 %", with two digits. */
static void add_percent(sentence *s, double share)
{
    add(s, share < 0.00005 ? "0 %%" : share < 0.1 ? "%.2g %%" : "%.3g %%", 100 * share);
}

static void add_comma(sentence *s)
{
    add_in(s, ", ", "，");
}

/* --- one function per row ----------------------------------------------------------------------------------------- */

static void add_interval(sentence *s, og_interval interval)
{
    if (interval.from == interval.to)
        add_number(s, "x = %s", interval.from, "x = %s");
    else if (isinf(interval.from) && isinf(interval.to))
        add_in(s, "every x", "所有 x");
    else if (isinf(interval.from))
        add_number(s, "x ≤ %s", interval.to, "x ≤ %s");
    else if (isinf(interval.to))
        add_number(s, "x ≥ %s", interval.from, "x ≥ %s");
    else {
        add_number(s, "%s ≤ x", interval.from, "%s ≤ x");
        add_number(s, " ≤ %s", interval.to, " ≤ %s");
    }
}

static void describe_domain(const og_act_facts *facts, sentence *s)
{
    if (facts->domain_count == 0)
        add_in(s, "finite nowhere", "处处不是有限值");
    for (int i = 0; i < facts->domain_count && i < OG_FACT_ITEMS_MAX; i++) {
        add_in(s, i ? " or " : "finite for ", i ? " 或 " : "函数值有限：");
        add_interval(s, facts->domain[i]);
    }
}

void format_range(const og_act_facts *facts, size_t size, char text[size])
{
    char low[32], high[32];
    format_fact(facts->min, sizeof low, low);
    format_fact(facts->max, sizeof high, high);
    bool closed_low = facts->min_attained && isfinite(facts->min);
    bool closed_high = facts->max_attained && isfinite(facts->max);
    snprintf(text, size, "%c%s, %s%c", closed_low ? '[' : '(', low, high, closed_high ? ']' : ')');
}

static void describe_range(const og_act_facts *facts, sentence *s)
{
    char range[80];
    format_range(facts, sizeof range, range);
    add(s, "%s", range);
    if (facts->min_attained && isfinite(facts->min) && !facts->monotonic)
        add_number(s, ", lowest at x = %s", facts->min_at, "，在 x = %s 处最小");
    if (facts->max_attained && isfinite(facts->max) && !facts->monotonic)
        add_number(s, ", highest at x = %s", facts->max_at, "，在 x = %s 处最大");
}

static const char *direction_word(og_language language, int direction)
{
    return direction > 0   ? in_language(language, "rises", "递增")
           : direction < 0 ? in_language(language, "falls", "递减")
                           : in_language(language, "is constant", "为常数");
}

static void describe_direction(const og_act_facts *facts, sentence *s)
{
    enum { TOLD = 7 };
    if (facts->piece_count == 0)
        add_in(s, "unknown", "未知");
    else if (facts->piece_count == 1)
        add(s, in_language(s->language, "%s everywhere", "处处%s"),
            direction_word(s->language, facts->pieces[0].direction));
    else if (facts->piece_count > TOLD) {
        add_in(s, "changes direction many times", "多次改变增减方向");
        return;
    }
    for (int i = 0; i < facts->piece_count && facts->piece_count > 1; i++) {
        const char *word = direction_word(s->language, facts->pieces[i].direction);
        if (i + 1 == facts->piece_count)
            add(s, in_language(s->language, ", then %s", "，之后%s"), word);
        else if (s->language == OG_LANGUAGE_CHINESE)
            add_number(s, "", facts->pieces[i].to, i ? "，再到 x = %s " : "到 x = %s "), add(s, "%s", word);
        else
            add(s, "%s%s", i ? ", " : "", word), add_number(s, " up to x = %s", facts->pieces[i].to, "");
    }
    if (facts->monotonic && facts->piece_count > 1)
        add_in(s, " (monotonic)", "（单调）");
    else if (!facts->monotonic)
        add_in(s, " (not monotonic)", "（不单调）");
}

static void describe_zeros(const og_act_facts *facts, sentence *s)
{
    enum { TOLD = 6 };
    if (facts->zero_count == 0)
        add_in(s, "none", "无");
    for (int i = 0; i < facts->zero_count && i < TOLD; i++) {
        if (i)
            add_comma(s);
        add_interval(s, facts->zeros[i]);
    }
    if (facts->zero_count > TOLD)
        add_in(s, " and more", " 等");
}

static void add_places(const og_act_facts *facts, bool jumps, sentence *s)
{
    bool first = true;
    for (int i = 0; i < facts->kink_count && i < OG_FACT_ITEMS_MAX; i++)
        if (facts->kinks[i].jump == jumps) {
            if (first)
                add_in(s, jumps ? ", jumps at x = " : ", kinks at x = ", jumps ? "，间断点 x = " : "，折点 x = ");
            add_number(s, first ? "%s" : ", %s", facts->kinks[i].x, first ? "%s" : "、%s");
            first = false;
        }
}

static void describe_smoothness(const og_act_facts *facts, sentence *s)
{
    if (facts->smoothness >= OG_SMOOTH_WITHOUT_END)
        add_in(s, "smooth: derivatives of every order (C^∞)", "无限光滑（C^∞）");
    else if (facts->smoothness < 0)
        add_in(s, "not continuous", "不连续");
    else if (facts->smoothness == 0)
        add_in(s, "continuous (C^0)", "连续但不可微（C^0）");
    else
        add(s,
            in_language(s->language, "continuous with %d continuous derivative%s (C^%d)", "%d 阶连续可微%.0s（C^%d）"),
            facts->smoothness, facts->smoothness == 1 ? "" : "s", facts->smoothness);
    add_places(facts, false, s);
    add_places(facts, true, s);
}

/* "2*x - 0.5" */
static void add_line(sentence *s, double slope, double intercept)
{
    if (fabs(slope - 1) < 1e-9)
        add(s, "x");
    else if (fabs(slope + 1) < 1e-9)
        add(s, "-x");
    else
        add(s, "%.4g*x", slope);
    if (fabs(intercept) > 1e-9)
        add(s, " %c %.4g", intercept < 0 ? '-' : '+', fabs(intercept));
}

static void add_growth(sentence *s, double power)
{
    if (isinf(power))
        add_in(s, "grows exponentially", "指数增长");
    else if (power < 1e-3)
        add_in(s, "grows like a logarithm", "对数增长");
    else if (fabs(power - 1) < 1e-3)
        add_in(s, "grows about linearly", "近似线性增长");
    else
        add_number(s, "grows like |x|^%s", power, "按 |x|^%s 增长");
}

static void describe_tail(const og_act_tail *tail, bool left, sentence *s)
{
    switch (tail->kind) {
    case OG_TAIL_NONE:
        add_in(s, "not finite", "不是有限值");
        break;
    case OG_TAIL_LIMIT:
        add_number(s, "tends to %s", tail->limit, "趋于 %s");
        break;
    case OG_TAIL_LINE:
        add_in(s, "approaches the line ", "趋近直线 ");
        add_line(s, tail->slope, tail->intercept);
        break;
    case OG_TAIL_GROWTH:
        add_growth(s, tail->power);
        break;
    case OG_TAIL_OSCILLATES:
        add_in(s, "oscillates", "振荡");
        break;
    }
    if (!tail->saturates)
        return;
    add_in(s, "; saturates", "；饱和");
    if (isfinite(tail->flat_from)) {
        add_number(s,
                   left ? ": slope below 5 % of its maximum for x < %s" : ": slope below 5 % of its maximum for x > %s",
                   tail->flat_from, left ? "：x < %s 时斜率不到最大值的 5 %" : "：x > %s 时斜率不到最大值的 5 %");
        add_in(s, " (", "（占正态输入的 ");
        add_percent(s, tail->flat_share);
        add_in(s, " of normal inputs)", "）");
    }
}

static void describe_slope(const og_act_facts *facts, sentence *s)
{
    if (isinf(facts->slope_max)) {
        add_in(s, "unbounded", "无界");
        return;
    }
    add_number(s, "%s", facts->slope_max, "%s");
    if (fabs(facts->slope_max_at) < 100) /* one of many places where it is further out */
        add_number(s, " at x = %s", facts->slope_max_at, "（x = %s 处）");
    if (isinf(facts->lipschitz))
        add_in(s, "; no Lipschitz constant, because f jumps", "；f 有间断，没有 Lipschitz 常数");
}

static void describe_symmetry(const og_act_facts *facts, sentence *s)
{
    if (facts->odd)
        add_in(s, "odd: f(-x) = -f(x)", "奇函数：f(-x) = -f(x)");
    else if (facts->even)
        add_in(s, "even: f(-x) = f(x)", "偶函数：f(-x) = f(x)");
    else {
        add_in(s, "none", "无");
        if (isfinite(facts->moments.odd_share)) {
            add_in(s, "; the odd part holds ", "；奇部占输出能量的 ");
            add_percent(s, facts->moments.odd_share);
            add_in(s, " of the output's energy", "");
        }
    }
    if (facts->homogeneous)
        add_in(s, "; f(s x) = s f(x) for s > 0", "；s > 0 时 f(s x) = s f(x)");
}

static void describe_centre(const og_act_facts *facts, sentence *s)
{
    double mean = facts->moments.mean, deviation = sqrt(facts->moments.variance);
    if (!isfinite(mean) || !isfinite(deviation))
        add_in(s, "no mean for normal inputs", "对正态输入没有均值");
    else if (fabs(mean) < 1e-5)
        add_in(s, "yes: mean 0 for normal inputs", "是：正态输入下输出均值为 0");
    else {
        add_number(s, "no: mean %s for normal inputs, ", mean, "否：正态输入下输出均值为 %s，");
        add_number(s, "%s standard deviations from 0", fabs(mean) / deviation, "距 0 为 %s 个标准差");
    }
}

static void describe_flat(const og_act_facts *facts, sentence *s)
{
    const double seen = 0.00005;
    if (facts->flat_share < seen) {
        add_in(s, "for no normal input (|f'| < 0.001)", "正态输入中没有（|f'| < 0.001）");
    } else {
        add_in(s, "for ", "占正态输入的 ");
        add_percent(s, facts->flat_share);
        add_in(s, " of normal inputs (|f'| < 0.001)", "（|f'| < 0.001）");
    }
    if (facts->zero_share >= seen) {
        add_in(s, "; the output is exactly 0 for ", "；输出恰为 0 的占 ");
        add_percent(s, facts->zero_share);
    }
}

static sentence begin(og_language language, fact_row *row, const char *english, const char *chinese)
{
    row->label = in_language(language, english, chinese);
    row->text[0] = '\0';
    return (sentence){language, row};
}

static bool finite_everywhere(const og_act_facts *facts)
{
    return facts->domain_count == 1 && isinf(facts->domain[0].from) && isinf(facts->domain[0].to);
}

size_t facts_describe(const og_act_facts *facts, og_language language, fact_row rows[FACT_ROWS_MAX])
{
    static const struct {
        const char *english, *chinese;
        void (*describe)(const og_act_facts *facts, sentence *s);
    } table[] = {
        {"domain", "定义域", describe_domain},         {"range", "值域", describe_range},
        {"direction", "增减", describe_direction},     {"zeros", "零点", describe_zeros},
        {"smoothness", "光滑性", describe_smoothness}, {"steepest slope", "最大斜率", describe_slope},
        {"symmetry", "对称性", describe_symmetry},     {"zero-centred", "零中心", describe_centre},
        {"no gradient", "无梯度", describe_flat},
    };
    size_t count = 0, rows_known = facts->domain_count == 0 ? 1 : sizeof table / sizeof table[0];
    for (size_t i = finite_everywhere(facts); i < rows_known; i++) {
        sentence s = begin(language, &rows[count++], table[i].english, table[i].chinese);
        table[i].describe(facts, &s);
        if (table[i].describe != describe_smoothness)
            continue;
        s = begin(language, &rows[count++], "to the left", "左端");
        describe_tail(&facts->left, true, &s);
        s = begin(language, &rows[count++], "to the right", "右端");
        describe_tail(&facts->right, false, &s);
    }
    return count;
}

void format_place(const og_act *act, const og_act_facts *facts, size_t size, char text[size])
{
    size_t length = 0;
    text[0] = '\0';
    if (facts->is_section)
        length = (size_t)snprintf(text, size, "gate = 1, funnel = 0, noise = 1/2");
    if (facts->shifted_param < 0)
        return;
    og_act_param param = og_act_param_at(act, (size_t)facts->shifted_param);
    double up = param.source == OG_PARAM_NORMAL ? (double)param.value : 0;
    snprintf(text + length, size - length, "%s%s = %.4g", length ? ", " : "", param.name, up + (double)param.second);
}

void format_inexact(const og_act_inexact *range, og_language language, size_t size, char text[size])
{
    char error[96], why[TRANSLATION_BYTES];
    bool value = strcmp(range->of, "value") == 0, all = range->of[0] == '*';
    if (isinf(range->ulp))
        snprintf(error, sizeof error, "%s", in_language(language, "nothing is promised", "不作保证"));
    else if (range->ulp > 0 && range->absolute > 0)
        snprintf(error, sizeof error, in_language(language, "%g ulp or %g absolute", "%g ulp 或绝对误差 %g"),
                 range->ulp, range->absolute);
    else if (range->ulp > 0)
        snprintf(error, sizeof error, "%g ulp", range->ulp);
    else
        snprintf(error, sizeof error, in_language(language, "%g absolute", "绝对误差 %g"), range->absolute);
    snprintf(text, size, in_language(language, "%s%s for x in [%g, %g]: %s; %s", "%s%s，x 属于 [%g, %g]：%s；%s"),
             value || all ? "" : "df/d",
             value ? "f"
             : all ? in_language(language, "all", "全部")
                   : range->of,
             range->from, range->to, error, translate(language, range->why, why));
}

void moments_list(const og_act_moments *moments, og_language language, moment_row rows[MOMENT_ROWS])
{
    const struct {
        const char *symbol, *chinese_symbol;
        double value;
        const char *english, *chinese;
    } table[MOMENT_ROWS] = {
        {"E f", "E f", moments->mean, "mean of the output", "输出均值"},
        {"E f²", "E f²", moments->second_moment, "second moment", "二阶矩"},
        {"Var f", "Var f", moments->variance, "variance", "方差"},
        {"E f'", "E f'", moments->slope_mean, "mean slope", "平均斜率"},
        {"E f'²", "E f'²", moments->slope_moment, "mean squared slope", "斜率均方"},
        {"gain", "增益", moments->gain, "1/sqrt(E f²): initial weights keep the signal",
         "1/sqrt(E f²)：初始权重保持信号大小"},
        {"gain, centred", "增益，中心化", moments->gain_variance, "1/sqrt(Var f): for weights without a mean",
         "1/sqrt(Var f)：用于去掉均值的权重"},
        {"gain, backward", "增益，反向", moments->gain_backward, "1/sqrt(E f'²): initial weights keep the gradient",
         "1/sqrt(E f'²)：初始权重保持梯度大小"},
        {"χ", "χ", moments->chi, "E f'²/E f²: squared gradient per layer, no norm",
         "E f'²/E f²：无归一化时梯度平方每层的倍数"},
        {"χ, norm", "χ，有归一化", moments->chi_norm, "E f'²/Var f: the same with a norm before f",
         "E f'²/Var f：f 前有归一化时的倍数"},
        {"non-linearity", "非线性度", moments->nonlinearity, "1 - corr(f(z), z)²: 0 for a straight line",
         "1 - corr(f(z), z)²：直线为 0"},
    };
    for (size_t i = 0; i < MOMENT_ROWS; i++)
        rows[i] = (moment_row){in_language(language, table[i].symbol, table[i].chinese_symbol), table[i].value,
                               in_language(language, table[i].english, table[i].chinese)};
}
