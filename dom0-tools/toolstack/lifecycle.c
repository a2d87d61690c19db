/* The watcher: domains that have shut down or crashed meet what their configuration says. The store tells of
 * an end (@releaseDomain), the hypervisor of its reason; each end is handled in a thread of its own, because
 * a restart can take seconds. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xen/sched.h>
#include <pv/thread.h>
#include <pv/time.h>
#include <pv/xenbus.h>

#include "control.h"
#include "lifecycle.h"
#include "backends/console/consoled.h"
#include "store_keys.h"

#define WATCH_STACK   (32u << 10)
#define HANDLER_STACK (64u << 10)
#define QUICK_NS      (2 * PV_NS_PER_SEC) /* a life shorter than this counts as none */
#define QUICK_LIMIT   5u                  /* so many in a row, and it is not restarted */

struct toolstack_host_ops toolstack_ops;

static struct pv_xs_watcher watcher;

/* What a handler thread is started with. */
struct end {
    domid_t domid;
    unsigned reason;
};

void toolstack_log(const char *format, ...)
{
    char line[512];
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    if (toolstack_ops.log)
        toolstack_ops.log(line);
}

static const char *end_name(unsigned reason)
{
    static const char *const names[] = {
        [SHUTDOWN_poweroff] = "powered off", [SHUTDOWN_reboot] = "rebooted", [SHUTDOWN_suspend] = "suspended",
        [SHUTDOWN_crash] = "crashed",        [SHUTDOWN_watchdog] = "was stopped by its watchdog",
    };

    return reason < sizeof(names) / sizeof(names[0]) ? names[reason] : "ended for an unknown reason";
}

static enum config_action action_for(const struct domain_config *config, unsigned reason)
{
    switch (reason) {
    case SHUTDOWN_poweroff: return config->on_poweroff;
    case SHUTDOWN_reboot:   return config->on_reboot;
    case SHUTDOWN_crash:    return config->on_crash;
    case SHUTDOWN_watchdog: return config->on_watchdog;
    default:                return CONFIG_PRESERVE; /* suspended: whoever asked for it goes on from here */
    }
}

static void log_failure(const char *name, const char *what, const struct toolstack_error *err)
{
    char text[768];

    toolstack_log("%s: %s: %s", name, what, toolstack_error_text(err, text, sizeof(text)));
}

/* The entry is ours (CREATING or DYING) in the functions below. */

static void finish(struct managed *m)
{
    struct toolstack_error err;

    registry_set_state(m, MANAGED_DYING);
    if (lifecycle_remove(m->domid, m->config.uuid, m->config.name, &err)) {
        log_failure(m->config.name, "clearing up failed", &err);
        registry_set_state(m, MANAGED_ALIVE);
    } else {
        registry_remove(m);
    }
}

/* A domain that dies as soon as it starts is given a pause, and given up after some of them. */
static bool may_restart(struct managed *m)
{
    bool quick = pv_now_ns() - m->created_ns < QUICK_NS;

    m->quick_ends = quick ? m->quick_ends + 1 : 0;
    if (m->quick_ends < QUICK_LIMIT)
        return true;
    toolstack_log("%s: ended %u times within seconds of its start, it is not restarted", m->config.name,
                  m->quick_ends);
    return false;
}

static void create_again(struct managed *m)
{
    struct toolstack_error err;

    if (m->quick_ends > 1)
        pv_sleep_ns(PV_NS_PER_SEC);
    if (m->cancel || lifecycle_create(m, NULL, &err)) {
        if (!m->cancel)
            log_failure(m->config.name, "the restart failed", &err);
        registry_remove(m);
        return;
    }
    toolstack_log("%s: restarted as domain %u", m->config.name, m->domid);
    lifecycle_check();
}

static void restart(struct managed *m)
{
    struct toolstack_error err;

    if (!may_restart(m)) {
        finish(m);
        return;
    }
    registry_set_state(m, MANAGED_CREATING);
    if (lifecycle_remove(m->domid, m->config.uuid, m->config.name, &err)) {
        log_failure(m->config.name, "clearing up failed, it is not restarted", &err);
        registry_set_state(m, MANAGED_ALIVE);
        return;
    }
    m->domid = DOMID_INVALID;
    create_again(m);
}

