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

struct EnsembleMap {
  int realization = 0;  // zero-based
  int run = 0;          // one-based
  const MapStatistics* statistics = nullptr;
};

struct MapOutlier {
  int realization = 0;
  int run = 0;
  Statistic statistic = Statistic::mean;  // mean, variance or c_ell
  double sigmas = 0;                      // signed; of c_ell: of the bin farthest off
  std::string because;                    // one sentence
};

// All maps of one model and one source plane, over realizations and runs. In the order of the maps; one entry per
// question that a map fails. Fewer than kFewestMaps: none.
std::vector<MapOutlier> map_outliers(const std::vector<EnsembleMap>& maps, double sigmas = kOutlierSigmas);

}  // namespace lenswright
