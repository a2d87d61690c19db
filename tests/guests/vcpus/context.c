/* context.c: VCPUOP_initialise field by field. The class of bug: a vcpu that starts with a state which
 * no call could have given it: with the hypervisor's segments, an address that the processor faults on
 * in the hypervisor, a table nobody checked, user mode without a user's table. A refused context must
 * leave the vcpu as it was: the next row uses the same one. (But for a user's root: Xen 4.17 then keeps
 * the kernel's, and loses it, with the domain's end, to another context.) */
#include "second.h"

#include <string.h>
#include <pv/memory.h>

#define FIELD(f) offsetof(struct vcpu_guest_context, f)
#define NON_CANON 0x0000900000000000UL
#define HYPER 0xffff820000000000UL

/* What a value stands for. */
enum what { VALUE, DATA_FRAME, READ_ONLY_FRAME, L1_FRAME, L4_FRAME, GATE_FRAME };

static struct vcpu_guest_context context;
static char *data, *gate, *l4, *zeroes;

/* Rows that change up to two fields of an acceptable context. The value of a frame is that of a page of
 * ours, as a frame number for the GDT and folded as CR3 has it for control registers, with the row's
 * bits added. */
struct change {
    size_t field;
    uint64_t value;
    enum what what;
};

static const struct row {
    const char *name;
    struct change a, b;
    long want;
} rows[] = {
    { "rip non-canonical, XSA-193", { FIELD(user_regs.rip), NON_CANON, VALUE }, { 0 }, -XEN_EINVAL },
    { "rsp non-canonical, XSA-193", { FIELD(user_regs.rsp), NON_CANON, VALUE }, { 0 }, -XEN_EINVAL },
    { "kernel stack non-canonical, XSA-193", { FIELD(kernel_sp), NON_CANON, VALUE }, { 0 }, -XEN_EINVAL },
    { "event callback non-canonical, XSA-193", { FIELD(event_callback_eip), NON_CANON, VALUE }, { 0 },
      -XEN_EINVAL },
    { "failsafe callback non-canonical, XSA-193", { FIELD(failsafe_callback_eip), NON_CANON, VALUE }, { 0 },
      -XEN_EINVAL },
    { "syscall callback non-canonical, XSA-193", { FIELD(syscall_callback_eip), NON_CANON, VALUE }, { 0 },
      -XEN_EINVAL },
    { "FS base non-canonical, XSA-193", { FIELD(fs_base), NON_CANON, VALUE }, { 0 }, -XEN_EINVAL },
    { "GS base of the kernel non-canonical, XSA-193", { FIELD(gs_base_kernel), NON_CANON, VALUE }, { 0 },
      -XEN_EINVAL },
    { "GS base of the user non-canonical, XSA-193", { FIELD(gs_base_user), NON_CANON, VALUE }, { 0 },
      -XEN_EINVAL },
    { "handler of vector 0 non-canonical, XSA-193", { FIELD(trap_ctxt[0].address), NON_CANON, VALUE }, { 0 },
      -XEN_EINVAL },
    { "handler of vector 255 non-canonical, XSA-193", { FIELD(trap_ctxt[255].address), NON_CANON, VALUE },
      { 0 },
      -XEN_EINVAL },
    { "LDT of 1 entry, misaligned", { FIELD(ldt_base), 0x400008, VALUE }, { FIELD(ldt_ents), 1, VALUE },
      -XEN_EINVAL },
    { "LDT of 8193 entries", { FIELD(ldt_base), 0x400000, VALUE }, { FIELD(ldt_ents), 8193, VALUE },
      -XEN_EINVAL },
    { "LDT of 2^32 entries", { FIELD(ldt_base), 0x400000, VALUE }, { FIELD(ldt_ents), 1UL << 32, VALUE },
      -XEN_EINVAL },
    { "LDT of 1 entry, non-canonical", { FIELD(ldt_base), NON_CANON, VALUE }, { FIELD(ldt_ents), 1, VALUE },
      -XEN_EINVAL },
    { "LDT of 1 entry, in the hypervisor", { FIELD(ldt_base), HYPER, VALUE }, { FIELD(ldt_ents), 1, VALUE },
      -XEN_EINVAL },
    { "LDT of no entries, misaligned", { FIELD(ldt_base), 8, VALUE }, { 0 }, -XEN_EINVAL },
    { "GDT of 7169 entries", { FIELD(gdt_ents), 7169, VALUE }, { 0 }, -XEN_EINVAL },
    { "GDT of 2^64 - 1 entries", { FIELD(gdt_ents), ~0UL, VALUE }, { 0 }, -XEN_EINVAL },
    { "GDT of 1 entry, frame beyond memory", { FIELD(gdt_frames[0]), 1UL << 40, VALUE },
      { FIELD(gdt_ents), 1, VALUE }, -XEN_EINVAL },
    { "GDT of 1 entry, frame ~0", { FIELD(gdt_frames[0]), ~0UL, VALUE }, { FIELD(gdt_ents), 1, VALUE },
      -XEN_EINVAL },
    { "GDT of 1 entry, a frame that is mapped writable", { FIELD(gdt_frames[0]), 0, DATA_FRAME },
      { FIELD(gdt_ents), 1, VALUE }, -XEN_EINVAL },
    { "GDT of 1 entry, a frame with an interrupt gate", { FIELD(gdt_frames[0]), 0, GATE_FRAME },
      { FIELD(gdt_ents), 1, VALUE }, -XEN_EINVAL },
    { "GDT of 1 entry, a page table", { FIELD(gdt_frames[0]), 0, L1_FRAME }, { FIELD(gdt_ents), 1, VALUE },
      -XEN_EINVAL },
    { "GDT of 513 entries, second frame 0", { FIELD(gdt_frames[0]), 0, READ_ONLY_FRAME },
      { FIELD(gdt_ents), 513, VALUE }, -XEN_EINVAL },
    { "CR3 0", { FIELD(ctrlreg[3]), 0, VALUE }, { 0 }, -XEN_EINVAL },
    { "CR3 beyond memory", { FIELD(ctrlreg[3]), 1UL << 50, VALUE }, { 0 }, -XEN_EINVAL },
    { "CR3 ~0", { FIELD(ctrlreg[3]), ~0UL, VALUE }, { 0 }, -XEN_EINVAL },
    { "CR3 a frame that is mapped writable", { FIELD(ctrlreg[3]), 0, DATA_FRAME }, { 0 }, -XEN_EINVAL },
    { "CR3 an L1 table", { FIELD(ctrlreg[3]), 0, L1_FRAME }, { 0 }, -XEN_EINVAL },
    { "CR3 a frame that is no table, XSA-109", { FIELD(ctrlreg[3]), 0, GATE_FRAME }, { 0 }, -XEN_EINVAL },
    { "user root beyond memory", { FIELD(ctrlreg[1]), 1UL << 50 | 1, VALUE }, { 0 }, -XEN_EINVAL },
    { "user root mapped writable", { FIELD(ctrlreg[1]), 1, DATA_FRAME }, { 0 }, -XEN_EINVAL },
    { "user root an L1 table", { FIELD(ctrlreg[1]), 1, L1_FRAME }, { 0 }, -XEN_EINVAL },
    { "user mode without a user root, XSA-1", { FIELD(flags), 0, VALUE }, { 0 }, -XEN_EINVAL },
    /* Accepted: what is not allowed is ignored or made harmless. */
    { "rip in the hypervisor", { FIELD(user_regs.rip), HYPER, VALUE }, { 0 }, 0 },
    { "callbacks 0", { FIELD(event_callback_eip), 0, VALUE }, { FIELD(failsafe_callback_eip), 0, VALUE }, 0 },
    { "kernel stack in the hypervisor", { FIELD(kernel_sp), HYPER, VALUE }, { 0 }, 0 },
    { "FS base in the hypervisor", { FIELD(fs_base), HYPER, VALUE }, { 0 }, 0 },
    { "LDT of 8192 entries", { FIELD(ldt_base), 0x400000, VALUE }, { FIELD(ldt_ents), 8192, VALUE }, 0 },
    { "GDT of 1 entry, a read-only frame of zeroes", { FIELD(gdt_frames[0]), 0, READ_ONLY_FRAME },
      { FIELD(gdt_ents), 1, VALUE }, 0 },
    { "GDT of no entries, frame beyond memory", { FIELD(gdt_frames[0]), 1UL << 40, VALUE }, { 0 }, 0 },
    { "user root 0 with bit 0", { FIELD(ctrlreg[1]), 1, VALUE }, { 0 }, -XEN_EINVAL },
    { "user root without bit 0, beyond memory", { FIELD(ctrlreg[1]), 1UL << 50, VALUE }, { 0 }, -XEN_EINVAL },
    { "CR3 an L4 that is not pinned, XSA-296", { FIELD(ctrlreg[3]), 0, L4_FRAME }, { 0 }, 0 },
};

