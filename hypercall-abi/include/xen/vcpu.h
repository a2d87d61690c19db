/* Vcpus of the caller: starting, stopping, timers, and records that the hypervisor keeps in guest memory.
 *   vcpu_op(int cmd, unsigned vcpu, void *argument)      cmd: VCPUOP_*
 * Every operation answers -XEN_ENOENT for a vcpu that does not exist.
 * Source of all names, numbers and layouts: Xen 4.17 public/vcpu.h. */
#ifndef __XEN_PUBLIC_VCPU_H__
#define __XEN_PUBLIC_VCPU_H__

#include "xen.h"

/* Argument struct vcpu_guest_context (arch-x86/xen.h): the first state of a vcpu that never ran; it stays
 * down.
 *   errors   -XEN_EEXIST it was initialised before; -XEN_EINVAL a state that a guest may not have */
#define VCPUOP_initialise 0
/* NULL: a vcpu may run. -XEN_EINVAL it was never initialised. */
#define VCPUOP_up 1
/* NULL: a vcpu stops, soon; by the time of the return if it is the caller's own. Its state is kept. */
#define VCPUOP_down 2
/* NULL: returns 1 if the vcpu is up, else 0. */
#define VCPUOP_is_up 3
#define VCPUOP_get_runstate_info 4
#define VCPUOP_register_runstate_memory_area 5
#define VCPUOP_set_periodic_timer 6
#define VCPUOP_stop_periodic_timer 7          /* NULL */
#define VCPUOP_set_singleshot_timer 8
#define VCPUOP_stop_singleshot_timer 9        /* NULL */
#define VCPUOP_register_vcpu_info 10
/* NULL: run the NMI handler of a vcpu. */
#define VCPUOP_send_nmi 11
#define VCPUOP_get_physid 12
#define VCPUOP_register_vcpu_time_memory_area 13

/* What a vcpu is doing, and the indices of vcpu_runstate_info.time. */
#define RUNSTATE_running 0     /* on a CPU */
#define RUNSTATE_runnable 1    /* waits for a CPU */
#define RUNSTATE_blocked 2     /* asleep (SCHEDOP_block, SCHEDOP_poll) */
#define RUNSTATE_offline 3     /* down, or paused */

/* In state_entry_time while the record changes, if VMASST_TYPE_runstate_update_flag is on. */
#define XEN_RUNSTATE_UPDATE (xen_mk_ullong(1) << 63)

/* vcpu_set_singleshot_timer.flags: a bit number and its mask. */
#define _VCPU_SSHOTTMR_future (0)
#define VCPU_SSHOTTMR_future (1U << _VCPU_SSHOTTMR_future)  /* a moment in the past is an error, -XEN_ETIME */

#ifndef __ASSEMBLY__

/* VCPUOP_get_runstate_info, and the record in guest memory. */
struct vcpu_runstate_info {
    int state;                     /* RUNSTATE_* */
    uint64_t state_entry_time;     /* system time in ns when it began */
    uint64_t time[4];              /* ns spent in each state; the sum advances with system time */
};
typedef struct vcpu_runstate_info vcpu_runstate_info_t;
DEFINE_XEN_GUEST_HANDLE(vcpu_runstate_info_t);
ABI_LAYOUT(struct vcpu_runstate_info, 48, (state, 0), (state_entry_time, 8), (time, 16));

/* VCPUOP_register_runstate_memory_area: a virtual address at which the record is kept up to date; it is
 * written whenever the vcpu gets a CPU, so it always shows RUNSTATE_running. One per vcpu; 0 to stop. */
struct vcpu_register_runstate_memory_area {
    union {
        XEN_GUEST_HANDLE(vcpu_runstate_info_t) h;
        struct vcpu_runstate_info *v;
        uint64_t p;
    } addr;
};
typedef struct vcpu_register_runstate_memory_area vcpu_register_runstate_memory_area_t;
DEFINE_XEN_GUEST_HANDLE(vcpu_register_runstate_memory_area_t);
ABI_LAYOUT(struct vcpu_register_runstate_memory_area, 8, (addr.h, 0), (addr.v, 0), (addr.p, 0));

