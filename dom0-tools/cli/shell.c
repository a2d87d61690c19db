/* shell.c: from a line to handlers: tokens, the command table, $?, the prompt. */
#include "shell.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "complete.h"
#include "editor.h"
#include "names.h"
#include "report.h"
#include "terminal.h"
#include "tokenize.h"

static struct {
    struct editor editor;
    struct history history;
    struct tokenized tokens;
    int status;
} shell;

int shell_status(void)
{
    return shell.status;
}

struct history *shell_history(void)
{
    return &shell.history;
}

/* One command: looked up, its words checked, run. */
static int run_words(char **words, size_t count)
{
    const struct command *command;
    struct command_call call;
    char error[160];
    int rc;

    if (count > 1 && strcmp(words[0], "xl") == 0) {
        words++;
        count--;
    }
    command = command_find(words[0]);
    if (!command) {
        printf("%.60s: no such command; `help` lists them\n", words[0]);
        return STATUS_NOT_FOUND;
    }
    rc = command_parse(command, words + 1, count - 1, &call, error, sizeof(error));
    if (rc > 0) {
        command_help(command, stdout);
        return STATUS_OK;
    }
    if (rc < 0)
        return report_usage(command, "%s", error);
    return command->run(&call);
}

static bool joined(enum tokenize_join join)
{
    return join == JOIN_ALWAYS || (join == JOIN_IF_OK) == (shell.status == STATUS_OK);
}

static bool readable(const char *text)
{
    const char *error;

    if (tokenize_check(text, &shell.tokens, &error) == 0)
        return true;
    printf("shell: %s; nothing was run\n", error);
    shell.status = STATUS_USAGE;
    return false;
}

/* Shows a command of a script behind a prompt, as it was written. */
static void show_typed(const char *from, const char *to)
{
    from += strspn(from, " \t\r\n;");
    while (to > from && strchr(" \t\r\n", to[-1]))
        to--;
    printf("%s%.*s\n", SHELL_PROMPT, (int)(to - from), from);
}

/* Runs the commands of a text; Ctrl-C in one of them drops the rest. */
static void run_text(const char *text, bool show)
{
    const char *cursor = text, *begin = text;

    while (tokenize_next(&cursor, shell.status, &shell.tokens) > 0) {
        if (joined(shell.tokens.join)) {
            if (show)
                show_typed(begin, cursor);
            shell.status = run_words(shell.tokens.words, shell.tokens.count);
            fflush(stdout);
            if (shell.status == STATUS_INTERRUPTED)
                return;
        }
        begin = cursor;
    }
}

int shell_run_script(const char *text)
{
    if (readable(text))
        run_text(text, true);
    return shell.status;
}

/* --- the prompt --- */

static void write_terminal(void *arg, const char *bytes, size_t length)
{
    (void)arg;
    terminal_write(bytes, length);
}

static void complete(void *arg, const char *line, size_t cursor, struct editor_completion *found)
{
    complete_line(arg, line, cursor, found);
}

void shell_init(unsigned columns)
{
    static const struct complete_sources sources = { names_domains, names_files, names_keys };
    const struct editor_host host = { write_terminal, complete, (void *)&sources };

    editor_init(&shell.editor, &host, &shell.history, columns ? columns : EDITOR_COLUMNS);
}

static void hide_line(void)
{
    editor_hide(&shell.editor);
}

static void redraw_line(void)
{
    editor_redraw(&shell.editor);
}

/* What is typed behind the end of the line waits for the next prompt, or for the command. */
static enum editor_result take_typed(void)
{
    char keys[256];
    size_t length, used;
    enum editor_result result;

    while ((length = terminal_read(keys, sizeof(keys))) == 0)
        terminal_wait(TERMINAL_FOREVER);
    result = editor_keys(&shell.editor, keys, length, &used);
    terminal_unread(keys + used, length - used);
    return result;
}

static enum editor_result read_line(void)
{
    enum editor_result result;

    fflush(stdout);
    editor_begin(&shell.editor, SHELL_PROMPT);
    terminal_set_edited(hide_line, redraw_line);
    do
        result = take_typed();
    while (result == EDITOR_MORE);
    terminal_set_edited(NULL, NULL);
    return result;
}

void shell_interact(void)
{
    for (;;) {
        switch (read_line()) {
        case EDITOR_LINE:
            if (readable(editor_line(&shell.editor)))
                run_text(editor_line(&shell.editor), false);
            break;
        case EDITOR_CANCEL:
            shell.status = STATUS_INTERRUPTED;
            break;
        default:                    /* Ctrl-D: there is nothing to leave to */
            printf("`poweroff` switches the host off, `exit CODE` ends it with a status\n");
            break;
        }
    }
}
