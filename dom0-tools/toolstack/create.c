/* Creating a domain: files, kernel, the check that it all fits, then the domain itself, its keys and its
 * console. Every step that can be checked comes before the first that changes something. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <pv/thread.h>
#include <pv/time.h>

#include "backends/console/consoled.h"
#include "build.h"
#include "control.h"
#include "disk.h"
#include "kernel_cache.h"
#include "lifecycle.h"
#include "store_keys.h"
#include "vif.h"

#define OVERHEAD_KIB         128u        /* what a domain may cost the hypervisor beyond its own memory */
#define UNPACK_EXTRA_BYTES   (64u << 20) /* an unpacked kernel holds more than what is loaded */
#define GRANT_FRAMES_DEFAULT 2u          /* 1024 references: console, store, and no devices yet */
#define GRANT_FRAMES_DISK    3u          /* 32 requests of 32 pages and their
                                          * lists, at 512 references a frame */
#define QUEUES_MOST          4u          /* pairs of rings of an interface, one for each vcpu */
#define PORTS_DEFAULT        1023u

struct creation {
    struct managed *m;
    const struct toolstack_create_flags *flags;
    struct toolstack_error *err;
    const void *kernel_file, *ramdisk;
    size_t kernel_size, ramdisk_size;
    struct kernel *kernel;
    struct build_result built;
};

static int open_file(struct creation *c, const char *what, const char *path, const void **bytes, size_t *size)
{
    int rc = toolstack_ops.file_map(path, bytes, size);

    if (rc) {
        toolstack_fail(c->err, rc, path, "the %s of `%s` cannot be read", what, c->m->config.name);
        toolstack_advise(c->err, "`ls` shows the files that there are");
    }
    return rc;
}

static int open_files(struct creation *c)
{
    const struct domain_config *config = &c->m->config;
    int rc = open_file(c, "kernel", config->kernel, &c->kernel_file, &c->kernel_size);

    if (rc || !config->ramdisk[0])
        return rc;
    rc = open_file(c, "ramdisk", config->ramdisk, &c->ramdisk, &c->ramdisk_size);
    if (rc == 0 && c->ramdisk_size == 0)
        rc = toolstack_fail(c->err, -EINVAL, config->ramdisk, "the ramdisk is empty");
    return rc;
}

static void close_files(struct creation *c)
{
    if (c->kernel)
        kernel_put(c->kernel);
    if (c->ramdisk)
        toolstack_ops.file_unmap(c->ramdisk, c->ramdisk_size);
    if (c->kernel_file)
        toolstack_ops.file_unmap(c->kernel_file, c->kernel_size);
}

static struct build_request request_of(const struct creation *c)
{
    const struct domain_config *config = &c->m->config;

    return (struct build_request){
        .domid = c->m->domid,
        .name = config->name,
        .image = kernel_image(c->kernel),
        .ramdisk = c->ramdisk,
        .ramdisk_bytes = c->ramdisk_size,
        .cmdline = config->cmdline,
        .pages = config->memory_kib / 4,
        .cancel = &c->m->cancel,
    };
}

static int free_kib(uint64_t *kib)
{
    struct xen_sysctl_physinfo info;
    int rc = control_physinfo(&info);

    if (rc == 0)
        *kib = info.free_pages > info.outstanding_pages ? (info.free_pages - info.outstanding_pages) * 4 : 0;
    return rc;
}

/* Unpacked kernels make room for domains. */
static int check_memory(struct creation *c)
{
    uint64_t need = c->m->config.memory_kib + OVERHEAD_KIB, have = 0;
    int rc = free_kib(&have);

    if (rc == 0 && have < need && kernel_cache_drop())
        rc = free_kib(&have);
    if (rc)
        return toolstack_fail(c->err, rc, c->m->config.name, "the host's free memory is not known");
    if (have >= need)
        return 0;
    toolstack_fail(c->err, -ENOMEM, c->m->config.name,
                   "not enough memory: the domain needs %llu KiB, the host has %llu KiB free",
                   (unsigned long long)need, (unsigned long long)have);
    toolstack_advise(c->err, "destroy another domain or lower `memory`");
    return -ENOMEM;
}

