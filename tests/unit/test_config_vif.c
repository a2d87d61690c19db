/* Network interfaces as xl-network-configuration writes them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "toolstack/config_vif.h"

static struct config_vif vif;
static char problem[160];

static void good(const char *text)
{
    if (!config_vif_parse(text, &vif, problem, sizeof(problem)))
        fail_msg("%s: %s", text, problem);
}

static void bad(const char *text, const char *why)
{
    assert_false(config_vif_parse(text, &vif, problem, sizeof(problem)));
    if (!strstr(problem, why))
        fail_msg("%s: %s", text, problem);
}

static void test_nothing_is_enough(void **state)
{
    static const char *const texts[] = { "", " ", ",", " , ,", "type=vif", "script=",
                                         "backend=0,gatewaydev=" };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        good(texts[i]);
        assert_string_equal(vif.bridge, "xenbr0");
        assert_false(vif.has_mac || vif.has_handle || vif.any_source || vif.distrusted);
        assert_int_equal(vif.address_count + vif.rate_bytes + vif.mtu, 0);
    }
}

static void test_all_keys(void **state)
{
    static const uint8_t mac[] = { 0x00, 0x16, 0x3e, 0xab, 0xcd, 0x0f };
    char text[CONFIG_MAC_TEXT_SIZE];

    (void)state;
    good("mac=00:16:3E:AB:cd:0f, bridge=lab.1 ,ip=10.0.0.5,rate=10Mb/s@20ms,vifname=web-0,devid=3,mtu=1400,"
         "trusted=0,antispoof=no");
    assert_true(vif.has_mac && vif.has_handle && vif.any_source && vif.distrusted);
    assert_memory_equal(vif.mac, mac, sizeof(mac));
    config_mac_text(vif.mac, text);
    assert_string_equal(text, "00:16:3e:ab:cd:0f");
    assert_string_equal(vif.bridge, "lab.1");
    assert_string_equal(vif.name, "web-0");
    assert_string_equal(vif.ip, "10.0.0.5");
    assert_int_equal(vif.address_count, 1);
    assert_memory_equal(vif.addresses, "\x0a\x00\x00\x05", 4);
    assert_int_equal(vif.rate_bytes, 25000);
    assert_int_equal(vif.rate_us, 20000);
    assert_int_equal(vif.handle, 3);
    assert_int_equal(vif.mtu, 1400);
}

static void test_macs(void **state)
{
    static const char *const wrong[] = {
        "", "00:16:3e:01:02", "00:16:3e:01:02:033", "00-16-3e-01-02-03", "0:16:3e:01:02:03:",
        "00:16:3e:01:02:0g", "01:16:3e:01:02:03",
        "ff:ff:ff:ff:ff:ff", "00:00:00:00:00:00", "00:16:3e:01:02:3 ",
    };
    uint8_t mac[CONFIG_MAC_SIZE] = { 9 };

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_false(config_mac_parse(wrong[i], mac));
    assert_int_equal(mac[0], 9);
    bad("mac=01:00:5e:00:00:01", "no address of a single station");
}

static void test_addresses(void **state)
{
    static const struct { const char *text; unsigned count; const char *first; } cases[] = {
        { "10.0.0.5", 1, "\x0a\x00\x00\x05" }, { " 192.168.1.20/24 ", 1, "\xc0\xa8\x01\x14" },
        { "10.0.0.5 10.0.0.6 10.0.0.7 10.0.0.8", 4, "\x0a\x00\x00\x05" },
        { "172.44.0.2 255.255.255.0 172.44.0.1", 1, "\xac\x2c\x00\x02" },
        { "172.44.0.2 255.255.255.0", 1, "\xac\x2c\x00\x02" },
        { "", 0, "" }, { " ", 0, "" }, { "10.0.0", 0, "" }, { "10.0.0.256", 0, "" },
        { "10.0.0.5/33", 0, "" }, { "10.0.0.5x", 0, "" },
        { "10.0.0.5.6", 0, "" }, { "0.0.0.0", 0, "" }, { "127.0.0.1", 0, "" }, { "224.0.0.1", 0, "" },
        { "255.255.255.255", 0, "" },
        { "1.2.3.4 1.2.3.5 1.2.3.6 1.2.3.7 1.2.3.8", 0, "" }, { "10.0.0.5 10.0.0.6 255.255.255.0", 0, "" },
        { "fe80::1", 0, "" },
        { "99999999999999999999.0.0.1", 0, "" },
    };
    uint32_t addresses[CONFIG_VIF_ADDRESSES];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (config_ip_parse(cases[i].text, addresses) != cases[i].count)
            fail_msg("%s", cases[i].text);
        if (cases[i].count)
            assert_memory_equal(addresses, cases[i].first, 4);
    }
}

static void test_rates(void **state)
{
    static const struct { const char *text; uint32_t bytes, us; } cases[] = {
        { "10Mb/s", 62500, 50000 }, { "250KB/s@20ms", 5000, 20000 }, { "1MB/s@1s", 1000000, 1000000 },
        { "1GB/s", 50000000, 50000 },
        { "1Gb/s@500us", 62500, 500 }, { "400b/s@1s", 50, 1000000 }, { "20B/s", 1, 50000 },
        { "", 0, 0 }, { "10", 0, 0 }, { "10Mb", 0, 0 }, { "Mb/s", 0, 0 }, { "10Tb/s", 0, 0 },
        { "10Mb/s@", 0, 0 }, { "10Mb/s@20", 0, 0 },
        { "10Mb/s@0ms", 0, 0 }, { "10Mb/s20ms", 0, 0 }, { "0MB/s", 0, 0 }, { "-1MB/s", 0, 0 },
        { "1b/s", 0, 0 },
        { "4294967295GB/s@4000s", 0, 0 }, { "99999999999B/s", 0, 0 }, { "1MB/s@5000s", 0, 0 },
    };
    uint32_t bytes = 0, us = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (config_rate_parse(cases[i].text, &bytes, &us) != (cases[i].bytes != 0))
            fail_msg("%s", cases[i].text);
        if (cases[i].bytes && (bytes != cases[i].bytes || us != cases[i].us))
            fail_msg("%s: %u, %u", cases[i].text, (unsigned)bytes, (unsigned)us);
    }
}

static void test_refused_with_the_reason(void **state)
{
    static const struct { const char *text, *why; } cases[] = {
        { "type=ioemu", "cards are not emulated" }, { "model=e1000", "cards are not emulated" },
        { "script=vif-nat", "no scripts" },
        { "gatewaydev=eth0", "not routed" }, { "backend=net", "from the control domain" },
        { "bridge=", "bridge ``" },
        { "bridge=a/b", "bridge `a/b`" }, { "bridge=0123456789abcdef", "1 to 15" },
        { "vifname=.x", "vifname `.x`" },
        { "ip=10.0.0.0.1", "IPv4" }, { "rate=fast", "10Mb/s" }, { "devid=65536", "devid" },
        { "devid=", "devid" }, { "mtu=9000", "mtu" },
        { "mtu=67", "mtu" }, { "trusted=maybe", "trusted" }, { "antispoof=2", "antispoof" },
        { "colour=red", "no such key" },
        { "xenbr0", "KEY=VALUE" }, { "=", "no such key" },
    };
    char text[200];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        bad(cases[i].text, cases[i].why);
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = 0;
    bad(text, "longer than 127 bytes");
}

/* Any bytes at all: an answer, and nothing beyond the buffers. */
static void test_noise(void **state)
{
    static const char alphabet[] = "mac=bridge,ip:/@.0123456789 \tsMKGB-x\xff";
    char text[96];

    (void)state;
    srand(1);
    for (unsigned i = 0; i < 20000; i++) {
        size_t length = (size_t)rand() % (sizeof(text) - 1);

        for (size_t k = 0; k < length; k++)
            text[k] = alphabet[(size_t)rand() % (sizeof(alphabet) - 1)];
        text[length] = 0;
        if (!config_vif_parse(text, &vif, problem, sizeof(problem)))
            assert_true(strlen(problem) > 0 && strlen(problem) < sizeof(problem));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_is_enough), cmocka_unit_test(test_all_keys),
        cmocka_unit_test(test_macs),
        cmocka_unit_test(test_addresses), cmocka_unit_test(test_rates),
        cmocka_unit_test(test_refused_with_the_reason),
        cmocka_unit_test(test_noise),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
