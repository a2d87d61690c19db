/* Instructions that faulted in ring 3, done for the guest: what each may do is decided here, how its MSRs,
 * ports and CPUID look in the other files. Whatever is refused stays the guest's #GP. */
#include <xen/errno.h>
#include "cpu/fpu.h"
#include "dispatch/bounce.h"
#include "dispatch/state.h"
#include "domain/domain.h"
#include "emulate/advance.h"
#include "emulate/emulate.h"
#include "emulate/privileged.h"
#include "emulate/registers.h"
#include "memory/guest-access.h"
#include "memory/pagetable.h"

#define FORCED_CPUID       0x00a20f6e65780b0fUL
#define FORCED_CPUID_BYTES 7

#define CR0_OF_GUESTS (CR0_PG | CR0_AM | CR0_WP | CR0_NE | CR0_ET | CR0_MP | CR0_PE)
#define CR4_OF_GUESTS (CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT)
/* Bits that guests turn on and off, and that the real CR4 follows. XSETBV, which is emulated, follows
 * OSXSAVE. */
#define CR4_REAL      (CR4_TSD | CR4_DE | CR4_FSGSBASE)

static uint64_t guest_cr0(const struct vcpu *v)
{
    return CR0_OF_GUESTS | (v->ts ? CR0_TS : 0);
}

static bool read_cr(struct vcpu *v, unsigned int number, uint64_t *value)
{
    switch (number) {
    case 0:
        *value = guest_cr0(v);
        return true;
    case 2:
        *value = v->info->arch.cr2;
        return true;
    case 3:
        *value = v->kernel_root.n << PAGE_SHIFT;
        return true;
    case 4:
        *value = CR4_OF_GUESTS | v->cr4;
        return true;
    default:
        return false;
    }
}

static enum outcome write_cr3(struct vcpu *v, uint64_t value)
{
    long rc;

    if (value & ~(PTE_FRAME | (PAGE_SIZE - 1)))
        return REFUSED;
    preempt_begin();
    spin_lock(&v->domain->mmu_lock);
    rc = vcpu_set_kernel_root(v, mfn((value & PTE_FRAME) >> PAGE_SHIFT));
    spin_unlock(&v->domain->mmu_lock);
    return rc == 0 ? EMULATED : rc == -ERESTART ? AGAIN : REFUSED;
}

/* Of CR0 only TS changes; of CR4 what the guest may not have is dropped, as Xen does. */
static enum outcome write_cr(struct vcpu *v, unsigned int number, uint64_t value)
{
    switch (number) {
    case 0:
        if ((value ^ guest_cr0(v)) & ~CR0_TS)
            return REFUSED;
        guest_set_ts(v, value & CR0_TS);
        return EMULATED;
    case 2:
        v->info->arch.cr2 = value;
        return EMULATED;
    case 3:
        return write_cr3(v, value);
    case 4:
        v->cr4 = value & guest_cr4_allowed();
        guest_cr4_load(v);
        return EMULATED;
    default:
        return REFUSED;
    }
}

uint64_t guest_cr4_allowed(void)
{
    return CR4_TSD | CR4_DE | (cpu_features.fsgsbase ? CR4_FSGSBASE : 0) |
           (cpu_features.xsave ? CR4_OSXSAVE : 0);
}

/* Writes these bits only: none of them touches the TLB. */
static void set_cr4_bits(uint64_t bits)
{
    uint64_t is, want;

    __asm__ volatile("mov %%cr4, %0" : "=r"(is));
    want = (is & ~CR4_REAL) | bits;
    if (want != is)
        __asm__ volatile("mov %0, %%cr4" : : "r"(want) : "memory");
}

void guest_cr4_load(const struct vcpu *v)
{
    set_cr4_bits(v->cr4 & CR4_REAL);
}

void guest_cr4_unload(void)
{
    set_cr4_bits(cpu_features.fsgsbase ? CR4_FSGSBASE : 0);
}

/* Components that depend on others come with them; x87 is always on. */
static bool xcr0_valid(uint64_t value)
{
    uint64_t avx512 = value & XCR0_AVX512;

    if ((value & ~cpu_features.xcr0_allowed) || !(value & XCR0_X87))
        return false;
    if ((value & XCR0_AVX) && !(value & XCR0_SSE))
        return false;
    return !avx512 || (avx512 == XCR0_AVX512 && (value & XCR0_AVX));
}

static enum outcome write_xcr(struct vcpu *v, const struct cpu_user_regs *r)
{
    uint64_t value = low_bytes(r->rax, 4) | r->rdx << 32;

    if (!(v->cr4 & CR4_OSXSAVE))
        return UNDEFINED;
    if (!v->kernel_mode || (uint32_t)r->rcx != 0 || !xcr0_valid(value))
        return REFUSED;
    v->xcr0 = value;
    fpu_set_xcr0(value);
    return EMULATED;
}

static enum outcome read_dr(struct vcpu *v, const struct privileged_op *op, struct cpu_user_regs *r)
{
    if (op->special > 7)
        return REFUSED;
    *register_slot(r, op->reg) = (uint64_t)hypercall_get_debugreg(op->special);
    (void)v;
    return EMULATED;
}

static enum outcome do_rdmsr(struct vcpu *v, struct cpu_user_regs *r)
{
    uint64_t value;

    if (!guest_rdmsr(v, (uint32_t)r->rcx, &value))
        return REFUSED;
    r->rax = (uint32_t)value;
    r->rdx = value >> 32;
    return EMULATED;
}

