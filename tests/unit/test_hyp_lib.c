/* The hypervisor's library: formatted text, numbers and options of the command line, strings, bitmaps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "boot/boot-info.h"
#include "lib/lib.h"

static char out[64];

static void check_text(int used, const char *want)
{
    assert_string_equal(out, want);
    assert_int_equal(used, strlen(want));
}

#define check_format(want, ...) check_text(snprintf(out, sizeof(out), __VA_ARGS__), want)

static void test_format(void **state)
{
    const char *volatile none = NULL;

    (void)state;
    check_format("plain", "plain");
    check_format("-5 5 +5", "%d %d %+d", -5, 5, 5);
    check_format("-2147483648", "%d", INT32_MIN);
    check_format("-9223372036854775808", "%ld", INT64_MIN);
    check_format("18446744073709551615", "%lu", UINT64_MAX);
    check_format("ffffffffffffffff", "%lx", UINT64_MAX);
    check_format("[   7][7   ][0007]", "[%4d][%-4d][%04d]", 7, 7, 7);
    check_format("[-007][  -7]", "[%04d][%4d]", -7, -7);
    check_format("0xff 0x0 00ff", "%#x %#x %04x", 255U, 0U, 255U);
    check_format("ff 7fff", "%hhx %hx", 0x7fffU & 0xffU, 0x7fffU);
    check_format("00000000deadbeef", "%p", (void *)0xdeadbeefUL);
    check_format("[abc][  abc][abc  ][ab]", "[%s][%5s][%-5s][%.2s]", "abc", "abc", "abc", "abc");
    check_format("[ab][    ab]", "[%.*s][%*s]", 2, "abcd", 6, "ab");
    check_format("x%y", "%c%%%c", 'x', 'y');
    check_format("(null)", "%s", none);
}

static void test_format_is_bounded(void **state)
{
    char small[8] = "1234567";

    (void)state;
    assert_int_equal(snprintf(small, 4, "%s", "abcdefgh"), 8);
    assert_string_equal(small, "abc");
    assert_int_equal(small[4], '5');
    assert_int_equal(snprintf(small, 0, "abc"), 3);
    assert_int_equal(small[0], 'a');
    assert_int_equal(snprintf(small, 1, "%d", 42), 2);
    assert_int_equal(small[0], '\0');
}

static void test_numbers(void **state)
{
    static const struct { const char *text; uint64_t want, unit; size_t used; } cases[] = {
        { "0", 0, 1, 1 },        { "42", 42, 1, 2 },          { "0x1F", 31, 1, 4 },
        { "12,rest", 12, 1, 2 },
        { "0xyz", 0, 1, 1 },     { "64", 64 << 10, 1024, 2 }, { "64M", 64 << 20, 1024, 3 },
        { "1g", 1 << 30, 1, 2 }, { "16k,", 16 << 10, 1, 3 },  { "5b", 5, 1024, 2 },          { "", 0, 1, 0 },
        { "99999999999T", UINT64_MAX, 1, 12 },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        const char *end;

        assert_true(parse_size(cases[i].text, &end, cases[i].unit) == cases[i].want);
        assert_int_equal(end - cases[i].text, cases[i].used);
    }
}

static void test_options(void **state)
{
    static const struct { const char *line, *name, *want; } cases[] = {
        { "a=1 b=2", "a", "1" },    { "a=1 b=2", "b", "2" },    { "a=1  b=2 ", "b", "2" },
        { "a=1", "b", NULL },
        { "flag a=1", "flag", "" }, { "a=1 flag", "flag", "" }, { "aa=1", "a", NULL },     { "a=", "a", "" },
        { "a=1 a=2", "a", "2" },    { "a=1,2,3", "a", "1,2,3" }, { "", "a", NULL },
        { "ba=1 a=3", "a", "3" },   { "a=123456789", "a", "1234567" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char value[8] = "before";
        bool found = cmdline_option(cases[i].line, cases[i].name, value, sizeof(value));

        assert_int_equal(found, cases[i].want != NULL);
        assert_string_equal(value, found ? cases[i].want : "before");
    }
    assert_true(cmdline_list_has("com1,vga", "com1"));
    assert_true(cmdline_list_has("com1,vga", "vga"));
    assert_false(cmdline_list_has("com11,vga", "com1"));
    assert_false(cmdline_list_has("", "com1"));
    assert_true(cmdline_list_has("vga", "vga"));
}

static void test_memory(void **state)
{
    (void)state;
    for (size_t n = 0; n < 40; n++) {
        uint8_t buf[64], want[64];

        for (size_t i = 0; i < sizeof(buf); i++)
            buf[i] = want[i] = (uint8_t)(i * 7);
        memmove(buf + 3, buf, n);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(buf[3 + i], want[i]);
        memcpy(buf, want, sizeof(buf));
        memmove(buf, buf + 3, n);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(buf[i], want[3 + i]);
        memset(buf, 0xa5, n);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(buf[i], 0xa5);
    }
    assert_true(memcmp("abc", "abd", 3) < 0 && memcmp("abc", "abd", 2) == 0 && memcmp("\xff", "\x01", 1) > 0);
}

static void test_strings(void **state)
{
    char small[4];

    (void)state;
    assert_int_equal(strlcpy(small, "abcdef", sizeof(small)), 6);
    assert_string_equal(small, "abc");
    assert_int_equal(strcmp("a", "a"), 0);
    assert_true(strcmp("a", "ab") < 0 && strcmp("b", "ab") > 0);
    assert_int_equal(strncmp("abX", "abY", 2), 0);
    assert_ptr_equal(strchr("x", 'y'), NULL);
    assert_int_equal(*strchr("xyz", 'y'), 'y');
    assert_int_equal(strnlen("abc", 2), 2);
}

static void test_index_nospec(void **state)
{
    (void)state;
    assert_int_equal(index_nospec(3, 4), 3);
    assert_int_equal(index_nospec(4, 4), 0);
    assert_int_equal(index_nospec(UINT64_MAX, 4), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_format),  cmocka_unit_test(test_format_is_bounded),
        cmocka_unit_test(test_numbers), cmocka_unit_test(test_options),
        cmocka_unit_test(test_memory),  cmocka_unit_test(test_strings),
        cmocka_unit_test(test_index_nospec),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
