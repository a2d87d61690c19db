/* hello.c: the smallest useful guest: says who it is, counts seconds, and obeys the operator. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <xen/version.h>
#include <pv/error.h>
#include <pv/hypercall.h>
#include <pv/memory.h>
#include <pv/sched.h>
#include <pv/start.h>
#include <pv/time.h>
#include <pv/xenbus.h>

static void on_request(const char *request)
{
    printf("hello: %s\n", request);
    fflush(stdout);
    if (strcmp(request, "reboot") == 0)
        pv_shutdown(SHUTDOWN_reboot);
    if (strcmp(request, "poweroff") == 0 || strcmp(request, "halt") == 0)
        pv_shutdown(SHUTDOWN_poweroff);
}

static void print_hypervisor(void)
{
    long version = HYPERVISOR_xen_version(XENVER_version, NULL);
    xen_extraversion_t extra = "";

    HYPERVISOR_xen_version(XENVER_extraversion, extra);
    printf("hello: hypervisor %ld.%ld%.16s, started as %s\n", version >> 16, version & 0xffff, extra,
           pv_start_info->magic);
}

static void print_store_facts(void)
{
    char *name = NULL, *domid = NULL;

    if (pv_xs_read(PV_XS_NIL, "name", &name, NULL) == 0 && pv_xs_read(PV_XS_NIL, "domid", &domid, NULL) == 0)
        printf("hello: I am domain %s, named %s\n", domid, name);
    free(name);
    free(domid);
}

int main(int argc, char **argv)
{
    time_t now = time(NULL);
    uint64_t start = pv_now_ns(), s;
    int i, rc;

    printf("hello: %lu KiB of memory, %zu KiB free, wall clock %s", pv_start_info->nr_pages * 4,
           pv_pages_free_count() * 4, asctime(gmtime(&now)));
    print_hypervisor();
    printf("hello: arguments:");
    for (i = 0; i < argc; i++)
        printf(" %s", argv[i]);
    printf("\n");
    rc = pv_shutdown_watch(on_request);
    if (rc == 0)
        print_store_facts();
    else
        printf("hello: no store here (%s): shutdown requests will not be heard\n", pv_errno_name(rc));
    for (s = 1;; s++) {
        uint64_t next = start + s * PV_NS_PER_SEC, at = pv_now_ns();

        pv_sleep_ns(next > at ? next - at : 0);
        printf("hello: %lu s up\n", s);
    }
}
