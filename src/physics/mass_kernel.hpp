// mass_kernel.hpp: the nodes that one particle's mass goes to, and its shares, for each assignment scheme.
//
// Units:  u, v in steps of the grid, [0, N]; mass in quanta
// Source: Hockney & Eastwood 1988, section 5-2; rounding as in docs/formats.md, "Mass assignment"
// Everything is +, -, * and rounding to integers, each defined to the bit: the same shares on every machine.
#pragma once

#include <cstddef>
#include <cstdint>

#include "physics/mass_quantum.hpp"

namespace lenswright {

// REQUIRES: value >= 0, below 2^31: truncation is the floor.
inline int floor_of_positive(double value) {
  return static_cast<int>(value);
}

// Along one axis: `size` nodes from `first` (in [-1, N)), their weights, and which of them is nearest.
struct NearestGridPoint {
  static constexpr int size = 1;
  int first, nearest;
  double weight[1];
  NearestGridPoint(double u, int side) : first(floor_of_positive(u + 0.5)), nearest(0), weight{1.0} {
    if (first == side) first = 0;
  }
};

struct CloudInCell {
  static constexpr int size = 2;
  int first, nearest;
  double weight[2];
  CloudInCell(double u, int side) : first(floor_of_positive(u)), nearest(floor_of_positive(u + 0.5) - first) {
    const double d = u - first;
    weight[0] = 1.0 - d;
    weight[1] = d;
    if (first == side) first = 0;
  }
};

struct TriangularCloud {
  static constexpr int size = 3;
  static constexpr int nearest = 1;
  int first;
  double weight[3];
  TriangularCloud(double u, int side) : first(floor_of_positive(u + 0.5)) {
    const double d = u - first;
    weight[0] = 0.5 * ((0.5 - d) * (0.5 - d));
    weight[1] = 0.75 - d * d;
    weight[2] = 0.5 * ((0.5 + d) * (0.5 + d));
    first = (first == side ? 0 : first) - 1;
  }
};

// A particle's shares on its size x size nodes.
template <typename Kernel>
class Stencil {
 public:
  Stencil(double u, double v, std::int64_t quanta, int side) : row_(u, side), column_(v, side) {
    const auto mass = static_cast<double>(quanta);
    std::int64_t rest = quanta;
    for (int a = 0; a < Kernel::size; ++a) {
      for (int b = 0; b < Kernel::size; ++b) {
        const std::int64_t share = round_half_even(mass * (row_.weight[a] * column_.weight[b]));
        share_[a][b] = share;
        rest -= share;
      }
    }
    share_[row_.nearest][column_.nearest] += rest;
  }

  void negate() {
    for (auto& row : share_)
      for (std::int64_t& share : row) share = -share;
  }

  // The first of its nodes, in [0, side).
  int first_row(int side) const { return wrapped(row_.first, side); }
  int first_column(int side) const { return wrapped(column_.first, side); }
  // To nodes that lie `stride` apart from row to row, the first one at `node`.
  void add_to_block(std::int64_t* node, int stride) const {
    for (int a = 0; a < Kernel::size; ++a, node += stride)
      for (int b = 0; b < Kernel::size; ++b) node[b] += share_[a][b];
  }
  void add_to(std::int64_t* plane, int side) const {
    const bool inside = column_.first >= 0 && column_.first + Kernel::size <= side;
    for (int a = 0; a < Kernel::size; ++a) {
      std::int64_t* row = plane + static_cast<std::ptrdiff_t>(wrapped(row_.first + a, side)) * side;
      if (inside) {
        for (int b = 0; b < Kernel::size; ++b) row[column_.first + b] += share_[a][b];
      } else {
        for (int b = 0; b < Kernel::size; ++b) row[wrapped(column_.first + b, side)] += share_[a][b];
      }
    }
  }

 private:
  static int wrapped(int node, int side) {
    if (node < 0) return node + side;
    return node >= side ? node - side : node;
  }
  Kernel row_, column_;
  std::int64_t share_[Kernel::size][Kernel::size];
};

}  // namespace lenswright
