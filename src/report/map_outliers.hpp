// map_outliers.hpp: maps whose statistics do not go with those of the other maps of their model: wrong, though complete.
//
// Every map is held against all others of the same model and source plane, itself left out, so that a bad one does not
// hide itself: median and median absolute deviation (times 1.4826: the standard deviation of a Gaussian), which a few
// bad maps hardly move. Three questions:
//   mean      of kappa
//   variance  its logarithm: a factor is as far off as its inverse, and the tail towards rich fields is short
//   c_ell     the cube root of each bin, which makes a sum of squares nearly Gaussian however few its modes: also
//             what leaves mean and variance as they are. The bin farthest off counts, so its limit is higher: as
//             improbable among so many bins as a number of sigmas is for one
// What two models make of one field of view differs far less than two fields of view do: where dmo's map of the same
// realization and run is there, the map's ratio to it is held against the other ratios of its model, by the same
// questions (mean: the difference in standard deviations of dmo's map; variance and c_ell: logarithms of ratios). So a map
// that is wrong by a factor stands out where rich fields vary by more. These differences are no Gaussians - one halo whose gas
// is gone counts for much - and those of a sound map can be many scatters: only what is also off by kSmallestEffect
// counts.
// Few maps tell their scatter badly. Limits are raised accordingly, as Student's distribution says for the number of
// maps (a median absolute deviation is worth 0.37 of them): 5 becomes 5.5 for 200 maps and 15 for 20.
// Pure. Units: sigmas are numbers of (robust) standard deviations
#pragma once

#include <string>
#include <vector>

#include "io/statistics_file.hpp"

namespace lenswright {

inline constexpr double kOutlierSigmas = 5.0;
inline constexpr std::size_t kFewestMaps = 8;  // of an ensemble: with fewer, nobody can say what is usual

inline constexpr double kSmallestEffect = 0.25;  // in ln(ratio), or in standard deviations of the map

struct EnsembleMap {
  int realization = 0;  // zero-based
  int run = 0;          // one-based
  const MapStatistics* statistics = nullptr;
  // dmo's of the same realization and run; null: not to be held against it
  const MapStatistics* twin = nullptr;
};

struct MapOutlier {
  int realization = 0;
  int run = 0;
  Statistic statistic = Statistic::mean;  // mean, variance or c_ell
  double sigmas = 0;                      // signed; of c_ell: of the bin farthest off
  std::string because;                    // one sentence
  bool to_twin = false;                   // by the ratio to dmo's: that map may be the wrong one
};

// All maps of one model and one source plane, over realizations and runs. One entry per question that a map fails: by
// itself, in the order of the maps, then by its twin where not by itself. Fewer than kFewestMaps: none.
std::vector<MapOutlier> map_outliers(const std::vector<EnsembleMap>& maps, double sigmas = kOutlierSigmas);

}  // namespace lenswright
