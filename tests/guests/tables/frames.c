/* frames.c: frames that cannot be a table, a root or a page to clear, by every command that takes a frame.
 * The class of bug: a frame number that is used before it is known whose frame it is. */
#include "scratch.h"

#include <string.h>

struct named_frame {
    const char *name;
    xen_pfn_t mfn;
};

static struct named_frame list[16];
static unsigned int count;

static void add(const char *name, xen_pfn_t mfn)
{
    list[count++] = (struct named_frame){ name, mfn };
}

/* The answers for each frame, in the order of the list below. */
struct command {
    const char *name;
    unsigned int cmd;
    bool is_source;          /* the frame is COPY_PAGE's source */
};

static const struct command commands[] = {
    { "MMUEXT_PIN_L1_TABLE", MMUEXT_PIN_L1_TABLE, false },
    { "MMUEXT_PIN_L2_TABLE", MMUEXT_PIN_L2_TABLE, false },
    { "MMUEXT_PIN_L3_TABLE", MMUEXT_PIN_L3_TABLE, false },
    { "MMUEXT_PIN_L4_TABLE", MMUEXT_PIN_L4_TABLE, false },
    { "MMUEXT_UNPIN_TABLE", MMUEXT_UNPIN_TABLE, false },
    { "MMUEXT_NEW_BASEPTR", MMUEXT_NEW_BASEPTR, false },
    { "MMUEXT_NEW_USER_BASEPTR", MMUEXT_NEW_USER_BASEPTR, false },
    { "MMUEXT_CLEAR_PAGE", MMUEXT_CLEAR_PAGE, false },
    { "MMUEXT_COPY_PAGE to", MMUEXT_COPY_PAGE, false },
    { "MMUEXT_COPY_PAGE from", MMUEXT_COPY_PAGE, true },
};

static long run(const struct command *c, xen_pfn_t mfn)
{
    struct mmuext_op op = { .cmd = c->cmd, .arg1.mfn = mfn };

    if (c->cmd == MMUEXT_COPY_PAGE) {
        op.arg2.src_mfn = c->is_source ? mfn : mfn_of(s.other);
        op.arg1.mfn = c->is_source ? mfn_of(s.other) : mfn;
    }
    return HYPERVISOR_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

void test_frames(void)
{
    unsigned int i, j;
    char *gdt;

    scratch_take();
    gdt = gdt_take();
    count = 0;
    add("frame 0", 0);
    add("a frame beyond memory, XSA-32", BEYOND_MFN);
    add("frame 2^32", 1UL << 32);
    add("frame 2^40, XSA-32", 1UL << 40);
    add("frame 2^52", 1UL << 52);
    add("frame of all ones, XSA-32", ~0UL);
    add("our frame with bit 52 set", mfn_of(s.page) | 1UL << 52);
    add("our frame with bit 63 set", mfn_of(s.page) | 1UL << 63);
    for (i = 0; i < count; i++)
        for (j = 0; j < sizeof(commands) / sizeof(commands[0]); j++) {
            long want = -XEN_EINVAL;

            if (commands[j].cmd == MMUEXT_NEW_USER_BASEPTR && list[i].mfn == 0)
                want = 0;
            check(named("%s, %s", commands[j].name, list[i].name), run(&commands[j], list[i].mfn), want);
        }
    count = 0;
    add("the shared page", pv_start_info->shared_info >> PV_PAGE_SHIFT);
    add("a frame of the grant table", grant_frame());
    add("a descriptor page", mfn_of(gdt));
    for (i = 0; i < count; i++)
        for (j = 0; j < 7; j++)
            check(named("%s, %s", commands[j].name, list[i].name), run(&commands[j], list[i].mfn),
                  -XEN_EINVAL);
    gdt_drop();
    scratch_give_back();
}
