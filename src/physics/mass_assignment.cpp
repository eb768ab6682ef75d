#include "physics/mass_assignment.hpp"

#include <omp.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cassert>

#include "base/error.hpp"
#include "physics/mass_kernel.hpp"

namespace lenswright {

namespace {

// Rows of a band share this much of a core's cache.
constexpr std::size_t kBandBytes = std::size_t{1} << 18;
// Particles that are projected together, so that the arithmetic runs over short arrays.
constexpr std::size_t kBlock = 512;

// Of a band, for members: none narrower than kStripColumns, and no more bins than a core can fill side by side.
constexpr int kStripColumns = 64, kMostMemberBins = 2048;
int strips_of(int grid, int bands) {
  return std::max(1, std::min(grid / kStripColumns, kMostMemberBins / bands));
}

// Doubles of a cache line.
constexpr std::size_t kLine = 8;
// Records of a bin that are on their way to the cache before they are written.
constexpr std::size_t kRecordsAhead = 8;

// Has the cache line of values[ahead] brought to the cache before it is needed. It may lie behind the end: then nothing is
// read.
template <typename T>
inline void fetch_ahead([[maybe_unused]] const T* values, [[maybe_unused]] std::size_t ahead) {
#if defined(__SSE2__)
  _mm_prefetch(reinterpret_cast<const char*>(reinterpret_cast<std::uintptr_t>(values) + ahead * sizeof(T)),
               _MM_HINT_T0);
#endif
}

// transform_axis and division into parts, for values and a displacement in [0, box]: then y / box lies in [-1, 2],
// where its floor follows from comparing (a quotient of doubles does not round across a power of two or zero).
// By hand two at a time: compilers don't turn comparisons of doubles into masks unless told that none traps. Meanwhile
// the values of the next block come to the cache: blocks of three axes follow one another by turns, and what a processor
// fetches by itself begins anew with each.
#if defined(__SSE2__)
inline void move_and_divide(const double* from, double* to, std::size_t count, double displacement, bool flip,
                            double box, double parts) {
  const __m128d shift = _mm_set1_pd(displacement), width = _mm_set1_pd(box), many = _mm_set1_pd(parts);
  const auto moved = [&](__m128d value) {
    __m128d y = _mm_add_pd(value, shift);
    if (flip) y = _mm_sub_pd(width, y);
    const __m128d above = _mm_and_pd(_mm_cmpge_pd(y, width), width);
    const __m128d below = _mm_and_pd(_mm_cmplt_pd(y, _mm_setzero_pd()), width);
    y = _mm_sub_pd(y, _mm_sub_pd(above, below));
    y = _mm_andnot_pd(_mm_cmpge_pd(y, width), y);
    return _mm_div_pd(_mm_mul_pd(y, many), width);
  };
  std::size_t p = 0;
  for (; p + kLine <= count; p += kLine) {
    fetch_ahead(from, p + kBlock);
    for (std::size_t pair = p; pair < p + kLine; pair += 2)
      _mm_storeu_pd(to + pair, moved(_mm_loadu_pd(from + pair)));
  }
  for (; p + 2 <= count; p += 2) _mm_storeu_pd(to + p, moved(_mm_loadu_pd(from + p)));
  if (p < count) _mm_store_sd(to + p, moved(_mm_load_sd(from + p)));
}
#else
inline void move_and_divide(const double* from, double* to, std::size_t count, double displacement, bool flip,
                            double box, double parts) {
  for (std::size_t p = 0; p < count; ++p) {
    double y = from[p] + displacement;
    if (flip) y = box - y;
    const double above = y >= box ? box : 0.0, below = y < 0.0 ? box : 0.0;
    y -= above - below;
    to[p] = ((y >= box ? 0.0 : y) * parts) / box;
  }
}
#endif

// Written to and read from all over, for as long as there are particles. Room for somewhat larger batches, too: what is
// never written to takes no memory. Of several threads each takes the memory of its part when it writes there.
template <typename Entry>
void make_room(BigArray<Entry>& entries, std::size_t needed, int threads) {
  if (entries.size() >= needed) return;
  const std::size_t count = std::bit_ceil(needed);
  entries = BigArray<Entry>();
  entries = BigArray<Entry>(count);
  prefer_huge_pages(entries.data(), count * sizeof(Entry));
  if (threads == 1) take_memory(entries.data(), needed * sizeof(Entry));
}

// Projects runs of up to kBlock particles.
class Projector {
 public:
  using Values = std::array<double, kBlock>;

