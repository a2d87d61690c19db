/* console.c: console_io. The class of bug: a count that is believed, a buffer that is read where the guest
 * may not (XSA-152: what is written is bounded in rate, which the system tests show). */
#include "calls.h"
#include "case.h"
#include "place.h"

static const struct {
    const char *name;
    void *at;
} bad[] = {
    { "NULL", NULL },
    { "unmapped", UNMAPPED },
    { "the hypervisor's address", HYPERVISOR_SPACE },
    { "the machine-to-physical table", (void *)MACH2PHYS_VIRT_START },
    { "non-canonical", NON_CANONICAL },
};

static void writing(void)
{
    unsigned int i;

    check("CONSOLEIO_write, nothing from nowhere", HYPERVISOR_console_io(CONSOLEIO_write, 0, NULL),
          by_role(-XEN_EPERM, 0));
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        check(named("CONSOLEIO_write, one byte from %s", bad[i].name),
              HYPERVISOR_console_io(CONSOLEIO_write, 1, bad[i].at), by_role(-XEN_EPERM, -XEN_EFAULT));
        check(named("CONSOLEIO_write, 2^32 - 1 bytes from %s", bad[i].name),
              HYPERVISOR_console_io(CONSOLEIO_write, ~0U, bad[i].at), by_role(-XEN_EPERM, -XEN_EFAULT));
    }
}

static void reading(void)
{
    char *wall = place_before_read_only();

    check("CONSOLEIO_read, no room", HYPERVISOR_console_io(CONSOLEIO_read, 0, NULL), by_role(-XEN_EPERM, 0));
    check("CONSOLEIO_read, nothing was typed", HYPERVISOR_console_io(CONSOLEIO_read, 1, wall - 1),
          by_role(-XEN_EPERM, 0));
    place_end(wall);
}

void console(void)
{
    static const unsigned int commands[] = { 2, 3, 0x80000000, 0xffffffff };
    unsigned int i;

    writing();
    reading();
    for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        check(named("command %#x", commands[i]), HYPERVISOR_console_io((int)commands[i], 1, UNMAPPED),
              by_role(-XEN_EPERM, -XEN_ENOSYS));
}
