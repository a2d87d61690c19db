/* The web server's requests: good ones, and what comes from elsewhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "request.h"

static int parse(const char *text, struct request *r)
{
    size_t len = strlen(text);
    char *copy = malloc(len ? len : 1);     /* exactly: the sanitizer sees a byte too many */
    int rc;

    memcpy(copy, text, len);
    rc = request_parse(copy, len, r);
    free(copy);
    return rc;
}

static void requests(void **state)
{
    static const struct { const char *text, *path; bool head, keep; } cases[] = {
        { "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "/", false, true },
        { "GET / HTTP/1.0\n\n", "/", false, false },
        { "HEAD /a%20b/c HTTP/1.1\r\n\r\n", "/a b/c", true, true },
        { "GET /a/../b/./c//d/ HTTP/1.1\r\n\r\n", "/b/c/d/", false, true },
        { "GET /a/b/.. HTTP/1.1\r\n\r\n", "/a/", false, true },
        { "GET /x?y=../../z HTTP/1.1\r\nConnection: close\r\n\r\n", "/x", false, false },
        { "GET http://host:80/x HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", "/x", false, true },
        { "GET / HTTP/1.1\r\n\r\nGET /next", "/", false, true },
        { "GET / HTTP/1.1\r\nContent-Length: 0\r\n\r\n", "/", false, true },
    };
    struct request r;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *end = strstr(cases[i].text, "\r\n\r\n");
        int head = end ? (int)(end - cases[i].text) + 4 : (int)strlen(cases[i].text);

        if (parse(cases[i].text, &r) != head)
            fail_msg("%s: %d", cases[i].text, parse(cases[i].text, &r));
        assert_string_equal(r.path, cases[i].path);
        assert_int_equal(r.head, cases[i].head);
        assert_int_equal(r.keep_alive, cases[i].keep);
    }
}

static void refused(void **state)
{
    static const struct { const char *text; int rc; } cases[] = {
        { "", 0 }, { "GET", 0 }, { "GET / HTTP/1.1\r\n", 0 }, { "\r\n\r\n", -400 }, { "GET /\r\n\r\n", -400 },
        { "GET / HTTP/2.0\r\n\r\n", -505 }, { "GET / XTTP/1.1\r\n\r\n", -400 },
        { "GET  / HTTP/1.1\r\n\r\n", -400 },
        { "POST / HTTP/1.1\r\n\r\n", -405 }, { "GET / HTTP/1.1 x\r\n\r\n", -400 },
        { "GET x HTTP/1.1\r\n\r\n", -400 },
        { "GET /.. HTTP/1.1\r\n\r\n", -400 }, { "GET /a/../../b HTTP/1.1\r\n\r\n", -400 },
        { "GET /%2e%2e/%2e%2e/x HTTP/1.1\r\n\r\n", -400 }, { "GET /a%2f..%2f..%2fx HTTP/1.1\r\n\r\n", -400 },
        { "GET /%00 HTTP/1.1\r\n\r\n", -400 }, { "GET /%zz HTTP/1.1\r\n\r\n", -400 },
        { "GET /% HTTP/1.1\r\n\r\n", -400 },
        { "GET /..\\..\\x HTTP/1.1\r\n\r\n", -400 }, { "GET http://host HTTP/1.1\r\n\r\n", -400 },
        { "GET / HTTP/1.1\r\nno colon\r\n\r\n", -400 }, { "GET / HTTP/1.1\r\nA : b\r\n\r\n", -400 },
        { "GET / HTTP/1.1\r\nA: b\r\n folded\r\n\r\n", -400 },
        { "GET / HTTP/1.1\r\nContent-Length: 5\r\n\r\n", -413 },
        { "GET / HTTP/1.1\r\nContent-Length: -5\r\n\r\n", -400 },
        { "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", -413 },
    };
    struct request r;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (parse(cases[i].text, &r) != cases[i].rc)
            fail_msg("%s: %d", cases[i].text, parse(cases[i].text, &r));
}

static void long_ones(void **state)
{
    static char text[20000];
    struct request r;

    (void)state;
    memset(text, 'a', sizeof(text) - 1);
    memcpy(text, "GET /", 5);
    assert_int_equal(request_parse(text, REQUEST_BYTES - 1, &r), 0);
    assert_int_equal(request_parse(text, REQUEST_BYTES, &r), -431);
    memcpy(text + 4000, " HTTP/1.1\r\n\r\n", 13);
    assert_int_equal(request_parse(text, 4013, &r), -414);
    memset(text + 4000, 'a', 13);
    memcpy(text + REQUEST_BYTES, " HTTP/1.1\r\n\r\n", 13);
    assert_int_equal(request_parse(text, sizeof(text), &r), -431);
}

static void ranges(void **state)
{
    static const struct { const char *value; bool has; uint64_t first, last; } cases[] = {
        { "bytes=0-99", true, 0, 99 }, { "bytes=5-", true, 5, UINT64_MAX },
        { "bytes=-7", true, UINT64_MAX, 7 },
        { "bytes=9-3", false, 0, 0 }, { "bytes=-", false, 0, 0 }, { "bytes=1-2,5-6", false, 0, 0 },
        { "lines=1-2", false, 0, 0 },
        { "bytes=99999999999999999999-", false, 0, 0 }, { "bytes=x-1", false, 0, 0 },
    };
    char text[128];
    struct request r;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        snprintf(text, sizeof(text), "GET /f HTTP/1.1\r\nRange: %s\r\n\r\n", cases[i].value);
        assert_true(parse(text, &r) > 0);
        assert_int_equal(r.has_range, cases[i].has);
        if (r.has_range) {
            assert_true(r.first == cases[i].first);
            assert_true(r.last == cases[i].last);
        }
        /* Of several the last one counts. */
        snprintf(text, sizeof(text), "GET /f HTTP/1.1\r\nRange: bytes=1-9\r\nRange: %s\r\n\r\n",
                 cases[i].value);
        assert_true(parse(text, &r) > 0);
        assert_int_equal(r.has_range, cases[i].has);
    }
}

/* Whatever comes: no path has a name "..", all begin with a slash. */
static void rubbish(void **state)
{
    static const char *const parts[] = { "/", "..", ".", "%2e", "%2F", "a", "//", "%", "%25", "?", " ",
                                         "\r\n", "GET /", " HTTP/1.1\r\n\r\n", ":" };
    struct request r;
    char text[512];
    unsigned i, n;

    (void)state;
    srand(1);
    for (i = 0; i < 200000; i++) {
        text[0] = '\0';
        strcat(text, "GET /");
        for (n = (unsigned)rand() % 20; n > 0; n--)
            strcat(text, parts[(unsigned)rand() % (sizeof(parts) / sizeof(parts[0]))]);
        strcat(text, " HTTP/1.1\r\n\r\n");
        if (parse(text, &r) <= 0)
            continue;
        assert_true(r.path[0] == '/' && strlen(r.path) < REQUEST_PATH);
        strcat(r.path, "/");
        assert_null(strstr(r.path, "/../"));
        assert_null(strstr(r.path, "/./"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests), cmocka_unit_test(refused), cmocka_unit_test(long_ones),
            cmocka_unit_test(ranges),
        cmocka_unit_test(rubbish),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
