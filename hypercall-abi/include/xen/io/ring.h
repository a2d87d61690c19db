/* Rings of requests and responses in a shared page: the front end asks, the back end answers in the same
 * slots. Source of all names, layouts and of what each macro means: Xen 4.17 public/io/ring.h.
 *
 * Each end keeps a private structure (front_ring, back_ring) and publishes its progress in the shared one
 * (sring). All indices run freely modulo 2^32; the number of slots is a power of two. The users supply
 * xen_mb(), xen_rmb() and xen_wmb() (or include abi-barrier.h), and memset and memcpy.
 *
 * An end that does not trust the other: take the producer index once, xen_rmb(), check it with the _OVERFLOW
 * macros, copy each entry with RING_COPY_* before looking at it. */
#ifndef __XEN_PUBLIC_IO_RING_H__
#define __XEN_PUBLIC_IO_RING_H__

#include "../xen-compat.h"

#if __XEN_INTERFACE_VERSION__ < 0x00030208
#define xen_mb() mb()
#define xen_rmb() rmb()
#define xen_wmb() wmb()
#endif

/* An index. */
typedef unsigned int RING_IDX;

/* The largest power of two that is not above a number of 2, 4 ... 32 bits; 0 for 0. Constant if the number
 * is. */
#define XEN_RING_ROUND_(n, mask) \
    ((__typeof__(0 + (n)))((n) & (mask) ? 1UL << (63 - __builtin_clzl((n) & (mask))) : 0UL))
#define __RD2(_x) XEN_RING_ROUND_(_x, 0x3UL)
#define __RD4(_x) XEN_RING_ROUND_(_x, 0xfUL)
#define __RD8(_x) XEN_RING_ROUND_(_x, 0xffUL)
#define __RD16(_x) XEN_RING_ROUND_(_x, 0xffffUL)
#define __RD32(_x) XEN_RING_ROUND_(_x, 0xffffffffUL)

/* Slots of a ring in `bytes` bytes of shared memory: by the name given to DEFINE_RING_TYPES, as a constant;
 * and by a pointer to the sring. */
#define XEN_RING_SLOTS_(bytes, sring_type) \
    __RD32(((bytes) - __builtin_offsetof(sring_type, ring)) / sizeof(((sring_type *)0)->ring[0]))
#define __CONST_RING_SIZE(name, bytes) XEN_RING_SLOTS_(bytes, struct name##_sring)
#define __RING_SIZE(sring, bytes) \
    __RD32(((bytes) - ((char *)(sring)->ring - (char *)(sring))) / sizeof((sring)->ring[0]))

/* Declares the types of one kind of ring: union name_sring_entry, struct name_sring, name_front_ring,
 * name_back_ring and the same with _t. The sring is what the page holds:
 *   req_prod, rsp_prod     requests and responses published so far
 *   req_event, rsp_event   signal me when you publish the one before this index */
#define DEFINE_RING_TYPES(name, request_type, response_type)                                        \
    union name##_sring_entry {                                                                      \
        request_type req;                                                                           \
        response_type rsp;                                                                          \
    };                                                                                              \
    struct name##_sring {                                                                           \
        RING_IDX req_prod, req_event;                                                               \
        RING_IDX rsp_prod, rsp_event;                                                               \
        union {                                                                                     \
            struct { uint8_t smartpoll_active; } netif;                                             \
            struct { uint8_t msg; } tapif_user;                                                     \
            uint8_t pvt_pad[4];                                                                     \
        } pvt;                                                                                      \
        uint8_t __pad[44];                                                                          \
        union name##_sring_entry ring[1]; /* in truth as many as fit */                             \
    };                                                                                              \
    ABI_TRUE_(__builtin_offsetof(struct name##_sring, ring) == 64, "slots of " #name);              \
    struct name##_front_ring {                                                                      \
        RING_IDX req_prod_pvt; /* requests written, published or not */                             \
        RING_IDX rsp_cons;     /* responses taken */                                                \
        unsigned int nr_ents;  /* slots */                                                          \
        struct name##_sring *sring;                                                                 \
    };                                                                                              \
    struct name##_back_ring {                                                                       \
        RING_IDX rsp_prod_pvt; /* responses written, published or not */                            \
        RING_IDX req_cons;     /* requests taken */                                                 \
        unsigned int nr_ents;                                                                       \
        struct name##_sring *sring;                                                                 \
    };                                                                                              \
    typedef struct name##_sring name##_sring_t;                                                     \
    typedef struct name##_front_ring name##_front_ring_t;                                           \
    typedef struct name##_back_ring name##_back_ring_t

