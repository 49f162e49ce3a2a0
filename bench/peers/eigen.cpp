// SPDX-License-Identifier: BSD-3-Clause
// Eigen as a peer: its product of two mapped row-major matrices, compiled for this machine.
#include <Eigen/Core>

extern "C" {
#include "peer.h"

void peer_eigen_multiply(const struct peer *peer, const struct peer_product *p);
void peer_eigen_set_threads(int threads);
extern const char peer_eigen_version[];
}

#define TEXT_OF(number) #number
#define TEXT(number)    TEXT_OF(number)
const char peer_eigen_version[] = TEXT(EIGEN_WORLD_VERSION) "." TEXT(EIGEN_MAJOR_VERSION) "." TEXT(EIGEN_MINOR_VERSION);

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

void peer_eigen_multiply(const struct peer *, const struct peer_product *p) {
  Eigen::Map<const Matrix> x(p->x, p->m, p->k), w(p->w, p->k, p->n);
  Eigen::Map<Matrix> c(p->c, p->m, p->n);
  c.noalias() = x * w;
}

void peer_eigen_set_threads(int threads) { Eigen::setNbThreads(threads); }