static int check_cancel(struct creation *c)
{
    return c->m->cancel ? toolstack_fail(c->err, -ECANCELED, c->m->config.name,
                                         "destroyed while it was being created")
                        : 0;
}

/* All that can be known before anything exists. Memory is looked at twice: before seconds are spent on
 * unpacking, and after the unpacked kernel has taken its share. */
static int prepare(struct creation *c)
{
    struct domain_config *config = &c->m->config;
    struct build_request request;
    int rc = open_files(c);

    if (rc == 0)
        rc = check_memory(c);
    if (rc)
        return rc;
    rc = kernel_get(config->kernel, c->kernel_file, c->kernel_size,
                    config->memory_kib * 1024 + UNPACK_EXTRA_BYTES, &c->kernel, c->err);
    if (rc)
        return rc;
    request = request_of(c);
    if (build_least_pages(&request, c->err) == 0)
        return c->err->code;
    rc = check_memory(c);
    return rc ? rc : check_cancel(c);
}

static unsigned limit_or(int configured, unsigned otherwise)
{
    return configured >= 0 ? (unsigned)configured : otherwise;
}

/* A pair of rings has 512 requests and its own two pages: a little more than a frame of references. */
static unsigned queues_of(const struct domain_config *config)
{
    return config->maxvcpus < QUEUES_MOST ? config->maxvcpus : QUEUES_MOST;
}

static unsigned grant_frames(const struct domain_config *config)
{
    return GRANT_FRAMES_DEFAULT + GRANT_FRAMES_DISK * config->disk_count +
           (queues_of(config) + 1) * config->vif_count;
}

static int make_domain(struct creation *c)
{
    const struct domain_config *config = &c->m->config;
    struct control_limits limits = {
        .vcpus = config->maxvcpus,
        .ports = limit_or(config->max_event_channels, PORTS_DEFAULT),
        .grant_frames = limit_or(config->max_grant_frames, grant_frames(config)),
        .maptrack_frames = limit_or(config->max_maptrack_frames, 0),
    };
    domid_t domid;
    int rc = control_create(config->uuid, &limits, &domid);

    if (rc) {
        toolstack_fail(c->err, rc, config->name, "the hypervisor refused a new domain of %u vcpus",
                       limits.vcpus);
        toolstack_advise(c->err, "check `maxvcpus` and the limits in the configuration, and `dmesg`");
        return rc;
    }
    c->m->domid = domid;
    return 0;
}

static int set_cpus(struct creation *c)
{
    const struct domain_config *config = &c->m->config;

    for (unsigned i = 0; config->has_cpus && i < config->maxvcpus; i++) {
        int rc = control_set_affinity(c->m->domid, i, &config->cpus[i]);

        if (rc) {
            toolstack_fail(c->err, rc, config->name, "vcpu %u cannot be bound to the CPUs of `cpus`", i);
            toolstack_advise(c->err, "`info` tells how many CPUs there are");
            return rc;
        }
    }
    return 0;
}

static int set_limits(struct creation *c)
{
    const struct domain_config *config = &c->m->config;
    int rc = control_max_memory(c->m->domid, config->maxmem_kib);

    if (rc)
        return toolstack_fail(c->err, rc, config->name, "setting the limit of %llu KiB of memory failed",
                              (unsigned long long)config->maxmem_kib);
    rc = control_make_vcpus(c->m->domid, config->maxvcpus);
    if (rc)
        return toolstack_fail(c->err, rc, config->name, "making %u vcpus failed", config->maxvcpus);
    rc = set_cpus(c);
    if (rc)
        return rc;
    if (config->cpu_weight || config->cap)
        rc = control_schedule(c->m->domid, config->cpu_weight, config->cap);
    return rc ? toolstack_fail(c->err, rc, config->name, "setting cpu_weight and cap failed") : 0;
}

static int connect(struct creation *c)
{
    const struct domain_config *config = &c->m->config;
    char path[STORE_PATH_SIZE];
    int rc = store_keys_create(c->m->domid, config, &c->built, path);

    if (rc)
        return toolstack_fail(c->err, rc, config->name, "the store refused %s", path);
    rc = console_domain_add(c->m->domid, config->name, c->built.console_frame, c->built.console_port);
    return rc < 0 ? toolstack_fail(c->err, rc, config->name, "connecting the console failed") : 0;
}

