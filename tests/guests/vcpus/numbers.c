/* numbers.c: vcpu_op by its arguments. The class of bug: a vcpu's number used as an index before it is
 * checked, an argument that is followed wherever it points, an operation that works on a vcpu that it is
 * not for. */
#include "second.h"

#include <xen/sched.h>

static const char *const ops[] = {
    [VCPUOP_initialise] = "VCPUOP_initialise", [VCPUOP_up] = "VCPUOP_up", [VCPUOP_down] = "VCPUOP_down",
    [VCPUOP_is_up] = "VCPUOP_is_up", [VCPUOP_get_runstate_info] = "VCPUOP_get_runstate_info",
    [VCPUOP_register_runstate_memory_area] = "VCPUOP_register_runstate_memory_area",
    [VCPUOP_set_periodic_timer] = "VCPUOP_set_periodic_timer",
    [VCPUOP_stop_periodic_timer] = "VCPUOP_stop_periodic_timer",
    [VCPUOP_set_singleshot_timer] = "VCPUOP_set_singleshot_timer",
    [VCPUOP_stop_singleshot_timer] = "VCPUOP_stop_singleshot_timer",
    [VCPUOP_register_vcpu_info] = "VCPUOP_register_vcpu_info", [VCPUOP_send_nmi] = "VCPUOP_send_nmi",
    [VCPUOP_get_physid] = "VCPUOP_get_physid",
    [VCPUOP_register_vcpu_time_memory_area] = "VCPUOP_register_vcpu_time_memory_area",
};

#define OPS (sizeof(ops) / sizeof(ops[0]))

static void none(void)
{
    static const struct { const char *name; int op; unsigned int vcpu; long want; } rows[] = {
        { "VCPUOP_is_up, vcpu -1", VCPUOP_is_up, ~0U, -XEN_ENOENT },
        { "VCPUOP_is_up, vcpu 8192", VCPUOP_is_up, 8192, -XEN_ENOENT },
        { "VCPUOP_is_up, vcpu 2^31", VCPUOP_is_up, 1U << 31, -XEN_ENOENT },
        { "VCPUOP_is_up, our own", VCPUOP_is_up, 0, 1 },
        { "VCPUOP_up, our own", VCPUOP_up, 0, 0 },
        { "sub-op 14", 14, 0, -XEN_ENOSYS },
        { "sub-op 99", 99, 0, -XEN_ENOSYS },
        { "sub-op -1", -1, 0, -XEN_ENOSYS },
        { "sub-op 99, no such vcpu", 99, 999, -XEN_ENOENT },
    };
    unsigned int i;

    for (i = 0; i < OPS; i++)
        check(named("%s, vcpu 999", ops[i]), HYPERVISOR_vcpu_op((int)i, 999, NULL), -XEN_ENOENT);
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check(rows[i].name, HYPERVISOR_vcpu_op(rows[i].op, rows[i].vcpu, NULL), rows[i].want);
}

static void pointers(void)
{
    static const int with_argument[] = {
        VCPUOP_initialise, VCPUOP_get_runstate_info, VCPUOP_register_runstate_memory_area,
        VCPUOP_set_periodic_timer, VCPUOP_set_singleshot_timer, VCPUOP_register_vcpu_info,
        VCPUOP_register_vcpu_time_memory_area,
    };
    static const struct { const char *name; void *at; } bad[] = {
        { "an unmapped argument", UNMAPPED },
        { "an argument in the hypervisor", HYPERVISOR_SPACE },
        { "a non-canonical argument", NON_CANONICAL },
    };
    unsigned int i, k;

    for (i = 0; i < sizeof(with_argument) / sizeof(with_argument[0]); i++)
        for (k = 0; k < sizeof(bad) / sizeof(bad[0]); k++)
            check(named("%s, %s", ops[with_argument[i]], bad[k].name),
                  HYPERVISOR_vcpu_op(with_argument[i], 0, bad[k].at), -XEN_EFAULT);
    check("VCPUOP_get_runstate_info, a read-only argument",
          HYPERVISOR_vcpu_op(VCPUOP_get_runstate_info, 0, pv_image_start), -XEN_EFAULT);
}

static void refused(void)
{
    struct vcpu_get_physid id = { .phys_id = 0x1234 };
    long rc = HYPERVISOR_vcpu_op(VCPUOP_get_physid, 0, &id);

    check_state("VCPUOP_get_physid, a vcpu that is not pinned", rc, -XEN_EINVAL, "nothing is written",
                id.phys_id == 0x1234);
    check("VCPUOP_send_nmi, with an argument", HYPERVISOR_vcpu_op(VCPUOP_send_nmi, 0, &id), -XEN_EINVAL);
}

/* A vcpu that has no context yet: the last one. */
static void uninitialised(void)
{
    static struct vcpu_runstate_info area;
    unsigned int last = vcpu_total() - 1;
    struct vcpu_runstate_info r = { .state = -1 };
    struct vcpu_register_runstate_memory_area where = { .addr.v = &area };
    struct vcpu_set_singleshot_timer single = { .timeout_abs_ns = pv_now_ns() };
    struct vcpu_set_periodic_timer periodic = { .period_ns = 10 * PV_NS_PER_MS };
    long rc;

    if (last == 0)
        return;
    check("VCPUOP_is_up, one without a context", HYPERVISOR_vcpu_op(VCPUOP_is_up, last, NULL), 0);
    check("VCPUOP_up, one without a context", HYPERVISOR_vcpu_op(VCPUOP_up, last, NULL), -XEN_EINVAL);
    check("VCPUOP_down, one without a context", HYPERVISOR_vcpu_op(VCPUOP_down, last, NULL), 0);
    rc = HYPERVISOR_vcpu_op(VCPUOP_get_runstate_info, last, &r);
    check_state("VCPUOP_get_runstate_info, one without a context", rc, 0, "it is offline",
                r.state == RUNSTATE_offline);
    check("VCPUOP_register_runstate_memory_area, one without a context",
          HYPERVISOR_vcpu_op(VCPUOP_register_runstate_memory_area, last, &where), 0);
    where.addr.p = 0;
    check("VCPUOP_register_runstate_memory_area, none, one without a context",
          HYPERVISOR_vcpu_op(VCPUOP_register_runstate_memory_area, last, &where), 0);
    check("VCPUOP_set_singleshot_timer, another vcpu",
          HYPERVISOR_vcpu_op(VCPUOP_set_singleshot_timer, last, &single), -XEN_EINVAL);
    check("VCPUOP_stop_singleshot_timer, another vcpu",
          HYPERVISOR_vcpu_op(VCPUOP_stop_singleshot_timer, last, NULL), -XEN_EINVAL);
    check("VCPUOP_set_periodic_timer, one without a context",
          HYPERVISOR_vcpu_op(VCPUOP_set_periodic_timer, last, &periodic), 0);
    check("VCPUOP_stop_periodic_timer, one without a context",
          HYPERVISOR_vcpu_op(VCPUOP_stop_periodic_timer, last, NULL), 0);
    check("VCPUOP_send_nmi, one without a context", HYPERVISOR_vcpu_op(VCPUOP_send_nmi, last, NULL), 0);
    check("VCPUOP_up, then, is still refused", HYPERVISOR_vcpu_op(VCPUOP_up, last, NULL), -XEN_EINVAL);
}

void test_numbers(void)
{
    none();
    pointers();
    refused();
    uninitialised();
}
