/* sockets.h: the group "sockets" of the kernel kit. */
#ifndef KIT_SOCKETS_H
#define KIT_SOCKETS_H

void sockets(void);

#endif
