/* The command table and what is made from it: the check of words, completion, help, docs/cli.md. */
#include <ctype.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../dom0-tools/cli/command.h"
#include "../../dom0-tools/cli/complete.h"
#include "../../dom0-tools/cli/manual.h"

/* Splits at blanks and parses; the words stay in a static buffer. */
static int parse(const char *line, struct command_call *call, char *error, size_t size)
{
    static char text[256];
    static char *words[32];
    size_t count = 0;

    snprintf(text, sizeof(text), "%s", line);
    for (char *w = strtok(text, " "); w; w = strtok(NULL, " "))
        words[count++] = w;
    words[count] = NULL;
    return command_parse(command_find(words[0]), words + 1, count - 1, call, error, size);
}

static void test_parse(void **state)
{
    struct command_call call;
    char error[160];

    (void)state;
    assert_int_equal(parse("create -c hello.cfg memory=64 -p", &call, error, sizeof(error)), 0);
    assert_true(call_has(&call, "-c") && call_has(&call, "-p") && !call_has(&call, "-n"));
    assert_int_equal(call.count, 2);
    assert_string_equal(call.words[0], "hello.cfg");
    assert_string_equal(call.words[1], "memory=64");
    assert_null(call.words[2]);

    assert_int_equal(parse("create -cpq hello.cfg", &call, error, sizeof(error)), 0);
    assert_true(call_has(&call, "-c") && call_has(&call, "-p") && call_has(&call, "-q"));

    assert_int_equal(parse("shutdown -wt 5 web", &call, error, sizeof(error)), -EINVAL);
    assert_int_equal(parse("shutdown -w -t 5 web", &call, error, sizeof(error)), 0);
    assert_string_equal(call_value(&call, "-t"), "5");
    assert_string_equal(call.words[0], "web");

    assert_int_equal(parse("list --json -- -strange-", &call, error, sizeof(error)), 0);
    assert_true(call_has(&call, "--json"));
    assert_string_equal(call.words[0], "-strange-");

    assert_int_equal(parse("echo -n --help x", &call, error, sizeof(error)), 0);
    assert_int_equal(call.count, 3);
    assert_int_equal(parse("create --help", &call, error, sizeof(error)), 1);
    assert_int_equal(parse("list -h", &call, error, sizeof(error)), 1);
}

static void test_parse_refusals(void **state)
{
    static const struct { const char *line, *error; } cases[] = {
        { "create", "FILE [KEY=VALUE ...] is missing" },
        { "create -z x.cfg", "unknown option -z" },
        { "create --cons x.cfg", "unknown option --cons" },
        { "list --json=1", "option --json takes no value" },
        { "top -n", "option -n needs a value: COUNT" },
        { "rename web", "something is missing after \"web\"" },
        { "rename web new more", "\"more\" is one word too many" },
        { "poweroff now", "\"now\" is one word too many" },
    };
    struct command_call call;
    char error[160];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(parse(cases[i].line, &call, error, sizeof(error)), -EINVAL);
        assert_string_equal(error, cases[i].error);
    }
}

/* Every entry is complete, its examples are commands that parse, and its lines fit a plain terminal. */
static void check_examples(const struct command *c)
{
    char *copy = strdup(c->examples);

    for (char *line = strtok(copy, "\n"); line; line = strtok(NULL, "\n")) {
        assert_true(strlen(line) <= 76);
        assert_non_null(strstr(line, c->name));
    }
    free(copy);
}

static void test_table(void **state)
{
    (void)state;
    for (const struct command_group *g = command_groups; g->title; g++) {
        for (const struct command *c = g->commands; c->name; c++) {
            assert_ptr_equal(command_find(c->name), c);         /* no name twice */
            assert_non_null(c->run);
            assert_non_null(c->text);
            assert_true(c->summary[0] && !isupper((unsigned char)c->summary[0]));
            assert_true(c->summary[strlen(c->summary) - 1] != '.');
            assert_true(strlen(c->summary) <= 60);
            assert_true(c->min_words <= c->max_words);
            assert_true((c->max_words > 0) == (c->arguments[0] != '\0'));
            assert_true(c->examples[0] != '\0');
            check_examples(c);
            for (int i = 0; i < COMMAND_OPTIONS && c->options[i].flag; i++) {
                assert_int_equal(c->options[i].flag[0], '-');
                assert_true(strlen(c->options[i].text) <= 76);
            }
        }
    }
    assert_null(command_find("xyzzy"));
    assert_null(command_find(""));
}

