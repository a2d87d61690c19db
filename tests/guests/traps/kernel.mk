traps-srcs := traps.c vectors.c debug.c hypercall.c iret.c table.c nmi.c nested.c failsafe.c failsafe_entry.S
traps-config := vcpus = 20
