/* callbacks.c: entry points of the guest kernel. The class of bug: an address that is stored unchecked and
 * later loaded as an instruction pointer in the hypervisor (XSA-193), a type used as an index. */
#include "calls.h"
#include "case.h"

#include <xen/callback.h>
#include <xen/nmi.h>

/* The kit's entries, which are put back after each case. */
extern char pv_entry_event[], pv_entry_failsafe[], pv_entry_syscall[], pv_trap_stubs[];

/* An upcall that counts, then does what the kit's does. */
extern char counting_upcall[];
extern volatile unsigned int moved_upcalls;
volatile unsigned int moved_upcalls;
__asm__(".pushsection .text\n"
        "counting_upcall: incl moved_upcalls(%rip)\n"
        "    jmp pv_entry_event\n"
        ".popsection");

#define LOW_TOP  0x00007fffffffffffUL
#define HOLE     0x0000800000000000UL
#define HOLE_TOP 0xffff7fffffffffffUL

static volatile unsigned int events;

static void on_event(evtchn_port_t port, void *arg)
{
    (void)port;
    (void)arg;
    events++;
}

static long register_callback(unsigned int type, unsigned int flags, unsigned long address)
{
    struct callback_register reg = { .type = (uint16_t)type, .flags = (uint16_t)flags, .address = address };

    return HYPERVISOR_callback_op(CALLBACKOP_register, &reg);
}

static void put_back(void)
{
    HYPERVISOR_set_callbacks(pv_entry_event, pv_entry_failsafe, pv_entry_syscall);
    register_callback(CALLBACKTYPE_nmi, 0, (unsigned long)pv_trap_stubs + 2 * 16);
}

/* An event to ourselves. True if it came, once; *moved: upcalls went to the counting entry. Others than ours
 * may come in between. */
static bool event_comes(bool *moved)
{
    int port = pv_event_bind_ipi(on_event, NULL);
    bool on;

    events = moved_upcalls = 0;
    on = pv_upcalls_disable();
    pv_event_send((evtchn_port_t)port);
    pv_upcalls_restore(on);
    pv_event_close((evtchn_port_t)port);
    *moved = moved_upcalls > 0;
    return events == 1;
}

static bool upcalls_are_the_kits(void)
{
    bool moved;

    return event_comes(&moved) && !moved;
}

static bool upcalls_are_moved(void)
{
    bool moved;

    return event_comes(&moved) && moved;
}

void callbacks_register(void)
{
    static const struct {
        const char *name;
        unsigned int type;
        long want;
    } types[] = {
        { "event", CALLBACKTYPE_event, 0 },
        { "failsafe", CALLBACKTYPE_failsafe, 0 },
        { "syscall", CALLBACKTYPE_syscall, 0 },
        { "sysenter_deprecated", CALLBACKTYPE_sysenter_deprecated, -XEN_ENOSYS },
        { "nmi", CALLBACKTYPE_nmi, 0 },
        { "sysenter", CALLBACKTYPE_sysenter, 0 },
        { "6", 6, -XEN_ENOSYS },
        { "syscall32", CALLBACKTYPE_syscall32, 0 },
        { "8", 8, -XEN_ENOSYS },
        { "99", 99, -XEN_ENOSYS },
        { "65535", 0xffff, -XEN_ENOSYS },
    };
    static const struct {
        const char *name;
        unsigned long at;
        bool good;
    } places[] = {
        { "the kit's entry", 0, true },
        { "the first address of the hole", HOLE, false },
        { "the middle of the hole", 0x8000000000000000UL, false },
        { "the last address of the hole", HOLE_TOP, false },
    };
    unsigned int i, k;

    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        for (k = 0; k < sizeof(places) / sizeof(places[0]); k++) {
            unsigned long at = places[k].at ? places[k].at : (unsigned long)pv_entry_event;
            long rc = register_callback(types[i].type, CALLBACKF_mask_events, at);

            put_back();
            check(named("CALLBACKOP_register, type %s, %s, XSA-193", types[i].name, places[k].name), rc,
                  places[k].good ? types[i].want : -XEN_EINVAL);
        }
    check("CALLBACKOP_register, event, unknown flags",
          register_callback(CALLBACKTYPE_event, 0xfffe, (unsigned long)pv_entry_event), 0);
    check("CALLBACKOP_register, argument unmapped", HYPERVISOR_callback_op(CALLBACKOP_register, UNMAPPED),
          -XEN_EFAULT);
    check("CALLBACKOP_register, argument at the hypervisor's address",
          HYPERVISOR_callback_op(CALLBACKOP_register, HYPERVISOR_SPACE), -XEN_EFAULT);
    check("CALLBACKOP_register, argument non-canonical",
          HYPERVISOR_callback_op(CALLBACKOP_register, NON_CANONICAL),
          -XEN_EFAULT);
    check("command 2", HYPERVISOR_callback_op(2, UNMAPPED), -XEN_ENOSYS);
    check("command -1", HYPERVISOR_callback_op(-1, UNMAPPED), -XEN_ENOSYS);
}

