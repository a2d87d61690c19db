/* forms.c: each instruction that writes memory, used on an entry of a table that is mapped read-only. What is
 * emulated must do what the processor does with ordinary memory, to memory, registers and flags; what is not
 * must be a page fault that leaves everything as it was. The class of bug: a small emulator that is wrong in
 * a corner, or that can be led to write elsewhere. */
#include "form.h"
#include "scratch.h"

#include <string.h>

#define AT 8                     /* the entry, and the next one too */
#define REFUSED TRAP(14, 3)

/* What a register or the entry holds. All entries have the bits that somebody might add. */
enum value { ZERO, RW, RO, BAD, ALL, ONE, TWO, B51, NEXT, B63, FAR, BACK, LOW };

static uint64_t value_of(enum value v)
{
    uint64_t rw = entry_for(s.page, FLAGS_RW | PV_PTE_G);

    switch (v) {
    case RW: return rw;
    case RO: return rw & ~PV_PTE_RW;
    case BAD: return BEYOND << 4 | FLAGS_RW;
    case ALL: return ~0UL;
    case ONE: return 1;
    case TWO: return 2;
    case B51: return 51;
    case B63: return 63;
    case NEXT: return 64 + 1;                    /* a bit of the next entry */
    case FAR: return (64UL << 30) * 8 + 1;       /* bit 1 of what lies 64 GiB higher */
    case BACK: return -64UL + 1;                 /* bit 1 of the entry before */
    case LOW: return 0xffff0000ffff0000;
    case ZERO: break;
    }
    return 0;
}

/* name, instruction, value of the entry, rsi, rax, answer. rdi is the entry's address, rcx 1, rdx the same as
 * rsi. */
