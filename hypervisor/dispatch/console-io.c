/* console_io: the control domain's terminal, and lines of other domains for the operator. */
#include <xen/errno.h>
#include <xen/xen.h>
#include "console/console.h"
#include "dispatch/dispatch.h"
#include "domain/domain.h"
#include "lib/lib.h"
#include "memory/guest-access.h"

#define CHUNK 256

/* continuation.done counts bytes. */
static __attribute__((noinline)) long write_console(struct vcpu *v, uint32_t count, guest_addr_t buffer)
{
    struct continuation *c = &v->continuation;
    char chunk[CHUNK];

    while (c->done < count) {
        size_t n = MIN((size_t)CHUNK, count - c->done);

        if (copy_from_guest_bytes(chunk, guest_add(buffer, c->done), n))
            return refuse(-XEN_EFAULT, "console_io: buffer");
        if (v->domain->control)
            console_write(chunk, n);
        else
            console_write_domain(v->domain, chunk, n);
        c->done += n;
        if (c->done < count && preempt_check())
            return -ERESTART;
    }
    return 0;
}

/* What cannot be stored is lost, so the buffer is tried first. */
static __attribute__((noinline)) long read_console(struct vcpu *v, uint32_t count, guest_addr_t buffer)
{
    char chunk[CHUNK];
    size_t n = MIN((uint32_t)CHUNK, count);

    if (!v->domain->control)
        return refuse(-XEN_EPERM, "console_io: read");
    if (clear_guest(buffer, n))
        return refuse(-XEN_EFAULT, "console_io: buffer");
    n = console_read(chunk, n);
    return copy_to_guest_bytes(buffer, chunk, n) ? -XEN_EFAULT : (long)n;
}

long hypercall_console_io(uint32_t cmd, uint32_t count, guest_addr_t buffer)
{
    switch (cmd) {
    case CONSOLEIO_write:
        return count ? write_console(current, count, buffer) : 0;
    case CONSOLEIO_read:
        return read_console(current, count, buffer);
    default:
        return refuse(-XEN_ENOSYS, "console_io %u", cmd);
    }
}
