/* The kit's small pure pieces: command line, printf for reports, payloads of the store, error names, and the
 * arithmetic of the time record. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <pv/error.h>

#include "time/pvclock.h"
#include "xenbus/private.h"

int pv_cmdline_split(char *line, char **argv, int max);
size_t pv_format(char *out, size_t size, const char *fmt, va_list args);

static void assert_words(const char *line, int max, const char *const *want)
{
    char copy[200], *argv[10];
    int n = 0;

    strcpy(copy, line);
    n = pv_cmdline_split(copy, argv, max);
    assert_null(argv[n]);
    while (n--)
        assert_string_equal(argv[n], want[n]);
}

static void test_cmdline(void **state)
{
    static const char *const two[] = { "name", "arg" }, *const quoted[] = { "a b", "c'd", "", "e f" };

    (void)state;
    assert_words("", 9, NULL);
    assert_words("   \t ", 9, NULL);
    assert_words(" name  arg ", 9, two);
    assert_words("name arg dropped", 2, two);
    assert_words("\"a b\" \"c'd\" '' e' 'f", 9, quoted);
    assert_words("name 'arg", 9, two);
}

static void assert_format(const char *want, const char *fmt, ...)
{
    char out[64];
    va_list args;
    size_t n;

    va_start(args, fmt);
    n = pv_format(out, sizeof(out), fmt, args);
    va_end(args);
    assert_int_equal(n, strlen(want));
    assert_memory_equal(out, want, n);
}

static void test_format(void **state)
{
    (void)state;
    assert_format("plain 100%", "plain %d%%", 100);
    assert_format("-5 0 4294967295 ff", "%d %d %u %x", -5, 0, 0xffffffffU, 255);
    assert_format("-9223372036854775808", "%ld", INT64_MIN);
    assert_format("00c0ffee     7 x", "%08x %5lu %c", 0xc0ffee, 7UL, 'x');
    assert_format("word|0x1234|", "%s|%p|%s", "word", (void *)0x1234, "");
    assert_format("", "%s", NULL);
    assert_format("end ", "end %");
}

static void test_format_stops_at_the_end(void **state)
{
    char out[8];
    unsigned int i;

    (void)state;
    for (i = 0; i <= 4; i++) {
        va_list none;

        memset(out, '#', sizeof(out));
        memset(&none, 0, sizeof(none));
        assert_int_equal(pv_format(out, i, "abcdefg", none), i);
        assert_int_equal(out[i], '#');
    }
}

static void test_split(void **state)
{
    size_t n = 77;
    char **list = pv_xs_split("one\0two\0\0tail", 13, &n);

    (void)state;
    assert_int_equal(n, 4);
    assert_string_equal(list[0], "one");
    assert_string_equal(list[1], "two");
    assert_string_equal(list[2], "");
    assert_string_equal(list[3], "tail");
    free(list);
    list = pv_xs_split("", 0, &n);
    assert_non_null(list);
    assert_int_equal(n, 0);
    free(list);
}

static void test_watch_event(void **state)
{
    const char *path, *token;

    (void)state;
    assert_true(pv_xs_parse_event("a/b\0tok", 8, &path, &token));
    assert_string_equal(path, "a/b");
    assert_string_equal(token, "tok");
    assert_false(pv_xs_parse_event("a/b\0tok", 7, &path, &token));
    assert_false(pv_xs_parse_event("a/b", 3, &path, &token));
    assert_false(pv_xs_parse_event("a/b", 4, &path, &token));
    assert_false(pv_xs_parse_event("", 0, &path, &token));
}

static void test_number(void **state)
{
    uint64_t value;

    (void)state;
    assert_true(pv_xs_parse_u64("0", &value) && value == 0);
    assert_true(pv_xs_parse_u64("18446744073709551615", &value) && value == UINT64_MAX);
    assert_false(pv_xs_parse_u64("18446744073709551616", &value));
    assert_false(pv_xs_parse_u64("99999999999999999999", &value));
    assert_false(pv_xs_parse_u64("", &value));
    assert_false(pv_xs_parse_u64("-1", &value));
    assert_false(pv_xs_parse_u64("1 ", &value));
    assert_false(pv_xs_parse_u64("0x10", &value));
}

static void test_errors(void **state)
{
    (void)state;
    assert_int_equal(pv_errno_from_xen(0), 0);
    assert_int_equal(pv_errno_from_xen(17), 17);
    assert_int_equal(pv_errno_from_xen(-38), -ENOSYS);
    assert_int_equal(pv_errno_from_xen(-95), -EOPNOTSUPP);
    assert_int_equal(pv_errno_from_xen(-12345), -EIO);
    assert_string_equal(pv_errno_name(ENOENT), "ENOENT");
    assert_string_equal(pv_errno_name(-EAGAIN), "EAGAIN");
    assert_string_equal(pv_errno_name(99999), "E?");
    assert_string_equal(pv_xen_errno_name(-62), "ETIME");
    assert_int_equal(pv_errno_by_name("EEXIST"), EEXIST);
    assert_int_equal(pv_errno_by_name("ENONSENSE"), EIO);
}

static void test_pvclock(void **state)
{
    (void)state;
    assert_int_equal(pvclock_scale(1000, 0x80000000u, 0), 500);          /* 2 GHz: half a nanosecond a tick */
    assert_int_equal(pvclock_scale(1000, 0x80000000u, 1), 1000);         /* 1 GHz */
    assert_int_equal(pvclock_scale(1000, 0x80000000u, -1), 250);         /* 4 GHz */
    /* A year at 3 GHz does not overflow: mul 2^32/3 rounded down. */
    assert_in_range(pvclock_scale(94608000000000000u, 0x55555555u, 0), 31535999990000000u,
                    31536000000000000u);
    assert_int_equal(pvclock_at(5000, 4000, 70, 0x80000000u, 0), 570);
    assert_int_equal(pvclock_at(3999, 4000, 70, 0x80000000u, 0), 70);    /* never before the record */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cmdline), cmocka_unit_test(test_format),
        cmocka_unit_test(test_format_stops_at_the_end), cmocka_unit_test(test_split),
        cmocka_unit_test(test_watch_event), cmocka_unit_test(test_number), cmocka_unit_test(test_errors),
        cmocka_unit_test(test_pvclock),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