#define FAR_BASE "movq $1, %rdx; shlq $36, %rdx; subq %rdx, %rdi; "
#define FORMS(F) \
    F(mov_q, "", "movq %rsi, (%rdi)", "", RW, RO, ZERO, 0) \
    F(mov_q_zero, "", "movq %rsi, (%rdi)", "zero", RW, ZERO, ZERO, 0) \
    F(mov_q_same, "", "movq %rsi, (%rdi)", "the same", RW, RW, ZERO, 0) \
    F(mov_q_bad, "", "movq %rsi, (%rdi)", "refused entry", RW, BAD, ZERO, REFUSED) \
    F(mov_q_all, "", "movq %rsi, (%rdi)", "all ones", RW, ALL, ZERO, REFUSED) \
    F(mov_q_disp, "", "movq %rsi, 0x100(%rdi)", "", RW, ZERO, ZERO, 0) \
    F(mov_q_sib, "", "movq %rsi, -8(%rdi,%rcx,8)", "", RW, RO, ZERO, 0) \
    F(mov_q_i, "", "movq $0, (%rdi)", "", RW, ZERO, ZERO, 0) \
    F(mov_q_im, "", "movq $-1, (%rdi)", "", RW, ZERO, ZERO, REFUSED) \
    F(mov_l, "", "movl %esi, (%rdi)", "", RW, RO, ZERO, 0) \
    F(mov_l_up, "", "movl %esi, 4(%rdi)", "", RW, ZERO, ZERO, 0) \
    F(mov_l_i, "", "movl $0, (%rdi)", "", RW, ZERO, ZERO, 0) \
    F(mov_l_iup, "", "movl $0x80000000, 4(%rdi)", "", RW, ZERO, ZERO, 0) \
    F(mov_w, "", "movw %si, (%rdi)", "", RW, RO, ZERO, 0) \
    F(mov_w_up, "", "movw %si, 6(%rdi)", "", RW, ZERO, ZERO, 0) \
    F(mov_w_i, "", "movw $0x8000, 6(%rdi)", "", RW, ZERO, ZERO, 0) \
    F(mov_b, "", "movb %sil, (%rdi)", "", RW, RO, ZERO, 0) \
    F(mov_b_hi, "", "movb %ah, 7(%rdi)", "", RW, ZERO, ZERO, 0) \
    F(mov_b_i, "", "movb $0x65, (%rdi)", "", RW, ZERO, ZERO, 0) \
    F(mov_b_1, "", "movb $1, 1(%rdi)", "", RO, ZERO, ZERO, 0) \
    F(mov_b_bad, "", "movb $0x0f, 6(%rdi)", "refused entry", RW, ZERO, ZERO, REFUSED) \
    F(mov_ds, "", "ds movq %rsi, (%rdi)", "", RW, RO, ZERO, 0) \
    F(mov_es, "", ".byte 0x26; movq %rsi, (%rdi)", "ES prefix, XSA-123", RW, RO, ZERO, 0) \
    F(mov_fs, "", "movq %rsi, %fs:(%rdi)", "", RW, RO, ZERO, 0) \
    F(mov_gs, "", "movq %rsi, %gs:(%rdi)", "", RW, RO, ZERO, 0) \
    F(mov_addr, "", "movq %rsi, (%edi)", "", RW, RO, ZERO, 0) \
    F(mov_two, "", ".byte 0x48; movl %esi, (%rdi)", "REX twice", RW, RO, ZERO, 0) \
    F(mov_66q, "", ".byte 0x66; movq %rsi, (%rdi)", "operand size and REX.W", RW, RO, ZERO, 0) \
    F(mov_rep, "", ".byte 0xf3; movq %rsi, (%rdi)", "REP prefix", RW, RO, ZERO, 0) \
    F(mov_seg, "", "movw %ss, 6(%rdi)", "", RW, ZERO, ZERO, REFUSED) \
    F(xchg_q, "", "xchgq %rsi, (%rdi)", "", RW, RO, ZERO, 0) \
    F(xchg_q_0, "", "xchgq %rsi, (%rdi)", "zero", RW, ZERO, ZERO, 0) \
    F(xchg_q_bad, "", "xchgq %rsi, (%rdi)", "refused entry", RW, BAD, ZERO, REFUSED) \
    F(xchg_l, "", "xchgl %esi, (%rdi)", "", RW, RO, ZERO, 0) \
    F(xchg_w, "", "xchgw %si, (%rdi)", "", RW, RO, ZERO, 0) \
    F(xchg_b, "", "xchgb %sil, (%rdi)", "", RW, RO, ZERO, 0) \
    F(xchg_bh, "", "xchgb %dh, 1(%rdi)", "", RO, RO, ZERO, 0) \
    F(lock_xchg, "", "lock xchgq %rsi, (%rdi)", "", RW, RO, ZERO, 0) \
    F(cmpxchg_q, "", "lock cmpxchgq %rsi, (%rdi)", "", RW, RO, RW, 0) \
    F(cmpxchg_q_ne, "", "lock cmpxchgq %rsi, (%rdi)", "other value", RW, RO, TWO, 0) \
    F(cmpxchg_q_0, "", "lock cmpxchgq %rsi, (%rdi)", "from zero", ZERO, RW, ZERO, 0) \
    F(cmpxchg_q_n, "", "cmpxchgq %rsi, (%rdi)", "", RW, RO, RW, 0) \
    F(cmpxchg_q_bad, "", "lock cmpxchgq %rsi, (%rdi)", "refused entry", RW, BAD, RW, REFUSED) \
    F(cmpxchg_q_nb, "", "lock cmpxchgq %rsi, (%rdi)", "other value, refused entry", RW, BAD, TWO, 0) \
    F(cmpxchg_l, "", "lock cmpxchgl %esi, (%rdi)", "", RW, RO, RW, 0) \
    F(cmpxchg_l_ne, "", "lock cmpxchgl %esi, (%rdi)", "other value", RW, RO, TWO, 0) \
    F(cmpxchg_w, "", "lock cmpxchgw %si, (%rdi)", "", RW, RO, RW, 0) \
    F(cmpxchg_b, "", "lock cmpxchgb %sil, (%rdi)", "", RW, RO, RW, 0) \
    F(cmpxchg16b, "", "lock cmpxchg16b (%rdi)", "", RW, RO, RW, REFUSED) \
    F(or_q, "", "lock orq %rsi, (%rdi)", "", RO, TWO, ZERO, 0) \
    F(or_q_i, "", "lock orq $2, (%rdi)", "", RO, ZERO, ZERO, 0) \
    F(or_b, "", "lock orb $2, (%rdi)", "", RO, ZERO, ZERO, 0) \
    F(or_q_bad, "", "lock orq %rsi, (%rdi)", "refused entry", RO, BAD, ZERO, REFUSED) \
    F(or_n, "", "orq %rsi, (%rdi)", "", RO, TWO, ZERO, 0) \
    F(and_q, "", "lock andq $~2, (%rdi)", "", RW, ZERO, ZERO, 0) \
    F(and_l, "", "lock andl $~2, (%rdi)", "", RW, ZERO, ZERO, 0) \
    F(and_w, "", "lock andw $~2, (%rdi)", "", RW, ZERO, ZERO, 0) \
    F(and_b, "", "lock andb $~2, (%rdi)", "", RW, ZERO, ZERO, 0) \
    F(and_q_0, "", "lock andq %rsi, (%rdi)", "zero", RW, ZERO, ZERO, 0) \
    F(xor_q, "", "lock xorq %rsi, (%rdi)", "", RW, TWO, ZERO, 0) \
    F(xor_q_b, "", "lock xorb $2, (%rdi)", "", RW, ZERO, ZERO, 0) \
    F(add_q, "", "lock addq %rsi, (%rdi)", "", RO, TWO, ZERO, 0) \
    F(add_i, "", "lock addq $2, (%rdi)", "", RO, ZERO, ZERO, 0) \
    F(add_carry, "", "addb $0x9b, (%rdi)", "carry", RO, ZERO, ZERO, 0) \
    F(sub_q, "", "lock subq %rsi, (%rdi)", "", RW, TWO, ZERO, 0) \
    F(sub_i, "", "lock subq $2, (%rdi)", "", RW, ZERO, ZERO, 0) \
    F(xadd_q, "", "lock xaddq %rsi, (%rdi)", "", RO, TWO, ZERO, 0) \
    F(adc_q, "", "adcq %rsi, (%rdi)", "", RO, ONE, ZERO, 0) \
    F(sbb_q, "", "sbbq %rsi, (%rdi)", "", RW, ONE, ZERO, 0) \
    F(inc_b, "", "lock incb 7(%rdi)", "", RW, ZERO, ZERO, 0) \
    F(dec_q, "", "lock decq (%rdi)", "", RW, ZERO, ZERO, 0) \
    F(not_b, "", "lock notb 7(%rdi)", "", RW, ZERO, ZERO, 0) \
    F(neg_b, "", "negb 7(%rdi)", "", RW, ZERO, ZERO, 0) \
    F(shl_b, "", "shlb $1, 7(%rdi)", "", RW, ZERO, ZERO, 0) \
    F(rol_b, "", "rolb $8, (%rdi)", "", RW, ZERO, ZERO, 0) \
    F(shld, "", "shldq $0, %rsi, (%rdi)", "", RW, ZERO, ZERO, 0) \
    F(sete, "", "sete 7(%rdi)", "", RW, ZERO, ZERO, 0) \
    F(bts_i, "", "lock btsq $1, (%rdi)", "", RO, ZERO, ZERO, 0) \
    F(bts_i_set, "", "lock btsq $1, (%rdi)", "is set", RW, ZERO, ZERO, 0) \
    F(btr_i, "", "lock btrq $1, (%rdi)", "", RW, ZERO, ZERO, 0) \
    F(btr_i_0, "", "lock btrq $1, (%rdi)", "is clear", RO, ZERO, ZERO, 0) \
    F(btc_i, "", "lock btcq $1, (%rdi)", "", RW, ZERO, ZERO, 0) \
    F(btr_l, "", "lock btrl $1, (%rdi)", "", RW, ZERO, ZERO, 0) \
    F(btr_w, "", "lock btrw $1, (%rdi)", "", RW, ZERO, ZERO, 0) \
    F(bts_i_51, "", "lock btsq $51, (%rdi)", "refused entry", RO, ZERO, ZERO, REFUSED) \
    F(bts_i_63, "", "lock btsq $63, (%rdi)", "", RO, ZERO, ZERO, 0) \
    F(bts_r, "", "lock btsq %rsi, (%rdi)", "", RO, ONE, ZERO, 0) \
    F(btr_r, "", "lock btrq %rsi, (%rdi)", "", RW, ONE, ZERO, 0) \
    F(btc_r, "", "lock btcq %rsi, (%rdi)", "", RW, ONE, ZERO, 0) \
    F(bts_n, "", "btsq %rsi, (%rdi)", "", RO, B63, ZERO, 0) \
    F(bts_r_51, "", "lock btsq %rsi, (%rdi)", "refused entry", RO, B51, ZERO, REFUSED) \
    F(bts_r_next, "", "lock btsq %rsi, (%rdi)", "bit 65, XSA-195", RO, NEXT, ZERO, 0) \
    F(bts_r_back, "", "lock btsq %rsi, (%rdi)", "bit -63, XSA-195", RO, BACK, ZERO, 0) \
    F(bts_r_far, FAR_BASE, "lock btsq %rsi, (%rdi)", "bit 2^39+1, XSA-195", RO, FAR, ZERO, 0) \
    F(btr_r_far, FAR_BASE, "btrq %rsi, (%rdi)", "bit 2^39+1, XSA-195", RW, FAR, ZERO, 0) \
    F(btc_r_far, FAR_BASE, "btcq %rsi, (%rdi)", "bit 2^39+1, XSA-195", RW, FAR, ZERO, 0) \
    F(movnti, "", "movntiq %rsi, (%rdi)", "", RW, RO, ZERO, 0) \
    F(movnti_l, "", "movntil %esi, (%rdi)", "", RW, RO, ZERO, 0) \
    F(movbe, "bswapq %rsi; ", "movbeq %rsi, (%rdi)", "", RW, RO, ZERO, 0) \
    F(stos_q, "", "stosq", "", RW, ZERO, RO, 0) \
    F(stos_b, "", "stosb", "", RW, ZERO, RO, 0) \
    F(rep_stos, "", "rep stosq", "", RW, ZERO, RO, 0) \
    F(rep_stos_0, "xorl %ecx, %ecx; ", "rep stosq", "no times", RW, ZERO, RO, 0) \
    F(rep_stos_2, "movl $2, %ecx; ", "rep stosq", "two times", RW, ZERO, RO, 0) \
    F(std_stos, "std; ", "stosq", "backwards", RW, ZERO, RO, 0) \
    F(movs_q, "pushq %rsi; movq %rsp, %rsi; ", "movsq", "", RW, RO, ZERO, 0) \
    F(rep_movs, "pushq %rsi; movq %rsp, %rsi; ", "rep movsq", "", RW, RO, ZERO, 0) \
    F(pop, "pushq %rsi; ", "popq (%rdi)", "", RW, RO, ZERO, 0) \
    F(sse_movq, "movq %rsi, %xmm0; ", "movq %xmm0, (%rdi)", "", RW, RO, ZERO, REFUSED) \
    F(sse_movd, "movq %rsi, %xmm0; ", "movd %xmm0, (%rdi)", "", RW, RO, ZERO, REFUSED) \
    F(sse_movlps, "movq %rsi, %xmm0; ", "movlps %xmm0, (%rdi)", "", RW, RO, ZERO, REFUSED) \
    F(sse_movups, "movq %rsi, %xmm0; ", "movups %xmm0, (%rdi)", "", RW, RO, ZERO, REFUSED) \
    F(sse_movdqa, "movq %rsi, %xmm0; ", "movdqa %xmm0, (%rdi)", "", RW, RO, ZERO, REFUSED) \
    F(mmx_movq, "movq %rsi, %mm0; ", "movq %mm0, (%rdi)", "", RW, RO, ZERO, REFUSED) \
    F(misaligned, "", "movq %rsi, 1(%rdi)", "", RW, RO, ZERO, REFUSED) \
    F(mis_l, "", "movl %esi, 2(%rdi)", "", RW, RO, ZERO, REFUSED) \
    F(mis_w, "", "movw %si, 1(%rdi)", "", RW, RO, ZERO, REFUSED) \
    F(straddle, "", "movq %rsi, 4(%rdi)", "", RW, RO, ZERO, REFUSED) \
    F(straddle_w, "", "movw %si, 7(%rdi)", "", RW, ZERO, ZERO, REFUSED) \
    F(straddle_x, "", "lock xchgq %rsi, -4(%rdi)", "", RW, RO, ZERO, REFUSED)

