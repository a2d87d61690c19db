/* What servers answer and operators type about the network: URLs, heads of answers as they arrive bit by bit,
 * addresses, forwards. Each text lies in a block of exactly its size. */
#include <stdlib.h>
#include <string.h>

#include "cli/http.h"
#include "kit/kit.h"
#include "services/address.h"
#include "services/forwards.h"

static bool is_terminated(const char *text, size_t size)
{
    return memchr(text, 0, size) != NULL;
}

static void check_url(const char *text)
{
    struct http_url url;
    const char *problem;

    if (!http_url_parse(text, &url, &problem))
        return;
    if (!is_terminated(url.host, sizeof(url.host)) || !is_terminated(url.path, sizeof(url.path)))
        kit_wrong("an endless text");
    if (!url.host[0] || url.path[0] != '/' || !url.port || strpbrk(url.host, " \r\n") ||
        strpbrk(url.path, " \r\n#"))
        kit_wrong("host `%s`, path `%s`", url.host, url.path);
}

/* The beginning of a head says nothing else than the whole of it. */
static void check_head(const char *bytes, size_t length)
{
    struct http_head whole, part;
    int rc = http_head_parse(bytes, length, &whole);

    if (!is_terminated(whole.location, sizeof(whole.location)))
        kit_wrong("an endless text");
    if (rc == 1 && (whole.bytes > length || whole.bytes < 13 || whole.status > 999))
        kit_wrong("a head of %zu bytes, status %u", whole.bytes, whole.status);
    if (rc == 0 && length >= HTTP_HEAD_SIZE)
        kit_wrong("a head without an end");
    for (size_t n = 0; n <= length; n += 1 + length / 16) {
        char *copy = malloc(n + 1);
        int begun;

        memcpy(copy, bytes, n);
        begun = http_head_parse(copy, n, &part);
        free(copy);
        if (begun == 1 && (rc != 1 || part.bytes != whole.bytes || part.length != whole.length))
            kit_wrong("a head of %zu bytes ends after %zu", whole.bytes, part.bytes);
        if (begun == -1 && rc == 1)
            kit_wrong("the beginning of a good head is refused");
    }
}

/* What is understood is written the same way. */
static void check_addresses(const char *text)
{
    char again[MAC_TEXT];
    uint32_t address;
    uint8_t mac[6];
    unsigned bits;

    if (address_parse(text, &address) && strcmp(address_text(address, again), text) != 0)
        kit_wrong("%s is read as %s", text, again);
    if (address_parse_network(text, &address, &bits) && bits > 32)
        kit_wrong("a network of %u bits", bits);
    if (mac_parse(text, mac) && strcasecmp(mac_text(mac, again), text) != 0)
        kit_wrong("%s is read as %s", text, again);
}

static void check_forward(char *text)
{
    char *protocol = strsep(&text, " "), *port = text ? strsep(&text, " ") : NULL, problem[60];
    struct forward f;

    if (!text)
        return;
    if (!forward_parse(protocol, port, text, &f, problem, sizeof(problem))) {
        if (!is_terminated(problem, sizeof(problem)) || !problem[0])
            kit_wrong("no reason");
        return;
    }
    if (!is_terminated(f.target, sizeof(f.target)) || !f.target[0] || !f.port || !f.to_port)
        kit_wrong("a forward from %u to `%s`:%u", f.port, f.target, f.to_port);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1), *head = malloc(size + 1);

    memcpy(text, data, size);
    text[size] = 0;
    memcpy(head, data, size);
    check_head(head, size);
    check_url(text);
    check_addresses(text);
    check_forward(text);
    free(text);
    free(head);
    return 0;
}
