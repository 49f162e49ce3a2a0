/* SPDX-License-Identifier: BSD-3-Clause */
#include "roofline.h"

double bench_intensity(double k, double n, double element_bytes) {
  const double bytes = k * element_bytes;
  return bytes > 0.0 ? 2.0 * k * n / bytes : 0.0;
}

double bench_roof(double peak, double bandwidth, double intensity) {
  const double read = bandwidth * intensity;
  if (peak <= 0.0) return read;
  return bandwidth <= 0.0 || peak < read ? peak : read;
}
