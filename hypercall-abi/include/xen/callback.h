/* Entry points of the guest kernel, one by one: the newer form of set_callbacks.
 *   callback_op(int cmd, const void *argument)      cmd: CALLBACKOP_*
 *   errors   -XEN_EINVAL no such type, or one that can't be removed (only NMI and sysenter can)
 * Source of all names, numbers and layouts: Xen 4.17 public/callback.h. */
#ifndef __XEN_PUBLIC_CALLBACK_H__
#define __XEN_PUBLIC_CALLBACK_H__

#include "xen.h"

#define CALLBACKTYPE_event 0                  /* an event channel is pending */
#define CALLBACKTYPE_failsafe 1               /* the return to the guest met an unusable segment or address */
#define CALLBACKTYPE_syscall 2                /* `syscall` in 64-bit guest user mode */
#define CALLBACKTYPE_sysenter_deprecated 3    /* `sysenter` for 32-bit kernels */
#define CALLBACKTYPE_nmi 4                    /* a non-maskable interrupt */
#define CALLBACKTYPE_sysenter 5               /* `sysenter` in guest user mode */
#define CALLBACKTYPE_syscall32 7              /* `syscall` in 32-bit guest user mode */

#if __XEN_INTERFACE_VERSION__ < 0x00030207
#undef CALLBACKTYPE_sysenter
#define CALLBACKTYPE_sysenter CALLBACKTYPE_sysenter_deprecated
#endif

/* callback_register.flags: a bit number and its mask. */
#define _CALLBACKF_mask_events 0
#define CALLBACKF_mask_events (1U << _CALLBACKF_mask_events)   /* mask events; event and NMI always do */

#define CALLBACKOP_register 0                 /* callback_register */
#define CALLBACKOP_unregister 1               /* callback_unregister */

#ifndef __ASSEMBLY__

/* CALLBACKOP_register: set or replace an entry point. */
struct callback_register {
    uint16_t type;                            /* CALLBACKTYPE_* */
    uint16_t flags;                           /* CALLBACKF_* */
    xen_callback_t address;
};
typedef struct callback_register callback_register_t;
DEFINE_XEN_GUEST_HANDLE(callback_register_t);
ABI_LAYOUT(struct callback_register, 16, (type, 0), (flags, 2), (address, 8));

/* CALLBACKOP_unregister: remove one. */
struct callback_unregister {
    uint16_t type;                            /* CALLBACKTYPE_* */
    uint16_t _unused;
};
typedef struct callback_unregister callback_unregister_t;
DEFINE_XEN_GUEST_HANDLE(callback_unregister_t);
ABI_LAYOUT(struct callback_unregister, 4, (type, 0), (_unused, 2));

#endif /* !__ASSEMBLY__ */

#endif /* __XEN_PUBLIC_CALLBACK_H__ */
