/* The 512 bytes of FXSAVE format in a vcpu context. What a tool gives is made loadable: reserved bits of
 * MXCSR would fault. */
#include "cpu/cpu.h"
#include "cpu/registers.h"
#include "domain/domain.h"
#include "lib/lib.h"

#define LEGACY_BYTES     512
#define MXCSR_OFFSET     24
#define MXCSR_MASK_OFFSET 28
#define MXCSR_DEFAULT_MASK 0xffbf

/* What this processor allows, as FXSAVE tells it; 0 means the default of the first processors. */
static uint32_t mxcsr_mask(void)
{
    static char image[LEGACY_BYTES] __attribute__((aligned(16)));
    uint32_t mask;

    __asm__ volatile("clts; fxsave64 %0" : "=m"(image));
    memcpy(&mask, image + MXCSR_MASK_OFFSET, sizeof(mask));
    if (current)
        fpu_set_ts(current->ts);
    return mask ? mask : MXCSR_DEFAULT_MASK;
}

void fpu_set_legacy(struct vcpu *v, const void *image)
{
    char *area = v->fpu;
    uint32_t mxcsr;

    fpu_init_area(area);
    memcpy(area, image, LEGACY_BYTES);
    memcpy(&mxcsr, area + MXCSR_OFFSET, sizeof(mxcsr));
    mxcsr &= mxcsr_mask();
    memcpy(area + MXCSR_OFFSET, &mxcsr, sizeof(mxcsr));
}

void fpu_get_legacy(const struct vcpu *v, void *image)
{
    memcpy(image, v->fpu, LEGACY_BYTES);
}
