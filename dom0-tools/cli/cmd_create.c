/* cmd_create.c: create: reads and checks a configuration, then lets the toolstack build the domain. */
#include "handlers.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../toolstack/config.h"
#include "../toolstack/domain.h"
#include "console_view.h"
#include "names.h"
#include "report.h"

/* Reads a whole file; *bytes is malloc'ed. */
static int read_whole(const char *path, char **bytes, size_t *length)
{
    struct stat st;
    ssize_t n = 0;
    int fd = open(path, O_RDONLY), rc = 0;

    *length = 0;
    *bytes = NULL;
    if (fd < 0)
        return -errno;
    if (fstat(fd, &st))
        rc = -errno;
    else if (S_ISDIR(st.st_mode))
        rc = -EISDIR;
    else if (st.st_size > (off_t)CONFIG_FILE_LIMIT)
        rc = -EFBIG;
    else if (!(*bytes = malloc((size_t)st.st_size + 1)))
        rc = -ENOMEM;
    while (rc == 0 && *length < (size_t)st.st_size &&
           (n = read(fd, *bytes + *length, (size_t)st.st_size - *length)) > 0)
        *length += (size_t)n;
    if (n < 0)
        rc = -errno;
    close(fd);
    if (rc) {
        free(*bytes);
        *bytes = NULL;
    }
    return rc;
}

static int report_unreadable(const struct command_call *call, int rc)
{
    const char *file = call->words[0];

    if (rc == -EFBIG)
        return report_failure(call, file, rc, "is it a configuration?", "longer than %u KiB",
                              CONFIG_FILE_LIMIT >> 10);
    if (rc == -EISDIR)
        return report_failure(call, file, rc, "name the configuration in it", "it is a folder");
    return report_failure(call, file, rc, "`ls` shows the files", "cannot read the configuration");
}

/* The error, if there is just one: it becomes the command's line. NULL if there are more, or none. */
static const struct config_diagnostic *only_error(const struct config_report *report)
{
    for (unsigned i = 0; report->errors == 1 && i < report->count; i++)
        if (report->entry[i].severity == CONFIG_ERROR)
            return &report->entry[i];
    return NULL;
}

/* Remarks that have a file and a line print as compilers do, so that an editor can jump there. */
static void put_report(const struct config_report *report, bool quiet)
{
    char text[600];

    for (unsigned i = 0; i < report->count; i++)
        if (&report->entry[i] != only_error(report) &&
            (!quiet || report->entry[i].severity == CONFIG_ERROR))
            printf("%s\n", config_diagnostic_text(&report->entry[i], text, sizeof(text)));
    if (report->dropped)
        printf("%u more remarks\n", report->dropped);
}

static int report_errors(const struct command_call *call, const struct config_report *report, int rc)
{
    const struct config_diagnostic *only = only_error(report);
    char place[sizeof(only->file) + 24];

    if (!only)
        return report_failure(call, call->words[0], rc, "correct what is named above",
                              "nothing was created: %u errors", report->errors);
    if (only->line)
        snprintf(place, sizeof(place), "%s:%u:%u", only->file, only->line, only->column);
    else
        snprintf(place, sizeof(place), "%s", only->file);
    return report_failure(call, place, rc, "nothing was created", "%s", only->text);
}

static int read_config(const struct command_call *call, struct domain_config *config,
                       struct config_report *report)
{
    char path[CONFIG_PATH_SIZE], *bytes;
    size_t length;
    int rc = read_whole(names_path(call->words[0], path, sizeof(path)), &bytes, &length);

    if (rc)
        return report_unreadable(call, rc);
    rc = config_parse(config, call->words[0], bytes, length, (const char *const *)call->words + 1,
                      call->count - 1, report);
    free(bytes);
    put_report(report, call_has(call, "-q"));
    if (rc == -ENOMEM)
        return report_failure(call, call->words[0], rc, NULL, "the control domain has no memory left");
    return rc ? report_errors(call, report, rc) : STATUS_OK;
}

/* Runs when the domain is complete and has not executed anything: what it says first is not missed. */
static int attach_first(domid_t domid, const char *name, void *arg)
{
    (void)name;
    return console_view_open(arg, domid);
}

static int create(const struct command_call *call, const struct domain_config *config)
{
    struct console_view view = { 0 };
    struct toolstack_create_flags flags = {
        .paused = call_has(call, "-p"), .dry_run = call_has(call, "-n"),
        .before_unpause = call_has(call, "-c") ? attach_first : NULL, .arg = &view,
    };
    struct toolstack_error err;
    domid_t domid;

    if (toolstack_create(config, &flags, &domid, &err)) {
        console_view_close(&view);
        return report_toolstack(call, &err);
    }
    if (flags.dry_run) {
        if (!call_has(call, "-q"))
            printf("%s: good: \"%s\" could be created with %" PRIu64 " MiB and %u vcpu%s\n", call->words[0],
                   config->name, config->memory_kib / 1024, config->vcpus, config->vcpus == 1 ? "" : "s");
        return STATUS_OK;
    }
    if (!call_has(call, "-q"))
        printf("Domain %u (%s) created%s\n", (unsigned)domid, config->name, flags.paused ? ", paused" : "");
    return flags.before_unpause ? console_view_follow(&view) : STATUS_OK;
}

int cmd_create(const struct command_call *call)
{
    struct domain_config *config = malloc(sizeof(*config));
    struct config_report *report = malloc(sizeof(*report));
    int status;

    if (!config || !report)
        status = report_failure(call, NULL, -ENOMEM, NULL, "the control domain has no memory left");
    else
        status = read_config(call, config, report);
    if (status == STATUS_OK)
        status = create(call, config);
    free(report);
    free(config);
    return status;
}
