/* Memory and string functions. The copies use string instructions on 8-byte words: the fewest instructions,
 * and no vector registers, which belong to the guests. */
#include "lib/lib.h"

void *memcpy(void *dst, const void *src, size_t n)
{
    void *to = dst;
    size_t words = n / 8;

    __asm__ volatile("rep movsq" : "+D"(to), "+S"(src), "+c"(words) : : "memory");
    words = n % 8;
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(src), "+c"(words) : : "memory");
    return dst;
}

void *memmove(void *dst, const void *src, size_t n)
{
    char *to = dst;
    const char *from = src;

    if (to <= from || to >= from + n)
        return memcpy(dst, src, n);
    while (n--)
        to[n] = from[n];
    return dst;
}

void *memset(void *dst, int c, size_t n)
{
    void *to = dst;
    uint64_t value = (uint8_t)c * 0x0101010101010101UL;
    size_t words = n / 8;

    __asm__ volatile("rep stosq" : "+D"(to), "+c"(words) : "a"(value) : "memory");
    words = n % 8;
    __asm__ volatile("rep stosb" : "+D"(to), "+c"(words) : "a"(value) : "memory");
    return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const uint8_t *x = a, *y = b;

    for (size_t i = 0; i < n; i++)
        if (x[i] != y[i])
            return x[i] - y[i];
    return 0;
}

size_t strnlen(const char *s, size_t max)
{
    size_t n = 0;

    while (n < max && s[n])
        n++;
    return n;
}

size_t strlen(const char *s)
{
    const char *p = s;

    while (*p)
        p++;
    return (size_t)(p - s);
}

int strncmp(const char *a, const char *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (a[i] != b[i] || !a[i])
            return (uint8_t)a[i] - (uint8_t)b[i];
    return 0;
}

int strcmp(const char *a, const char *b)
{
    return strncmp(a, b, SIZE_MAX);
}

char *strchr(const char *s, int c)
{
    for (; *s != (char)c; s++)
        if (!*s)
            return NULL;
    return (char *)(uintptr_t)s;
}

size_t strlcpy(char *dst, const char *src, size_t size)
{
    size_t n = strlen(src);

    if (size) {
        size_t kept = MIN(n, size - 1);

        memcpy(dst, src, kept);
        dst[kept] = '\0';
    }
    return n;
}