static uint64_t value_of(const struct change *c)
{
    const void *page = c->what == DATA_FRAME ? data : c->what == GATE_FRAME ? gate :
                       c->what == READ_ONLY_FRAME ? zeroes : l4;
    uint64_t frame = pv_virt_to_mfn(page), table;

    if (c->what == VALUE)
        return c->value;
    if (c->what == L1_FRAME) {
        table = pv_pt_lookup(data, 2, NULL);
        frame = (table & PV_PTE_FRAME) >> PV_PAGE_SHIFT;
    }
    return c->field >= FIELD(ctrlreg) ? xen_pfn_to_cr3(frame) | c->value : frame;
}

static void apply(const struct change *c)
{
    uint64_t value = value_of(c);

    if (c->field || c->what || c->value)
        memcpy((char *)&context + c->field, &value, sizeof(value));
}

void test_refused_contexts(void)
{
    unsigned int i;
    long rc;

    if (vcpu_total() < 32)
        return;
    data = pv_pages_alloc(1);
    gate = pv_pages_alloc(1);
    l4 = pv_pages_alloc(1);
    zeroes = pv_pages_alloc(1);
    /* An interrupt gate; as an entry of a page table it is present and beyond memory. */
    ((uint64_t *)gate)[1] = 0x00008e00e0330001UL;
    make_read_only(gate);
    make_read_only(l4);
    make_read_only(zeroes);
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        second_context(&context, snapshot_entry, snapshot_stack_top);
        apply(&rows[i].a);
        apply(&rows[i].b);
        rc = HYPERVISOR_vcpu_op(VCPUOP_initialise, next_spare, &context);
        check(named("VCPUOP_initialise, %s", rows[i].name), rc, rows[i].want);
        next_spare += rc == 0 || rows[i].a.field == FIELD(ctrlreg[1]);
    }
}
