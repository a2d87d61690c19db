/* The line editor against a small terminal: after any keys, the terminal's line must show prompt and text
 * with the cursor at the right place, and the text must be what a simple model of the keys says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../dom0-tools/cli/editor.h"

#define PROMPT "> "

/* A terminal that knows printable characters, BS, CR, LF and BEL: no more is allowed to reach it. */
static struct {
    char line[2000][5];
    size_t column, width;
    unsigned bells, lines;
} screen;

static void clear_line(void)
{
    for (size_t i = 0; i < 2000; i++)
        strcpy(screen.line[i], " ");
    screen.column = 0;
}

static void screen_write(void *arg, const char *bytes, size_t length)
{
    (void)arg;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)bytes[i];

        if (c == '\a') {
            screen.bells++;
        } else if (c == '\n') {
            clear_line();
            screen.lines++;
        } else if (c == '\r') {
            screen.column = 0;
        } else if (c == '\b') {
            assert_true(screen.column > 0);
            screen.column--;
        } else if ((c & 0xc0) == 0x80) {
            assert_true(screen.column > 0);
            if (strlen(screen.line[screen.column - 1]) < 4)
                strncat(screen.line[screen.column - 1], (const char *)&bytes[i], 1);
        } else {
            assert_true(c >= 0x20 && c != 0x7f);
            assert_true(screen.column < screen.width);
            snprintf(screen.line[screen.column++], 5, "%c", c);
        }
    }
}

/* The terminal's line without blanks at its end. */
static const char *shown(void)
{
    static char text[9000];
    size_t last = 1999;

    while (last > 0 && strcmp(screen.line[last], " ") == 0)
        last--;
    text[0] = '\0';
    for (size_t i = 0; i <= last; i++)
        strcat(text, screen.line[i]);
    return text;
}

static struct history history;
static struct editor editor;

static void complete_words(void *arg, const char *line, size_t cursor, struct editor_completion *found)
{
    static const char *const known[] = { "create ", "console ", "cat " };

    (void)arg;
    found->start = cursor;
    while (found->start > 0 && line[found->start - 1] != ' ')
        found->start--;
    found->words = calloc(3, sizeof(char *));
    for (int i = 0; i < 3; i++)
        if (strncmp(known[i], line + found->start, cursor - found->start) == 0)
            found->words[found->count++] = strdup(known[i]);
}

static void start(unsigned columns)
{
    const struct editor_host host = { screen_write, complete_words, NULL };

    memset(&screen, 0, sizeof(screen));
    clear_line();
    screen.width = columns;
    editor_init(&editor, &host, &history, columns);
    editor_begin(&editor, PROMPT);
}

static enum editor_result one_key(unsigned char key)
{
    size_t used;

    return editor_keys(&editor, (const char *)&key, 1, &used);
}

static enum editor_result keys(const char *bytes)
{
    size_t length = strlen(bytes), used;
    enum editor_result result = editor_keys(&editor, bytes, length, &used);

    assert_true(used <= length && (used == length || result != EDITOR_MORE));
    return result;
}

/* Types keys into an empty line and wants to see a text with the cursor behind `before`. */
static void expect(const char *typed, const char *text, size_t cursor_column)
{
    char want[512];

    start(80);
    assert_int_equal(keys(typed), EDITOR_MORE);
    assert_string_equal(editor_line(&editor), text);
    start(80);
    for (const char *key = typed; *key; key++)          /* byte by byte comes to the same */
        assert_int_equal(one_key((unsigned char)*key), EDITOR_MORE);
    assert_string_equal(editor_line(&editor), text);
    snprintf(want, sizeof(want), PROMPT "%s", text);
    while (want[0] && want[strlen(want) - 1] == ' ')
        want[strlen(want) - 1] = '\0';
    assert_string_equal(shown(), want);
    assert_int_equal(screen.column, strlen(PROMPT) + cursor_column);
}

static void test_keys(void **state)
{
    (void)state;
    expect("list", "list", 4);
    expect("list\x7f\b", "li", 2);
    expect("ist\x01l", "list", 1);
    expect("lst\x02\x02i", "list", 2);
    expect("lst\x1b[D\x1b[Di\x1b[C", "list", 3);
    expect("abc\x1b[H\x1b[3~", "bc", 0);
    expect("abc\x1b[1~\x04\x05x", "bcx", 3);
    expect("abc\x1bOH" "x\x1bOF" "y", "xabcy", 5);
    expect("one two three\x17", "one two ", 8);
    expect("cat /a/b.c\x17\x17", "", 0);
    expect("one two three\x1b" "b\x1b" "b\x0b", "one ", 4);
    expect("one two\x1b[1;5D\x15", "two", 0);
    expect("one two\x01\x1b[1;5C\x1b" "d", "one", 3);
    expect("one two\x17\x01\x19", "twoone ", 3);
    expect("ab\x14", "ba", 2);
    expect("abc\x02\x02\x14", "bac", 2);
    expect("x\x1b[99~\x1b[Z\x1b[1;2;3Ry", "xy", 2);
    expect("a\x06\x06\x02\x02\x02\x02" "b", "ba", 1);
}

