/* http.c: see http.h. */
#include "http.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../services/address.h"

static bool copy(char *to, size_t size, const char *from, size_t length)
{
    if (length >= size)
        return false;
    memcpy(to, from, length);
    to[length] = 0;
    return true;
}

static bool is_plain(const char *text)
{
    for (; *text; text++)
        if (!isgraph((unsigned char)*text))
            return false;
    return true;
}

bool http_url_parse(const char *text, struct http_url *url, const char **problem)
{
    const char *scheme = strstr(text, "://"), *host = scheme ? scheme + 3 : text;
    size_t host_length = strcspn(host, "/:?#");
    const char *rest = host + host_length;
    char port[8];

    *url = (struct http_url){ .port = 80 };
    *problem = "only http:// is known";
    if (scheme && strncasecmp(text, "http://", 7) != 0)
        return false;
    *problem = "it is no URL such as http://HOST/PATH";
    if (host_length == 0 || !is_plain(text) || !copy(url->host, sizeof(url->host), host, host_length))
        return false;
    if (*rest == ':') {
        size_t length = strcspn(++rest, "/?#");

        *problem = "its port is none";
        if (!copy(port, sizeof(port), rest, length) || !port_parse(port, &url->port))
            return false;
        rest += length;
    }
    *problem = "it is too long";
    url->path[0] = '/';
    rest += *rest == '/';
    return copy(url->path + 1, sizeof(url->path) - 1, rest, strcspn(rest, "#"));
}

/* A line "Name: value" if it has that name: its value, without blanks around it. */
static bool value_of(const char *line, size_t length, const char *name, char *value, size_t size)
{
    size_t n = strlen(name);

    if (length <= n || strncasecmp(line, name, n) != 0 || line[n] != ':')
        return false;
    line += n + 1;
    length -= n + 1;
    while (length && (*line == ' ' || *line == '\t')) {
        line++;
        length--;
    }
    while (length && isspace((unsigned char)line[length - 1]))
        length--;
    return copy(value, size, line, length);
}

static void read_field(const char *line, size_t length, struct http_head *head)
{
    char value[64], *end;

    if (value_of(line, length, "Content-Length", value, sizeof(value))) {
        head->length = strtoull(value, &end, 10);
        head->has_length = isdigit((unsigned char)value[0]) && *end == 0;
    } else if (value_of(line, length, "Transfer-Encoding", value, sizeof(value))) {
        head->chunked = strcasecmp(value, "identity") != 0;
    } else {
        value_of(line, length, "Location", head->location, sizeof(head->location));
    }
}

/* "HTTP/1.0 200 OK" */
static bool read_status(const char *line, size_t length, struct http_head *head)
{
    if (length < 12 || memcmp(line, "HTTP/1.", 7) != 0 || line[8] != ' ')
        return false;
    for (unsigned i = 9; i < 12; i++) {
        if (!isdigit((unsigned char)line[i]))
            return false;
        head->status = head->status * 10 + (unsigned)(line[i] - '0');
    }
    return true;
}

int http_head_parse(const char *bytes, size_t length, struct http_head *head)
{
    size_t at = 0;

    *head = (struct http_head){ 0 };
    for (unsigned line = 0;; line++) {
        const char *end = memchr(bytes + at, '\n', length - at);
        size_t n = end ? (size_t)(end - bytes) - at : 0;

        if (!end)
            return length >= HTTP_HEAD_SIZE || (length >= 5 && memcmp(bytes, "HTTP/", 5) != 0) ? -1 : 0;
        if (line == 0 && !read_status(bytes, n, head))
            return -1;
        if (n == 0 || (n == 1 && bytes[at] == '\r')) {
            head->bytes = at + n + 1;
            return 1;
        }
        read_field(bytes + at, n, head);
        at += n + 1;
    }
}
