/* store_host.c: see store_host.h. */
#include "store_host.h"

#include <errno.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <pv/error.h>
#include <pv/thread.h>
#include <pv/time.h>

#define NODES 400

/* ---- the store ---- */

static struct { char path[96], value[64]; } nodes[NODES];
static char events[64][96];
static unsigned event_count;
struct pv_xs_watcher *watcher;
uint64_t now;

static int node(const char *path)
{
    for (int i = 0; i < NODES; i++)
        if (nodes[i].path[0] && strcmp(nodes[i].path, path) == 0)
            return i;
    return -1;
}

void store_set(const char *path, const char *value)
{
    int i = node(path);

    for (int k = 0; i < 0 && k < NODES; k++)
        if (!nodes[k].path[0])
            i = k;
    assert_true(i >= 0 && strlen(path) < 96 && strlen(value) < 64);
    strcpy(nodes[i].path, path);
    strcpy(nodes[i].value, value);
}

void store_forget(const char *prefix)
{
    for (int i = 0; i < NODES; i++)
        if (strncmp(nodes[i].path, prefix, strlen(prefix)) == 0)
            nodes[i].path[0] = 0;
}

void store_tell(const char *path)
{
    strcpy(events[event_count++], path);
}

const char *store_get(const char *path)
{
    int i = node(path);

    return i < 0 ? "" : nodes[i].value;
}

void store_clear(void)
{
    store_forget("/");
    event_count = 0;
    now = 0;
}

void (*store_read_hook)(const char *path);

int pv_xs_read(uint32_t tx, const char *path, char **value, size_t *len)
{
    int i = node(path);

    (void)tx;
    (void)len;
    if (i < 0)
        return -ENOENT;
    *value = strdup(nodes[i].value);
    if (store_read_hook)
        store_read_hook(path);
    return 0;
}

int pv_xs_read_u64(uint32_t tx, const char *path, uint64_t *value)
{
    int i = node(path);
    char *end;

    (void)tx;
    if (i < 0)
        return -ENOENT;
    *value = strtoull(nodes[i].value, &end, 10);
    return *end || end == nodes[i].value ? -EINVAL : 0;
}

int pv_xs_write(uint32_t tx, const char *path, const void *value, size_t len)
{
    char text[64];

    (void)tx;
    snprintf(text, sizeof(text), "%.*s", (int)len, (const char *)value);
    store_set(path, text);
    return 0;
}

int pv_xs_transaction_start(uint32_t *tx)
{
    *tx = 1;
    return 0;
}

bool store_conflicts;

int pv_xs_transaction_end(uint32_t tx, bool commit)
{
    assert_int_equal(tx, 1);
    return commit && store_conflicts ? -EAGAIN : 0;
}

int pv_xs_rm(uint32_t tx, const char *path)
{
    int i = node(path);

    (void)tx;
    if (i < 0)
        return -ENOENT;
    nodes[i].path[0] = 0;
    return 0;
}

int pv_xs_mkdir(uint32_t tx, const char *path)
{
    (void)tx;
    (void)path;
    return 0;
}

/* The distinct next parts of the paths below. */
int pv_xs_directory(uint32_t tx, const char *path, char ***names, size_t *n)
{
    size_t length = strlen(path);
    char **list = calloc(1, 64 * sizeof(char *) + 64 * 16);
    char *text = (char *)(list + 64);

    (void)tx;
    *n = 0;
    for (int i = 0; i < NODES; i++) {
        char part[16];
        bool known = false;

        if (strncmp(nodes[i].path, path, length) != 0 || nodes[i].path[length] != '/')
            continue;
        snprintf(part, sizeof(part), "%.*s", (int)strcspn(nodes[i].path + length + 1, "/"),
                 nodes[i].path + length + 1);
        for (size_t k = 0; k < *n; k++)
            known |= strcmp(list[k], part) == 0;
        if (!known) {
            list[*n] = strcpy(text + *n * 16, part);
            ++*n;
        }
    }
    *names = list;
    return 0;
}

void pv_xs_watcher_init(struct pv_xs_watcher *w)
{
    memset(w, 0, sizeof(*w));
    watcher = w;
}

int pv_xs_watch(struct pv_xs_watcher *w, const char *path, const char *token)
{
    assert_ptr_equal(w, watcher);
    (void)path;
    (void)token;
    return 0;
}

int pv_xs_unwatch(struct pv_xs_watcher *w, const char *path, const char *token)
{
    return pv_xs_watch(w, path, token);
}

void pv_xs_watcher_close(struct pv_xs_watcher *w)
{
    assert_ptr_equal(w, watcher);
    event_count = 0;
}

bool pv_xs_watch_pending(const struct pv_xs_watcher *w)
{
    assert_ptr_equal(w, watcher);
    return event_count > 0;
}

int pv_xs_watch_next(struct pv_xs_watcher *w, uint64_t deadline_ns, char **path, char **token)
{
    (void)w, (void)deadline_ns;
    assert_true(event_count > 0);
    *path = strdup(events[0]);
    *token = strdup("token");
    memmove(events[0], events[1], sizeof(events) - sizeof(events[0]));
    event_count--;
    return 0;
}

/* ---- threads and time ---- */

static void (*thread)(void *);
static void *thread_arg;
static jmp_buf out;

struct pv_thread *pv_thread_create(const char *name, size_t stack_bytes, void (*fn)(void *), void *arg)
{
    (void)name;
    (void)stack_bytes;
    thread = fn;
    thread_arg = arg;
    return (struct pv_thread *)1;
}

/* The daemon waits: the test goes on. backend_restart() waits: the daemon goes on. */
bool pv_wait(struct pv_waitq *q, uint64_t deadline_ns)
{
    (void)deadline_ns;
    if (q != &watcher->waitq) {
        thread(thread_arg);
        return true;
    }
    if (!q->woken)
        longjmp(out, 1);
    q->woken = false;
    return true;
}

void pv_wake(struct pv_waitq *q)
{
    q->woken = true;
}

void pv_yield(void)
{
}

uint64_t pv_now_ns(void)
{
    return now;
}

const char *pv_errno_name(int err)
{
    (void)err;
    return "E";
}

void work(void)
{
    watcher->waitq.woken = false;
    if (setjmp(out) == 0)
        thread(thread_arg);
}
