/* What an operator asks of a running domain: pause, shut down, rename, sysrq, triggers, memory. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <pv/thread.h>
#include <pv/time.h>

#include "backends/console/consoled.h"
#include "control.h"
#include "lifecycle.h"
#include "store_keys.h"

/* The domain's name for an error text; "" when it has none. */
static const char *name_of(domid_t domid)
{
    const struct managed *m = registry_by_id(domid);

    return m ? m->config.name : domid == 0 ? "Domain-0" : "";
}

static int no_domain(domid_t domid, struct toolstack_error *err)
{
    return toolstack_fail(err, -ENOENT, "", "there is no domain %u", domid);
}

static int find_live(domid_t domid, struct xen_domctl_getdomaininfo *info, struct toolstack_error *err)
{
    int rc = control_info(domid, info);

    if (rc)
        return no_domain(domid, err);
    if (info->flags & XEN_DOMINF_dying)
        return toolstack_fail(err, -ENOENT, name_of(domid), "domain %u is being destroyed", domid);
    return 0;
}

/* The guest itself must be there to hear a request. */
static int find_listening(domid_t domid, struct toolstack_error *err)
{
    struct xen_domctl_getdomaininfo info;
    int rc = find_live(domid, &info, err);

    if (rc)
        return rc;
    if (info.flags & XEN_DOMINF_shutdown) {
        toolstack_fail(err, -ESRCH, name_of(domid), "the domain has ended already");
        toolstack_advise(err, "use `destroy` to remove it");
        return -ESRCH;
    }
    if (info.flags & XEN_DOMINF_paused) {
        toolstack_fail(err, -EBUSY, name_of(domid), "the domain is paused and cannot answer");
        toolstack_advise(err, "use `unpause` first");
        return -EBUSY;
    }
    return 0;
}

int toolstack_pause(domid_t domid, struct toolstack_error *err)
{
    struct xen_domctl_getdomaininfo info;
    int rc;

    if (domid == 0)
        return toolstack_fail(err, -EPERM, "Domain-0", "the control domain cannot pause itself");
    rc = find_live(domid, &info, err);
    if (rc)
        return rc;
    if (info.flags & XEN_DOMINF_paused)
        return toolstack_fail(err, -EALREADY, name_of(domid), "the domain is paused already");
    rc = control_pause(domid);
    return rc ? toolstack_fail(err, rc, name_of(domid), "pausing failed") : toolstack_ok(err);
}

int toolstack_unpause(domid_t domid, struct toolstack_error *err)
{
    struct xen_domctl_getdomaininfo info;
    struct managed *m = registry_by_id(domid);
    int rc = find_live(domid, &info, err);

    if (rc)
        return rc;
    if (m && m->state == MANAGED_CREATING)
        return toolstack_fail(err, -EBUSY, name_of(domid), "the domain is not complete yet");
    if (!(info.flags & XEN_DOMINF_paused))
        return toolstack_fail(err, -EALREADY, name_of(domid), "the domain is not paused");
    rc = control_unpause(domid);
    return rc ? toolstack_fail(err, rc, name_of(domid), "unpausing failed") : toolstack_ok(err);
}

/* -- shutdown -------------------------------------------------------------------------------------------- */

/* The domain that ended has been dealt with: it is gone, or preserved. A reboot is over when its successor,
 * with the same uuid, runs; a domain that only powered off instead is not waited for. */
static bool is_over(domid_t domid, const uint8_t uuid[16], bool managed, bool reboot)
{
    struct xen_domctl_getdomaininfo info;
    const struct managed *m = registry_by_id(domid), *successor;

    if (!managed)
        return control_info(domid, &info) != 0 || (info.flags & XEN_DOMINF_shutdown);
    if (m)
        return m->state == MANAGED_ALIVE && m->ended && m->config.on_poweroff == CONFIG_PRESERVE;
    successor = registry_by_uuid(uuid);
    return !reboot || !successor || successor->state == MANAGED_ALIVE;
}

static int wait_for_end(domid_t domid, const uint8_t uuid[16], bool managed, bool reboot, uint64_t timeout_ns,
                        struct toolstack_error *err)
{
    uint64_t deadline = pv_now_ns() + timeout_ns;
    const uint64_t look_ns = 100 * PV_NS_PER_MS; /* others' domains change without a wake */

    if (deadline < timeout_ns)
        deadline = UINT64_MAX;
    while (!is_over(domid, uuid, managed, reboot)) {
        uint64_t next = pv_now_ns() + look_ns;

        if (pv_now_ns() >= deadline) {
            toolstack_fail(err, -ETIMEDOUT, name_of(domid), "the domain has not ended in time");
            toolstack_advise(err, "`console` shows what it does, `destroy` ends it at once");
            return -ETIMEDOUT;
        }
        pv_wait(&registry_changed, next < deadline ? next : deadline);
    }
    return toolstack_ok(err);
}

int toolstack_shutdown(domid_t domid, const char *request, uint64_t timeout_ns, struct toolstack_error *err)
{
    const struct managed *m;
    bool managed;
    uint8_t uuid[16] = { 0 };
    int rc;

    if (domid == 0) {
        toolstack_fail(err, -EPERM, "Domain-0", "the control domain does not shut down this way");
        toolstack_advise(err, "`poweroff` ends the host");
        return -EPERM;
    }
    rc = find_listening(domid, err);
    if (rc)
        return rc;
    m = registry_by_id(domid);
    managed = m != NULL;
    if (managed)
        memcpy(uuid, m->config.uuid, sizeof(uuid));
    rc = store_keys_set(domid, "control/shutdown", request);
    if (rc)
        return toolstack_fail(err, rc, name_of(domid), "writing control/shutdown failed");
    if (timeout_ns == 0)
        return toolstack_ok(err);
    return wait_for_end(domid, uuid, managed, !strcmp(request, "reboot"), timeout_ns, err);
}

