/* emulate.c: privileged instructions that the hypervisor carries out for a PV kernel, and those it does
 * not. The class of bug: an instruction that reaches the real register, or does more than the guest may. */
#include "case.h"

#include <string.h>
#include <xen/physdev.h>

#define MSR_EFER 0xc0000080U
#define MSR_FS_BASE 0xc0000100U
#define MSR_GS_BASE 0xc0000101U
#define MSR_GS_SHADOW 0xc0000102U

static uint64_t rdmsr(uint32_t msr)
{
    uint32_t low = 0, high = 0;

    PROBE("rdmsr", ARGS("+a"(low), "+d"(high)), ARGS("c"(msr)));
    return (uint64_t)high << 32 | low;
}

static void wrmsr(uint32_t msr, uint64_t value)
{
    PROBE("wrmsr", , ARGS("c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))));
}

static void control_registers(void)
{
    uint64_t value = 0, cr4;
    bool on;

    PROBE("mov %%cr0, %0", ARGS("=r"(value)), );
    check("read CR0", probe_result(), 0);
    check("CR0: protection and paging", (long)(value & 0x80000001), 0x80000001);
    on = pv_upcalls_disable();    /* an upcall would use the FPU first */
    PROBE("mov %0, %%cr0\n\tfldz\n\tfstp %%st(0)", , ARGS("r"(value | 8)));
    pv_upcalls_restore(on);
    check("with CR0.TS set the FPU traps", probe_result(), TRAP(7, 0));
    pv_upcalls_disable();
    PROBE("mov %0, %%cr0\n\tclts", , ARGS("r"(value | 8)));
    pv_upcalls_restore(on);
    check("clts", probe_result(), 0);
    PROBE("fldz\n\tfstp %%st(0)", , );
    check("then the FPU does not", probe_result(), 0);
    PROBE("mov %0, %%cr0", , ARGS("r"(value & ~0x80000000UL)));
    check("paging off in CR0", probe_result(), TRAP(13, 0));
    PROBE("mov %0, %%cr2", , ARGS("r"(0x123456UL)));
    check("write CR2", probe_result(), 0);
    PROBE("mov %%cr2, %0", ARGS("=r"(value)), );
    check("read CR2", probe_result(), 0);
    check("it is what was written", (long)value, 0x123456);
    PROBE("mov %%cr4, %0", ARGS("=r"(cr4)), );
    check("read CR4", probe_result(), 0);
    check("CR4: physical address extension", (long)(cr4 >> 5 & 1), 1);
    PROBE("mov %0, %%cr4", , ARGS("r"(cr4)));
    check("write CR4 as it is", probe_result(), 0);
    PROBE("mov %%cr8, %0", ARGS("=r"(value)), );
    check("read CR8", probe_result(), TRAP(13, 0));
}

static void table_base(void)
{
    uint64_t base = (uint64_t)pv_virt_to_mfn((void *)pv_start_info->pt_base) << 12, value = 0;

    PROBE("mov %%cr3, %0", ARGS("=r"(value)), );
    check("read CR3", probe_result(), 0);
    check("it is the machine address of our tables", (long)value, (long)base);
    PROBE("mov %0, %%cr3", , ARGS("r"(value)));
    check("write CR3 as it is", probe_result(), 0);
    PROBE("mov %0, %%cr3", , ARGS("r"(pv_virt_to_machine(pv_image_start))));
    check("write CR3 with no table", probe_result(), TRAP(13, 0));
}

static void msrs(void)
{
    static uint64_t variable = 0x1234567812345678;
    uint64_t efer = rdmsr(MSR_EFER), value;

    check("read EFER", probe_result(), 0);
    check("EFER: long mode, system calls, no-execute", (long)(efer & 0xd01), 0xd01);
    wrmsr(MSR_FS_BASE, (uint64_t)&variable);
    check("write FS base", probe_result(), 0);
    __asm__ volatile("mov %%fs:0, %0" : "=r"(value));
    check("FS reaches it", (long)value, (long)variable);
    check("FS base reads back", (long)rdmsr(MSR_FS_BASE), (long)&variable);
    wrmsr(MSR_FS_BASE, 0x0000900000000000UL);
    check("write a non-canonical FS base", probe_result(), TRAP(13, 0));
    wrmsr(MSR_GS_BASE, (uint64_t)&variable);
    check("write GS base", probe_result(), 0);
    __asm__ volatile("mov %%gs:0, %0" : "=r"(value));
    check("GS reaches it", (long)value, (long)variable);
    wrmsr(MSR_GS_SHADOW, 0x5000);
    check("write the other GS base", probe_result(), 0);
    check("it reads back", (long)rdmsr(MSR_GS_SHADOW), 0x5000);
    rdmsr(0xdeadbeef);
    check("read an unknown MSR", probe_result(), TRAP(13, 0));
    wrmsr(0xdeadbeef, 1);
    check("write an unknown MSR", probe_result(), TRAP(13, 0));
    check_true("the counter's MSR moves", rdmsr(0x10) < rdmsr(0x10));
    check("read it", probe_result(), 0);
    rdmsr(0x1b);
    check("read the APIC base", probe_result(), 0);
    wrmsr(MSR_FS_BASE, 0);
    wrmsr(MSR_GS_BASE, 0);
}

struct leaf {
    uint32_t a, b, c, d;
};

static struct leaf cpuid(uint32_t number)
{
    struct leaf l = { number, 0, 0, 0 };

    __asm__ volatile("ud2a; .ascii \"xen\"; cpuid" : "+a"(l.a), "=b"(l.b), "+c"(l.c), "=d"(l.d));
    return l;
}

static void cpuids(void)
{
    struct leaf l = cpuid(0x40000000);
    uint32_t max = l.a;

    check_true("CPUID: XenVMMXenVMM", memcmp(&l.b, "XenVMMXenVMM", 12) == 0);
    check_true("CPUID: hypervisor leaves", max >= 0x40000002 && max < 0x40000100);
    check("CPUID: version 4.17", cpuid(0x40000001).a, 4 << 16 | 17);
    l = cpuid(0x40000002);
    check("CPUID: one hypercall page", l.a, 1);
    check("CPUID: its MSR", l.b, 0x40000000);
    check("CPUID: mmu_pt_update_preserve_ad", l.c & 1, 1);
    l = cpuid(1);
    check("CPUID: a hypervisor is present", l.c >> 31, 1);
    check("CPUID: no VMX", l.c >> 5 & 1, 0);
    check("CPUID: SSE2", l.d >> 26 & 1, 1);
    check("CPUID: no page-size extensions", l.d >> 17 & 1, 0);
    l = cpuid(0x80000001);
    check("CPUID: SYSCALL, no-execute, long mode", l.d & (1U << 11 | 1U << 20 | 1U << 29),
          1U << 11 | 1U << 20 | 1U << 29);
    check("CPUID: no SVM", l.c >> 2 & 1, 0);
}

static volatile unsigned int events;

static void on_event(evtchn_port_t port, void *arg)
{
    (void)port;
    (void)arg;
    events++;
}

/* An event that becomes pending without the hypervisor's knowledge is delivered when it next looks, which is
 * behind an instruction that it has carried out for us. */
static void event_behind(void)
{
    int port = pv_event_bind_ipi(on_event, NULL);
    struct vcpu_info *v = &pv_shared_info->vcpu_info[0];
    uint64_t value = 0, rsp_before, rsp_after;

    events = 0;
    __asm__ volatile("mov %%rsp, %0" : "=r"(rsp_before));
    __atomic_fetch_or(&pv_shared_info->evtchn_pending[port / 64], 1UL << (port % 64), __ATOMIC_SEQ_CST);
    __atomic_fetch_or(&v->evtchn_pending_sel, 1UL << (port / 64), __ATOMIC_SEQ_CST);
    v->evtchn_upcall_pending = 1;
    PROBE("mov %%cr0, %0", ARGS("=r"(value)), );
    __asm__ volatile("mov %%rsp, %0" : "=r"(rsp_after));
    check("an instruction with an event behind it", probe_result(), 0);
    check("the event came", events, 1);
    check("the stack is where it was", (long)(rsp_after - rsp_before), 0);
    check("upcalls are on", v->evtchn_upcall_mask, 0);
    check("the result arrived", (long)(value & 1), 1);
    pv_event_close((evtchn_port_t)port);
}

static void ports(void)
{
    struct physdev_set_iopl iopl = { .iopl = 1 };
    uint32_t value = 0;

    PROBE("cli", , );
    check("cli without I/O level", probe_result(), TRAP(13, 0));
    PROBE("inb $0x80, %%al", ARGS("=a"(value)), );
    check("in without I/O level", probe_result(), TRAP(13, 0));
    PROBE("outb %%al, $0x80", , ARGS("a"(0)));
    check("out without I/O level", probe_result(), TRAP(13, 0));
    check("I/O level 1", HYPERVISOR_physdev_op(PHYSDEVOP_set_iopl, &iopl), 0);
    PROBE("cli", , );
    check("cli with it", probe_result(), 0);
    check("does nothing", pv_shared_info->vcpu_info[0].evtchn_upcall_mask, 0);
    PROBE("sti", , );
    check("sti with it", probe_result(), 0);
    PROBE("inb $0x80, %%al", ARGS("=a"(value)), );
    check("in with it", probe_result(), 0);
    if (!pv_is_control_domain()) {
        check("but a port that is not ours reads as nothing", value & 0xff, 0xff);
        PROBE("outb %%al, $0x80", , ARGS("a"(0)));
        check("and takes everything", probe_result(), 0);
    }
    iopl.iopl = 0;
    HYPERVISOR_physdev_op(PHYSDEVOP_set_iopl, &iopl);
}

static void others(void)
{
    PROBE("wbinvd", , );
    check("wbinvd", probe_result(), 0);
    PROBE("invd", , );
    check("invd", probe_result(), TRAP(13, 0));
    PROBE("rdtsc", , , "rax", "rdx");
    check("rdtsc", probe_result(), 0);
    PROBE("monitor", , ARGS("a"(pv_image_start), "c"(0), "d"(0)));
    check("monitor", probe_result(), TRAP(6, 0));
    PROBE("mov %%dr7, %%rax", , , "rax");
    check("read DR7", probe_result(), 0);
    PROBE("mov %0, %%dr0", , ARGS("r"(0x400000UL)));
    check("write DR0", probe_result(), 0);
    check("it is set", HYPERVISOR_get_debugreg(0), 0x400000);
    PROBE("mov %0, %%dr0", , ARGS("r"(0xffff830000000000UL)));
    check("write DR0 with the hypervisor's address", probe_result(), TRAP(13, 0));
    HYPERVISOR_set_debugreg(0, 0);
}

void test_emulation(void)
{
    control_registers();
    table_base();
    msrs();
    cpuids();
    event_behind();
    ports();
    others();
}
