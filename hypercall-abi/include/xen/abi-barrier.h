/* The three barriers that the macros of io/ring.h call, for code that has none of its own. Not part of Xen's
 * interface: there, and here too unless this header is included, whoever uses the macros defines them.
 *   xen_mb()    everything before it is seen before everything after it
 *   xen_rmb()   the same for loads;   xen_wmb()   the same for stores */
#ifndef XEN_ABI_BARRIER_H
#define XEN_ABI_BARRIER_H

#define xen_mb() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define xen_rmb() __atomic_thread_fence(__ATOMIC_ACQUIRE)
#define xen_wmb() __atomic_thread_fence(__ATOMIC_RELEASE)

#endif /* XEN_ABI_BARRIER_H */
