/* store.c: see store.h. Each request is a moment, and other threads run meanwhile, as they do while the real
 * store is asked. */
#include "store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <pv/xenbus.h>

#include "kit.h"
#include "xenbus/private.h"

#define NODES   256u
#define WATCHES 32u
#define PLANS   8u
#define TX      "1"             /* the only transaction */

static struct { char path[KIT_PATH]; char *value; size_t len; } nodes[NODES];
static struct { bool used; char path[KIT_PATH], token[16]; } watches[WATCHES];
static struct { unsigned in; char path[KIT_PATH]; char *value; } plans[PLANS];

/* ---- the tree ---- */

static int find(const char *path)
{
    for (unsigned i = 0; i < NODES; i++)
        if (nodes[i].value && strcmp(nodes[i].path, path) == 0)
            return (int)i;
    return -1;
}

static bool is_below(const char *path, const char *above)
{
    size_t n = strlen(above);

    return strncmp(path, above, n) == 0 && (path[n] == 0 || path[n] == '/');
}

static void tell(unsigned watch, const char *path)
{
    char event[KIT_PATH + 16];
    size_t n = strlen(path) + 1, token = strlen(watches[watch].token) + 1;

    memcpy(event, path, n);
    memcpy(event + n, watches[watch].token, token);
    pv_xs_watch_event(event, n + token);
}

/* Who watches something below a node that goes hears of what he watches. */
static void tell_all(const char *path, bool gone)
{
    for (unsigned i = 0; i < WATCHES; i++) {
        if (!watches[i].used)
            continue;
        if (is_below(path, watches[i].path))
            tell(i, path);
        else if (gone && is_below(watches[i].path, path))
            tell(i, watches[i].path);
    }
}

static void forget(const char *path)
{
    for (unsigned i = 0; i < NODES; i++) {
        if (nodes[i].value && is_below(nodes[i].path, path)) {
            free(nodes[i].value);
            nodes[i].value = NULL;
        }
    }
}

static int store(const char *path, const void *value, size_t len)
{
    int at = find(path);
    char *copy;

    for (unsigned i = 0; i < NODES && at < 0; i++)
        if (!nodes[i].value)
            at = (int)i;
    if (at < 0 || strlen(path) >= KIT_PATH)
        return -ENOSPC;
    copy = malloc(len + 1);
    if (!copy)
        abort();
    memcpy(copy, value, len);
    copy[len] = 0;
    free(nodes[at].value);
    nodes[at].value = copy;
    nodes[at].len = len;
    strcpy(nodes[at].path, path);
    return 0;
}

void kit_store_set_bytes(const char *path, const void *value, size_t len)
{
    if (store(path, value, len) == 0)
        tell_all(path, false);
}

void kit_store_set(const char *path, const char *value)
{
    if (value) {
        kit_store_set_bytes(path, value, strlen(value));
    } else {
        forget(path);
        tell_all(path, true);
    }
}

const char *kit_store_get(const char *path)
{
    int i = find(path);

    return i < 0 ? "" : nodes[i].value;
}

/* A folder is there when something is in it. */
bool kit_store_has(const char *path)
{
    for (unsigned i = 0; i < NODES; i++)
        if (nodes[i].value && is_below(nodes[i].path, path))
            return true;
    return false;
}

/* ---- plans ---- */

static void drop_plan(unsigned i)
{
    free(plans[i].value);
    memset(&plans[i], 0, sizeof(plans[i]));
}

void kit_store_plan(unsigned n, const char *path, const char *value)
{
    for (unsigned i = 0; i < PLANS; i++) {
        if (plans[i].in)
            continue;
        plans[i].in = n + 1;
        strncpy(plans[i].path, path, KIT_PATH - 1);
        plans[i].value = value ? strdup(value) : NULL;
        return;
    }
}

void kit_store_rest(void)
{
    for (unsigned i = 0; i < PLANS; i++)
        drop_plan(i);
}

static void moment(void)
{
    kit_moment();
    for (unsigned i = 0; i < PLANS; i++) {
        if (plans[i].in && --plans[i].in == 0) {
            kit_store_set(plans[i].path, plans[i].value);
            drop_plan(i);
        }
    }
}

void kit_store_start(void)
{
    kit_store_rest();
    for (unsigned i = 0; i < NODES; i++) {
        free(nodes[i].value);
        nodes[i].value = NULL;
    }
}