/* -- the others ------------------------------------------------------------------------------------------ */

int toolstack_rename(domid_t domid, const char *name, struct toolstack_error *err)
{
    const char *problem = config_name_problem(name);
    struct managed *m = registry_by_id(domid);
    int rc;

    if (problem)
        return toolstack_fail(err, -EINVAL, name, "a name %s", problem);
    if (domid == 0)
        return toolstack_fail(err, -EPERM, "Domain-0", "the control domain keeps its name");
    if (!m)
        return toolstack_fail(err, -ENOENT, "", "domain %u was not created here", domid);
    rc = lifecycle_check_name(name, m, err);
    if (rc)
        return rc;
    m = registry_by_id(domid);
    if (!m || m->state != MANAGED_ALIVE)
        return toolstack_fail(err, -EBUSY, name, "domain %u is being created or destroyed", domid);
    if (registry_by_name(name) && registry_by_name(name) != m)
        return toolstack_fail(err, -EEXIST, name, "a domain with this name exists already");
    strcpy(m->config.name, name);
    console_domain_rename(domid, name);
    rc = store_keys_rename(domid, m->config.uuid, name);
    return rc ? toolstack_fail(err, rc, name, "writing the name to the store failed") : toolstack_ok(err);
}

int toolstack_sysrq(domid_t domid, char letter, struct toolstack_error *err)
{
    char value[2] = { letter, 0 };
    int rc = find_listening(domid, err);

    if (rc)
        return rc;
    if (letter <= ' ' || letter > '~')
        return toolstack_fail(err, -EINVAL, name_of(domid), "a sysrq is one printable letter");
    rc = store_keys_set(domid, "control/sysrq", value);
    return rc ? toolstack_fail(err, rc, name_of(domid), "writing control/sysrq failed") : toolstack_ok(err);
}

int toolstack_trigger(domid_t domid, const char *trigger, unsigned vcpu, struct toolstack_error *err)
{
    static const char *const names[] = {
        [XEN_DOMCTL_SENDTRIGGER_NMI] = "nmi",     [XEN_DOMCTL_SENDTRIGGER_RESET] = "reset",
        [XEN_DOMCTL_SENDTRIGGER_INIT] = "init",   [XEN_DOMCTL_SENDTRIGGER_POWER] = "power",
        [XEN_DOMCTL_SENDTRIGGER_SLEEP] = "sleep",
    };
    unsigned number = 0;
    int rc;

    while (number < sizeof(names) / sizeof(names[0]) && strcmp(names[number], trigger))
        number++;
    if (number == sizeof(names) / sizeof(names[0]))
        return toolstack_fail(err, -EINVAL, name_of(domid),
                              "`%.20s` is none of nmi, reset, init, power, sleep", trigger);
    rc = control_trigger(domid, number, vcpu);
    if (rc == -ESRCH)
        return no_domain(domid, err);
    if (rc == -ENOSYS || rc == -EOPNOTSUPP)
        return toolstack_fail(err, -EOPNOTSUPP, name_of(domid), "a PV domain does not know the trigger %s",
                              trigger);
    return rc ? toolstack_fail(err, rc, name_of(domid), "sending %s to vcpu %u failed", trigger, vcpu)
              : toolstack_ok(err);
}

static int set_kib(domid_t domid, const char *key, uint64_t kib)
{
    char text[24];

    snprintf(text, sizeof(text), "%llu", (unsigned long long)kib);
    return store_keys_set(domid, key, text);
}

int toolstack_mem_set(domid_t domid, uint64_t kib, struct toolstack_error *err)
{
    struct xen_domctl_getdomaininfo info;
    int rc = find_live(domid, &info, err);

    if (rc)
        return rc;
    if (kib == 0 || kib / 4 > info.max_pages) {
        toolstack_fail(err, -EINVAL, name_of(domid), "%llu KiB is not between 1 and its maximum of %llu KiB",
                       (unsigned long long)kib, (unsigned long long)info.max_pages * 4);
        toolstack_advise(err, "`mem-max` raises the maximum");
        return -EINVAL;
    }
    rc = set_kib(domid, "memory/target", kib);
    return rc ? toolstack_fail(err, rc, name_of(domid), "writing memory/target failed") : toolstack_ok(err);
}

int toolstack_mem_max(domid_t domid, uint64_t kib, struct toolstack_error *err)
{
    struct xen_domctl_getdomaininfo info;
    struct managed *m;
    int rc = find_live(domid, &info, err);

    if (rc)
        return rc;
    if (kib / 4 < info.tot_pages)
        return toolstack_fail(err, -EINVAL, name_of(domid), "it owns %llu KiB already",
                              (unsigned long long)info.tot_pages * 4);
    rc = control_max_memory(domid, kib);
    if (rc)
        return toolstack_fail(err, rc, name_of(domid), "the hypervisor refused the limit");
    m = registry_by_id(domid);
    if (m)
        m->config.maxmem_kib = kib;
    rc = set_kib(domid, "memory/static-max", kib);
    if (rc)
        return toolstack_fail(err, rc, name_of(domid), "writing memory/static-max failed");
    return toolstack_ok(err);
}
