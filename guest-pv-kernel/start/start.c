/* start.c: from the first instruction to main(). The order of pv_start() is the order in which services
 * become usable. */
#include "internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <pv/console.h>
#include <pv/error.h>
#include <pv/hypercall.h>
#include <pv/start.h>
#include <pv/thread.h>
#include <pv/vfs.h>

#define ARGS_MAX 64

const start_info_t *pv_start_info;
shared_info_t *pv_shared_info;

const size_t pv_main_stack_bytes __attribute__((weak)) = 64 * 1024;

/* The shared page is mapped over this one, whose own frame is then out of use. */
static char shared_page[PV_PAGE_SIZE] __attribute__((aligned(4096), section(".bss.page_aligned")));

typedef void constructor(void);
extern constructor *const pv_init_array_start[], *const pv_init_array_end[];

bool pv_is_control_domain(void)
{
    return (pv_start_info->flags & SIF_INITDOMAIN) != 0;
}

const void *pv_module(size_t *len)
{
    const start_info_t *si = pv_start_info;

    *len = si->mod_start ? si->mod_len : 0;
    if (*len == 0)
        return NULL;
    if (si->flags & SIF_MOD_START_PFN)
        return (const void *)(PV_VIRT_BASE + si->mod_start * PV_PAGE_SIZE);
    return (const void *)si->mod_start;
}

static void map_shared_info(void)
{
    uint64_t pte = (pv_start_info->shared_info & PV_PTE_FRAME) | PV_PTE_P | PV_PTE_RW | PV_PTE_US | PV_PTE_A |
                   PV_PTE_D | PV_PTE_NX;

    /* Nothing can be printed yet: without this page there is no console, so the failure shows as a crash. */
    if (HYPERVISOR_update_va_mapping((unsigned long)shared_page, pte, UVMF_INVLPG | UVMF_LOCAL) != 0)
        __builtin_trap();
    pv_shared_info = (shared_info_t *)shared_page;
}

/* The first thread: what needs threads, then the program. */
static void run_main(void *unused)
{
    static char line[MAX_GUEST_CMDLINE + 1];
    static char *argv[ARGS_MAX + 1];
    static char default_name[] = "guest";
    constructor *const *c;
    int argc, rc;

    (void)unused;
    rc = pv_vfs_init();
    if (rc != 0)
        printf("the boot archive could not be mounted: %s\n", pv_errno_name(rc));
    for (c = pv_init_array_start; c < pv_init_array_end; c++)
        (*c)();
    memcpy(line, pv_start_info->cmd_line, MAX_GUEST_CMDLINE);
    argc = pv_cmdline_split(line, argv, ARGS_MAX);
    if (argc == 0)
        argv[argc++] = default_name;
    exit(main(argc, argv));
}

void pv_start(const start_info_t *si, uintptr_t builder_stack_top)
{
    pv_start_info = si;
    pv_pagetable_init(si);
    map_shared_info();
    pv_console_init(si);                       /* a report can be read from here on */
    pv_trap_init();                            /* a fault is a report, not a silent end */
    pv_linear_init(si, builder_stack_top);     /* all memory is mapped, malloc works, W^X holds */
    pv_event_init();
    pv_time_init();
    pv_console_events();
    pv_thread_init(run_main, "main", pv_main_stack_bytes);
}
