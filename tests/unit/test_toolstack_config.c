/* The configuration parser: what good files mean, and that each bad one gets its exact message. The bad ones
 * are files: toolstack-config/fail-NAME.cfg must be refused with the lines of fail-NAME.expected,
 * warn-NAME.cfg must be accepted with those remarks. */
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "config.h"
#include "config_cpus.h"

#define FOLDER "tests/unit/toolstack-config"
#define FILE_BYTES 65536u

static struct domain_config config;
static struct config_report report;

static int parse(const char *text, const char *const *overrides, size_t n)
{
    return config_parse(&config, "test.cfg", text, strlen(text), overrides, n, &report);
}

static void parse_good(const char *text)
{
    if (parse(text, NULL, 0)) {
        char line[600];

        fail_msg("refused: %s", config_diagnostic_text(&report.entry[0], line, sizeof(line)));
    }
}

static void assert_only_remark(const char *expected)
{
    char line[600];

    assert_int_equal(report.count, 1);
    assert_string_equal(config_diagnostic_text(&report.entry[0], line, sizeof(line)), expected);
}

/* -- good configurations
 * ------------------------------------------------------------------------------------- */

static void test_defaults(void **state)
{
    (void)state;
    parse_good("name = 'web'\nkernel = \"hello\"\n");
    assert_int_equal(report.count, 0);
    assert_string_equal(config.name, "web");
    assert_string_equal(config.kernel, "hello");
    assert_string_equal(config.ramdisk, "");
    assert_string_equal(config.cmdline, "");
    assert_int_equal(config.memory_kib, 32 * 1024);
    assert_int_equal(config.maxmem_kib, 32 * 1024);
    assert_int_equal(config.vcpus, 1);
    assert_int_equal(config.maxvcpus, 1);
    assert_int_equal(config.on_poweroff, CONFIG_DESTROY);
    assert_int_equal(config.on_reboot, CONFIG_RESTART);
    assert_int_equal(config.on_crash, CONFIG_DESTROY);
    assert_false(config.has_uuid);
    assert_false(config.has_cpus);
    assert_int_equal(config.max_grant_frames, -1);
}

static void test_everything(void **state)
{
    (void)state;
    parse_good("# a comment\n"
               "name=\"all-of_it.1\" ; type = 'pv'   # two on a line\n"
               "builder = \"generic\"\r\n"
               "kernel = \"vmlinuz\"\nramdisk = 'initrd.gz'\n"
               "root = '/dev/xvda1 ro'\nextra = \"console=hvc0 \\\"x\\\"\"\n"
               "memory = 0x40\nmaxmem = \"128\"\nvcpus = 2\nmaxvcpus = 4\n"
               "cpu_weight = 512\ncap = 50\n"
               "on_poweroff = 'preserve'\non_reboot = 'rename-restart'\non_crash = 'restart'\n"
               "uuid = '6BA7B810-9dad-11d1-80b4-00c04fd430c8'\n"
               "max_grant_frames = 8\nmax_maptrack_frames = 1\nmax_event_channels = 255\n"
               "disk = [ ]\nvif = [\n]\n");
    assert_int_equal(report.count, 0);
    assert_string_equal(config.name, "all-of_it.1");
    assert_string_equal(config.cmdline, "root=/dev/xvda1 ro console=hvc0 \"x\"");
    assert_int_equal(config.memory_kib, 64 * 1024);
    assert_int_equal(config.maxmem_kib, 128 * 1024);
    assert_int_equal(config.vcpus, 2);
    assert_int_equal(config.maxvcpus, 4);
    assert_int_equal(config.cpu_weight, 512);
    assert_int_equal(config.cap, 50);
    assert_int_equal(config.on_poweroff, CONFIG_PRESERVE);
    assert_int_equal(config.on_reboot, CONFIG_RENAME_RESTART);
    assert_int_equal(config.on_crash, CONFIG_RESTART);
    assert_true(config.has_uuid);
    assert_int_equal(config.uuid[0], 0x6b);
    assert_int_equal(config.uuid[15], 0xc8);
    assert_int_equal(config.max_grant_frames, 8);
    assert_int_equal(config.max_maptrack_frames, 1);
    assert_int_equal(config.max_event_channels, 255);
}

static void test_lists_and_cpus(void **state)
{
    (void)state;
    parse_good("name='w' \n kernel='k' \n vcpus=3 \n cpus = [ '0-3,^1', # first\n 2,\n ]\n"
               "cpus += [ \"all,^0-254\" ]");
    assert_true(config.has_cpus);
    assert_int_equal(config.cpus[0].bits[0], 0xd);
    assert_int_equal(config.cpus[1].bits[0], 0x4);
    assert_true(config_cpus_has(&config.cpus[2], 255));
    assert_false(config_cpus_has(&config.cpus[2], 254));
    assert_int_equal(config.cpus[3].bits[0], 0xd); /* vcpus without a member of their own: all named CPUs */
    parse_good("name='w' \n kernel='k' \n cpus = 3\n");
    assert_int_equal(config.cpus[0].bits[0], 8);
    assert_int_equal(config.cpus[127].bits[0], 8);
}

