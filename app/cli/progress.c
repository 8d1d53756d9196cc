#include "progress.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "terminal.h"

enum { BAR_CELLS = 24, LINE_BYTES = 512, WARNING_LINES = 4 };

static bool active, silent = true;
static bool line_shown;
static double last_drawn_s;

static double now_s(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static int terminal_columns(void)
{
    struct winsize size;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

void format_duration(double seconds, size_t size, char text[size])
{
    if (!(seconds >= 0 && seconds < 1e9)) {
        snprintf(text, size, "-");
        return;
    }
    long whole = lround(seconds), hours = whole / 3600, minutes = whole / 60 % 60, rest = whole % 60;
    if (hours > 0)
        snprintf(text, size, "%ld:%02ld:%02ld", hours, minutes, rest);
    else
        snprintf(text, size, "%ld:%02ld", minutes, rest);
}

void progress_begin(bool quiet)
{
    silent = quiet;
    active = !quiet && isatty(STDERR_FILENO);
    line_shown = false;
    last_drawn_s = -1;
}

static void clear_line(void)
{
    if (line_shown)
        fputs("\r\033[K", stderr);
    line_shown = false;
}

/* Print at most `columns` characters, so that the line never wraps: a wrapped line could not be taken away again. */
static void print_cut(const char *text, int columns)
{
    for (; *text && columns > 0; columns--) {
        size_t length = 1;
        while (((unsigned char)text[length] & 0xc0) == 0x80) /* the rest of a UTF-8 character */
            length++;
        fwrite(text, 1, length, stderr);
        text += length;
    }
}

static void format_bar(double share, size_t size, char text[size])
{
    const char *full = terminal_has_unicode() ? "█" : "#", *empty = terminal_has_unicode() ? "░" : ".";
    int done = (int)(BAR_CELLS * fmin(fmax(share, 0), 1));
    size_t length = 0;
    for (int i = 0; i < BAR_CELLS; i++)
        length += (size_t)snprintf(text + length, size - length, "%s", i < done ? full : empty);
}

void progress_show(double share, double eta_s, const char *format, ...)
{
    if (!active || (line_shown && now_s() - last_drawn_s < 0.1))
        return;
    last_drawn_s = now_s();
    char bar[BAR_CELLS * 4], eta[32], text[LINE_BYTES], line[2 * LINE_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    format_bar(share, sizeof bar, bar);
    format_duration(eta_s, sizeof eta, eta);
    snprintf(line, sizeof line, "%s %3.0f%%  ETA %s  %s", bar, 100 * fmin(fmax(share, 0), 1), eta, text);
    clear_line();
    print_cut(line, terminal_columns() - 1);
    fflush(stderr);
    line_shown = true;
}

static void print_line(const char *format, va_list args)
{
    clear_line();
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
}

void progress_note(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (active)
        print_line(format, args);
    va_end(args);
}

void progress_say(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (!silent)
        print_line(format, args);
    va_end(args);
}

void progress_warn(const char *prefix, const og_train_warning *warnings, size_t count)
{
    if (silent || count == 0)
        return;
    clear_line();
    size_t lines = count > WARNING_LINES ? WARNING_LINES - 1 : count;
    for (size_t i = 0; i < lines; i++) {
        const og_train_warning *w = &warnings[i];
        fprintf(stderr, "%s: %s%s\n", w->ended || !w->serious ? "note" : "warning", prefix, w->text);
    }
    if (count > lines)
        fprintf(stderr, "note: %s%zu more of this kind in the run's log.jsonl\n", prefix, count - lines);
    fflush(stderr);
}

void progress_plan(const char *prefix, size_t bytes)
{
    progress_say("%splanned memory %.0f MB", prefix, 1e-6 * (double)bytes);
}

void progress_end(void)
{
    clear_line();
    fflush(stderr);
}
