/* second.h: a second vcpu that does as it is told. The kit runs on one vcpu; what runs on this one uses
 * neither the kit's threads nor newlib's state: functions that are given to it call the hypervisor and
 * touch memory. */
#ifndef SECOND_H
#define SECOND_H

#define SECOND_STUB_BYTES 16
#define SECOND_UPCALL 256
#define SECOND_FAILSAFE 257
#define SECOND_SYSCALL 258

#ifndef __ASSEMBLY__
#include <xen/xen.h>
#include <xen/vcpu.h>
#include <xen/event_channel.h>
#include <pv/trap.h>
#include "case.h"
#include "clock.h"

#define SECOND 1                        /* its number */
#define NO_ANSWER (-199L)               /* it did not answer in time */

/* How many vcpus the domain has. Groups that need a second one print nothing without it. */
unsigned int vcpu_total(void);

/* A context in which vcpu `id` could start at `entry` with the given stack, in our address space. */
void second_context(struct vcpu_guest_context *c, void *entry, void *stack_top);

/* Starts the second vcpu, or makes it go on; false without one. second_stop takes it down. */
bool second_start(void);
void second_stop(void);

/* Runs fn(arg) on the second vcpu. Its answer, TRAP(vector, error) if it ended in a trap, or NO_ANSWER.
 * A group may do something of its own between begin and end. */
long second_do(long (*fn)(void *), void *arg);
void second_begin(long (*fn)(void *), void *arg);
long second_end(void);
bool second_has_answered(void);

/* What the second vcpu has seen: the latest trap's frame and fault address; upcalls, and the events that
 * came with them. */
extern struct pv_regs second_regs;
extern uint64_t second_frame_end;       /* where its frame ended on the stack */
extern uint64_t second_address;
extern volatile unsigned int second_upcalls, second_nmis;
extern volatile unsigned int second_events[4096];

/* Its vcpu_info, wherever that is. */
extern struct vcpu_info *volatile second_info;

/* Upcalls of the second vcpu, from itself: off, on (what is pending comes at once). */
void second_mask(void);
void second_unmask(void);

/* For each port of the second vcpu: a port number in words of which the first vcpu's upcall never takes
 * any. Reserve before binding, release afterwards. */
void second_ports_reserve(void);
void second_ports_release(void);
void second_port_open(evtchn_port_t port);      /* unmasked, not pending */
bool port_is_pending(evtchn_port_t port);
bool port_is_masked(evtchn_port_t port);
void port_clear(evtchn_port_t port);
void port_close(evtchn_port_t port);

/* Waits until *what is not `was`, for seconds at most; on either vcpu. */
bool changes(const volatile unsigned int *what, unsigned int was);

static inline void yield(void)
{
    HYPERVISOR_sched_op(0, NULL);
}

extern char second_entry[], second_stubs[], second_upcall_entry[], second_syscall_entry[],
    second_failsafe_entry[], second_restart[], second_stack_top[];
void second_enter_user(const uint64_t frame[9]) __attribute__((noreturn));
extern char second_user_code[], second_user_read[], second_user_spin[], second_user_end[];

/* A vcpu that writes its first registers down (start.c), and takes `next_spare` up by one for each. */
extern char snapshot_entry[], snapshot_failsafe[], snapshot_trap[], snapshot_stack_top[];

/* The next vcpu that has no context yet. Each accepted context uses one up. */
extern unsigned int next_spare;

/* The groups. */
void test_numbers(void), test_refused_contexts(void), test_start(void), test_up_down(void), test_info(void);
void test_events(void), test_traps(void), test_tlb(void), test_types(void), test_races(void),
        test_sched(void);
#endif

#endif
