# The scheduler's arithmetic.
unit-tests += fair
fair-srcs := tests/unit/test_fair.c
fair-flags := -Ihypervisor
