/*
 * The wire protocol, conversation by conversation: every request, its answers and its errors, malformed
 * messages, and the limits of lengths, each at its last good and its first bad value.
 */
#include "xenstore_world.h"

#include <errno.h>
#include <xen/io/xs_wire.h>

static void test_read_and_write(void **state)
{
    struct world *w = *state;

    assert_ask("!ENOENT", w, 0, XS_READ, 0, "/a|");
    assert_ask("OK|", w, 0, XS_WRITE, 0, "/a/b/c|value");
    assert_ask("value", w, 0, XS_READ, 0, "/a/b/c|");
    assert_ask("", w, 0, XS_READ, 0, "/a/b|");
    assert_ask("OK|", w, 0, XS_WRITE, 0, "/a/b/c|");
    assert_ask("", w, 0, XS_READ, 0, "/a/b/c|");
    assert_ask("OK|", w, 0, XS_WRITE, 0, "/a|x|y||");
    assert_ask("x|y||", w, 0, XS_READ, 0, "/a|");
    assert_ask("OK|", w, 0, XS_WRITE, 0, "/|root");
    assert_ask("root", w, 0, XS_READ, 0, "/|");
    assert_ask("!EINVAL", w, 0, XS_WRITE, 0, "/a");
    assert_ask("!EINVAL", w, 0, XS_WRITE, 0, "%s", "");
    assert_ask("!EINVAL", w, 0, XS_READ, 0, "/a");
    assert_ask("!EINVAL", w, 0, XS_READ, 0, "/a|b|");
    assert_ask("!EINVAL", w, 0, XS_READ, 0, "%s", "");
}

static void test_mkdir_rm_directory(void **state)
{
    struct world *w = *state;

    assert_ask("OK|", w, 0, XS_MKDIR, 0, "/d/e|");
    assert_ask("OK|", w, 0, XS_WRITE, 0, "/d/e|kept");
    assert_ask("OK|", w, 0, XS_MKDIR, 0, "/d/e|");
    assert_ask("kept", w, 0, XS_READ, 0, "/d/e|");
    assert_ask("OK|", w, 0, XS_WRITE, 0, "/d/c|1");
    assert_ask("e|c|", w, 0, XS_DIRECTORY, 0, "/d|");
    assert_ask("d|", w, 0, XS_DIRECTORY, 0, "/|");
    assert_ask("", w, 0, XS_DIRECTORY, 0, "/d/c|");
    assert_ask("!ENOENT", w, 0, XS_DIRECTORY, 0, "/x|");
    assert_ask("OK|", w, 0, XS_RM, 0, "/d/never-was|");
    assert_ask("!ENOENT", w, 0, XS_RM, 0, "/x/never-was|");
    assert_ask("!EINVAL", w, 0, XS_RM, 0, "/|");
    assert_ask("OK|", w, 0, XS_RM, 0, "/d|");
    assert_ask("!ENOENT", w, 0, XS_READ, 0, "/d/e|");
    assert_ask("", w, 0, XS_DIRECTORY, 0, "/|");
}

