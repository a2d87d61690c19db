calls-srcs := calls.c numbers.c version.c pointers.c multicall.c multicall-iret.c hypercall-page.c callbacks.c assists.c console.c physdev.c
calls-srcs += absent.c privileged.c control.c
