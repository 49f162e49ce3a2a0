/* SPDX-License-Identifier: BSD-3-Clause */
/* How the library is built, where no CMake says so: what can be known from the macros that the compiler defines. */
#ifndef RC_BUILD_FLAGS_H
#define RC_BUILD_FLAGS_H

#define RC_TEXT_OF(number) #number
#define RC_TEXT(number)    RC_TEXT_OF(number)
#if defined(__clang__)
#define ROWCAST_COMPILER                                                                                               \
  "Clang " RC_TEXT(__clang_major__) "." RC_TEXT(__clang_minor__) "." RC_TEXT(__clang_patchlevel__)
#elif defined(__GNUC__)
#define ROWCAST_COMPILER "GNU " __VERSION__
#else
#define ROWCAST_COMPILER "unknown compiler"
#endif
#define ROWCAST_BUILD_TYPE "built without CMake"

#if defined(__STRICT_ANSI__) && __STDC_VERSION__ == 201112L
#define RC_FLAG_STANDARD "-std=c11 "
#elif defined(__STRICT_ANSI__) && __STDC_VERSION__ == 201710L
#define RC_FLAG_STANDARD "-std=c17 "
#else
#define RC_FLAG_STANDARD ""
#endif
/* The level above 1 is not told. */
#if defined(__OPTIMIZE_SIZE__)
#define RC_FLAG_OPTIMIZE "-Os "
#elif defined(__OPTIMIZE__)
#define RC_FLAG_OPTIMIZE "-O "
#else
#define RC_FLAG_OPTIMIZE "-O0 "
#endif
#if defined(_OPENMP)
#define RC_FLAG_OPENMP "-fopenmp "
#else
#define RC_FLAG_OPENMP ""
#endif
#if defined(__FAST_MATH__)
#define RC_FLAG_MATH "-ffast-math "
#else
#define RC_FLAG_MATH ""
#endif
#if defined(NDEBUG)
#define RC_FLAG_ASSERT "-DNDEBUG "
#else
#define RC_FLAG_ASSERT ""
#endif
#if defined(__SANITIZE_ADDRESS__)
#define RC_FLAG_SANITIZE "-fsanitize=address "
#elif defined(__SANITIZE_THREAD__)
#define RC_FLAG_SANITIZE "-fsanitize=thread "
#else
#define RC_FLAG_SANITIZE ""
#endif
/* Of all files, and so more than the baseline: the program does not start where it is missing. */
#if defined(__AVX512F__)
#define RC_FLAG_LEVEL "-mavx512f "
#elif defined(__AVX2__)
#define RC_FLAG_LEVEL "-mavx2 "
#elif defined(__AVX__)
#define RC_FLAG_LEVEL "-mavx "
#else
#define RC_FLAG_LEVEL ""
#endif
#define ROWCAST_FLAGS                                                                                                  \
  RC_FLAG_STANDARD RC_FLAG_OPTIMIZE RC_FLAG_OPENMP RC_FLAG_MATH RC_FLAG_ASSERT RC_FLAG_SANITIZE RC_FLAG_LEVEL "..."

#if defined(RC_BUILT_AVX2) && RC_BUILT_AVX2
#define RC_LEVEL_AVX2 " avx2"
#else
#define RC_LEVEL_AVX2 ""
#endif
#if defined(RC_BUILT_AVX512) && RC_BUILT_AVX512
#define RC_LEVEL_AVX512 " avx512"
#else
#define RC_LEVEL_AVX512 ""
#endif
#if defined(RC_BUILT_NEON) && RC_BUILT_NEON
#define RC_LEVEL_NEON " neon"
#else
#define RC_LEVEL_NEON ""
#endif
#if defined(RC_BUILT_AVX512VNNI) && RC_BUILT_AVX512VNNI
#define RC_LEVEL_AVX512VNNI " avx512vnni"
#else
#define RC_LEVEL_AVX512VNNI ""
#endif
#if defined(RC_BUILT_AMX) && RC_BUILT_AMX
#define RC_LEVEL_AMX " amx"
#else
#define RC_LEVEL_AMX ""
#endif
#if defined(RC_BUILT_NEONDOT) && RC_BUILT_NEONDOT
#define RC_LEVEL_NEONDOT " neondot"
#else
#define RC_LEVEL_NEONDOT ""
#endif
#if defined(RC_BUILT_AVXVNNI) && RC_BUILT_AVXVNNI
#define RC_LEVEL_AVXVNNI " avxvnni"
#else
#define RC_LEVEL_AVXVNNI ""
#endif
#define ROWCAST_ISAS                                                                                                   \
  "scalar" RC_LEVEL_AVX2 RC_LEVEL_AVX512 RC_LEVEL_AVX512VNNI RC_LEVEL_AMX RC_LEVEL_AVXVNNI RC_LEVEL_NEON               \
    RC_LEVEL_NEONDOT

#endif