static void test_paths(void **state)
{
    static const char *const bad[] = {
        "", "//", "/a/", "/a//b", "a/", "/a b", "/a.b", "/a:b", "/\n", "/a\xc3\xa4", "@x", "/a/b/",
    };
    struct world *w = *state;
    char path[4000];

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_ask("!EINVAL", w, 0, XS_WRITE, 0, "%s|v", bad[i]);
        assert_ask("!EINVAL", w, 0, XS_READ, 0, "%s|", bad[i]);
        assert_ask("!EINVAL", w, 0, XS_MKDIR, 0, "%s|", bad[i]);
        assert_ask("!EINVAL", w, 0, XS_RM, 0, "%s|", bad[i]);
        assert_ask("!EINVAL", w, 0, XS_DIRECTORY, 0, "%s|", bad[i]);
        assert_ask("!EINVAL", w, 0, XS_GET_PERMS, 0, "%s|", bad[i]);
        assert_ask("!EINVAL", w, 0, XS_SET_PERMS, 0, "%s|n0|", bad[i]);
    }
    assert_ask("OK|", w, 0, XS_WRITE, 0, "/AZaz09-_@/x|v");
    /* The longest path, absolute. */
    memset(path, 'a', sizeof(path));
    path[0] = '/';
    path[XENSTORE_ABS_PATH_MAX] = '\0';
    assert_ask("OK|", w, 0, XS_WRITE, 0, "%s|v", path);
    assert_ask("v", w, 0, XS_READ, 0, "%s|", path);
    path[XENSTORE_ABS_PATH_MAX] = 'a';
    path[XENSTORE_ABS_PATH_MAX + 1] = '\0';
    assert_ask("!EINVAL", w, 0, XS_WRITE, 0, "%s|v", path);
    /* Relative: 2048 in itself. */
    path[XENSTORE_REL_PATH_MAX] = '\0';
    path[0] = 'r';
    assert_ask("OK|", w, 0, XS_WRITE, 0, "%s|v", path);
    path[XENSTORE_REL_PATH_MAX] = 'a';
    path[XENSTORE_REL_PATH_MAX + 1] = '\0';
    assert_ask("!EINVAL", w, 0, XS_WRITE, 0, "%s|v", path);
}

static void test_relative_paths(void **state)
{
    struct world *w = *state;

    assert_ask("OK|", w, 0, XS_WRITE, 0, "/local/domain/3/x|zero");
    assert_ask("OK|", w, 0, XS_SET_PERMS, 0, "/local/domain/3|n3|");
    assert_ask("OK|", w, 3, XS_WRITE, 0, "y|three");
    assert_ask("three", w, 0, XS_READ, 0, "/local/domain/3/y|");
    assert_ask("three", w, 3, XS_READ, 0, "/local/domain/3/y|");
    assert_ask("x|y|", w, 3, XS_DIRECTORY, 0, "/local/domain/3|");
    assert_ask("OK|", w, 0, XS_WRITE, 0, "own|0");
    assert_ask("0", w, 0, XS_READ, 0, "/local/domain/0/own|");
}

/* The folder of the domains, and paths that only begin as if they named one, in every request with a path:
 * each is answered at once, with an error or not, and the next one too. */
static void test_bare_domain_paths(void **state)
{
    static const uint32_t requests[] = { XS_READ, XS_MKDIR, XS_RM, XS_DIRECTORY, XS_GET_PERMS };
    static const struct {
        const char *path;
        bool well_formed;
    } paths[] = {
        { "/local/domain", true },    { "/local/domain/", false },   { "/local/domain//", false },
        { "/local/domain//x", false }, { "/local/domain/ ", false },  { "/local/domain/-1", true },
        { "/local/domain/x", true },  { "/local/domain/99999", true }, { "/local/domain/5/", false },
    };
    struct world *w = *state;
    const char *said;

    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        for (size_t r = 0; r < sizeof(requests) / sizeof(requests[0]); r++) {
            for (domid_t who = 0; who <= 5; who += 5) {
                said = ask(w, who, requests[r], 0, "%s|", paths[i].path);
                assert_int_equal(strcmp(said, "!EINVAL") == 0, !paths[i].well_formed);
                assert_null(store_check(&w->store));
            }
        }
        said = ask(w, 5, XS_WATCH, 0, "%s|t|", paths[i].path);
        assert_string_equal(said, paths[i].well_formed ? "OK|" : "!EINVAL");
        said = ask(w, 5, XS_WRITE, 0, "%s|v", paths[i].path);
        assert_string_equal(said, paths[i].well_formed ? "!EACCES" : "!EINVAL");
    }
    assert_ask("/local/domain/5|", w, 5, XS_GET_DOMAIN_PATH, 0, "5|");
    assert_ask("!EINVAL", w, 5, XS_GET_DOMAIN_PATH, 0, "|");
}

