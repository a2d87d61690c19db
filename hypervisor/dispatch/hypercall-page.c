/* The hypercall page: 32 bytes of code for each hypercall number, which a guest kernel calls. */
#include <xen/xen.h>
#include "dispatch/dispatch.h"
#include "dispatch/hypercall.h"
#include "lib/lib.h"

#define STUB_SIZE 32
#define STUBS     (PAGE_SIZE / STUB_SIZE)

/* `syscall` loses rcx and r11, which a C caller of the stub expects to lose, but older guests do not. */
static void fill_stub(uint8_t *stub, uint32_t number)
{
    static const uint8_t code[] = {
        0x51,                   /* push %rcx */
        0x41, 0x53,             /* push %r11 */
        0xb8, 0, 0, 0, 0,       /* mov $number, %eax */
        0x0f, 0x05,             /* syscall */
        0x41, 0x5b,             /* pop %r11 */
        0x59,                   /* pop %rcx */
        0xc3,                   /* ret */
    };

    memcpy(stub, code, sizeof(code));
    memcpy(stub + 4, &number, sizeof(number));
}

/* Jumped to with the rest of struct iret_context on the stack; does not return. */
static void fill_iret_stub(uint8_t *stub)
{
    static const uint8_t code[] = {
        0x51,                                   /* push %rcx */
        0x41, 0x53,                             /* push %r11 */
        0x50,                                   /* push %rax */
        0xb8, __HYPERVISOR_iret, 0, 0, 0,       /* mov $number, %eax */
        0x0f, 0x05,                             /* syscall */
    };

    memcpy(stub, code, sizeof(code));
}

void hypercall_page_fill(void *page)
{
    uint8_t *stubs = page;

    memset(page, 0xcc, PAGE_SIZE);              /* int3 */
    for (uint32_t i = 0; i < STUBS; i++) {
        if (i == __HYPERVISOR_iret)
            fill_iret_stub(stubs + i * STUB_SIZE);
        else
            fill_stub(stubs + i * STUB_SIZE, i);
    }
}
