/* complete.c: finds out what kind of word is being typed and collects the names that it can become. */
#include "complete.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "tokenize.h"

#define NAMES_MAX 4096              /* choices beyond it are left out */

struct complete_list {
    const char *folder;             /* put before every name: the word up to its last slash */
    const char *begin;              /* only names that begin with this */
    const char *suffix;             /* put behind a finished word */
    char **words;
    size_t count, room;
};

/* Characters that a shell word cannot hold without quotes. */
static bool needs_quotes(const char *name)
{
    return strpbrk(name, " \t\n\"'\\;#$") || strstr(name, "&&") || strstr(name, "||");
}

static void add_name(struct complete_list *list, const char *name)
{
    size_t length = strlen(name);
    bool folder = length > 0 && name[length - 1] == '/';
    char *word;

    if (strncmp(name, list->begin, strlen(list->begin)) != 0 || needs_quotes(name) ||
        list->count == NAMES_MAX)
        return;
    if (list->count == list->room) {
        size_t room = list->room ? 2 * list->room : 16;
        char **words = realloc(list->words, room * sizeof(*words));

        if (!words)
            return;
        list->words = words;
        list->room = room;
    }
    word = malloc(strlen(list->folder) + length + 2);
    if (!word)
        return;
    sprintf(word, "%s%s%s", list->folder, name, folder ? "" : list->suffix);
    list->words[list->count++] = word;
}

static void add_commands(struct complete_list *list)
{
    for (const struct command_group *g = command_groups; g->title; g++)
        for (const struct command *c = g->commands; c->name; c++)
            add_name(list, c->name);
}

static void add_options(const struct command *command, struct complete_list *list)
{
    for (int i = 0; i < COMMAND_OPTIONS && command->options[i].flag; i++)
        add_name(list, command->options[i].flag);
}

/* The kind of the last word: options and their values do not count as words of the command. */
static enum word_kind kind_of_last(const struct command *command, char **words, size_t count)
{
    size_t plain = 0;

    for (size_t i = 1; i + 1 < count; i++)
        plain += words[i][0] != '-' || command->plain;
    if (plain >= command->max_words)
        return WORD_FREE;
    return plain == 0 ? command->first : command->rest;
}

/* Splits "folder/begin"; text is the word and is cut in two at the slash. Returns the folder with its
 * slash. */
static char *split_path(struct complete_list *list, char *word)
{
    char *slash = strrchr(word, '/');
    char *folder;

    list->begin = slash ? slash + 1 : word;
    folder = strndup(word, slash ? (size_t)(slash + 1 - word) : 0);
    list->folder = folder ? folder : "";
    return folder;
}

static void add_for(const struct complete_sources *sources, enum word_kind kind, struct complete_list *list,
                    char *word)
{
    char *folder = NULL;

    switch (kind) {
    case WORD_DOMAIN:
        if (sources->domains)
            sources->domains(list, add_name);
        break;
    case WORD_COMMAND:
        add_commands(list);
        break;
    case WORD_FILE:
        folder = split_path(list, word);
        if (sources->files)
            sources->files(list->folder, list, add_name);
        break;
    case WORD_STORE:
        folder = split_path(list, word);
        list->suffix = "";          /* a key can have keys below: the word goes on */
        if (sources->keys)
            sources->keys(list->folder, list, add_name);
        break;
    case WORD_FREE:
        break;
    }
    list->folder = "";
    free(folder);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void complete_line(const struct complete_sources *sources, const char *line, size_t cursor,
                   struct editor_completion *found)
{
    static struct tokenized typed;  /* 9 KiB; one shell, one thread */
    struct complete_list list = { .folder = "", .begin = "", .suffix = " " };
    const struct command *command;
    char **words = typed.words;
    size_t count;

    if (tokenize_partial(line, cursor, &typed, &found->start) || typed.count == 0)
        return;
    if (strcspn(line + found->start, "\"'\\") < cursor - found->start)
        return;
    count = typed.count;
    if (count > 1 && strcmp(words[0], "xl") == 0) {
        words++;
        count--;
    }
    list.begin = words[count - 1];
    command = count > 1 ? command_find(words[0]) : NULL;
    if (count == 1)
        add_commands(&list);
    else if (command && words[count - 1][0] == '-' && !command->plain)
        add_options(command, &list);
    else if (command)
        add_for(sources, kind_of_last(command, words, count), &list, words[count - 1]);

    if (list.count > 1)
        qsort(list.words, list.count, sizeof(*list.words), by_text);
    found->words = list.words;
    found->count = list.count;
}
