/* A domain's configuration: the xl.cfg language and the values it gives. Pure: no kit, no hypercalls, no
 * files are opened here, so the same code runs in unit tests and fuzzers on the host. docs/config.md is the
 * manual. */
#ifndef ENSO_TOOLSTACK_CONFIG_H
#define ENSO_TOOLSTACK_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config_disk.h"
#include "config_vif.h"

#define CONFIG_NAME_SIZE     64   /* bytes of a domain's name, with the final 0 */
#define CONFIG_PATH_SIZE     256
#define CONFIG_CMDLINE_SIZE  1024 /* size of start_info's cmd_line */
#define CONFIG_MAX_VCPUS     128
#define CONFIG_MAX_CPUS      256  /* physical CPUs that `cpus` can name */
#define CONFIG_FILE_LIMIT    (256u << 10) /* bytes of a file */
#define CONFIG_LINE_LIMIT    8192u        /* bytes of one line */
#define CONFIG_DEPTH_LIMIT   8u           /* lists inside lists */

/* What to do when a domain has ended. */
enum config_action {
    CONFIG_DESTROY,
    CONFIG_RESTART,
    CONFIG_PRESERVE,
    CONFIG_RENAME_RESTART
};

/* Which physical CPUs a vcpu may run on: bit n of word n/64 is CPU n. */
struct config_cpus {
    uint64_t bits[CONFIG_MAX_CPUS / 64];
};

/* A whole configuration: a value, copied by assignment, without pointers. About 8 KiB: keep it off stacks. */
struct domain_config {
    char name[CONFIG_NAME_SIZE];
    char kernel[CONFIG_PATH_SIZE];
    char ramdisk[CONFIG_PATH_SIZE];    /* "" none */
    char cmdline[CONFIG_CMDLINE_SIZE]; /* `cmdline`, or `root` and `extra` joined */
    uint64_t memory_kib;               /* what the domain starts with */
    uint64_t maxmem_kib;               /* what it may grow to, at least memory_kib */
    unsigned vcpus;                    /* online at start */
    unsigned maxvcpus;                 /* at least vcpus */
    bool has_cpus;                     /* `cpus` was given: cpus[] holds one set per vcpu, for all maxvcpus */
    struct config_cpus cpus[CONFIG_MAX_VCPUS];
    unsigned cpu_weight;               /* 1 to 65535; 0: the scheduler's default */
    unsigned cap;                      /* percent of one CPU, 0: none */
    enum config_action on_poweroff;
    enum config_action on_reboot;
    enum config_action on_crash;
    enum config_action on_watchdog;
    bool has_uuid;                     /* false: whoever creates the domain chooses one */
    uint8_t uuid[16];
    struct config_disk disks[CONFIG_DISKS];
    unsigned disk_count;
    struct config_vif vifs[CONFIG_VIFS];
    unsigned vif_count;
    int max_grant_frames;              /* -1: not given, computed from the devices */
    int max_maptrack_frames;           /* -1: not given */
    int max_event_channels;            /* highest number of ports, -1: not given */
};

enum config_severity { CONFIG_WARNING, CONFIG_ERROR };

/* One remark about a configuration. Lines and columns start at 1; line 0 means the file as a whole. */
struct config_diagnostic {
    enum config_severity severity;
    char file[CONFIG_PATH_SIZE]; /* the file's name, or "command line" for an override */
    unsigned line;
    unsigned column;
    char text[256];
};

/* All remarks, in the order they were found. Those after the last place are counted, not kept. */
#define CONFIG_DIAGNOSTICS 16
struct config_report {
    unsigned count;   /* entries used */
    unsigned dropped; /* remarks that found no place */
    unsigned errors;  /* remarks of severity CONFIG_ERROR, dropped ones included */
    struct config_diagnostic entry[CONFIG_DIAGNOSTICS];
};

/* Reads a configuration.
 *   file       name for the remarks
 *   bytes,len  the file's content; any bytes at all
 *   overrides  n texts `key=value`, applied after the file. A value that is neither a number, nor quoted, nor
 *              a list is taken as a string, so that `name=web` works as well as `name="web"`.
 *   config     filled in completely, defaults included; only to be used after success
 *   report     cleared, then filled
 * Returns 0, warnings possible; -EINVAL: report holds at least one error; -ENOMEM. */
int config_parse(struct domain_config *config, const char *file, const void *bytes, size_t len,
                 const char *const *overrides, size_t n, struct config_report *report);

/* Writes "FILE:LINE:COLUMN: error: TEXT" (or "warning") without a newline; returns buf. */
const char *config_diagnostic_text(const struct config_diagnostic *d, char *buf, size_t size);

/* Checks a domain's name: printable, no space or '/', not only digits, fits. NULL when good, otherwise what
 * is wrong with it. */
const char *config_name_problem(const char *name);

/* "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx" to bytes (hyphens may be left out); false: not a UUID. */
bool config_uuid_parse(const char *text, uint8_t uuid[16]);
void config_uuid_text(const uint8_t uuid[16], char text[37]);

/* The name of an action as a configuration spells it: "destroy". */
const char *config_action_name(enum config_action action);

#endif
