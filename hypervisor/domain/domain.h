/* Domains and vcpus: what the hypervisor knows of a guest. A domain's memory in the hypervisor is sized
 * and charged when it is created; nothing but its own frames is allocated for it afterwards.
 *
 * Who keeps a pointer to a domain across a return to a guest holds a reference (domain_get/domain_put).
 * Domain numbers are not reused while the host is up.
 *   [c] constant after creation   [a] atomic   [m] mmu_lock   [f] frames_lock   [e] event_lock
 *   [g] grant_lock   [t] maptrack_lock   [p] only while the vcpu is paused or by the vcpu itself
 *   [s] scheduler's lock */
#ifndef ENSO_DOMAIN_DOMAIN_H
#define ENSO_DOMAIN_DOMAIN_H

#include <xen/xen.h>
#include <xen/vcpu.h>
#include <xen/sched.h>
#include <xen/version.h>
#include "cpu/cpu.h"
#include "event/event.h"
#include "grant/grant.h"
#include "lib/lib.h"
#include "lib/lock.h"
#include "memory/frame.h"
#include "sched/sched.h"
#include "sched/timer.h"

#define MAX_VCPUS 32        /* of one domain: as many as shared_info has vcpu_info for */

/* What a hypercall that ran out of time has to remember. Lives here, never in guest memory.
 * When `active`, the exit path runs the same hypercall again (same registers) before the vcpu
 * sees anything else; upcalls wait. */
struct continuation {
    bool active;
    bool in_multicall;          /* the inner call of a multicall has run out
                                 * of time; it is the one in `call` */
    uint32_t multicall_done;    /* entries finished */
    struct multicall_entry call;
    uint64_t done;              /* progress of the (inner) hypercall, in its own
                                 * units; reset to 0 by the dispatcher */
    uint64_t extra[2];          /* more of the same */
};

struct vcpu {
    struct domain *domain;              /* [c] */
    unsigned int id;                    /* [c] */
    struct vcpu_info *info;             /* [p] through the direct map: in shared_info or
                                         * the registered frame; never NULL */
    mfn_t info_mfn;                     /* [p] frame registered by VCPUOP_register_vcpu_info
                                         * (referenced), or MFN_NONE */

    /* CPU state. While the vcpu runs on a CPU the general registers live in that CPU's struct cpu_info. */
    struct cpu_user_regs regs;          /* [p] */
    bool kernel_mode;                   /* [p] running guest kernel (else guest user): which root is loaded */
    bool initialised;                   /* [p] has a context (VCPUOP_initialise /
                                         * setvcpucontext / first domain) */
    atomic_bool initialising;           /* [a] a sibling gives it one right now */
    bool failsafe_due;                  /* [p] a selector was refused at the switch to it (cpu/switch.c) */
    uint64_t kernel_sp;                 /* [p] stack_switch */
    uint16_t kernel_ss;
    mfn_t kernel_root, user_root;       /* [m] with type references; user_root.n == 0: none */
    uint64_t fs_base, gs_base_kernel, gs_base_user; /* [p] while running the MSRs have them: cpu/segments.h */
    uint16_t ds, es, fs, gs;            /* [p] selectors while not running */
    struct trap_info *traps;            /* [c] 256 entries; address 0: no handler */
    uint64_t event_callback, failsafe_callback, syscall_callback, syscall32_callback; /* [p] */
    bool syscall_masks_events, failsafe_masks_events, syscall32_masks_events; /* [p] CALLBACKF_mask_events */
    bool ts;                            /* [p] fpu_taskswitch: virtual CR0.TS */
    uint8_t iopl;                       /* [p] virtual I/O privilege level */
    guest_addr_t iobitmap;              /* [p] PHYSDEVOP_set_iobitmap */
    uint32_t iobitmap_ports;
    uint64_t cr4;                       /* [p] as the guest has set it (allowed bits) */
    uint64_t debugreg[8];               /* [p] dr0-3, 6, 7 as the guest has set them, already filtered */
    void *fpu;                          /* [c] XSAVE area, cpu_fpu_size bytes, 64-byte aligned */
    uint64_t xcr0;                      /* [p] */
    atomic_bool nmi_pending;            /* [a] */
    bool nmi_masked;                    /* [p] until iret */

