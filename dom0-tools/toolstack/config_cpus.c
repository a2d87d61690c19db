/* The CPU sets of `cpus`: items separated by commas, each "all", N, N-M, or one of these after '^', which
 * takes away. The order of the items counts: "^1,0-3" is "0-3". */
#include <string.h>

#include "config_cpus.h"

static void change(struct config_cpus *cpus, unsigned first, unsigned last, bool add)
{
    for (unsigned cpu = first; cpu <= last; cpu++) {
        uint64_t bit = UINT64_C(1) << (cpu % 64);

        if (add)
            cpus->bits[cpu / 64] |= bit;
        else
            cpus->bits[cpu / 64] &= ~bit;
    }
}

void config_cpus_add(struct config_cpus *cpus, unsigned first, unsigned last)
{
    change(cpus, first, last, true);
}

bool config_cpus_has(const struct config_cpus *cpus, unsigned cpu)
{
    return cpu < CONFIG_MAX_CPUS && (cpus->bits[cpu / 64] >> (cpu % 64) & 1);
}

static const char *skip_spaces(const char *at)
{
    while (*at == ' ' || *at == '\t')
        at++;
    return at;
}

/* A CPU number; *at moves behind it. */
static const char *read_cpu(const char **at, unsigned *cpu)
{
    unsigned value = 0;

    *at = skip_spaces(*at);
    if (**at < '0' || **at > '9')
        return "expected a CPU number";
    while (**at >= '0' && **at <= '9') {
        value = value * 10 + (unsigned)(**at - '0');
        if (value >= CONFIG_MAX_CPUS)
            return "CPU number above 255";
        (*at)++;
    }
    *cpu = value;
    return NULL;
}

static const char *read_item(const char **at, struct config_cpus *cpus)
{
    unsigned first = 0, last = CONFIG_MAX_CPUS - 1;
    const char *wrong, *start;
    bool add;

    *at = skip_spaces(*at);
    add = **at != '^';
    if (!add)
        (*at)++;
    *at = skip_spaces(*at);
    start = *at;
    if (!strncmp(*at, "all", 3)) {
        *at += 3;
    } else {
        wrong = read_cpu(at, &first);
        if (wrong)
            return wrong;
        last = first;
        *at = skip_spaces(*at);
        if (**at == '-') {
            (*at)++;
            wrong = read_cpu(at, &last);
            if (wrong)
                return wrong;
        }
        if (last < first) {
            *at = start;
            return "range runs backwards";
        }
    }
    change(cpus, first, last, add);
    return NULL;
}

const char *config_cpus_parse(const char *text, struct config_cpus *cpus, unsigned *offset)
{
    const char *at = text, *wrong;

    memset(cpus, 0, sizeof(*cpus));
    do {
        wrong = read_item(&at, cpus);
        if (!wrong) {
            at = skip_spaces(at);
            if (*at && *at != ',')
                wrong = "expected ',' between CPU numbers";
        }
        if (wrong) {
            *offset = (unsigned)(at - text);
            return wrong;
        }
    } while (*at++ == ',');

    *offset = 0;
    for (unsigned i = 0; i < CONFIG_MAX_CPUS / 64; i++)
        if (cpus->bits[i])
            return NULL;
    return "the set holds no CPU";
}