#define DEFINE_CODE(id, setup, text, ...) FORM_CODE(form_##id, setup text)
FORMS(DEFINE_CODE)

struct row {
    const char *text, *note;
    const void *code;
    enum value old, rsi, rax;
    long want;
};

#define ROW(id, setup, text, note, old, rsi, rax, want) { text, note, form_##id, old, rsi, rax, want },
static const struct row rows[] = { FORMS(ROW) };

/* What decides about a form: memory around the entry, registers, flags, trap. */
struct outcome {
    uint64_t before[AT + 40];
    struct form_regs regs;
    long trap;
};

#define FLAGS_SEEN 0x6c5UL       /* CF PF ZF SF IF DF: AF and OF are not always defined */

static void set_entries(uint64_t old)
{
    unsigned int i;

    for (i = 0; i < AT + 40; i++)
        mmu_update1(maddr_of(s.l1, i), i + 1 == AT || i == AT + 1 ? value_of(RO) : i == AT ? old : 0);
    mmu_update1(maddr_of(s.l1, AT + 32), old);
}

static void run_on(uint64_t *table, const struct row *r, struct outcome *o)
{
    struct form_regs in = {
        .rax = value_of(r->rax), .rcx = 1, .rdx = value_of(r->rsi), .rsi = value_of(r->rsi),
        .rdi = (uint64_t)(table + AT), .rflags = 0x202,
    };
    unsigned int i;

    o->regs = in;
    o->trap = form_run(r->code, &o->regs);
    o->regs.rdi -= (uint64_t)table;
    o->regs.rflags &= FLAGS_SEEN;
    for (i = 0; i < AT + 40; i++)
        o->before[i] = table[i];
    if (o->trap)
        o->regs = (struct form_regs){ .rflags = probe_regs.rip - (uint64_t)r->code };
}

