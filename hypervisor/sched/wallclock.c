/* The date and time that the machine's battery-backed clock keeps, taken as UTC. */
#include "cpu/cpu.h"
#include "sched/time.h"

enum { CMOS_SECOND = 0, CMOS_MINUTE = 2, CMOS_HOUR = 4, CMOS_DAY = 7, CMOS_MONTH = 8, CMOS_YEAR = 9,
       CMOS_A = 10, CMOS_B = 11, CMOS_CENTURY = 0x32 };
#define A_UPDATING 0x80
#define B_BINARY   0x04
#define B_24_HOURS 0x02
#define HOUR_PM    0x80

struct date { unsigned int second, minute, hour, day, month, year, century; };

static unsigned int cmos(unsigned int reg)
{
    outb(0x70, (uint8_t)reg);
    return inb(0x71);
}

static unsigned int from_bcd(unsigned int v)
{
    return (v >> 4) * 10 + (v & 15);
}

static struct date read_date(void)
{
    /* An update takes 2 ms at most; without a clock the bit may never clear. */
    for (unsigned int i = 0; i < 10000 && (cmos(CMOS_A) & A_UPDATING); i++)
        ;
    return (struct date){ .second = cmos(CMOS_SECOND), .minute = cmos(CMOS_MINUTE), .hour = cmos(CMOS_HOUR),
                          .day = cmos(CMOS_DAY), .month = cmos(CMOS_MONTH), .year = cmos(CMOS_YEAR),
                          .century = cmos(CMOS_CENTURY) };
}

static bool same_date(const struct date *a, const struct date *b)
{
    return a->second == b->second && a->minute == b->minute && a->hour == b->hour && a->day == b->day &&
           a->month == b->month && a->year == b->year;
}

static void decode(struct date *d)
{
    unsigned int mode = cmos(CMOS_B);
    bool pm = d->hour & HOUR_PM;

    d->hour &= 0x7f;
    if (!(mode & B_BINARY))
        *d = (struct date){ from_bcd(d->second), from_bcd(d->minute), from_bcd(d->hour), from_bcd(d->day),
                            from_bcd(d->month), from_bcd(d->year), from_bcd(d->century) };
    if (!(mode & B_24_HOURS))
        d->hour = d->hour % 12 + (pm ? 12 : 0);
    if (d->century != 19 && d->century != 20 && d->century != 21)
        d->century = d->year < 70 ? 20 : 19;
}

uint64_t cmos_seconds(void)
{
    struct date d = read_date(), again = read_date();

    for (unsigned int i = 0; i < 10 && !same_date(&d, &again); i++) {
        d = again;
        again = read_date();
    }
    decode(&d);
    if (d.month - 1 > 11 || d.day - 1 > 30 || d.hour > 23 || d.minute > 59 || d.second > 59)
        return 0;
    return seconds_of_date(d.century * 100 + d.year, d.month, d.day, d.hour, d.minute, d.second);
}
