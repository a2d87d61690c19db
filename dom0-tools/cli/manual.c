/* manual.c: the command table as Markdown: a summary, then a page per command. */
#include "manual.h"

#include <ctype.h>
#include <string.h>

#include "command.h"

/* Text for Markdown: what it would take for markup is escaped. */
static void put_escaped(const char *text, size_t length, FILE *out)
{
    for (size_t i = 0; i < length; i++) {
        if (strchr("*_<>|[]\\#", text[i]))
            fputc('\\', out);
        fputc(text[i], out);
    }
}

/* A word of a paragraph: with the markup off inside `...`. */
static void put_text(const char *text, FILE *out)
{
    while (*text) {
        size_t n = strcspn(text, "`");

        put_escaped(text, n, out);
        text += n;
        if (*text == '`') {
            n = strcspn(text + 1, "`") + 2;
            fwrite(text, 1, strnlen(text, n), out);
            text += strnlen(text, n);
        }
    }
}

static void put_summary(const struct command_group *group, FILE *out)
{
    fprintf(out, "\n### %s\n\n| command | what it does |\n| --- | --- |\n", group->title);
    for (const struct command *c = group->commands; c->name; c++) {
        fprintf(out, "| [%s](#%s) | ", c->name, c->name);
        put_text(c->summary, out);
        fputs(" |\n", out);
    }
}

static void put_options(const struct command *c, FILE *out)
{
    if (!c->options[0].flag)
        return;
    fputs("\n| option | meaning |\n| --- | --- |\n", out);
    for (int i = 0; i < COMMAND_OPTIONS && c->options[i].flag; i++) {
        fprintf(out, "| `%s%s%s` | ", c->options[i].flag, c->options[i].value ? " " : "",
                c->options[i].value ? c->options[i].value : "");
        put_text(c->options[i].text, out);
        fputs(" |\n", out);
    }
}

static void put_lines(const char *text, FILE *out)
{
    while (*text) {
        size_t n = strcspn(text, "\n");

        fputs("    ", out);
        fwrite(text, 1, n, out);
        fputc('\n', out);
        text += n + (text[n] == '\n');
    }
}

static void put_command(const struct command *c, FILE *out)
{
    fprintf(out, "\n### %s\n\n", c->name);
    fputc(toupper((unsigned char)c->summary[0]), out);
    put_text(c->summary + 1, out);
    fputs(".\n\n    ", out);
    command_usage(c, out);
    fputc('\n', out);
    if (c->text[0]) {
        fputc('\n', out);
        put_text(c->text, out);
        fputc('\n', out);
    }
    put_options(c, out);
    if (c->examples[0]) {
        fputs("\nExamples:\n\n", out);
        put_lines(c->examples, out);
    }
}

void manual_write(FILE *out)
{
    fputs("# The shell of the control domain\n\n"
          "<!-- Written by `make docs` from dom0-tools/cli/table_*.c: change it there. -->\n\n"
          "The prompt `enso# ` takes the commands below; `help` prints the same texts. An error is one\n"
          "line, `COMMAND: SUBJECT: WHAT FAILED (ERRNO); ADVICE`. Exit statuses: 0 done, 1 failed, 2 the\n"
          "command was not understood, 127 there is no such command, 130 interrupted by Ctrl-C.\n\n"
          "At boot the control domain runs the commands of its option `exec=\"...\"`, or else of the file\n"
          "`/etc/exec` in the boot archive, as if they were typed; then it prompts.\n\n"
          "## Summary\n", out);
    for (const struct command_group *g = command_groups; g->title; g++)
        put_summary(g, out);
    fputs("\n## Commands\n", out);
    for (const struct command_group *g = command_groups; g->title; g++)
        for (const struct command *c = g->commands; c->name; c++)
            put_command(c, out);
}
