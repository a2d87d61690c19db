/*
 * kit.h: the kit's services, played on the build machine for fuzzing the control domain's parts and the
 * kit's front ends. There is one other domain, the peer, with pages that it grants; the program under test
 * runs as threads; the fuzzer's input says what happens when.
 *
 * Everything is deterministic: the peer changes its pages and sends events at moments that the input has
 * chosen beforehand (kit_plan_*). Moments are the program's calls of the kit and, with
 * -fsanitize-coverage=trace-loads, each of its loads from a shared page: so a page may change between two
 * reads of the same word.
 *
 * What the program does wrong with the kit ends the process (kit_wrong()): a copy outside of a page, a page
 * that is freed while others can reach it, memory of ours that was never filled in but is handed out, a
 * thread that never rests.
 */
#ifndef ENSO_FUZZ_KIT_H
#define ENSO_FUZZ_KIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <pv/event.h>
#include <pv/thread.h>
#include <xen/grant_table.h>
#include <xen/xen.h>

#define KIT_PAGE   4096u
#define KIT_FRAMES 64u          /* the peer's pages; at first its reference n is for page n % KIT_FRAMES */
#define KIT_REFS   128u
#define KIT_PEER   5            /* the peer's domid */

/* Says what is wrong and aborts. */
void kit_wrong(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* ---- the input ---- */

/* Reads from the input; zeros behind its end. */
void kit_input(const uint8_t *data, size_t size);
bool kit_input_left(void);
uint8_t kit_byte(void);
uint16_t kit_u16(void);
uint32_t kit_u32(void);
void kit_bytes(void *buf, size_t size);

/* ---- a run ---- */

/* Before and after each input; the end checks that nothing is left: threads, mappings, ports, regions,
 * grants. */
void kit_start(void);
void kit_end(void);

/* The thread of this name stays from input to input; it waits between them. NULL: there is none. */
extern const char *kit_daemon;

/* Lets the program's threads run until all of them wait. */
void kit_run(void);

/* Lets time pass: deadlines that come meanwhile are met. */
void kit_pass(uint64_t ns);

/* Called when the main context waits and nobody else can run: it must make something happen. */
extern void (*kit_idle)(void);

/* The next n-th allocation, mapping or binding from now fails (0: none does). */
void kit_fail_after(unsigned n);

/* ---- the peer ---- */

extern uint8_t (*kit_peer)[KIT_PAGE];   /* its pages */

/* A reference: to which page, and whether it can be used at all, or written to. */
void kit_grant(grant_ref_t ref, unsigned frame, bool there, bool writable);

/* At the moment-th moment from now the peer writes a word (offset is rounded down), or notifies a local
 * port. */
void kit_plan_write(unsigned moment, unsigned frame, unsigned offset, uint32_t value);
void kit_plan_add(unsigned moment, unsigned frame, unsigned offset, uint32_t value);
void kit_plan_event(unsigned moment, evtchn_port_t port);

/* The byte that is read at the moment-th moment has another value from the next read on. */
void kit_spoil(unsigned moment, uint8_t value);

/* This memory is shared too, with a device: kit_spoil() holds for it. */
void kit_share(void *p, size_t bytes);

/* Takes one step of a plan from the input. */
void kit_plan_from_input(void);

/* The peer notifies: the handler of a local port runs, now or when upcalls are on again. */
void kit_event(evtchn_port_t port);

/* Called when the program notifies the peer. NULL: nobody cares. */
extern void (*kit_notified)(evtchn_port_t port);

/* The local port of the i-th binding that is open; 0: none. */
evtchn_port_t kit_port(unsigned i);

/* Memory of ours that the peer or a device may reach, by its machine address; wrong if any of it is not
 * ours. */
uint8_t *kit_machine(uint64_t machine, size_t bytes);

/* Memory of ours that stays from input to input, once; and makes any of ours as if it was just allocated. */
uint8_t *kit_lasting(size_t pages);
void kit_forget(uint8_t *p, size_t bytes);
void kit_forget_pool(void);     /* the pages of packets (pool.c) */

/* Wrong if memory of ours is as it was when it was allocated: what others see must have been written. */
void kit_check_filled(const uint8_t *p, size_t bytes);

/* Whether the page of the peer is mapped by the program now. */
bool kit_is_mapped(unsigned frame);

/* ---- between the files of the model ---- */
void kit_moment(void);
bool kit_fails(void);
void kit_events_end(void);
void kit_events_moment(void);
void kit_memory_start(void);
void kit_memory_end(void);
void kit_threads_start(void);
void kit_threads_end(void);

#endif