static void test_joining_strings(void **state)
{
    (void)state;
    parse_good("name='w'\nkernel='k'\nextra = 'a=1'\nextra += ' b=2'\n");
    assert_string_equal(config.cmdline, "a=1 b=2");
}

static void test_firmware(void **state)
{
    const char *instead[] = { "firmware=pvgrub64", "kernel=" };

    (void)state;
    parse_good("name='w'\nfirmware='pvgrub64'\nextra='x'\n");
    assert_int_equal(report.count, 0);
    assert_string_equal(config.kernel, "/usr/lib/grub-xen/grub-x86_64-xen.bin");
    assert_string_equal(config.cmdline, "x");
    parse_good("name='w'\nkernel='k'\nfirmware=''\nbootloader=''\n");
    assert_string_equal(config.kernel, "k");
    assert_int_equal(parse("name='w'\nkernel='k'\n", instead, 2), 0);
    assert_string_equal(config.kernel, "/usr/lib/grub-xen/grub-x86_64-xen.bin");
}

static void test_overrides(void **state)
{
    const char *good[] = { "memory=64", "name=other", "extra='x y'", "cpus=[1,2]", "extra+= z" };
    const char *bad[] = { "memory=lots" };
    const char *open_string[] = { "name=\"web" };

    (void)state;
    assert_int_equal(parse("name='w'\nkernel='k'\nmemory=16\n", good, 5), 0);
    assert_int_equal(report.count, 0);
    assert_string_equal(config.name, "other");
    assert_string_equal(config.cmdline, "x y z");
    assert_int_equal(config.memory_kib, 64 * 1024);
    assert_int_equal(config.cpus[1].bits[0], 4);
    assert_int_equal(parse("name='w'\nkernel='k'\n", bad, 1), -EINVAL);
    assert_only_remark("command line:1:8: error: memory: must be a number, decimal or 0x hexadecimal");
    assert_int_equal(parse("name='w'\nkernel='k'\n", open_string, 1), -EINVAL);
    assert_only_remark("command line:1:6: error: string is not closed on its line");
}

static void test_uuid_text(void **state)
{
    uint8_t uuid[16];
    char text[37];

    (void)state;
    assert_true(config_uuid_parse("6ba7b8109dad11d180b400c04fd430c8", uuid));
    config_uuid_text(uuid, text);
    assert_string_equal(text, "6ba7b810-9dad-11d1-80b4-00c04fd430c8");
    assert_false(config_uuid_parse("", uuid));
    assert_false(config_uuid_parse("6ba7b8109dad11d180b400c04fd430c8a", uuid));
    assert_false(config_uuid_parse("6ba7b8109dad11d180b400c04fd430c", uuid));
    assert_false(config_uuid_parse("-6ba7b8109dad11d180b400c04fd430c8", uuid));
    assert_false(config_uuid_parse("6ba7b8109dad11d180b400c04fd430c8-", uuid));
}

/* -- bytes that no file of expectations can hold
 * ------------------------------------------------------------- */

static void test_zero_byte(void **state)
{
    (void)state;
    assert_int_equal(config_parse(&config, "test.cfg", "name = \"w\0b\"\n", 13, NULL, 0, &report), -EINVAL);
    assert_only_remark("test.cfg:1:10: error: zero byte: this is not a text file");
}

static void test_control_character(void **state)
{
    (void)state;
    assert_int_equal(parse("name = 'w'\nkernel = '\033[2J'\n", NULL, 0), -EINVAL);
    assert_only_remark("test.cfg:2:11: error: control character: this is not a text file");
}

static void test_long_line(void **state)
{
    size_t len = 1u << 20;
    char *text = malloc(len);

    (void)state;
    memset(text, 'x', len);
    memcpy(text, "name='w'\n", 9);
    assert_int_equal(config_parse(&config, "test.cfg", text, len, NULL, 0, &report), -EINVAL);
    assert_only_remark("test.cfg:2:1: error: line is longer than 8192 bytes");
    free(text);
}

static void test_long_file(void **state)
{
    size_t len = 1u << 20;
    char *text = malloc(len);

    (void)state;
    memset(text, '\n', len);
    assert_int_equal(config_parse(&config, "test.cfg", text, len, NULL, 0, &report), -EINVAL);
    assert_only_remark("test.cfg: error: file is longer than 256 KiB");
    free(text);
}

