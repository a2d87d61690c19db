/* The machine-to-physical table: for each frame the pfn that its owner uses for it. Guests read it at
 * M2P_VIRT; the hypervisor writes it here and never believes what is in it. */
#ifndef ENSO_MEMORY_M2P_H
#define ENSO_MEMORY_M2P_H

#include "memory/frame.h"

#define M2P_INVALID UINT64_MAX

extern uint64_t *m2p_chunks[];          /* direct-map address of each chunk, NULL where there is no RAM */
#define M2P_CHUNK_SHIFT 18              /* entries of a 2 MiB chunk */

static inline void m2p_set(mfn_t m, uint64_t pfn)
{
    m2p_chunks[m.n >> M2P_CHUNK_SHIFT][m.n & ((1UL << M2P_CHUNK_SHIFT) - 1)] = pfn;
}
void m2p_init(void);                    /* called by frame_init */
/* First machine address above the table's part that exists (XENMEM_machphys_mapping). */
uint64_t m2p_end(void);

#endif