/* ---- requests ---- */

/* An answer, with the NUL that the kit puts behind each. */
static int give(const char *value, size_t bytes, void **reply, size_t *len)
{
    char *copy = malloc(bytes + 1);

    if (!copy)
        abort();
    memcpy(copy, value, bytes);
    copy[bytes] = '\0';
    *reply = copy;
    if (len)
        *len = bytes;
    return 0;
}

static int read_node(const char *path, void **reply, size_t *len)
{
    int i = find(path);

    return i < 0 ? -ENOENT : give(nodes[i].value, nodes[i].len, reply, len);
}

static bool is_listed(const char *names, size_t len, const char *name, size_t n)
{
    for (size_t at = 0; at < len; at += strlen(names + at) + 1)
        if (strlen(names + at) == n && memcmp(names + at, name, n) == 0)
            return true;
    return false;
}

/* The distinct next parts of the paths below. */
static int list(const char *path, void **reply, size_t *len)
{
    char *names = malloc(NODES * KIT_PATH);
    size_t used = 0, above = strlen(path);

    if (!names)
        abort();
    for (unsigned i = 0; i < NODES; i++) {
        const char *name = nodes[i].path + above + 1;
        size_t n;

        if (!nodes[i].value || !is_below(nodes[i].path, path) || nodes[i].path[above] == 0)
            continue;
        n = strcspn(name, "/");
        if (is_listed(names, used, name, n))
            continue;
        memcpy(names + used, name, n);
        names[used + n] = 0;
        used += n + 1;
    }
    *reply = names;
    *len = used;
    if (used || kit_store_has(path))
        return 0;
    free(names);
    return -ENOENT;
}

static int watch(const char *path, const char *token)
{
    for (unsigned i = 0; i < WATCHES; i++) {
        if (watches[i].used)
            continue;
        watches[i].used = true;
        strncpy(watches[i].path, path, KIT_PATH - 1);
        strncpy(watches[i].token, token, sizeof(watches[i].token) - 1);
        tell(i, path);
        return 0;
    }
    kit_wrong("more than %u watches", WATCHES);
}

static int unwatch(const char *path, const char *token)
{
    for (unsigned i = 0; i < WATCHES; i++) {
        if (watches[i].used && strcmp(watches[i].path, path) == 0 && strcmp(watches[i].token, token) == 0) {
            memset(&watches[i], 0, sizeof(watches[i]));
            return 0;
        }
    }
    return -ENOENT;
}

static int answer(uint32_t type, const struct pv_iovec *iov, void **reply, size_t *len)
{
    const char *path = iov[0].base;

    switch (type) {
    case XS_READ:
        return read_node(path, reply, len);
    case XS_DIRECTORY:
        return list(path, reply, len);
    case XS_WRITE:
        kit_store_set_bytes(path, iov[1].base, iov[1].len);
        return 0;
    case XS_MKDIR:
        return 0;       /* folders are there by what is in them */
    case XS_RM:
        kit_store_set(path, NULL);
        return 0;
    case XS_WATCH:
        return watch(path, iov[1].base);
    case XS_UNWATCH:
        return unwatch(path, iov[1].base);
    case XS_TRANSACTION_START:      /* what is done in it happens at once, and others do theirs in between */
        return give(TX, strlen(TX), reply, len);
    case XS_TRANSACTION_END:
        return 0;
    default:
        kit_wrong("the store is asked for %u", type);
    }
}

/* Paths are strings here, as the program writes them; what it writes is
 * no longer than the protocol allows. */
int pv_xs_request(uint32_t type, uint32_t tx, const struct pv_iovec *iov, size_t n, void **reply, size_t *len)
{
    size_t bytes = 0;
    int rc;

    if ((tx != PV_XS_NIL && tx != strtoul(TX, NULL, 10)) || strlen(iov[0].base) + 1 != iov[0].len)
        kit_wrong("a request about `%s`", (const char *)iov[0].base);
    for (size_t i = 0; i < n; i++)
        bytes += iov[i].len;
    if (bytes > XENSTORE_PAYLOAD_MAX)
        return -E2BIG;
    moment();
    pv_yield();
    rc = answer(type, iov, reply, len);
    pv_yield();
    return rc;
}

bool pv_xs_is_broken(void)
{
    return false;
}