static void test_deep_lists(void **state)
{
    char text[8000] = "cpus = ";

    (void)state;
    memset(text + 7, '[', 7000);
    text[7007] = 0;
    assert_int_equal(parse(text, NULL, 0), -EINVAL);
    assert_only_remark("test.cfg:1:17: error: lists are nested too deeply");
}

static void test_many_values(void **state)
{
    char *text = malloc(200000), *at = text;

    (void)state;
    at += sprintf(at, "cpus = [");
    for (int i = 0; i < 5000; i++)
        at += sprintf(at, "1,%s", i % 100 ? "" : "\n");
    strcpy(at, "]\n");
    assert_int_equal(parse(text, NULL, 0), -EINVAL);
    assert_string_equal(report.entry[0].text, "more than 4096 values");
    assert_int_equal(report.count, 1);
    free(text);
}

static void test_many_remarks(void **state)
{
    char text[4000] = "name='w'\nkernel='k'\n", *at = text + strlen(text);

    (void)state;
    for (int i = 0; i < 40; i++)
        at += sprintf(at, "k%d = 1\n", i);
    assert_int_equal(parse(text, NULL, 0), 0);
    assert_int_equal(report.count, CONFIG_DIAGNOSTICS);
    assert_int_equal(report.dropped, 40 - CONFIG_DIAGNOSTICS);
    assert_int_equal(report.errors, 0);
}

/* Any prefix of a good file is handled without a crash and without an error of the wrong kind. */
static void test_prefixes(void **state)
{
    static const char text[] = "name = 'w'\nkernel = \"k\"\ncpus = [ '0', [ 1 ],\n 2 ]\n"
                               "memory = 0x10 # x\nextra += 'y'\n";

    (void)state;
    for (size_t len = 0; len < sizeof(text); len++) {
        char *copy = malloc(len + 1); /* the sanitizer sees a read behind the end */
        int rc;

        memcpy(copy, text, len);
        rc = config_parse(&config, "test.cfg", copy, len, NULL, 0, &report);
        assert_true(rc == 0 ? report.errors == 0 : rc == -EINVAL && report.errors > 0);
        free(copy);
    }
}

/* -- files and their expected messages
 * ----------------------------------------------------------------------- */

static size_t read_file(const char *path, char *buf)
{
    FILE *f = fopen(path, "r");
    size_t len;

    if (!f)
        fail_msg("%s: %s", path, strerror(errno));
    len = fread(buf, 1, FILE_BYTES - 1, f);
    buf[len] = 0;
    fclose(f);
    return len;
}

static void check_file(const char *name)
{
    static char text[FILE_BYTES], expected[FILE_BYTES], got[FILE_BYTES];
    char path[512];
    size_t len, used = 0;
    int rc;

    snprintf(path, sizeof(path), FOLDER "/%s", name);
    len = read_file(path, text);
    rc = config_parse(&config, name, text, len, NULL, 0, &report);
    for (unsigned i = 0; i < report.count; i++) {
        config_diagnostic_text(&report.entry[i], got + used, FILE_BYTES - used - 2);
        used += strlen(got + used);
        got[used++] = '\n';
    }
    got[used] = 0;
    snprintf(path, sizeof(path), FOLDER "/%.*s.expected", (int)strlen(name) - 4, name);
    read_file(path, expected);
    if (strcmp(got, expected))
        fail_msg("%s:\n--- expected\n%s--- got\n%s", name, expected, got);
    assert_int_equal(rc, !strncmp(name, "fail-", 5) ? -EINVAL : 0);
}

static void test_files(void **state)
{
    DIR *folder = opendir(FOLDER);
    struct dirent *entry;
    unsigned checked = 0;

    (void)state;
    assert_non_null(folder);
    while ((entry = readdir(folder)) != NULL) {
        size_t length = strlen(entry->d_name);

        if (length > 4 && !strcmp(entry->d_name + length - 4, ".cfg")) {
            check_file(entry->d_name);
            checked++;
        }
    }
    closedir(folder);
    assert_true(checked >= 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),       cmocka_unit_test(test_everything),
        cmocka_unit_test(test_lists_and_cpus), cmocka_unit_test(test_joining_strings),
        cmocka_unit_test(test_overrides),      cmocka_unit_test(test_uuid_text),
        cmocka_unit_test(test_zero_byte),      cmocka_unit_test(test_control_character),
        cmocka_unit_test(test_long_line),      cmocka_unit_test(test_long_file),
        cmocka_unit_test(test_deep_lists),     cmocka_unit_test(test_many_values),
        cmocka_unit_test(test_many_remarks),   cmocka_unit_test(test_prefixes),
        cmocka_unit_test(test_firmware),       cmocka_unit_test(test_files),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