static void run_row(const struct row *r, const char *where)
{
    static struct outcome plain, entry;
    static uint64_t before[AT + 40];
    bool right;

    set_entries(value_of(r->old));
    memcpy(before, s.l1, sizeof(before));
    memcpy(s.other, s.l1, PV_PAGE_SIZE);
    run_on(entries(s.other), r, &plain);
    run_on(entries(s.l1), r, &entry);
    if (entry.trap)
        right = memcmp(before, entry.before, sizeof(before)) == 0;
    else
        right = plain.trap == 0 && memcmp(plain.before, entry.before, sizeof(before)) == 0 &&
                memcmp(&plain.regs, &entry.regs, offsetof(struct form_regs, rsi)) == 0 &&
                plain.regs.rdi == entry.regs.rdi && plain.regs.rflags == entry.regs.rflags;
    check_state(named("%s%s%s%s", r->text, *r->note ? ", " : "", r->note, where), entry.trap, r->want,
                entry.trap ? "the entries are as before"
                           : "memory, registers and flags are as without a trap",
                right);
}

void test_forms(void)
{
    unsigned int i;

    scratch_take();
    HYPERVISOR_vm_assist(VMASST_CMD_enable, VMASST_TYPE_writable_pagetables);
    tree_plant();
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        run_row(&rows[i], "");
    tree_fell();
    /* A table that is pinned only. */
    make_read_only(s.l1);
    mmuext1(MMUEXT_PIN_L1_TABLE, mfn_of(s.l1));
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (i % 8 == 0)
            run_row(&rows[i], ", a table that is only pinned");
    HYPERVISOR_vm_assist(VMASST_CMD_disable, VMASST_TYPE_writable_pagetables);
    scratch_give_back();
}
