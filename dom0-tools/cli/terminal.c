/* terminal.c: type-ahead, Ctrl-C and notices on top of the kit's console. */
#include "terminal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <pv/console.h>
#include <pv/time.h>

#define CTRL_C       3
#define AHEAD_BYTES  4096           /* what is typed beyond it stays in the kit's queue */
#define NOTICE_BYTES 2048

static struct {
    char ahead[AHEAD_BYTES];        /* typed, not yet taken */
    size_t ahead_length;
    char notices[NOTICE_BYTES];     /* lines that wait for the end of terminal_lend */
    size_t notices_length;
    bool lent;
    void (*hide)(void);
    void (*redraw)(void);
} term;

void terminal_write(const void *bytes, size_t length)
{
    fflush(stdout);
    pv_console_write(bytes, length);
}

/* Moves what the kit has into the type-ahead buffer. */
static void collect(void)
{
    term.ahead_length += pv_console_read(term.ahead + term.ahead_length, AHEAD_BYTES - term.ahead_length);
}

static void drop_ahead(size_t length)
{
    term.ahead_length -= length;
    memmove(term.ahead, term.ahead + length, term.ahead_length);
}

size_t terminal_read(void *bytes, size_t length)
{
    collect();
    if (length > term.ahead_length)
        length = term.ahead_length;
    memcpy(bytes, term.ahead, length);
    drop_ahead(length);
    return length;
}

/* terminal_read() may have filled the place again: what does not fit was typed last and is lost. */
void terminal_unread(const void *bytes, size_t length)
{
    if (length > AHEAD_BYTES - term.ahead_length)
        term.ahead_length = AHEAD_BYTES - length;
    memmove(term.ahead + length, term.ahead, term.ahead_length);
    memcpy(term.ahead, bytes, length);
    term.ahead_length += length;
}

bool terminal_wait(uint64_t deadline_ns)
{
    fflush(stdout);
    return pv_wait(&pv_console_input, deadline_ns);
}

void terminal_kick(void)
{
    pv_wake(&pv_console_input);
}

bool terminal_take_through(char key)
{
    const char *at;

    collect();
    at = memchr(term.ahead, key, term.ahead_length);
    if (!at)
        return false;
    drop_ahead((size_t)(at - term.ahead) + 1);
    return true;
}

bool terminal_interrupted(void)
{
    return terminal_take_through(CTRL_C);
}

int terminal_pause(uint64_t ns)
{
    uint64_t now = pv_now_ns();
    uint64_t deadline = ns < UINT64_MAX - now ? now + ns : UINT64_MAX;

    for (;;) {
        if (terminal_interrupted())
            return -EINTR;
        if (pv_now_ns() >= deadline)
            return 0;
        terminal_wait(deadline);
    }
}

static void show_notice(const char *line, size_t length)
{
    if (term.hide)
        term.hide();
    terminal_write(line, length);
    if (term.redraw)
        term.redraw();
}

void terminal_notice(const char *line)
{
    char text[512];
    size_t length = (size_t)snprintf(text, sizeof(text) - 1, "%s", line);

    if (length > sizeof(text) - 2)
        length = sizeof(text) - 2;
    text[length++] = '\n';
    if (!term.lent) {
        show_notice(text, length);
    } else if (length <= NOTICE_BYTES - term.notices_length) {
        memcpy(term.notices + term.notices_length, text, length);
        term.notices_length += length;
    }
}

void terminal_lend(bool lent)
{
    term.lent = lent;
    if (!lent && term.notices_length > 0) {
        show_notice(term.notices, term.notices_length);
        term.notices_length = 0;
    }
}

void terminal_set_edited(void (*hide)(void), void (*redraw)(void))
{
    term.hide = hide;
    term.redraw = redraw;
}
