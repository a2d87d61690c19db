/* ldt_user.c: the local table in guest user mode. Its pages are the kernel's to map: user code that loads
 * a selector must not need them in its own tables, nor reach past the table. The class of bug: the page
 * looked for in the wrong address space; a fault in the hypervisor at its own place for the table. */
#include "descriptors.h"
#include "trip.h"

#include <string.h>

#define SELECTOR(n) ((n) * 8 + 4 + 3)
#define LOAD(reg) CODE64("mov $0x1f, %%eax; mov %%eax, %%" reg)    /* descriptor 3 of the LDT */

static uint64_t *pages;

/* The selector stays in the register: put back before anything else may need it. */
static void load_in(const char *name, struct code code, uint64_t cs, const char *want)
{
    struct trip t = trip_to(code, cs);

    t.ignore = TRIP_REG(rax);
    trip_run(&t);
    __asm__ volatile("mov %0, %%ds; mov %0, %%es; mov %0, %%fs; mov %0, %%gs" : : "r"(0));
    check_text(name, trip_text(&t), want);
}

static void fresh(uint64_t third, unsigned long entries)
{
    set_ldt(NULL, 0);
    make_writable(pages);
    pages[3] = third;
    make_read_only(pages);
    set_ldt(pages, entries);
}

static void loads(uint64_t cs, const char *mode, unsigned int error)
{
    fresh(DATA_DPL3, 8);
    load_in(named("%s: load ES, data in the LDT", mode), LOAD("es"), cs, "goes on, es 1f");
    load_in(named("%s: load FS, data in the LDT", mode), LOAD("fs"), cs, "goes on, fs 1f");
    fresh(0, 8);
    load_in(named("%s: load ES, empty descriptor in the LDT", mode), LOAD("es"), cs, "#GP(1c) at +5");
    fresh(DATA_DPL3 & ~(1UL << 47), 8);
    load_in(named("%s: load ES, absent data in the LDT", mode), LOAD("es"), cs, "#NP(1c) at +5");
    fresh(DATA_DPL3, 3);
    load_in(named("%s: load ES, beyond the LDT, XSA-298", mode), LOAD("es"), cs, "#GP(1c) at +5");
    set_ldt((void *)TRIP_DATA, 8);    /* which is mapped writable */
    load_in(named("%s: load ES, an LDT page mapped writable", mode), LOAD("es"), cs,
            named("#PF(%u) at +5, address 0x60002018", error));
    set_ldt(NULL, 0);
    load_in(named("%s: load ES, without LDT", mode), LOAD("es"), cs, "#GP(1c) at +5");
}

/* Code in the LDT: user mode that runs on it. */
static void runs_on(void)
{
    static const struct { const char *what; uint64_t descriptor; const char *want; } rows[] = {
        { "64-bit code", CODE64_DPL3, "goes on" },
        { "32-bit code", CODE32_DPL3, "goes on" },
        { "data", DATA_DPL3, "#GP(1c) at +0" },
        { "absent code", CODE64_DPL3 & ~(1UL << 47), "#NP(1c) at +0" },
        { "an empty descriptor", 0, "#GP(1c) at +0" },
    };

    for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct trip t = trip_to(CODE64("nop"), FLAT_USER_CS32);

        t.start.cs = SELECTOR(3);
        fresh(rows[i].descriptor, 8);
        trip_check(named("iret to a code segment in the LDT: %s", rows[i].what), &t, rows[i].want);
    }
    set_ldt(NULL, 0);
}

void test_ldt_user(void)
{
    trip_init();
    pages = pv_pages_alloc(1);
    loads(TRIP_KERNEL_CS, "kernel", 0);
    loads(FLAT_USER_CS64, "user", 4);
    runs_on();
    make_writable(pages);
    memset(pages, 0, PV_PAGE_SIZE);
    pv_pages_free(pages, 1);
}
