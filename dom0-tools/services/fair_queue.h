/* fair_queue.h: frames that wait for the control domain: bounded, in classes by the station that sent them,
 * which are served in turn: a station that floods loses its own frames. Pure. */
#ifndef ENSO_SERVICES_FAIR_QUEUE_H
#define ENSO_SERVICES_FAIR_QUEUE_H

#include <stdint.h>

#include "../net/packet.h"

#define FAIR_CLASSES 16U
#define FAIR_FRAMES  256U       /* of a class */

struct fair_class {
    struct packet *ring[FAIR_FRAMES];
    unsigned first, count;
    unsigned pages;             /* that its frames take */
};

struct fair_queue {
    unsigned pages_of_class;    /* the most for one class; a quarter of it while the queue is half full */
    unsigned pages_most;        /* half full is half of this */
    unsigned pages, frames;
    unsigned next;              /* class to be served */
    uint64_t drops;
    struct fair_class classes[FAIR_CLASSES];
};

/* Takes the reference in any case; false: dropped. `station` chooses the class. */
bool fair_queue_put(struct fair_queue *q, struct packet *p, uint32_t station);

/* The next frame, with its reference; NULL: none. */
struct packet *fair_queue_take(struct fair_queue *q);

#endif