  Projector(const ParticleBatch& batch, const BatchMembers* members, const SnapshotTransform& transform,
            double box)
      : batch_(batch), members_(members), transform_(transform), box_(box) {
    const auto depth = static_cast<std::size_t>(transform.proj_dir);
    slow_ = depth == 0 ? 1 : 0;
    fast_ = depth == 2 ? 1 : 2;
    depth_ = depth;
  }

  // Positions in units of box / parts, [0, parts]: on the grid's axes, and in depth.
  void along_slow(std::size_t first, std::size_t count, double parts, Values& out) const {
    project(slow_, first, count, parts, out);
  }
  void along_fast(std::size_t first, std::size_t count, double parts, Values& out) const {
    project(fast_, first, count, parts, out);
  }
  void in_depth(std::size_t first, std::size_t count, double parts, Values& out) const {
    project(depth_, first, count, parts, out);
  }

 private:
  void project(std::size_t axis, std::size_t first, std::size_t count, double parts, Values& out) const {
    const double* from = batch_.axis[axis].data();
    if (members_ && !members_->particles.empty()) {
      const std::uint32_t* particle = members_->particles.data() + first;
      const std::size_t last = members_->particles.size() - 1 - first;
      for (std::size_t p = 0; p < count; ++p) {
        fetch_ahead(from, particle[std::min(p + kBlock / 4, last)]);
        out[p] = from[particle[p]];
      }
      from = out.data();
    } else {
      from += first;
    }
    move_and_divide(from, out.data(), count, transform_.displacement[axis], transform_.flip, box_, parts);
  }

