/*
 * editor.h: a line editor for a plain serial terminal. It is fed one byte at a time and writes through a
 * function: it knows no device, so that the same code runs in the control domain and in a test on the
 * host. It draws with printable characters, backspace and carriage return only (an escape sequence is sent
 * for Ctrl-L alone), and writes just what differs from what is shown, so a dumb or slow terminal is
 * enough. A line longer than the terminal's width scrolls sideways. UTF-8 passes: the cursor moves by
 * characters; each is taken to be one column wide.
 */
#ifndef ENSO_CLI_EDITOR_H
#define ENSO_CLI_EDITOR_H

#include <stdbool.h>
#include <stddef.h>

#include "history.h"

#define EDITOR_LINE_MAX 4096        /* bytes of a line, without the NUL */
#define EDITOR_COLUMNS  80          /* width when nobody says otherwise */
#define EDITOR_VIEW_MAX 1024        /* bytes shown at a time */

enum editor_result {
    EDITOR_MORE,                    /* the line is not finished */
    EDITOR_LINE,                    /* Enter: editor_line() is the line; it went to the history */
    EDITOR_CANCEL,                  /* Ctrl-C: the line is given up */
    EDITOR_END                      /* Ctrl-D on an empty line */
};

/* What completion found for the word under the cursor. */
struct editor_completion {
    size_t start;                   /* byte offset in the line where the word begins */
    char **words;                   /* full replacements, malloc'ed, each malloc'ed; the editor frees them */
    size_t count;
};

struct editor_host {
    void (*write)(void *arg, const char *bytes, size_t length);     /* a line end is a plain \n */
    /* Fills in *found for the line (NUL-terminated) and cursor; NULL: no completion. A word that is
     * finished ends in a blank (or in / for a folder). */
    void (*complete)(void *arg, const char *line, size_t cursor, struct editor_completion *found);
    void *arg;
};

struct editor {
    struct editor_host host;
    struct history *history;
    const char *prompt;             /* printable ASCII; stays valid while a line is edited */
    unsigned columns;               /* width of the terminal, at least 20 */

    char line[EDITOR_LINE_MAX + 1];
    size_t length;
    size_t cursor;                  /* byte offset, always at the start of a character */
    char kept[EDITOR_LINE_MAX + 1]; /* the unfinished line while older ones are looked at */
    char cut[EDITOR_LINE_MAX + 1];  /* what Ctrl-K, -U and -W removed last: Ctrl-Y inserts it */
    size_t age;                     /* 0: the own line; n: the history line of age n - 1 */

    int escape;                     /* position in an escape sequence (editor.c) */
    unsigned parameters[2];         /* numbers of the escape sequence */
    unsigned parameter;
    unsigned utf8_missing;          /* bytes that a character still lacks: it is drawn when whole */
    bool after_cr;                  /* the previous byte was CR: a following LF is part of it */
    bool after_tab;                 /* the last key was a TAB that found choices: list them now */

    bool searching;                 /* Ctrl-R */
    char pattern[80];
    size_t pattern_length;
    size_t found_age;

    size_t view_start;              /* first byte shown when the line is wider than the terminal */
    char shown[EDITOR_VIEW_MAX];    /* what the terminal shows behind the prompt */
    size_t shown_length;
    size_t shown_cursor;            /* byte offset in shown where the terminal's cursor stands */
};

/* Once. The history may be shared with the `history` command. */
void editor_init(struct editor *e, const struct editor_host *host, struct history *history, unsigned columns);

/* Prints the prompt and starts an empty line. */
void editor_begin(struct editor *e, const char *prompt);

/* Takes bytes from the terminal: all of them, or up to the one that ends the line; *used tells how many.
 * Their effect is drawn once, so that pasted text costs no more than its length. After any answer but
 * EDITOR_MORE the terminal is on a new line and editor_begin comes next. */
enum editor_result editor_keys(struct editor *e, const char *bytes, size_t length, size_t *used);

/* The finished line. Valid until editor_begin. */
const char *editor_line(const struct editor *e);

/* For whoever writes to the terminal in the meantime: editor_hide leaves an empty line with the cursor at
 * its beginning, editor_redraw shows prompt and line on such a line again. */
void editor_hide(struct editor *e);
void editor_redraw(struct editor *e);

/* For editor_view.c's users inside the editor: brings the terminal up to date. */
void editor_show(struct editor *e);

/* Forgets what is on the terminal's line: the next editor_show writes everything. */
void editor_forget_shown(struct editor *e);

#endif