static void test_help_fits_the_terminal(void **state)
{
    char *text, *copy;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    (void)state;
    command_list(out);
    for (const struct command_group *g = command_groups; g->title; g++)
        for (const struct command *c = g->commands; c->name; c++)
            command_help(c, out);
    fclose(out);
    copy = text;
    for (char *line = strtok(copy, "\n"); line; line = strtok(NULL, "\n"))
        if (strncmp(line, "usage: ", 7) != 0)
            assert_true(strlen(line) <= 80);
    free(text);
}

/* docs/cli.md is what the table says now. */
static void test_manual_is_current(void **state)
{
    char *want, have[100000];
    size_t size, n;
    FILE *out = open_memstream(&want, &size), *in;

    (void)state;
    manual_write(out);
    fclose(out);
    in = fopen("docs/cli.md", "r");
    if (!in)
        fail_msg("docs/cli.md cannot be read; tests run in the root of the tree");
    n = fread(have, 1, sizeof(have) - 1, in);
    have[n] = '\0';
    fclose(in);
    if (strcmp(have, want) != 0)
        fail_msg("docs/cli.md is not what the command table says: run `make docs`");
    free(want);
}

/* --- completion --- */

static void domains(struct complete_list *list, complete_add *add)
{
    add(list, "web");
    add(list, "web-old");
    add(list, "Domain-0");
    add(list, "odd name");                      /* would need quotes: not offered */
}

static void files(const char *folder, struct complete_list *list, complete_add *add)
{
    if (strcmp(folder, "") == 0) {
        add(list, "hello.cfg");
        add(list, "guests/");
    } else if (strcmp(folder, "guests/") == 0) {
        add(list, "hello");
    }
}

static void keys(const char *path, struct complete_list *list, complete_add *add)
{
    if (strcmp(path, "/local/") == 0)
        add(list, "domain");
}

/* The offers, joined by commas, and the offset of the word. */
static void expect_offers(const char *line, size_t start, const char *want)
{
    static const struct complete_sources sources = { domains, files, keys };
    struct editor_completion found = { 0 };
    char got[2000] = "";

    complete_line(&sources, line, strlen(line), &found);
    for (size_t i = 0; i < found.count; i++) {
        snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%s", i ? "," : "", found.words[i]);
        free(found.words[i]);
    }
    free(found.words);
    assert_string_equal(got, want);
    if (want[0])
        assert_int_equal(found.start, start);
}

static void test_completion(void **state)
{
    (void)state;
    expect_offers("cre", 0, "create ");
    expect_offers("list; unp", 6, "unpause ");
    expect_offers("xl paus", 3, "pause ");
    expect_offers("help vcp", 5, "vcpu-list ");
    expect_offers("pause w", 6, "web ,web-old ");
    expect_offers("pause web w", 10, "web ,web-old ");
    expect_offers("list -l D", 8, "Domain-0 ");
    expect_offers("list --j", 5, "--json ");
    expect_offers("rename web n", 11, "");
    expect_offers("pause o", 6, "");
    expect_offers("create ", 7, "guests/,hello.cfg ");
    expect_offers("create gu", 7, "guests/");
    expect_offers("cat guests/h", 4, "guests/hello ");
    expect_offers("create hello.cfg ", 17, "");
    expect_offers("xenstore-ls /local/d", 12, "/local/domain");
    expect_offers("cat 'gu", 4, "");
    expect_offers("nonsense w", 9, "");
    expect_offers("echo w", 5, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_parse_refusals),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_help_fits_the_terminal),
        cmocka_unit_test(test_manual_is_current),
        cmocka_unit_test(test_completion),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
