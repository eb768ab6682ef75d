// plane_writing.hpp: mass planes on their way to disk while the rank goes on with its work.
//
// The rank makes a plane's pixels and hands them to the system; a thread of its own starts all of them on their way to
// disk, waits for it, and publishes one plane after another, also while the next pass puts particles down. What is on its
// way lies in the system's cache, not in this program's memory; beside the plane that is being made it is at most
// `most_in_flight` bytes, or one plane.
// In:  quanta per pixel, N x N row-major. Out: files of Msun/h per pixel (io/plane_file)
// Not collective; touches neither MPI nor HDF5.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "io/plane_file.hpp"
#include "physics/mass_assignment.hpp"
#include "stages/stage_run.hpp"

namespace lenswright {

// What a plane is the sum of.
struct PlaneParts {
  std::span<const std::int64_t> whole;
  const TiledPlane* change;  // may be null
};

class PlaneWriting {
 public:
  static constexpr std::uint64_t kBytesInFlight = std::uint64_t{256} << 20;

  PlaneWriting(const StageContext& context, ReceiptBook& book, std::uint64_t most_in_flight = kBytesInFlight);
  ~PlaneWriting();  // of what is still in flight, all but one plane is left unpublished
  PlaneWriting(const PlaneWriting&) = delete;
  PlaneWriting& operator=(const PlaneWriting&) = delete;

  // Returns when `parts` are no longer needed. `record` lacks the file yet. Throws NumericError for a negative pixel;
  // IoError, also of planes before.
  void write(const ProductId& id, const PlaneParts& parts, const MassQuantum& quantum, ProductRecord record);
  // Waits until all are published, and adds their records to the book. Throws IoError.
  void finish();
  // The same, for a run that has failed already.
  void finish_quietly() noexcept;

 private:
  struct Flight {
    ProductRecord record;
    std::string path;
    std::uint64_t bytes = 0;
    std::unique_ptr<PlaneWriter> writer;  // none: what was to be written failed
    bool is_begun = false;                // on its way to disk
  };
  void publish_all();
  void begin_all(std::unique_lock<std::mutex>& lock);
  void book_published();
  // False: `step` threw, which is kept for the rank to throw.
  bool tell_problem_of(const std::function<void()>& step);
  const StageContext& context_;
  ReceiptBook& book_;
  const std::uint64_t most_in_flight_;
  std::mutex mutex_;  // of what follows
  std::condition_variable begun_, ended_;
  std::deque<Flight> flights_;
  bool is_publishing_ = false;  // something that is in flights_ no longer
  std::uint64_t bytes_ = 0;     // of both
  std::vector<ProductRecord> published_;
  std::exception_ptr problem_;  // the first
  bool closing_ = false;
  std::thread publisher_;
};

}  // namespace lenswright
