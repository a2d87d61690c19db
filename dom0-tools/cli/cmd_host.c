/* cmd_host.c: what there is to know about the host, and its end. */
#include "handlers.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pv/memory.h>
#include <pv/sched.h>
#include <pv/start.h>
#include <xen/version.h>

#include "../net/packet.h"
#include "../storage/storage.h"
#include "../toolstack/host.h"
#include "json.h"
#include "number.h"
#include "report.h"
#include "rig_exit.h"
#include "shell.h"
#include "terminal.h"

/* --- info --- */

/* Where the fields go: a table, one value, or JSON. */
struct info_out {
    const char *only;               /* print the value of this field alone */
    bool found;
    struct json *json;              /* NULL: text */
};

static void put_text(struct info_out *out, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void put_text(struct info_out *out, const char *name, const char *format, ...)
{
    char value[1100];
    va_list args;

    va_start(args, format);
    vsnprintf(value, sizeof(value), format, args);
    va_end(args);
    if (out->json) {
        json_string(out->json, name, value);
    } else if (!out->only) {
        printf("%-22s : %s\n", name, value);
    } else if (strcmp(out->only, name) == 0) {
        printf("%s\n", value);
        out->found = true;
    }
}

static void put_number(struct info_out *out, const char *name, uint64_t value)
{
    if (out->json)
        json_uint(out->json, name, value);
    else
        put_text(out, name, "%" PRIu64, value);
}

/* Memory: MiB in the table, as xl has it; KiB with a name that says so in JSON. */
static void put_memory(struct info_out *out, const char *name, uint64_t kib)
{
    char json_name[40];

    snprintf(json_name, sizeof(json_name), "%s_kib", name);
    put_number(out, out->json ? json_name : name, out->json ? kib : kib / 1024);
}

static void put_machine(struct info_out *out, const struct host_status *h)
{
    put_text(out, "host", "enso");
    put_text(out, "machine", "x86_64");
    put_number(out, "nr_cpus", h->cpus);
    put_number(out, "max_cpu_id", h->cpus - 1);
    put_number(out, "nr_nodes", h->nodes);
    put_number(out, "cores_per_socket", h->cores_per_socket);
    put_number(out, "threads_per_core", h->threads_per_core);
    put_text(out, "cpu_mhz", "%u.%03u", h->cpu_khz / 1000, h->cpu_khz % 1000);
    put_text(out, "hw_caps", "%08x:%08x:%08x:%08x:%08x:%08x:%08x:%08x", h->hw_caps[0], h->hw_caps[1],
             h->hw_caps[2], h->hw_caps[3], h->hw_caps[4], h->hw_caps[5], h->hw_caps[6], h->hw_caps[7]);
    put_memory(out, "total_memory", h->total_memory_kib);
    put_memory(out, "free_memory", h->free_memory_kib);
    put_number(out, "free_frames", h->free_frames);
    put_memory(out, "domain_memory", h->domain_memory_kib);
    put_memory(out, "hypervisor_memory", h->hypervisor_memory_kib);
    put_number(out, "nr_domains", h->domains);
}

/* What the control domain has taken of the free frames for packets, and how many of them hold one. */
static void put_packets(struct info_out *out)
{
    size_t pages, used;

    packet_pool(&pages, &used);
    put_number(out, "packet_frames", pages);
    put_number(out, "packet_frames_used", used);
}

static void put_hypervisor(struct info_out *out, const struct host_status *h)
{
    put_number(out, "xen_major", h->version_major);
    put_number(out, "xen_minor", h->version_minor);
    put_text(out, "xen_extra", "%s", h->version_extra);
    put_text(out, "xen_version", "%u.%u%s", h->version_major, h->version_minor, h->version_extra);
    put_text(out, "xen_caps", "%s", h->capabilities);
    put_text(out, "xen_scheduler", "%s", h->scheduler);
    put_number(out, "xen_pagesize", PV_PAGE_SIZE);
    put_text(out, "xen_changeset", "%s", h->changeset);
    put_text(out, "xen_commandline", "%s", h->command_line);
    put_text(out, "cc_compiler", "%s", h->compiler);
    put_text(out, "cc_compile_date", "%s", h->compile_date);
}

int cmd_info(const struct command_call *call)
{
    static struct host_status host;
    struct toolstack_error err;
    struct json json;
    struct info_out out = { .only = call->count ? call->words[0] : NULL };

    if (call_has(call, "--json") && out.only)
        return report_usage(call->command, "--json prints all fields");
    if (toolstack_host(&host, &err))
        return report_toolstack(call, &err);
    if (call_has(call, "--json")) {
        out.json = &json;
        json_begin(&json, stdout);
        json_object(&json, NULL);
    }
    put_machine(&out, &host);
    put_packets(&out);
    put_hypervisor(&out, &host);
    if (out.json) {
        json_object_end(&json);
        json_end(&json);
    }
    if (out.only && !out.found)
        return report_failure(call, out.only, 0, "`info` shows all fields", "no such field");
    return STATUS_OK;
}

/* --- the log --- */

int cmd_dmesg(const struct command_call *call)
{
    struct toolstack_error err;
    size_t length;
    char *text;

    if (toolstack_dmesg(&text, &length, call_has(call, "-c"), &err))
        return report_toolstack(call, &err);
    terminal_write(text, length);
    if (length > 0 && text[length - 1] != '\n')
        terminal_write("\n", 1);
    free(text);
    return STATUS_OK;
}

int cmd_debug_keys(const struct command_call *call)
{
    struct toolstack_error err;

    if (toolstack_debug_keys(call->words[0], &err))
        return report_toolstack(call, &err);
    return STATUS_OK;
}

/* --- memory --- */

int cmd_free(const struct command_call *call)
{
    static struct host_status host;
    struct toolstack_error err;
    uint64_t total = pv_start_info->nr_pages * (PV_PAGE_SIZE / 1024), unused;
    size_t packet_pages, packet_used;

    if (call_has(call, "--drop"))
        toolstack_cache_drop();
    if (toolstack_host(&host, &err))
        return report_toolstack(call, &err);
    packet_pool(&packet_pages, &packet_used);
    unused = pv_pages_free_count() * (PV_PAGE_SIZE / 1024);
    printf("host            %12" PRIu64 "\n", host.total_memory_kib);
    printf("  hypervisor    %12" PRIu64 "\n", host.hypervisor_memory_kib);
    printf("  domains       %12" PRIu64 "\n", host.domain_memory_kib);
    printf("  free          %12" PRIu64 "\n", host.free_memory_kib);
    printf("control domain  %12" PRIu64 "\n", total);
    printf("  used          %12" PRIu64 "\n", total - unused);
    printf("  unused        %12" PRIu64 "\n", unused);
    printf("  kernel cache  %12" PRIu64 "\n", toolstack_cache_kib());
    printf("  packets       %12" PRIu64 "\n", (uint64_t)packet_pages * (PV_PAGE_SIZE / 1024));
    return STATUS_OK;
}

/* --- the end --- */

/* Xen leaves the registers that switch the power off to its initial
 * domain; we leave them to the hypervisor. */
static bool power_is_ours(void)
{
    static struct host_status host;
    struct toolstack_error err;

    return toolstack_host(&host, &err) != 0 || strstr(host.version_extra, "-enso") != NULL;
}

int cmd_poweroff(const struct command_call *call)
{
    (void)call;
    printf(power_is_ours() ? "The host is switched off.\n"
                           : "The host is halted; this hypervisor does not switch it off by itself.\n");
    storage_stop();
    fflush(stdout);
    pv_shutdown(SHUTDOWN_poweroff);
}

int cmd_exit(const struct command_call *call)
{
    uint64_t code = (uint64_t)shell_status();

    if (call->count && parse_uint(call->words[0], 127, &code))
        return report_usage(call->command, "\"%s\" is no code from 0 to 127", call->words[0]);
    storage_stop();
    fflush(stdout);
    rig_exit((unsigned)code & 127);
    pv_shutdown(SHUTDOWN_poweroff);
}
