/* vbd_world.h: a front end and a disk that are played for a virtual block device, and the kit that it runs
 * on. The device's thread runs in work(), until it waits. */
#ifndef TESTS_UNIT_VBD_WORLD_H
#define TESTS_UNIT_VBD_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pv/event.h>
#include <xen/io/blkif.h>

#include "backends/block/vbd.h"

#define PAGE    4096
#define FRAMES  256             /* granted pages of the front end: reference n is frame n */
#define SECTORS 1024

/* The front end: its pages, of which the ring is 1 and 2; which references are not granted; its end of the
 * port. */
extern char guest[FRAMES][PAGE];
extern bool revoked[FRAMES];
extern struct blkif_sring *sring;
extern struct blkif_front_ring front;
extern pv_event_fn *handler;
extern void *handler_arg;
extern bool front_has_left;

/* What the device has of the kit, and has done with it. */
extern unsigned mapped, regions, notified, bad_copies, masked;
extern uint64_t now;
extern bool time_passes;        /* a wait with a deadline ends at it; else it is the test's turn */

/* The disk. It answers at once, or, with `hold`, when the test does. Errors from a sector on, if that is
 * not 0. */
extern struct block_device disk;
extern char medium[SECTORS * BLOCK_SECTOR];
extern struct block_request *held[64];
extern unsigned held_count, fail_from;
extern bool hold;
int do_io(struct block_request *b);
void complete_all(void);        /* what was held, the last first */

extern struct vbd *vbd;
void connect_with(unsigned pages);
void work(void);
void drop(enum vbd_end end);
int setup(void **state);
int teardown(void **state);

struct blkif_request *next_request(void);
void push(uint8_t operation, uint64_t id, uint64_t sector, unsigned first_ref, unsigned n);
void kick(void);

/* The next answer's status; its padding must be clear. */
int answer(uint64_t *id);
void assert_answer(uint64_t id, int status);

#endif