static enum outcome do_wrmsr(struct vcpu *v, const struct cpu_user_regs *r)
{
    return guest_wrmsr(v, (uint32_t)r->rcx, low_bytes(r->rax, 4) | r->rdx << 32);
}

static enum outcome do_cpuid(struct vcpu *v, struct cpu_user_regs *r)
{
    uint32_t out[4];

    guest_cpuid(v, (uint32_t)r->rax, (uint32_t)r->rcx, out);
    r->rax = out[0];
    r->rbx = out[1];
    r->rcx = out[2];
    r->rdx = out[3];
    return EMULATED;
}

/* Faults because the guest kernel has set CR4.TSD, which is for its user mode. */
static enum outcome do_rdtsc(const struct vcpu *v, struct cpu_user_regs *r)
{
    uint64_t tsc = rdtsc();

    if (!v->kernel_mode)
        return REFUSED;
    r->rax = (uint32_t)tsc;
    r->rdx = tsc >> 32;
    return EMULATED;
}

/* TSC_AUX is 0 on every CPU. */
static enum outcome do_rdtscp(const struct vcpu *v, struct cpu_user_regs *r)
{
    enum outcome done = do_rdtsc(v, r);

    if (done == EMULATED)
        r->rcx = 0;
    return done;
}

static enum outcome do_kernel_only(struct vcpu *v, const struct privileged_op *op, struct cpu_user_regs *r)
{
    switch (op->kind) {
    case PRIV_MOV_FROM_CR:
        return read_cr(v, op->special, register_slot(r, op->reg)) ? EMULATED : REFUSED;
    case PRIV_MOV_TO_CR:
        return write_cr(v, op->special, *register_slot(r, op->reg));
    case PRIV_MOV_FROM_DR:
        return read_dr(v, op, r);
    case PRIV_MOV_TO_DR:
        return guest_set_debugreg(v, op->special, *register_slot(r, op->reg)) == 0 ? EMULATED : REFUSED;
    case PRIV_CLTS:
        guest_set_ts(v, false);
        return EMULATED;
    case PRIV_WBINVD:
        return EMULATED;        /* memory is coherent for every device a guest can reach */
    case PRIV_RDMSR:
        return do_rdmsr(v, r);
    case PRIV_WRMSR:
        return do_wrmsr(v, r);
    default:
        return REFUSED;
    }
}

static enum outcome execute(struct vcpu *v, const struct privileged_op *op, struct cpu_user_regs *r)
{
    switch (op->kind) {
    case PRIV_CPUID:
        return do_cpuid(v, r);
    case PRIV_RDTSC:
        return do_rdtsc(v, r);
    case PRIV_RDTSCP:
        return do_rdtscp(v, r);
    case PRIV_CLI: case PRIV_STI:
        return guest_iopl_allows(v) ? EMULATED : REFUSED;   /* accepted, without effect */
    case PRIV_IN: case PRIV_OUT:
        return guest_port_io(v, op, r);
    case PRIV_XSETBV:
        return write_xcr(v, r);
    default:
        return v->kernel_mode ? do_kernel_only(v, op, r) : REFUSED;
    }
}

/* True: the instruction goes on in a page that cannot be read, and the guest has the fault for that. */
static bool cut_off(struct vcpu *v, struct cpu_user_regs *r, uint8_t code[GUEST_CODE_BYTES], size_t len)
{
    struct privileged_op op;

    memset(code + len, 0, GUEST_CODE_BYTES - len);
    if (len == GUEST_CODE_BYTES || !decode_privileged(code, MAX_INSTRUCTION, &op) || op.length <= len)
        return false;
    guest_page_fault(v, r, r->rip + len, 0);
    return true;
}

bool emulate_privileged(struct vcpu *v, struct cpu_user_regs *r)
{
    uint8_t code[GUEST_CODE_BYTES];
    size_t len = fetch_guest_code(code, r->rip);
    struct privileged_op op;

    if (!decode_privileged(code, len, &op))
        return cut_off(v, r, code, len);
    switch (execute(v, &op, r)) {
    case EMULATED:
        advance(v, r, op.length);
        return true;
    case AGAIN:
        return true;
    case UNDEFINED:
        guest_inject_ud();
        return true;
    default:
        return false;
    }
}

static bool forced_cpuid(struct vcpu *v, struct cpu_user_regs *r)
{
    do_cpuid(v, r);
    advance(v, r, FORCED_CPUID_BYTES);
    return true;
}

/* Not these bytes, or not all of them there. The processor has only looked at the first two: the page of the
 * others may be one that the guest's kernel has yet to bring in. */
static __attribute__((noinline)) bool forced_cpuid_at_end(struct vcpu *v, struct cpu_user_regs *r)
{
    uint64_t code[GUEST_CODE_BYTES / 8] = { 0 };
    size_t have = MIN(fetch_guest_code((uint8_t *)code, r->rip), (size_t)FORCED_CPUID_BYTES);

    if (have < 2 || low_bytes(code[0] ^ FORCED_CPUID, (unsigned int)have) != 0)
        return false;
    if (have == FORCED_CPUID_BYTES)
        return forced_cpuid(v, r);
    guest_page_fault(v, r, r->rip + have, 0);
    return true;
}

/* ud2, "xen", cpuid: seven bytes, so one word has them. */
bool emulate_forced_cpuid(struct vcpu *v, struct cpu_user_regs *r)
{
    uint64_t code;

    if (copy_from_guest(&code, guest_addr(r->rip), sizeof(code)) == 0 &&
        low_bytes(code ^ FORCED_CPUID, FORCED_CPUID_BYTES) == 0)
        return forced_cpuid(v, r);
    return forced_cpuid_at_end(v, r);
}
