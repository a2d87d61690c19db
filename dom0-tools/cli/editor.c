/* editor.c: what each key does to the line. Drawing is editor_view.c's; choosing completions is the
 * host's. */
#include "editor.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CTRL(letter) ((letter) & 0x1f)
#define ESC          0x1b
#define DEL          0x7f

/* Where in an escape sequence the next byte belongs. */
enum { ESCAPE_NONE, ESCAPE_START, ESCAPE_CSI, ESCAPE_SS3 };

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

static bool is_word_char(char c)
{
    return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

static void emit(struct editor *e, const char *text)
{
    e->host.write(e->host.arg, text, strlen(text));
}

static void beep(struct editor *e)
{
    emit(e, "\a");
}

void editor_init(struct editor *e, const struct editor_host *host, struct history *history, unsigned columns)
{
    memset(e, 0, sizeof(*e));
    e->host = *host;
    e->history = history;
    e->columns = columns < 20 ? 20 : columns > EDITOR_VIEW_MAX / 4 ? EDITOR_VIEW_MAX / 4 : columns;
}

void editor_begin(struct editor *e, const char *prompt)
{
    e->prompt = prompt;
    e->length = e->cursor = e->view_start = 0;
    e->line[0] = '\0';
    e->age = 0;
    e->escape = ESCAPE_NONE;
    e->after_tab = e->searching = false;
    editor_forget_shown(e);
    emit(e, prompt);
}

const char *editor_line(const struct editor *e)
{
    return e->line;
}

/* --- changes of the line --- */

static void set_line(struct editor *e, const char *text)
{
    e->length = strnlen(text, EDITOR_LINE_MAX);
    memcpy(e->line, text, e->length);
    e->line[e->length] = '\0';
    e->cursor = e->length;
}

static void insert(struct editor *e, const char *bytes, size_t length)
{
    if (length > EDITOR_LINE_MAX - e->length) {
        beep(e);
        return;
    }
    memmove(e->line + e->cursor + length, e->line + e->cursor, e->length - e->cursor + 1);
    memcpy(e->line + e->cursor, bytes, length);
    e->length += length;
    e->cursor += length;
}

/* Removes [from, to); keeps it for Ctrl-Y when asked to. The cursor ends at from. */
static void erase(struct editor *e, size_t from, size_t to, bool keep)
{
    if (keep && to > from) {
        memcpy(e->cut, e->line + from, to - from);
        e->cut[to - from] = '\0';
    }
    memmove(e->line + from, e->line + to, e->length - to + 1);
    e->length -= to - from;
    e->cursor = from;
}

static size_t char_left(const struct editor *e)
{
    size_t at = e->cursor;

    while (at > 0 && is_continuation(e->line[--at]))
        ;
    return at;
}

static size_t char_right(const struct editor *e)
{
    size_t at = e->cursor;

    if (at < e->length)
        at++;
    while (at < e->length && is_continuation(e->line[at]))
        at++;
    return at;
}

static size_t word_left(const struct editor *e)
{
    size_t at = e->cursor;

    while (at > 0 && !is_word_char(e->line[at - 1]))
        at--;
    while (at > 0 && is_word_char(e->line[at - 1]))
        at--;
    return at;
}

static size_t word_right(const struct editor *e)
{
    size_t at = e->cursor;

    while (at < e->length && !is_word_char(e->line[at]))
        at++;
    while (at < e->length && is_word_char(e->line[at]))
        at++;
    return at;
}

/* Ctrl-W goes by blanks, as in every Unix terminal: a path is one word. */
static size_t blank_left(const struct editor *e)
{
    size_t at = e->cursor;

    while (at > 0 && e->line[at - 1] == ' ')
        at--;
    while (at > 0 && e->line[at - 1] != ' ')
        at--;
    return at;
}

/* --- history --- */

static void show_age(struct editor *e, size_t age)
{
    const char *line = age ? history_get(e->history, age - 1) : e->kept;

    if (!line) {
        beep(e);
        return;
    }
    if (e->age == 0)
        memcpy(e->kept, e->line, e->length + 1);
    e->age = age;
    set_line(e, line);
}

static void newer(struct editor *e)
{
    if (e->age == 0)
        beep(e);
    else
        show_age(e, e->age - 1);
}

/* Finds the newest line, not newer than `from`, that contains the pattern. */
static bool search_from(struct editor *e, size_t from)
{
    const char *line;

    e->pattern[e->pattern_length] = '\0';
    for (size_t age = from; (line = history_get(e->history, age)) != NULL; age++) {
        if (strstr(line, e->pattern)) {
            e->found_age = age;
            set_line(e, line);
            return true;
        }
    }
    beep(e);
    return false;
}

static void search_begin(struct editor *e)
{
    memcpy(e->kept, e->line, e->length + 1);
    e->searching = true;
    e->pattern_length = 0;
    e->found_age = 0;
    set_line(e, "");
}

/* A key while searching. True: the key belonged to the search; false: the search is over, the key acts on
 * the line. */
static bool search_key(struct editor *e, unsigned char byte)
{
    if (byte == CTRL('R')) {
        search_from(e, e->pattern_length ? e->found_age + 1 : 0);
    } else if (byte == CTRL('G')) {
        e->searching = false;
        set_line(e, e->kept);
    } else if (byte == DEL || byte == '\b') {
        if (e->pattern_length > 0)
            e->pattern_length--;
        if (e->pattern_length > 0)
            search_from(e, 0);
        else
            set_line(e, "");
    } else if (byte >= 0x20) {
        if (e->pattern_length + 1 < sizeof(e->pattern))
            e->pattern[e->pattern_length++] = (char)byte;
        search_from(e, e->found_age);
    } else {
        e->searching = false;
        return false;
    }
    return true;
}

/* --- completion --- */

static void free_completion(struct editor_completion *found)
{
    for (size_t i = 0; i < found->count; i++)
        free(found->words[i]);
    free(found->words);
}

static size_t common_prefix(const struct editor_completion *found)
{
    size_t length = strlen(found->words[0]);

    for (size_t i = 1; i < found->count; i++) {
        size_t n = 0;

        while (n < length && found->words[i][n] == found->words[0][n])
            n++;
        length = n;
    }
    while (length > 0 && is_continuation(found->words[0][length]))
        length--;
    return length;
}

/* The part of a choice that a list shows: of a path, what follows the last slash (but one at the end). */
static const char *choice_label(const char *word)
{
    size_t length = strlen(word);

    while (length > 1 && word[length - 1] == ' ')
        length--;
    for (size_t i = length > 0 ? length - 1 : 0; i > 0; i--)
        if (word[i - 1] == '/')
            return word + i;
    return word;
}

static void list_choices(struct editor *e, const struct editor_completion *found)
{
    size_t width = 0, per_row;
    char cell[EDITOR_VIEW_MAX];

    editor_show(e);
    for (size_t i = 0; i < found->count; i++) {
        size_t n = strlen(choice_label(found->words[i])) + 2;

        width = n > width ? n : width;
    }
    per_row = e->columns / width ? e->columns / width : 1;
    for (size_t i = 0; i < found->count; i++) {
        if (i % per_row == 0)
            emit(e, "\n");
        snprintf(cell, sizeof(cell), "%-*s", (int)width, choice_label(found->words[i]));
        emit(e, cell);
    }
    emit(e, "\n");
    editor_redraw(e);
}

static void complete(struct editor *e)
{
    struct editor_completion found = { 0 };
    bool second = e->after_tab;
    size_t prefix;

    if (e->host.complete)
        e->host.complete(e->host.arg, e->line, e->cursor, &found);
    prefix = found.count ? common_prefix(&found) : 0;
    if (found.count == 0) {
        beep(e);
    } else if (prefix > e->cursor - found.start ||
               memcmp(found.words[0], e->line + found.start, prefix) != 0) {
        erase(e, found.start, e->cursor, false);
        insert(e, found.words[0], prefix);
    } else if (second) {
        list_choices(e, &found);
    } else {
        beep(e);
        e->after_tab = true;
    }
    free_completion(&found);
}

/* --- keys --- */

/* The line is over; the cursor stands at its end. */
static enum editor_result finish(struct editor *e, enum editor_result result)
{
    if (result == EDITOR_LINE)
        history_add(e->history, e->line);
    if (result == EDITOR_CANCEL && strlen(e->prompt) + e->shown_length + 2 < e->columns)
        emit(e, "^C");
    emit(e, "\n");
    return result;
}

static void reverse(char *bytes, size_t n)
{
    for (size_t i = 0; i < n / 2; i++) {
        char c = bytes[i];

        bytes[i] = bytes[n - 1 - i];
        bytes[n - 1 - i] = c;
    }
}

/* What is no good UTF-8 may make characters of any length: so they change places where they are. */
static void transpose(struct editor *e)
{
    size_t left, middle, right;

    if (e->cursor == e->length)
        e->cursor = char_left(e);
    middle = e->cursor;
    left = char_left(e);
    right = char_right(e);
    if (left == middle || right == middle) {
        beep(e);
        return;
    }
    reverse(e->line + left, middle - left);
    reverse(e->line + middle, right - middle);
    reverse(e->line + left, right - left);
    e->cursor = right;
}

static void clear_screen(struct editor *e)
{
    emit(e, "\x1b[H\x1b[2J");
    emit(e, e->prompt);
    editor_forget_shown(e);
}

static void control_key(struct editor *e, unsigned char byte)
{
    switch (byte) {
    case CTRL('A'): e->cursor = 0; break;
    case CTRL('B'): e->cursor = char_left(e); break;
    case CTRL('D'): erase(e, e->cursor, char_right(e), false); break;
    case CTRL('E'): e->cursor = e->length; break;
    case CTRL('F'): e->cursor = char_right(e); break;
    case CTRL('H'):
    case DEL:       erase(e, char_left(e), e->cursor, false); break;
    case '\t':      complete(e); break;
    case CTRL('K'): erase(e, e->cursor, e->length, true); break;
    case CTRL('L'): clear_screen(e); break;
    case CTRL('N'): newer(e); break;
    case CTRL('P'): show_age(e, e->age + 1); break;
    case CTRL('R'): search_begin(e); break;
    case CTRL('T'): transpose(e); break;
    case CTRL('U'): erase(e, 0, e->cursor, true); break;
    case CTRL('W'): erase(e, blank_left(e), e->cursor, true); break;
    case CTRL('Y'): insert(e, e->cut, strlen(e->cut)); break;
    case ESC:       e->escape = ESCAPE_START; break;
    default:        beep(e); break;
    }
}

/* The last byte of ESC [ ... or ESC O .: cursor keys in the forms that terminals send. */
static void cursor_key(struct editor *e, unsigned char final)
{
    bool by_word = e->parameters[1] == 5 || e->parameters[1] == 3;      /* Ctrl or Alt held down */

    switch (final) {
    case 'A': show_age(e, e->age + 1); break;
    case 'B': newer(e); break;
    case 'C': e->cursor = by_word ? word_right(e) : char_right(e); break;
    case 'D': e->cursor = by_word ? word_left(e) : char_left(e); break;
    case 'H': e->cursor = 0; break;
    case 'F': e->cursor = e->length; break;
    case '~':
        switch (e->parameters[0]) {
        case 1: case 7: e->cursor = 0; break;
        case 3: erase(e, e->cursor, char_right(e), false); break;
        case 4: case 8: e->cursor = e->length; break;
        }
        break;
    }
}

static void alt_key(struct editor *e, unsigned char byte)
{
    switch (tolower(byte)) {
    case 'b': e->cursor = word_left(e); break;
    case 'f': e->cursor = word_right(e); break;
    case 'd': erase(e, e->cursor, word_right(e), true); break;
    case DEL:
    case '\b': erase(e, word_left(e), e->cursor, true); break;
    }
}

/* A byte inside an escape sequence. An unknown sequence is swallowed whole and does nothing. */
static void escape_key(struct editor *e, unsigned char byte)
{
    int state = e->escape;

    if (state == ESCAPE_START && (byte == '[' || byte == 'O')) {
        e->escape = byte == '[' ? ESCAPE_CSI : ESCAPE_SS3;
        e->parameters[0] = e->parameters[1] = 0;
        e->parameter = 0;
        return;
    }
    if (state == ESCAPE_CSI && byte >= 0x20 && byte < 0x40) {
        if (isdigit(byte) && e->parameter < 2 && e->parameters[e->parameter] < 1000)
            e->parameters[e->parameter] = e->parameters[e->parameter] * 10 + (unsigned)(byte - '0');
        else if (byte == ';')
            e->parameter++;
        return;
    }
    e->escape = byte == ESC ? ESCAPE_START : ESCAPE_NONE;
    if (byte == ESC)
        return;
    if (state == ESCAPE_START)
        alt_key(e, byte);
    else
        cursor_key(e, byte);
}

/* Keys that end a line, also in the middle of an escape sequence or a search. */
static bool ends_line(struct editor *e, unsigned char byte, enum editor_result *result)
{
    bool lf_of_crlf = byte == '\n' && e->after_cr;

    e->after_cr = byte == '\r';
    if (lf_of_crlf)
        *result = EDITOR_MORE;
    else if (byte == '\r' || byte == '\n')
        *result = EDITOR_LINE;
    else if (byte == CTRL('C'))
        *result = EDITOR_CANCEL;
    else if (byte == CTRL('D') && e->length == 0 && !e->searching)
        *result = EDITOR_END;
    else
        return false;
    return true;
}

/* True while more bytes of a UTF-8 character must come, as far as its first byte tells. */
static bool inside_character(struct editor *e, unsigned char byte)
{
    if (byte >= 0xc0)
        e->utf8_missing = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : 1;
    else if (byte >= 0x80 && e->utf8_missing > 0)
        e->utf8_missing--;
    else
        e->utf8_missing = 0;
    return e->utf8_missing > 0;
}

static enum editor_result take_key(struct editor *e, unsigned char byte)
{
    enum editor_result result;
    bool was_tab = e->after_tab;

    if (ends_line(e, byte, &result)) {
        if (result == EDITOR_MORE)
            return result;
        e->searching = false;
        e->cursor = e->length;
        editor_show(e);
        return finish(e, result);
    }
    if (e->escape != ESCAPE_NONE)
        escape_key(e, byte);
    else if (e->searching && search_key(e, byte))
        ;
    else if (byte < 0x20 || byte == DEL)
        control_key(e, byte);
    else
        insert(e, (const char *)&byte, 1);

    if (was_tab && byte == '\t')
        e->after_tab = true;                /* a third TAB lists again */
    else if (byte != '\t')
        e->after_tab = false;
    return EDITOR_MORE;
}

enum editor_result editor_keys(struct editor *e, const char *bytes, size_t length, size_t *used)
{
    bool inside = false;
    size_t i = 0;

    while (i < length) {
        enum editor_result result = take_key(e, (unsigned char)bytes[i]);

        inside = inside_character(e, (unsigned char)bytes[i++]);
        if (result != EDITOR_MORE) {
            *used = i;
            return result;
        }
    }
    if (!inside)
        editor_show(e);
    *used = length;
    return EDITOR_MORE;
}
