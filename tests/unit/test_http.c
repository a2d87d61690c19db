/* test_http.c: URLs and the heads of answers, also such that no server should send; addresses, forwards and
 * the fair queue. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/http.h"
#include "services/address.h"
#include "services/fair_queue.h"
#include "services/forwards.h"

static void test_urls(void **state)
{
    static const struct {
        const char *text, *host, *path;
        uint16_t port;
    } good[] = {
        { "http://a/b/c", "a", "/b/c", 80 },      { "HTTP://a:8080", "a", "/", 8080 },
        { "10.0.2.2:8000/x", "10.0.2.2", "/x", 8000 }, { "a?q=1", "a", "/?q=1", 80 },
        { "http://a/b#c", "a", "/b", 80 },
    };
    static const char *const bad[] = { "",
                                       "http://",
                                       "ftp://a/",
                                       "http://a:0/",
                                       "http://a:99999/",
                                       "http://a:x/",
                                       "http://a b/",
                                       "http://a/\r\nHost: b" };
    const char *problem;
    struct http_url url;

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(http_url_parse(good[i].text, &url, &problem));
        assert_string_equal(url.host, good[i].host);
        assert_string_equal(url.path, good[i].path);
        assert_int_equal(url.port, good[i].port);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(http_url_parse(bad[i], &url, &problem));
}

static int parse(const char *text, struct http_head *head)
{
    size_t length = strlen(text);
    char *exact = malloc(length + 1);
    int rc;

    memcpy(exact, text, length);
    rc = http_head_parse(exact, length, head);
    free(exact);
    return rc;
}

static void test_heads(void **state)
{
    struct http_head head;

    (void)state;
    assert_int_equal(parse("HTTP/1.0 200 OK\r\nContent-Length: 12\r\nX: y\r\n\r\nbody", &head), 1);
    assert_true(head.status == 200 && head.has_length && head.length == 12 && !head.chunked);
    assert_int_equal(head.bytes, strlen("HTTP/1.0 200 OK\r\nContent-Length: 12\r\nX: y\r\n\r\n"));
    assert_int_equal(parse("HTTP/1.1 302 \nLocation:  /there \n\n", &head), 1);
    assert_int_equal(head.status, 302);
    assert_string_equal(head.location, "/there");
    assert_int_equal(parse("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", &head), 1);
    assert_true(head.chunked);
    assert_int_equal(parse("HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", &head), 1);
    assert_false(head.has_length);
    assert_int_equal(parse("HTTP/1.1 200 OK\r\nContent-", &head), 0);
    assert_int_equal(parse("HT", &head), 0);
    assert_int_equal(parse("SSH-2.0-x", &head), -1);
    assert_int_equal(parse("HTTP/1.1 2x0 OK\r\n", &head), -1);
    assert_int_equal(parse("\n", &head), -1);
}

static void test_noise(void **state)
{
    static const char sample[] = "HTTP/1.0 200 OK\r\nContent-Length: 12\r\nLocation: http://a/\r\n\r\nbody";
    struct http_head head;
    struct http_url url;
    const char *problem;
    char text[sizeof(sample)];

    (void)state;
    srand(3);
    for (unsigned i = 0; i < 100000; i++) {
        memcpy(text, sample, sizeof(sample));
        for (unsigned k = (unsigned)rand() % 5; k > 0; k--)
            text[(unsigned)rand() % (sizeof(sample) - 1)] = (char)(1 + rand() % 255);
        text[(unsigned)rand() % sizeof(sample)] = 0;
        if (parse(text, &head) == 1)
            assert_true(head.bytes <= strlen(text));
        http_url_parse(text, &url, &problem);
    }
}

static void test_addresses(void **state)
{
    static const char *const bad[] = { "",         "1.2.3",    "1.2.3.256", "1.2.3.4.5",
                                       "01.2.3.4", "1.2.3.4 ", "a.b.c.d" };
    uint8_t mac[6];
    uint32_t address;
    unsigned bits;
    uint16_t port;

    (void)state;
    assert_true(address_parse("192.168.0.1", &address) && address == 0xc0a80001);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(address_parse(bad[i], &address));
    assert_true(address_parse_network("10.0.0.0/8", &address, &bits) && bits == 8);
    assert_false(address_parse_network("10.0.0.0/33", &address, &bits));
    assert_true(mac_parse("00:16:3E:0a:0b:ff", mac) && mac[2] == 0x3e && mac[5] == 0xff);
    assert_false(mac_parse("00:16:3e:0a:0b", mac));
    assert_false(mac_parse("00:16:3e:0a:0b:f", mac));
    assert_true(port_parse("65535", &port) && port == 65535);
    assert_false(port_parse("0", &port) || port_parse("65536", &port) || port_parse("80x", &port));
}

static uint32_t find_web(const char *domain)
{
    return strcmp(domain, "web") == 0 ? 7 : 0;
}

static void test_forwards(void **state)
{
    char problem[160];
    struct forward f;
    uint32_t address;
    uint16_t port;

    (void)state;
    assert_true(forward_parse("tcp", "80", "web:8080", &f, problem, sizeof(problem)));
    assert_int_equal(forwards_add(&f), 0);
    assert_true(forwards_add(&f) < 0);
    assert_true(forwards_find(NULL, IP_TCP, 80, &address, &port) && address == 0 && port == 8080);
    forwards_resolve(find_web);
    assert_true(forwards_find(NULL, IP_TCP, 80, &address, &port) && address == 7);
    assert_false(forwards_find(NULL, IP_UDP, 80, &address, &port));
    assert_false(forward_parse("icmp", "80", "web:80", &f, problem, sizeof(problem)));
    assert_false(forward_parse("udp", "68", "web:80", &f, problem, sizeof(problem)));
    assert_false(forward_parse("tcp", "80", "web", &f, problem, sizeof(problem)));
    assert_false(forward_parse("tcp", "80", ":80", &f, problem, sizeof(problem)));
    for (unsigned i = 1; forward_parse("udp", "1", "10.0.0.1:1", &f, problem, sizeof(problem)); i++) {
        f.port = (uint16_t)(100 + i);
        if (forwards_add(&f)) {
            assert_int_equal(i, FORWARDS_MOST);
            break;
        }
    }
    assert_int_equal(forwards_delete(IP_TCP, 80), 0);
    assert_true(forwards_delete(IP_TCP, 80) < 0);
}

/* ---- the fair queue ---- */

