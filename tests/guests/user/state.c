/* state.c: what of the processor's state goes with user code into its kernel and back: selectors, segment
 * bases, the FPU. The class of bug: a register of the kernel's that user code can read, or of user code's
 * that is lost. */
#include "user.h"

#include <string.h>

#define DATA_DPL3 0x00cff3000000ffffUL
#define CODE64_DPL3 0x00affb000000ffffUL
#define CODE32_DPL3 0x00cffb000000ffffUL
#define ABSENT (~(1UL << 47))
#define BASE_DATA 0x60cff3002000ffffUL      /* based at TRIP_DATA */

static uint64_t *descriptors;

/* Entries 8 to 15 of the GDT are these, those of the LDT too. */
static void build(void)
{
    unsigned long frame;
    struct mmuext_op ldt = { .cmd = MMUEXT_SET_LDT, .arg2.nr_ents = 16 };

    descriptors = pv_pages_alloc(1);
    descriptors[8] = DATA_DPL3;
    descriptors[9] = CODE64_DPL3;
    descriptors[10] = CODE32_DPL3;
    descriptors[11] = DATA_DPL3 & ABSENT;
    descriptors[12] = CODE64_DPL3 & ABSENT;
    descriptors[13] = BASE_DATA;
    frame = pv_virt_to_mfn(descriptors);
    make_read_only(descriptors);
    check("set_gdt", HYPERVISOR_set_gdt(&frame, 512), 0);
    ldt.arg1.linear_addr = (unsigned long)descriptors;
    check("MMUEXT_SET_LDT", HYPERVISOR_mmuext_op(&ldt, 1, NULL, DOMID_SELF), 0);
}

static void demolish(void)
{
    struct mmuext_op ldt = { .cmd = MMUEXT_SET_LDT };

    check("MMUEXT_SET_LDT, none", HYPERVISOR_mmuext_op(&ldt, 1, NULL, DOMID_SELF), 0);
    check("set_gdt, none", HYPERVISOR_set_gdt(NULL, 0), 0);
    make_writable(descriptors);
    pv_pages_free(descriptors, 1);
}

static void data_selectors(void)
{
    struct trip t = trip_to(CODE64("ud2; nop"), FLAT_USER_CS64);

    t.ds = t.es = t.fs = 0x43;
    trip_check("ds, es and fs of the GDT", &t, "#UD at +0");
    t.ds = t.es = t.fs = 0x47;
    trip_check("ds, es and fs of the LDT", &t, "#UD at +0");
    t.start.ss = 0x43;
    trip_check("ss of the GDT", &t, "#UD at +0");
    t.start.ss = 0x47;
    trip_check("ss of the LDT", &t, "#UD at +0");
    t.start.ss = 0x5b;
    trip_check("ss of the GDT, not present", &t, "#NP(58) at +0");
    t.start.ss = 0x5f;
    trip_check("ss of the LDT, not present", &t, "#NP(5c) at +0");
    t.start.ss = 0x4b;
    trip_check("ss of the GDT, code", &t, "#GP(48) at +0");
    t = trip_to(CODE32("mov $0x6b, %%ecx; mov %%ecx, %%fs; movl $0x1234, %%fs:0x10; mov 0x60002010, %%eax"),
                FLAT_USER_CS32);
    trip_check("fs of the GDT with a base, in 32-bit code", &t, "goes on, rax=1234, rcx=6b, fs 6b");
    try_user("mov to ds, not present", CODE64("mov $0x5b, %%ecx; mov %%ecx, %%ds"), "#NP(58) at +5, rcx=5b");
    try_user("mov to ss, not present", CODE64("mov $0x5b, %%ecx; mov %%ecx, %%ss"), "#SS(58) at +5, rcx=5b");
    try_user("mov to ss of the LDT, not present", CODE64("mov $0x5f, %%ecx; mov %%ecx, %%ss"),
             "#SS(5c) at +5, rcx=5f");
    try_user("lretq to code that is not present", CODE64("push $0x63; push %%rax; lretq"),
             "#NP(60) at +3, rsp -16");
    try_user("mov to gs of the LDT, beyond its limit", CODE64("mov $0x87, %%ecx; mov %%ecx, %%gs"),
             "#GP(84) at +5, rcx=87");
}

static struct trip in_segment(struct code code, uint16_t cs, bool wide)
{
    struct trip t = trip_to(code, wide ? FLAT_USER_CS64 : FLAT_USER_CS32);

    t.start.cs = cs;
    return t;
}

