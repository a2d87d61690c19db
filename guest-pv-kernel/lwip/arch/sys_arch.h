/* arch/sys_arch.h: lwIP's semaphores, mutexes and mailboxes, made of the kit's threads. */
#ifndef PV_LWIP_SYS_ARCH_H
#define PV_LWIP_SYS_ARCH_H

#include <stdbool.h>
#include <pv/thread.h>

typedef struct {
    struct pv_waitq queue;
    unsigned int count;
    bool valid;
} sys_sem_t;

typedef struct {
    struct pv_mutex mutex;
    bool valid;
} sys_mutex_t;

struct pv_mailbox;
typedef struct pv_mailbox *sys_mbox_t;
typedef struct pv_thread *sys_thread_t;

#define sys_mbox_valid(box) (*(box) != NULL)
#define sys_mbox_set_invalid(box) (*(box) = NULL)
#define sys_sem_valid(sem) ((sem)->valid)
#define sys_sem_set_invalid(sem) ((sem)->valid = false)
#define sys_mutex_valid(m) ((m)->valid)
#define sys_mutex_set_invalid(m) ((m)->valid = false)

#endif