    uint64_t gdt_frames[16];            /* [p] mfns, each with a SEGDESC type reference */
    unsigned int gdt_entries;           /* [p] */
    uint64_t ldt_base;                  /* [p] guest linear address; 0 entries: none */
    unsigned int ldt_entries;           /* [p] up to 8192 */
    uint64_t ldt_mapped[16];            /* [p] mfns mapped in the window so far (on fault), 0: not yet */

    struct continuation continuation;   /* [p] */

    struct sched_vcpu sched;            /* [s] sched/sched.h */
    struct timer singleshot;            /* sched/time.c */
    struct timer periodic;
    struct timer poll_timer;
    uint64_t periodic_ns;               /* [p] 0: off */
    uint64_t time_version_tsc;          /* [p] TSC at the last write of the time record */
    uint32_t time_version;              /* [p] its version; even */
    guest_addr_t runstate_area;         /* [p] registered virtual address, 0: none */
    guest_addr_t time_area;             /* [p] VCPUOP_register_vcpu_time_memory_area */
    /* [e] written; 0: not bound. Global VIRQs are bound on vcpu 0 */
    _Atomic evtchn_port_t virq_port[NR_VIRQS];
    _Atomic evtchn_port_t poll_port;    /* [a] polling one port, 0: none, UINT32_MAX: several */
};

struct domain {
    domid_t id;                         /* [c] */
    atomic_uint refs;                   /* [a] freed at 0 */
    bool control;                       /* [c] may issue domctl, sysctl and map foreign frames */
    uint8_t handle[16];                 /* uuid; written under control_lock */
    struct domain *next;                /* DOMLIST */

    /* Life. */
    atomic_bool dying;                  /* [a] destroydomain was called; nothing new is given to it */
    atomic_bool shut_down;              /* [a] has told SCHEDOP_shutdown (or crashed) */
    atomic_int shutdown_code;           /* [a] SHUTDOWN_*, valid when shut_down */
    atomic_uint pause_count;            /* [a] by the control domain and hypervisor */
    bool paused_by_control;             /* control_lock: pausedomain seen (state 'p' of getdomaininfo) */
    unsigned int teardown_step;         /* control_lock: progress of destroydomain */
    uint32_t teardown_frame;            /* control_lock: mfn reached while
                                         * unpinning; FRAME_LIST_END at creation */
    bool teardown_unpinned;             /* control_lock: no pins are left */

    /* Memory. */
    spinlock_t mmu_lock;                /* RANK_MMU */
    spinlock_t frames_lock;             /* RANK_FRAMES */
    uint32_t frames_head, idle_head;    /* [f] mfn lists: ordinary frames, and
                                         * idle (validated, unused) tables */
    uint64_t frames;                    /* [f] frames owned and accounted, without the special ones */
    uint64_t frames_idle;               /* [f] how many of them are on the idle list */
    uint64_t frames_max;                /* [f] XEN_DOMCTL_max_mem */
    _Atomic uint64_t tlb_mask;          /* [a] CPUs whose CR3 is one of this domain's roots */
    _Atomic uint32_t vm_assist;         /* [a] VMASST bits */
    _Atomic uint64_t frames_held;       /* [a] frames whose owner field names this domain: owned ones,
                                         * special ones, and those given up that somebody still maps. What
                                         * the limit is about, without special ones */
    uint64_t frames_special;            /* [c] */
    /* Memory map given by XENMEM_set_memory_map. */
    struct e820_entry { uint64_t addr, size; uint32_t type; } __attribute__((packed)) e820[8];
    unsigned int e820_entries;

    struct shared_info *shared_info;    /* [c] through the direct map */