/* Preparing. SHARED_: the page, by the front end, once. FRONT_, BACK_: the private part; _ATTACH: to a page
 * that has got to index `at` already. XEN_FRONT_RING_INIT: page and private part. `bytes`: length of the
 * shared memory. */
#define SHARED_RING_INIT(sring_ptr)                                              \
    do {                                                                         \
        (void)memset((sring_ptr), 0, __builtin_offsetof(__typeof__(*(sring_ptr)), ring)); \
        (sring_ptr)->req_event = 1;                                              \
        (sring_ptr)->rsp_event = 1;                                              \
    } while (0)
#define XEN_RING_ATTACH_(r, produced, consumed, sring_ptr, at, bytes) \
    do {                                                              \
        (r)->sring = (sring_ptr);                                     \
        (r)->nr_ents = (unsigned int)__RING_SIZE(sring_ptr, bytes);   \
        (r)->produced = (at);                                         \
        (r)->consumed = (at);                                         \
    } while (0)
#define FRONT_RING_ATTACH(r, sring_ptr, at, bytes) \
    XEN_RING_ATTACH_(r, req_prod_pvt, rsp_cons, sring_ptr, at, bytes)
#define BACK_RING_ATTACH(r, sring_ptr, at, bytes) \
    XEN_RING_ATTACH_(r, rsp_prod_pvt, req_cons, sring_ptr, at, bytes)
#define FRONT_RING_INIT(r, sring_ptr, bytes) FRONT_RING_ATTACH(r, sring_ptr, 0, bytes)
#define BACK_RING_INIT(r, sring_ptr, bytes) BACK_RING_ATTACH(r, sring_ptr, 0, bytes)
#define XEN_FRONT_RING_INIT(r, sring_ptr, bytes)  \
    do {                                          \
        SHARED_RING_INIT(sring_ptr);              \
        FRONT_RING_INIT(r, sring_ptr, bytes);     \
    } while (0)

/* Room. RING_SIZE: slots; the other two for the front end: requests that still fit, and whether none does. */
#define RING_SIZE(r) ((r)->nr_ents)
#define RING_FREE_REQUESTS(r) (RING_SIZE(r) + (r)->rsp_cons - (r)->req_prod_pvt)
#define RING_FULL(r) (RING_FREE_REQUESTS(r) == 0)

/* How many responses (front end) or requests (back end) wait; requests are bounded by what can be in flight.
 * The names without XEN_ are truth values if XEN_RING_HAS_UNCONSUMED_IS_BOOL is defined, else the same
 * numbers. */
#define XEN_RING_NR_UNCONSUMED_RESPONSES(r) ((r)->sring->rsp_prod - (r)->rsp_cons)
#define XEN_RING_NR_UNCONSUMED_REQUESTS(r)                                                                \
    __extension__({                                                                                       \
        RING_IDX xen_ring_news_ = (r)->sring->req_prod - (r)->req_cons;                                   \
        RING_IDX xen_ring_room_ = RING_SIZE(r) + (r)->rsp_prod_pvt - (r)->req_cons;                       \
        xen_ring_news_ <= xen_ring_room_ ? xen_ring_news_ : xen_ring_room_;                               \
    })
