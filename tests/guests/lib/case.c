/* case.c: counts and prints cases. */
#include "case.h"
#include "internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <pv/error.h>

static const char *group;
static unsigned int cases, different;

void begin_group(const char *name)
{
    group = name;
}

void print_summary(void)
{
    printf("%s: %u cases, %u differ\n", kernel.name, cases, different);
}

/* An answer in words: a number, an error's name, or a trap. */
static const char *describe(long value, char *text, size_t size)
{
    if (value >= TRAP(0, 0) && value <= TRAP(255, 0xffff))
        snprintf(text, size, "trap %ld error %lx", (value >> 16) & 0xff, value & 0xffff);
    else if (value < 0 && value > -200)
        snprintf(text, size, "-%s", pv_xen_errno_name(value));
    else if (value > -4096 && value < 4096)
        snprintf(text, size, "%ld", value);
    else
        snprintf(text, size, "%#lx", value);
    return text;
}

static void print_case(const char *name, const char *got, const char *want, const char *state, bool holds)
{
    bool right = strcmp(got, want) == 0 && holds;

    cases++;
    different += !right;
    printf("%s %s: %s = %s", right ? "ok     " : "differs", group, name, got);
    if (strcmp(got, want) != 0)
        printf(", not %s", want);
    if (state)
        printf("; %s%s", holds ? "" : "NOT ", state);
    printf("\n");
}

void show_state(const char *name, long got, long want, const char *state, bool holds)
{
    char a[40], b[40];

    print_case(name, describe(got, a, sizeof(a)), describe(want, b, sizeof(b)), state, holds);
}

void check(const char *name, long got, long want)
{
    show_state(name, got, want, NULL, true);
}

void check_true(const char *name, bool ok)
{
    print_case(name, ok ? "yes" : "no", "yes", NULL, true);
}

void check_text(const char *name, const char *got, const char *want)
{
    print_case(name, got, want, NULL, true);
}

void check_text_state(const char *name, const char *got, const char *want, const char *state, bool holds)
{
    print_case(name, got, want, state, holds);
}

const char *named(const char *format, ...)
{
    static char texts[4][160];
    static unsigned int next;
    char *text = texts[next++ % 4];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(texts[0]), format, args);
    va_end(args);
    return text;
}

long by_role(long domu, long initial)
{
    return pv_is_control_domain() ? initial : domu;
}