/* A path may be deep, but not so deep that a walk becomes work. */
static void test_depth(void **state)
{
    struct world *w = *state;
    char path[3000] = "";

    for (unsigned int i = 0; i < PATH_DEPTH_MAX; i++)
        strcat(path, "/d");
    assert_ask("OK|", w, 0, XS_WRITE, 0, "%s|deep", path);
    assert_ask("deep", w, 0, XS_READ, 0, "%s|", path);
    assert_ask("!EINVAL", w, 0, XS_WRITE, 0, "%s/d|deeper", path);
    for (unsigned int i = PATH_DEPTH_MAX; i < 1000; i++)
        strcat(path, "/d");
    assert_ask("!EINVAL", w, 0, XS_MKDIR, 0, "%s|", path);
    assert_ask("OK|", w, 0, XS_RM, 0, "/d|");
    assert_int_equal(w->store.tree.node_count, 1);
}

static void test_payload_limits(void **state)
{
    struct world *w = *state;
    struct xsd_sockmsg hdr = { .type = XS_READ, .req_id = 1, .len = XENSTORE_PAYLOAD_MAX + 1 };
    char payload[XENSTORE_PAYLOAD_MAX];
    struct conn *c = client(w, 4);

    /* The largest write: path and value fill the message. */
    memset(payload, 'v', sizeof(payload));
    memcpy(payload, "/big", 5);
    assert_int_equal(ask_raw(w, client(w, 0), XS_WRITE, 0, payload, sizeof(payload)), XS_WRITE);
    assert_int_equal(ask_raw(w, client(w, 0), XS_READ, 0, "/big", 5), XS_READ);
    assert_int_equal(w->hdr.len, XENSTORE_PAYLOAD_MAX - 5);
    assert_memory_equal(w->payload, payload + 5, w->hdr.len);
    /* One byte more than the protocol allows. */
    assert_int_equal(conn_wants(c), sizeof(hdr));
    assert_int_equal(conn_feed(c, &hdr, sizeof(hdr)), -EPROTO);
    conn_stop(c);
    assert_int_equal(conn_wants(c), 0);
    assert_false(conn_has_request(c));
    assert_ask("T|", w, 0, XS_IS_DOMAIN_INTRODUCED, 0, "4|");
    /* A length with the top bit set is no negative number. */
    hdr.len = UINT32_MAX;
    assert_int_equal(conn_feed(client(w, 5), &hdr, sizeof(hdr)), -EPROTO);
    conn_stop(client(w, 5));
}

static void test_unknown_requests(void **state)
{
    static const uint32_t holes[] = {
        XS_WATCH_EVENT, XS_ERROR, 20, XS_TYPE_COUNT, 23, 100, XS_INVALID, UINT32_MAX,
    };
    struct world *w = *state;

    for (size_t i = 0; i < sizeof(holes) / sizeof(holes[0]); i++)
        assert_ask("!ENOSYS", w, 1, holes[i], 0, "x|");
    /* The connection goes on. */
    assert_ask("/local/domain/1|", w, 1, XS_GET_DOMAIN_PATH, 0, "1|");
}

static void test_directory_limits(void **state)
{
    struct world *w = *state;
    unsigned int i;

    /* 512 names of 7 characters: exactly 4096 bytes; one more does not fit. */
    for (i = 0; i < 512; i++)
        assert_ask("OK|", w, 0, XS_MKDIR, 0, "/many/n%06u|", i);
    assert_int_equal(ask_raw(w, client(w, 0), XS_DIRECTORY, 0, "/many", 6), XS_DIRECTORY);
    assert_int_equal(w->hdr.len, XENSTORE_PAYLOAD_MAX);
    assert_ask("OK|", w, 0, XS_MKDIR, 0, "/many/x|");
    assert_ask("!E2BIG", w, 0, XS_DIRECTORY, 0, "/many|");
}

/* Reads a directory in parts as libraries do: until an empty name ends it. Returns how many names there
 * were. */
