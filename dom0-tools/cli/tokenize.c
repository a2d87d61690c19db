/* tokenize.c: quoting, escapes, separators. One pass over the text, one character at a time. */
#include "tokenize.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Length of the separator at s (0: none). A single & or | is an ordinary character: the shell has no
 * pipes. */
static size_t separator_length(const char *s)
{
    if (*s == ';' || *s == '\n')
        return 1;
    return (s[0] == '&' && s[1] == '&') || (s[0] == '|' && s[1] == '|') ? 2 : 0;
}

static int fail(struct tokenized *out, int err, const char *why)
{
    out->error = why;
    return err;
}

static int put(struct tokenized *out, char c)
{
    if (out->used >= TOKENIZE_TEXT)
        return fail(out, -E2BIG, "the command is too long");
    out->text[out->used++] = c;
    return 0;
}

static int put_status(struct tokenized *out, int status)
{
    char digits[16];
    int rc = 0;

    snprintf(digits, sizeof(digits), "%d", status);
    for (const char *d = digits; *d && rc == 0; d++)
        rc = put(out, *d);
    return rc;
}

/* One character or escape of a word at *s, in the given quote (0: none). Advances *s. */
static int take_char(const char **s, char quote, int status, struct tokenized *out)
{
    char c = **s;
    char next = c ? (*s)[1] : '\0';

    if (quote != '\'' && c == '$' && next == '?') {
        *s += 2;
        return put_status(out, status);
    }
    if (c == '\\' && next && (quote == 0 || (quote == '"' && strchr("\"\\$", next)))) {
        *s += 2;
        return put(out, next);
    }
    (*s)++;
    return put(out, c);
}

static bool word_ends(const char *s)
{
    return *s == '\0' || is_blank(*s) || separator_length(s) > 0;
}

/* Reads one word that begins at *s into out->text. *open_quote tells whether the text ended inside quotes. */
static int take_word(const char **s, int status, struct tokenized *out, bool *open_quote)
{
    char quote = 0;
    int rc = 0;

    while (rc == 0 && **s && (quote || !word_ends(*s))) {
        if (quote ? **s == quote : (**s == '"' || **s == '\'')) {
            quote = quote ? 0 : **s;
            (*s)++;
        } else {
            rc = take_char(s, quote, status, out);
        }
    }
    *open_quote = quote != 0;
    return rc ? rc : put(out, '\0');
}

static const char *skip_comment(const char *s)
{
    return *s == '#' ? s + strcspn(s, "\n") : s;
}

static const char *skip_blanks(const char *s)
{
    while (is_blank(*s))
        s++;
    return skip_comment(s);
}

static void reset(struct tokenized *out)
{
    out->join = JOIN_ALWAYS;
    out->count = 0;
    out->used = 0;
    out->words[0] = NULL;
    out->error = NULL;
}

/* Reads words until a separator or the end. */
static int take_words(const char **s, int status, struct tokenized *out)
{
    bool open_quote;
    int rc;

    for (*s = skip_blanks(*s); **s && !separator_length(*s); *s = skip_blanks(*s)) {
        if (out->count == TOKENIZE_WORDS)
            return fail(out, -E2BIG, "too many words");
        out->words[out->count] = out->text + out->used;
        rc = take_word(s, status, out, &open_quote);
        if (rc)
            return rc;
        if (open_quote)
            return fail(out, -EINVAL, "a quote is not closed");
        out->words[++out->count] = NULL;
    }
    return 0;
}

/* Passes the separators before a command: any number of `;` and line ends, or one && or || after which
 * line ends may follow. */
static int take_separators(const char **s, struct tokenized *out)
{
    bool passed = false;
    size_t length;

    for (*s = skip_blanks(*s); (length = separator_length(*s)) > 0; *s = skip_blanks(*s + length)) {
        if (length == 2 ? passed : out->join != JOIN_ALWAYS && **s != '\n')
            return fail(out, -EINVAL, "a command is missing between two operators");
        if (length == 2)
            out->join = **s == '&' ? JOIN_IF_OK : JOIN_IF_FAILED;
        passed = true;
    }
    if (**s == '\0' && out->join != JOIN_ALWAYS)
        return fail(out, -EINVAL, "a command is missing after && or ||");
    return 0;
}

/* The operator behind a command is left in place and read by the next call: the cursor alone is the state,
 * and a caller can stop or go on at any command. */
int tokenize_next(const char **cursor, int status, struct tokenized *out)
{
    const char *s = *cursor;
    int rc;

    reset(out);
    rc = take_separators(&s, out);
    if (rc == 0)
        rc = take_words(&s, status, out);
    if (rc)
        return rc;
    *cursor = s;
    return out->count > 0;
}

int tokenize_check(const char *line, struct tokenized *scratch, const char **error)
{
    const char *s = skip_blanks(line);
    int rc;

    *error = "a command is missing before && or ||";
    if (separator_length(s) == 2)
        return -EINVAL;
    do
        rc = tokenize_next(&s, 0, scratch);
    while (rc > 0);
    *error = scratch->error;
    return rc;
}

int tokenize_partial(const char *line, size_t cursor, struct tokenized *out, size_t *word_start)
{
    char text[TOKENIZE_TEXT];
    bool open_quote = false;
    const char *s = text;
    int rc = 0;

    if (cursor >= sizeof(text))
        return -E2BIG;
    memcpy(text, line, cursor);
    text[cursor] = '\0';
    reset(out);
    *word_start = cursor;

    while (rc == 0) {
        const char *begin = skip_blanks(s);

        if (separator_length(begin)) {
            s = begin + separator_length(begin);
            reset(out);
            continue;
        }
        if (out->count == TOKENIZE_WORDS)
            return -E2BIG;
        out->words[out->count] = out->text + out->used;
        s = begin;
        rc = take_word(&s, 0, out, &open_quote);
        out->words[++out->count] = NULL;
        if (*s == '\0') {
            /* The word being typed: it reaches the cursor (and is empty when a blank stands before it). */
            *word_start = (size_t)(begin - text);
            break;
        }
    }
    return rc;
}
