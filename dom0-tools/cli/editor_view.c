/* editor_view.c: the drawing half of the line editor. It composes what should be seen and sends the
 * difference to what is seen, with printable characters and backspaces only. */
#include "editor.h"

#include <stdio.h>
#include <string.h>

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

static size_t columns_of(const char *s, size_t length)
{
    size_t n = 0;

    for (size_t i = 0; i < length; i++)
        n += !is_continuation(s[i]);
    return n;
}

/* Bytes of s, `room` at the most, that fit into the columns; whole characters only. */
static size_t bytes_for_columns(const char *s, size_t length, size_t columns, size_t room)
{
    size_t i = 0;

    while (i < length && i < room && (columns > 0 || is_continuation(s[i]))) {
        columns -= !is_continuation(s[i]);
        i++;
    }
    while (i > 0 && i < length && is_continuation(s[i]))
        i--;
    return i;
}

static void send(struct editor *e, const char *bytes, size_t length)
{
    if (length)
        e->host.write(e->host.arg, bytes, length);
}

static void send_repeated(struct editor *e, char c, size_t times)
{
    char run[64];

    memset(run, c, sizeof(run));
    for (; times > sizeof(run); times -= sizeof(run))
        send(e, run, sizeof(run));
    send(e, run, times);
}

/* Control characters in a line (from history or completion) are shown as one question mark each. */
static void copy_printable(char *to, const char *from, size_t length)
{
    for (size_t i = 0; i < length; i++)
        to[i] = (unsigned char)from[i] < 0x20 || from[i] == 0x7f ? '?' : from[i];
}

/* Moves the window so that the cursor is inside; by half a window, so that typing at the edge redraws
 * rarely. A column may have many bytes. */
static void place_window(struct editor *e, size_t width)
{
    size_t ahead;

    if (e->cursor < e->view_start)
        e->view_start = 0;
    ahead = columns_of(e->line + e->view_start, e->cursor - e->view_start);
    if (ahead >= width)
        e->view_start += bytes_for_columns(e->line + e->view_start, e->cursor - e->view_start,
                                           ahead - width / 2, EDITOR_LINE_MAX);
    if (e->cursor - e->view_start < EDITOR_VIEW_MAX)
        return;
    e->view_start = e->cursor - EDITOR_VIEW_MAX / 2;
    while (e->view_start < e->cursor && is_continuation(e->line[e->view_start]))
        e->view_start++;
}

/* The part of a text that is seen in what is left of the view. */
static size_t add_text(char *view, size_t used, const char *text, size_t length, size_t columns)
{
    length = bytes_for_columns(text, length, columns, EDITOR_VIEW_MAX - used);
    copy_printable(view + used, text, length);
    return used + length;
}

/* "?PATTERN: " in front of what was found; the end of the pattern if it is long. */
static size_t compose_search(struct editor *e, char *view, size_t width, size_t *cursor)
{
    size_t skip = e->pattern_length > width / 2 ? e->pattern_length - width / 2 : 0, head, taken;

    while (skip < e->pattern_length && is_continuation(e->pattern[skip]))
        skip++;
    head = (size_t)snprintf(view, EDITOR_VIEW_MAX, "?%.*s: ", (int)(e->pattern_length - skip),
                            e->pattern + skip);
    taken = columns_of(view, head);
    *cursor = head - 2;
    return add_text(view, head, e->line, e->length, width > taken ? width - taken : 0);
}

/* What should be seen behind the prompt. Returns its length; *cursor is an offset into it. */
static size_t compose(struct editor *e, char *view, size_t *cursor)
{
    size_t width = e->columns - 1 - strlen(e->prompt), length;

    if (e->searching)
        return compose_search(e, view, width, cursor);
    place_window(e, width);
    length = add_text(view, 0, e->line + e->view_start, e->length - e->view_start, width);
    *cursor = e->cursor - e->view_start;
    if (*cursor > length)       /* in halves of characters */
        *cursor = length;
    return length;
}

void editor_show(struct editor *e)
{
    char view[EDITOR_VIEW_MAX];
    size_t cursor, length = compose(e, view, &cursor);
    size_t same = 0, left;

    while (same < length && same < e->shown_length && view[same] == e->shown[same])
        same++;
    while (same > 0 && ((same < length && is_continuation(view[same])) ||
                        (same < e->shown_length && is_continuation(e->shown[same]))))
        same--;
    if (same == length && same == e->shown_length)
        same = cursor;                                  /* only the cursor moves */

    if (same < e->shown_cursor)
        send_repeated(e, '\b', columns_of(e->shown + same, e->shown_cursor - same));
    else
        send(e, e->shown + e->shown_cursor, same - e->shown_cursor);

    if (length != e->shown_length || memcmp(view, e->shown, length) != 0) {
        size_t before = columns_of(e->shown + same, e->shown_length - same);
        size_t now = columns_of(view + same, length - same);

        send(e, view + same, length - same);
        left = before > now ? before - now : 0;
        send_repeated(e, ' ', left);
        send_repeated(e, '\b', left + columns_of(view + cursor, length > cursor ? length - cursor : 0));
        memcpy(e->shown, view, length);
        e->shown_length = length;
    }
    e->shown_cursor = cursor;
}

void editor_forget_shown(struct editor *e)
{
    e->shown_length = 0;
    e->shown_cursor = 0;
}

void editor_redraw(struct editor *e)
{
    send(e, e->prompt, strlen(e->prompt));
    editor_forget_shown(e);
    editor_show(e);
}

void editor_hide(struct editor *e)
{
    size_t columns = strlen(e->prompt) + columns_of(e->shown, e->shown_length);

    send(e, "\r", 1);
    send_repeated(e, ' ', columns);
    send(e, "\r", 1);
    editor_forget_shown(e);
}
