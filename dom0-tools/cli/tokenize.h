/* tokenize.h: turns what was typed into commands and words. No memory is allocated, nothing is printed. */
#ifndef ENSO_CLI_TOKENIZE_H
#define ENSO_CLI_TOKENIZE_H

#include <stddef.h>

#define TOKENIZE_WORDS 128          /* words of one command, at most */
#define TOKENIZE_TEXT  8192         /* bytes of all words of one command, with their terminating NULs */

/* Whether a command runs, seen from the status of the one before it. */
enum tokenize_join {
    JOIN_ALWAYS,                    /* first of its line, or after `;` or a line end */
    JOIN_IF_OK,                     /* after `&&` */
    JOIN_IF_FAILED                  /* after `||` */
};

/* One command. The words point into text, so the struct must not be copied. */
struct tokenized {
    enum tokenize_join join;
    size_t count;
    char *words[TOKENIZE_WORDS + 1];    /* words[count] is NULL */
    char text[TOKENIZE_TEXT];
    size_t used;                        /* bytes of text in use */
    const char *error;                  /* why tokenize_next refused, as a phrase; else NULL */
};

/*
 * Reads the next command from *cursor and moves *cursor behind it and behind the `;`, `&&`, `||` or line
 * end that ends it; an empty command between two separators is skipped. Words are separated by blanks;
 * '...' keeps everything; "..." keeps everything but \" \\ \$ and $?; a backslash outside quotes keeps the
 * next character; `#` at the start of a word begins a comment that lasts to the end of the line; $?
 * becomes `status`. Returns 1 (a command), 0 (nothing left) or -EINVAL (unclosed quote, operator without a
 * command; out->error says it) or -E2BIG (TOKENIZE_WORDS or TOKENIZE_TEXT exceeded).
 */
int tokenize_next(const char **cursor, int status, struct tokenized *out);

/* Walks the whole line without keeping anything: 0, or what tokenize_next would refuse, with *error set. A
 * shell calls it first, so that half of a mistyped line is never run. `scratch` is overwritten. */
int tokenize_check(const char *line, struct tokenized *scratch, const char **error);

/*
 * For completion: finds the command that is being typed in line[0, cursor) and splits it; quoting is
 * undone. The last word of *out is the one being typed and is empty after a blank. *word_start is the byte
 * offset in line where that word's text begins. An unclosed quote is accepted. Returns 0 or -E2BIG.
 */
int tokenize_partial(const char *line, size_t cursor, struct tokenized *out, size_t *word_start);

#endif
