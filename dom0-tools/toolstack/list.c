/* What there is: domains and their vcpus. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <xen/sched.h>
#include <pv/time.h>

#include "control.h"
#include "lifecycle.h"
#include "store_keys.h"

#define LIST_BATCH 32u

static unsigned state_of(const struct xen_domctl_getdomaininfo *info, int reason)
{
    unsigned state = 0;

    if (info->flags & XEN_DOMINF_running)
        state |= DOMAIN_RUNNING;
    if (info->flags & XEN_DOMINF_blocked)
        state |= DOMAIN_BLOCKED;
    if (info->flags & XEN_DOMINF_paused)
        state |= DOMAIN_PAUSED;
    if (info->flags & XEN_DOMINF_shutdown)
        state |= DOMAIN_SHUTDOWN;
    if (reason == SHUTDOWN_crash)
        state |= DOMAIN_CRASHED;
    if (info->flags & XEN_DOMINF_dying)
        state |= DOMAIN_DYING;
    return state;
}

/* An unlimited domain shows what it has. */
static uint64_t max_kib(const struct xen_domctl_getdomaininfo *info)
{
    return info->max_pages < UINT32_MAX ? info->max_pages * 4 : info->tot_pages * 4;
}

/* May block, for the name of a domain that was not created here. */
static void describe(const struct xen_domctl_getdomaininfo *info, struct domain_status *s)
{
    const struct managed *m = registry_by_id(info->domain);

    memset(s, 0, sizeof(*s));
    s->domid = info->domain;
    s->shutdown_reason = info->flags & XEN_DOMINF_shutdown
                             ? (int)(info->flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask)
                             : -1;
    s->state = state_of(info, s->shutdown_reason);
    memcpy(s->uuid, info->handle, sizeof(s->uuid));
    s->memory_kib = info->tot_pages * 4;
    s->maxmem_kib = max_kib(info);
    s->vcpus = info->nr_online_vcpus;
    s->max_vcpus = info->max_vcpu_id == XEN_INVALID_MAX_VCPU_ID ? 0 : info->max_vcpu_id + 1;
    s->cpu_time_ns = info->cpu_time;
    s->managed = m != NULL;
    if (m) {
        s->uptime_ns = pv_now_ns() - m->created_ns;
        strcpy(s->name, m->config.name);
    } else {
        s->uptime_ns = info->domain == 0 ? pv_now_ns() : 0;
        store_keys_name(info->domain, s->name);
    }
}

/* Room for at least `more` further entries. */
static bool make_room(struct domain_status **list, size_t count, size_t *room, size_t more)
{
    struct domain_status *grown;

    if (*room - count >= more)
        return true;
    grown = realloc(*list, (*room * 2 + more) * sizeof(*grown));
    if (!grown)
        return false;
    *list = grown;
    *room = *room * 2 + more;
    return true;
}

static int list_all(struct xen_domctl_getdomaininfo *batch, struct domain_status **list, size_t *count)
{
    size_t room = 0;
    unsigned first = 0;
    int got = 1;

    while (got > 0 && first < DOMID_FIRST_RESERVED) {
        got = control_list((domid_t)first, batch, LIST_BATCH);
        if (got < 0)
            return got;
        if (!make_room(list, *count, &room, (size_t)got + 1))
            return -ENOMEM;
        for (int i = 0; i < got; i++)
            describe(&batch[i], &(*list)[(*count)++]);
        if (got > 0)
            first = batch[got - 1].domain + 1u;
    }
    return 0;
}

int toolstack_list(struct domain_status **list, size_t *count, struct toolstack_error *err)
{
    struct xen_domctl_getdomaininfo *batch = malloc(LIST_BATCH * sizeof(*batch));
    int rc = batch ? 0 : -ENOMEM;

    *list = NULL;
    *count = 0;
    if (rc == 0)
        rc = list_all(batch, list, count);
    free(batch);
    if (rc == 0)
        return toolstack_ok(err);
    free(*list);
    *list = NULL;
    *count = 0;
    return toolstack_fail(err, rc, "", "listing the domains failed");
}

int toolstack_status(domid_t domid, struct domain_status *status, struct toolstack_error *err)
{
    struct xen_domctl_getdomaininfo info;

    if (control_info(domid, &info)) {
        if (registry_by_id(domid))      /* whoever clears up after it is not done yet */
            return toolstack_fail(err, -EBUSY, "", "domain %u has ended; its devices are being given back",
                                  domid);
        return toolstack_fail(err, -ENOENT, "", "there is no domain %u", domid);
    }
    describe(&info, status);
    return toolstack_ok(err);
}

int toolstack_config(domid_t domid, struct domain_config *config, struct toolstack_error *err)
{
    const struct managed *m = registry_by_id(domid);

    if (!m)
        return toolstack_fail(err, -ENOENT, "", "domain %u was not created here", domid);
    *config = m->config;
    return toolstack_ok(err);
}

void toolstack_state_text(unsigned state, char out[7])
{
    static const char letters[] = "rbpscd";

    for (unsigned i = 0; i < 6; i++)
        out[i] = state >> i & 1 ? letters[i] : '-';
    out[6] = 0;
}

static int vcpu_of(domid_t domid, unsigned vcpu, struct vcpu_status *s)
{
    struct xen_domctl_getvcpuinfo info;
    int rc = control_vcpu_info(domid, vcpu, &info);

    if (rc == -ESRCH) { /* announced, but never made */
        *s = (struct vcpu_status){ .vcpu = vcpu };
        return 0;
    }
    if (rc)
        return rc;
    *s = (struct vcpu_status){
        .vcpu = vcpu, .online = info.online, .blocked = info.blocked, .running = info.running,
        .cpu = info.cpu, .cpu_time_ns = info.cpu_time,
    };
    return control_get_affinity(domid, vcpu, &s->affinity);
}

int toolstack_vcpus(domid_t domid, struct vcpu_status **list, size_t *count, struct toolstack_error *err)
{
    struct xen_domctl_getdomaininfo info;
    unsigned vcpus;
    int rc;

    *list = NULL;
    *count = 0;
    if (control_info(domid, &info))
        return toolstack_fail(err, -ENOENT, "", "there is no domain %u", domid);
    vcpus = info.max_vcpu_id == XEN_INVALID_MAX_VCPU_ID ? 0 : info.max_vcpu_id + 1;
    *list = calloc(vcpus + 1, sizeof(**list));
    rc = *list ? 0 : -ENOMEM;
    for (unsigned i = 0; i < vcpus && rc == 0; i++)
        rc = vcpu_of(domid, i, &(*list)[i]);
    if (rc) {
        free(*list);
        *list = NULL;
        return toolstack_fail(err, rc, "", "reading the vcpus of domain %u failed", domid);
    }
    *count = vcpus;
    return toolstack_ok(err);
}
