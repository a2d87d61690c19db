/* multicall: a batch of hypercalls, each with a result of its own. An iret ends the batch. */
#include <xen/errno.h>
#include "dispatch/dispatch.h"
#include "dispatch/hypercall.h"
#include "lib/lib.h"
#include "memory/guest-access.h"

static bool store_result(guest_addr_t calls, uint32_t i, long rc)
{
    uint64_t result = (uint64_t)rc;
    guest_addr_t entry = guest_element(calls, i, sizeof(struct multicall_entry));

    entry = guest_add(entry, offsetof(struct multicall_entry, result));
    return copy_to_guest(entry, &result, sizeof(result)) == 0;
}

/* An entry is read once, into the vcpu: one that runs out of time goes on with the arguments that it began
 * with, whatever guest memory says by then. */
long hypercall_multicall(guest_addr_t calls, uint32_t count)
{
    struct vcpu *v = current;
    struct continuation *c = &v->continuation;

    if (!c->active) {
        c->multicall_done = 0;
        c->in_multicall = false;
    }
    while (c->multicall_done < count) {
        long rc;

        if (!c->in_multicall) {
            if (copy_from_guest_index(&c->call, calls, c->multicall_done))
                return refuse(-XEN_EFAULT, "multicall: entry %u", c->multicall_done);
            if (c->call.op == __HYPERVISOR_iret)
                return hypercall_iret();
            continuation_reset(c);
        }
        c->in_multicall = false;
        rc = hypercall_in_multicall(v, c->call.op, (const uint64_t *)c->call.args);
        if (rc == -ERESTART) {
            c->in_multicall = true;
            return rc;
        }
        if (!store_result(calls, c->multicall_done, rc))
            return refuse(-XEN_EFAULT, "multicall: result %u", c->multicall_done);
        c->multicall_done++;
        if (preempt_check_after(c->multicall_done))
            return -ERESTART;
    }
    return 0;
}
