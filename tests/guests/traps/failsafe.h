/* failsafe.h: what the first instructions of a spare vcpu write down. */
#ifndef FAILSAFE_H
#define FAILSAFE_H

#include <stdint.h>

enum { NOT_YET, AT_START, AT_FAILSAFE };

struct arrival {
    uint64_t kind;
    uint64_t rsp, rflags, ds, es, fs, gs;
    uint64_t frame[11];                     /* rcx r11 ds es fs gs rip cs rflags rsp ss */
};

extern volatile struct arrival arrival;
extern char spare_start[], spare_failsafe[];

#endif
