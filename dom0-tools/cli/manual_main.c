/* manual_main.c: the program that `make docs` runs; it writes the manual to stdout. */
#include "manual.h"

int main(void)
{
    manual_write(stdout);
    return fflush(stdout) ? 1 : 0;
}
