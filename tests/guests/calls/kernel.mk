calls-srcs := calls.c numbers.c version.c pointers.c multicall.c multicall-iret.c hypercall-page.c callbacks.c
calls-srcs += assists.c console.c physdev.c old-forms.c absent.c privileged.c control.c
