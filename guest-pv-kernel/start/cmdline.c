/* cmdline.c: the words of a command line. Runs on the host too (unit tests). */
#include <stdbool.h>
#include <stddef.h>

int pv_cmdline_split(char *line, char **argv, int max);

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Takes one word starting at *from (not a blank), removing quotes in place; returns the byte behind it. */
static char *take_word(char *from)
{
    char *to = from;
    char quote = 0;

    for (; *from && (quote || !is_blank(*from)); from++) {
        if (quote ? *from == quote : *from == '"' || *from == '\'')
            quote = quote ? 0 : *from;
        else
            *to++ = *from;
    }
    if (*from)
        from++;
    *to = '\0';
    return from;
}

/* Splits `line` in place into at most max words, the rest being dropped; argv gets a final NULL and must have
 * max + 1 entries. Returns the number of words. An open quote extends to the end of the line. */
int pv_cmdline_split(char *line, char **argv, int max)
{
    int n = 0;

    while (n < max) {
        while (is_blank(*line))
            line++;
        if (!*line)
            break;
        argv[n++] = line;
        line = take_word(line);
    }
    argv[n] = NULL;
    return n;
}
