/* Compile-time proof of structure layouts, for the headers of this folder. Not part of Xen's interface.
 * ABI_SIZE(type, bytes)                      sizeof(type) is bytes
 * ABI_LAYOUT(type, bytes, (field, at), ...)  the same, and each field (nested ones as a.b) starts at byte
 * `at`;
 *                                            up to 32 fields in one call
 * Both work in C99, C11 and C++, cost nothing at run time and are followed by a semicolon. */
#ifndef XEN_ABI_ASSERT_H
#define XEN_ABI_ASSERT_H

#ifndef __ASSEMBLY__

#ifdef __cplusplus
#define ABI_TRUE_(condition, message) static_assert(condition, message)
#else
#define ABI_TRUE_(condition, message) __extension__ _Static_assert(condition, message)
#endif

#define ABI_SIZE(type, bytes) ABI_TRUE_(sizeof(type) == (bytes), "size of " #type)

#define ABI_LAYOUT(type, bytes, ...) \
    ABI_EACH_(type, __VA_ARGS__)     \
    ABI_SIZE(type, bytes)

/* One field: the pair (field, at) becomes two arguments. */
#define ABI_PAIR_(...) __VA_ARGS__
#define ABI_FIELD_(type, pair) ABI_FIELD_2_(type, ABI_PAIR_ pair)
#define ABI_FIELD_2_(type, pair) ABI_FIELD_3_(type, pair)
#define ABI_FIELD_3_(type, field, at) \
    ABI_TRUE_(__builtin_offsetof(type, field) == (at), "offset of " #field " in " #type);

/* A list of pairs: counted, then taken off one by one. The 0 at the end keeps the last `...` non-empty. */
#define ABI_COUNT_(a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, \
                   a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, count, ...) count
#define ABI_EACH_(type, ...)                                                                             \
    ABI_CALL_(ABI_COUNT_(__VA_ARGS__, 32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, \
                         15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0), type, __VA_ARGS__, 0)
#define ABI_CALL_(count, type, ...) ABI_CALL_2_(count, type, __VA_ARGS__)
#define ABI_CALL_2_(count, type, ...) ABI_##count##_(type, __VA_ARGS__)
#define ABI_1_(t, a, ...) ABI_FIELD_(t, a)
#define ABI_2_(t, a, ...) ABI_FIELD_(t, a) ABI_1_(t, __VA_ARGS__)
#define ABI_3_(t, a, ...) ABI_FIELD_(t, a) ABI_2_(t, __VA_ARGS__)
#define ABI_4_(t, a, ...) ABI_FIELD_(t, a) ABI_3_(t, __VA_ARGS__)
#define ABI_5_(t, a, ...) ABI_FIELD_(t, a) ABI_4_(t, __VA_ARGS__)
#define ABI_6_(t, a, ...) ABI_FIELD_(t, a) ABI_5_(t, __VA_ARGS__)
#define ABI_7_(t, a, ...) ABI_FIELD_(t, a) ABI_6_(t, __VA_ARGS__)
#define ABI_8_(t, a, ...) ABI_FIELD_(t, a) ABI_7_(t, __VA_ARGS__)
#define ABI_9_(t, a, ...) ABI_FIELD_(t, a) ABI_8_(t, __VA_ARGS__)
#define ABI_10_(t, a, ...) ABI_FIELD_(t, a) ABI_9_(t, __VA_ARGS__)
#define ABI_11_(t, a, ...) ABI_FIELD_(t, a) ABI_10_(t, __VA_ARGS__)
#define ABI_12_(t, a, ...) ABI_FIELD_(t, a) ABI_11_(t, __VA_ARGS__)
#define ABI_13_(t, a, ...) ABI_FIELD_(t, a) ABI_12_(t, __VA_ARGS__)
#define ABI_14_(t, a, ...) ABI_FIELD_(t, a) ABI_13_(t, __VA_ARGS__)
#define ABI_15_(t, a, ...) ABI_FIELD_(t, a) ABI_14_(t, __VA_ARGS__)
#define ABI_16_(t, a, ...) ABI_FIELD_(t, a) ABI_15_(t, __VA_ARGS__)
#define ABI_17_(t, a, ...) ABI_FIELD_(t, a) ABI_16_(t, __VA_ARGS__)
#define ABI_18_(t, a, ...) ABI_FIELD_(t, a) ABI_17_(t, __VA_ARGS__)
#define ABI_19_(t, a, ...) ABI_FIELD_(t, a) ABI_18_(t, __VA_ARGS__)
#define ABI_20_(t, a, ...) ABI_FIELD_(t, a) ABI_19_(t, __VA_ARGS__)
#define ABI_21_(t, a, ...) ABI_FIELD_(t, a) ABI_20_(t, __VA_ARGS__)
#define ABI_22_(t, a, ...) ABI_FIELD_(t, a) ABI_21_(t, __VA_ARGS__)
#define ABI_23_(t, a, ...) ABI_FIELD_(t, a) ABI_22_(t, __VA_ARGS__)
#define ABI_24_(t, a, ...) ABI_FIELD_(t, a) ABI_23_(t, __VA_ARGS__)
#define ABI_25_(t, a, ...) ABI_FIELD_(t, a) ABI_24_(t, __VA_ARGS__)
#define ABI_26_(t, a, ...) ABI_FIELD_(t, a) ABI_25_(t, __VA_ARGS__)
#define ABI_27_(t, a, ...) ABI_FIELD_(t, a) ABI_26_(t, __VA_ARGS__)
#define ABI_28_(t, a, ...) ABI_FIELD_(t, a) ABI_27_(t, __VA_ARGS__)
#define ABI_29_(t, a, ...) ABI_FIELD_(t, a) ABI_28_(t, __VA_ARGS__)
#define ABI_30_(t, a, ...) ABI_FIELD_(t, a) ABI_29_(t, __VA_ARGS__)
#define ABI_31_(t, a, ...) ABI_FIELD_(t, a) ABI_30_(t, __VA_ARGS__)
#define ABI_32_(t, a, ...) ABI_FIELD_(t, a) ABI_31_(t, __VA_ARGS__)

#else /* __ASSEMBLY__ */

#define ABI_SIZE(type, bytes)
#define ABI_LAYOUT(type, bytes, ...)

#endif /* __ASSEMBLY__ */

#endif /* XEN_ABI_ASSERT_H */