static int attach_disks(struct creation *c)
{
    const struct domain_config *config = &c->m->config;
    int rc = 0;

    for (unsigned i = 0; i < config->disk_count && rc == 0; i++)
        rc = disk_attach(c->m->domid, &config->disks[i], c->err);
    return rc;
}

static int attach_vifs(struct creation *c)
{
    struct domain_config *config = &c->m->config;
    int rc = 0;

    for (unsigned i = 0; i < config->vif_count && rc == 0; i++)
        rc = vif_attach(c->m->domid, &config->vifs[i], queues_of(config), c->err);
    return rc;
}

static int start(struct creation *c)
{
    const struct toolstack_create_flags *flags = c->flags;
    int rc = 0;

    if (flags && flags->before_unpause) {
        rc = flags->before_unpause(c->m->domid, c->m->config.name, flags->arg);
        if (rc < 0)
            return toolstack_fail(c->err, rc, c->m->config.name, "attaching to the console failed");
    }
    rc = check_cancel(c);
    if (rc)
        return rc;
    rc = flags && flags->paused ? 0 : control_unpause(c->m->domid);
    return rc ? toolstack_fail(c->err, rc, c->m->config.name, "starting the domain failed") : 0;
}

/* From an empty domain to a running one. */
static int fill_domain(struct creation *c)
{
    struct build_request request;
    int rc = set_limits(c);

    if (rc)
        return rc;
    request = request_of(c);
    rc = build_domain(&request, &c->built, c->err);
    if (rc)
        return rc;
    rc = connect(c);
    if (rc == 0)
        rc = attach_disks(c);
    if (rc == 0)
        rc = attach_vifs(c);
    return rc ? rc : start(c);
}

int lifecycle_create(struct managed *m, const struct toolstack_create_flags *flags,
                     struct toolstack_error *err)
{
    struct toolstack_error scratch;
    struct creation c = { .m = m, .flags = flags, .err = err ? err : &scratch };
    int rc = prepare(&c);

    if (rc == 0 && !(flags && flags->dry_run)) {
        rc = make_domain(&c);
        if (rc == 0) {
            rc = fill_domain(&c);
            if (rc) {
                lifecycle_remove(m->domid, m->config.uuid, m->config.name, NULL);
                m->domid = DOMID_INVALID;
            }
        }
    }
    close_files(&c);
    if (rc)
        return rc;
    toolstack_ok(err);
    if (flags && flags->dry_run)
        return 0;
    m->created_ns = pv_now_ns();
    m->ended = false;
    registry_set_state(m, MANAGED_ALIVE);
    return 0;
}

static int check_new(struct managed *m, bool fresh_name, struct toolstack_error *err)
{
    if (!fresh_name)
        return toolstack_fail(err, -EEXIST, m->config.name, "a domain with this name exists already");
    return lifecycle_check_name(m->config.name, m, err);
}

/* Between the check of the registry and the new entry nothing blocks, so that two creations at once cannot
 * both find the name free. */
static int add_entry(const struct domain_config *config, struct managed **m, struct toolstack_error *err)
{
    bool name_free = !registry_by_name(config->name);
    bool uuid_free = !config->has_uuid || !registry_by_uuid(config->uuid);
    int rc;

    *m = registry_add(config);
    if (!*m)
        return toolstack_fail(err, -ENOMEM, config->name, "no memory to remember the domain");
    if (!uuid_free)
        rc = toolstack_fail(err, -EEXIST, config->name, "another domain has its uuid");
    else
        rc = check_new(*m, name_free, err);
    if (rc) {
        registry_remove(*m);
        return rc;
    }
    if (!config->has_uuid)
        lifecycle_make_uuid((*m)->config.uuid);
    (*m)->config.has_uuid = true;
    return 0;
}

int toolstack_create(const struct domain_config *config, const struct toolstack_create_flags *flags,
                     domid_t *domid, struct toolstack_error *err)
{
    struct managed *m;
    int rc = add_entry(config, &m, err);

    if (rc)
        return rc;
    rc = lifecycle_create(m, flags, err);
    if (rc || (flags && flags->dry_run)) {
        registry_remove(m);
        return rc;
    }
    if (domid)
        *domid = m->domid;
    lifecycle_check(); /* it may have ended before anybody watched it */
    return 0;
}
