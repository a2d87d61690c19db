/* rings_host.h: the kit's services as daemons with a ring for each domain use them, played
 * by the test. Domain d has one page, whose frame is RINGS_FRAME(d), and one port to bind
 * to, RINGS_PORT; here the port is d. */
#ifndef RINGS_HOST_H
#define RINGS_HOST_H

#include <stdbool.h>
#include <stdint.h>

#define RINGS_DOMAINS  64
#define RINGS_FRAME(d) (1000u + (unsigned)(d))
#define RINGS_PORT     7u
#define RINGS_OWN      31               /* the port that is allocated for this domain itself */

extern void *rings_page[RINGS_DOMAINS];         /* malloc'd by the test; NULL: there is none */
extern bool rings_by_frame[RINGS_DOMAINS];      /* it is mapped by its frame, or by its grant */
extern bool rings_by_grant[RINGS_DOMAINS];
extern bool rings_frames_refused;
extern bool rings_masked[RINGS_DOMAINS];
extern unsigned int rings_sent[RINGS_DOMAINS];  /* notifications */
extern uint64_t rings_now;                      /* ns */

bool rings_is_bound(int port);

/* The domain notifies. */
void rings_kick(int port);

#endif