static unsigned int read_parts(struct world *w, uint32_t tx, const char *path, char *gen, size_t size)
{
    unsigned int names = 0, offset = 0;
    char request[64];

    for (;;) {
        int len = snprintf(request, sizeof(request), "%s%c%u", path, 0, offset) + 1;
        uint32_t at;

        assert_int_equal(ask_raw(w, client(w, 0), XS_DIRECTORY_PART, tx, request, (size_t)len),
                         XS_DIRECTORY_PART);
        snprintf(gen, size, "%s", w->payload);
        at = (uint32_t)strlen(gen) + 1;
        assert_true(at < w->hdr.len);
        while (at < w->hdr.len) {
            uint32_t n = (uint32_t)strlen(w->payload + at) + 1;

            if (n == 1)
                return names;
            names++;
            offset += n;
            at += n;
        }
    }
}

static void test_directory_part(void **state)
{
    struct world *w = *state;
    char first[32], second[32];
    const char *tx;
    uint32_t id;

    for (unsigned int i = 0; i < 3000; i++)
        assert_ask("OK|", w, 0, XS_WRITE, 0, "/many/%u|v", i);
    assert_int_equal(read_parts(w, 0, "/many", first, sizeof(first)), 3000);
    assert_int_equal(read_parts(w, 0, "/many", second, sizeof(second)), 3000);
    assert_string_equal(first, second);
    assert_ask("OK|", w, 0, XS_RM, 0, "/many/1500|");
    assert_int_equal(read_parts(w, 0, "/many", second, sizeof(second)), 2999);
    assert_string_not_equal(first, second);
    assert_int_equal(read_parts(w, 0, "/many/1", second, sizeof(second)), 0);
    tx = ask(w, 0, XS_TRANSACTION_START, 0, "|");
    id = (uint32_t)atoi(tx);
    assert_ask("OK|", w, 0, XS_RM, id, "/many/7|");
    assert_ask("OK|", w, 0, XS_MKDIR, id, "/many/new1|");
    assert_ask("OK|", w, 0, XS_MKDIR, id, "/many/new2|");
    assert_int_equal(read_parts(w, id, "/many", first, sizeof(first)), 3000);
    assert_ask("OK|", w, 0, XS_TRANSACTION_END, id, "F|");
    assert_int_equal(read_parts(w, 0, "/many", first, sizeof(first)), 2999);
    assert_ask("!EINVAL", w, 0, XS_DIRECTORY_PART, 0, "/many|1|");
    assert_ask("!EINVAL", w, 0, XS_DIRECTORY_PART, 0, "/many|x|");
    assert_ask("!EINVAL", w, 0, XS_DIRECTORY_PART, 0, "/many|-1|");
    assert_ask("!EINVAL", w, 0, XS_DIRECTORY_PART, 0, "/many||");
    assert_ask("!EINVAL", w, 0, XS_DIRECTORY_PART, 0, "/many|");
    assert_ask("!ENOENT", w, 0, XS_DIRECTORY_PART, 0, "/nothing|0|");
}

static void test_perms_on_the_wire(void **state)
{
    static const char *const bad[] = {
        "", "n", "0", "x0", "n-1", "n 1", "n1x", "n32752", "n65536", "n99999999999", "rn1", "N0",
    };
    struct world *w = *state;

    assert_ask("OK|", w, 0, XS_MKDIR, 0, "/p|");
    assert_ask("n0|", w, 0, XS_GET_PERMS, 0, "/p|");
    assert_ask("OK|", w, 0, XS_SET_PERMS, 0, "/p|b0|r1|w2|n3|b32751|");
    assert_ask("b0|r1|w2|n3|b32751|", w, 0, XS_GET_PERMS, 0, "/p|");
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_ask("!EINVAL", w, 0, XS_SET_PERMS, 0, "/p|n0|%s|", bad[i]);
    assert_ask("!EINVAL", w, 0, XS_SET_PERMS, 0, "/p|");
    assert_ask("!EINVAL", w, 0, XS_SET_PERMS, 0, "/p|n0");
    assert_ask("!ENOENT", w, 0, XS_SET_PERMS, 0, "/q|n0|");
    assert_ask("b0|r1|w2|n3|b32751|", w, 0, XS_GET_PERMS, 0, "/p|");
    assert_ask("OK|", w, 0, XS_MKDIR, 0, "/p/child|");
    assert_ask("b0|r1|w2|n3|b32751|", w, 0, XS_GET_PERMS, 0, "/p/child|");
    /* The specials have permissions too. */
    assert_ask("n0|", w, 0, XS_GET_PERMS, 0, "@releaseDomain|");
    assert_ask("!EACCES", w, 1, XS_GET_PERMS, 0, "@releaseDomain|");
    assert_ask("!EACCES", w, 1, XS_SET_PERMS, 0, "@releaseDomain|r1|");
    assert_ask("OK|", w, 0, XS_SET_PERMS, 0, "@releaseDomain|n0|r1|");
    assert_ask("n0|r1|", w, 1, XS_GET_PERMS, 0, "@releaseDomain|");
    assert_ask("!EINVAL", w, 0, XS_GET_PERMS, 0, "@other|");
}

