/* Numbers out of text: command line options. */
#include "lib/lib.h"

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return 16;
}

uint64_t parse_number(const char *s, const char **end)
{
    unsigned int base = 10;
    uint64_t value = 0;

    if (s[0] == '0' && (s[1] | 0x20) == 'x' && digit(s[2]) < 16) {
        base = 16;
        s += 2;
    }
    for (; (unsigned int)digit(*s) < base; s++)
        value = value * base + (unsigned int)digit(*s);
    if (end)
        *end = s;
    return value;
}

/* 0: not the letter of a unit. */
static uint64_t unit_of(char c)
{
    switch (c | 0x20) {
    case 'b': return 1;
    case 'k': return 1UL << 10;
    case 'm': return 1UL << 20;
    case 'g': return 1UL << 30;
    case 't': return 1UL << 40;
    default: return 0;
    }
}

uint64_t parse_size(const char *s, const char **end, uint64_t unit_default)
{
    uint64_t value = parse_number(s, &s), unit = unit_of(*s);

    if (unit)
        s++;
    else
        unit = unit_default;
    if (end)
        *end = s;
    if (__builtin_mul_overflow(value, unit, &value))
        return UINT64_MAX;
    return value;
}
