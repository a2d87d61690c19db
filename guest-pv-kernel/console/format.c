/* format.c: a small printf that needs no memory, no locks and no newlib, for reports from broken places. */
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

size_t pv_format(char *out, size_t size, const char *fmt, va_list args);

struct sink {
    char *out;
    size_t size, used;
};

static void put(struct sink *s, char c)
{
    if (s->used < s->size)
        s->out[s->used++] = c;
}

static void put_text(struct sink *s, const char *text)
{
    while (text && *text)
        put(s, *text++);
}

static void put_number(struct sink *s, unsigned long value, unsigned int base, unsigned int width, char pad,
                       bool negative)
{
    char digits[24];
    unsigned int n = 0;

    do {
        digits[n++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    if (negative)
        digits[n++] = '-';
    for (; width > n; width--)
        put(s, pad);
    while (n)
        put(s, digits[--n]);
}

static long get_signed(va_list *args, bool is_long)
{
    return is_long ? va_arg(*args, long) : va_arg(*args, int);
}

static unsigned long get_unsigned(va_list *args, bool is_long)
{
    return is_long ? va_arg(*args, unsigned long) : va_arg(*args, unsigned int);
}

/* One conversion; *fmt stands behind the '%'. Returns the byte behind it. */
static const char *convert(struct sink *s, const char *fmt, va_list *args)
{
    char pad = *fmt == '0' ? '0' : ' ';
    unsigned int width = 0;
    bool is_long = false;
    long value;

    for (; *fmt >= '0' && *fmt <= '9'; fmt++)
        width = width * 10 + (unsigned int)(*fmt - '0');
    for (; *fmt == 'l' || *fmt == 'z'; fmt++)
        is_long = true;
    switch (*fmt) {
    case 's':
        put_text(s, va_arg(*args, const char *));
        break;
    case 'c':
        put(s, (char)va_arg(*args, int));
        break;
    case 'd':
        value = get_signed(args, is_long);
        put_number(s, value < 0 ? 0 - (unsigned long)value : (unsigned long)value, 10, width, pad, value < 0);
        break;
    case 'u':
        put_number(s, get_unsigned(args, is_long), 10, width, pad, false);
        break;
    case 'x':
        put_number(s, get_unsigned(args, is_long), 16, width, pad, false);
        break;
    case 'p':
        put_text(s, "0x");
        put_number(s, (unsigned long)(uintptr_t)va_arg(*args, void *), 16, width, pad, false);
        break;
    case '\0':
        return fmt;
    default:
        put(s, *fmt);
        break;
    }
    return fmt + 1;
}

/* Formats into `out`, at most `size` bytes and without a final NUL; the number of bytes. */
size_t pv_format(char *out, size_t size, const char *fmt, va_list args)
{
    struct sink s = { out, size, 0 };
    va_list copy;

    va_copy(copy, args);
    while (*fmt) {
        if (*fmt == '%')
            fmt = convert(&s, fmt + 1, &copy);
        else
            put(&s, *fmt++);
    }
    va_end(copy);
    return s.used;
}