static uint32_t start(struct world *w, domid_t domid)
{
    return (uint32_t)strtoul(ask(w, domid, XS_TRANSACTION_START, 0, "|"), NULL, 10);
}

static void test_transactions(void **state)
{
    struct world *w = *state;
    uint32_t a, b;

    a = start(w, 0);
    b = start(w, 0);
    assert_int_not_equal(a, 0);
    assert_int_not_equal(b, 0);
    assert_int_not_equal(a, b);
    assert_ask("!EBUSY", w, 0, XS_TRANSACTION_START, a, "|");
    assert_ask("!ENOENT", w, 0, XS_TRANSACTION_START, 999, "|");
    assert_ask("OK|", w, 0, XS_WRITE, a, "/t/x|1");
    assert_ask("!ENOENT", w, 0, XS_READ, 0, "/t/x|");
    assert_ask("!ENOENT", w, 0, XS_READ, b, "/t/x|");
    assert_ask("1", w, 0, XS_READ, a, "/t/x|");
    assert_ask("!EINVAL", w, 0, XS_TRANSACTION_END, a, "X|");
    assert_ask("!EINVAL", w, 0, XS_TRANSACTION_END, a, "T");
    assert_ask("!EINVAL", w, 0, XS_TRANSACTION_END, a, "%s", "");
    assert_ask("OK|", w, 0, XS_TRANSACTION_END, a, "T|");
    assert_ask("1", w, 0, XS_READ, 0, "/t/x|");
    assert_ask("!ENOENT", w, 0, XS_TRANSACTION_END, a, "T|");
    assert_ask("!ENOENT", w, 0, XS_TRANSACTION_END, 0, "T|");
    assert_ask("!ENOENT", w, 0, XS_READ, a, "/t/x|");
    /* b looked at what a has made since. */
    assert_ask("!EAGAIN", w, 0, XS_TRANSACTION_END, b, "T|");
    /* Somebody else's transaction is none. */
    a = start(w, 0);
    assert_ask("!ENOENT", w, 1, XS_READ, a, "/t/x|");
    assert_ask("OK|", w, 0, XS_TRANSACTION_END, a, "F|");
}

/* Two transactions that make different nodes in one directory do not disturb each other: the case that made
 * parallel creation of devices slow. Whoever listed the directory is disturbed. */