#ifdef XEN_RING_HAS_UNCONSUMED_IS_BOOL
#define RING_HAS_UNCONSUMED_RESPONSES(r) (XEN_RING_NR_UNCONSUMED_RESPONSES(r) != 0)
#define RING_HAS_UNCONSUMED_REQUESTS(r) (XEN_RING_NR_UNCONSUMED_REQUESTS(r) != 0)
#else
#define RING_HAS_UNCONSUMED_RESPONSES(r) XEN_RING_NR_UNCONSUMED_RESPONSES(r)
#define RING_HAS_UNCONSUMED_REQUESTS(r) XEN_RING_NR_UNCONSUMED_REQUESTS(r)
#endif

/* The entry of an index: its address in the page, or a copy of it, made once. */
#define XEN_RING_SLOT_(r, index) (&(r)->sring->ring[(index) & (RING_SIZE(r) - 1)])
#define RING_GET_REQUEST(r, index) (&XEN_RING_SLOT_(r, index)->req)
#define RING_GET_RESPONSE(r, index) (&XEN_RING_SLOT_(r, index)->rsp)
#define XEN_RING_COPY_ONCE_(to, from) \
    do {                              \
        *(to) = *(volatile __typeof__(*(to)) *)(from); \
    } while (0)
#define RING_COPY_REQUEST(r, index, to) XEN_RING_COPY_ONCE_(to, RING_GET_REQUEST(r, index))
#define RING_COPY_RESPONSE(r, index, to) XEN_RING_COPY_ONCE_(to, RING_GET_RESPONSE(r, index))

/* Lies of the other end. REQUEST_CONS: taking index `cons` would overtake our own responses. REQUEST_PROD,
 * RESPONSE_PROD: `prod` claims more than the ring holds. */
#define RING_REQUEST_CONS_OVERFLOW(r, cons) ((RING_IDX)((cons) - (r)->rsp_prod_pvt) >= RING_SIZE(r))
#define RING_REQUEST_PROD_OVERFLOW(r, prod) ((RING_IDX)((prod) - (r)->rsp_prod_pvt) > RING_SIZE(r))
#define RING_RESPONSE_PROD_OVERFLOW(r, prod) ((RING_IDX)((prod) - (r)->rsp_cons) > RING_SIZE(r))

/* Publishing what was written. With _AND_CHECK_NOTIFY: `notify` becomes whether the other end wants a signal,
 * that is, whether the index it waits for is among the new ones. */
#define XEN_RING_PUSH_(r, shared, private) \
    do {                                   \
        xen_wmb();                         \
        (r)->sring->shared = (r)->private; \
    } while (0)
#define XEN_RING_PUSH_NOTIFY_(r, shared, private, event, notify)                    \
    do {                                                                            \
        RING_IDX xen_ring_before_ = (r)->sring->shared;                             \
        RING_IDX xen_ring_after_ = (r)->private;                                    \
        XEN_RING_PUSH_(r, shared, private);                                         \
        xen_mb();                                                                   \
        (notify) = (RING_IDX)(xen_ring_after_ - (r)->sring->event) <                \
                   (RING_IDX)(xen_ring_after_ - xen_ring_before_);                  \
    } while (0)
#define RING_PUSH_REQUESTS(r) XEN_RING_PUSH_(r, req_prod, req_prod_pvt)
#define RING_PUSH_RESPONSES(r) XEN_RING_PUSH_(r, rsp_prod, rsp_prod_pvt)
#define RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(r, notify) \
    XEN_RING_PUSH_NOTIFY_(r, req_prod, req_prod_pvt, req_event, notify)
#define RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(r, notify) \
    XEN_RING_PUSH_NOTIFY_(r, rsp_prod, rsp_prod_pvt, rsp_event, notify)

/* Before sleeping: ask for a signal at the next entry, then look once more. `work` becomes what the
 * RING_HAS_UNCONSUMED_ macro says; nothing is asked for if it says so at once. */
#define XEN_RING_FINAL_CHECK_(r, pending, event, consumed, work) \
    do {                                                         \
        (work) = pending(r);                                     \
        if (!(work)) {                                           \
            (r)->sring->event = (r)->consumed + 1;               \
            xen_mb();                                            \
            (work) = pending(r);                                 \
        }                                                        \
    } while (0)
