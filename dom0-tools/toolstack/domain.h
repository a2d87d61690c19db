/* The toolstack's interface for the shell: domains from creation to death. Every function may block the
 * calling thread and may be called from any thread, never from an event handler. Names and ids: a text of
 * digits only is an id. Every failure is described in *err and returned as its negative errno. host.h has the
 * host's side. */
#ifndef ENSO_TOOLSTACK_DOMAIN_H
#define ENSO_TOOLSTACK_DOMAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xen/xen.h>

#include "config.h"
#include "error.h"

/* What the toolstack needs from the program around it; copied by toolstack_init.
 *   file_map     makes a whole file readable in memory: 0, or negative errno (-ENOENT ...). The bytes may be
 *                shared and must not be written. Kernels and ramdisks are read this way again at each
 *                restart.
 *   file_unmap   ends it; called once per successful file_map with the same values.
 *   log          one line about something that happened on its own ("web: rebooted as domain 7"), no newline.
 *                */
struct toolstack_host_ops {
    int (*file_map)(const char *path, const void **bytes, size_t *len);
    void (*file_unmap)(const void *bytes, size_t len);
    void (*log)(const char *line);
};

/* Starts the toolstack: from now on the ends of domains are acted upon.
 * Call once, after the store and consoled are up. */
int toolstack_init(const struct toolstack_host_ops *ops, struct toolstack_error *err);

/* Called by toolstack_create in its own thread when the domain is complete but has not run one instruction;
 * the place to attach a console. May block. A negative errno ends the creation and undoes it. */
typedef int toolstack_before_unpause(domid_t domid, const char *name, void *arg);

struct toolstack_create_flags {
    bool paused;   /* leave it paused */
    bool dry_run;  /* check everything that can be checked, create nothing */
    toolstack_before_unpause *before_unpause; /* NULL: none. Called for paused domains too */
    void *arg;
};

/* Creates a domain; *domid is its id. Everything is checked first, and after a failure at any later point
 * everything is undone. Errors: -EEXIST name in use; -ENOENT kernel or ramdisk missing; -ENOEXEC, -EBADMSG,
 * -EFBIG, -EOPNOTSUPP the kernel is not good (image.h); -ENOMEM the host or the domain has too little memory,
 * with the numbers; -ECANCELED destroyed meanwhile; others from the hypervisor or the store, named. */
int toolstack_create(const struct domain_config *config, const struct toolstack_create_flags *flags,
                     domid_t *domid, struct toolstack_error *err);

/* Kills a domain at once and removes every trace; returns when its memory is free again. The creation of one
 * that is being built (again) is given up, which can take as long as unpacking its kernel; by its name, as it
 * may have no id yet. -ENOENT no such domain; -EPERM the control domain. */
int toolstack_destroy(const char *name_or_id, struct toolstack_error *err);

int toolstack_pause(domid_t domid, struct toolstack_error *err);
int toolstack_unpause(domid_t domid, struct toolstack_error *err); /* -EALREADY it is not paused */

/* Asks the guest through control/shutdown.
 *   request     "poweroff", "reboot", "halt" or "suspend" is what guests know
 *   timeout_ns  0: return once asked; otherwise wait until the domain has ended (for "reboot": until it is
 *               back), -ETIMEDOUT when it has not by then */
int toolstack_shutdown(domid_t domid, const char *request, uint64_t timeout_ns, struct toolstack_error *err);

/* -EEXIST another domain has that name; -EINVAL not a name. */
int toolstack_rename(domid_t domid, const char *name, struct toolstack_error *err);

/* Asks the guest's kernel for a sysrq through control/sysrq. */
int toolstack_sysrq(domid_t domid, char letter, struct toolstack_error *err);

/* trigger: "nmi", "reset", "init", "power", "sleep". -EINVAL another word; -EOPNOTSUPP not for this
 * domain. */
int toolstack_trigger(domid_t domid, const char *trigger, unsigned vcpu, struct toolstack_error *err);

/* Asks the guest's balloon for this size (memory/target); -EINVAL above the domain's maximum. */
int toolstack_mem_set(domid_t domid, uint64_t kib, struct toolstack_error *err);

/* Sets the limit that the hypervisor enforces (and memory/static-max). */
int toolstack_mem_max(domid_t domid, uint64_t kib, struct toolstack_error *err);

/* -- What there is
 * ------------------------------------------------------------------------------------------- */

/* Bits of domain_status.state, in the order of xl's columns r b p s c d. */
enum domain_state {
    DOMAIN_RUNNING  = 1,
    DOMAIN_BLOCKED  = 2,
    DOMAIN_PAUSED   = 4,
    DOMAIN_SHUTDOWN = 8,
    DOMAIN_CRASHED  = 16,
    DOMAIN_DYING    = 32
};

struct domain_status {
    domid_t domid;
    char name[CONFIG_NAME_SIZE]; /* "" for a domain that is nearly gone */
    uint8_t uuid[16];
    unsigned state;              /* enum domain_state bits; 0: runnable, waiting for a CPU */
    int shutdown_reason;         /* SHUTDOWN_*, -1 while it has not shut down */
    uint64_t memory_kib;         /* owned now */
    uint64_t maxmem_kib;
    unsigned vcpus;              /* online */
    unsigned max_vcpus;
    uint64_t cpu_time_ns;
    uint64_t uptime_ns;          /* since it was created; for the control domain since it started */
    bool managed;                /* created by this toolstack: toolstack_config knows its configuration */
};

/* All domains, by rising id. *list is malloc()ed, the caller frees it. */
int toolstack_list(struct domain_status **list, size_t *count, struct toolstack_error *err);

/* One domain, by id. -ENOENT; -EBUSY it has ended, and what it had of the host is not free yet. */
int toolstack_status(domid_t domid, struct domain_status *status, struct toolstack_error *err);

/* A name or a number to an id. -ENOENT with "no domain is called X". */
int toolstack_find(const char *name_or_id, domid_t *domid, struct toolstack_error *err);

/* The configuration a domain was created from, uuid filled in. -ENOENT not created by this toolstack. */
int toolstack_config(domid_t domid, struct domain_config *config, struct toolstack_error *err);

/* The state letters of `list`: "rb-s-d" with '-' for what is not. out has room for 7 bytes. */
void toolstack_state_text(unsigned state, char out[7]);

struct vcpu_status {
    unsigned vcpu;
    bool online, blocked, running;
    unsigned cpu;               /* where it ran last; only meaningful when online */
    uint64_t cpu_time_ns;
    struct config_cpus affinity;
};

/* The vcpus of a domain; *list is malloc()ed, the caller frees it. */
int toolstack_vcpus(domid_t domid, struct vcpu_status **list, size_t *count, struct toolstack_error *err);

#endif
