/* input.c: what the fuzzer gives, and the end of a program that did wrong. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "kit.h"

static const uint8_t *at, *end;

void kit_wrong(const char *format, ...)
{
    va_list args;

    fprintf(stderr, "model: ");
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\n");
    abort();
}

void kit_input(const uint8_t *data, size_t size)
{
    at = data;
    end = data + size;
}

bool kit_input_left(void)
{
    return at < end;
}

uint8_t kit_byte(void)
{
    return at < end ? *at++ : 0;
}

uint16_t kit_u16(void)
{
    uint16_t low = kit_byte();

    return (uint16_t)(low | kit_byte() << 8);
}

uint32_t kit_u32(void)
{
    uint32_t low = kit_u16();

    return low | (uint32_t)kit_u16() << 16;
}

void kit_bytes(void *buf, size_t size)
{
    uint8_t *to = buf;

    while (size--)
        *to++ = kit_byte();
}
