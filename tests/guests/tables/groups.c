/* groups.c: the groups of the kernel tables. */
#include "case.h"

void test_requests(void);
void test_foreign(void);
void test_pins(void);
void test_orders(void);
void test_frames(void);
void test_conflicts(void);
void test_m2p(void);

const struct kernel kernel = {
    .name = "tables", .checks = "whole tables, requests, frames and domains that are not ours",
    .groups = (const struct group[]){
        { "requests", test_requests, "mmu_update's arguments: a pointer or a count that is trusted" },
        { "foreign", test_foreign, "domains and frames that are not ours" },
        { "pins", test_pins, "a table used as two levels, a pin counted twice, an error in the middle" },
        { "orders", test_orders, "pins and unpins of a tree in every order: a count lost" },
        { "frames", test_frames, "frames that can be no table, by every command" },
        { "conflicts", test_conflicts, "a page that is a table and writable at once, by every route" },
        { "m2p", test_m2p, "the machine-to-physical table: read by all, written by request only" },
        { 0 },
    },
};
