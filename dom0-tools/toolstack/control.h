/* The control hypercalls, one function each: domctl, sysctl and their relatives with the interface version
 * set, continuations followed, and newlib's negative errno as the answer. No policy, no memory of its own. */
#ifndef ENSO_TOOLSTACK_CONTROL_H
#define ENSO_TOOLSTACK_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xen/xen.h>
#include <xen/domctl.h>
#include <xen/event_channel.h>
#include <xen/sysctl.h>

#include "config.h"

struct control_limits {
    unsigned vcpus;
    unsigned ports;            /* highest event channel port */
    unsigned grant_frames;
    unsigned maptrack_frames;
};

/* A new domain, paused, without vcpus and memory. The hypervisor chooses *domid. */
int control_create(const uint8_t uuid[16], const struct control_limits *limits, domid_t *domid);

/* Makes the vcpus that control_create() announced. */
int control_make_vcpus(domid_t domid, unsigned vcpus);

/* Ends a domain: returns when all that only the hypervisor holds is given back. Yields. */
int control_destroy(domid_t domid);

int control_pause(domid_t domid);
int control_unpause(domid_t domid);
int control_max_memory(domid_t domid, uint64_t kib);
int control_trigger(domid_t domid, unsigned trigger, unsigned vcpu); /* XEN_DOMCTL_SENDTRIGGER_* */

/* Where a vcpu may run; only the bits of the host's CPUs count. -EINVAL: none of them is set. */
int control_set_affinity(domid_t domid, unsigned vcpu, const struct config_cpus *cpus);
int control_get_affinity(domid_t domid, unsigned vcpu, struct config_cpus *cpus);
int control_vcpu_info(domid_t domid, unsigned vcpu, struct xen_domctl_getvcpuinfo *info);

/* Weight (0: leave it) and cap for the scheduler that runs. -EOPNOTSUPP: it knows neither. */
int control_schedule(domid_t domid, unsigned weight, unsigned cap);

int control_set_vcpu(domid_t domid, unsigned vcpu, struct vcpu_guest_context *context);
int control_hypercall_page(domid_t domid, xen_pfn_t mfn);

/* One domain. -ENOENT: no such domain. */
int control_info(domid_t domid, struct xen_domctl_getdomaininfo *info);

/* Up to max domains with ids from first on, rising; the count or a negative errno. */
int control_list(domid_t first, struct xen_domctl_getdomaininfo *list, unsigned max);

/* Gives count frames to a domain, for its pfns from first on; frames[i] is the machine frame behind pfn first
 * + i. -ENOMEM: not all could be given; those that were belong to the domain all the same. */
int control_populate(domid_t domid, xen_pfn_t first, xen_pfn_t *frames, size_t count);

/* Validates a domain's L4 table and keeps it valid. */
int control_pin(domid_t domid, xen_pfn_t l4);

/* A new port in the domain that this domain can bind to. */
int control_new_port(domid_t domid, evtchn_port_t *port);

/* Machine frame of the domain's first grant table page, set up on its behalf. */
int control_grant_frame(domid_t domid, xen_pfn_t *mfn);

int control_physinfo(struct xen_sysctl_physinfo *info);
int control_scheduler(uint32_t *id);

/* Reads the hypervisor's log from *index on; *count bytes of room in, bytes read out. */
int control_read_log(char *buffer, uint32_t *count, uint32_t *index, bool clear);
int control_debug_keys(const char *keys, uint32_t count);

#endif
