/* race.c: a second vcpu rewrites an entry, maps and unmaps, while we do. Who comes first is open; what must
 * hold is what each of us is told, and what is so afterwards. As a domU, which has two vcpus here. */
#include "grants.h"
#include "worker.h"

#include <string.h>

#define ROUNDS 1000
#define UNMAPS 60    /* each makes the other vcpu flush, and both wait for it */

static volatile bool stop;
static volatile unsigned int turns;
static uint32_t frames[2];

static void flip_frame(void *arg)
{
    (void)arg;
    while (!stop) {
        table[REF].frame = frames[turns & 1];
        turns++;
    }
}

static void flip_flags(void *arg)
{
    static const uint16_t flags[] = { GTF_permit_access, 0, GTF_permit_access | GTF_readonly,
                                      GTF_transitive };

    (void)arg;
    while (!stop) {
        table[REF].flags = flags[turns & 3];
        turns++;
    }
}

static void begin(void (*fn)(void *))
{
    stop = false;
    turns = 0;
    worker_begin(fn, NULL);
    while (turns == 0)
        continue;
}

static bool end(void)
{
    stop = true;
    return worker_end();
}

/* All bytes of one page, none of the other. */
static bool whole(const char *p)
{
    return (p[0] == 0x11 || p[0] == 0x22) && memcmp(p, p + 1, 63) == 0;
}

static void copies(void)
{
    struct gnttab_copy c = {
        .source = { .u.ref = REF, .domid = own_domid }, .flags = GNTCOPY_source_gref, .len = 64,
        .dest = { .u.gmfn = pv_virt_to_mfn(page[2]), .domid = DOMID_SELF },
    };
    unsigned int i, good = 0;

    begin(flip_frame);
    for (i = 0; i < ROUNDS; i++)
        good += copy1(&c) == GNTST_okay && whole(page[2]);
    check_state("copy from an entry whose frame changes all the time, XSA-500", end(), 1,
                "each was of one frame or the other", good == ROUNDS);
}

static void maps(void)
{
    unsigned int i, good = 0;

    begin(flip_frame);
    for (i = 0; i < ROUNDS; i++) {
        struct gnttab_map_grant_ref op = {
            .host_addr = (uintptr_t)spot[0], .flags = GNTMAP_host_map, .ref = REF, .dom = own_domid,
        };

        if (map_full(&op) == GNTST_okay && whole(spot[0]) &&
            (op.dev_bus_addr >> PV_PAGE_SHIFT == frames[0]) == (*spot[0] == 0x11))
            good += unmap(op.handle, spot[0]) == GNTST_okay;
    }
    check_state("map of an entry whose frame changes all the time, XSA-500", end(), 1,
                "each was of the frame that was told, and unmapped", good == ROUNDS);
    check_use("its entry", GNTST_okay, GNTST_okay, "unused");
}

static void permissions(void)
{
    unsigned int i, good = 0;
    grant_handle_t handle;
    int status;

    begin(flip_flags);
    for (i = 0; i < ROUNDS; i++) {
        status = map(REF, GNTMAP_host_map, spot[0], &handle);
        good += status == GNTST_okay ? unmap(handle, spot[0]) == GNTST_okay : status == GNTST_general_error;
    }
    check_state("map of an entry whose flags change all the time, XSA-316", end(), 1,
                "each was mapped or refused",
                good == ROUNDS);
    give(REF, page[0], GTF_permit_access);
    status = map(REF, GNTMAP_host_map, spot[0], &handle);
    check_use("map of it in peace", status, GNTST_okay, "reading writing");
    check_use("unmap of it", unmap(handle, spot[0]), GNTST_okay, "unused");
}

static volatile unsigned int others;

static bool there_and_back(const char *at)
{
    grant_handle_t handle;

    return map(REF, GNTMAP_host_map, at, &handle) == GNTST_okay && unmap(handle, at) == GNTST_okay;
}

static void map_and_unmap(void *arg)
{
    unsigned int i;

    (void)arg;
    for (i = 0; i < UNMAPS; i++) {
        turns++;
        others += there_and_back(spot[1]);
    }
}

static void together(void)
{
    unsigned int i, good = 0;
    bool answered;

    others = 0;
    begin(map_and_unmap);
    for (i = 0; i < UNMAPS; i++)
        good += there_and_back(spot[0]);
    answered = end();
    check_state("two vcpus map and unmap an entry, XSA-218 XSA-228", answered, 1, "none was refused",
                good == UNMAPS && others == UNMAPS);
    check_use("the entry of both", GNTST_okay, GNTST_okay, "unused");
}

static volatile grant_handle_t shared;
static volatile unsigned int round_at;
static volatile int other_status;

static void unmap_shared(void *arg)
{
    (void)arg;
    turns++;
    while (round_at == 0)
        continue;
    other_status = unmap(shared, spot[0]);
}

static void same_handle(void)
{
    unsigned int i, once = 0;

    for (i = 0; i < UNMAPS; i++) {
        grant_handle_t handle;
        int status;

        map(REF, GNTMAP_host_map, spot[0], &handle);
        shared = handle;
        round_at = 0;
        begin(unmap_shared);
        round_at = 1;
        status = unmap(handle, spot[0]);
        if (!end())
            break;
        once += (status == GNTST_okay) + (other_status == GNTST_okay) == 1;
    }
    check_state("two vcpus unmap one mapping, XSA-218", i, UNMAPS, "one of them each time", once == UNMAPS);
    check_use("the entry of it", GNTST_okay, GNTST_okay, "unused");
}

void test_races(void)
{
    if (pv_is_control_domain() || !worker_start())
        return;
    memset(page[0], 0x11, PV_PAGE_SIZE);
    memset(page[1], 0x22, PV_PAGE_SIZE);
    frames[0] = (uint32_t)pv_virt_to_mfn(page[0]);
    frames[1] = (uint32_t)pv_virt_to_mfn(page[1]);
    give(REF, page[0], GTF_permit_access);
    copies();
    maps();
    permissions();
    together();
    same_handle();
    worker_stop();
    take(REF);
    memset(page[0], 0, PV_PAGE_SIZE);
    memset(page[1], 0, PV_PAGE_SIZE);
    memset(page[2], 0, PV_PAGE_SIZE);
}
