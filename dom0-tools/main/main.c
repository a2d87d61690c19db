/* main.c: the control domain's boot order: one line a part, with what is possible after it. A part that
 * cannot be had is named in one line and the others start: the shell is there in any case. */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pv/error.h>
#include <pv/start.h>

#include "../backends/block/blkback.h"
#include "../backends/console/consoled.h"
#include "../backends/net/netback.h"
#include "../cli/number.h"
#include "../cli/shell.h"
#include "../cli/terminal.h"
#include "../drivers/drivers.h"
#include "../services/services.h"
#include "../storage/storage.h"
#include "../toolstack/domain.h"
#include "../toolstack/host.h"
#include "../xenstore/xenstored.h"
#include "boot_files.h"

#define EXEC_FILE "/etc/exec"

/* The shell runs in the main thread, and its commands keep their buffers on the stack. */
const size_t pv_main_stack_bytes = 192 * 1024;

/* The value of the option `name=...` of the command line, or NULL. */
static const char *boot_option(int argc, char **argv, const char *name)
{
    size_t length = strlen(name);

    for (int i = 0; i < argc; i++)
        if (strncmp(argv[i], name, length) == 0 && argv[i][length] == '=')
            return argv[i] + length + 1;
    return NULL;
}

static void report_part(const char *part, int rc, const char *consequence)
{
    if (rc)
        printf("enso: %s did not start (%s): %s\n", part, pv_errno_name(rc), consequence);
}

static void start_toolstack(void)
{
    static const struct toolstack_host_ops ops = { boot_file_map, boot_file_unmap, terminal_notice };
    struct toolstack_error err;
    char line[640];

    if (toolstack_init(&ops, &err))
        printf("enso: the toolstack did not start: %s\n", toolstack_error_text(&err, line, sizeof(line)));
}

static void print_banner(void)
{
    static struct host_status host;
    struct toolstack_error err;
    char line[640];

    if (toolstack_host(&host, &err)) {
        printf("Enso control domain started; the host cannot be asked: %s\n",
               toolstack_error_text(&err, line, sizeof(line)));
        return;
    }
    printf("Enso control domain started: version %u.%u%s, %u CPU%s, %" PRIu64 " MiB memory, %" PRIu64
           " MiB free for domains, %" PRIu64 " KiB taken by the hypervisor\n",
           host.version_major, host.version_minor, host.version_extra, host.cpus, host.cpus == 1 ? "" : "s",
           host.total_memory_kib / 1024, host.free_memory_kib / 1024, host.hypervisor_memory_kib);
    printf("`help` lists the commands.\n");
}

static unsigned terminal_columns(const char *option)
{
    uint64_t columns = 0;

    if (option && parse_uint(option, 1000, &columns))
        printf("enso: columns=%s is no number from 20 to 1000: 80 it is\n", option);
    return (unsigned)columns;
}

/* The boot script: the option exec="...", or else the file EXEC_FILE. */
static void run_boot_script(const char *option)
{
    const void *bytes;
    size_t length;
    char *text;

    if (option) {
        shell_run_script(option);
        return;
    }
    if (boot_file_map(EXEC_FILE, &bytes, &length))
        return;
    text = strndup(bytes, length);
    boot_file_unmap(bytes, length);
    if (text)
        shell_run_script(text);
    free(text);
}

int main(int argc, char **argv)
{
    report_part("the store", xenstored_start(), "no domain can be created");    /* pv_xs_*() work */
    report_part("the console daemon", consoled_start(), "domains have no console");    /* logs are kept */
    report_part("the devices", drivers_start(), "the host's disks cannot be used");
    /* /data may be there */
    report_part("the file systems", storage_start(), "no disk of the host is mounted");
    report_part("the block backend", blkback_start(), "domains have no disks");
    report_part("the network backend", netback_start(), "domains have no network");
    report_part("the network services", services_start(), "neither this host nor guests have a network");
    start_toolstack();                                          /* domains can be created, and are watched */
    print_banner();
    shell_init(terminal_columns(boot_option(argc, argv, "columns")));   /* commands can run */
    run_boot_script(boot_option(argc, argv, "exec"));
    shell_interact();
}