static unsigned freed;

void packet_free(struct packet *p)
{
    (void)p;
    freed++;
}

static void test_a_flood_loses_its_own_frames(void **state)
{
    static struct fair_queue q = { .pages_of_class = 40, .pages_most = 200 };
    static struct packet flood = { .piece_count = 1 }, other = { .piece_count = 1 };
    unsigned accepted = 0, others = 0;
    struct packet *p;

    (void)state;
    for (unsigned i = 0; i < 1000; i++)
        accepted += fair_queue_put(&q, &flood, 1);
    assert_int_equal(accepted, 40);
    assert_int_equal(freed, 960);
    assert_int_equal(q.drops, 960);
    assert_true(fair_queue_put(&q, &other, 2));
    assert_true(fair_queue_put(&q, &other, 2));
    for (unsigned i = 0; i < 4; i++) {      /* they are served in turn */
        p = fair_queue_take(&q);
        others += p == &other;
    }
    assert_int_equal(others, 2);
    while ((p = fair_queue_take(&q)) != NULL)
        accepted--;
    assert_int_equal(q.pages + q.frames, 0);
    assert_int_equal(accepted, 2);
    for (unsigned station = 0; station < 1000; station++)
        fair_queue_put(&q, &flood, station);
    assert_true(q.pages <= q.pages_most);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_urls),
        cmocka_unit_test(test_heads),
        cmocka_unit_test(test_noise),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_forwards),
        cmocka_unit_test(test_a_flood_loses_its_own_frames),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
