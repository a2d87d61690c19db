/* nat_world.h: a translation between guests and the world, made anew for each test, as the tests of it share
 * it. TCP port 8080 of OUTSIDE is forwarded to port 80 of GUEST(40). */
#ifndef NAT_WORLD_H
#define NAT_WORLD_H

#include "nat_frames.h"
#include "services/nat.h"

#define GATEWAY  0xc0a87a01U    /* 192.168.122.1 */
#define GUEST(n) (0xc0a87a00U + (n))
#define OUTSIDE  0x0a00020fU
#define DNS      0x0a000203U
#define SERVER   0x0a000202U

extern struct nat *nat;
extern uint64_t now;
extern struct nat_hop hop;      /* of the last frame that was passed on */

int set_up(void **state);
int tear_down(void **state);    /* fails when a packet is left */

enum nat_verdict inside(struct packet *p);
enum nat_verdict outside(struct packet *p);
struct nat_statistics statistics(void);
struct flow turned(struct flow f);

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
