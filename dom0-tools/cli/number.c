/* number.c: parsers for numbers, durations and sizes; every overflow is an error. */
#include "number.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define NS_PER_SECOND 1000000000ull
#define TEN_YEARS_S   (10ull * 366 * 86400)

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)tolower((unsigned char)c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Reads digits of the base at *s; at least one. */
static int take_digits(const char **s, unsigned base, uint64_t max, uint64_t *value)
{
    uint64_t sum = 0;
    int d = digit_of(**s);

    if (d < 0 || d >= (int)base)
        return -EINVAL;
    for (; d >= 0 && d < (int)base; d = digit_of(*++*s)) {
        if ((unsigned)d > max || sum > (max - (unsigned)d) / base)
            return -ERANGE;
        sum = sum * base + (unsigned)d;
    }
    *value = sum;
    return 0;
}

int parse_uint(const char *text, uint64_t max, uint64_t *value)
{
    bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    const char *s = hex ? text + 2 : text;
    uint64_t number;
    int rc = take_digits(&s, hex ? 16 : 10, max, &number);

    if (rc)
        return rc;
    if (*s)
        return -EINVAL;
    *value = number;
    return 0;
}

/* Nanoseconds in one of the unit named by the rest of a duration; 0 for an unknown one. */
static uint64_t unit_of(const char *name)
{
    static const struct { const char *name; uint64_t ns; } units[] = {
        { "", NS_PER_SECOND }, { "s", NS_PER_SECOND }, { "ms", 1000000 }, { "us", 1000 }, { "ns", 1 },
        { "m", 60 * NS_PER_SECOND }, { "h", 3600 * NS_PER_SECOND },
    };

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (strcmp(units[i].name, name) == 0)
            return units[i].ns;
    return 0;
}

int parse_duration(const char *text, uint64_t *ns)
{
    const char *s = text;
    uint64_t whole, part = 0, scale = 1, unit;
    int rc = take_digits(&s, 10, TEN_YEARS_S * NS_PER_SECOND, &whole);

    if (rc)
        return rc;
    if (*s == '.') {
        for (s++; isdigit((unsigned char)*s); s++) {
            if (scale < NS_PER_SECOND) {
                scale *= 10;
                part = part * 10 + (uint64_t)(*s - '0');
            }
        }
        if (scale == 1)
            return -EINVAL;
    }
    unit = unit_of(s);
    if (unit == 0)
        return -EINVAL;
    if (whole > TEN_YEARS_S * NS_PER_SECOND / unit)
        return -ERANGE;
    /* part < 10^9 and unit < 2^42: the product could pass 2^64, so long units are divided first. */
    *ns = whole * unit + (unit > NS_PER_SECOND ? part * (unit / NS_PER_SECOND) * (NS_PER_SECOND / scale)
                                               : part * unit / scale);
    return 0;
}

int parse_memory(const char *text, uint64_t *kib)
{
    const char *s = text;
    uint64_t number;
    unsigned shift = 10;
    int rc = take_digits(&s, 10, 1ull << 42, &number);

    if (rc)
        return rc;
    if (*s) {
        const char *letters = "kmg", *at = strchr(letters, tolower((unsigned char)*s));

        if (!at || s[1])
            return -EINVAL;
        shift = 10u * (unsigned)(at - letters);
    }
    if (number > (1ull << 42) >> shift)
        return -ERANGE;
    *kib = number << shift;
    return 0;
}
