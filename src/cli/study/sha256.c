/* SPDX-License-Identifier: BSD-3-Clause */
#include "study/sha256.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { BLOCK = 64, LENGTH = 8 /* bytes of it, at the end of the last block */ };

/* FIPS 180-4, 4.2.2 and 5.3.3: the first 32 bits of the fractions of the cube roots of the first 64 primes, and of the
 * square roots of the first eight. */
static const uint32_t rounds[64] = {
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};
static const uint32_t first[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                  0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

static uint32_t turned(uint32_t word, int bits) { return word >> bits | word << (32 - bits); }

static void add_block(uint32_t state[8], const unsigned char *block) {
  uint32_t w[64], s[8];
  for (int i = 0; i < 16; i++)
    w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 | (uint32_t)block[4 * i + 2] << 8 |
           (uint32_t)block[4 * i + 3];
  for (int i = 16; i < 64; i++) {
    const uint32_t near = turned(w[i - 2], 17) ^ turned(w[i - 2], 19) ^ w[i - 2] >> 10;
    const uint32_t far = turned(w[i - 15], 7) ^ turned(w[i - 15], 18) ^ w[i - 15] >> 3;
    w[i] = near + w[i - 7] + far + w[i - 16];
  }
  memcpy(s, state, sizeof s);
  for (int i = 0; i < 64; i++) {
    const uint32_t choice = (s[4] & s[5]) ^ (~s[4] & s[6]), most = (s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]);
    const uint32_t one = s[7] + (turned(s[4], 6) ^ turned(s[4], 11) ^ turned(s[4], 25)) + choice + rounds[i] + w[i];
    const uint32_t two = (turned(s[0], 2) ^ turned(s[0], 13) ^ turned(s[0], 22)) + most;
    memmove(s + 1, s, 7 * sizeof s[0]);
    s[4] += one;
    s[0] = one + two;
  }
  for (int i = 0; i < 8; i++) state[i] += s[i];
}

/* What is left over, a one, zeros, and the length in bits, which may need one more block; block has room for two. */
static void finish(uint32_t state[8], unsigned char *block, uint64_t bytes, char text[SHA256_TEXT]) {
  const size_t got = bytes % BLOCK, last = got + 1 + LENGTH <= BLOCK ? BLOCK : 2 * BLOCK;
  memset(block + got, 0, last - got);
  block[got] = 0x80;
  for (size_t i = 0; i < LENGTH; i++) block[last - 1 - i] = (unsigned char)(8 * bytes >> 8 * i);
  for (size_t at = 0; at < last; at += BLOCK) add_block(state, block + at);
  for (int i = 0; i < 8; i++) snprintf(text + 8 * i, 9, "%08x", (unsigned)state[i]);
}

void sha256_of_bytes(const void *bytes, size_t size, char text[SHA256_TEXT]) {
  const unsigned char *at = bytes;
  const size_t over = size % BLOCK;
  unsigned char block[2 * BLOCK];
  uint32_t state[8];
  memcpy(state, first, sizeof state);
  for (const unsigned char *end = at + (size - over); at != end; at += BLOCK) add_block(state, at);
  if (over > 0) memcpy(block, at, over);
  finish(state, block, size, text);
}

bool sha256_of_file(const char *path, char text[SHA256_TEXT]) {
  FILE *file = fopen(path, "re");
  if (file == NULL) return false;
  uint32_t state[8];
  memcpy(state, first, sizeof state);
  unsigned char block[2 * BLOCK];
  uint64_t bytes = 0;
  size_t got;
  while ((got = fread(block, 1, BLOCK, file)) == BLOCK) {
    add_block(state, block);
    bytes += BLOCK;
  }
  const bool read = !ferror(file);
  fclose(file);
  finish(state, block, bytes + got, text);
  return read;
}
