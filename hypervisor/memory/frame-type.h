/* Between the files of memory/: ownership lists and retyping. Others use memory/frame.h. */
#ifndef ENSO_MEMORY_FRAME_TYPE_H
#define ENSO_MEMORY_FRAME_TYPE_H

#include "memory/frame.h"

/* Gives `count` contiguous frames from the heap (already cleared) to d: on its frame list, one reference
 * each, accounted. -ENOMEM above frames_max; -EINVAL the domain is dying (nothing assigned). */
long frame_assign(struct domain *d, mfn_t m, uint64_t count) must_check;
/* Takes an ordinary frame off its owner's list and drops the owner's reference. False: not (or no longer)
 * an owned frame of d. The caller has made sure that it is on the ordinary list (frame_retype_none). */
bool frame_disown(struct domain *d, mfn_t m);
/* Moves a frame between the ordinary and the idle list; nothing if it is there already. */
void frame_list_move_idle(struct domain *d, mfn_t m, bool idle);
/* True if m is on the ordinary list of d. */
bool frame_is_listed(struct domain *d, mfn_t m);
bool frame_first_idle(struct domain *d, mfn_t *m);
bool frame_first_owned(struct domain *d, mfn_t *m);

/* Memory of the hypervisor that a guest may map writable (shared_info, grant frames): charged to d, never
 * retyped. Freed when the hypervisor has let go of it and nobody maps it any more. */
void *frame_alloc_special(struct domain *d);
void frame_free_special(void *p);

/* mmu_lock held. Makes a table or descriptor frame that nobody uses plain again: devalidates, flushes. 0;
 * -EBUSY in use; -ERESTART out of time while idle tables that hold it were given up. */
long frame_retype_none(struct domain *d, mfn_t m) must_check;
/* mmu_lock held. Takes the pin away. -EINVAL not pinned. */
long frame_unpin(struct domain *d, mfn_t m);
/* mmu_lock held. A step towards having no idle tables: gives one up. False: there are none. */
bool frame_reclaim_idle(struct domain *d);
/* CPUs that run on a guest's root now. */
uint64_t guest_root_cpus(void);

#endif
