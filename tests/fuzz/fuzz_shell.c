/* The shell's line: keys of any kind into the editor, whose terminal is not written to outside of its width;
 * the line that comes of them into the tokenizer, as a whole and as far as it is typed. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/editor.h"
#include "cli/tokenize.h"
#include "kit/kit.h"

static struct history history;
static struct editor editor;
static struct tokenized words;
static unsigned column, width;

/* Ctrl-L clears the screen. How much follows the first byte. */
static size_t take_escape(const char *bytes, size_t length)
{
    static const char clear[] = "\x1b[H\x1b[2J";

    if (length < sizeof(clear) - 1 || memcmp(bytes, clear, sizeof(clear) - 1) != 0)
        kit_wrong("the terminal is sent another escape sequence");
    column = 0;
    return sizeof(clear) - 2;
}

static void screen_write(void *arg, const char *bytes, size_t length)
{
    (void)arg;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)bytes[i];

        if (c == 0x1b)
            i += take_escape(bytes + i, length - i);
        else if (c == '\n' || c == '\r')
            column = 0;
        else if (c == '\b' && column-- == 0)
            kit_wrong("a step before the line");
        else if (c >= 0x20 && (c & 0xc0) != 0x80 && ++column > width)
            kit_wrong("text behind the line's end");
        else if (c < 0x20 && c != '\a' && c != '\b')
            kit_wrong("the terminal is sent %#x", c);
    }
}

static void check_words(int rc)
{
    const char *end = words.text + sizeof(words.text);

    if (rc <= 0)
        return;
    if (words.count == 0 || words.count > TOKENIZE_WORDS || words.words[words.count])
        kit_wrong("a command of %zu words", words.count);
    for (size_t i = 0; i < words.count; i++)
        if (words.words[i] < words.text || !memchr(words.words[i], 0, (size_t)(end - words.words[i])))
            kit_wrong("word %zu is none", i);
}

/* Commands until the end; what the check lets pass is read without an error. */
static void check_line(const char *line)
{
    const char *error = NULL, *at = line;
    int checked = tokenize_check(line, &words, &error), rc;

    if ((checked != 0) != (error != NULL))
        kit_wrong("%d without a reason, or the reverse", checked);
    do {
        const char *before = at;

        rc = tokenize_next(&at, 255, &words);
        check_words(rc);
        if (at < before || at > line + strlen(line) || (rc == 1 && at == before))
            kit_wrong("the cursor goes astray");
    } while (rc == 1);
    if (rc < 0 && checked == 0 && rc != -E2BIG)
        kit_wrong("a line that was checked is refused");
}

static void check_partial(const char *line, size_t cursor)
{
    size_t start = 0;

    if (tokenize_partial(line, cursor, &words, &start) == 0 && (start > cursor || words.count == 0))
        kit_wrong("the word begins at %zu, behind %zu", start, cursor);
}

static void complete(void *arg, const char *line, size_t cursor, struct editor_completion *found)
{
    static const char *const known[] = { "create ", "console ", "cat ", "/folder/" };

    (void)arg;
    check_partial(line, cursor);
    found->start = cursor;
    while (found->start > 0 && line[found->start - 1] != ' ')
        found->start--;
    found->words = calloc(4, sizeof(char *));
    for (unsigned i = 0; i < 4; i++)
        if (strncmp(known[i], line + found->start, cursor - found->start) == 0)
            found->words[found->count++] = strdup(known[i]);
}

static void type(void)
{
    char keys[32];
    size_t n = 1 + kit_byte() % sizeof(keys), used;

    kit_bytes(keys, n);
    for (size_t at = 0; at < n; at += used) {
        enum editor_result result = editor_keys(&editor, keys + at, n - at, &used);

        if (used > n - at || (result == EDITOR_MORE && used != n - at) ||
            (result != EDITOR_MORE && used == 0))
            kit_wrong("%zu of %zu keys are taken", used, n - at);
        if (strlen(editor_line(&editor)) != editor.length || editor.cursor > editor.length)
            kit_wrong("the cursor is at %zu of %zu", editor.cursor, editor.length);
        if (result == EDITOR_MORE)
            continue;
        if (column != 0)
            kit_wrong("the terminal is not on a new line");
        check_line(editor_line(&editor));
        editor_begin(&editor, "> ");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct editor_host host = { screen_write, complete, NULL };
    char *line = malloc(size + 1);

    memcpy(line, data, size);
    line[size] = 0;
    check_line(line);
    check_partial(line, strlen(line) / 2);
    free(line);

    kit_input(data, size);
    column = 0;
    width = 20 + kit_byte();
    editor_init(&editor, &host, &history, width);
    editor_begin(&editor, "> ");
    while (kit_input_left())
        type();
    history_clear(&history);
    return 0;
}