/* The ended domain stays under another name; the new one has the old name and, since both exist, a new uuid.
 * */
static void rename_and_restart(struct managed *m)
{
    struct managed *fresh;
    char name[CONFIG_NAME_SIZE];

    if (!may_restart(m))
        return;
    fresh = registry_add(&m->config);
    if (!fresh) {
        toolstack_log("%s: no memory to restart it", m->config.name);
        return;
    }
    fresh->quick_ends = m->quick_ends;
    lifecycle_make_uuid(fresh->config.uuid);
    snprintf(name, sizeof(name), "%.*s-%u", (int)sizeof(name) - 8, m->config.name, m->domid);
    strcpy(m->config.name, name);
    console_domain_rename(m->domid, name);
    store_keys_rename(m->domid, m->config.uuid, name);
    create_again(fresh);
}

static void handle_end(void *arg)
{
    struct end end = *(struct end *)arg;
    struct managed *m = registry_by_id(end.domid);
    enum config_action action;

    free(arg);
    if (!m || m->state != MANAGED_ALIVE)
        return; /* somebody was quicker to destroy it */
    action = action_for(&m->config, end.reason);
    toolstack_log("%s: domain %u %s (%s)", m->config.name, m->domid, end_name(end.reason),
                  config_action_name(action));
    m = registry_by_id(end.domid); /* logging may have blocked */
    if (!m || m->state != MANAGED_ALIVE)
        return;
    if (action == CONFIG_DESTROY)
        finish(m);
    else if (action == CONFIG_RESTART)
        restart(m);
    else if (action == CONFIG_RENAME_RESTART)
        rename_and_restart(m);
    pv_wake(&registry_changed);
}

static void start_handler(struct managed *m, unsigned reason)
{
    struct end *end = malloc(sizeof(*end));

    if (!end)
        return; /* looked at again with the next end */
    *end = (struct end){ m->domid, reason };
    m->ended = true;
    pv_wake(&registry_changed);
    if (pv_thread_create("domain-end", HANDLER_STACK, handle_end, end))
        return;
    m->ended = false;
    free(end);
}

/* A domain that vanished without us has only its entry left to go. */
static void check_one(domid_t domid)
{
    struct xen_domctl_getdomaininfo info;
    int rc = control_info(domid, &info);
    struct managed *m = registry_by_id(domid);

    if (!m || m->state != MANAGED_ALIVE || m->ended)
        return;
    if (rc == -ENOENT)
        start_handler(m, SHUTDOWN_poweroff);
    else if (rc == 0 && (info.flags & XEN_DOMINF_shutdown))
        start_handler(m, info.flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask);
}

void lifecycle_check(void)
{
    size_t count = 0, i = 0;
    domid_t *ids;

    for (struct managed *m = registry_first(); m; m = m->next)
        count++;
    ids = malloc((count + 1) * sizeof(*ids));
    if (!ids)
        return;
    for (struct managed *m = registry_first(); m; m = m->next)
        if (m->state == MANAGED_ALIVE && !m->ended)
            ids[i++] = m->domid;
    while (i-- > 0)
        check_one(ids[i]);
    free(ids);
}

static void watch(void *arg)
{
    (void)arg;
    while (pv_xs_watch_next(&watcher, UINT64_MAX, NULL, NULL) == 0)
        lifecycle_check();
    toolstack_log("toolstack: the store is gone, ends of domains are not noticed any more");
}

int lifecycle_start(struct toolstack_error *err)
{
    int rc;

    pv_xs_watcher_init(&watcher);
    rc = pv_xs_watch(&watcher, "@releaseDomain", "toolstack");
    if (rc)
        return toolstack_fail(err, rc, "toolstack", "watching @releaseDomain failed");
    if (!pv_thread_create("toolstack", WATCH_STACK, watch, NULL))
        return toolstack_fail(err, -ENOMEM, "toolstack", "no memory for the watcher's thread");
    return 0;
}
