/* Formatted text: the part of printf that the hypervisor uses. */
#include "lib/lib.h"

/* Where the text goes; `used` counts also what does not fit. */
struct output { char *buf; size_t size, used; };

struct spec {
    bool left, zero, alternate, plus;
    int width, precision;       /* precision -1: none */
    int longs;                  /* 0 int, 1 and 2 64 bits; -1 short, -2 char */
};

static void put(struct output *o, char c)
{
    if (o->used + 1 < o->size)
        o->buf[o->used] = c;
    o->used++;
}

static void put_repeated(struct output *o, char c, int n)
{
    while (n-- > 0)
        put(o, c);
}

static void put_text(struct output *o, const struct spec *f, const char *s, size_t n)
{
    int pad = f->width - (int)n;

    if (!f->left)
        put_repeated(o, ' ', pad);
    for (size_t i = 0; i < n; i++)
        put(o, s[i]);
    if (f->left)
        put_repeated(o, ' ', pad);
}

static void put_number(struct output *o, const struct spec *f, uint64_t value, unsigned int base,
                       const char *prefix)
{
    char digits[24];
    int n = 0, prefix_len = (int)strlen(prefix), zeros;

    do
        digits[n++] = "0123456789abcdef"[value % base];
    while ((value /= base));

    zeros = MAX(f->precision - n, 0);
    if (f->zero && !f->left && f->precision < 0)
        zeros = MAX(f->width - prefix_len - n, 0);
    if (!f->left)
        put_repeated(o, ' ', f->width - prefix_len - zeros - n);
    for (int i = 0; i < prefix_len; i++)
        put(o, prefix[i]);
    put_repeated(o, '0', zeros);
    for (int i = n; i-- > 0; )
        put(o, digits[i]);
    if (f->left)
        put_repeated(o, ' ', f->width - prefix_len - zeros - n);
}

static const char *parse_spec(const char *p, struct spec *f, va_list *ap)
{
    *f = (struct spec){ .precision = -1 };
    for (;; p++) {
        if (*p == '-')
            f->left = true;
        else if (*p == '0')
            f->zero = true;
        else if (*p == '#')
            f->alternate = true;
        else if (*p == '+')
            f->plus = true;
        else
            break;
    }
    if (*p == '*') {
        f->width = va_arg(*ap, int);
        p++;
    } else {
        f->width = (int)parse_number(p, &p);
    }
    if (*p == '.') {
        p++;
        if (*p == '*') {
            f->precision = va_arg(*ap, int);
            p++;
        } else {
            f->precision = (int)parse_number(p, &p);
        }
    }
    for (; *p == 'l' || *p == 'z' || *p == 'h'; p++)
        f->longs += *p == 'h' ? -1 : 1;
    return p;
}

static uint64_t unsigned_argument(const struct spec *f, va_list *ap)
{
    if (f->longs > 0)
        return va_arg(*ap, uint64_t);
    if (f->longs == -1)
        return (uint16_t)va_arg(*ap, unsigned int);
    if (f->longs == -2)
        return (uint8_t)va_arg(*ap, unsigned int);
    return va_arg(*ap, unsigned int);
}

static void put_conversion(struct output *o, char kind, const struct spec *f, va_list *ap)
{
    switch (kind) {
    case 'd': case 'i': {
        int64_t v = f->longs > 0 ? va_arg(*ap, int64_t) : va_arg(*ap, int);

        put_number(o, f, v < 0 ? -(uint64_t)v : (uint64_t)v, 10, v < 0 ? "-" : f->plus ? "+" : "");
        break;
    }
    case 'u':
        put_number(o, f, unsigned_argument(f, ap), 10, "");
        break;
    case 'x':
        put_number(o, f, unsigned_argument(f, ap), 16, f->alternate ? "0x" : "");
        break;
    case 'p': {
        struct spec pointer = { .width = 16, .precision = -1, .zero = true };

        put_number(o, &pointer, (uint64_t)(uintptr_t)va_arg(*ap, void *), 16, "");
        break;
    }
    case 'c': {
        char c = (char)va_arg(*ap, int);

        put_text(o, f, &c, 1);
        break;
    }
    case 's': {
        const char *s = va_arg(*ap, const char *);

        if (!s)
            s = "(null)";
        put_text(o, f, s, strnlen(s, f->precision < 0 ? SIZE_MAX : (size_t)f->precision));
        break;
    }
    default:
        put(o, kind);
        break;
    }
}

int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
    struct output o = { buf, size, 0 };
    va_list args;

    va_copy(args, ap);
    for (const char *p = fmt; *p; p++) {
        struct spec f;

        if (*p != '%') {
            put(&o, *p);
            continue;
        }
        p = parse_spec(p + 1, &f, &args);
        if (!*p)
            break;
        put_conversion(&o, *p, &f, &args);
    }
    va_end(args);
    if (size)
        buf[MIN(o.used, size - 1)] = '\0';
    return (int)o.used;
}

int snprintf(char *buf, size_t size, const char *fmt, ...)
{
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(buf, size, fmt, ap);
    va_end(ap);
    return n;
}
