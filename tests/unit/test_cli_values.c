/* Numbers as operators type them, tables with xl's columns, and JSON that always parses. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <xen/sched.h>

#include "../../dom0-tools/cli/format.h"
#include "../../dom0-tools/cli/json.h"
#include "../../dom0-tools/cli/number.h"

struct number_case {
    const char *text;
    int rc;
    uint64_t value;
};

static void check_numbers(const struct number_case *cases, size_t count,
                          int (*parse)(const char *, uint64_t *))
{
    for (size_t i = 0; i < count; i++) {
        uint64_t value = 4711;

        assert_int_equal(parse(cases[i].text, &value), cases[i].rc);
        assert_true(value == (cases[i].rc ? 4711 : cases[i].value));
    }
}

static int parse_u64(const char *text, uint64_t *value)
{
    return parse_uint(text, UINT64_MAX, value);
}

static void test_uint(void **state)
{
    static const struct number_case cases[] = {
        { "0", 0, 0 }, { "42", 0, 42 }, { "0x1F", 0, 31 }, { "007", 0, 7 },
        { "18446744073709551615", 0, UINT64_MAX }, { "18446744073709551616", -ERANGE, 0 },
        { "0xffffffffffffffff", 0, UINT64_MAX }, { "0x10000000000000000", -ERANGE, 0 },
        { "", -EINVAL, 0 }, { "-1", -EINVAL, 0 }, { "+1", -EINVAL, 0 }, { " 1", -EINVAL, 0 },
        { "1 ", -EINVAL, 0 }, { "0x", -EINVAL, 0 }, { "12a", -EINVAL, 0 }, { "1.5", -EINVAL, 0 },
    };
    uint64_t value;

    (void)state;
    check_numbers(cases, sizeof(cases) / sizeof(cases[0]), parse_u64);
    assert_int_equal(parse_uint("127", 127, &value), 0);
    assert_int_equal(parse_uint("128", 127, &value), -ERANGE);
    assert_int_equal(parse_uint("5", 3, &value), -ERANGE);
}

static void test_duration(void **state)
{
    static const struct number_case cases[] = {
        { "2", 0, 2000000000 }, { "0.25", 0, 250000000 }, { "2s", 0, 2000000000 }, { "150ms", 0, 150000000 },
        { "1.5ms", 0, 1500000 }, { "7us", 0, 7000 }, { "9ns", 0, 9 }, { "0.1ns", 0, 0 },
        { "3m", 0, 180000000000 }, { "1.5m", 0, 90000000000 }, { "0.5h", 0, 1800000000000 },
        { "0", 0, 0 }, { "1.0000000001", 0, 1000000000 },
        { "87840h", 0, 316224000000000000 }, { "87841h", -ERANGE, 0 },
        { "99999999999999999999", -ERANGE, 0 },
        { "", -EINVAL, 0 }, { "x", -EINVAL, 0 }, { "1.", -EINVAL, 0 }, { ".5", -EINVAL, 0 },
        { "1d", -EINVAL, 0 }, { "-1", -EINVAL, 0 }, { "1 s", -EINVAL, 0 },
    };

    (void)state;
    check_numbers(cases, sizeof(cases) / sizeof(cases[0]), parse_duration);
}

static void test_memory(void **state)
{
    static const struct number_case cases[] = {
        { "64", 0, 65536 }, { "65536k", 0, 65536 }, { "64M", 0, 65536 }, { "2g", 0, 2097152 }, { "0", 0, 0 },
        { "4294967296", 0, 1ull << 42 }, { "4294967297", -ERANGE, 0 }, { "4194305g", -ERANGE, 0 },
        { "", -EINVAL, 0 }, { "g", -EINVAL, 0 }, { "1t", -EINVAL, 0 }, { "1mb", -EINVAL, 0 },
    };

    (void)state;
    check_numbers(cases, sizeof(cases) / sizeof(cases[0]), parse_memory);
}

/* --- tables --- */

static char *text;
static size_t text_size;

static FILE *begin_text(void)
{
    free(text);
    text = NULL;
    return open_memstream(&text, &text_size);
}

static void test_list_columns(void **state)
{
    struct domain_status d = {
        .domid = 3, .name = "web", .state = DOMAIN_RUNNING, .shutdown_reason = -1, .memory_kib = 65536 + 1023,
        .vcpus = 2, .cpu_time_ns = 1249999999,
    };
    FILE *out = begin_text();

    (void)state;
    format_list_header(out, false);
    format_list_row(out, &d, false);
    d.domid = 32751;
    d.state = DOMAIN_SHUTDOWN | DOMAIN_DYING;
    d.shutdown_reason = SHUTDOWN_crash;
    d.cpu_time_ns = 123456789 * 1000000000ull + 950000000;
    strcpy(d.name, "");
    format_list_row(out, &d, false);
    fclose(out);
    assert_string_equal(text,
        "Name                                        ID   Mem VCPUs\tState\tTime(s)\n"
        "web                                          3    64     2     r-----       1.2\n"
        "-                                        32751    64     2     ---scd  123456790.0\n");
}

