/* Reads the xl.cfg language: key = value lines, '...' and "..." strings with escapes, numbers, lists over
 * several lines, `+=`, comments. The first error of syntax ends the reading: what follows it means nothing.
 * */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "config_syntax.h"

#define VALUE_LIMIT 4096u /* members of all lists together: bounds memory, real files have a dozen */

struct reader {
    const char *file;
    const char *at, *end;
    unsigned line, column;
    unsigned values;
    bool bare;  /* an override: a value that is no number, string or list is a string as it stands */
    struct config_report *report;
};

static struct config_place here(const struct reader *r)
{
    return (struct config_place){ r->file, r->line, r->column };
}

static int syntax_error(struct reader *r, const struct config_place *place, const char *what)
{
    config_remark(r->report, CONFIG_ERROR, place, "%s", what);
    return -EINVAL;
}

static int peek(const struct reader *r)
{
    return r->at == r->end ? -1 : (unsigned char)*r->at;
}

static int take(struct reader *r)
{
    int c = peek(r);

    if (c < 0)
        return c;
    r->at++;
    r->column++;
    if (c == '\n') {
        r->line++;
        r->column = 1;
    }
    return c;
}

static bool is_letter(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(int c)
{
    return c >= '0' && c <= '9';
}

/* Blanks and comments; line ends too when the grammar allows them here. A backslash at a line's end joins it
 * with the next one. */
static void skip_blanks(struct reader *r, bool newlines)
{
    for (;;) {
        int c = peek(r);

        if (c == ' ' || c == '\t' || c == '\r' || (newlines && c == '\n')) {
            take(r);
        } else if (c == '#') {
            while (peek(r) >= 0 && peek(r) != '\n')
                take(r);
        } else if (c == '\\' && r->end - r->at > 1 && r->at[1] == '\n') {
            take(r);
            take(r);
        } else {
            return;
        }
    }
}

static void free_value(struct config_value *v)
{
    while (v) {
        struct config_value *next = v->next;

        free_value(v->first);
        free(v->text);
        free(v);
        v = next;
    }
}

static struct config_value *new_value(const struct config_place *place, bool is_list)
{
    struct config_value *v = calloc(1, sizeof(*v));

    if (v) {
        v->place = *place;
        v->is_list = is_list;
    }
    return v;
}

static char *copy_text(const char *from, size_t len)
{
    char *text = malloc(len + 1);

    if (text) {
        memcpy(text, from, len);
        text[len] = 0;
    }
    return text;
}

static int hex_value(int c)
{
    if (is_digit(c))
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* Up to `most` digits of a numeric escape; negative when there is none. */
static int escaped_number(struct reader *r, int base, int most)
{
    int value = 0, count = 0;

    while (count < most && hex_value(peek(r)) >= 0 && hex_value(peek(r)) < base) {
        value = value * base + hex_value(take(r));
        count++;
    }
    return count ? value : -1;
}

/* After a backslash: the character meant, or negative with the error recorded. */
static int escaped(struct reader *r)
{
    static const char letters[] = "abfnrtv", meanings[] = "\a\b\f\n\r\t\v";
    struct config_place place = here(r);
    int c = peek(r);
    const char *letter;
    int value;

    if (is_digit(c)) {
        value = escaped_number(r, 8, 3);
    } else if (c == 'x') {
        take(r);
        value = escaped_number(r, 16, 2);
    } else {
        take(r);
        letter = c > 0 ? strchr(letters, c) : NULL;
        if (letter)
            return meanings[letter - letters];
        if (c == '\\' || c == '\'' || c == '"')
            return c;
        value = -1;
    }
    if (value > 0 && value < 256)
        return value;
    return syntax_error(r, &place,
                        value == 0 ? "an escape may not give a zero byte" : "unknown escape in string");
}

static int read_string(struct reader *r, struct config_value *v)
{
    int quote = take(r);
    size_t used = 0, most = (size_t)(r->end - r->at);
    char *trimmed;

    if (most > CONFIG_LINE_LIMIT)
        most = CONFIG_LINE_LIMIT;
    v->text = malloc(most + 1); /* a string stays in its line, and escapes only shrink */
    if (!v->text)
        return -ENOMEM;
    for (;;) {
        int c = peek(r);

        if (c < 0 || c == '\n')
            return syntax_error(r, &v->place, "string is not closed on its line");
        take(r);
        if (c == quote)
            break;
        if (c == '\\') {
            c = escaped(r);
            if (c < 0)
                return c;
        }
        v->text[used++] = (char)c;
    }
    v->text[used] = 0;
    trimmed = realloc(v->text, used + 1);
    if (trimmed)
        v->text = trimmed;
    return 0;
}

static int read_number(struct reader *r, struct config_value *v)
{
    const char *start = r->at;

    while (is_digit(peek(r)) || is_letter(peek(r)))
        take(r);
    v->text = copy_text(start, (size_t)(r->at - start));
    return v->text ? 0 : -ENOMEM;
}

static int read_value(struct reader *r, unsigned depth, struct config_value **out);

static int read_members(struct reader *r, unsigned depth, struct config_value *list)
{
    struct config_value **tail = &list->first;

    take(r);
    for (;;) {
        struct config_place place;
        int rc;

        skip_blanks(r, true);
        if (peek(r) == ']')
            break;
        rc = read_value(r, depth + 1, tail);
        if (*tail)
            tail = &(*tail)->next;
        if (rc)
            return rc;
        list->members++;
        skip_blanks(r, true);
        place = here(r);
        if (peek(r) < 0)
            return syntax_error(r, &list->place, "list is not closed by ']'");
        if (peek(r) == ',')
            take(r);
        else if (peek(r) != ']')
            return syntax_error(r, &place, "expected ',' or ']' in list");
    }
    take(r);
    return 0;
}

static int read_bare(struct reader *r, struct config_value *v)
{
    v->text = copy_text(r->at, (size_t)(r->end - r->at));
    r->column += (unsigned)(r->end - r->at);
    r->at = r->end;
    return v->text ? 0 : -ENOMEM;
}

/* *out is set as soon as something was allocated, also on failure: the caller's tree owns it. */
static int read_value(struct reader *r, unsigned depth, struct config_value **out)
{
    struct config_place place = here(r);
    int c = peek(r);

    if (depth > CONFIG_DEPTH_LIMIT)
        return syntax_error(r, &place, "lists are nested too deeply");
    if (++r->values > VALUE_LIMIT)
        return syntax_error(r, &place, "more than 4096 values");
    if (!r->bare && c != '[' && c != '\'' && c != '"' && !is_digit(c)) {
        if (c < 0 || c == '\n')
            return syntax_error(r, &place, depth ? "list is not closed by ']'" : "value is missing");
        return syntax_error(r, &place, "expected a number, a quoted string or a list");
    }
    *out = new_value(&place, c == '[');
    if (!*out)
        return -ENOMEM;
    if (c == '[')
        return read_members(r, depth, *out);
    if (c == '\'' || c == '"')
        return read_string(r, *out);
    if (r->bare && depth == 0)
        return read_bare(r, *out);
    return read_number(r, *out);
}

static void free_setting(struct config_setting *s)
{
    free_value(s->value);
    free(s->key);
    free(s);
}

/* `key += value`: lists grow, strings are joined. */
static int join_values(struct reader *r, struct config_setting *old, struct config_setting *s)
{
    struct config_value **tail = &old->value->first;

    if (old->value->is_list != s->value->is_list)
        return syntax_error(r, &s->value->place, "+= must add a list to a list or a string to a string");
    if (!old->value->is_list) {
        size_t first = strlen(old->value->text), second = strlen(s->value->text);
        char *joined = realloc(old->value->text, first + second + 1);

        if (!joined)
            return -ENOMEM;
        memcpy(joined + first, s->value->text, second + 1);
        old->value->text = joined;
        return 0;
    }
    while (*tail)
        tail = &(*tail)->next;
    *tail = s->value->first;
    old->value->members += s->value->members;
    s->value->first = NULL;
    return 0;
}

static int keep_setting(struct reader *r, struct config_settings *all, struct config_setting *s, bool join)
{
    struct config_setting *old = config_find_setting(all, s->key);
    int rc = 0;

    if (!old) {
        if (all->last)
            all->last->next = s;
        else
            all->first = s;
        all->last = s;
        return 0;
    }
    if (join) {
        rc = join_values(r, old, s);
    } else {
        struct config_value *value = old->value;

        if (!r->bare)
            config_remark(r->report, CONFIG_WARNING, &s->place,
                          "%s was set in line %u already; this value is used", s->key, old->place.line);
        old->value = s->value;
        old->place = s->place;
        s->value = value;
    }
    free_setting(s);
    return rc;
}

/* Key, operator and value; s owns what was allocated, whatever the result. */
static int read_setting(struct reader *r, struct config_setting *s, bool *join)
{
    const char *start = r->at;
    struct config_place place;

    s->place = here(r);
    if (!is_letter(peek(r)))
        return syntax_error(r, &s->place, "expected a key");
    while (is_letter(peek(r)) || is_digit(peek(r)))
        take(r);
    s->key = copy_text(start, (size_t)(r->at - start));
    if (!s->key)
        return -ENOMEM;
    skip_blanks(r, false);
    place = here(r);
    *join = peek(r) == '+';
    if (*join)
        take(r);
    if (peek(r) != '=')
        return syntax_error(r, &place, "expected '=' or '+=' after the key");
    take(r);
    if (!r->bare)
        skip_blanks(r, false);
    return read_value(r, 0, &s->value);
}

static int read_line_end(struct reader *r)
{
    struct config_place place;

    skip_blanks(r, false);
    place = here(r);
    if (peek(r) >= 0 && peek(r) != '\n' && peek(r) != ';')
        return syntax_error(r, &place, "unexpected text after the value");
    take(r);
    return 0;
}

static int read_all(struct reader *r, struct config_settings *settings)
{
    int rc = 0;

    while (rc == 0) {
        struct config_setting *s;
        bool join = false;

        skip_blanks(r, true);
        if (peek(r) == ';') {
            take(r);
            continue;
        }
        if (peek(r) < 0)
            return 0;
        s = calloc(1, sizeof(*s));
        if (!s)
            return -ENOMEM;
        rc = read_setting(r, s, &join);
        if (rc == 0)
            rc = read_line_end(r);
        if (rc)
            free_setting(s);
        else
            rc = keep_setting(r, settings, s, join);
    }
    return rc;
}

/* Refuses what no configuration holds before any of it is interpreted. */
static int check_bytes(struct reader *r)
{
    const char *line_start = r->at, *at;
    struct config_place place = here(r);

    for (at = r->at; at != r->end; at++) {
        unsigned char c = (unsigned char)*at;

        place.column = (unsigned)(at - line_start) + 1;
        if (c == 0)
            return syntax_error(r, &place, "zero byte: this is not a text file");
        if ((c < 0x20 && c != '\n' && c != '\t' && c != '\r') || c == 0x7f)
            return syntax_error(r, &place, "control character: this is not a text file");
        if (c == '\n') {
            place.line++;
            line_start = at + 1;
        } else if (at - line_start >= (long)CONFIG_LINE_LIMIT) {
            place.column = 1;
            return syntax_error(r, &place, "line is longer than 8192 bytes");
        }
        if ((size_t)(at - r->at) >= CONFIG_FILE_LIMIT) {
            place.line = 0;
            return syntax_error(r, &place, "file is longer than 256 KiB");
        }
    }
    return 0;
}

int config_read_settings(struct config_settings *settings, const char *file, const char *bytes, size_t len,
                         struct config_report *report)
{
    struct reader r = { .file = file, .at = bytes, .end = bytes + len, .line = 1, .column = 1,
                        .report = report };
    int rc = check_bytes(&r);

    return rc ? rc : read_all(&r, settings);
}

int config_read_override(struct config_settings *settings, const char *text, unsigned number,
                         struct config_report *report)
{
    struct reader r = { .file = "command line", .at = text, .end = text + strlen(text), .line = number,
                        .column = 1, .bare = true, .report = report };
    int rc = check_bytes(&r);

    return rc ? rc : read_all(&r, settings);
}

void config_free_settings(struct config_settings *settings)
{
    while (settings->first) {
        struct config_setting *next = settings->first->next;

        free_setting(settings->first);
        settings->first = next;
    }
    settings->last = NULL;
}

struct config_setting *config_find_setting(const struct config_settings *settings, const char *key)
{
    struct config_setting *s = settings->first;

    while (s && strcmp(s->key, key))
        s = s->next;
    return s;
}
