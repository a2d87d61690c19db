/* table.c: the trap table: what may be in it, what of it counts, and software interrupts through it. The
 * class of bug: a table half taken, an entry that leads into the hypervisor, a selector that is taken as
 * it is. */
#include "traps.h"
#include "softints.h"

#include <string.h>
#include <pv/error.h>



static struct trap_info entry(uint8_t vector, uint8_t flags, uint16_t cs, unsigned long address)
{
    return (struct trap_info){ .vector = vector, .flags = flags, .cs = cs, .address = address };
}

/* Where the breakpoint leads now. */
static const char *leads(void)
{
    struct trip t = trip_to(CODE64("int3; nop"), TRIP_KERNEL_CS);

    trip_run(&t);
    return trip_text(&t);
}

/* The call's answer, and what the entry of #BP then is. */
static void sets(const char *name, const struct trap_info *table, const char *want)
{
    long rc = HYPERVISOR_set_trap_table(table);
    const char *error = rc < 0 ? "-" : "", *number = rc ? pv_xen_errno_name(rc) : "0";

    check_text(name, named("%s%s, int3: %s", error, number, leads()), want);
    trip_gates();
}

static void arguments(void)
{
    struct trap_info none = { 0 }, *last = (struct trap_info *)(trip_data + PV_PAGE_SIZE) - 1;
    struct trap_info t[3] = { { 0 } };

    sets("set_trap_table, empty", &none, "0, int3: #BP at +1");
    t[0] = entry(3, 3, FLAT_KERNEL_CS, TRIP_ENTRY(0x33));
    sets("set_trap_table, one entry", t, "0, int3: vector 0x33 at +1");
    t[1] = entry(3, 3, FLAT_KERNEL_CS, TRIP_ENTRY(0x34));
    sets("set_trap_table, two entries of one vector", t, "0, int3: vector 0x34 at +1");
    t[0].address = 0;
    sets("set_trap_table, an entry behind the end", t, "0, int3: #BP at +1");
    t[0] = entry(3, 3, FLAT_KERNEL_CS, 0x900000000000);
    sets("set_trap_table, a handler that is non-canonical", t, "-EINVAL, int3: #BP at +1");
    t[0] = entry(3, 3, FLAT_KERNEL_CS, TRIP_ENTRY(0x33));
    t[1] = entry(4, 3, FLAT_KERNEL_CS, 0x900000000000);
    sets("set_trap_table, the second handler non-canonical", t, "-EINVAL, int3: vector 0x33 at +1");
    sets("set_trap_table, not mapped", UNMAPPED, "-EFAULT, int3: #BP at +1");
    sets("set_trap_table, in the hypervisor", HYPERVISOR_SPACE, "-EFAULT, int3: #BP at +1");
    sets("set_trap_table, non-canonical", NON_CANONICAL, "-EFAULT, int3: #BP at +1");
    sets("set_trap_table, the last bytes of the address space", (void *)~7UL, "-EFAULT, int3: #BP at +1");
    *last = t[0];
    sets("set_trap_table, the second entry in the page behind, which is read-only and 0",
         (struct trap_info *)(TRIP_DATA + PV_PAGE_SIZE) - 1, "0, int3: vector 0x33 at +1");
    memcpy(trip_const + PV_PAGE_SIZE - sizeof(t[0]), &t[0], sizeof(t[0]));
    sets("set_trap_table, the second entry not mapped", (struct trap_info *)(TRIP_CONST + PV_PAGE_SIZE) - 1,
         "-EFAULT, int3: vector 0x33 at +1");
}

static void fields(void)
{
    struct trap_info t[2] = { { 0 } };

    t[0] = entry(3, 3, 0, TRIP_ENTRY(3));
    sets("set_trap_table, cs 0", t, "0, int3: #BP at +1");
    t[0].cs = 0xe008;
    sets("set_trap_table, cs of ring 0", t, "0, int3: #BP at +1");
    t[0].cs = FLAT_KERNEL_CS32;
    sets("set_trap_table, cs of 32 bits", t, "0, int3: #BP at +1");
    t[0].cs = 0xffff;
    sets("set_trap_table, cs beyond the GDT", t, "0, int3: #BP at +1");
    t[0] = entry(3, 7, FLAT_KERNEL_CS, TRIP_ENTRY(3));
    sets("set_trap_table, events masked", t, "0, int3: #BP at +1, handler mask 1");
    t[0].flags = 0xff;
    sets("set_trap_table, all flags", t, "0, int3: #BP at +1, handler mask 1");
    t[0].flags = 0xfb;
    sets("set_trap_table, all flags but the one that masks events", t, "0, int3: #BP at +1");
    t[0].flags = 0;
    sets("set_trap_table, level 0", t, "0, int3: #BP at +1");
}

/* Handlers that cannot be run: the fault is the guest's again, at the handler. */
static void handlers(void)
{
    struct trap_info t[2] = { { 0 } };

    t[0] = entry(3, 3, FLAT_KERNEL_CS, TRIP_HOLE);
    sets("set_trap_table, a handler that is not mapped", t,
         "0, int3: #PF(10) at 0x60001000, address 0x60001000, rsp -56, r11=202, rcx=60001000");
    t[0].address = TRIP_DATA;
    sets("set_trap_table, a handler that is not executable", t,
         "0, int3: #PF(11) at 0x60002000, address 0x60002000, rsp -56, r11=202, rcx=60002000");
    t[0].address = 0xffff82d040000000;
    sets("set_trap_table, a handler in the hypervisor", t,
         "0, int3: #PF(10) at 0xffff82d040000000, address 0xffff82d040000000, rsp -56, r11=202, "
         "rcx=ffff82d040000000");
    t[0].address = 0xffff800000000000;
    sets("set_trap_table, a handler in the machine-to-physical table", t,
         "0, int3: #PF(11) at 0xffff800000000000, address 0xffff800000000000, rsp -56, r11=202, "
         "rcx=ffff800000000000");
}

static void masking(void)
{
    struct trip t = trip_to(CODE64("ud2; nop"), TRIP_KERNEL_CS);

    trip_gate(6, 4, TRIP_ENTRY(6));
    trip_check("an exception whose entry masks events", &t, "#UD at +0, handler mask 1");
    t.start.rflags &= ~0x200UL;
    trip_check("the same while they are masked", &t, "#UD at +0");
    trip_gate(6, 0, TRIP_ENTRY(6));
    trip_check("an exception whose entry does not mask events, while they are masked", &t, "#UD at +0");
    trip_gates();
}

void test_table(void)
{
    memset(trip_data, 0, PV_PAGE_SIZE);
    memset(trip_const, 0, PV_PAGE_SIZE);
    arguments();
    fields();
    handlers();
    masking();
}

void test_softints(void)
{
    softints_all(TRIP_KERNEL_CS, 0, "#GP(8n+2): 0, #GP(16n+2): 1-2 5-127 129-255, vector n: 3-4 128");
    softints_all(TRIP_KERNEL_CS, 1, "vector n: 0 3-4 128, vector 2n: 1-2 5-127 129-255");
    softints_all(TRIP_KERNEL_CS, 2, "vector n: 0 3-4 128, vector 2n: 1-2 5-127 129-255");
    softints_all(TRIP_KERNEL_CS, 3, "vector n: 0 3-4 128, vector 2n: 1-2 5-127 129-255");
    softints_int80(TRIP_KERNEL_CS);
}
