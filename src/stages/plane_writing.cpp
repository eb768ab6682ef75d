#include "stages/plane_writing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <set>
#include <utility>

#include "base/error.hpp"
#include "campaign/product_path.hpp"

namespace lenswright {

namespace {

void write_pixels(PlaneWriter& writer, const Campaign& campaign, const ProductId& id, const PlaneParts& parts,
                  const MassQuantum& quantum) {
  const int grid = campaign.lensplanes.grid;
  // A row of tiles at a time stays in a core's cache from the sum to the file.
  constexpr int kRows = TileSet::kTile;
  const std::span<const std::int64_t> whole = parts.whole;
  std::vector<std::int64_t> quanta(static_cast<std::size_t>(kRows) * static_cast<std::size_t>(grid));
  std::vector<double> rows(quanta.size());
  for (int first = 0; first < grid; first += kRows) {
    const std::size_t begin = static_cast<std::size_t>(first) * static_cast<std::size_t>(grid);
    const std::size_t count = std::min(quanta.size(), whole.size() - begin);
    std::copy_n(whole.begin() + static_cast<std::ptrdiff_t>(begin), count, quanta.begin());
    if (parts.change) parts.change->add_rows_to(first, std::span(quanta.data(), count));
    std::int64_t signs = 0;
    for (std::size_t element = 0; element < count; ++element) {
      signs |= quanta[element];
      rows[element] = quantum.mass_of(quanta[element]);
    }
    if (signs < 0) {
      const auto pixel = std::find_if(quanta.begin(), quanta.end(), [](std::int64_t q) { return q < 0; });
      throw NumericError(fmt::format("{}: pixel {} has a negative mass of {} quanta",
                                     product_name(campaign, id),
                                     begin + static_cast<std::size_t>(pixel - quanta.begin()), *pixel));
    }
    writer.write_rows(std::span<const double>(rows.data(), count));
  }
}

}  // namespace

PlaneWriting::PlaneWriting(const StageContext& context, ReceiptBook& book, std::uint64_t most_in_flight)
    : context_(context),
      book_(book),
      most_in_flight_(most_in_flight),
      publisher_([this] { publish_all(); }) {}

PlaneWriting::~PlaneWriting() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  begun_.notify_all();
  publisher_.join();
}

void PlaneWriting::publish_all() {
  std::unique_lock lock(mutex_);
  while (true) {
    begun_.wait(lock, [&] { return closing_ || !flights_.empty(); });
    if (closing_) return;
    // Folders are synced once, when no plane is left for now: several planes lie in each, and for the file system all are
    // one commit.
    std::vector<ProductRecord> published;
    std::set<std::filesystem::path> folders;
    is_publishing_ = true;
    while (!closing_ && !flights_.empty()) {
      begin_all(lock);
      Flight flight = std::move(flights_.front());
      flights_.pop_front();
      lock.unlock();
      if (flight.writer)
        tell_problem_of([&] {
          const Published file = flight.writer->publish_unsynced(folders);
          flight.record.files.push_back({flight.path, file.size, file.digest});
          published.push_back(std::move(flight.record));
        });
      flight.writer.reset();
      lock.lock();
      bytes_ -= flight.bytes;
      ended_.notify_all();
    }
    lock.unlock();
    const bool all_synced = tell_problem_of([&] {
      for (const std::filesystem::path& folder : folders) context_.disk.sync_directory(folder);
    });
    lock.lock();
    if (all_synced) std::move(published.begin(), published.end(), std::back_inserter(published_));
    is_publishing_ = false;
    ended_.notify_all();
  }
}

// The disk gets all that wait at once: to wait for one then is to wait for its last bytes.
void PlaneWriting::begin_all(std::unique_lock<std::mutex>& lock) {
  for (std::size_t n = 0; n < flights_.size(); ++n) {
    Flight& flight = flights_[n];  // stays where it is: only this thread takes flights out
    if (flight.is_begun) continue;
    flight.is_begun = true;
    lock.unlock();
    if (!tell_problem_of([&] { flight.writer->begin_sync(); })) flight.writer.reset();
    lock.lock();
  }
}

bool PlaneWriting::tell_problem_of(const std::function<void()>& step) {
  try {
    step();
    return true;
  } catch (...) {
    const std::lock_guard lock(mutex_);
    if (!problem_) problem_ = std::current_exception();
    return false;
  }
}

void PlaneWriting::write(const ProductId& id, const PlaneParts& parts, const MassQuantum& quantum,
                         ProductRecord record) {
  const Campaign& campaign = context_.campaign;
  const int grid = campaign.lensplanes.grid;
  auto writer = std::make_unique<PlaneWriter>(context_.disk, absolute_path(campaign, id), grid, kScalarFields,
                                              WriteBack::when_told);
  write_pixels(*writer, campaign, id, parts, quantum);
  {
    const std::uint64_t bytes = plane_file_size(grid, kScalarFields);
    std::unique_lock lock(mutex_);
    ended_.wait(lock, [&] { return bytes_ == 0 || bytes_ + bytes <= most_in_flight_; });
    flights_.push_back({std::move(record), relative_path(campaign, id), bytes, std::move(writer)});
    bytes_ += bytes;
  }
  begun_.notify_all();
  book_published();
}

void PlaneWriting::book_published() {
  std::vector<ProductRecord> published;
  std::exception_ptr problem;
  {
    const std::lock_guard lock(mutex_);
    published.swap(published_);
    problem = std::exchange(problem_, nullptr);
  }
  for (ProductRecord& record : published) book_.add(std::move(record));
  if (problem) std::rethrow_exception(problem);
}

void PlaneWriting::finish() {
  {
    std::unique_lock lock(mutex_);
    ended_.wait(lock, [&] { return flights_.empty() && !is_publishing_; });
  }
  book_published();
}

void PlaneWriting::finish_quietly() noexcept {
  try {
    finish();
  } catch (...) {
    // The failure that ends the run is told; a plane that was in flight has none of its own to tell and no receipt.
  }
}

}  // namespace lenswright