#define RING_FINAL_CHECK_FOR_REQUESTS(r, work) \
    XEN_RING_FINAL_CHECK_(r, RING_HAS_UNCONSUMED_REQUESTS, req_event, req_cons, work)
#define RING_FINAL_CHECK_FOR_RESPONSES(r, work) \
    XEN_RING_FINAL_CHECK_(r, RING_HAS_UNCONSUMED_RESPONSES, rsp_event, rsp_cons, work)

/* Rings of bytes over several pages, for 9pfs and pvcalls: half of 2^order pages for each direction.
 *   struct name_data             where the two halves are
 *   name_mask                    slot of an index
 *   name_get_ring_ptr            address of a slot
 *   name_read_packet, name_write_packet   copy `size` bytes out of or into a ring, around its end if need be,
 *                                and advance the masked index; the caller has checked that they are there
 *   name_queued                  bytes waiting between two free running indices */
#ifndef XEN_PAGE_SHIFT
#define XEN_PAGE_SHIFT 12
#endif
#define XEN_FLEX_RING_SIZE(order) (1UL << ((order) + XEN_PAGE_SHIFT - 1))

#define DEFINE_XEN_FLEX_RING(name)                                                                           \
    static inline RING_IDX name##_mask(RING_IDX index, RING_IDX ring_size)                                   \
    {                                                                                                        \
        return index & (ring_size - 1);                                                                      \
    }                                                                                                        \
    static inline unsigned char *name##_get_ring_ptr(unsigned char *ring, RING_IDX index, RING_IDX ring_size)\
    {                                                                                                        \
        return &ring[name##_mask(index, ring_size)];                                                         \
    }                                                                                                        \
    static inline void name##_read_packet(void *to, const unsigned char *ring, size_t size,                  \
                                          RING_IDX masked_prod, RING_IDX *masked_cons, RING_IDX ring_size)   \
    {                                                                                                        \
        size_t to_end = ring_size - *masked_cons;                                                            \
        size_t first = size < to_end ? size : to_end;                                                        \
        (void)masked_prod;                                                                                   \
        memcpy(to, ring + *masked_cons, first);                                                              \
        memcpy((unsigned char *)to + first, ring, size - first);                                             \
        *masked_cons = name##_mask(*masked_cons + (RING_IDX)size, ring_size);                                \
    }                                                                                                        \
    static inline void name##_write_packet(unsigned char *ring, const void *from, size_t size,               \
                                           RING_IDX *masked_prod, RING_IDX masked_cons, RING_IDX ring_size)  \
    {                                                                                                        \
        size_t to_end = ring_size - *masked_prod;                                                            \
        size_t first = size < to_end ? size : to_end;                                                        \
        (void)masked_cons;                                                                                   \
        memcpy(ring + *masked_prod, from, first);                                                            \
        memcpy(ring, (const unsigned char *)from + first, size - first);                                     \
        *masked_prod = name##_mask(*masked_prod + (RING_IDX)size, ring_size);                                \
    }                                                                                                        \
    static inline RING_IDX name##_queued(RING_IDX prod, RING_IDX cons, RING_IDX ring_size)                   \
    {                                                                                                        \
        RING_IDX rest = name##_mask(prod - cons, ring_size);                                                 \
        return rest || prod == cons ? rest : ring_size;                                                      \
    }                                                                                                        \
    struct name##_data {                                                                                     \
        unsigned char *in;                                                                                   \
        unsigned char *out;                                                                                  \
    }

/* The same with a page of indices and grant references (grant_table.h) in front: struct name_data_intf. */
#define DEFINE_XEN_FLEX_RING_AND_INTF(name)                            \
    struct name##_data_intf {                                          \
        RING_IDX in_cons, in_prod;                                     \
        uint8_t pad1[56];                                              \
        RING_IDX out_cons, out_prod;                                   \
        uint8_t pad2[56];                                              \
        RING_IDX ring_order;    /* binary logarithm of the pages */    \
        grant_ref_t ref[];      /* of those pages */                   \
    };                                                                 \
    DEFINE_XEN_FLEX_RING(name)

#endif /* __XEN_PUBLIC_IO_RING_H__ */