void callbacks_unregister(void)
{
    static const struct {
        const char *name;
        unsigned int type;
        long want;
    } rows[] = {
        { "event", CALLBACKTYPE_event, -XEN_EINVAL },
        { "failsafe", CALLBACKTYPE_failsafe, -XEN_EINVAL },
        { "syscall", CALLBACKTYPE_syscall, -XEN_EINVAL },
        { "sysenter_deprecated", CALLBACKTYPE_sysenter_deprecated, -XEN_ENOSYS },
        { "nmi", CALLBACKTYPE_nmi, 0 },
        { "sysenter", CALLBACKTYPE_sysenter, -XEN_EINVAL },
        { "6", 6, -XEN_ENOSYS },
        { "syscall32", CALLBACKTYPE_syscall32, -XEN_EINVAL },
        { "99", 99, -XEN_ENOSYS },
        { "65535", 0xffff, -XEN_ENOSYS },
    };
    unsigned int i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct callback_unregister unreg = { .type = (uint16_t)rows[i].type };

        check(named("CALLBACKOP_unregister, type %s", rows[i].name),
              HYPERVISOR_callback_op(CALLBACKOP_unregister, &unreg), rows[i].want);
    }
    check("CALLBACKOP_unregister, argument unmapped", HYPERVISOR_callback_op(CALLBACKOP_unregister, UNMAPPED),
          -XEN_EFAULT);
    check("CALLBACKOP_unregister, argument at the hypervisor's address",
          HYPERVISOR_callback_op(CALLBACKOP_unregister, HYPERVISOR_SPACE), -XEN_EFAULT);
    put_back();
    check_true("after that events still arrive where they did", upcalls_are_the_kits());
}

/* Which entry an event takes. */
void callbacks_event(void)
{
    static const struct {
        const char *name;
        unsigned long event, failsafe;
    } bad[] = {
        { "event in the hole", HOLE, 0 },
        { "failsafe in the hole", 0, HOLE },
        { "both in the hole", HOLE_TOP, HOLE_TOP },
    };
    unsigned int i;

    check_state("CALLBACKOP_register moves the event's entry",
                register_callback(CALLBACKTYPE_event, 0, (unsigned long)counting_upcall), 0,
                "events take the new entry", upcalls_are_moved());
    check_state("a refused one in between", register_callback(CALLBACKTYPE_event, 0, HOLE), -XEN_EINVAL,
                "the entry is still the new one", upcalls_are_moved());
    check_state("and back", register_callback(CALLBACKTYPE_event, 0, (unsigned long)pv_entry_event), 0,
                "events take the old entry", upcalls_are_the_kits());
    check_state("set_callbacks moves it too",
                HYPERVISOR_set_callbacks(counting_upcall, pv_entry_failsafe, pv_entry_syscall), 0,
                "events take the new entry", upcalls_are_moved());
    put_back();
    check_true("and back again", upcalls_are_the_kits());
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const char *event = bad[i].event ? (char *)bad[i].event : pv_entry_event;
        const char *failsafe = bad[i].failsafe ? (char *)bad[i].failsafe : pv_entry_failsafe;

        check_state(named("set_callbacks, %s, XSA-193", bad[i].name),
                    HYPERVISOR_set_callbacks(event, failsafe, pv_entry_syscall), 0,
                    "events take the old entry", upcalls_are_the_kits());
    }
    check("set_callbacks, syscall in the hole, XSA-193",
          HYPERVISOR_set_callbacks(pv_entry_event, pv_entry_failsafe, (void *)HOLE), 0);
    put_back();
}

void callbacks_nmi(void)
{
    static const struct {
        const char *name;
        unsigned long at;
        long want;
    } rows[] = {
        { "the kit's entry", 0, 0 },
        { "the end of the lower half", LOW_TOP, 0 },
        { "the first address of the hole", HOLE, -XEN_EINVAL },
        { "the last address of the hole", HOLE_TOP, -XEN_EINVAL },
        { "the last address", ~0UL, 0 },
    };
    unsigned int i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct xennmi_callback nmi = {
            .handler_address = rows[i].at ? rows[i].at : (unsigned long)pv_trap_stubs + 2 * 16,
        };

        check(named("XENNMI_register_callback, %s, XSA-193", rows[i].name),
              HYPERVISOR_nmi_op(XENNMI_register_callback, &nmi), rows[i].want);
    }
    check("XENNMI_register_callback, argument unmapped",
          HYPERVISOR_nmi_op(XENNMI_register_callback, UNMAPPED),
          -XEN_EFAULT);
    check("XENNMI_register_callback, argument at the hypervisor's address",
          HYPERVISOR_nmi_op(XENNMI_register_callback, HYPERVISOR_SPACE), -XEN_EFAULT);
    check("XENNMI_unregister_callback", HYPERVISOR_nmi_op(XENNMI_unregister_callback, NULL), 0);
    check("XENNMI_unregister_callback, twice", HYPERVISOR_nmi_op(XENNMI_unregister_callback, NULL), 0);
    check("command 2", HYPERVISOR_nmi_op(2, UNMAPPED), -XEN_ENOSYS);
    check("command 2^32 - 1", HYPERVISOR_nmi_op(0xffffffff, UNMAPPED), -XEN_ENOSYS);
    put_back();
}
