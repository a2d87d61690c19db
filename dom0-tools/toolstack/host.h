/* The toolstack's interface for the shell: the host and its hypervisor. Rules as in domain.h. */
#ifndef ENSO_TOOLSTACK_HOST_H
#define ENSO_TOOLSTACK_HOST_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"

struct host_status {
    unsigned cpus;
    unsigned threads_per_core, cores_per_socket, nodes;
    uint32_t cpu_khz;
    uint32_t hw_caps[8];
    uint64_t total_frames, free_frames;          /* of 4 KiB */
    uint64_t total_memory_kib, free_memory_kib;
    uint64_t domain_memory_kib;                  /* owned by all domains, the control domain included */
    uint64_t hypervisor_memory_kib;              /* neither free nor any domain's */
    unsigned domains;
    unsigned version_major, version_minor;
    char version_extra[16];
    char capabilities[1024];
    char changeset[64];
    char compiler[64];
    char compile_date[32];
    char command_line[1024];
    char scheduler[24];                          /* "credit", "credit2", ... */
    uint64_t uptime_ns;
};

int toolstack_host(struct host_status *status, struct toolstack_error *err);

/* The hypervisor's log. *text is malloc()ed and ends in a 0 that *len does not count; the caller frees it.
 * clear: what was read is forgotten there. */
int toolstack_dmesg(char **text, size_t *len, int clear, struct toolstack_error *err);

/* Sends debug keys to the hypervisor: what they print appears in its log. */
int toolstack_debug_keys(const char *keys, struct toolstack_error *err);

/* Memory that the toolstack itself holds to be quicker (unpacked kernels), in KiB, and how to drop it. It is
 * dropped by itself when a new domain needs the memory. */
uint64_t toolstack_cache_kib(void);
void toolstack_cache_drop(void);

#endif