static void code_segments(void)
{
    struct trip t = in_segment(CODE64("ud2; nop"), 0x4b, true);

    trip_check("64-bit code in a segment of the GDT", &t, "#UD at +0");
    t.start.cs = 0x4f;
    trip_check("64-bit code in a segment of the LDT", &t, "#UD at +0");
    t.start.cs = 0x63;
    trip_check("64-bit code in a segment that is not present", &t, "#NP(60) at +0");
    t.start.cs = 0x67;
    trip_check("64-bit code in a segment of the LDT that is not present", &t, "#NP(64) at +0");
    t.start.cs = 0x43;
    trip_check("64-bit code in a data segment", &t, "#GP(40) at +0");
    t = in_segment(CODE32("ud2; nop"), 0x57, false);
    trip_check("32-bit code in a segment of the LDT", &t, "#UD at +0");
    t = in_segment(CODE32("int $0x80; nop"), 0x57, false);
    trip_check("INT 0x80 of 32-bit code in a segment of the LDT", &t, "vector 0x80 at +2");
    t = in_segment(CODE32("syscall; nop"), 0x57, false);
    t.ignore = TRIP_REG(rcx) | TRIP_REG(r11);
    trip_check("syscall of 32-bit code in a segment of the LDT", &t, "#UD at +0, cs e023");
    t = in_segment(CODE64("syscall; nop"), 0x4f, true);
    t.ignore = TRIP_REG(rcx) | TRIP_REG(r11);
    trip_check("syscall of 64-bit code in a segment of the LDT", &t, "syscall at +2, cs e033");
}

static uint64_t kernel_gs_word(void)
{
    uint64_t value;

    __asm__ volatile("mov %%gs:0, %0" : "=r"(value));
    return value;
}

/* The user's GS base is there in user mode, the kernel's in its own; there is one FS base. */
static void bases(void)
{
    static uint64_t of_kernel = 0x4b;
    struct trip t = trip_to(CODE64("mov %%fs:0, %%rax; mov %%gs:0, %%rdx"), FLAT_USER_CS64);
    uint64_t *words = (uint64_t *)trip_data, value;

    words[16] = 0xf5;
    words[32] = 0x65;
    check("SEGBASE_FS", HYPERVISOR_set_segment_base(SEGBASE_FS, TRIP_DATA + 16 * 8), 0);
    check("SEGBASE_GS_USER", HYPERVISOR_set_segment_base(SEGBASE_GS_USER, TRIP_DATA + 32 * 8), 0);
    check("SEGBASE_GS_KERNEL", HYPERVISOR_set_segment_base(SEGBASE_GS_KERNEL, (unsigned long)&of_kernel), 0);
    trip_check("user code reads by fs and gs", &t, "goes on, rax=f5, rdx=65");
    check("its kernel reads by gs", (long)kernel_gs_word(), 0x4b);
    __asm__ volatile("mov %%fs:0, %0" : "=r"(value));
    check("its kernel reads by fs", (long)value, 0xf5);
    t = trip_to(CODE64("xor %%ecx, %%ecx; mov %%ecx, %%gs; mov %%gs:0x60002100, %%rdx"), FLAT_USER_CS64);
    trip_check("user code loads gs with the null selector and reads by it", &t, "goes on, rcx=0, rdx=65");
    check("its kernel reads by gs then", (long)kernel_gs_word(), 0x4b);
    HYPERVISOR_set_segment_base(SEGBASE_GS_USER, TRIP_DATA + 32 * 8);
    check("SEGBASE_GS_USER_SEL, a selector of the GDT",
          HYPERVISOR_set_segment_base(SEGBASE_GS_USER_SEL, 0x6b), 0);
    t = trip_to(CODE64("mov %%gs, %%ecx; mov %%gs:0x100, %%rdx"), FLAT_USER_CS64);
    trip_check("user code reads by gs, a segment with a base", &t, "goes on, rcx=6b, rdx=65, gs 6b");
    check("SEGBASE_GS_USER_SEL, no descriptor", HYPERVISOR_set_segment_base(SEGBASE_GS_USER_SEL, 0x1233), 0);
    t = trip_to(CODE64("mov %%gs, %%ecx"), FLAT_USER_CS64);
    trip_check("gs of user code then", &t, "goes on, rcx=0");
    HYPERVISOR_set_segment_base(SEGBASE_FS, 0);
    HYPERVISOR_set_segment_base(SEGBASE_GS_KERNEL, 0);
    HYPERVISOR_set_segment_base(SEGBASE_GS_USER, 0);
}

/* The hypervisor neither saves nor changes it on the way: it is one FPU. */
static void floating(void)
{
    static const char marks[16] __attribute__((aligned(16))) = "fifteen letters";
    static char seen[16] __attribute__((aligned(16)));
    struct trip t = trip_to(CODE64("movups %%xmm9, 0x60002040; movups 0x60002060, %%xmm10; int3"),
                            FLAT_USER_CS64);

    memcpy(trip_data + 0x60, "letters: fifteen", 16);
    __asm__ volatile("movaps %0, %%xmm9" : : "m"(marks) : "xmm9");
    trip_run(&t);
    __asm__ volatile("movaps %%xmm10, %0" : "=m"(seen));
    check_text("user code moves by SSE and breaks", trip_text(&t), "#BP at +19");
    check_true("user code sees what its kernel had in xmm9", memcmp(trip_data + 0x40, marks, 16) == 0);
    check_true("its kernel sees what user code had in xmm10", memcmp(seen, "letters: fifteen", 16) == 0);
}

void test_state(void)
{
    build();
    data_selectors();
    code_segments();
    bases();
    demolish();
    floating();
}