/* VCPUOP_set_periodic_timer: raise VIRQ_TIMER every period_ns, until stopped.
 *   errors   -XEN_EINVAL shorter than 1 ms or longer than 2^62 - 1 ns */
struct vcpu_set_periodic_timer {
    uint64_t period_ns;
};
typedef struct vcpu_set_periodic_timer vcpu_set_periodic_timer_t;
DEFINE_XEN_GUEST_HANDLE(vcpu_set_periodic_timer_t);
ABI_LAYOUT(struct vcpu_set_periodic_timer, 8, (period_ns, 0));

/* VCPUOP_set_singleshot_timer: raise VIRQ_TIMER once; at once if the moment has passed and `flags` does not
 * object. It replaces the last one set. -XEN_EINVAL not on the calling vcpu. */
struct vcpu_set_singleshot_timer {
    uint64_t timeout_abs_ns;       /* system time */
    uint32_t flags;                /* VCPU_SSHOTTMR_* */
};
typedef struct vcpu_set_singleshot_timer vcpu_set_singleshot_timer_t;
DEFINE_XEN_GUEST_HANDLE(vcpu_set_singleshot_timer_t);
ABI_LAYOUT(struct vcpu_set_singleshot_timer, 16, (timeout_abs_ns, 0), (flags, 8));

/* VCPUOP_register_vcpu_info: move struct vcpu_info of a vcpu out of the shared page; only once.
 *   errors   -XEN_EINVAL moved before, or not a frame to write to; -XEN_ENXIO not in one page, or misaligned
 */
struct vcpu_register_vcpu_info {
    uint64_t mfn;                  /* frame of the guest */
    uint32_t offset;               /* byte in it, a multiple of 8 */
    uint32_t rsvd;
};
typedef struct vcpu_register_vcpu_info vcpu_register_vcpu_info_t;
DEFINE_XEN_GUEST_HANDLE(vcpu_register_vcpu_info_t);
ABI_LAYOUT(struct vcpu_register_vcpu_info, 16, (mfn, 0), (offset, 8), (rsvd, 12));

/* VCPUOP_get_physid: the CPU under a vcpu that is pinned to one. -XEN_EINVAL it is not. */
struct vcpu_get_physid {
    uint64_t phys_id;              /* APIC id in the low half, ACPI id in the high half */
};
typedef struct vcpu_get_physid vcpu_get_physid_t;
DEFINE_XEN_GUEST_HANDLE(vcpu_get_physid_t);
ABI_LAYOUT(struct vcpu_get_physid, 8, (phys_id, 0));
#define xen_vcpu_physid_to_x86_apicid(physid) ((uint32_t)(physid))
#define xen_vcpu_physid_to_x86_acpiid(physid) ((uint32_t)((physid) >> 32))

/* VCPUOP_register_vcpu_time_memory_area: a virtual address for a second copy of vcpu_info.time, in a page
 * that user programs may read, with the same version protocol. One per vcpu; 0 to stop. */
DEFINE_XEN_GUEST_HANDLE(vcpu_time_info_t);
struct vcpu_register_time_memory_area {
    union {
        XEN_GUEST_HANDLE(vcpu_time_info_t) h;
        struct vcpu_time_info *v;
        uint64_t p;
    } addr;
};
typedef struct vcpu_register_time_memory_area vcpu_register_time_memory_area_t;
DEFINE_XEN_GUEST_HANDLE(vcpu_register_time_memory_area_t);
ABI_LAYOUT(struct vcpu_register_time_memory_area, 8, (addr.h, 0), (addr.v, 0), (addr.p, 0));

#endif /* !__ASSEMBLY__ */

#endif /* __XEN_PUBLIC_VCPU_H__ */
