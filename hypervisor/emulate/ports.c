/* IN and OUT. A guest whose I/O privilege level or bitmap does not allow the port gets #GP. Of those that
 * it may try, the control domain reaches the real ports but for those that the hypervisor drives itself;
 * for everybody else, and for those, there is nothing behind the port: reads give ones, writes go nowhere
 * (kernels probe legacy devices early). */
#include <xen/xen.h>
#include "cpu/cpu.h"
#include "dispatch/dispatch.h"
#include "domain/domain.h"
#include "emulate/privileged.h"
#include "emulate/registers.h"
#include "memory/guest-access.h"
#include "pci/pci.h"

/* The guest kernel counts as level 1, so that a level of 1 is its to have. */
bool guest_iopl_allows(const struct vcpu *v)
{
    return v->iopl >= (v->kernel_mode ? 1 : 3);
}

/* The bitmap lies in guest kernel memory. Two bytes hold the bits of an access that is not aligned. */
static bool bitmap_allows(struct vcpu *v, uint32_t port, unsigned int size)
{
    bool user = !v->kernel_mode;
    uint16_t bits = UINT16_MAX;
    uint8_t bytes[2];

    if (port + size > v->iobitmap_ports)
        return false;
    if (user)
        guest_toggle_mode(v);
    for (unsigned int i = 0; i < 2; i++)
        if (copy_from_guest_bytes(&bytes[i], guest_add(v->iobitmap, port / 8 + i), 1))
            bytes[i] = 0xff;
    if (user)
        guest_toggle_mode(v);
    bits = (uint16_t)(bytes[0] | bytes[1] << 8);
    return ((bits >> (port & 7)) & ((1U << size) - 1)) == 0;
}

static bool reaches_hardware(const struct vcpu *v, uint32_t port, unsigned int size)
{
    static const struct { uint16_t first, last; } own[] = {
        { 0x20, 0x21 }, { 0xa0, 0xa1 },     /* interrupt controllers */
        { 0x40, 0x43 },                     /* timer */
        { 0x3f8, 0x3ff },                   /* console */
    };

    if (!v->domain->io_ports_all || port + size > 0x10000)
        return false;
    for (size_t i = 0; i < ARRAY_SIZE(own); i++)
        if (port + size > own[i].first && port <= own[i].last)
            return false;
    return true;
}

static uint32_t port_in(uint16_t port, unsigned int size)
{
    if (pci_owns_port(port, size))
        return pci_port_in(port, size);
    return size == 1 ? inb(port) : size == 2 ? inw(port) : inl(port);
}

static void port_out(uint16_t port, unsigned int size, uint32_t value)
{
    if (pci_owns_port(port, size))
        pci_port_out(port, size, value);
    else if (size == 1)
        outb(port, (uint8_t)value);
    else if (size == 2)
        outw(port, (uint16_t)value);
    else
        outl(port, value);
}

enum outcome guest_port_io(struct vcpu *v, const struct privileged_op *op, struct cpu_user_regs *r)
{
    uint32_t port = op->port_in_dx ? (uint16_t)r->rdx : op->port;
    bool real;

    if (!guest_iopl_allows(v) && !bitmap_allows(v, port, op->size))
        return REFUSED;
    real = reaches_hardware(v, port, op->size);
    if (op->kind == PRIV_IN)
        register_write(r, 0, op->size, real ? port_in((uint16_t)port, op->size) : UINT32_MAX);
    else if (real)
        port_out((uint16_t)port, op->size, (uint32_t)r->rax);
    return EMULATED;
}
