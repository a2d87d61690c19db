/* vcpus.c: vcpu_op. */
#include "case.h"

#include <xen/sched.h>
#include <xen/vcpu.h>

static void vcpu(void)
{
    static volatile struct vcpu_runstate_info area __attribute__((aligned(4096)));
    struct vcpu_register_runstate_memory_area where = { .addr.v = (void *)&area };
    struct vcpu_register_vcpu_info info = { .mfn = pv_virt_to_mfn((void *)&area), .offset = 4096 - 32 };
    struct vcpu_runstate_info now;
    struct vcpu_set_periodic_timer periodic = { .period_ns = 500000 };
    struct sched_poll poll = { .nr_ports = 0 };
    unsigned int i;
    uint64_t blocked;

    check("vcpu_op: our vcpu is up", HYPERVISOR_vcpu_op(VCPUOP_is_up, 0, NULL), 1);
    check("vcpu_op: no vcpu 999", HYPERVISOR_vcpu_op(VCPUOP_is_up, 999, NULL), -XEN_ENOENT);
    check("vcpu_op: no vcpu -1", HYPERVISOR_vcpu_op(VCPUOP_is_up, ~0U, NULL), -XEN_ENOENT);
    check("vcpu_op: unknown sub-op", HYPERVISOR_vcpu_op(99, 0, NULL), -XEN_ENOSYS);
    check("vcpu_op: up again", HYPERVISOR_vcpu_op(VCPUOP_up, 0, NULL), 0);
    check("vcpu_op: initialise, unmapped context", HYPERVISOR_vcpu_op(VCPUOP_initialise, 0, UNMAPPED),
          -XEN_EFAULT);
    check("vcpu_op: runstate", HYPERVISOR_vcpu_op(VCPUOP_get_runstate_info, 0, &now), 0);
    check("vcpu_op: we are running", now.state, RUNSTATE_running);
    check_true("vcpu_op: and have been", now.time[RUNSTATE_running] > 0);
    check("vcpu_op: runstate, unmapped", HYPERVISOR_vcpu_op(VCPUOP_get_runstate_info, 0, UNMAPPED),
          -XEN_EFAULT);
    check("vcpu_op: runstate area", HYPERVISOR_vcpu_op(VCPUOP_register_runstate_memory_area, 0, &where), 0);
    check("vcpu_op: the area says running", area.state, RUNSTATE_running);
    blocked = area.time[RUNSTATE_blocked];
    for (i = 0; i < 100 && area.time[RUNSTATE_blocked] == blocked; i++) {
        poll.timeout = pv_now_ns() + 2 * PV_NS_PER_MS;
        HYPERVISOR_sched_op(SCHEDOP_poll, &poll);
    }
    check_true("vcpu_op: the area counts waiting", area.time[RUNSTATE_blocked] > blocked);
    where.addr.v = NULL;
    check("vcpu_op: runstate area off", HYPERVISOR_vcpu_op(VCPUOP_register_runstate_memory_area, 0, &where),
          0);
    check("vcpu_op: periodic timer below a millisecond",
          HYPERVISOR_vcpu_op(VCPUOP_set_periodic_timer, 0, &periodic), -XEN_EINVAL);
    check("vcpu_op: vcpu_info across a page's end",
          HYPERVISOR_vcpu_op(VCPUOP_register_vcpu_info, 0, &info), -XEN_ENXIO);
    info = (struct vcpu_register_vcpu_info){ .mfn = 1UL << 40, .offset = 0 };
    check("vcpu_op: vcpu_info in no frame", HYPERVISOR_vcpu_op(VCPUOP_register_vcpu_info, 0, &info),
          -XEN_EINVAL);
}

const struct kernel kernel = {
    .name = "vcpus", .checks = "vcpu_op",
    .groups = (const struct group[]){
        { "vcpus", vcpu, "numbers of vcpus, areas, timers" },
        { 0 },
    },
};
