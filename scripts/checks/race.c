/* SPDX-License-Identifier: BSD-3-Clause */
/* For the check `tsan`: with the argument 1 a program with a data race, with 0 one that is right only because
 * of OpenMP's barrier. Not part of rowcast. */
#include <stdio.h>

int main(int argc, char **argv) {
  const int races = argc > 1 && argv[1][0] == '1';
  int own[4] = {0}, shared = 0;
#pragma omp parallel for num_threads(4)
  for (int i = 0; i < 4; i++) {
    own[i] = i;
    if (races) shared++;
  }
  printf("%d\n", own[0] + own[1] + own[2] + own[3] + shared);
  return 0;
}
