/* socket.h: lwIP's number of a descriptor's socket, for poll(): -EBADF, -ENOTSOCK. */
#ifndef PV_LWIP_SOCKET_H
#define PV_LWIP_SOCKET_H

int pv_socket_number(int fd);

#endif
