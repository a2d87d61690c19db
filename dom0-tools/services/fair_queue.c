/* fair_queue.c: see fair_queue.h. */
#include "fair_queue.h"

bool fair_queue_put(struct fair_queue *q, struct packet *p, uint32_t station)
{
    struct fair_class *c = &q->classes[(station * 0x9e3779b1U) >> 28];
    unsigned most = q->pages * 2 >= q->pages_most ? q->pages_of_class / 4 : q->pages_of_class;

    _Static_assert(FAIR_CLASSES == 16, "four bits of the hash choose the class");
    if (c->count == FAIR_FRAMES || c->pages + p->piece_count > most) {
        q->drops++;
        packet_free(p);
        return false;
    }
    c->ring[(c->first + c->count++) % FAIR_FRAMES] = p;
    c->pages += p->piece_count;
    q->pages += p->piece_count;
    q->frames++;
    return true;
}

struct packet *fair_queue_take(struct fair_queue *q)
{
    struct fair_class *c;
    struct packet *p;

    if (q->frames == 0)
        return NULL;
    do
        c = &q->classes[q->next++ % FAIR_CLASSES];
    while (c->count == 0);
    p = c->ring[c->first];
    c->first = (c->first + 1) % FAIR_FRAMES;
    c->count--;
    c->pages -= p->piece_count;
    q->pages -= p->piece_count;
    q->frames--;
    return p;
}