static void test_conflicts_are_narrow(void **state)
{
    struct world *w = *state;
    uint32_t a, b, c;

    assert_ask("OK|", w, 0, XS_MKDIR, 0, "/dir|");
    a = start(w, 0);
    b = start(w, 0);
    c = start(w, 0);
    assert_ask("OK|", w, 0, XS_WRITE, a, "/dir/a/state|1");
    assert_ask("OK|", w, 0, XS_WRITE, b, "/dir/b/state|1");
    assert_ask("", w, 0, XS_DIRECTORY, c, "/dir|");
    assert_ask("OK|", w, 0, XS_TRANSACTION_END, a, "T|");
    assert_ask("OK|", w, 0, XS_TRANSACTION_END, b, "T|");
    assert_ask("!EAGAIN", w, 0, XS_TRANSACTION_END, c, "T|");
    /* A change elsewhere is none of its business. */
    a = start(w, 0);
    assert_ask("1", w, 0, XS_READ, a, "/dir/a/state|");
    assert_ask("OK|", w, 0, XS_WRITE, 0, "/dir/b/state|2");
    assert_ask("OK|", w, 0, XS_TRANSACTION_END, a, "T|");
    /* A node that vanished and came back is another node. */
    a = start(w, 0);
    assert_ask("1", w, 0, XS_READ, a, "/dir/a/state|");
    assert_ask("OK|", w, 0, XS_RM, 0, "/dir/a|");
    assert_ask("OK|", w, 0, XS_WRITE, 0, "/dir/a/state|1");
    assert_ask("!EAGAIN", w, 0, XS_TRANSACTION_END, a, "T|");
    /* A parent that vanished takes the commit with it. */
    a = start(w, 0);
    assert_ask("OK|", w, 0, XS_WRITE, a, "/dir/a/more|1");
    assert_ask("OK|", w, 0, XS_RM, 0, "/dir/a|");
    assert_ask("!EAGAIN", w, 0, XS_TRANSACTION_END, a, "T|");
    /* A failed request leaves its transaction usable, and commits nothing of itself. */
    a = start(w, 0);
    assert_ask("!ENOENT", w, 0, XS_RM, a, "/no/such|");
    assert_ask("OK|", w, 0, XS_WRITE, a, "/dir/z|1");
    assert_ask("OK|", w, 0, XS_RM, a, "/dir/z|");
    assert_ask("OK|", w, 0, XS_TRANSACTION_END, a, "T|");
    assert_ask("!ENOENT", w, 0, XS_READ, 0, "/dir/z|");
}

static void test_reset_watches(void **state)
{
    struct world *w = *state;
    uint32_t a;

    assert_ask("OK|", w, 2, XS_WATCH, 0, "x|t|");
    a = start(w, 2);
    start(w, 2);
    /* Within one of the transactions that it ends. */
    assert_ask("OK|", w, 2, XS_RESET_WATCHES, a, "|");
    assert_ask("!ENOENT", w, 2, XS_TRANSACTION_END, a, "T|");
    assert_ask("!ENOENT", w, 2, XS_UNWATCH, 0, "x|t|");
    for (int i = 0; i < 2000; i++) {
        assert_ask("OK|", w, 2, XS_WATCH, 0, "x|t|");
        start(w, 2);
        assert_ask("OK|", w, 2, XS_RESET_WATCHES, 0, "|");
        forget_events(w);
    }
    assert_int_equal(w->store.watches.count, 0);
    assert_int_equal(domain_find(&w->store.domains, 2)->used[QUOTA_BYTES], 0);
}

static void test_domains(void **state)
{
    struct world *w = *state;

    assert_ask("F|", w, 0, XS_IS_DOMAIN_INTRODUCED, 0, "7|");
    assert_ask("OK|", w, 0, XS_INTRODUCE, 0, "7|4711|9|");
    assert_int_equal(w->last_port, 9);
    assert_ask("T|", w, 0, XS_IS_DOMAIN_INTRODUCED, 0, "7|");
    assert_ask("T|", w, 0, XS_IS_DOMAIN_INTRODUCED, 0, "0|");
    assert_ask("!EINVAL", w, 0, XS_INTRODUCE, 0, "7|4712|9|");
    assert_ask("OK|", w, 0, XS_INTRODUCE, 0, "7|4711|10|");
    assert_int_equal(w->last_port, 10);
    assert_ask("!EINVAL", w, 0, XS_INTRODUCE, 0, "0|1|1|");
    assert_ask("!EINVAL", w, 0, XS_INTRODUCE, 0, "32752|1|1|");
    assert_ask("!EINVAL", w, 0, XS_INTRODUCE, 0, "8|1|");
    assert_ask("!EINVAL", w, 0, XS_INTRODUCE, 0, "8|x|1|");
    assert_ask("!EINVAL", w, 0, XS_INTRODUCE, 0, "8|1|4294967296|");
    assert_ask("!EINVAL", w, 0, XS_INTRODUCE, 0, "8|1|1");
    w->connect_result = -22;
    assert_ask("!EINVAL", w, 0, XS_INTRODUCE, 0, "8|1|1|");
    w->connect_result = 0;
    assert_ask("F|", w, 0, XS_IS_DOMAIN_INTRODUCED, 0, "8|");
    assert_null(domain_find(&w->store.domains, 8));
    assert_ask("!ENOENT", w, 0, XS_RELEASE, 0, "8|");
    assert_ask("!EINVAL", w, 0, XS_RELEASE, 0, "0|");
    assert_ask("!ENOENT", w, 0, XS_RESUME, 0, "8|");
    assert_ask("OK|", w, 0, XS_RESUME, 0, "7|");
    assert_ask("OK|", w, 0, XS_RELEASE, 0, "7|");
    assert_ask("F|", w, 0, XS_IS_DOMAIN_INTRODUCED, 0, "7|");
    assert_ask("!ENOENT", w, 0, XS_RELEASE, 0, "7|");
    assert_ask("/local/domain/12|", w, 0, XS_GET_DOMAIN_PATH, 0, "0012|");
    assert_ask("!EINVAL", w, 0, XS_GET_DOMAIN_PATH, 0, "x|");
    assert_ask("!EINVAL", w, 0, XS_GET_DOMAIN_PATH, 0, "%s", "");
    assert_ask("!EINVAL", w, 0, XS_GET_DOMAIN_PATH, 0, "1");
}

