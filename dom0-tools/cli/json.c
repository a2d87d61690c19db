/* json.c: the JSON writer. */
#include "json.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

void json_begin(struct json *j, FILE *out)
{
    memset(j, 0, sizeof(*j));
    j->out = out;
}

void json_end(struct json *j)
{
    assert(j->depth == 0);
    fputc('\n', j->out);
}

static void new_line(struct json *j)
{
    fprintf(j->out, "\n%*s", (int)j->depth * 4, "");
}

/* Length of the well-formed UTF-8 sequence at s (1 to 4), or 0. Overlong forms and surrogates are not
 * well-formed. */
static size_t utf8_length(const unsigned char *s)
{
    size_t n = s[0] < 0x80 ? 1 : s[0] >= 0xc2 && s[0] < 0xe0 ? 2 : s[0] >= 0xe0 && s[0] < 0xf0 ? 3
             : s[0] >= 0xf0 && s[0] < 0xf5 ? 4 : 0;

    for (size_t i = 1; i < n; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] >= 0xa0) || (s[0] == 0xf0 && s[1] < 0x90) ||
        (s[0] == 0xf4 && s[1] >= 0x90))
        return 0;
    return n;
}

static void put_quoted(FILE *out, const char *text)
{
    const unsigned char *s = (const unsigned char *)text;

    fputc('"', out);
    while (*s) {
        size_t n = utf8_length(s);

        if (*s == '"' || *s == '\\')
            fprintf(out, "\\%c", *s);
        else if (*s == '\n')
            fputs("\\n", out);
        else if (*s < 0x20 || *s == 0x7f)
            fprintf(out, "\\u%04x", (unsigned)*s);
        else if (n == 0)
            fputs("\\ufffd", out);
        else
            fwrite(s, 1, n, out);
        s += n ? n : 1;
    }
    fputc('"', out);
}

static void start_value(struct json *j, const char *key)
{
    if (j->filled[j->depth])
        fputc(',', j->out);
    j->filled[j->depth] = true;
    if (j->depth)
        new_line(j);
    if (key) {
        put_quoted(j->out, key);
        fputs(": ", j->out);
    }
}

static void open_level(struct json *j, const char *key, char bracket)
{
    start_value(j, key);
    fputc(bracket, j->out);
    assert(j->depth < JSON_DEPTH);
    j->filled[++j->depth] = false;
}

static void close_level(struct json *j, char bracket)
{
    bool filled = j->filled[j->depth];

    assert(j->depth > 0);
    j->depth--;
    if (filled)
        new_line(j);
    fputc(bracket, j->out);
}

void json_object(struct json *j, const char *key)
{
    open_level(j, key, '{');
}

void json_object_end(struct json *j)
{
    close_level(j, '}');
}

void json_array(struct json *j, const char *key)
{
    open_level(j, key, '[');
}

void json_array_end(struct json *j)
{
    close_level(j, ']');
}

void json_string(struct json *j, const char *key, const char *value)
{
    start_value(j, key);
    if (value)
        put_quoted(j->out, value);
    else
        fputs("null", j->out);
}

void json_uint(struct json *j, const char *key, uint64_t value)
{
    start_value(j, key);
    fprintf(j->out, "%" PRIu64, value);
}

void json_bool(struct json *j, const char *key, bool value)
{
    start_value(j, key);
    fputs(value ? "true" : "false", j->out);
}

void json_seconds(struct json *j, const char *key, uint64_t ns)
{
    start_value(j, key);
    fprintf(j->out, "%" PRIu64 ".%09" PRIu64, ns / 1000000000u, ns % 1000000000u);
}