#define STRAY "\x80\x81\x82\x83\x84\x85\x86\x87\x88\x89\x8a\x8b\x8c\x8d\x8e\x8f"

/* A character that never ends. */
static void test_no_utf8(void **state)
{
    (void)state;
    start(80);
    assert_int_equal(keys("a" STRAY STRAY "b\x14"), EDITOR_MORE);
    assert_string_equal(editor_line(&editor), "ba" STRAY STRAY);
    assert_int_equal(keys("c\x02\x14"), EDITOR_MORE);
    assert_string_equal(editor_line(&editor), "bca" STRAY STRAY);
}

/* More bytes than the view has room for, in few columns: typed, searched for, and in the middle of it. */
static void test_more_bytes_than_are_shown(void **state)
{
    (void)state;
    start(80);
    keys("ab");
    for (unsigned i = 0; i < 120; i++)
        keys(STRAY);
    keys("c");
    assert_int_equal(editor.length, 3 + 120 * 16);
    assert_true(editor.shown_length <= EDITOR_VIEW_MAX && editor.shown_cursor <= editor.shown_length);
    keys("\x02\x02\x06\x01x\x05");
    assert_true(editor.shown_length <= EDITOR_VIEW_MAX && editor.shown_cursor <= editor.shown_length);
    assert_int_equal(one_key('\r'), EDITOR_LINE);
    editor_begin(&editor, PROMPT);
    keys("\x12" "ab");                   /* Ctrl-R */
    assert_true(editor.searching && editor.length == 4 + 120 * 16);
    assert_true(editor.shown_length <= EDITOR_VIEW_MAX && editor.shown_cursor <= editor.shown_length);
    history_clear(&history);
}

static void test_utf8(void **state)
{
    (void)state;
    expect("h\xc3\xa9llo \xe2\x82\xac \xf0\x9f\x98\x80", "h\xc3\xa9llo \xe2\x82\xac \xf0\x9f\x98\x80", 9);
    expect("\xc3\xa9\xe2\x82\xac\x7f", "\xc3\xa9", 1);
    expect("\xc3\xa9\xe2\x82\xac\x01\x04", "\xe2\x82\xac", 0);
    expect("a\xc3\xa9z\x02\x02" "b", "ab\xc3\xa9z", 2);
}

static void test_results(void **state)
{
    size_t used;

    (void)state;
    start(80);
    assert_int_equal(keys("list\r"), EDITOR_LINE);
    assert_string_equal(editor_line(&editor), "list");
    editor_begin(&editor, PROMPT);
    assert_int_equal(keys("\n"), EDITOR_MORE);          /* belongs to the CR */
    assert_int_equal(editor_keys(&editor, "info\rrest", 9, &used), EDITOR_LINE);
    assert_int_equal(used, 5);
    editor_begin(&editor, PROMPT);
    assert_int_equal(keys("info\n"), EDITOR_LINE);
    editor_begin(&editor, PROMPT);
    assert_int_equal(keys("half\x03"), EDITOR_CANCEL);
    editor_begin(&editor, PROMPT);
    assert_int_equal(keys("\x04"), EDITOR_END);
    editor_begin(&editor, PROMPT);
    assert_int_equal(keys("x\x04"), EDITOR_MORE);       /* deletes, does not end */
}

static void test_history(void **state)
{
    (void)state;
    history_clear(&history);
    start(80);
    keys("first\r");
    editor_begin(&editor, PROMPT);
    keys("second one\r");
    editor_begin(&editor, PROMPT);
    keys("second one\r");                               /* not kept twice */
    editor_begin(&editor, PROMPT);
    keys("   \r");                                      /* not kept */
    editor_begin(&editor, PROMPT);
    keys("mine\x1b[A");
    assert_string_equal(editor_line(&editor), "second one");
    keys("\x10");
    assert_string_equal(editor_line(&editor), "first");
    keys("\x10");
    assert_int_equal(screen.bells, 1);
    keys("\x1b[B\x1b[B");
    assert_string_equal(editor_line(&editor), "mine");
    assert_string_equal(shown(), "> mine");
    keys("\x12irs");
    assert_string_equal(shown(), "> ?irs: first");
    keys("\r");
    assert_string_equal(editor_line(&editor), "first");
    editor_begin(&editor, PROMPT);
    keys("keep\x12zzz\x07");                            /* nothing found; Ctrl-G goes back */
    assert_string_equal(editor_line(&editor), "keep");
    history_clear(&history);
    for (int i = 0; i < HISTORY_LINES + 10; i++) {
        char line[32];

        snprintf(line, sizeof(line), "line %d", i);
        history_add(&history, line);
    }
    assert_int_equal(history.count, HISTORY_LINES);
    assert_string_equal(history_get(&history, HISTORY_LINES - 1), "line 10");
    assert_null(history_get(&history, HISTORY_LINES));
    history_clear(&history);
}

static void test_completion(void **state)
{
    (void)state;
    expect("cr\t", "create ", 7);
    expect("help ca\t", "help cat ", 9);
    expect("x\t", "x", 1);
    expect("c\t", "c", 1);
    expect("c\t\t", "c", 1);                            /* the choices were listed, the line is back */
    assert_int_equal(screen.lines, 2);
    expect("cr x\x02\x02\t", "create  x", 7);
}

