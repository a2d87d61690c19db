/* request.c: reading HTTP requests. */
#include "request.h"

#include <string.h>
#include <strings.h>

/* A stretch of the request's text. */
struct text {
    const char *at;
    size_t len;
};

static bool is(struct text t, const char *word)
{
    return t.len == strlen(word) && memcmp(t.at, word, t.len) == 0;
}

static bool is_word(struct text t, const char *word)
{
    return t.len == strlen(word) && strncasecmp(t.at, word, t.len) == 0;
}

/* Cuts off what stands before the next `c`; false if there is none. */
static bool cut(struct text *rest, char c, struct text *before)
{
    const char *end = memchr(rest->at, c, rest->len);

    if (!end)
        return false;
    *before = (struct text){ rest->at, (size_t)(end - rest->at) };
    rest->len -= before->len + 1;
    rest->at = end + 1;
    return true;
}

static struct text trim(struct text t)
{
    while (t.len > 0 && (t.at[0] == ' ' || t.at[0] == '\t'))
        t.at++, t.len--;
    while (t.len > 0 && (t.at[t.len - 1] == ' ' || t.at[t.len - 1] == '\t'))
        t.len--;
    return t;
}

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The next character of a path, decoded; -1 for what is none. */
static int decode(struct text *t)
{
    int c = (unsigned char)*t->at, high, low;

    t->at++;
    t->len--;
    if (c != '%')
        return c;
    if (t->len < 2)
        return -1;
    high = hex(t->at[0]);
    low = hex(t->at[1]);
    t->at += 2;
    t->len -= 2;
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/* Takes the last name of a path away (out ends with a slash). False: there is none, the path would leave the
 * root. */
static bool go_up(char *out, size_t *len)
{
    if (*len == 1)
        return false;
    do
        (*len)--;
    while (out[*len - 1] != '/');
    return true;
}

/* Ends a name at a slash or the path's end: "." and "" are nothing, ".." goes up. `start` is where the name
 * begins. */
static bool end_name(char *out, size_t *len, size_t start)
{
    size_t n = *len - start;

    if (n == 1 && out[start] == '.') {
        *len = start;
    } else if (n == 2 && out[start] == '.' && out[start + 1] == '.') {
        *len = start;
        return go_up(out, len);
    } else if (n > 0) {
        out[(*len)++] = '/';
    }
    return true;
}

/* Decodes and normalises; 0 or a status. */
static int read_path(struct text t, char *out)
{
    size_t len = 1, start = 1;
    bool slash = true;

    out[0] = '/';
    t.at++;
    t.len--;
    while (t.len > 0) {
        int c = decode(&t);

        if (c < 0x20 || c == 0x7f || c == '\\')
            return -400;
        if (len + 2 >= REQUEST_PATH)
            return -414;
        slash = c == '/';
        if (!slash) {
            out[len++] = (char)c;
            continue;
        }
        if (!end_name(out, &len, start))
            return -400;
        start = len;
    }
    if (!slash) {
        bool named = !(len - start == 1 && out[start] == '.') &&
                     !(len - start == 2 && out[start] == '.' && out[start + 1] == '.');

        if (!end_name(out, &len, start))
            return -400;
        if (named)
            len--;              /* the client's path had no slash at its end */
    }
    out[len] = '\0';
    return 0;
}

/* "/path", or "http://host/path" as proxies send it; without what follows a question mark. */
static int read_target(struct text target, struct request *r)
{
    const char *question;

    if (target.len > 7 && strncasecmp(target.at, "http://", 7) == 0) {
        const char *slash = memchr(target.at + 7, '/', target.len - 7);

        if (!slash)
            return -400;
        target.len -= (size_t)(slash - target.at);
        target.at = slash;
    }
    question = target.len ? memchr(target.at, '?', target.len) : NULL;
    if (question)
        target.len = (size_t)(question - target.at);
    return target.len == 0 || target.at[0] != '/' ? -400 : read_path(target, r->path);
}

static int read_line(struct text line, struct request *r)
{
    struct text method, target;

    if (!cut(&line, ' ', &method) || !cut(&line, ' ', &target) || memchr(line.at, ' ', line.len))
        return -400;
    if (line.len != 8 || memcmp(line.at, "HTTP/", 5) != 0)
        return -400;
    if (!is(line, "HTTP/1.0") && !is(line, "HTTP/1.1"))
        return -505;
    r->minor0 = is(line, "HTTP/1.0");
    r->keep_alive = !r->minor0;
    r->head = is(method, "HEAD");
    if (!r->head && !is(method, "GET"))
        return -405;
    return read_target(target, r);
}

/* A number of at most 18 digits. */
static bool read_number(struct text t, uint64_t *value)
{
    size_t i;

    *value = 0;
    for (i = 0; i < t.len; i++) {
        if (t.at[i] < '0' || t.at[i] > '9')
            return false;
        *value = *value * 10 + (uint64_t)(t.at[i] - '0');
    }
    return t.len > 0 && t.len <= 18;
}

/* "bytes=0-99", "bytes=100-", "bytes=-100". Anything else, several ranges among it, is as if there were
 * none. */
static void read_range(struct text value, struct request *r)
{
    struct text first;

    r->has_range = false;
    if (value.len < 6 || memcmp(value.at, "bytes=", 6) != 0)
        return;
    value.at += 6;
    value.len -= 6;
    if (!cut(&value, '-', &first))
        return;
    r->first = r->last = UINT64_MAX;
    if ((first.len > 0 && !read_number(first, &r->first)) || (value.len > 0 && !read_number(value, &r->last)))
        return;
    if (first.len == 0 && value.len == 0)
        return;
    r->has_range = first.len == 0 || value.len == 0 || r->first <= r->last;
}

static int read_field(struct text line, struct request *r)
{
    struct text name, value;
    uint64_t length;

    if (!cut(&line, ':', &name) || name.len == 0 || name.at[name.len - 1] == ' ' || name.at[0] == ' ' ||
        name.at[0] == '\t')
        return -400;
    value = trim(line);
    if (is_word(name, "Connection"))
        r->keep_alive = is_word(value, "keep-alive") || (r->keep_alive && !is_word(value, "close"));
    else if (is_word(name, "Range"))
        read_range(value, r);
    else if (is_word(name, "Transfer-Encoding"))
        return -413;
    else if (is_word(name, "Content-Length"))
        return !read_number(value, &length) ? -400 : length != 0 ? -413 : 0;
    return 0;
}

/* The length of the head with its empty line, 0 if that has not come. Lines end with LF, or CR and LF. */
static size_t head_length(const char *text, size_t len)
{
    size_t i;

    for (i = 1; i < len; i++)
        if (text[i] == '\n' &&
            (text[i - 1] == '\n' || (i >= 2 && text[i - 1] == '\r' && text[i - 2] == '\n')))
            return i + 1;
    return 0;
}

int request_parse(const char *text, size_t len, struct request *r)
{
    size_t head = head_length(text, len);
    struct text rest = { text, head }, line;
    bool first = true;
    int rc = 0;

    if (head == 0 || head > REQUEST_BYTES)
        return len >= REQUEST_BYTES || head > REQUEST_BYTES ? -431 : 0;
    memset(r, 0, sizeof(*r));
    if (memchr(text, '\0', head))
        return -400;
    while (rc == 0 && cut(&rest, '\n', &line)) {
        if (line.len > 0 && line.at[line.len - 1] == '\r')
            line.len--;
        if (line.len == 0)
            break;
        rc = first ? read_line(line, r) : read_field(line, r);
        first = false;
    }
    return rc != 0 ? rc : first ? -400 : (int)head;
}
