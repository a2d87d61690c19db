/* place.c: see place.h. */
#include "case.h"
#include "place.h"

char *place_before_unmapped(void)
{
    char *edge = (char *)pv_pages_alloc(2) + PV_PAGE_SIZE;

    pv_protect(edge, 1, 0);
    return edge;
}

char *place_before_read_only(void)
{
    char *edge = (char *)pv_pages_alloc(2) + PV_PAGE_SIZE;

    pv_protect(edge, 1, PV_PTE_P | PV_PTE_NX);
    return edge;
}

void place_end(char *edge)
{
    pv_protect(edge, 1, PV_PTE_P | PV_PTE_RW | PV_PTE_NX);
    pv_pages_free(edge - PV_PAGE_SIZE, 2);
}
