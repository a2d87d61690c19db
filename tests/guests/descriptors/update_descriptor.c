/* update_descriptor.c: single descriptors written by hypercall. The class of bug: a gate or a system
 * segment that gets in through a combination of bits nobody thought of; a write into a page that is none of
 * ours. */
#include "descriptors.h"

#include <string.h>

#define P (1UL << 47)
#define S (1UL << 44)
#define L (1UL << 53)
#define D (1UL << 54)
#define G (1UL << 55)
#define DPL(n) ((uint64_t)(n) << 45)
#define TYPE(n) ((uint64_t)(n) << 40)
#define LIMIT_MAX 0x000f00000000ffffUL

#define SLOT 16    /* of the page: the descriptor that is written */

static volatile uint64_t *page;      /* the GDT */
static unsigned long frame;

static uint64_t slot_address(void)
{
    return (uint64_t)frame << PV_PAGE_SHIFT | SLOT * 8;
}

/* Writes one; says whether what is in the page then is what it should be, or, refused, what it was. */
static void write_one(const char *name, uint64_t descriptor, long want, uint64_t becomes)
{
    long rc;

    HYPERVISOR_update_descriptor(slot_address(), DATA_DPL3);
    rc = HYPERVISOR_update_descriptor(slot_address(), descriptor);
    if (want != 0)
        check_state(name, rc, want, "the old one is in the page", page[SLOT] == DATA_DPL3);
    else if ((descriptor & (P | S | TYPE(15))) == (P | TYPE(12)))    /* its DPL depends on who is asked */
        check_state(name, rc, want, "a call gate is in the page",
                    (page[SLOT] & (P | S | TYPE(15))) == (P | TYPE(12)));
    else
        check_state(name, rc, want,
                    becomes == descriptor ? "it is in the page" : "it is in the page as DPL 3",
                    page[SLOT] == becomes);
}

/* Each type with each S, present: code and data go in; of the system types only a call gate, and type 0,
 * which is the upper half of one. */
static void types(void)
{
    for (unsigned int type = 0; type < 16; type++) {
        uint64_t d = P | S | DPL(3) | TYPE(type) | (type & 8 ? L | G : D | G) | LIMIT_MAX;

        write_one(named("update_descriptor, %s type %u", type & 8 ? "code" : "data", type), d, 0, d);
    }
    for (unsigned int type = 0; type < 16; type++) {
        uint64_t d = P | DPL(3) | TYPE(type) | LIMIT_MAX;
        long want = type == 0 || type == 12 ? 0 : -XEN_EINVAL;

        write_one(named("update_descriptor, system type %u", type), d, want, d);
    }
    for (unsigned int type = 0; type < 16; type++) {
        uint64_t d = DPL(type & 3) | TYPE(type) | LIMIT_MAX;

        write_one(named("update_descriptor, system type %u, absent, DPL %u", type, type & 3), d, 0, d);
    }
}

static void gates(void)
{
    static const struct { const char *what; uint64_t d; long want; } rows[] = {
        { "a call gate to the kernel's code", CALL_GATE, 0 },
        { "a call gate to the hypervisor's code", 0x0040ec00e0080000UL, -XEN_EINVAL },
        { "a call gate with a null selector", 0x0040ec0000000000UL, 0 },
        { "an interrupt gate", 0x0040ee00e0330000UL, -XEN_EINVAL },
        { "a trap gate", 0x0040ef00e0330000UL, -XEN_EINVAL },
        { "a task gate", 0x0000e50000080000UL, -XEN_EINVAL },
        { "a task segment of the hypervisor's address", 0xff008b0000000067UL, -XEN_EINVAL },
        { "upper half of a 16-byte descriptor", 0x00000000ffff8300UL, 0 },
        { "nothing", 0, 0 },
        { "all ones", ~0UL, 0 },
    };

    for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        write_one(named("update_descriptor, %s", rows[i].what), rows[i].d, rows[i].want, rows[i].d);
}

/* Levels below 3: code and data are made level 3. */
static void levels(void)
{
    static const struct { const char *what; uint64_t type; } kinds[] = {
        { "data", TYPE(3) | D | G }, { "64-bit code", TYPE(11) | L | G }, { "32-bit code", TYPE(11) | D | G },
        { "conforming code", TYPE(15) | L | G }, { "expand-down data", TYPE(7) | D | G },
    };

    for (unsigned int k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
        for (unsigned int dpl = 0; dpl < 3; dpl++) {
            uint64_t d = P | S | DPL(dpl) | kinds[k].type | LIMIT_MAX;

            write_one(named("update_descriptor, %s, DPL %u", kinds[k].what, dpl), d, 0, d | DPL(3));
        }
}

/* The bits that say how wide a segment is, and its base. */
static void widths(void)
{
    static const struct { const char *what; uint64_t bits; } rows[] = {
        { "code, L D", TYPE(11) | L | D | G }, { "code, neither", TYPE(11) | G },
        { "data, L", TYPE(3) | L | G },
        { "data, neither", TYPE(3) | G }, { "data, bytes", TYPE(3) | D },
        { "data, the bit for software", TYPE(3) | D | G | 1UL << 52 },
        { "data, base 2^32 - 1", TYPE(3) | D | G | 0xff0000ffffff0000UL },
        { "data, base 0x83000000", TYPE(3) | D | G | 0x8300000000000000UL },
        { "data, not accessed", TYPE(2) | D | G }, { "code, not accessed", TYPE(10) | L | G },
    };

    for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint64_t d = P | S | DPL(3) | LIMIT_MAX | rows[i].bits;

        write_one(named("update_descriptor, %s", rows[i].what), d, 0, d);
    }
}