/* A line wider than the terminal scrolls: the cursor stays on the line and the visible part is right. */
static void test_long_line(void **state)
{
    char line[301] = "";

    (void)state;
    start(40);
    for (int i = 0; i < 300; i++)
        line[i] = (char)('a' + i % 26);
    keys(line);
    assert_string_equal(editor_line(&editor), line);
    assert_true(screen.column < 40);
    assert_int_equal(strncmp(shown() + screen.column - 5, line + 295, 5), 0);
    keys("\x01");
    assert_int_equal(screen.column, strlen(PROMPT));
    assert_int_equal(strncmp(shown() + strlen(PROMPT), line, 30), 0);
    for (int i = 0; i < EDITOR_LINE_MAX + 10; i++)
        one_key('x');
    assert_int_equal(strlen(editor_line(&editor)), EDITOR_LINE_MAX);
}

/* Somebody else writes while a line is edited. */
static void test_hide_and_redraw(void **state)
{
    (void)state;
    start(80);
    keys("list we\x02");
    editor_hide(&editor);
    assert_string_equal(shown(), " ");
    assert_int_equal(screen.column, 0);
    screen_write(NULL, "web: rebooted\n", 14);
    editor_redraw(&editor);
    assert_string_equal(shown(), "> list we");
    assert_int_equal(screen.column, 8);
    keys("x");
    assert_string_equal(shown(), "> list wxe");
}

/* --- random keys against a model --- */

struct model {
    char text[512];
    size_t length, cursor;
};

static void model_key(struct model *m, unsigned char key)
{
    switch (key) {
    case 0x01: m->cursor = 0; break;
    case 0x05: m->cursor = m->length; break;
    case 0x02: m->cursor -= m->cursor > 0; break;
    case 0x06: m->cursor += m->cursor < m->length; break;
    case 0x0b: m->length = m->cursor; break;
    case 0x15:
        memmove(m->text, m->text + m->cursor, m->length - m->cursor);
        m->length -= m->cursor;
        m->cursor = 0;
        break;
    case 0x7f:
        if (m->cursor > 0) {
            memmove(m->text + m->cursor - 1, m->text + m->cursor, m->length - m->cursor);
            m->cursor--;
            m->length--;
        }
        break;
    default:
        memmove(m->text + m->cursor + 1, m->text + m->cursor, m->length - m->cursor);
        m->text[m->cursor++] = (char)key;
        m->length++;
    }
}

static void test_random_keys(void **state)
{
    static const unsigned char choice[] = "abc  xyz\x01\x05\x02\x02\x02\x06\x06\x0b\x15\x7f\x7f\x7f";
    uint32_t seed = 7;

    (void)state;
    for (int round = 0; round < 300; round++) {
        unsigned columns = 20 + (unsigned)round % 60;
        struct model m = { .length = 0 };

        start(columns);
        for (int i = 0; i < 200; i++) {
            unsigned char key;
            char want[600];
            size_t room = columns - 1 - strlen(PROMPT), from;

            seed = seed * 1103515245 + 12345;
            key = choice[(seed >> 16) % (sizeof(choice) - 1)];
            one_key(key);
            model_key(&m, key);
            m.text[m.length] = '\0';
            assert_string_equal(editor_line(&editor), m.text);
            assert_int_equal(editor.cursor, m.cursor);

            from = m.cursor - (screen.column - strlen(PROMPT));
            assert_true(screen.column >= strlen(PROMPT) && screen.column < columns && from <= m.cursor);
            snprintf(want, sizeof(want), PROMPT "%.*s", (int)room, m.text + from);
            while (want[strlen(want) - 1] == ' ')
                want[strlen(want) - 1] = '\0';
            assert_string_equal(shown(), want);
        }
    }
}

/* Every byte there is, in any order: nothing but drawing reaches the terminal, and no buffer overflows. */
static void test_any_bytes(void **state)
{
    uint32_t seed = 99;

    (void)state;
    start(30);
    for (int i = 0; i < 200000; i++) {
        unsigned char key;

        seed = seed * 1103515245 + 12345;
        key = (unsigned char)(seed >> 16);
        if (key == 0x0c)                    /* Ctrl-L: the only one that sends an escape sequence */
            continue;
        if (key >= 0x80)                    /* whole characters only: a terminal cannot show halves */
            key = 'u';
        if (one_key(key) != EDITOR_MORE)
            editor_begin(&editor, PROMPT);
        assert_true(editor.length <= EDITOR_LINE_MAX && editor.cursor <= editor.length);
    }
    history_clear(&history);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_utf8), cmocka_unit_test(test_no_utf8),
        cmocka_unit_test(test_more_bytes_than_are_shown),
        cmocka_unit_test(test_results),
        cmocka_unit_test(test_history),
        cmocka_unit_test(test_completion),
        cmocka_unit_test(test_long_line),
        cmocka_unit_test(test_hide_and_redraw),
        cmocka_unit_test(test_random_keys),
        cmocka_unit_test(test_any_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
