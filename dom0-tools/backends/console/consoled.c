/*
 * The console daemon's logs: finding, reading, following, forgetting. See consoled.h.
 */
#include "console.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <pv/time.h>

#define STACK_BYTES (32u * 1024u)

struct console_list consoles = TAILQ_HEAD_INITIALIZER(consoles);
static uint32_t last_id;
static bool started;

int consoled_start(void)
{
    if (started)
        return -EEXIST;
    if (!pv_thread_create("consoled", STACK_BYTES, console_run, NULL))
        return -ENOMEM;
    started = true;
    return 0;
}

static struct console *by_id(uint32_t id)
{
    struct console *c;

    TAILQ_FOREACH(c, &consoles, link)
        if (c->id == id)
            return c;
    return NULL;
}

struct console *console_live(domid_t domid)
{
    struct console *c;

    TAILQ_FOREACH(c, &consoles, link)
        if (c->alive && c->domid == domid)
            return c;
    return NULL;
}

static void set_name(struct console *c, const char *name)
{
    snprintf(c->name, sizeof(c->name), "%s", name);
}

struct console *console_new(domid_t domid, const char *name)
{
    struct console *c = calloc(1, sizeof(*c));

    if (!c)
        return NULL;
    c->id = ++last_id;
    c->domid = domid;
    c->alive = true;
    set_name(c, name);
    console_log_init(&c->log);
    LIST_INIT(&c->attachments);
    TAILQ_INSERT_TAIL(&consoles, c, link);
    return c;
}

void console_free(struct console *c)
{
    console_unqueue(c);
    TAILQ_REMOVE(&consoles, c, link);
    console_log_free(&c->log);
    free(c);
}

static bool forgettable(const struct console *c)
{
    return !c->alive && !LIST_FIRST(&c->attachments);
}

void console_bury(void)
{
    for (;;) {
        struct console *c, *oldest = NULL;
        size_t dead = 0;

        TAILQ_FOREACH(c, &consoles, link) {
            dead += !c->alive;
            if (forgettable(c) && (!oldest || c->died_ns < oldest->died_ns))
                oldest = c;
        }
        if (dead <= CONSOLE_DEAD_MAX || !oldest)
            return;
        console_free(oldest);
    }
}

int console_domain_rename(domid_t domid, const char *name)
{
    struct console *c = console_live(domid);

    if (!c)
        return -ENOENT;
    set_name(c, name);
    return 0;
}

/* Whether c is a better answer than best: the living first, then who died last. */
static bool preferred(const struct console *c, const struct console *best)
{
    if (!best || c->alive != best->alive)
        return !best || c->alive;
    return c->alive || c->died_ns >= best->died_ns;
}

static struct console *by_domid(domid_t domid)
{
    struct console *c, *best = NULL;

    TAILQ_FOREACH(c, &consoles, link)
        if (c->domid == domid && preferred(c, best))
            best = c;
    return best;
}

static struct console *by_name(const char *name)
{
    struct console *c, *best = NULL;

    TAILQ_FOREACH(c, &consoles, link)
        if (strcmp(c->name, name) == 0 && preferred(c, best))
            best = c;
    return best;
}

int console_append(domid_t domid, const char *text, size_t len)
{
    struct console *c = by_domid(domid);

    if (!c)
        return -ENOENT;
    console_log_append(&c->log, text, len);
    console_queue(c);
    return 0;
}

/* The domid that a text is, or -1. */
static long parse_domid(const char *text)
{
    char *end;
    long n;

    if (*text < '0' || *text > '9')
        return -1;
    n = strtol(text, &end, 10);
    return *end == '\0' && n >= 0 && n < DOMID_FIRST_RESERVED ? n : -1;
}

int console_find(const char *name_or_domid)
{
    long domid = parse_domid(name_or_domid);
    struct console *c = domid >= 0 ? by_domid((domid_t)domid) : NULL, *named = by_name(name_or_domid);

    if (named && (!c || (named->alive && !c->alive)))
        c = named;
    return c ? (int)c->id : -ENOENT;
}

static void describe(const struct console *c, struct console_info *out)
{
    const struct console_attachment *a;

    memset(out, 0, sizeof(*out));
    out->id = c->id;
    out->domid = c->domid;
    out->alive = c->alive;
    out->stopped = c->stopped;
    out->held_back = c->held_until != 0;
    LIST_FOREACH(a, &c->attachments, link)
        out->attached++;
    out->start = c->log.start;
    out->end = c->log.end;
    out->born_ns = c->born_ns;
    out->died_ns = c->died_ns;
    memcpy(out->name, c->name, sizeof(out->name));
}

size_t console_list(struct console_info *out, size_t max)
{
    const struct console *c;
    size_t n = 0;

    TAILQ_FOREACH(c, &consoles, link) {
        if (n < max)
            describe(c, &out[n]);
        n++;
    }
    return n;
}

int console_get(uint32_t id, struct console_info *out)
{
    const struct console *c = by_id(id);

    if (!c)
        return -ENOENT;
    describe(c, out);
    return 0;
}

ssize_t console_read_at(uint32_t id, uint64_t *pos, void *buf, size_t len)
{
    const struct console *c = by_id(id);

    return c ? (ssize_t)console_log_read(&c->log, pos, buf, len, NULL) : -ENOENT;
}

int console_forget(uint32_t id)
{
    struct console *c = by_id(id);

    if (!c)
        return -ENOENT;
    if (!forgettable(c))
        return -EBUSY;
    console_free(c);
    return 0;
}

size_t console_forget_dead(void)
{
    struct console *c, *next;
    size_t n = 0;

    for (c = TAILQ_FIRST(&consoles); c; c = next) {
        next = TAILQ_NEXT(c, link);
        if (!forgettable(c))
            continue;
        console_free(c);
        n++;
    }
    return n;
}

int console_attach(uint32_t id, bool from_start, console_notify_fn *notify, void *arg,
                   struct console_attachment **out)
{
    struct console *c = by_id(id);
    struct console_attachment *a;

    if (!c)
        return -ENOENT;
    a = calloc(1, sizeof(*a));
    if (!a)
        return -ENOMEM;
    a->console = c;
    a->pos = from_start ? c->log.start : c->log.end;
    a->read_ns = pv_now_ns();
    a->notify = notify;
    a->arg = arg;
    LIST_INSERT_HEAD(&c->attachments, a, link);
    *out = a;
    return 0;
}

ssize_t console_attached_read(struct console_attachment *a, void *buf, size_t len, uint64_t *lost)
{
    struct console *c = a->console;
    size_t n = console_log_read(&c->log, &a->pos, buf, len, lost);

    if (n > 0)
        a->read_ns = pv_now_ns();
    return n == 0 && !c->alive && a->pos == c->log.end ? -EPIPE : (ssize_t)n;
}

ssize_t console_attached_write(struct console_attachment *a, const void *buf, size_t len)
{
    struct console *c = a->console;

    if (!c->alive)
        return -EPIPE;
    if (c->stopped)
        return -EIO;
    if (!c->input)
        c->input = malloc(CONSOLE_INPUT_BYTES);
    if (!c->input)
        return 0;
    if (len > CONSOLE_INPUT_BYTES - c->input_len)
        len = CONSOLE_INPUT_BYTES - c->input_len;
    memcpy(c->input + c->input_len, buf, len);
    c->input_len += len;
    console_push_input(c);
    return (ssize_t)len;
}

void console_detach(struct console_attachment *a)
{
    LIST_REMOVE(a, link);
    free(a);
    console_bury();
}
