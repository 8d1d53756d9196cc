#include "act/number.h"

#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static locale_t c_locale;

static void make_locale(void)
{
    c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

static locale_t enter(void)
{
    pthread_once(&once, make_locale);
    return c_locale ? uselocale(c_locale) : (locale_t)0;
}

static void leave(locale_t before)
{
    if (before)
        uselocale(before);
}

double og__number_read(const char *text)
{
    locale_t before = enter();
    double number = strtod(text, NULL);
    leave(before);
    return number;
}

/* 20 rather than 2e+01. */
static bool format_whole(double number, char *text)
{
    if (number != rint(number) || fabs(number) >= 1e6)
        return false;
    snprintf(text, OG_NUMBER_BYTES, "%.0f", number);
    return true;
}

void og__number_format(double number, char *text)
{
    if (format_whole(number, text))
        return;
    locale_t before = enter();
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, OG_NUMBER_BYTES, "%.*g", digits, number);
        if (strtod(text, NULL) == number)
            break;
    }
    leave(before);
}

void og__number_format_float(float number, char *text)
{
    if (format_whole((double)number, text))
        return;
    locale_t before = enter();
    for (int digits = 1; digits <= 9; digits++) {
        snprintf(text, OG_NUMBER_BYTES, "%.*g", digits, (double)number);
        if (strtof(text, NULL) == number)
            break;
    }
    leave(before);
}

double og__number_of_float(float number)
{
    char text[OG_NUMBER_BYTES];
    og__number_format_float(number, text);
    return og__number_read(text);
}

void og__number_format_c(double number, char *text)
{
    locale_t before = enter();
    float value = (float)number;
    if (isnan(value))
        snprintf(text, OG_NUMBER_BYTES, "__builtin_nanf(\"\")");
    else if (isinf(value))
        snprintf(text, OG_NUMBER_BYTES, "%s__builtin_inff()", value < 0 ? "-" : "");
    else
        snprintf(text, OG_NUMBER_BYTES, "%af", (double)value);
    leave(before);
}
