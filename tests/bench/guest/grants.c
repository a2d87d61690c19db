/* grants.c: grants to ourselves: map and unmap at an address, and copies. */
#include "bench.h"

#include <string.h>
#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <pv/grant.h>

static domid_t self;
static char *page, *window, *target;
static grant_ref_t ref;

static uint32_t op(unsigned int cmd, void *arg)
{
    struct call c = CALL(grant_table_op, .a1 = cmd, .a2 = (uint64_t)arg, .a3 = 1);

    return cost(&c);
}

static void check(const char *what, int16_t status)
{
    if (status != GNTST_okay)
        fail("%s: status %d", what, status);
}

static uint32_t map_and_unmap(void)
{
    struct gnttab_map_grant_ref map = {
        .host_addr = (uint64_t)window, .flags = GNTMAP_host_map, .ref = ref, .dom = self,
    };
    struct gnttab_unmap_grant_ref unmap = { .host_addr = (uint64_t)window };
    uint32_t ticks = op(GNTTABOP_map_grant_ref, &map);

    check("map_grant_ref", map.status);
    unmap.handle = map.handle;
    ticks += op(GNTTABOP_unmap_grant_ref, &unmap) - CLOCK;
    check("unmap_grant_ref", unmap.status);
    return ticks;
}

static uint32_t copy(uint16_t length)
{
    struct gnttab_copy c = {
        .source = { .u.ref = ref, .domid = self },
        .dest = { .u.gmfn = pv_virt_to_mfn(target), .domid = DOMID_SELF },
        .len = length, .flags = GNTCOPY_source_gref,
    };
    uint32_t ticks = op(GNTTABOP_copy, &c);

    check("copy", c.status);
    return ticks;
}

static uint32_t copy_some(void) { return copy(64); }
static uint32_t copy_page(void) { return copy(PV_PAGE_SIZE); }

/* The hypervisor tells the number of the domain for which an unbound port is open. */
static domid_t own_number(void)
{
    struct evtchn_alloc_unbound alloc = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };
    struct evtchn_status status = { .dom = DOMID_SELF };
    struct evtchn_close close;

    must("alloc_unbound", HYPERVISOR_event_channel_op(EVTCHNOP_alloc_unbound, &alloc));
    status.port = close.port = alloc.port;
    must("status", HYPERVISOR_event_channel_op(EVTCHNOP_status, &status));
    must("close", HYPERVISOR_event_channel_op(EVTCHNOP_close, &close));
    return status.u.unbound.dom;
}

void bench_grants(void)
{
    int rc;

    self = own_number();
    page = pv_pages_alloc(1);
    window = pv_pages_alloc(1);
    target = pv_pages_alloc(1);
    rc = pv_grant_access(self, page, false);
    if (rc < 0)
        fail("grant_access: %d", rc);
    ref = (grant_ref_t)rc;
    uint64_t window_entry = entry_for(window, FLAGS_RW | PV_PTE_NX);

    set_entry(window, 0);
    bench("grant map and unmap, of ourselves", map_and_unmap);
    set_entry(window, window_entry);
    bench("grant copy of 64 bytes, of ourselves", copy_some);
    bench("grant copy of a page, of ourselves", copy_page);
    pv_grant_end(ref);
    pv_pages_free(page, 1);
    pv_pages_free(window, 1);
    pv_pages_free(target, 1);
}
