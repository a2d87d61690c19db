/* Non-maskable interrupts in the initial domain.
 *   nmi_op(unsigned cmd, void *argument)      cmd: XENNMI_*
 *   errors   -XEN_EINVAL the caller is not vcpu 0 of the initial domain
 * Source of all names, numbers and layouts: Xen 4.17 public/nmi.h. */
#ifndef __XEN_PUBLIC_NMI_H__
#define __XEN_PUBLIC_NMI_H__

#include "xen.h"

/* Why it came, in arch_shared_info.nmi_reason: a bit number and its mask each. */
#define _XEN_NMIREASON_io_error 0       /* I/O check, port 0x61 bit 6 */
#define XEN_NMIREASON_io_error (1UL << _XEN_NMIREASON_io_error)
#define _XEN_NMIREASON_pci_serr 1       /* PCI system error, port 0x61 bit 7 */
#define XEN_NMIREASON_pci_serr (1UL << _XEN_NMIREASON_pci_serr)
#if __XEN_INTERFACE_VERSION__ < 0x00040300
#define _XEN_NMIREASON_parity_error 1
#define XEN_NMIREASON_parity_error (1UL << _XEN_NMIREASON_parity_error)
#endif
#define _XEN_NMIREASON_unknown 2
#define XEN_NMIREASON_unknown (1UL << _XEN_NMIREASON_unknown)

#define XENNMI_register_callback 0      /* xennmi_callback */
#define XENNMI_unregister_callback 1    /* NULL */

#ifndef __ASSEMBLY__

/* XENNMI_register_callback: where the guest kernel handles them. */
struct xennmi_callback {
    unsigned long handler_address;
    unsigned long pad;
};
typedef struct xennmi_callback xennmi_callback_t;
DEFINE_XEN_GUEST_HANDLE(xennmi_callback_t);
ABI_LAYOUT(struct xennmi_callback, 16, (handler_address, 0), (pad, 8));

#endif /* !__ASSEMBLY__ */

#endif /* __XEN_PUBLIC_NMI_H__ */