    /* Events, grants: sizes chosen at creation. */
    spinlock_t event_lock;              /* RANK_EVENT */
    struct evtchn *channels;            /* [e] channel_count of them */
    uint32_t channel_count;             /* [c] */
    atomic_uint polling;                /* [a] vcpus in SCHEDOP_poll */
    struct grant_table *grants;         /* [c] grant/grant.h */

    /* Time and CPU shares. */
    uint16_t weight, cap;               /* credit parameters: share (default 256);
                                         * percent of one CPU, 0: no cap */
    struct timer watchdog[2];           /* SCHEDOP_watchdog */
    bool watchdog_used[2];              /* [p] of any vcpu of the domain */
    int64_t time_offset_seconds;        /* settimeoffset */

    unsigned int vcpu_count;            /* [c] */
    struct vcpu *vcpus[MAX_VCPUS];      /* [c] vcpu_count of them */
    uint64_t io_ports_all;              /* [c] control domain: may use all ports */
    struct log_bucket { uint64_t last_ns; uint32_t tokens; uint32_t dropped; } log_bucket; /* CONSOLE */
    char console_line[256];             /* CONSOLE: console_io output of the domain until its newline */
    unsigned int console_line_len;
};

static inline struct vcpu *domain_vcpu(struct domain *d, uint32_t id)
{
    return id < d->vcpu_count ? d->vcpus[index_nospec(id, d->vcpu_count)] : NULL;
}

/* The first domain (id 0), and the list. domain_find takes a reference; NULL if there is no such domain
 * (DOMID_SELF means the caller's). */
extern struct domain *first_domain;
struct domain *domain_find(domid_t id);
struct domain *domain_get(struct domain *d);
void domain_put(struct domain *d);
/* The domain that a frame's owner field names; valid as long as the frame is
 * referenced. NULL for none. No reference. */
struct domain *domain_by_owner(domid_t id);
/* Next domain after id (or the first for id < 0) with a reference, or NULL. */
struct domain *domain_next(int id);

/* Frames that name d as their owner (also those only others still refer to) keep d's structure alive. */
void domain_frames_held(struct domain *d, uint64_t count);
void domain_frames_released(struct domain *d, uint64_t count);

struct domain_limits { unsigned int vcpus, grant_frames, maptrack_frames; uint32_t ports; };
/* A new paused domain without memory. 0 and *out with a reference for the
 * caller; -ENOMEM, -EINVAL, -EEXIST. */
long domain_create(domid_t id, bool control, const uint8_t handle[16], const struct domain_limits *limits,
                   struct domain **out);
/* One bounded step of destroying: 0 all done, -ERESTART call again. control_lock held. */
long domain_destroy_step(struct domain *d);

void domain_pause(struct domain *d);            /* returns when no vcpu of it runs any more */
void domain_pause_nosync(struct domain *d);
void domain_unpause(struct domain *d);
/* The domain (usually the current one) has done something beyond repair: it stops with SHUTDOWN_crash. */
void domain_crash(struct domain *d, const char *fmt, ...) printf_like(2, 3);
/* A domain that had shut down goes on (XEN_DOMCTL_resumedomain). */
void domain_resume(struct domain *d);
/* An NMI for the guest on that vcpu. */
void vcpu_send_nmi(struct vcpu *v);
/* SCHEDOP_shutdown and remote_shutdown: all its vcpus stop; for the first domain the machine stops. */
void domain_shutdown(struct domain *d, unsigned int reason);

/* vcpu context as in the ABI (domctl, VCPUOP_initialise): checks everything, then
 * sets. 0 or -errno. vcpu not running. */
long vcpu_set_context(struct vcpu *v, const struct vcpu_guest_context *c);
void vcpu_get_context(struct vcpu *v, struct vcpu_guest_context *c);

/* Builds the initial domain from the boot modules. */
struct boot_info;
void domain_build_first(const struct boot_info *info);

long hypercall_domctl(guest_addr_t arg);
long hypercall_sysctl(guest_addr_t arg);
long hypercall_platform_op(guest_addr_t arg);
long hypercall_vcpu_op(uint32_t cmd, uint32_t vcpuid, guest_addr_t arg);

#endif