static void test_set_target(void **state)
{
    struct world *w = *state;

    client(w, 5);
    client(w, 6);
    assert_ask("OK|", w, 0, XS_WRITE, 0, "/own6|x");
    assert_ask("OK|", w, 0, XS_SET_PERMS, 0, "/own6|n6|");
    assert_ask("OK|", w, 0, XS_WRITE, 0, "/read6|y");
    assert_ask("OK|", w, 0, XS_SET_PERMS, 0, "/read6|n0|r6|");
    assert_ask("!EACCES", w, 5, XS_READ, 0, "/own6|");
    assert_ask("!ENOENT", w, 0, XS_SET_TARGET, 0, "5|99|");
    assert_ask("!EINVAL", w, 0, XS_SET_TARGET, 0, "5|0|");
    assert_ask("!EINVAL", w, 0, XS_SET_TARGET, 0, "5|");
    assert_ask("OK|", w, 0, XS_SET_TARGET, 0, "5|6|");
    assert_ask("OK|", w, 5, XS_WRITE, 0, "/own6|z");
    assert_ask("y", w, 5, XS_READ, 0, "/read6|");
    assert_ask("!EACCES", w, 5, XS_WRITE, 0, "/read6|z");
    store_domain_gone(&w->store, 6);
    assert_ask("!EACCES", w, 5, XS_READ, 0, "/read6|");
}

static void test_privileged_requests(void **state)
{
    static const struct { uint32_t type; const char *payload; } requests[] = {
        { XS_INTRODUCE, "3|1|1|" }, { XS_RELEASE, "1|" }, { XS_IS_DOMAIN_INTRODUCED, "1|" },
        { XS_RESUME, "1|" }, { XS_SET_TARGET, "1|2|" }, { XS_CONTROL, "quota|set|nodes|100000|" },
    };
    struct world *w = *state;

    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
        assert_ask("!EACCES", w, 1, requests[i].type, 0, "%s", requests[i].payload);
}

