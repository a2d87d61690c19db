/* The shell's tokenizer: quoting, separators, $?, what it refuses, and what completion sees of an
 * unfinished line. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../dom0-tools/cli/tokenize.h"

static struct tokenized tokens;

/* The whole line as one text: words in [], joins as the operators that they came from. */
static const char *dissect(const char *line, int status)
{
    static char text[4096];
    const char *cursor = line;
    size_t used = 0;
    int rc;

    text[0] = '\0';
    while ((rc = tokenize_next(&cursor, status, &tokens)) > 0) {
        const char *join = tokens.join == JOIN_IF_OK ? "&&" : tokens.join == JOIN_IF_FAILED ? "||" : ";";

        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s", used ? join : "");
        for (size_t i = 0; i < tokens.count; i++)
            used += (size_t)snprintf(text + used, sizeof(text) - used, "[%s]", tokens.words[i]);
        assert_null(tokens.words[tokens.count]);
    }
    assert_int_equal(rc, 0);
    return text;
}

static void test_words_and_separators(void **state)
{
    static const struct { const char *line, *want; } cases[] = {
        { "", "" },
        { "   \t ", "" },
        { ";;; ;\n;", "" },
        { "list", "[list]" },
        { "  create\thello.cfg  name=web ", "[create][hello.cfg][name=web]" },
        { "a;b ; c", "[a];[b];[c]" },
        { "a\nb\r\nc\n", "[a];[b];[c]" },
        { "a&&b||c", "[a]&&[b]||[c]" },
        { "a &&\n\n b", "[a]&&[b]" },
        { "a & b | c", "[a][&][b][|][c]" },
        { "echo 'a b' \"c d\" e\\ f", "[echo][a b][c d][e f]" },
        { "echo '' \"\" x", "[echo][][][x]" },
        { "echo a'b c'd\"e f\"g", "[echo][ab cde fg]" },
        { "echo 'it''s' \"say \\\"hi\\\" \\\\ \\n\"", "[echo][its][say \"hi\" \\ \\n]" },
        { "echo '\\' '$?' \"$?\" $? \\$?", "[echo][\\][$?][7][7][$?]" },
        { "echo $5 $ a$?b", "[echo][$5][$][a7b]" },
        { "echo a # comment ; b\nc#d", "[echo][a];[c#d]" },
        { "echo ';' \"&&\" \\;", "[echo][;][&&][;]" },
        { "echo \xc3\xa9 \"\xe2\x82\xac uro\"", "[echo][\xc3\xa9][\xe2\x82\xac uro]" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_string_equal(dissect(cases[i].line, 7), cases[i].want);
    }
}

static void test_refusals(void **state)
{
    static const struct { const char *line, *why; } cases[] = {
        { "echo 'a", "a quote is not closed" },
        { "echo a; echo \"b", "a quote is not closed" },
        { "a && ; b", "a command is missing between two operators" },
        { "a && || b", "a command is missing between two operators" },
        { "a ; && b", "a command is missing between two operators" },
        { "a &&", "a command is missing after && or ||" },
        { "a || # nothing", "a command is missing after && or ||" },
        { "&& a", "a command is missing before && or ||" },
    };
    const char *error;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(tokenize_check(cases[i].line, &tokens, &error), -EINVAL);
        assert_string_equal(error, cases[i].why);
    }
    assert_int_equal(tokenize_check("a && b; c || d\n e", &tokens, &error), 0);
}

static void test_limits(void **state)
{
    char *line = calloc(1, 4 * TOKENIZE_TEXT);
    const char *error;

    (void)state;
    for (int i = 0; i < TOKENIZE_WORDS; i++)
        strcat(line, "x ");
    assert_int_equal(tokenize_check(line, &tokens, &error), 0);
    strcat(line, "x");
    assert_int_equal(tokenize_check(line, &tokens, &error), -E2BIG);

    memset(line, 'y', TOKENIZE_TEXT - 1);
    line[TOKENIZE_TEXT - 1] = '\0';
    assert_int_equal(tokenize_check(line, &tokens, &error), 0);
    memset(line, 'y', TOKENIZE_TEXT);
    line[TOKENIZE_TEXT] = '\0';
    assert_int_equal(tokenize_check(line, &tokens, &error), -E2BIG);
    free(line);
}

/* $? is what the previous command left, so a line is read command by command. */
static void test_status_is_read_late(void **state)
{
    const char *cursor = "a $?; b $?";

    (void)state;
    assert_int_equal(tokenize_next(&cursor, 1, &tokens), 1);
    assert_string_equal(tokens.words[1], "1");
    assert_int_equal(tokenize_next(&cursor, -13, &tokens), 1);
    assert_string_equal(tokens.words[1], "-13");
    assert_int_equal(tokenize_next(&cursor, 0, &tokens), 0);
}

static void test_partial(void **state)
{
    static const struct { const char *line; const char *words; size_t start; } cases[] = {
        { "", "[]", 0 },
        { "li", "[li]", 0 },
        { "list ", "[list][]", 5 },
        { "list we", "[list][we]", 5 },
        { "list; con", "[con]", 6 },
        { "a && pause w", "[pause][w]", 11 },
        { "cat 'my f", "[cat][my f]", 4 },
        { "a; ", "[]", 3 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char got[256] = "";
        size_t start;

        assert_int_equal(tokenize_partial(cases[i].line, strlen(cases[i].line), &tokens, &start), 0);
        for (size_t w = 0; w < tokens.count; w++)
            snprintf(got + strlen(got), sizeof(got) - strlen(got), "[%s]", tokens.words[w]);
        assert_string_equal(got, cases[i].words);
        assert_int_equal(start, cases[i].start);
    }
}

/* Any bytes at all: it ends, stays in its buffers (the sanitizers watch) and refuses with a reason. */
static void test_garbage(void **state)
{
    static const char alphabet[] = "ab \t\n\r;&|'\"\\$?#/\x80\xff";
    uint32_t seed = 1;

    (void)state;
    for (int round = 0; round < 50000; round++) {
        char line[40];
        const char *error;
        size_t n, start;

        seed = seed * 1103515245 + 12345;
        n = (seed >> 16) % (sizeof(line) - 1);
        for (size_t i = 0; i < n; i++) {
            seed = seed * 1103515245 + 12345;
            line[i] = alphabet[(seed >> 16) % (sizeof(alphabet) - 1)];
        }
        line[n] = '\0';
        if (tokenize_check(line, &tokens, &error) < 0)
            assert_non_null(error);
        else
            dissect(line, 0);
        assert_int_equal(tokenize_partial(line, n, &tokens, &start), 0);
        assert_true(start <= n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_and_separators),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_status_is_read_late),
        cmocka_unit_test(test_partial),
        cmocka_unit_test(test_garbage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
