// scrub.hpp: reading every byte of all products in parts, over days: which products are in a part, how far the
// check of a part has got, and what it found.
//
// Part:   by a hash of the product's name: the same on every machine, whatever else the campaign holds
// File:   <state>/scrub/<n>-of-<t>[-<selection>].json, sealed, replaced as the check goes on
// Throws: IoError, FormatError, UsageError
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "ledger/scan.hpp"

namespace lenswright {

struct Sample {
  int part = 1, of = 1;  // part 1...of
};
Sample sample_from(const std::string& text);  // "3/7"; throws UsageError
bool in_sample(const Sample& sample, const std::string& product);

class Scrub {
 public:
  // resume: goes on behind what an interrupted check of the same part had done, if there is one.
  Scrub(Disk& disk, const Campaign& campaign, const Sample& sample, const Selection& selection, bool resume,
        std::chrono::milliseconds save_interval = std::chrono::seconds(5));
  // For scan(); this must outlive it.
  CloserLook closer_look();
  void save();    // how far it got
  void finish();  // the whole part has been looked at

  std::size_t resumed_behind() const {
    return resumed_;
  }  // (stage, model, realization) done by earlier calls
  std::size_t products() const { return products_.size(); }  // looked at by this call
  // The parts of the same division, with the time each was last checked to its end; empty: not yet.
  std::vector<std::string> parts() const;

 private:
  using Clock = std::chrono::steady_clock;
  std::filesystem::path file(int part) const;
  bool wanted(const ProductId& id);
  void done(Stage stage, int model, int realization, std::span<const Finding> findings);
  std::string encode(const std::string& finished) const;

  Disk& disk_;
  const Campaign& campaign_;
  Sample sample_;
  Selection selection_;
  std::chrono::milliseconds interval_;
  Clock::time_point saved_;
  std::string started_;
  std::set<std::string> done_;                // "lensplanes/dmo/LP_00"
  std::map<std::string, std::string> found_;  // bad products of this part, with the sentence
  std::set<ProductId> products_;
  std::size_t resumed_ = 0;
};

}  // namespace lenswright
