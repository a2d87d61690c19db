/* Panic: all other CPUs stop, the log gets the reason, registers and a backtrace, then the machine reboots
 * (after five seconds, so that a screen can be read) or, with "noreboot", stands still. */
#include "cpu/panic.h"

#include "boot/boot-info.h"
#include "console/console.h"
#include "cpu/cpu.h"
#include "lib/lib.h"
#include "sched/timer.h"

static atomic_int panics;

void registers_print(const struct cpu_user_regs *r)
{
    uint64_t cr0, cr2, cr3, cr4;
    char where[96];

    __asm__ volatile("mov %%cr0, %0; mov %%cr2, %1; mov %%cr3, %2; mov %%cr4, %3"
                     : "=r"(cr0), "=r"(cr2), "=r"(cr3), "=r"(cr4));
    symbol_format(r->rip, where, sizeof(where));
    log_error("rip %04x:%016lx %s", r->cs, r->rip, where);
    log_error("rsp %04x:%016lx rflags %016lx vector %u error %04x", r->ss, r->rsp, r->rflags, r->entry_vector,
              r->error_code);
    log_error("rax %016lx rbx %016lx rcx %016lx rdx %016lx", r->rax, r->rbx, r->rcx, r->rdx);
    log_error("rsi %016lx rdi %016lx rbp %016lx r8  %016lx", r->rsi, r->rdi, r->rbp, r->r8);
    log_error("r9  %016lx r10 %016lx r11 %016lx r12 %016lx", r->r9, r->r10, r->r11, r->r12);
    log_error("r13 %016lx r14 %016lx r15 %016lx", r->r13, r->r14, r->r15);
    log_error("cr0 %016lx cr2 %016lx cr3 %016lx cr4 %016lx", cr0, cr2, cr3, cr4);
}

static void begin_panic(const char *fmt, va_list ap)
{
    char text[256];

    __asm__ volatile("cli");
    if (atomic_fetch_add(&panics, 1) > 1)
        cpu_idle_forever();     /* a panic within a panic within a panic */
    console_start_panic();
    cpu_stop_others();
    vsnprintf(text, sizeof(text), fmt, ap);
    log_error("**************************************** panic on CPU %u", cpu_id());
    log_error("%s", text);
}

static noreturn void end_panic(void)
{
    char value[8];

    if (cmdline_option(boot_info.cmdline, "noreboot", value, sizeof(value))) {
        log_error("stopped; reset the machine by hand");
        cpu_idle_forever();
    }
    log_error("reboot in five seconds");
    for (uint64_t end = now_ns() + 5000000000; tsc_khz() && now_ns() < end; )
        __asm__ volatile("pause");
    machine_reboot();
}

noreturn void panic(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    begin_panic(fmt, ap);
    va_end(ap);
    backtrace_print((uint64_t)__builtin_frame_address(0), 0);
    end_panic();
}

noreturn void panic_with_registers(const struct cpu_user_regs *r, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    begin_panic(fmt, ap);
    va_end(ap);
    registers_print(r);
    backtrace_print(r->rbp, r->rip);
    end_panic();
}
