/* selftest.c: runs the groups and counts. The last line is the result. */
#include "selftest.h"

#include <stdio.h>
#include <string.h>
#include <xen/version.h>
#include <pv/error.h>
#include <pv/sched.h>

bool on_enso;
domid_t own_domid;

static unsigned int passed, failed;

/* An answer in words: a number, an error's name, or a trap. */
static const char *describe(long value, char *text, size_t size)
{
    if (value >= TRAP(0, 0) && value <= TRAP(255, 0xffff))
        snprintf(text, size, "trap %ld error %lx", (value >> 16) & 0xff, value & 0xffff);
    else if (value < 0 && value > -200)
        snprintf(text, size, "-%s", pv_xen_errno_name(value));
    else
        snprintf(text, size, "%ld (%#lx)", value, value);
    return text;
}

void check(const char *name, long got, long want)
{
    char a[40], b[40];

    if (got == want) {
        passed++;
        printf("ok %s\n", name);
        return;
    }
    failed++;
    printf("FAIL %s: %s instead of %s\n", name, describe(got, a, sizeof(a)), describe(want, b, sizeof(b)));
}

void check_true(const char *name, bool ok)
{
    passed += ok;
    failed += !ok;
    printf("%s %s\n", ok ? "ok" : "FAIL", name);
}

void check_design(const char *name, long got, long xen, long enso)
{
    check(name, got, on_enso ? enso : xen);
}

void check_nobody(const char *name, long got)
{
    check_design(name, got, -XEN_ESRCH, pv_is_control_domain() ? -XEN_ESRCH : -XEN_EPERM);
}

void check_refused(const char *name, long got)
{
    char text[40];

    if ((got < 0 && got > -200) || got >= TRAP(0, 0)) {
        check_true(name, true);
        return;
    }
    failed++;
    printf("FAIL %s: %s instead of a refusal\n", name, describe(got, text, sizeof(text)));
}

long mmu_update1(uint64_t ptr, uint64_t val)
{
    struct mmu_update u = { .ptr = ptr, .val = val };

    return HYPERVISOR_mmu_update(&u, 1, NULL, DOMID_SELF);
}

long mmuext1(unsigned int cmd, xen_pfn_t mfn)
{
    struct mmuext_op op = { .cmd = cmd, .arg1.mfn = mfn };

    return HYPERVISOR_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

long set_va(const void *va, uint64_t entry)
{
    return HYPERVISOR_update_va_mapping((unsigned long)va, entry, UVMF_INVLPG | UVMF_ALL);
}

/* The hypervisor tells the number of the domain for which an unbound port is open. */
static domid_t find_own_domid(void)
{
    struct evtchn_alloc_unbound alloc = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };
    struct evtchn_status status = { .dom = DOMID_SELF };
    struct evtchn_close close;

    HYPERVISOR_event_channel_op(EVTCHNOP_alloc_unbound, &alloc);
    status.port = close.port = alloc.port;
    HYPERVISOR_event_channel_op(EVTCHNOP_status, &status);
    HYPERVISOR_event_channel_op(EVTCHNOP_close, &close);
    return status.u.unbound.dom;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } groups[] = {
        { "calls", test_calls }, { "descriptors", test_descriptors }, { "events", test_events },
        { "grants", test_grants }, { "pagetables", test_pagetables }, { "pins", test_pins },
        { "foreign", test_foreign }, { "traps", test_traps }, { "emulation", test_emulation },
        { "user", test_user }, { "timers", test_timers }, { "fpu", test_fpu }, { "kit", test_kit },
    };
    xen_extraversion_t extra = "";
    unsigned int i;

    HYPERVISOR_xen_version(XENVER_extraversion, extra);
    on_enso = strstr(extra, "-enso") != NULL;
    own_domid = find_own_domid();
    printf("selftest: domain %u on %s, %s\n", own_domid, on_enso ? "Enso" : "Xen",
           pv_is_control_domain() ? "initial domain" : "domU");
    probe_init();
    for (i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        if (argc > 1 && strcmp(argv[1], groups[i].name) != 0)
            continue;
        printf("selftest: %s\n", groups[i].name);
        groups[i].run();
    }
    printf("selftest: %u passed, %u failed\n", passed, failed);
    fflush(stdout);
    pv_sleep_ns(PV_NS_PER_SEC / 5);    /* the console's other end may still be reading */
    pv_shutdown(failed ? SHUTDOWN_crash : SHUTDOWN_poweroff);
}
