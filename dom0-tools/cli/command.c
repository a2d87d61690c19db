/* command.c: looks commands up, sorts their words into options and arguments, and prints their help. */
#include "command.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

const struct command *command_find(const char *name)
{
    for (const struct command_group *g = command_groups; g->title; g++)
        for (const struct command *c = g->commands; c->name; c++)
            if (strcmp(c->name, name) == 0)
                return c;
    return NULL;
}

static int option_index(const struct command *command, const char *flag, size_t length)
{
    for (int i = 0; i < COMMAND_OPTIONS && command->options[i].flag; i++) {
        const char *known = command->options[i].flag;

        if (strlen(known) == length && memcmp(known, flag, length) == 0)
            return i;
    }
    return -1;
}

bool call_has(const struct command_call *call, const char *flag)
{
    return call_value(call, flag) != NULL;
}

const char *call_value(const struct command_call *call, const char *flag)
{
    int i = option_index(call->command, flag, strlen(flag));

    assert(i >= 0);
    return call->values[i];
}

/* -cp: every letter must be an option without a value. */
static bool take_joined(const char *word, struct command_call *call)
{
    char flag[3] = "-?";

    if (word[1] == '-')
        return false;
    for (const char *letter = word + 1; *letter; letter++) {
        int i;

        flag[1] = *letter;
        i = option_index(call->command, flag, 2);
        if (i < 0 || call->command->options[i].value)
            return false;
        call->values[i] = "";
    }
    return true;
}

/* One option at words[*at]; moves *at to its last word. */
static int take_option(char **words, size_t count, size_t *at, struct command_call *call,
                       char *error, size_t size)
{
    const char *word = words[*at];
    const char *equals = word[1] == '-' ? strchr(word, '=') : NULL;
    int i = option_index(call->command, word, equals ? (size_t)(equals - word) : strlen(word));

    if (i < 0) {
        if (take_joined(word, call))
            return 0;
        snprintf(error, size, "unknown option %s", word);
        return -EINVAL;
    }
    if (!call->command->options[i].value) {
        if (equals) {
            snprintf(error, size, "option %s takes no value", call->command->options[i].flag);
            return -EINVAL;
        }
        call->values[i] = "";
    } else if (equals) {
        call->values[i] = equals + 1;
    } else if (*at + 1 < count) {
        call->values[i] = words[++*at];
    } else {
        snprintf(error, size, "option %s needs a value: %s", word, call->command->options[i].value);
        return -EINVAL;
    }
    return 0;
}

static int check_count(const struct command_call *call, char *error, size_t size)
{
    const struct command *c = call->command;

    if (call->count < c->min_words)
        snprintf(error, size, call->count ? "something is missing after \"%s\"" : "%s is missing",
                 call->count ? call->words[call->count - 1] : c->arguments);
    else if (call->count > c->max_words)
        snprintf(error, size, "\"%s\" is one word too many", call->words[c->max_words]);
    else
        return 0;
    return -EINVAL;
}

int command_parse(const struct command *command, char **words, size_t count, struct command_call *call,
                  char *error, size_t size)
{
    bool options = !command->plain;
    int rc = 0;

    memset(call, 0, sizeof(*call));
    call->command = command;
    call->words = words;
    for (size_t i = 0; i < count && rc == 0; i++) {
        char *word = words[i];

        if (!options || word[0] != '-' || word[1] == '\0') {
            words[call->count++] = word;
        } else if (strcmp(word, "--") == 0) {
            options = false;
        } else if (option_index(command, word, strlen(word)) < 0 &&
                   (strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0)) {
            return 1;
        } else {
            rc = take_option(words, count, &i, call, error, size);
        }
    }
    words[call->count] = NULL;
    return rc ? rc : check_count(call, error, size);
}

void command_usage(const struct command *command, FILE *out)
{
    fputs(command->name, out);
    for (int i = 0; i < COMMAND_OPTIONS && command->options[i].flag; i++) {
        const struct command_option *o = &command->options[i];

        fprintf(out, o->value ? " [%s %s]" : " [%s]", o->flag, o->value);
    }
    if (command->arguments[0])
        fprintf(out, " %s", command->arguments);
}

/* Paragraphs, wrapped to the width of a plain terminal. */
static void print_wrapped(const char *text, FILE *out)
{
    const size_t width = 76;
    size_t column = 0;

    while (*text) {
        size_t blanks = strspn(text, " \n"), n;
        bool paragraph = blanks > 1 && text[0] == '\n';

        text += blanks;
        n = strcspn(text, " \n");
        if (column > 0 && (paragraph || column + 1 + n > width)) {
            fputs(paragraph ? "\n\n" : "\n", out);
            column = 0;
        }
        fprintf(out, "%s%.*s", column > 0 ? " " : "    ", (int)n, text);
        column += n + (column > 0);
        text += n;
    }
    fputc('\n', out);
}

static void print_examples(const char *text, FILE *out)
{
    while (*text) {
        size_t n = strcspn(text, "\n");

        fprintf(out, "    %.*s\n", (int)n, text);
        text += n + (text[n] == '\n');
    }
}

void command_help(const struct command *command, FILE *out)
{
    fputs("usage: ", out);
    command_usage(command, out);
    fprintf(out, "\n%s: %s\n", command->name, command->summary);
    if (command->text[0]) {
        fputc('\n', out);
        print_wrapped(command->text, out);
    }
    if (command->options[0].flag)
        fputs("\noptions:\n", out);
    for (int i = 0; i < COMMAND_OPTIONS && command->options[i].flag; i++) {
        const struct command_option *o = &command->options[i];
        char left[32];

        snprintf(left, sizeof(left), "%s%s%s", o->flag, o->value ? " " : "", o->value ? o->value : "");
        fprintf(out, "    %-14s %s\n", left, o->text);
    }
    if (command->examples[0]) {
        fputs("\nexamples:\n", out);
        print_examples(command->examples, out);
    }
}

void command_list(FILE *out)
{
    for (const struct command_group *g = command_groups; g->title; g++) {
        fprintf(out, "%s\n", g->title);
        for (const struct command *c = g->commands; c->name; c++)
            fprintf(out, "  %-16s %s\n", c->name, c->summary);
    }
    fputs("`help COMMAND` tells more; `help help` is about the shell itself.\n", out);
}