static void test_control(void **state)
{
    struct world *w = *state;

    assert_ask("OK|", w, 0, XS_CONTROL, 0, "check|");
    assert_non_null(strstr(ask(w, 0, XS_CONTROL, 0, "help|"), "quota"));
    assert_non_null(strstr(ask(w, 0, XS_CONTROL, 0, "memreport|"), "nodes 1\n"));
    assert_ask("OK|", w, 0, XS_CONTROL, 0, "print|hello there|");
    assert_string_equal(w->last_log, "xenstore: hello there");
    assert_non_null(strstr(ask(w, 0, XS_CONTROL, 0, "quota|"), "transactions       64\n"));
    assert_ask("OK|", w, 0, XS_CONTROL, 0, "quota|set|transactions|65|");
    assert_non_null(strstr(ask(w, 0, XS_CONTROL, 0, "quota|"), "transactions       65\n"));
    assert_ask("!EINVAL", w, 0, XS_CONTROL, 0, "quota|set|nonsense|65|");
    assert_ask("!EINVAL", w, 0, XS_CONTROL, 0, "quota|set|nodes|0|");
    assert_ask("!ENOENT", w, 0, XS_CONTROL, 0, "quota|77|");
    client(w, 3);
    assert_non_null(strstr(ask(w, 0, XS_CONTROL, 0, "quota|3|"), "watches            0\n"));
    assert_ask("!EINVAL", w, 0, XS_CONTROL, 0, "nonsense|");
    assert_ask("!EINVAL", w, 0, XS_CONTROL, 0, "check|check|");
    assert_ask("!EINVAL", w, 0, XS_CONTROL, 0, "a|b|c|d|e|");
    assert_ask("!EINVAL", w, 0, XS_CONTROL, 0, "check");
    assert_ask("!EINVAL", w, 0, XS_CONTROL, 0, "%s", "");
}

/* Every request with every short payload over a small alphabet: nothing but an answer comes of it. */
static void test_short_payloads(void **state)
{
    static const char alphabet[] = { 0, '/', '0', 'a', '@', 'T' };
    struct world *w = *state;
    char payload[4];

    for (uint32_t type = 0; type < XS_TYPE_COUNT + 2; type++) {
        for (int n = 0; n < 6 * 6 * 6 * 6; n++) {
            size_t len = (size_t)(n % 5) > 4 ? 4 : (size_t)(n % 5);

            for (int i = 0, v = n; i < 4; i++, v /= 6)
                payload[i] = alphabet[v % 6];
            ask_raw(w, client(w, (domid_t)(n % 2)), type, (uint32_t)(n % 3), payload, len);
            forget_events(w);
            if (n % 64 == 0)
                assert_null(store_check(&w->store));
        }
    }
    assert_ask("OK|", w, 0, XS_RESET_WATCHES, 0, "|");
}

/* A connection that begins again in the middle of anything begins clean. */
static void test_reset_in_every_state(void **state)
{
    struct world *w = *state;
    struct conn *c = client(w, 2);
    struct xsd_sockmsg hdr = { .type = XS_READ, .req_id = 1, .len = 8 };
    size_t len;

    for (int step = 0; step < 6; step++) {
        assert_int_equal(conn_feed(c, &hdr, step == 0 ? 5 : sizeof(hdr)), 0);
        if (step >= 2)
            assert_int_equal(conn_feed(c, "/a/b/c/d", step == 2 ? 3 : 8), 0);
        if (step >= 4)
            assert_int_equal(conn_serve(c), 0);
        if (step == 5) {
            assert_non_null(conn_output(c, &len));
            conn_sent(c, 1);
        }
        conn_reset(c);
        assert_int_equal(conn_wants(c), sizeof(hdr));
        assert_null(conn_output(c, &len));
        assert_null(store_check(&w->store));
    }
    assert_ask("/local/domain/2|", w, 2, XS_GET_DOMAIN_PATH, 0, "2|");
}

#define world_test(f) cmocka_unit_test_setup_teardown(f, world_begin, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        world_test(test_read_and_write),
        world_test(test_mkdir_rm_directory),
        world_test(test_paths),
        world_test(test_relative_paths),
        world_test(test_bare_domain_paths),
        world_test(test_depth),
        world_test(test_payload_limits),
        world_test(test_unknown_requests),
        world_test(test_directory_limits),
        world_test(test_directory_part),
        world_test(test_perms_on_the_wire),
        world_test(test_transactions),
        world_test(test_conflicts_are_narrow),
        world_test(test_reset_watches),
        world_test(test_domains),
        world_test(test_set_target),
        world_test(test_privileged_requests),
        world_test(test_control),
        world_test(test_short_payloads),
        world_test(test_reset_in_every_state),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
