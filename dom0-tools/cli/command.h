/*
 * command.h: what a command is, and the one table of them. From this table come the dispatch, the check of
 * options and the number of words, `help`, the completion and docs/cli.md: a command is described once.
 */
#ifndef ENSO_CLI_COMMAND_H
#define ENSO_CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define COMMAND_OPTIONS 8
#define COMMAND_ANY     1000        /* max_words of a command without a limit of its own */

/* Exit statuses. */
#define STATUS_OK          0
#define STATUS_FAILED      1
#define STATUS_USAGE       2
#define STATUS_NOT_FOUND   127      /* no such command */
#define STATUS_INTERRUPTED 130      /* Ctrl-C */

/* What a word of a command names: decides what TAB offers. */
enum word_kind { WORD_FREE, WORD_FILE, WORD_DOMAIN, WORD_COMMAND, WORD_STORE };

struct command_option {
    const char *flag;               /* with its dashes, "-w" or "--json"; one flag, one spelling */
    const char *value;              /* name of its value for the help, or NULL: takes none */
    const char *text;               /* half a line of help */
};

struct command_call;

struct command {
    const char *name;
    const char *arguments;          /* the words after the options, as in a usage line */
    const char *summary;            /* one line, lower case, no full stop */
    const char *text;               /* paragraphs separated by empty lines */
    const char *examples;           /* one a line, `COMMAND   # what it does` */
    struct command_option options[COMMAND_OPTIONS];     /* ends at a NULL flag */
    unsigned min_words, max_words;  /* words that are not options */
    enum word_kind first, rest;     /* completion of the first word and of the others */
    bool plain;                     /* words that begin with a dash are ordinary words */
    int (*run)(const struct command_call *call);        /* returns an exit status; has printed its error */
};

/* Commands that belong together, in the order in which `help` shows them. */
struct command_group {
    const char *title;
    const struct command *commands; /* ends at a NULL name */
};

extern const struct command_group command_groups[];     /* ends at a NULL title */

/* The command of that name, or NULL. */
const struct command *command_find(const char *name);

/* One checked call: options are known ones, and there are as many words as the command takes. */
struct command_call {
    const struct command *command;
    const char *values[COMMAND_OPTIONS];    /* "" for an option without value; NULL: not given */
    char **words;                           /* the words that are not options; words[count] is NULL */
    size_t count;
};

/* Whether an option was given; its value or NULL. The flag must be one of the command's own. */
bool call_has(const struct command_call *call, const char *flag);
const char *call_value(const struct command_call *call, const char *flag);

/*
 * Sorts words[0..count) into options and others (words is permuted in place and must have room for a NULL
 * at count). `--` ends the options; letters may be joined (-cp). -h and --help are always known. Returns
 * 0; 1 when help is asked for; -EINVAL with a phrase in error[size].
 */
int command_parse(const struct command *command, char **words, size_t count, struct command_call *call,
                  char *error, size_t size);

/* Writes "create [-c] [-p] FILE [KEY=VALUE ...]" (no line end). */
void command_usage(const struct command *command, FILE *out);

/* The full help of one command as `help NAME` prints it. */
void command_help(const struct command *command, FILE *out);

/* The list of all commands as `help` prints it. */
void command_list(FILE *out);

#endif
