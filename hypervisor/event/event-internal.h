/* Between the files of event/. */
#ifndef ENSO_EVENT_EVENT_INTERNAL_H
#define ENSO_EVENT_EVENT_INTERNAL_H

#include "event/event.h"

void event_clear_pending(struct domain *d, evtchn_port_t port);
/* Clears the mask bit; what waited behind it is delivered to v. */
void event_unmask(struct domain *d, struct vcpu *v, evtchn_port_t port);

#endif