static void test_state_letters(void **state)
{
    static const struct { unsigned state; int reason; const char *want; } cases[] = {
        { 0, -1, "------" },
        { DOMAIN_BLOCKED, -1, "-b----" },
        { DOMAIN_PAUSED | DOMAIN_BLOCKED, -1, "-bp---" },
        { DOMAIN_SHUTDOWN, SHUTDOWN_poweroff, "---s--" },
        { DOMAIN_SHUTDOWN, SHUTDOWN_reboot, "---sr-" },
        { DOMAIN_SHUTDOWN, SHUTDOWN_suspend, "---ss-" },
        { DOMAIN_SHUTDOWN | DOMAIN_CRASHED, SHUTDOWN_crash, "---sc-" },
        { DOMAIN_SHUTDOWN, SHUTDOWN_watchdog, "---sw-" },
        { DOMAIN_SHUTDOWN, 77, "---s?-" },
        { DOMAIN_DYING | DOMAIN_PAUSED, -1, "--p--d" },
    };
    struct domain_status d = { .domid = 1 };
    char letters[7];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        d.state = cases[i].state;
        d.shutdown_reason = cases[i].reason;
        format_state(&d, letters);
        assert_string_equal(letters, cases[i].want);
    }
}

static void test_vcpu_columns(void **state)
{
    struct vcpu_status v = { .vcpu = 0, .online = true, .blocked = true, .cpu = 1, .cpu_time_ns = 50000000 };
    FILE *out = begin_text();

    (void)state;
    v.affinity.bits[0] = 3;
    format_vcpu_header(out);
    format_vcpu_row(out, "web", 3, &v, 2);
    v.online = false;
    format_vcpu_row(out, "web", 3, &v, 4);
    fclose(out);
    assert_string_equal(text,
        "Name                                ID  VCPU   CPU State   Time(s) Affinity (Hard / Soft)\n"
        "web                                  3     0     1   -b-       0.1  all / all\n"
        "web                                  3     0    -   --p       0.1  0-1 / all\n");
}

static void test_cpu_sets(void **state)
{
    struct config_cpus set = { { 0 } };
    char got[160];

    (void)state;
    assert_string_equal(format_cpus(&set, 4, got, sizeof(got)), "none");
    set.bits[0] = 0xf;
    assert_string_equal(format_cpus(&set, 4, got, sizeof(got)), "all");
    assert_string_equal(format_cpus(&set, 8, got, sizeof(got)), "0-3");
    set.bits[0] = 0x8000000000000025;
    set.bits[1] = 1;
    assert_string_equal(format_cpus(&set, 128, got, sizeof(got)), "0,2,5,63-64");
    for (int i = 0; i < 4; i++)
        set.bits[i] = 0x5555555555555555;
    format_cpus(&set, 256, got, sizeof(got));           /* does not fit: cut, not overrun */
    assert_int_equal(strlen(got), sizeof(got) - 1);
}

static void test_uptime(void **state)
{
    const uint64_t s = 1000000000;
    char got[64];

    (void)state;
    assert_string_equal(format_uptime(5 * s, false, got, sizeof(got)), " 0:00:05");
    assert_string_equal(format_uptime(86399 * s, true, got, sizeof(got)), "23:59");
    assert_string_equal(format_uptime(90061 * s, false, got, sizeof(got)), "1 day,  1:01:01");
    assert_string_equal(format_uptime(3 * 86400 * s, true, got, sizeof(got)), "3 days,  0:00");
}

/* --- JSON --- */

static void test_json(void **state)
{
    FILE *out = begin_text();
    struct json j;

    (void)state;
    json_begin(&j, out);
    json_object(&j, NULL);
    json_string(&j, "name", "a\"b\\c\nd\x01\x7f");
    json_string(&j, "utf8", "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80");
    json_string(&j, "broken", "\xff \xc3 \xed\xa0\x80 \xc0\x80 \xe2\x82");
    json_string(&j, "none", NULL);
    json_uint(&j, "big", UINT64_MAX);
    json_bool(&j, "yes", true);
    json_seconds(&j, "time", 1500000001);
    json_array(&j, "empty");
    json_array_end(&j);
    json_array(&j, "list");
    json_uint(&j, NULL, 1);
    json_object(&j, NULL);
    json_object_end(&j);
    json_array_end(&j);
    json_object_end(&j);
    json_end(&j);
    fclose(out);
    assert_string_equal(text,
        "{\n"
        "    \"name\": \"a\\\"b\\\\c\\nd\\u0001\\u007f\",\n"
        "    \"utf8\": \"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\",\n"
        "    \"broken\": \"\\ufffd \\ufffd \\ufffd\\ufffd\\ufffd \\ufffd\\ufffd \\ufffd\\ufffd\",\n"
        "    \"none\": null,\n"
        "    \"big\": 18446744073709551615,\n"
        "    \"yes\": true,\n"
        "    \"time\": 1.500000001,\n"
        "    \"empty\": [],\n"
        "    \"list\": [\n"
        "        1,\n"
        "        {}\n"
        "    ]\n"
        "}\n");
    free(text);
    text = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_uint),
        cmocka_unit_test(test_duration),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_list_columns),
        cmocka_unit_test(test_state_letters),
        cmocka_unit_test(test_vcpu_columns),
        cmocka_unit_test(test_cpu_sets),
        cmocka_unit_test(test_uptime),
        cmocka_unit_test(test_json),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