/* Where it writes. */
static void addresses(void)
{
    uint64_t l1 = pv_pt_lookup((void *)page, 2, NULL) & PV_PTE_FRAME;
    uint64_t root = pv_virt_to_machine((void *)pv_start_info->pt_base);
    uint64_t theirs = pv_pt_lookup(HYPERVISOR_FIRST, 4, NULL) & PV_PTE_FRAME;
    const struct { const char *what; uint64_t address; long want; } rows[] = {
        { "1 byte off", slot_address() + 1, -XEN_EINVAL },
        { "2 bytes off", slot_address() + 2, -XEN_EINVAL },
        { "4 bytes off", slot_address() + 4, -XEN_EINVAL },
        { "7 bytes off", slot_address() + 7, -XEN_EINVAL },
        { "in a level-1 table", l1 + 4088, -XEN_EINVAL },
        { "in the level-4 table", root + 2048, -XEN_EINVAL },
        { "in a table of the hypervisor's", theirs + 4088, -XEN_EINVAL },
        { "frame 0", 0, -XEN_EINVAL },
        { "a device's frame", 0xfee00000, -XEN_EINVAL },
        { "beyond memory", 1UL << 48, -XEN_EINVAL },
        { "2^51", 1UL << 51, -XEN_EINVAL },
        { "2^52 above the right one", slot_address() + (1UL << 52), -XEN_EINVAL },
        { "2^63 above the right one", slot_address() + (1UL << 63), -XEN_EINVAL },
        { "2^64 - 8", -8UL, -XEN_EINVAL },
    };

    for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint64_t before = page[SLOT];

        long rc = HYPERVISOR_update_descriptor(rows[i].address, DATA_DPL0);

        check_state(named("update_descriptor, address %s", rows[i].what), rc, rows[i].want,
                    "the GDT is as before",
                    page[SLOT] == before);
    }
}

/* Pages that are no descriptor table. */
static void plain_pages(void)
{
    uint64_t *plain = pv_pages_alloc(1), address = pv_virt_to_machine(plain);
    long rc;

    rc = HYPERVISOR_update_descriptor(address, CODE64_DPL3);
    check_state("update_descriptor, a page mapped writable", rc, 0, "it is in the page",
                plain[0] == CODE64_DPL3);
    rc = HYPERVISOR_update_descriptor(address, TSS_FREE);
    check_state("update_descriptor, a page mapped writable, a task segment", rc, -XEN_EINVAL,
                "the old one is in the page", plain[0] == CODE64_DPL3);
    make_read_only(plain);
    rc = HYPERVISOR_update_descriptor(address + 8, DATA_DPL3);
    check_state("update_descriptor, a page mapped read-only", rc, 0, "it is in the page",
                plain[1] == DATA_DPL3);
    make_writable(plain);
    rc = HYPERVISOR_update_descriptor(pv_virt_to_machine(pv_shared_info) + 0xff8, DATA_DPL3);
    check_state("update_descriptor, the shared info page", rc, 0, "it is in the page",
                ((volatile uint64_t *)pv_shared_info)[511] == DATA_DPL3);
    ((volatile uint64_t *)pv_shared_info)[511] = 0;
    plain[0] = plain[1] = 0;
    pv_pages_free(plain, 1);
}

/* A change is seen by the next load, and the processor's accessed bit by us. */
static void effect(void)
{
    uint64_t d = 0x00cff2000000ffff;    /* data, not accessed */
    long rc;

    HYPERVISOR_update_descriptor(slot_address(), 0);
    check("load FS, descriptor cleared", try_load(SEG_FS, SLOT * 8 + 3), TRAP(13, SLOT * 8));
    HYPERVISOR_update_descriptor(slot_address(), d);
    rc = try_load(SEG_FS, SLOT * 8 + 3);
    check_state("load FS, data, not accessed", rc, 0, "the accessed bit comes",
                page[SLOT] == (d | TYPE(1)));
    HYPERVISOR_update_descriptor(slot_address(), DATA_DPL3 & ~P);
    check("load FS, data made absent", try_load(SEG_FS, SLOT * 8 + 3), TRAP(11, SLOT * 8));
}

void test_update_descriptor(void)
{
    page = pv_pages_alloc(1);
    frame = pv_virt_to_mfn((void *)page);
    make_read_only((void *)page);
    HYPERVISOR_set_gdt(&frame, 512);
    types();
    gates();
    levels();
    widths();
    addresses();
    plain_pages();
    effect();
    HYPERVISOR_set_gdt(NULL, 0);
    make_writable((void *)page);
    memset((void *)page, 0, PV_PAGE_SIZE);
    pv_pages_free((void *)page, 1);
}
