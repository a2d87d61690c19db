/* Taking domains apart. */
#include <errno.h>

#include <pv/thread.h>
#include <pv/time.h>

#include "backends/console/consoled.h"
#include "control.h"
#include "disk.h"
#include "lifecycle.h"
#include "store_keys.h"
#include "vif.h"
#include "xenstore/xenstored.h"

#define GONE_WITHIN_NS (500 * PV_NS_PER_MS)
#define QUICK_LOOKS    32 /* yields before looking only once a millisecond */

/* The hypervisor keeps a dead domain as long as anybody maps its frames; the store and consoled let go in
 * their own threads. Whoever else holds on is not waited for. */
static void wait_until_gone(domid_t domid)
{
    uint64_t deadline = pv_now_ns() + GONE_WITHIN_NS;
    struct xen_domctl_getdomaininfo info;

    for (unsigned looks = 0; control_info(domid, &info) == 0 && pv_now_ns() < deadline; looks++) {
        if (looks < QUICK_LOOKS)
            pv_yield();
        else
            pv_sleep_ns(PV_NS_PER_MS);
    }
}

int lifecycle_remove(domid_t domid, const uint8_t uuid[16], const char *name, struct toolstack_error *err)
{
    int rc;

    control_pause(domid); /* what it prints from now on would be lost */
    console_domain_gone(domid);
    rc = control_destroy(domid);
    if (rc && rc != -ESRCH) {
        toolstack_fail(err, rc, name, "the hypervisor did not destroy domain %u", domid);
        toolstack_advise(err, "try again; `dmesg` may tell more");
        return rc;
    }
    xenstore_domain_gone(domid);
    store_keys_remove(domid, uuid);
    disk_remove_all(domid);
    vif_remove_all(domid);
    wait_until_gone(domid);
    return toolstack_ok(err);
}

/* Another thread is at it: wait for the outcome. */
static void wait_for_owner(domid_t domid)
{
    struct managed *m;

    while ((m = registry_by_id(domid)) != NULL && m->state != MANAGED_ALIVE)
        pv_wait(&registry_changed, UINT64_MAX);
}

static bool is_being_cancelled(const struct managed *m)
{
    return m && m->state == MANAGED_CREATING && m->cancel;
}

/* It has no number yet (its kernel is being unpacked). A new entry of
 * this name is not the one we wait for. */
static int cancel_creation(struct managed *m, const char *name, struct toolstack_error *err)
{
    m->cancel = true;
    while (is_being_cancelled(registry_by_name(name)))
        pv_wait(&registry_changed, UINT64_MAX);
    return toolstack_ok(err);
}

static int destroy_managed(struct managed *m, struct toolstack_error *err)
{
    int rc;

    registry_set_state(m, MANAGED_DYING);
    rc = lifecycle_remove(m->domid, m->config.uuid, m->config.name, err);
    if (rc)
        registry_set_state(m, MANAGED_ALIVE);
    else
        registry_remove(m);
    return rc;
}

static int destroy_unmanaged(domid_t domid, struct toolstack_error *err)
{
    struct xen_domctl_getdomaininfo info;
    char name[CONFIG_NAME_SIZE];

    if (control_info(domid, &info))
        return toolstack_fail(err, -ENOENT, "", "there is no domain %u", domid);
    store_keys_name(domid, name);
    return lifecycle_remove(domid, info.handle, name, err);
}

static int destroy_domain(domid_t domid, struct toolstack_error *err)
{
    struct managed *m = registry_by_id(domid);

    if (domid == 0) {
        toolstack_fail(err, -EPERM, "Domain-0", "the control domain cannot be destroyed");
        toolstack_advise(err, "`poweroff` ends the host");
        return -EPERM;
    }
    if (!m)
        return destroy_unmanaged(domid, err);
    if (m->state == MANAGED_ALIVE)
        return destroy_managed(m, err);
    if (m->state == MANAGED_CREATING)
        m->cancel = true;
    wait_for_owner(domid);
    m = registry_by_id(domid);
    return m ? destroy_managed(m, err) : toolstack_ok(err);
}

int toolstack_destroy(const char *name_or_id, struct toolstack_error *err)
{
    struct managed *m = registry_by_name(name_or_id);
    domid_t domid;
    int rc;

    if (m && m->domid == DOMID_INVALID)
        return cancel_creation(m, name_or_id, err);
    rc = toolstack_find(name_or_id, &domid, err);
    return rc ? rc : destroy_domain(domid, err);
}
