/* The host and its hypervisor. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <xen/version.h>
#include <pv/error.h>
#include <pv/hypercall.h>
#include <pv/time.h>

#include "control.h"
#include "host.h"
#include "kernel_cache.h"

#define LIST_BATCH 32u
#define LOG_CHUNK  (16u << 10)
#define LOG_LIMIT  (16u << 20) /* a log that is written faster than it is read ends here */

/* Both fields have this size; the hypervisor's need not end in a zero byte. */
static void copy_field(char *to, const char *from, size_t size)
{
    memcpy(to, from, size);
    to[size - 1] = 0;
}

_Static_assert(sizeof(((struct host_status *)0)->version_extra) == sizeof(xen_extraversion_t) &&
               sizeof(((struct host_status *)0)->capabilities) == sizeof(xen_capabilities_info_t) &&
               sizeof(((struct host_status *)0)->changeset) == sizeof(xen_changeset_info_t) &&
               sizeof(((struct host_status *)0)->command_line) == sizeof(xen_commandline_t) &&
               sizeof(((struct host_status *)0)->compiler) == sizeof(((xen_compile_info_t *)0)->compiler) &&
               sizeof(((struct host_status *)0)->compile_date) ==
                   sizeof(((xen_compile_info_t *)0)->compile_date),
               "copied whole");

static int read_version(struct host_status *s)
{
    xen_extraversion_t extra = "";
    xen_capabilities_info_t capabilities = "";
    xen_changeset_info_t changeset = "";
    xen_commandline_t command_line = "";
    xen_compile_info_t compile;
    long rc = HYPERVISOR_xen_version(XENVER_version, NULL);

    if (rc < 0)
        return pv_errno_from_xen(rc);
    s->version_major = (unsigned)rc >> 16;
    s->version_minor = (unsigned)rc & 0xffff;
    memset(&compile, 0, sizeof(compile));
    /* Each of these may be refused; its field stays empty then. */
    HYPERVISOR_xen_version(XENVER_extraversion, extra);
    HYPERVISOR_xen_version(XENVER_capabilities, capabilities);
    HYPERVISOR_xen_version(XENVER_changeset, changeset);
    HYPERVISOR_xen_version(XENVER_commandline, command_line);
    HYPERVISOR_xen_version(XENVER_compile_info, &compile);
    copy_field(s->version_extra, extra, sizeof(s->version_extra));
    copy_field(s->capabilities, capabilities, sizeof(s->capabilities));
    copy_field(s->changeset, changeset, sizeof(s->changeset));
    copy_field(s->command_line, command_line, sizeof(s->command_line));
    copy_field(s->compiler, compile.compiler, sizeof(s->compiler));
    copy_field(s->compile_date, compile.compile_date, sizeof(s->compile_date));
    return 0;
}

static int read_physinfo(struct host_status *s)
{
    struct xen_sysctl_physinfo info;
    int rc = control_physinfo(&info);

    if (rc)
        return rc;
    s->cpus = info.nr_cpus;
    s->threads_per_core = info.threads_per_core;
    s->cores_per_socket = info.cores_per_socket;
    s->nodes = info.nr_nodes;
    s->cpu_khz = info.cpu_khz;
    memcpy(s->hw_caps, info.hw_cap, sizeof(s->hw_caps));
    s->total_frames = info.total_pages;
    s->free_frames = info.free_pages;
    s->total_memory_kib = info.total_pages * 4;
    s->free_memory_kib = info.free_pages * 4;
    return 0;
}

static int sum_domains(struct host_status *s)
{
    struct xen_domctl_getdomaininfo *batch = malloc(LIST_BATCH * sizeof(*batch));
    unsigned first = 0;
    int count = batch ? 1 : -ENOMEM;

    while (count > 0 && first < DOMID_FIRST_RESERVED) {
        count = control_list((domid_t)first, batch, LIST_BATCH);
        for (int i = 0; i < count; i++) {
            s->domains++;
            s->domain_memory_kib += batch[i].tot_pages * 4;
            first = batch[i].domain + 1u;
        }
    }
    free(batch);
    return count < 0 ? count : 0;
}

static void read_scheduler(struct host_status *s)
{
    static const struct { uint32_t id; const char *name; } names[] = {
        { XEN_SCHEDULER_CREDIT, "credit" },     { XEN_SCHEDULER_CREDIT2, "credit2" },
        { XEN_SCHEDULER_ARINC653, "arinc653" }, { XEN_SCHEDULER_RTDS, "rtds" },
        { XEN_SCHEDULER_NULL, "null" },
    };
    uint32_t id;

    strcpy(s->scheduler, "unknown");
    if (control_scheduler(&id))
        return;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (names[i].id == id)
            strcpy(s->scheduler, names[i].name);
}

int toolstack_host(struct host_status *status, struct toolstack_error *err)
{
    uint64_t known;
    int rc;

    memset(status, 0, sizeof(*status));
    rc = read_physinfo(status);
    if (rc == 0)
        rc = read_version(status);
    if (rc == 0)
        rc = sum_domains(status);
    if (rc)
        return toolstack_fail(err, rc, "", "the hypervisor did not tell about the host");
    read_scheduler(status);
    known = status->free_memory_kib + status->domain_memory_kib;
    status->hypervisor_memory_kib = status->total_memory_kib > known ? status->total_memory_kib - known : 0;
    status->uptime_ns = pv_now_ns();
    return toolstack_ok(err);
}

/* Reads until the log gives less than there was room for. */
static int read_log(char **text, size_t *len, bool clear)
{
    uint32_t index = 0, count = LOG_CHUNK;

    while (count == LOG_CHUNK && *len < LOG_LIMIT) {
        char *grown = realloc(*text, *len + LOG_CHUNK + 1);
        int rc;

        if (!grown)
            return -ENOMEM;
        *text = grown;
        rc = control_read_log(*text + *len, &count, &index, clear);
        if (rc)
            return rc;
        *len += count;
    }
    (*text)[*len] = 0;
    return 0;
}

int toolstack_dmesg(char **text, size_t *len, int clear, struct toolstack_error *err)
{
    int rc;

    *text = NULL;
    *len = 0;
    rc = read_log(text, len, false);
    if (rc == 0 && clear) {
        char byte;
        uint32_t count = 0, index = 0;

        rc = control_read_log(&byte, &count, &index, true);
    }
    if (rc == 0)
        return toolstack_ok(err);
    free(*text);
    *text = NULL;
    *len = 0;
    return toolstack_fail(err, rc, "", "the hypervisor's log cannot be read");
}

int toolstack_debug_keys(const char *keys, struct toolstack_error *err)
{
    int rc = control_debug_keys(keys, (uint32_t)strlen(keys));

    return rc ? toolstack_fail(err, rc, "", "the hypervisor did not take the debug keys") : toolstack_ok(err);
}

uint64_t toolstack_cache_kib(void)
{
    return kernel_cache_bytes() >> 10;
}

void toolstack_cache_drop(void)
{
    kernel_cache_drop();
}
