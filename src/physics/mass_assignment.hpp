// mass_assignment.hpp: particles of a box, seen through one transform, onto its mass planes, in exact
// integers.
//
// In:     positions in the box's own coordinates (before the transform), Mpc/h in [0, box]; masses in quanta
// Out:    planes N x N row-major, quanta per pixel; node (i, j) at (i, j) box / N, periodic
// Units:  Mpc/h, quanta of mass_quantum.hpp
// Source: Hockney & Eastwood 1988, "Computer Simulation Using Particles", section 5-2: NGP, CIC, TSC
// A particle's shares add up to its own quanta: what rounding leaves goes to the nearest node. Sums of
// integers do not depend on order, so neither do planes on threads, batches or ranks.
// How:    the particles of a batch are sorted into bands of rows that fit a core's cache; a band belongs to one
//         thread at a time, and neighbours of a band wait until it is done, since shares reach one row
//         further. Ranks that share the planes take turns likewise, band by band.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/big_array.hpp"
#include "base/grid2d.hpp"
#include "geometry/transform.hpp"
#include "physics/band_locks.hpp"
#include "physics/mass_quantum.hpp"
#include "physics/tiled_plane.hpp"

namespace lenswright {

enum class MassKernel { ngp, cic, tsc };

using QuantaPlane = Grid2d<std::int64_t>;

struct ParticleBatch {
  std::array<std::vector<double, Uninitialized<double>>, 3> axis;
  std::vector<std::int64_t, Uninitialized<std::int64_t>> quanta;

  std::size_t size() const { return quanta.size(); }
  void clear();
  void reserve(std::size_t particles);
  // Takes the memory for as many before they come, which costs less than page by page.
  void touch(std::size_t particles);
  // Throws NumericError for a mass that is no mass.
  void append(std::span<const std::array<double, 3>> positions, std::span<const double> masses_msun_h,
              const MassQuantum& quantum);
  // Some of another batch's.
  void append(const ParticleBatch& from, std::span<const std::uint32_t> particles);
};

// Some particles of a batch, each with the set of planes (of up to 64) that it goes to.
struct BatchMembers {
  std::vector<std::uint32_t> particles;  // ascending indices into the batch; none: all of it, in its order
  std::vector<std::uint64_t> sets;       // bit b: plane b
  std::uint64_t overlaps = 0;            // bits at which a particle goes to its plane with the other sign
};
inline constexpr std::size_t kSetBits = 64;

class MassAssignment {
 public:
  MassAssignment(MassKernel kernel, int grid, double box_mpc_h, int planes_per_snapshot, int threads);

  // Adds all particles: those of slice s to planes[s], N x N pixels; nullptr: nobody wants that slice.
  // locks, here and below: of the planes that other ranks add to, too; nullptr: none does.
  void add(const ParticleBatch& batch, const SnapshotTransform& transform,
           std::span<std::int64_t* const> planes, const BandLocks* locks = nullptr);
  // Adds (sign 1) or takes away (sign -1) members: one of slice s goes to planes[s * kSetBits + b] for each
  // bit b of its set; nullptr: nobody wants that plane.
  void add_members(const ParticleBatch& batch, const BatchMembers& members,
                   const SnapshotTransform& transform, int sign, std::span<std::int64_t* const> planes,
                   const BandLocks* locks = nullptr);
  // The same onto tiled planes. Throws NumericError if a share falls on a tile that a wanted plane does not hold.
  void add_members(const ParticleBatch& batch, const BatchMembers& members,
                   const SnapshotTransform& transform, int sign, std::span<TiledPlane* const> planes,
                   const BandLocks* locks = nullptr);

  // Bands that a plane of this grid is divided into.
  static int bands(int grid);
  // Particles to deposit at once: enough that each part of a plane that comes into a core's cache gets several for its
  // way there; on small grids a larger batch would only touch more memory.
  static std::size_t good_batch(int grid);
  // Memory that batches of this many particles make it hold.
  static std::size_t scratch_bytes(std::size_t particles, bool with_members);

 private:
  // Seen from the light cone, in units of the grid's step: u along the slow axis i, v along the fast axis j.
  struct Record {
    double u, v;
    std::int64_t quanta;
  };
  struct MemberRecord {
    double u, v;
    std::int64_t quanta;
    std::uint64_t set;
  };
  template <typename Entry>
  void sort_into_bands(const ParticleBatch& batch, const BatchMembers* members,
                       const SnapshotTransform& transform, const std::vector<char>& wanted);
  // What was sorted last.
  template <typename Entry>
  const Entry* sorted() const {
    return reinterpret_cast<const Entry*>(records_.data());
  }
  template <typename Scatter>
  void visit_bands(const BandLocks* locks, const Scatter& scatter) const;
  template <typename Kernel>
  void scatter_records(std::span<std::int64_t* const> planes, const BandLocks* locks) const;
  template <typename Kernel>
  void scatter_members(int sign, std::uint64_t overlaps, std::span<std::int64_t* const> planes,
                       const BandLocks* locks) const;
  template <typename Kernel>
  void scatter_members(int sign, std::uint64_t overlaps, std::span<TiledPlane* const> planes,
                       const BandLocks* locks) const;
  template <typename Plane>
  void add_members_to(const ParticleBatch& batch, const BatchMembers& members,
                      const SnapshotTransform& transform, int sign, std::span<Plane* const> planes,
                      const BandLocks* locks);

  MassKernel kernel_;
  int grid_;
  double box_;
  int slices_;
  int threads_;
  int bands_;  // per plane; even, or one
  std::vector<std::uint32_t> band_of_row_;
  int member_strips_;  // parts of a band, by column, that members are sorted into
  std::vector<std::uint32_t> strip_of_column_;
  int strips_ = 1;                        // of what was sorted last
  BigArray<std::uint32_t> bin_of_;        // per particle: (slice * bands + band) * strips + strip
  std::vector<std::uint64_t> bin_begin_;  // into the records; one more than bins
  BigArray<std::byte> records_;           // of particles or of members: new memory is dear
};

}  // namespace lenswright
