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

#if defined(__SSE2__)
// The same shares, two at a time; the scheme that almost every campaign has.
template <>
class Stencil<TriangularCloud> {
 public:
  Stencil(double u, double v, std::int64_t quanta, int side) {
    const __m128d position = _mm_setr_pd(u, v);
    const __m128d half = _mm_set1_pd(0.5);
    const __m128i nearest = _mm_cvttpd_epi32(_mm_add_pd(position, half));
    const __m128d d = _mm_sub_pd(position, _mm_cvtepi32_pd(nearest));
    const __m128d before = _mm_sub_pd(half, d), behind = _mm_add_pd(half, d);
    // Each of a row (low) and a column (high).
    const __m128d weight0 = _mm_mul_pd(half, _mm_mul_pd(before, before));
    const __m128d weight1 = _mm_sub_pd(_mm_set1_pd(0.75), _mm_mul_pd(d, d));
    const __m128d weight2 = _mm_mul_pd(half, _mm_mul_pd(behind, behind));
    const int row = _mm_cvtsi128_si32(nearest), column = _mm_cvtsi128_si32(_mm_srli_si128(nearest, 4));
    row_ = (row == side ? 0 : row) - 1;
    column_ = (column == side ? 0 : column) - 1;

    const __m128d mass = _mm_set1_pd(static_cast<double>(quanta));
    const __m128d columns = _mm_unpackhi_pd(weight0, weight1), last = _mm_unpackhi_pd(weight2, weight2);
    const __m128d row0 = _mm_unpacklo_pd(weight0, weight0), row1 = _mm_unpacklo_pd(weight1, weight1),
                  row2 = _mm_unpacklo_pd(weight2, weight2);
    const auto share = [&](__m128d row_weights, __m128d column_weights) {
      return _mm_mul_pd(mass, _mm_mul_pd(row_weights, column_weights));
    };
    const __m128d shares[5] = {share(row0, columns), share(row1, columns), share(row2, columns),
                               share(_mm_unpacklo_pd(weight0, weight1), last), share(row2, last)};
    if (static_cast<std::uint64_t>(quanta) < std::uint64_t{1} << 50) {
      for (int part = 0; part < 5; ++part) part_[part] = rounded_small(shares[part]);
    } else {
      for (int part = 0; part < 5; ++part) part_[part] = rounded(shares[part]);
    }
    part_[4] = _mm_move_epi64(part_[4]);
    __m128i sum = _mm_add_epi64(_mm_add_epi64(part_[0], part_[1]), _mm_add_epi64(part_[2], part_[3]));
    sum = _mm_add_epi64(sum, part_[4]);
    sum = _mm_add_epi64(sum, _mm_srli_si128(sum, 8));
    const __m128i rest = _mm_sub_epi64(_mm_cvtsi64_si128(quanta), sum);
    part_[1] = _mm_add_epi64(part_[1], _mm_slli_si128(rest, 8));
  }

  void negate() {
    for (__m128i& part : part_) part = _mm_sub_epi64(_mm_setzero_si128(), part);
  }

  int first_row(int side) const { return row_ < 0 ? row_ + side : row_; }
  int first_column(int side) const { return column_ < 0 ? column_ + side : column_; }
  void add_to_block(std::int64_t* node, int stride) const {
    add_to_rows(node, node + stride, node + 2 * stride);
  }
  void add_to(std::int64_t* plane, int side) const {
    const auto row_at = [&](int row) {
      return plane + static_cast<std::ptrdiff_t>(row < 0       ? row + side
                                                 : row >= side ? row - side
                                                               : row) *
                         side;
    };
    std::int64_t *row0 = row_at(row_), *row1 = row_at(row_ + 1), *row2 = row_at(row_ + 2);
    if (column_ >= 0 && column_ + 3 <= side) {
      add_to_rows(row0 + column_, row1 + column_, row2 + column_);
    } else {
      const int left = first_column(side), middle = left + 1 < side ? left + 1 : left + 1 - side;
      const int right = middle + 1 < side ? middle + 1 : middle + 1 - side;
      std::int64_t share[10];
      for (int part = 0; part < 5; ++part)
        _mm_storeu_si128(reinterpret_cast<__m128i*>(share + 2 * part), part_[part]);
      int a = 0;
      for (std::int64_t* row : {row0, row1, row2}) {
        row[left] += share[2 * a];
        row[middle] += share[2 * a + 1];
        row[right] += share[6 + a];
        ++a;
      }
    }
  }

 private:
  // |values| < 2^51: adding 1.5 * 2^52 leaves the nearest integer, half to even, in the low bits.
  static __m128i rounded_small(__m128d values) {
    const __m128d magic = _mm_set1_pd(6755399441055744.0);
    return _mm_sub_epi64(_mm_castpd_si128(_mm_add_pd(values, magic)), _mm_castpd_si128(magic));
  }
  static __m128i rounded(__m128d values) {
    return _mm_unpacklo_epi64(_mm_cvtsi64_si128(_mm_cvtsd_si64(values)),
                              _mm_cvtsi64_si128(_mm_cvtsd_si64(_mm_unpackhi_pd(values, values))));
  }
  // All nodes are read before any is written: where rows lie a multiple of 4 KiB apart a processor takes the
  // read of a node for one that has to wait for the write of its neighbour in the row before.
  void add_to_rows(std::int64_t* row0, std::int64_t* row1, std::int64_t* row2) const {
    const __m128i pair0 = _mm_add_epi64(pair_at(row0), part_[0]),
                  pair1 = _mm_add_epi64(pair_at(row1), part_[1]),
                  pair2 = _mm_add_epi64(pair_at(row2), part_[2]);
    const __m128i last0 = _mm_add_epi64(one_at(row0 + 2), part_[3]),
                  last1 = _mm_add_epi64(one_at(row1 + 2), _mm_unpackhi_epi64(part_[3], part_[3])),
                  last2 = _mm_add_epi64(one_at(row2 + 2), part_[4]);
    put_pair(row0, pair0);
    put_one(row0 + 2, last0);
    put_pair(row1, pair1);
    put_one(row1 + 2, last1);
    put_pair(row2, pair2);
    put_one(row2 + 2, last2);
  }
  // In halves: what the particle before left there in part can then still be taken from its write.
  static __m128i pair_at(const std::int64_t* node) {
    return _mm_castpd_si128(
        _mm_loadh_pd(_mm_castsi128_pd(one_at(node)), reinterpret_cast<const double*>(node + 1)));
  }
  static __m128i one_at(const std::int64_t* node) {
    return _mm_loadl_epi64(reinterpret_cast<const __m128i*>(node));
  }
  static void put_pair(std::int64_t* node, __m128i value) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(node), value);
  }
  static void put_one(std::int64_t* node, __m128i value) {
    _mm_storel_epi64(reinterpret_cast<__m128i*>(node), value);
  }

  int row_ = 0, column_ = 0;  // the first of its nodes, in [-1, side)
  // Columns 0 and 1 of rows 0 to 2; column 2 of rows 0 and 1; of row 2.
  __m128i part_[5];
};
#endif

}  // namespace lenswright