  const ParticleBatch& batch_;
  const BatchMembers* members_;
  const SnapshotTransform& transform_;
  double box_;
  std::size_t slow_, fast_, depth_;
};

}  // namespace

// Even, so that bands of equal parity are never neighbours, also across the periodic edge; each of at least
// two rows, so that two bands never write the same row of the band between them. Otherwise one.
int MassAssignment::bands(int grid) {
  const std::size_t row_bytes = static_cast<std::size_t>(grid) * sizeof(std::int64_t);
  const int rows = std::max(2, static_cast<int>(kBandBytes / row_bytes));
  const int count = grid / rows / 2 * 2;
  return count >= 2 ? count : 1;
}

MassAssignment::MassAssignment(MassKernel kernel, int grid, double box_mpc_h, int planes_per_snapshot,
                               int threads)
    : kernel_(kernel),
      grid_(grid),
      box_(box_mpc_h),
      slices_(planes_per_snapshot),
      threads_(std::max(1, threads)),
      bands_(bands(grid)),
      band_of_row_(static_cast<std::size_t>(grid) + 1),  // the row after the last is the first again
      member_strips_(strips_of(grid, bands_ * planes_per_snapshot)),
      strip_of_column_(static_cast<std::size_t>(grid) + 1) {
  for (int row = 0; row < grid; ++row) {
    band_of_row_[static_cast<std::size_t>(row)] =
        static_cast<std::uint32_t>(static_cast<std::int64_t>(row) * bands_ / grid);
    strip_of_column_[static_cast<std::size_t>(row)] =
        static_cast<std::uint32_t>(static_cast<std::int64_t>(row) * member_strips_ / grid);
  }
}

std::size_t MassAssignment::good_batch(int grid) {
  constexpr std::size_t kLeast = std::size_t{1} << 21, kMost = std::size_t{1} << 24;
  const auto side = static_cast<std::size_t>(grid);
  return std::clamp(std::bit_floor(side * side), kLeast, kMost);
}

std::size_t MassAssignment::scratch_bytes(std::size_t particles, bool with_members) {
  return particles * (sizeof(std::uint32_t) + (with_members ? sizeof(MemberRecord) : sizeof(Record)));
}

template <typename Entry>
void MassAssignment::sort_into_bands(const ParticleBatch& batch, const BatchMembers* members,
                                     const SnapshotTransform& transform, const std::vector<char>& wanted) {
  const std::size_t count = members ? members->sets.size() : batch.size();
  const std::uint32_t* const indices =
      members && !members->particles.empty() ? members->particles.data() : nullptr;
  // Members go to many planes at once, of which a whole row of bands fits no cache: they are sorted by columns, too.
  strips_ = members ? member_strips_ : 1;
  const auto strips = static_cast<std::size_t>(strips_);
  const std::size_t bins_of_slice = static_cast<std::size_t>(bands_) * strips;
  const std::size_t bins = static_cast<std::size_t>(slices_) * bins_of_slice;
  make_room(bin_of_, count, threads_);
  make_room(records_, count * sizeof(Entry), threads_);
  bin_begin_.assign(bins + 1, 0);
  std::vector<char> is_wanted(bins);
  for (std::size_t bin = 0; bin < bins; ++bin) is_wanted[bin] = wanted[bin / bins_of_slice];
  const Projector projector(batch, members, transform, box_);
  std::uint32_t* bin_of = bin_of_.data();
  auto* const placed = reinterpret_cast<Entry*>(records_.data());
  // First counted, then placed: each thread's share of a bin follows the one of the thread before.
  std::vector<std::vector<std::uint64_t>> place(static_cast<std::size_t>(threads_));

#pragma omp parallel num_threads(threads_)
  {
    const auto thread = static_cast<std::size_t>(omp_get_thread_num());
    const auto team = static_cast<std::size_t>(omp_get_num_threads());
    const std::size_t begin = count * thread / team, end = count * (thread + 1) / team;
    std::vector<std::uint64_t>& mine = place[thread];
    // Counted by turns: in sorted input each count would wait for the one before.
    std::vector<std::uint64_t> turn(2 * bins, 0);
    Projector::Values u{}, v{}, depth{};
    for (std::size_t first = begin; first < end; first += kBlock) {
      const std::size_t size = std::min(kBlock, end - first);
      projector.along_slow(first, size, grid_, u);
      projector.in_depth(first, size, slices_, depth);
      if (strips > 1) projector.along_fast(first, size, grid_, v);
      for (std::size_t p = 0; p < size; ++p) {
        const int slice = std::min(slices_ - 1, floor_of_positive(depth[p]));
        const auto row = static_cast<std::size_t>(floor_of_positive(u[p] + 0.5));
        std::uint32_t bin = static_cast<std::uint32_t>(slice * bands_) + band_of_row_[row];
        if (strips > 1) {
          const auto column = static_cast<std::size_t>(floor_of_positive(v[p] + 0.5));
          bin = bin * static_cast<std::uint32_t>(strips) + strip_of_column_[column];
        }
        bin_of[first + p] = bin;
        ++turn[(p & 1) * bins + bin];
      }
    }
    mine.resize(bins);
    for (std::size_t bin = 0; bin < bins; ++bin) mine[bin] = turn[bin] + turn[bins + bin];
#pragma omp barrier
#pragma omp single
    {
      std::uint64_t next = 0;
      for (std::size_t bin = 0; bin < bins; ++bin) {
        bin_begin_[bin] = next;
        for (std::size_t from = 0; from < team; ++from) {
          const std::uint64_t size = place[from][bin];
          place[from][bin] = next;
          if (is_wanted[bin]) next += size;
        }
      }
      bin_begin_[bins] = next;
    }
    for (std::size_t first = begin; first < end; first += kBlock) {
      const std::size_t size = std::min(kBlock, end - first);
      projector.along_slow(first, size, grid_, u);
      projector.along_fast(first, size, grid_, v);
      for (std::size_t p = 0; p < size; ++p) {
        const std::uint32_t bin = bin_of[first + p];
        if (!is_wanted[bin]) continue;
        Entry& record = placed[mine[bin]++];
        fetch_ahead(&record, kRecordsAhead);
        record.u = u[p];
        record.v = v[p];
        if constexpr (requires { record.set; }) {
          record.quanta = batch.quanta[indices ? indices[first + p] : first + p];
          record.set = members->sets[first + p];
        } else {
          record.quanta = batch.quanta[first + p];
        }
      }
    }
  }
}

// Calls scatter(slice, first record, last record) for every band: the even ones first, then the odd ones, which without
// locks is what keeps neighbours apart. With locks those that others have at the moment come last.
template <typename Scatter>
void MassAssignment::visit_bands(const BandLocks* locks, const Scatter& scatter) const {
  const int even = (bands_ + 1) / 2, all = slices_ * bands_;
  const int start = locks ? locks->first_of(all) : 0;
  const auto visit = [&](int task, bool waits) {
    const int slice = task % slices_, turn = task / slices_;
    const int band = turn < even ? 2 * turn : 2 * (turn - even) + 1;
    const auto bin = static_cast<std::size_t>((slice * bands_ + band) * strips_);
    const std::uint64_t begin = bin_begin_[bin], end = bin_begin_[bin + static_cast<std::size_t>(strips_)];
    if (begin == end) return true;
    const BandLocks::Hold hold(locks, slice, band, waits);
    if (hold.is_held()) scatter(slice, begin, end);
    return hold.is_held();
  };
#pragma omp parallel num_threads(threads_)
  if (locks) {
    std::vector<int> later;
#pragma omp for schedule(dynamic) nowait
    for (int n = 0; n < all; ++n)
      if (const int task = (start + n) % all; !visit(task, false)) later.push_back(task);
    for (const int task : later) visit(task, true);
  } else {
#pragma omp for schedule(dynamic)
    for (int task = 0; task < slices_ * even; ++task) visit(task, false);
#pragma omp for schedule(dynamic)
    for (int task = slices_ * even; task < all; ++task) visit(task, false);
  }
}

template <typename Kernel>
void MassAssignment::scatter_records(std::span<std::int64_t* const> planes, const BandLocks* locks) const {
  visit_bands(locks, [&](int slice, std::uint64_t first, std::uint64_t last) {
    std::int64_t* plane = planes[static_cast<std::size_t>(slice)];
    const Record* const records = sorted<Record>();
    for (std::uint64_t r = first; r < last; ++r) {
      const Record& record = records[r];
      Stencil<Kernel>(record.u, record.v, record.quanta, grid_).add_to(plane, grid_);
    }
  });
}

template <typename Kernel>
void MassAssignment::scatter_members(int sign, std::uint64_t overlaps, std::span<std::int64_t* const> planes,
                                     const BandLocks* locks) const {
  visit_bands(locks, [&](int slice, std::uint64_t first, std::uint64_t last) {
    std::int64_t* const* planes_here = planes.data() + static_cast<std::size_t>(slice) * kSetBits;
    const MemberRecord* const records = sorted<MemberRecord>();
    for (std::uint64_t r = first; r < last; ++r) {
      const MemberRecord& record = records[r];
      Stencil<Kernel> stencil(record.u, record.v, record.quanta, grid_);
      if (sign < 0) stencil.negate();
      const auto add = [&](std::uint64_t set) {
        for (; set != 0; set &= set - 1) {
          if (std::int64_t* plane = planes_here[std::countr_zero(set)]) stencil.add_to(plane, grid_);
        }
      };
      add(record.set & ~overlaps);
      if (const std::uint64_t taken = record.set & overlaps) {
        stencil.negate();
        add(taken);
      }
    }
  });
}

template <typename Kernel>
void MassAssignment::scatter_members(int sign, std::uint64_t overlaps, std::span<TiledPlane* const> planes,
                                     const BandLocks* locks) const {
  std::atomic<bool> astray = false;
  visit_bands(locks, [&](int slice, std::uint64_t first, std::uint64_t last) {
    TiledPlane* const* planes_here = planes.data() + static_cast<std::size_t>(slice) * kSetBits;
    const MemberRecord* const records = sorted<MemberRecord>();
    for (std::uint64_t r = first; r < last; ++r) {
      const MemberRecord& record = records[r];
      Stencil<Kernel> stencil(record.u, record.v, record.quanta, grid_);
      if (sign < 0) stencil.negate();
      const int row = stencil.first_row(grid_), column = stencil.first_column(grid_);
      const auto add = [&](std::uint64_t set) {
        for (; set != 0; set &= set - 1) {
          TiledPlane* plane = planes_here[std::countr_zero(set)];
          if (!plane) continue;
          if (std::int64_t* node = plane->node(row, column)) {
            stencil.add_to_block(node, TiledPlane::kStride);
          } else {
            astray = true;
          }
        }
      };
      add(record.set & ~overlaps);
      if (const std::uint64_t taken = record.set & overlaps) {
        stencil.negate();
        add(taken);
      }
    }
  });
  if (astray) throw NumericError("a particle inside a halo falls on a tile that no halo reaches");
}

void MassAssignment::add(const ParticleBatch& batch, const SnapshotTransform& transform,
                         std::span<std::int64_t* const> planes, const BandLocks* locks) {
  assert(planes.size() == static_cast<std::size_t>(slices_));
  std::vector<char> wanted(planes.size());
  std::transform(planes.begin(), planes.end(), wanted.begin(),
                 [](const std::int64_t* p) { return p != nullptr; });
  sort_into_bands<Record>(batch, nullptr, transform, wanted);
  switch (kernel_) {
    case MassKernel::ngp:
      return scatter_records<NearestGridPoint>(planes, locks);
    case MassKernel::cic:
      return scatter_records<CloudInCell>(planes, locks);
    case MassKernel::tsc:
      return scatter_records<TriangularCloud>(planes, locks);
  }
}

template <typename Plane>
void MassAssignment::add_members_to(const ParticleBatch& batch, const BatchMembers& members,
                                    const SnapshotTransform& transform, int sign,
                                    std::span<Plane* const> planes, const BandLocks* locks) {
  assert(planes.size() == static_cast<std::size_t>(slices_) * kSetBits);
  std::vector<char> wanted(static_cast<std::size_t>(slices_));
  for (std::size_t slice = 0; slice < wanted.size(); ++slice) {
    const auto here = planes.subspan(slice * kSetBits, kSetBits);
    wanted[slice] = std::any_of(here.begin(), here.end(), [](const Plane* p) { return p != nullptr; });
  }
  sort_into_bands<MemberRecord>(batch, &members, transform, wanted);
  switch (kernel_) {
    case MassKernel::ngp:
      return scatter_members<NearestGridPoint>(sign, members.overlaps, planes, locks);
    case MassKernel::cic:
      return scatter_members<CloudInCell>(sign, members.overlaps, planes, locks);
    case MassKernel::tsc:
      return scatter_members<TriangularCloud>(sign, members.overlaps, planes, locks);
  }
}

void MassAssignment::add_members(const ParticleBatch& batch, const BatchMembers& members,
                                 const SnapshotTransform& transform, int sign,
                                 std::span<std::int64_t* const> planes, const BandLocks* locks) {
  add_members_to(batch, members, transform, sign, planes, locks);
}

void MassAssignment::add_members(const ParticleBatch& batch, const BatchMembers& members,
                                 const SnapshotTransform& transform, int sign,
                                 std::span<TiledPlane* const> planes, const BandLocks* locks) {
  add_members_to(batch, members, transform, sign, planes, locks);
}

}  // namespace lenswright
