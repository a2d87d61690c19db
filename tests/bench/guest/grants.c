/* grants.c: grants to ourselves: mapped and unmapped at an address, and copied from. */
#include "bench.h"

#include <string.h>
#include <xen/grant_table.h>
#include <pv/grant.h>

#define MANY 32

static domid_t self;
static char *pages, *windows, *targets;
static grant_ref_t refs[MANY];
static struct gnttab_unmap_grant_ref unmaps[MANY];
static uint32_t unmap_ticks;

static uint32_t op(unsigned int cmd, void *arg, unsigned int count)
{
    struct call c = CALL(grant_table_op, .a1 = cmd, .a2 = (uint64_t)arg, .a3 = count);

    return cost(&c);
}

static void check(const char *what, int16_t status)
{
    if (status != GNTST_okay)
        fail("%s: status %d", what, status);
}

/* The cost of mapping; what unmapping costs is left in unmap_ticks. */
static uint32_t map(unsigned int count)
{
    static struct gnttab_map_grant_ref maps[MANY];
    uint32_t ticks;
    unsigned int i;

    for (i = 0; i < count; i++)
        maps[i] = (struct gnttab_map_grant_ref){
            .host_addr = (uint64_t)(windows + i * PV_PAGE_SIZE), .flags = GNTMAP_host_map,
            .ref = refs[i], .dom = self,
        };
    ticks = op(GNTTABOP_map_grant_ref, maps, count);
    for (i = 0; i < count; i++) {
        check("map_grant_ref", maps[i].status);
        unmaps[i] = (struct gnttab_unmap_grant_ref){
            .host_addr = maps[i].host_addr, .handle = maps[i].handle,
        };
    }
    unmap_ticks = op(GNTTABOP_unmap_grant_ref, unmaps, count);
    for (i = 0; i < count; i++)
        check("unmap_grant_ref", unmaps[i].status);
    return ticks;
}

static uint32_t unmap(unsigned int count)
{
    map(count);
    return unmap_ticks;
}

static uint32_t copy(unsigned int count, uint16_t length)
{
    static struct gnttab_copy copies[MANY];
    uint32_t ticks;
    unsigned int i;

    for (i = 0; i < count; i++)
        copies[i] = (struct gnttab_copy){
            .source = { .u.ref = refs[i], .domid = self },
            .dest = { .u.gmfn = pv_virt_to_mfn(targets + i * PV_PAGE_SIZE), .domid = DOMID_SELF },
            .len = length, .flags = GNTCOPY_source_gref,
        };
    memset(targets, 0, PV_PAGE_SIZE);
    ticks = op(GNTTABOP_copy, copies, count);
    for (i = 0; i < count; i++)
        check("copy", copies[i].status);
    if (memcmp(targets, pages, length) != 0)
        fail("copy: other bytes arrived");
    return ticks;
}

static uint32_t map_1(void) { return map(1); }
static uint32_t map_32(void) { return map(MANY); }
static uint32_t unmap_1(void) { return unmap(1); }
static uint32_t unmap_32(void) { return unmap(MANY); }
static uint32_t copy_some(void) { return copy(1, 64); }
static uint32_t copy_some_32(void) { return copy(MANY, 64); }
static uint32_t copy_page(void) { return copy(1, PV_PAGE_SIZE); }
static uint32_t copy_page_32(void) { return copy(MANY, PV_PAGE_SIZE); }

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

static void prepare(void)
{
    unsigned int i;

    self = own_number();
    pages = pv_pages_alloc(MANY);
    windows = pv_pages_alloc(MANY);
    targets = pv_pages_alloc(MANY);
    memset(pages, 0x5a, MANY * PV_PAGE_SIZE);
    for (i = 0; i < MANY; i++) {
        int rc = pv_grant_access(self, pages + i * PV_PAGE_SIZE, false);

        if (rc < 0)
            fail("grant_access: %d", rc);
        refs[i] = (grant_ref_t)rc;
    }
}

static void bench_maps(void)
{
    static uint64_t entries[MANY];
    unsigned int i;

    for (i = 0; i < MANY; i++) {
        entries[i] = entry_for(windows + i * PV_PAGE_SIZE, FLAGS_RW | PV_PTE_NX);
        set_entry(windows + i * PV_PAGE_SIZE, 0);
    }
    bench("grant map of 1", map_1);
    bench_each("grant map of 32, each", map_32, MANY);
    bench("grant unmap of 1", unmap_1);
    bench_each("grant unmap of 32, each", unmap_32, MANY);
    for (i = 0; i < MANY; i++)
        set_entry(windows + i * PV_PAGE_SIZE, entries[i]);
}

void bench_grants(void)
{
    unsigned int i;

    prepare();
    group("grants");
    bench_maps();
    bench("grant copy of 64 bytes", copy_some);
    bench_each("grant copy of 32 times 64 bytes, each", copy_some_32, MANY);
    bench("grant copy of a page", copy_page);
    bench_each("grant copy of 32 pages, each", copy_page_32, MANY);
    for (i = 0; i < MANY; i++)
        pv_grant_end(refs[i]);
    pv_pages_free(pages, MANY);
    pv_pages_free(windows, MANY);
    pv_pages_free(targets, MANY);
}
