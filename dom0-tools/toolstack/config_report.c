/* Remarks about a configuration, and the texts of small values. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "config_syntax.h"

/* Files name keys and values freely: what is quoted in a remark must not move the operator's cursor. */
static void make_printable(char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            *text = '?';
}

void config_remark(struct config_report *report, enum config_severity severity,
                   const struct config_place *place, const char *format, ...)
{
    struct config_diagnostic *d;
    va_list args;

    if (severity == CONFIG_ERROR)
        report->errors++;
    if (report->count == CONFIG_DIAGNOSTICS) {
        report->dropped++;
        return;
    }
    d = &report->entry[report->count++];
    memset(d, 0, sizeof(*d));
    d->severity = severity;
    if (place) {
        snprintf(d->file, sizeof(d->file), "%s", place->file);
        d->line = place->line;
        d->column = place->column;
    }
    va_start(args, format);
    vsnprintf(d->text, sizeof(d->text), format, args);
    va_end(args);
    make_printable(d->file);
    make_printable(d->text);
}

const char *config_diagnostic_text(const struct config_diagnostic *d, char *buf, size_t size)
{
    const char *kind = d->severity == CONFIG_ERROR ? "error" : "warning";

    if (d->line)
        snprintf(buf, size, "%s:%u:%u: %s: %s", d->file, d->line, d->column, kind, d->text);
    else
        snprintf(buf, size, "%s: %s: %s", d->file, kind, d->text);
    return buf;
}

const char *config_action_name(enum config_action action)
{
    static const char *const names[] = {
        [CONFIG_DESTROY]        = "destroy",
        [CONFIG_RESTART]        = "restart",
        [CONFIG_PRESERVE]       = "preserve",
        [CONFIG_RENAME_RESTART] = "rename-restart",
    };

    return names[action];
}

const char *config_name_problem(const char *name)
{
    bool digits_only = true;
    size_t i;

    for (i = 0; name[i]; i++) {
        unsigned char c = (unsigned char)name[i];

        if (c <= 0x20 || c >= 0x7f || c == '/')
            return "may hold only printable ASCII, without blanks and '/'";
        if (c < '0' || c > '9')
            digits_only = false;
    }
    if (i == 0)
        return "must not be empty";
    if (i >= CONFIG_NAME_SIZE)
        return "is longer than 63 bytes";
    if (digits_only)
        return "must not be a number, because domain ids are";
    return NULL;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool config_uuid_parse(const char *text, uint8_t uuid[16])
{
    unsigned digits = 0;

    for (; *text; text++) {
        int value = hex_digit(*text);

        if (*text == '-' && digits && digits % 2 == 0 && text[1] != '-' && text[1])
            continue;
        if (value < 0 || digits == 32)
            return false;
        if (digits % 2 == 0)
            uuid[digits / 2] = (uint8_t)(value << 4);
        else
            uuid[digits / 2] |= (uint8_t)value;
        digits++;
    }
    return digits == 32;
}

void config_uuid_text(const uint8_t uuid[16], char text[37])
{
    static const char digits[] = "0123456789abcdef";
    char *out = text;

    for (unsigned i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *out++ = '-';
        *out++ = digits[uuid[i] >> 4];
        *out++ = digits[uuid[i] & 15];
    }
    *out = 0;
}
