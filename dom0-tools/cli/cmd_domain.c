/* cmd_domain.c: the commands that do one thing to one or more domains, each a call of the toolstack. */
#include "handlers.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "../toolstack/domain.h"
#include "number.h"
#include "report.h"

/* Does `act` to every domain named; goes on after a failure, so that one wrong name does not keep the
 * others. */
static int for_each_word(const struct command_call *call, int (*act)(domid_t, struct toolstack_error *))
{
    struct toolstack_error err;
    domid_t domid;
    int status = STATUS_OK;

    for (size_t i = 0; i < call->count; i++)
        if (toolstack_find(call->words[i], &domid, &err) || act(domid, &err))
            status = report_toolstack(call, &err);
    return status;
}

int cmd_pause(const struct command_call *call)
{
    return for_each_word(call, toolstack_pause);
}

int cmd_unpause(const struct command_call *call)
{
    return for_each_word(call, toolstack_unpause);
}

int cmd_destroy(const struct command_call *call)
{
    struct toolstack_error err;
    int status = STATUS_OK;

    for (size_t i = 0; i < call->count; i++)
        if (toolstack_destroy(call->words[i], &err))
            status = report_toolstack(call, &err);
    return status;
}

int cmd_rename(const struct command_call *call)
{
    struct toolstack_error err;
    domid_t domid;

    if (toolstack_find(call->words[0], &domid, &err) || toolstack_rename(domid, call->words[1], &err))
        return report_toolstack(call, &err);
    return STATUS_OK;
}

int cmd_domid(const struct command_call *call)
{
    struct toolstack_error err;
    domid_t domid;

    if (toolstack_find(call->words[0], &domid, &err))
        return report_toolstack(call, &err);
    printf("%u\n", (unsigned)domid);
    return STATUS_OK;
}

int cmd_domname(const struct command_call *call)
{
    struct domain_status domain;
    struct toolstack_error err;
    uint64_t domid;

    if (parse_uint(call->words[0], DOMID_FIRST_RESERVED - 1, &domid))
        return report_usage(call->command, "\"%s\" is no domain id", call->words[0]);
    if (toolstack_status((domid_t)domid, &domain, &err))
        return report_toolstack(call, &err);
    printf("%s\n", domain.name);
    return STATUS_OK;
}

int cmd_sysrq(const struct command_call *call)
{
    const char *letter = call->words[1];
    struct toolstack_error err;
    domid_t domid;

    if (!isalnum((unsigned char)letter[0]) || letter[1])
        return report_usage(call->command, "\"%s\" is not one letter", letter);
    if (toolstack_find(call->words[0], &domid, &err) || toolstack_sysrq(domid, letter[0], &err))
        return report_toolstack(call, &err);
    return STATUS_OK;
}

int cmd_trigger(const struct command_call *call)
{
    struct toolstack_error err;
    uint64_t vcpu = 0;
    domid_t domid;

    if (call->count == 3 && parse_uint(call->words[2], CONFIG_MAX_VCPUS - 1, &vcpu))
        return report_usage(call->command, "\"%s\" is no vcpu", call->words[2]);
    if (toolstack_find(call->words[0], &domid, &err) ||
        toolstack_trigger(domid, call->words[1], (unsigned)vcpu, &err))
        return report_toolstack(call, &err);
    return STATUS_OK;
}

static int change_memory(const struct command_call *call,
                         int (*change)(domid_t, uint64_t, struct toolstack_error *))
{
    struct toolstack_error err;
    uint64_t kib;
    domid_t domid;

    if (parse_memory(call->words[1], &kib))
        return report_usage(call->command, "\"%s\" is no size", call->words[1]);
    if (toolstack_find(call->words[0], &domid, &err) || change(domid, kib, &err))
        return report_toolstack(call, &err);
    return STATUS_OK;
}

int cmd_mem_set(const struct command_call *call)
{
    return change_memory(call, toolstack_mem_set);
}

int cmd_mem_max(const struct command_call *call)
{
    return change_memory(call, toolstack_mem_max);
}
